package backup

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/fault"
)

// BucketConfig is what a Bucket needs.
type BucketConfig struct {
	Endpoint string // https://s3.example.org
	Region   string
	Bucket   string
	Prefix   string // before every name; "" or ending in a slash
	// Keys gives the id of the key and the secret; it is read for each request.
	Keys   func() (id, secret string, err error)
	Client *http.Client
	Now    clock.Clock
}

// A Bucket is a place in an S3-compatible store: requests in path style, signed with
// Signature Version 4. What is larger than one part goes up in parts, and comes down in
// ranges, so that no request lasts long and none holds more than a part in memory.
type Bucket struct{ cfg BucketConfig }

// NewBucket makes a place; it asks nothing yet.
func NewBucket(cfg BucketConfig) *Bucket { return &Bucket{cfg} }

// Address is s3://bucket/prefix split into bucket and prefix; ok is false for anything else.
func Address(to string) (bucket, prefix string, ok bool) {
	rest, ok := strings.CutPrefix(to, "s3://")
	if !ok {
		return "", "", false
	}
	bucket, prefix, _ = strings.Cut(rest, "/")
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return bucket, prefix, bucket != ""
}

// String is the address.
func (b *Bucket) String() string { return "s3://" + b.cfg.Bucket + "/" + b.cfg.Prefix }

// part is how much one request carries at most. A store takes 10,000 parts of a file.
const part = 16 << 20

// An Object is one stored file.
type Object struct {
	Name string
	Size int64
	At   time.Time
}

// do sends one signed request and returns its answer, whose body must be closed.
func (b *Bucket) do(ctx context.Context, method, name string, query url.Values, body []byte, header http.Header) (*http.Response, error) {
	id, secret, err := b.cfg.Keys()
	if err != nil {
		return nil, fmt.Errorf("keys of %s: %w", b, err)
	}
	address := strings.TrimSuffix(b.cfg.Endpoint, "/") + "/" + escape(b.cfg.Bucket, true)
	if name != "" {
		address += "/" + escape(b.cfg.Prefix+name, false)
	}
	if len(query) > 0 {
		address += "?" + ordered(query)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s in %s: %w: %w", name, b, fault.ErrInvalid, err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	sign(req, digest(body), id, secret, b.cfg.Region, b.cfg.Now())
	res, err := b.cfg.Client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s %s in %s: %w: %w", method, name, b, fault.ErrUnavailable, err)
	}
	if res.StatusCode < 300 {
		return res, nil
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	err = errors.Join(err, res.Body.Close())
	var said struct{ Code, Message string }
	xml.Unmarshal(raw, &said) //nolint:errcheck // an answer that is none says nothing more than its status
	kind := fault.ErrUnavailable
	switch res.StatusCode {
	case http.StatusNotFound:
		kind = fault.ErrNotFound
	case http.StatusUnauthorized, http.StatusForbidden:
		kind = fault.ErrUnauthorised
	}
	return nil, errors.Join(fmt.Errorf("%s %s in %s: %s %s %.200s: %w", method, name, b, res.Status, said.Code, said.Message, kind), err)
}

// done sends one request whose answer says nothing more.
func (b *Bucket) done(ctx context.Context, method, name string, query url.Values, body []byte) (http.Header, error) {
	res, err := b.do(ctx, method, name, query, body, nil)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	return res.Header, errors.Join(err, res.Body.Close())
}

// Put implements Place: an object appears when all of it is there.
func (b *Bucket) Put(ctx context.Context, name string, r io.Reader, size int64) error {
	n, err := b.Store(ctx, name, r, func(n int64) error {
		if n != size {
			return fmt.Errorf("%s: %d bytes of %d came: %w", name, n, size, fault.ErrUnavailable)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store %s after %d bytes: %w", name, n, err)
	}
	return nil
}

// Store stores what a reader gives and returns how much it was. complete may refuse it at the
// end, and nothing is stored then.
func (b *Bucket) Store(ctx context.Context, name string, r io.Reader, complete func(int64) error) (n int64, err error) {
	buf := make([]byte, part)
	got, err := io.ReadFull(r, buf)
	n = int64(got)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		if err := complete(n); err != nil {
			return n, err
		}
		_, err := b.done(ctx, http.MethodPut, name, nil, buf[:got])
		return n, err
	}
	if err != nil {
		return n, err
	}
	upload, err := b.begin(ctx, name)
	if err != nil {
		return n, err
	}
	defer func() {
		if err != nil { // what was sent costs room until it is given up
			_, gone := b.done(context.WithoutCancel(ctx), http.MethodDelete, name, url.Values{"uploadId": {upload}}, nil)
			err = errors.Join(err, gone)
		}
	}()
	type piece struct {
		PartNumber int
		ETag       string
	}
	var list struct {
		XMLName xml.Name `xml:"CompleteMultipartUpload"`
		Part    []piece
	}
	for more := true; more; {
		number := len(list.Part) + 1
		h, err := b.done(ctx, http.MethodPut, name, url.Values{"partNumber": {strconv.Itoa(number)}, "uploadId": {upload}}, buf[:got])
		if err != nil {
			return n, err
		}
		list.Part = append(list.Part, piece{number, h.Get("ETag")})
		got, err = io.ReadFull(r, buf)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return n, err
		}
		n += int64(got)
		more = got > 0
	}
	if err := complete(n); err != nil {
		return n, err
	}
	raw, err := xml.Marshal(list)
	if err != nil {
		return n, err
	}
	return n, b.finish(ctx, name, upload, raw)
}

func (b *Bucket) begin(ctx context.Context, name string) (string, error) {
	var got struct {
		UploadID string `xml:"UploadId"`
	}
	if err := b.ask(ctx, http.MethodPost, name, url.Values{"uploads": {""}}, nil, &got); err != nil {
		return "", err
	}
	if got.UploadID == "" {
		return "", fmt.Errorf("begin %s in %s: no upload id came: %w", name, b, fault.ErrUnavailable)
	}
	return got.UploadID, nil
}

// finish joins the parts. The answer may say 200 and hold an error all the same.
func (b *Bucket) finish(ctx context.Context, name, upload string, parts []byte) error {
	var got struct {
		XMLName       xml.Name
		Code, Message string
	}
	if err := b.ask(ctx, http.MethodPost, name, url.Values{"uploadId": {upload}}, parts, &got); err != nil {
		return err
	}
	if got.XMLName.Local != "CompleteMultipartUploadResult" {
		return fmt.Errorf("join the parts of %s in %s: %s %.200s: %w", name, b, got.Code, got.Message, fault.ErrUnavailable)
	}
	return nil
}

// ask sends a request and reads the XML that answers.
func (b *Bucket) ask(ctx context.Context, method, name string, query url.Values, body []byte, into any) error {
	res, err := b.do(ctx, method, name, query, body, nil)
	if err != nil {
		return err
	}
	err = xml.NewDecoder(io.LimitReader(res.Body, 8<<20)).Decode(into)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return fmt.Errorf("%s %s in %s: read the answer: %w: %w", method, name, b, fault.ErrUnavailable, err)
	}
	return nil
}

