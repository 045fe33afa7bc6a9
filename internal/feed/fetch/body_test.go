package fetch_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"watchfire.dev/internal/feed/fetch"
	"watchfire.dev/internal/id"
)

// pack compresses b with the given kind of writer.
func pack[W io.WriteCloser](t *testing.T, b []byte, writer func(io.Writer) W) []byte {
	t.Helper()
	var out bytes.Buffer
	w := writer(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gzipped(t *testing.T, b []byte) []byte { t.Helper(); return pack(t, b, gzip.NewWriter) }

func rawDeflate(w io.Writer) *flate.Writer {
	f, _ := flate.NewWriter(w, flate.BestSpeed) // the level is valid
	return f
}

// noise is what does not compress, so that the ratio stays honest.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestCodings(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i, n := range noise(3000) {
		fmt.Fprintf(&text, "<item><title>Flood %d at gauge %x</title></item>", n, i*7919)
	}
	feed := []byte(text.String())
	members := append(gzipped(t, feed[:1000]), gzipped(t, feed[1000:])...)
	packed := gzipped(t, feed)
	damaged := bytes.Clone(packed)
	damaged[len(damaged)-6] ^= 1 // checksum
	for _, tc := range []struct {
		name, coding string
		wire         []byte
		kind         fetch.Kind // "" = feed comes out
	}{
		{"plain", "", feed, ""},
		{"identity", "identity", feed, ""},
		{"gzip", "gzip", packed, ""},
		{"x-gzip", "X-GZip", packed, ""},
		{"gzip in members", "gzip", members, ""},
		{"deflate as in the RFC", "deflate", pack(t, feed, zlib.NewWriter), ""},
		{"deflate as in the wild", "deflate", pack(t, feed, rawDeflate), ""},
		{"gzip cut", "gzip", packed[:len(packed)-9], fetch.Truncated},
		{"gzip header cut", "gzip", packed[:5], fetch.Truncated},
		{"gzip damaged", "gzip", damaged, fetch.Encoding},
		{"gzip that is none", "gzip", feed, fetch.Encoding},
		{"deflate cut", "deflate", pack(t, feed, rawDeflate)[:40], fetch.Truncated},
		{"deflate with a tail", "deflate", append(pack(t, feed, rawDeflate), 'x'), fetch.Encoding},
		{"twice", "gzip, gzip", gzipped(t, packed), fetch.Encoding},
		{"brotli", "br", feed, fetch.Encoding},
		{"gzip of nothing", "gzip", gzipped(t, nil), fetch.Empty},
		{"nothing, called gzip", "gzip", nil, fetch.Empty},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tc.coding != "" {
					w.Header().Set("Content-Encoding", tc.coding)
				}
				_, _ = w.Write(tc.wire)
			})
			resp, err := fetchURL(t, newClient(t, fetch.Options{}), s.URL)
			if tc.kind != "" {
				wantKind(t, err, tc.kind, "")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(resp.Body, feed) || resp.Hash != id.Hash(feed) || resp.WireBytes != int64(len(tc.wire)) {
				t.Errorf("%d bytes, hash %s, %d on the wire", len(resp.Body), resp.Hash, resp.WireBytes)
			}
		})
	}
}

