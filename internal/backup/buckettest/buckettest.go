// Package buckettest is a small S3-compatible store for tests: path style, one bucket,
// Signature Version 4 checked on every request, whole objects, parts, ranges and lists in
// pages. It works the signature out again from what arrived, with code of its own, and
// refuses a wrong body hash and a clock that is more than 15 minutes off as the real one does.
// It is not for use outside of tests: everything is in memory.
package buckettest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Server is one bucket.
type Server struct {
	Bucket, Region string
	ID, Secret     string
	Now            func() time.Time
	PageSize       int // of lists; 0 = 1000

	mu      sync.Mutex
	objects map[string]stored
	uploads map[string]map[int][]byte
	refused int
	down    bool
}

type stored struct {
	body []byte
	at   time.Time
}

// Refused is how many requests had no right signature.
func (s *Server) Refused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// Down lets the store answer 503 to everything, or no longer.
func (s *Server) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Names lists what is stored, sorted.
func (s *Server) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names("")
}

func (s *Server) names(prefix string) []string {
	var out []string
	for name := range s.objects {
		if strings.HasPrefix(name, prefix) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Spoil changes one byte in the middle of an object.
func (s *Server) Spoil(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.objects[name]
	o.body = slices.Clone(o.body)
	o.body[len(o.body)/2] ^= 0x40
	s.objects[name] = o
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, "IncompleteBody")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		refuse(w, http.StatusServiceUnavailable, "SlowDown")
		return
	}
	if why := s.wrong(r, body); why != "" {
		s.refused++
		refuse(w, http.StatusForbidden, why)
		return
	}
	if s.objects == nil {
		s.objects, s.uploads = map[string]stored{}, map[string]map[int][]byte{}
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/"+s.Bucket)
	if !ok || name != "" && name[0] != '/' {
		refuse(w, http.StatusNotFound, "NoSuchBucket")
		return
	}
	name = strings.TrimPrefix(name, "/")
	q := r.URL.Query()
	switch {
	case name == "" && r.Method == http.MethodGet && q.Get("list-type") == "2":
		s.list(w, q)
	case r.Method == http.MethodPost && q.Has("uploads"):
		id := strconv.Itoa(len(s.uploads) + 1)
		s.uploads[id] = map[int][]byte{}
		answer(w, "InitiateMultipartUploadResult", "<UploadId>"+id+"</UploadId>")
	case r.Method == http.MethodPut && q.Has("uploadId"):
		n, err := strconv.Atoi(q.Get("partNumber"))
		if s.uploads[q.Get("uploadId")] == nil || err != nil {
			refuse(w, http.StatusNotFound, "NoSuchUpload")
			return
		}
		s.uploads[q.Get("uploadId")][n] = body
		w.Header().Set("ETag", tag(body))
	case r.Method == http.MethodPost && q.Has("uploadId"):
		s.join(w, name, q.Get("uploadId"), body)
	case r.Method == http.MethodDelete && q.Has("uploadId"):
		delete(s.uploads, q.Get("uploadId"))
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPut:
		s.objects[name] = stored{body, s.Now()}
		w.Header().Set("ETag", tag(body))
	case r.Method == http.MethodDelete:
		delete(s.objects, name)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet:
		s.get(w, r, name)
	default:
		refuse(w, http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, name string) {
	o, ok := s.objects[name]
	if !ok {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	var from, to int
	if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to); n != 2 {
		w.Write(o.body) //nolint:errcheck // the other end counts
		return
	}
	if from >= len(o.body) {
		if len(o.body) == 0 {
			return
		}
		refuse(w, http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
		return
	}
	to = min(to, len(o.body)-1)
	w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, len(o.body)))
	w.WriteHeader(http.StatusPartialContent)
	w.Write(o.body[from : to+1]) //nolint:errcheck // the other end counts
}

func (s *Server) join(w http.ResponseWriter, name, id string, body []byte) {
	var list struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}
	parts := s.uploads[id]
	if parts == nil || xml.Unmarshal(body, &list) != nil {
		refuse(w, http.StatusBadRequest, "MalformedXML")
		return
	}
	var whole []byte
	for _, p := range list.Part {
		if tag(parts[p.PartNumber]) != p.ETag {
			answer(w, "Error", "<Code>InvalidPart</Code>") // the real one answers 200 too, once it has begun
			return
		}
		whole = append(whole, parts[p.PartNumber]...)
	}
	delete(s.uploads, id)
	s.objects[name] = stored{whole, s.Now()}
	answer(w, "CompleteMultipartUploadResult", "")
}

func (s *Server) list(w http.ResponseWriter, q url.Values) {
	size := s.PageSize
	if size == 0 {
		size = 1000
	}
	var b strings.Builder
	n := 0
	for _, name := range s.names(q.Get("prefix")) {
		if name <= q.Get("continuation-token") {
			continue
		}
		if n == size {
			b.WriteString("<IsTruncated>true</IsTruncated>")
			break
		}
		o := s.objects[name]
		fmt.Fprintf(&b, "<Contents><Key>%s</Key><Size>%d</Size><LastModified>%s</LastModified></Contents><NextContinuationToken>%s</NextContinuationToken>",
			name, len(o.body), o.at.UTC().Format("2006-01-02T15:04:05.000Z"), name)
		n++
	}
	answer(w, "ListBucketResult", b.String())
}

// wrong says what is wrong with a request's signature; "" = nothing.
func (s *Server) wrong(r *http.Request, body []byte) string {
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !ok {
		return "AccessDenied"
	}
	field := map[string]string{}
	for p := range strings.SplitSeq(rest, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		field[k] = v
	}
	stamp := r.Header.Get("X-Amz-Date")
	at, err := time.Parse("20060102T150405Z", stamp)
	if err != nil || s.Now().Sub(at).Abs() > 15*time.Minute {
		return "RequestTimeTooSkewed"
	}
	sum := sha256.Sum256(body)
	if r.Header.Get("X-Amz-Content-Sha256") != hex.EncodeToString(sum[:]) {
		return "XAmzContentSHA256Mismatch"
	}
	scope := stamp[:8] + "/" + s.Region + "/s3/aws4_request"
	if field["Credential"] != s.ID+"/"+scope {
		return "InvalidAccessKeyId"
	}
	signed := strings.Split(field["SignedHeaders"], ";")
	if !slices.Contains(signed, "host") || !slices.IsSorted(signed) {
		return "AccessDenied"
	}
	pairs := strings.Split(r.URL.RawQuery, "&")
	slices.Sort(pairs)
	lines := []string{r.Method, r.URL.EscapedPath(), strings.Join(pairs, "&")}
	for _, h := range signed {
		v := r.Header.Get(h)
		if h == "host" {
			v = r.Host
		}
		lines = append(lines, h+":"+v)
	}
	lines = append(lines, "", field["SignedHeaders"], r.Header.Get("X-Amz-Content-Sha256"))
	request := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	k := hash([]byte("AWS4"+s.Secret), stamp[:8])
	k = hash(hash(hash(k, s.Region), "s3"), "aws4_request")
	want := hex.EncodeToString(hash(k, "AWS4-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+hex.EncodeToString(request[:])))
	if want != field["Signature"] {
		return "SignatureDoesNotMatch"
	}
	return ""
}

func hash(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	io.WriteString(h, text) //nolint:errcheck // a hash takes everything
	return h.Sum(nil)
}

func tag(body []byte) string {
	s := sha256.Sum256(body)
	return `"` + hex.EncodeToString(s[:16]) + `"`
}

func answer(w http.ResponseWriter, name, inner string) {
	w.Header().Set("Content-Type", "application/xml")
	fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s>%s</%s>", name, inner, name)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>refused by the test</Message></Error>", code)
}
