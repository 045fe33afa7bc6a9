package witness_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/journal/journaltest"
	"watchfire.dev/internal/journal/witness"
)

var noon = time.Date(2025, 9, 3, 12, 0, 0, 0, time.UTC)

func checkpoint(t *testing.T, size int64) []byte {
	t.Helper()
	c, err := journaltest.NewSigner(t, 1).Sign(size, tlog.Hash{byte(size)}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return c.Signed
}

func TestFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, witness.FileName)
	w := witness.NewFile(folder)
	a, b, c := checkpoint(t, 1), checkpoint(t, 2), checkpoint(t, 3)
	for _, signed := range [][]byte{a, b} {
		if err := w.Publish(t.Context(), signed); err != nil {
			t.Fatal(err)
		}
	}
	// A crash in the middle of the next write.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(c[:len(c)-9]); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Publish(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	signed, skipped := journal.SplitCheckpoints(text)
	if len(signed) != 3 || skipped != 1 || string(signed[0]) != string(a) || string(signed[2]) != string(c) {
		t.Errorf("the file holds %d checkpoints, %d skipped:\n%s", len(signed), skipped, text)
	}
}

func TestFileNeverMakesItsFolder(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "not-mounted")
	if err := witness.NewFile(folder).Publish(t.Context(), checkpoint(t, 1)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Publish = %v, want ErrNotExist", err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Error("the folder was made")
	}
}

func TestPost(t *testing.T) {
	t.Parallel()
	var got string
	status := http.StatusCreated
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.Header.Get("Content-Type") + "\n" + string(body)
		w.WriteHeader(status)
	}))
	t.Cleanup(srv.Close)
	w, err := witness.NewPost(srv.Client(), srv.URL+"/add?token=secret")
	if err != nil {
		t.Fatal(err)
	}
	signed := checkpoint(t, 5)
	if err := w.Publish(t.Context(), signed); err != nil {
		t.Fatal(err)
	}
	if want := "POST text/plain; charset=utf-8\n" + string(signed); got != want {
		t.Errorf("the witness got %q, want %q", got, want)
	}
	status = http.StatusInsufficientStorage
	if err := w.Publish(t.Context(), signed); !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), "507") {
		t.Errorf("Publish to a full witness = %v", err)
	}
	srv.Close()
	err = w.Publish(t.Context(), signed)
	if err == nil || strings.Contains(err.Error()+w.Name(), "secret") {
		t.Errorf("Publish to a dead witness = %v; the address is a secret", err)
	}
}

func TestNewPostRefuses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "witness.example", "ftp://witness.example/", "http://", "http://a b/"} {
		if _, err := witness.NewPost(http.DefaultClient, url); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("NewPost(%q) = %v, want ErrInvalid", url, err)
		}
	}
}

func TestMail(t *testing.T) {
	t.Parallel()
	var body string
	var fail error
	w := witness.NewMail(func(_ context.Context, _, b string) error { body = b; return fail }, "auditor@example.org", 0)
	signed := checkpoint(t, 5)
	if err := w.Publish(t.Context(), signed); err != nil || body != string(signed) {
		t.Errorf("Publish = %v, body %q", err, body)
	}
	fail = errors.New("450 later")
	if err := w.Publish(t.Context(), signed); !errors.Is(err, fail) {
		t.Errorf("Publish = %v, want %v", err, fail)
	}
	got, _ := journal.SplitCheckpoints([]byte("Subject: x\n\n" + body))
	if len(got) != 1 {
		t.Error("a saved message cannot be given to the verifier")
	}
}
