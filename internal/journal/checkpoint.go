package journal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/fault"
)

// MaxCheckpoint is the largest signed checkpoint in bytes that is read.
const MaxCheckpoint = 8 << 10

// A Checkpoint is a signed statement: at this time the log of this origin had so many
// entries, and this was the root of their tree. Whoever keeps one outside can later show
// that the entries before it were changed.
type Checkpoint struct {
	Origin string    // name of the log and of its key
	Size   int64     // number of entries
	Root   tlog.Hash // root of the tree of that size
	At     time.Time // when it was made, UTC, whole microseconds
	Signed []byte    // the signed note, as published
}

const timeLine = "time "

// Sign makes the checkpoint of a tree. Its text follows C2SP tlog-checkpoint: origin, size
// in decimal and root in base64, a line each, and one extension line "time" + RFC 3339.
func (s *Signer) Sign(size int64, root tlog.Hash, at time.Time) (Checkpoint, error) {
	at = at.UTC().Truncate(time.Microsecond)
	text := fmt.Sprintf("%s\n%d\n%s\n%s%s\n", s.Origin(), size, root, timeLine, at.Format(timeLayout))
	signed, err := note.Sign(&note.Note{Text: text}, s.note)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("sign checkpoint of %d entries: %w", size, err)
	}
	return Checkpoint{Origin: s.Origin(), Size: size, Root: root, At: at, Signed: signed}, nil
}

// Verifiers is a set of public keys that checkpoints are checked with.
type Verifiers struct{ known note.Verifiers }

// NewVerifiers reads public keys as Signer.PublicKey writes them. None at all is an error.
func NewVerifiers(keys []string) (Verifiers, error) {
	list := make([]note.Verifier, 0, len(keys))
	seen := map[string]bool{}
	for _, k := range keys {
		k = strings.TrimSpace(k)
		if seen[k] {
			continue
		}
		seen[k] = true
		v, err := note.NewVerifier(k)
		if err != nil {
			return Verifiers{}, fmt.Errorf("public key %.80q: %w: %w", k, err, fault.ErrInvalid)
		}
		list = append(list, v)
	}
	if len(list) == 0 {
		return Verifiers{}, fmt.Errorf("no public key to check checkpoints with: %w", fault.ErrInvalid)
	}
	return Verifiers{note.VerifierList(list...)}, nil
}

// Open checks a signed checkpoint and returns it. The error wraps fault.ErrUnauthorised if
// no known key signed it and fault.ErrInvalid if it is no checkpoint. It is strict: each
// byte but those of further signatures by unknown keys is bound by the signature.
func (v Verifiers) Open(signed []byte) (Checkpoint, error) {
	if len(signed) > MaxCheckpoint {
		return Checkpoint{}, fmt.Errorf("checkpoint of %d bytes: %w", len(signed), fault.ErrTooLarge)
	}
	n, err := note.Open(signed, v.known)
	var unknown *note.UnverifiedNoteError
	var wrong *note.InvalidSignatureError
	switch {
	case errors.As(err, &unknown), errors.As(err, &wrong):
		return Checkpoint{}, fmt.Errorf("checkpoint: %w: %w", err, fault.ErrUnauthorised)
	case err != nil:
		return Checkpoint{}, fmt.Errorf("checkpoint: %w: %w", err, fault.ErrInvalid)
	}
	for _, s := range n.Sigs {
		// The unused last bits of base64 are outside of the signature; they must be zero.
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return Checkpoint{}, fmt.Errorf("checkpoint: signature not in canonical base64: %w", fault.ErrInvalid)
		}
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != n.Sigs[0].Name {
		return Checkpoint{}, fmt.Errorf("checkpoint of %q signed by %q: %w", c.Origin, n.Sigs[0].Name, fault.ErrUnauthorised)
	}
	c.Signed = bytes.Clone(signed)
	return c, nil
}

func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 4 {
		return Checkpoint{}, fmt.Errorf("checkpoint of %d lines: %w", len(lines), fault.ErrInvalid)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("checkpoint: size %.40q: %w", lines[1], fault.ErrInvalid)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: root %.80q: %w", lines[2], fault.ErrInvalid)
	}
	at, err := time.Parse(timeLayout, strings.TrimPrefix(lines[3], timeLine))
	if err != nil || !strings.HasPrefix(lines[3], timeLine) {
		return Checkpoint{}, fmt.Errorf("checkpoint: time line %.80q: %w", lines[3], fault.ErrInvalid)
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: root, At: at}, nil
}
