package journal

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"watchfire.dev/internal/fault"
)

// A Signer signs checkpoints with an Ed25519 note key. The key's name is the origin of the
// log: a word without spaces or plus signs that no other log uses, such as
// "watchfire.example.org/journal".
type Signer struct {
	note   note.Signer
	public string
}

// GenerateKey makes a key pair in the encodings of package note. Both strings are single
// lines; the private one begins with "PRIVATE+KEY+". Random is crypto/rand.Reader outside
// of tests.
func GenerateKey(random io.Reader, origin string) (private, public string, err error) {
	// note refuses to sign under a bad name only later, with a vaguer message.
	if origin == "" || len(origin) > 200 || strings.ContainsAny(origin, "+ \t\r\n") {
		return "", "", fmt.Errorf("origin %q of a journal: %w", origin, fault.ErrInvalid)
	}
	private, public, err = note.GenerateKey(random, origin)
	if err != nil {
		return "", "", fmt.Errorf("generate key for %s: %w", origin, err)
	}
	return private, public, nil
}

// NewSigner returns a signer for a private key as GenerateKey made it. Errors never hold
// any part of the key.
func NewSigner(private string) (*Signer, error) {
	s, err := note.NewSigner(private)
	if err != nil {
		return nil, fmt.Errorf("private key of the journal: %w: %w", err, fault.ErrInvalid)
	}
	// note.NewSigner checked the form: PRIVATE+KEY+name+hash+base64(algorithm, seed).
	// Base64 may hold a plus sign itself; the fields before it may not.
	key, err := base64.StdEncoding.DecodeString(strings.SplitN(private, "+", 5)[4])
	if err != nil || len(key) != 1+ed25519.SeedSize {
		return nil, fmt.Errorf("private key of the journal: %w", fault.ErrInvalid)
	}
	pub := ed25519.NewKeyFromSeed(key[1:]).Public().(ed25519.PublicKey)
	public, err := note.NewEd25519VerifierKey(s.Name(), pub)
	if err != nil {
		return nil, fmt.Errorf("public key of the journal: %w", err)
	}
	return &Signer{note: s, public: public}, nil
}

// Origin returns the name of the log that the key signs for.
func (s *Signer) Origin() string { return s.note.Name() }

// PublicKey returns the verifier key, one line, to be given to auditors.
func (s *Signer) PublicKey() string { return s.public }

// LoadSigner reads the private key from a file. A file that others than its owner may write,
// or others than its owner and group may read, is refused with fault.ErrForbidden: a key that
// anybody could read proves nothing. Secrets of an orchestrator are mounted for a group.
func LoadSigner(path string) (*Signer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open key of the journal: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("key of the journal %s: %w", path, err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o027 != 0 {
		return nil, fmt.Errorf("key of the journal %s: mode %v, want a file of mode 0600 or 0440: %w", path, info.Mode(), fault.ErrForbidden)
	}
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return nil, fmt.Errorf("read key of the journal %s: %w", path, err)
	}
	return NewSigner(strings.TrimSpace(string(b)))
}

// CreateSigner makes a key and writes it to a new file with mode 0600, on disk before it
// returns. It never replaces a file: an existing one is fault.ErrConflict.
func CreateSigner(path string, random io.Reader, origin string) (*Signer, error) {
	private, _, err := GenerateKey(random, origin)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if os.IsExist(err) {
		return nil, fmt.Errorf("key of the journal %s exists: %w", path, fault.ErrConflict)
	}
	if err != nil {
		return nil, fmt.Errorf("create key of the journal: %w", err)
	}
	_, err = io.WriteString(f, private+"\n")
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return nil, fmt.Errorf("write key of the journal %s: %w", path, err)
	}
	return NewSigner(private)
}

// syncFolder makes a new name in the folder durable.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
