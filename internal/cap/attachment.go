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
	out   [3072]byte
	size  int
	ended bool // a piece was padded: nothing may follow
}

// decode feeds what text holds to the sum and returns its size; false when it is not base64.
func (d *digester) decode(text []byte) (int, bool) {
	n := 0
	for _, c := range text {
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			continue
		}
		if n == len(d.in) {
			if !d.piece(n) {
				return 0, false
			}
			n = 0
		}
		d.in[n] = c
		n++
	}
	ok := d.piece(n)
	return d.size, ok
}

func (d *digester) piece(n int) bool {
	if n == 0 {
		return true
	}
	enc := base64.StdEncoding
	if n%4 != 0 { // only the last one
		enc = base64.RawStdEncoding
	}
	if d.ended {
		return false
	}
	size, err := enc.Decode(d.out[:], d.in[:n])
	d.ended = d.in[n-1] == '='
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
