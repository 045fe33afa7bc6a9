package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/id"
)

// Whatever bytes come under whatever coding: no panic, no limit passed, an error with a
// kind or a body with its hash.
func FuzzRead(f *testing.F) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte("<rss/>")) // to memory: cannot go wrong
	_ = w.Close()
	f.Add("gzip", packed.Bytes())
	f.Add("deflate", []byte{0x78, 0x9c, 3, 0, 0, 0, 0, 1})
	f.Add("", []byte("{}"))
	f.Fuzz(func(t *testing.T, coding string, wire []byte) {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		x := &exchange{ctx: ctx, cancel: cancel, pieces: &sync.Pool{}, limits: Limits{Bytes: 1 << 20, WireBytes: 1 << 16}.withDefaults()}
		body, hash, err := x.read(&http.Response{
			StatusCode: http.StatusOK,
			Header:     http.Header{"Content-Encoding": {coding}},
			Body:       io.NopCloser(bytes.NewReader(wire)),
		})
		switch {
		case err != nil:
			if e := x.fail(err); e.Kind == "" || e.Kind == Protocol || e.Kind == Connect {
				t.Errorf("kind %q of %v", e.Kind, err)
			}
		case len(body) == 0 || len(body) > 1<<20 || len(wire) > 1<<16 || hash != id.Hash(body):
			t.Errorf("%d bytes from %d, hash %s", len(body), len(wire), hash)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"120", "Mon, 02 Mar 2026 10:03:00 GMT", "-1", "1e9", "9999999999999999999999"} {
		f.Add(s)
	}
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		if d := parseRetryAfter(s, now); d < 0 || d > maxRetryAfter {
			t.Errorf("%q gives %s", s, d)
		}
	})
}

func TestBrief(t *testing.T) {
	t.Parallel()
	long := string(bytes.Repeat([]byte("é"), 200))
	if got := brief(long); len(got) > maxReason+len("…") || got[len(got)-len("…"):] != "…" {
		t.Errorf("%d bytes: %q", len(got), got)
	}
	if got := brief("a\x1b[31m\u202eb\xff"); got != "a [31m b?" {
		t.Errorf("got %q", got)
	}
	if (&Error{Kind: Cancelled}).Temporary() != true || !errors.Is(&Error{Kind: Cancelled, Err: context.Canceled}, context.Canceled) {
		t.Error("a cancelled fetch says something about the source")
	}
}
