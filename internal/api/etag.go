package api

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"watchfire.dev/internal/fault"
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

// tagged gives a read its ETag, the hash of the answer's bytes after the version of the
// thing when it has one, and answers 304 when the client has it already.
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
		tag := id.Hash(rec.body.Bytes())[:32]
		if version := strings.Trim(w.Header().Get("ETag"), `"`); version != "" {
			tag = version + "." + tag
		}
		tag = `"` + tag + `"`
		w.Header().Set("ETag", tag)
		if matches(r.Header.Get("If-None-Match"), tag) {
			w.Header().Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	rec.send(w) //nolint:errcheck // the client has gone
}

// versionTag is the ETag of a version, before the hash is known.
func versionTag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// OnlyIf is the condition of an edit: the version that the caller saw.
type OnlyIf struct {
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The ETag of the thing as it was read. When it has changed since, nothing is done and the answer (412) says who changed it, and when."`
}

// errNoTag is an If-Match that is no ETag of ours: it cannot match.
var errNoTag = errors.New("If-Match: want the ETag of an earlier answer, or *")

// version reads If-Match; 0 = no condition.
func (c OnlyIf) version() (int64, error) {
	if c.IfMatch == "" || c.IfMatch == "*" {
		return 0, nil
	}
	number, _, _ := strings.Cut(strings.Trim(c.IfMatch, `"`), ".")
	v, err := strconv.ParseInt(number, 10, 64)
	if err != nil || v < 1 || !strings.HasPrefix(c.IfMatch, `"`) { // a weak tag never matches (RFC 9110, 13.1.1)
		return 0, &unmet{errNoTag}
	}
	return v, nil
}

// hold turns "it has changed" into "your condition was not met" when there was one.
func (c OnlyIf) hold(err error) error {
	var changed *fault.Changed
	if c.IfMatch != "" && c.IfMatch != "*" && errors.As(err, &changed) {
		return &unmet{err}
	}
	return err
}

// unmet is a condition of the request that does not hold.
type unmet struct{ error }

func (u *unmet) Unwrap() error { return u.error }

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
