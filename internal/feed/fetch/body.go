package fetch

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const (
	ratioFrom  = 64 << 10 // short runs of zeros in honest data must not look like a bomb
	firstChunk = 16 << 10
	lastChunk  = 1 << 20
)

// read reads the whole body, unpacks it and returns it with its hash. Nothing is believed
// of the header but the coding, and each limit is looked at after each piece.
func (x *exchange) read(resp *http.Response) ([]byte, string, error) {
	x.reading = true
	guard := watch(&x.wire, x.limits, x.cancel)
	defer guard.stop()
	wire := bufio.NewReader(&wireReader{from: resp.Body, x: x})
	plain, packed, err := unpack(wire, resp.Header.Values("Content-Encoding"))
	if err != nil {
		return nil, "", err
	}
	body, hash, err := x.collect(plain, packed)
	if err != nil {
		return nil, "", err
	}
	// A stream can end before its container does: the rest must be nothing, and must be there.
	if _, err := wire.ReadByte(); err == nil {
		return nil, "", &Error{Kind: Encoding, Reason: "bytes after the end of the compressed data"}
	} else if !errors.Is(err, io.EOF) {
		return nil, "", err
	}
	if len(body) == 0 {
		return nil, "", &Error{Kind: Empty, Status: resp.StatusCode, Reason: "the body is empty"}
	}
	return body, hash, nil
}

// A wireReader counts and bounds what arrives.
type wireReader struct {
	from io.Reader
	x    *exchange
}

func (w *wireReader) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	if got := w.x.wire.Add(int64(n)); got > w.x.limits.WireBytes {
		return 0, tooLarge("more than", w.x.limits.WireBytes, "on the wire", w.x.limits.WireBytes)
	}
	return n, err
}

// unpack returns the reader of the plain bytes for a Content-Encoding, and whether anything
// is unpacked at all. "deflate" is zlib in RFC 9110 and raw in many servers: the first two
// bytes tell. We ask for gzip only; codings upon codings are refused.
func unpack(wire *bufio.Reader, values []string) (plain io.Reader, packed bool, err error) {
	start, err := wire.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	if len(start) == 0 {
		return wire, false, nil // empty: the caller says so
	}
	switch coding := strings.ToLower(strings.TrimSpace(strings.Join(values, ","))); coding {
	case "", "identity":
		return wire, false, nil
	case "gzip", "x-gzip":
		plain, err = gzip.NewReader(wire)
	case "deflate":
		if len(start) == 2 && start[0]&0x0f == 8 && (int(start[0])<<8|int(start[1]))%31 == 0 {
			plain, err = zlib.NewReader(wire)
		} else {
			plain, err = flate.NewReader(wire), nil
		}
	default:
		err = &Error{Kind: Encoding, Reason: fmt.Sprintf("content coding %q is neither gzip nor deflate", brief(coding))}
	}
	return plain, true, err
}

// collect reads src to its end in pieces that are joined once: growing one slice would need
// up to three times the body at its peak. Large pieces are used again, so that a server that
// sends too much whenever it is asked takes memory once.
func (x *exchange) collect(src io.Reader, packed bool) ([]byte, string, error) {
	var (
		done  [][]byte
		chunk = make([]byte, 0, firstChunk)
		total int64
		sum   = sha256.New()
	)
	defer func() {
		for _, piece := range append(done, chunk) {
			if cap(piece) == lastChunk {
				x.pieces.Put((*[lastChunk]byte)(piece[:lastChunk]))
			}
		}
	}()
	for {
		n, err := src.Read(chunk[len(chunk):cap(chunk)])
		sum.Write(chunk[len(chunk) : len(chunk)+n])
		chunk = chunk[:len(chunk)+n]
		total += int64(n)
		if over := x.over(total, packed); over != nil {
			return nil, "", over
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, "", err
		}
		if len(chunk) == cap(chunk) {
			done = append(done, chunk)
			chunk = x.piece(2 * cap(chunk))
		}
	}
	body := bytes.Join(append(done, chunk), nil)
	return body, hex.EncodeToString(sum.Sum(nil)), nil
}

// piece is an empty piece of a size, at most lastChunk.
func (x *exchange) piece(size int) []byte {
	if size < lastChunk {
		return make([]byte, 0, size)
	}
	if used, ok := x.pieces.Get().(*[lastChunk]byte); ok {
		return used[:0]
	}
	return make([]byte, 0, lastChunk)
}

func (x *exchange) over(total int64, packed bool) error {
	if total > x.limits.Bytes {
		return tooLarge("more than", x.limits.Bytes, "after unpacking", x.limits.Bytes)
	}
	if wire := x.wire.Load(); packed && total > ratioFrom && total > wire*int64(x.limits.Ratio) {
		return &Error{Kind: Bomb, Reason: fmt.Sprintf("%d bytes came out of %d, more than %d to 1", total, wire, x.limits.Ratio)}
	}
	return nil
}
