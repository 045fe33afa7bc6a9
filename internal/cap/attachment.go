package cap

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
)

// embed takes the text of derefUri, keeps its size and SHA-256 and lets the content go. What
// is not base64 is measured as it stands, without its white space.
func (r resourceTarget) embed(b *builder, text []byte) {
	if len(bytes.TrimSpace(text)) == 0 {
		return
	}
	size, sum, ok := decoded(text)
	if !ok {
		b.note("content is not base64")
		compact := stripSpace(text)
		size, sum = len(compact), sha256.Sum256(compact)
	}
	r.DerefSize = int64(size)
	r.DerefSHA256 = hex.EncodeToString(sum[:])
}

// decoded gives size and SHA-256 of what base64 text holds; false when it is none. Short
// texts need no room of their own.
func decoded(text []byte) (size int, sum [sha256.Size]byte, ok bool) {
	var in [1024]byte
	if len(text) > len(in) {
		d := digester{sum: sha256.New()}
		size, ok = d.decode(text)
		d.sum.Sum(sum[:0])
		return size, sum, ok
	}
	var out [len(in)]byte
	compact := appendCompact(in[:0], text)
	enc := base64.StdEncoding
	if len(compact)%4 != 0 {
		enc = base64.RawStdEncoding
	}
	size, err := enc.Decode(out[:], compact)
	return size, sha256.Sum256(out[:size]), err == nil
}

// digester decodes base64 piece by piece: attachments reach 590 kB, and nobody keeps them.
type digester struct {
	sum   hash.Hash
	in    [4096]byte // a multiple of four, so that each piece but the last is whole
	n     int        // characters in it
	out   [3072]byte
	size  int
	ended bool // a piece was padded: nothing may follow
}

// decode feeds what text holds to the sum and returns its size; false when it is not base64.
func (d *digester) decode(text []byte) (int, bool) {
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		text = rest
		if line = bytes.TrimSuffix(line, []byte("\r")); isSolid(line) {
			if !d.run(line) {
				return 0, false
			}
			continue
		}
		for _, word := range bytes.FieldsFunc(line, isXMLSpace) {
			if !d.run(word) {
				return 0, false
			}
		}
	}
	ok := d.piece(d.in[:d.n])
	return d.size, ok
}

func isXMLSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' }

// isSolid tells that a line holds no white space that base64 may be broken by.
func isSolid(line []byte) bool {
	return bytes.IndexByte(line, ' ') < 0 && bytes.IndexByte(line, '\t') < 0 && bytes.IndexByte(line, '\r') < 0
}

// run takes characters without white space; whole pieces are decoded where they lie.
func (d *digester) run(chars []byte) bool {
	for len(chars) > 0 {
		if d.n == 0 && len(chars) > len(d.in) {
			if !d.piece(chars[:len(d.in)]) {
				return false
			}
			chars = chars[len(d.in):]
			continue
		}
		if d.n == len(d.in) {
			if !d.piece(d.in[:]) {
				return false
			}
			d.n = 0
		}
		n := copy(d.in[d.n:], chars)
		d.n, chars = d.n+n, chars[n:]
	}
	return true
}

func (d *digester) piece(chars []byte) bool {
	if len(chars) == 0 {
		return true
	}
	enc := base64.StdEncoding
	if len(chars)%4 != 0 { // only the last one
		enc = base64.RawStdEncoding
	}
	if d.ended {
		return false
	}
	size, err := enc.Decode(d.out[:], chars)
	d.ended = chars[len(chars)-1] == '='
	d.size += size
	d.sum.Write(d.out[:size])
	return err == nil
}

func stripSpace(text []byte) []byte { return appendCompact(make([]byte, 0, len(text)), text) }

func appendCompact(out, text []byte) []byte {
	for _, c := range text {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			out = append(out, c)
		}
	}
	return out
}
