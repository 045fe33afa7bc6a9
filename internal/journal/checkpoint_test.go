package journal_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/journal/journaltest"
)

func sign(t *testing.T, size int64) (journal.Checkpoint, *journal.Signer) {
	t.Helper()
	s := journaltest.NewSigner(t, 1)
	c, err := s.Sign(size, tlog.Hash{1, 2, 3}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

func TestCheckpointForm(t *testing.T) {
	t.Parallel()
	c, s := sign(t, 42)
	const want = journaltest.Origin + "\n42\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ntime 2025-09-03T10:00:00.123456Z\n\n— " + journaltest.Origin + " "
	if !strings.HasPrefix(string(c.Signed), want) {
		t.Errorf("checkpoint =\n%s\nwant it to begin with\n%s", c.Signed, want)
	}
	// Any reader of signed notes must take it.
	v, err := note.NewVerifier(s.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(c.Signed, note.VerifierList(v)); err != nil {
		t.Error(err)
	}
	keys, err := journal.NewVerifiers([]string{s.PublicKey(), s.PublicKey() + "\n"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := keys.Open(c.Signed)
	if err != nil || got.Origin != journaltest.Origin || got.Size != 42 || got.Root != c.Root || !got.At.Equal(c.At) {
		t.Errorf("Open = %+v, %v", got, err)
	}
}

// TestCheckpointBytesAreBound flips each bit: none may pass, not even those that base64
// does not use.
func TestCheckpointBytesAreBound(t *testing.T) {
	t.Parallel()
	c, s := sign(t, 42)
	keys, err := journal.NewVerifiers([]string{s.PublicKey()})
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Signed {
		for bit := range 8 {
			b := bytes.Clone(c.Signed)
			b[i] ^= 1 << bit
			_, err := keys.Open(b)
			if !errors.Is(err, fault.ErrInvalid) && !errors.Is(err, fault.ErrUnauthorised) {
				t.Fatalf("byte %d bit %d flipped: Open = %v", i, bit, err)
			}
		}
	}
	if _, err := keys.Open(make([]byte, journal.MaxCheckpoint+1)); !errors.Is(err, fault.ErrTooLarge) {
		t.Errorf("Open of a large one = %v", err)
	}
	if _, err := journal.NewVerifiers([]string{"x"}); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("NewVerifiers of no key = %v", err)
	}
}

func TestSplitCheckpoints(t *testing.T) {
	t.Parallel()
	a, _ := sign(t, 1)
	b, _ := sign(t, 2)
	as, bs := string(a.Signed), string(b.Signed)
	mark := "\n\n" + journal.TornMark + "\n\n"
	for name, c := range map[string]struct {
		text    string
		want    []string
		skipped int
	}{
		"none":                   {"", nil, 0},
		"one":                    {as, []string{as}, 0},
		"witness file":           {as + "\n" + bs + "\n", []string{as, bs}, 0},
		"CRLF":                   {strings.ReplaceAll(as+"\n"+bs, "\n", "\r\n"), []string{as, bs}, 0},
		"e-mail":                 {"From: a@b\nSubject: c\n\n" + as + "\n-- \nfooter\n", []string{as}, 2},
		"e-mail as it travelled": {"From: a@b\r\nSubject: c\r\n\r\n" + quoted(t, as), []string{as}, 1},
		"no newline at the end":  {strings.TrimSuffix(as, "\n"), []string{as}, 0},
		"torn in the signature":  {as + "\n" + bs[:len(bs)-20] + mark + bs + "\n", []string{as, bs}, 1},
		"torn in the text":       {as + "\n" + bs[:40] + mark + bs + "\n", []string{as, bs}, 1},
		"torn between":           {as + "\n" + bs[:strings.Index(bs, "—")-1] + mark + bs + "\n", []string{as, bs}, 1},
		"torn at the end":        {as + "\n" + bs[:len(bs)-20], []string{as}, 1},
		"mark after a whole one": {as + mark + bs, []string{as, bs}, 0},
		"text only":              {"hello\n\nworld", nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, skipped := journal.SplitCheckpoints([]byte(c.text))
			if len(got) != len(c.want) || skipped != c.skipped {
				t.Fatalf("%d checkpoints, %d skipped; want %d, %d", len(got), skipped, len(c.want), c.skipped)
			}
			for i := range got {
				if string(got[i]) != c.want[i] {
					t.Errorf("checkpoint %d = %q, want %q", i, got[i], c.want[i])
				}
			}
		})
	}
}

// quoted writes a text as mail programs send it.
func quoted(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.key")
	made, err := journal.CreateSigner(path, rand.Reader, "example.org/journal")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := journal.LoadSigner(path)
	if err != nil || loaded.PublicKey() != made.PublicKey() || loaded.Origin() != "example.org/journal" {
		t.Fatalf("LoadSigner = %+v, %v", loaded, err)
	}
	if _, err := journal.CreateSigner(path, rand.Reader, "other"); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("CreateSigner over a key = %v, want ErrConflict", err)
	}
	for _, mode := range []os.FileMode{0o641, 0o604, 0o620, 0o644, 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := journal.LoadSigner(path); !errors.Is(err, fault.ErrForbidden) {
			t.Errorf("LoadSigner with mode %v = %v, want ErrForbidden", mode, err)
		}
	}
	if _, err := journal.LoadSigner(path + ".no"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("LoadSigner of no file = %v", err)
	}
	for _, origin := range []string{"", "a b", "a+b", "a\nb", strings.Repeat("x", 201)} {
		if _, _, err := journal.GenerateKey(rand.Reader, origin); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("GenerateKey(%q) = %v, want ErrInvalid", origin, err)
		}
	}
	if _, err := journal.NewSigner("PRIVATE+KEY+a+b+c"); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("NewSigner of no key = %v", err)
	}
}

func FuzzSplitCheckpoints(f *testing.F) {
	x := newFixture(f)
	f.Add(bytes.Join(x.tables.Points, []byte("\n")))
	f.Add([]byte(journal.TornMark + "\n\n" + journal.TornMark))
	keys, err := journal.NewVerifiers([]string{x.signer.PublicKey()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		signed, _ := journal.SplitCheckpoints(text)
		for _, s := range signed {
			if c, err := keys.Open(s); err == nil && c.Size < 0 {
				t.Errorf("size %d", c.Size)
			}
		}
	})
}
