package backup

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/backup/buckettest"
	"watchfire.dev/internal/fault"
)

// bucket is a place in a store that checks what it gets.
func bucket(t *testing.T) (*Bucket, *buckettest.Server) {
	t.Helper()
	now := func() time.Time { return noon }
	s := &buckettest.Server{Bucket: "copies", Region: "eu-test-1", ID: "AKID", Secret: "s3cr/et+", Now: now, PageSize: 2}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return NewBucket(BucketConfig{
		Endpoint: srv.URL, Region: s.Region, Bucket: s.Bucket, Prefix: "site 1/", Client: srv.Client(), Now: now,
		Keys: func() (string, string, error) { return s.ID, s.Secret, nil },
	}), s
}

func TestBucket(t *testing.T) {
	t.Parallel()
	b, s := bucket(t)
	conform(t, b)
	for i := range 5 {
		take(t, b, noon.Add(time.Duration(i)*time.Hour), true)
	}
	if m, err := Newest(t.Context(), b, time.Time{}); err != nil || !m.TakenAt.Equal(noon.Add(4*time.Hour)) {
		t.Errorf("newest over several pages of the list: %v, %v", m.TakenAt, err)
	}
	if s.Refused() != 0 {
		t.Errorf("%d requests were refused", s.Refused())
	}
	for _, name := range s.Names() {
		if !strings.HasPrefix(name, "site 1/") {
			t.Errorf("%s lies outside of its prefix", name)
		}
	}
}

// TestParts: what is larger than a part goes up in parts and comes down in ranges, whole; what
// was cut short leaves nothing.
func TestParts(t *testing.T) {
	t.Parallel()
	b, s := bucket(t)
	big := bytes.Repeat([]byte("0123456789abcdef"), (2*part+part/2)/16)
	for _, n := range []int{part - 1, part, part + 1, len(big)} {
		if err := b.Put(t.Context(), "big", bytes.NewReader(big[:n]), int64(n)); err != nil {
			t.Fatal(err)
		}
		r, err := b.Get(t.Context(), "big")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil || !bytes.Equal(got, big[:n]) {
			t.Errorf("%d bytes of %d came back: %v", len(got), n, err)
		}
	}
	r, err := b.Range(t.Context(), "big", part-3, 7)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, big[part-3:part+4]) {
		t.Errorf("a range: %q, %v", got, err)
	}
	if err := b.Put(t.Context(), "cut", bytes.NewReader(big), int64(len(big)+1)); err == nil || slices.Contains(s.Names(), "site 1/cut") {
		t.Errorf("what was cut short is stored: %v", err)
	}
}

// TestWrongKey: a wrong secret is told apart from a store that is away, and is not in the error.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	b, s := bucket(t)
	b.cfg.Keys = func() (string, string, error) { return s.ID, "another-secret", nil }
	_, err := b.Get(t.Context(), "x")
	if !errors.Is(err, fault.ErrUnauthorised) || s.Refused() != 1 || strings.Contains(err.Error(), "another-secret") {
		t.Errorf("a wrong secret: %v", err)
	}
	s.Down(true)
	if _, err := b.Get(t.Context(), "x"); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("a store that is away: %v", err)
	}
}

// TestSignature holds ours against the examples that AWS publishes with its description of
// Signature Version 4 for S3.
func TestSignature(t *testing.T) {
	t.Parallel()
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for _, tt := range []struct {
		name, address, ranged, want string
	}{
		{"object", "https://examplebucket.s3.amazonaws.com/test.txt", "bytes=0-9", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		{"lifecycle", "https://examplebucket.s3.amazonaws.com/?lifecycle=", "", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		{"list", "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J", "", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, tt.address, http.NoBody)
			if tt.ranged != "" {
				req.Header.Set("Range", tt.ranged)
			}
			sign(req, empty, "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1", time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC))
			if got := req.Header.Get("Authorization"); !strings.HasSuffix(got, "Signature="+tt.want) {
				t.Errorf("got %s", got)
			}
		})
	}
}