func TestLimitsOnBytes(t *testing.T) {
	t.Parallel()
	const size = 100_000
	feed := noise(size)
	packed := gzipped(t, feed)
	zeros := gzipped(t, make([]byte, 64<<10)) // ratio about 700, but small enough to be no bomb
	for _, tc := range []struct {
		name   string
		wire   []byte
		limits fetch.Limits
		kind   fetch.Kind
	}{
		{"just fits", feed, fetch.Limits{Bytes: size, WireBytes: size}, ""},
		{"one over", feed, fetch.Limits{Bytes: size - 1}, fetch.TooLarge},
		{"one over on the wire", feed, fetch.Limits{WireBytes: size - 1}, fetch.TooLarge},
		{"packed just fits", packed, fetch.Limits{Bytes: size, WireBytes: int64(len(packed))}, ""},
		{"packed one over", packed, fetch.Limits{Bytes: size - 1}, fetch.TooLarge},
		{"packed one over on the wire", packed, fetch.Limits{WireBytes: int64(len(packed)) - 1}, fetch.TooLarge},
		{"small zeros", zeros, fetch.Limits{}, ""},
		{"small ratio", packed, fetch.Limits{Ratio: 1}, ""},
	} {
		for _, announced := range []bool{true, false} {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
					if bytes.HasPrefix(tc.wire, []byte{0x1f, 0x8b}) {
						w.Header().Set("Content-Encoding", "gzip")
					}
					if !announced {
						_ = http.NewResponseController(w).Flush() // header leaves without a length
					}
					_, _ = w.Write(tc.wire)
				})
				_, err := newClient(t, fetch.Options{}).Fetch(t.Context(), fetch.Request{URL: s.URL, Limits: tc.limits})
				if tc.kind == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				wantKind(t, err, tc.kind, "")
			})
		}
	}
}

// One gigabyte in one megabyte: refused by its ratio and, with the ratio switched off, by
// its size, each within 64 MB. All that was allocated is more than what was held at once,
// so the test asks for more than it promises. Not parallel: it reads the process's counter.
func TestBomb(t *testing.T) {
	member := gzipped(t, make([]byte, 1<<20))
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		for range 1024 {
			if _, err := w.Write(member); err != nil {
				return
			}
		}
	})
	for _, tc := range []struct {
		name   string
		limits fetch.Limits
		kind   fetch.Kind
	}{
		{"by ratio", fetch.Limits{}, fetch.Bomb},
		{"by size", fetch.Limits{Ratio: 1 << 30}, fetch.TooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newClient(t, fetch.Options{})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := c.Fetch(t.Context(), fetch.Request{URL: s.URL, Limits: tc.limits})
			runtime.ReadMemStats(&after)
			wantKind(t, err, tc.kind, "")
			if extra := after.TotalAlloc - before.TotalAlloc; extra > 64<<20 {
				t.Errorf("%d MiB allocated", extra>>20)
			}
		})
	}
}

func TestLooksLikeHTML(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		body string
		want bool
	}{
		{"<!DOCTYPE html><html>", true},
		{"\xef\xbb\xbf\r\n <!doctype HTML PUBLIC \"-//W3C//DTD XHTML 1.0\">", true},
		{"<html lang=en>", true},
		{"<HTML>", true},
		{"<?xml version='1.0'?><!-- portal --><html xmlns='http://www.w3.org/1999/xhtml'>", true},
		{"<head><title>502</title>", true},
		{"<script>location='/login'</script>", true},
		{"<!-- a --><body>", true},
		{"<html", true},
		{"", false},
		{"html", false},
		{"<rss version='2.0'><channel><description>&lt;html&gt;", false},
		{"<!DOCTYPE rss>", false},
		{"<!DOCTYPE htmlish>", false},
		{"<htmlish>", false},
		{"<titles/>", false},
		{"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'>", false},
		{"<?xml version='1.0'", false},
		{"<!-- never ends <html>", false},
		{`{"html":"<html>"}`, false},
	} {
		if got := fetch.LooksLikeHTML([]byte(tc.body)); got != tc.want {
			t.Errorf("LooksLikeHTML(%q) = %v", tc.body, got)
		}
	}
}

func FuzzLooksLikeHTML(f *testing.F) {
	f.Add([]byte("<!-- --><?x?><!DOCTYPE html>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := fetch.LooksLikeHTML(b)
		if got && !bytes.Contains(b, []byte("<")) {
			t.Errorf("%q has no tag", b)
		}
		// A line break before it changes nothing, unless it moves a byte order mark or
		// pushes the first tag out of the part that is looked at.
		if bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) || len(b) > 4000 {
			return
		}
		if fetch.LooksLikeHTML(append([]byte("\n"), b...)) != got {
			t.Errorf("%q is judged otherwise after a line break", b)
		}
	})
}
