package api

import (
	"bytes"
	"net/http"
	"strings"

	"watchfire.dev/internal/id"
)

// maxTagged is the longest answer that is held back to name it by its hash, in bytes. A
// longer one is passed on as it comes, without an ETag.
const maxTagged = 8 << 20

// recorder holds an answer back. When it grows beyond limit it passes everything on to
// through; limit 0 = never.
type recorder struct {
	header  http.Header
	status  int
	body    bytes.Buffer
	limit   int
	through http.ResponseWriter
	passing bool
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	if r.limit > 0 && !r.passing && r.body.Len()+len(b) > r.limit {
		if err := r.send(r.through); err != nil {
			return 0, err
		}
		r.passing = true
	}
	if r.passing {
		return r.through.Write(b)
	}
	return r.body.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.through }

func (r *recorder) send(w http.ResponseWriter) error {
	for k, v := range r.header {
		w.Header()[k] = v
	}
	if r.status == 0 {
		r.status = http.StatusOK
	}
	w.WriteHeader(r.status)
	_, err := w.Write(r.body.Bytes())
	return err
}

// tagged gives a read its ETag, the hash of the answer's bytes, and answers 304 when the
// client has it already.
func (s *server) tagged(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		next.ServeHTTP(w, r)
		return
	}
	rec := &recorder{header: w.Header(), limit: maxTagged, through: w}
	next.ServeHTTP(rec, r)
	if rec.passing {
		return
	}
	if rec.status == http.StatusOK && rec.body.Len() > 0 {
		tag := `"` + id.Hash(rec.body.Bytes())[:32] + `"`
		w.Header().Set("ETag", tag)
		if matches(r.Header.Get("If-None-Match"), tag) {
			w.Header().Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	rec.send(w) //nolint:errcheck // the client has gone
}

// matches reads If-None-Match (RFC 9110, 13.1.2): a list, compared weakly.
func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == tag {
			return true
		}
	}
	return false
}