// Get implements Place.
func (b *Bucket) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	return b.Range(ctx, name, 0, 0)
}

// Range reads a part of an object; size 0 means to its end.
func (b *Bucket) Range(ctx context.Context, name string, from, size int64) (io.ReadCloser, error) {
	r := &ranged{ctx: ctx, b: b, name: name, at: from, end: -1}
	if size > 0 {
		r.end = from + size
	}
	return r, r.next()
}

// ranged reads an object piece by piece.
type ranged struct {
	ctx     context.Context
	b       *Bucket
	name    string
	at, end int64 // end -1 = not known yet
	began   int64 // of the piece that is open
	body    io.ReadCloser
}

// next opens the next piece; the body stays nil at the end.
func (r *ranged) next() error {
	last := r.at + part
	if r.end >= 0 {
		last = min(last, r.end)
	}
	if last <= r.at {
		return nil
	}
	res, err := r.b.do(r.ctx, http.MethodGet, r.name, nil, nil, http.Header{"Range": {fmt.Sprintf("bytes=%d-%d", r.at, last-1)}})
	if err != nil {
		return err
	}
	total := res.ContentLength
	if res.StatusCode == http.StatusPartialContent {
		_, text, _ := strings.Cut(res.Header.Get("Content-Range"), "/")
		if total, err = strconv.ParseInt(text, 10, 64); err != nil {
			return errors.Join(fmt.Errorf("%s in %s: Content-Range %.80q: %w", r.name, r.b, res.Header.Get("Content-Range"), fault.ErrUnavailable), res.Body.Close())
		}
	} else if r.at > 0 {
		return errors.Join(fmt.Errorf("%s in %s: the store gives no ranges: %w", r.name, r.b, fault.ErrUnavailable), res.Body.Close())
	}
	if r.end < 0 || r.end > total {
		r.end = total
	}
	r.body, r.began = res.Body, r.at
	return nil
}

// Read implements io.Reader.
func (r *ranged) Read(p []byte) (int, error) {
	for {
		if r.body == nil {
			if r.end >= 0 && r.at >= r.end {
				return 0, io.EOF
			}
			if err := r.next(); err != nil {
				return 0, err
			}
		}
		before := r.at
		n, err := r.body.Read(p)
		r.at += int64(n)
		if errors.Is(err, io.EOF) {
			err = r.body.Close()
			r.body = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
		if r.body == nil && r.at == before && r.at < r.end && before == r.began {
			return 0, fmt.Errorf("%s in %s: nothing comes after byte %d of %d: %w", r.name, r.b, r.at, r.end, io.ErrUnexpectedEOF)
		}
	}
}

// Close implements io.Closer.
func (r *ranged) Close() error {
	if r.body == nil {
		return nil
	}
	return r.body.Close()
}

// List implements Place.
func (b *Bucket) List(ctx context.Context, prefix string) ([]string, error) {
	list, err := b.Objects(ctx, prefix)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, o := range list {
		out = append(out, o.Name)
	}
	slices.Sort(out)
	return out, nil
}

// Objects lists what begins with a prefix, with size and time.
func (b *Bucket) Objects(ctx context.Context, prefix string) ([]Object, error) {
	var out []Object
	query := url.Values{"list-type": {"2"}, "prefix": {b.cfg.Prefix + prefix}}
	for {
		var page struct {
			Contents []struct {
				Key          string
				Size         int64
				LastModified time.Time
			}
			IsTruncated           bool
			NextContinuationToken string
		}
		if err := b.ask(ctx, http.MethodGet, "", query, nil, &page); err != nil {
			return nil, err
		}
		for _, c := range page.Contents {
			out = append(out, Object{strings.TrimPrefix(c.Key, b.cfg.Prefix), c.Size, c.LastModified})
		}
		if !page.IsTruncated || page.NextContinuationToken == "" {
			return out, nil
		}
		query.Set("continuation-token", page.NextContinuationToken)
	}
}

// Remove implements Place.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	_, err := b.done(ctx, http.MethodDelete, name, nil, nil)
	return err
}
