package backup

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Forms of Signature Version 4 (AWS, "Authenticating Requests: Using the Authorization
// Header"), which every S3-compatible store understands.
const (
	algorithm  = "AWS4-HMAC-SHA256"
	stampForm  = "20060102T150405Z"
	dayForm    = "20060102"
	bodyHash   = "X-Amz-Content-Sha256"
	dateHeader = "X-Amz-Date"
)

// sign puts the signature of a request on it. hash is the hex SHA-256 of its body.
func sign(req *http.Request, hash, id, secret, region string, at time.Time) {
	at = at.UTC()
	req.Header.Set(bodyHash, hash)
	req.Header.Set(dateHeader, at.Format(stampForm))
	headers := map[string]string{"host": req.URL.Host}
	for name := range req.Header {
		if low := strings.ToLower(name); low == "range" || strings.HasPrefix(low, "x-amz-") {
			headers[low] = strings.TrimSpace(req.Header.Get(name))
		}
	}
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	var canonical strings.Builder
	canonical.WriteString(req.Method + "\n" + req.URL.EscapedPath() + "\n" + ordered(req.URL.Query()) + "\n")
	for _, name := range names {
		canonical.WriteString(name + ":" + headers[name] + "\n")
	}
	signed := strings.Join(names, ";")
	canonical.WriteString("\n" + signed + "\n" + hash)
	scope := at.Format(dayForm) + "/" + region + "/s3/aws4_request"
	text := algorithm + "\n" + at.Format(stampForm) + "\n" + scope + "\n" + digest([]byte(canonical.String()))
	key := []byte("AWS4" + secret)
	for _, part := range []string{at.Format(dayForm), region, "s3", "aws4_request"} {
		key = mac(key, part)
	}
	req.Header.Set("Authorization", algorithm+" Credential="+id+"/"+scope+",SignedHeaders="+signed+",Signature="+hex.EncodeToString(mac(key, text)))
}

// ordered writes a query in the order and form that is signed.
func ordered(q url.Values) string {
	pairs := make([]string, 0, len(q))
	for name, values := range q {
		for _, v := range values {
			pairs = append(pairs, escape(name, true)+"="+escape(v, true))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// escape writes bytes beside A-Z a-z 0-9 - . _ ~ as %XX; a slash too where it separates nothing.
func escape(s string, slash bool) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0, c == '/' && !slash:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func digest(raw []byte) string {
	s := sha256.Sum256(raw)
	return hex.EncodeToString(s[:])
}
