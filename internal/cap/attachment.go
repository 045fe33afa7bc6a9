package cap

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
)

// embed takes the text of derefUri, keeps its size and SHA-256 and lets the content go.
func (r resourceTarget) embed(b *builder, text []byte) {
	compact := stripSpace(text)
	if len(compact) == 0 {
		return
	}
	enc := base64.StdEncoding
	if len(compact)%4 != 0 {
		enc = base64.RawStdEncoding
	}
	sum := sha256.New()
	n, err := io.Copy(sum, base64.NewDecoder(enc, bytes.NewReader(compact)))
	if err != nil {
		b.note("content is not base64")
		sum.Reset()
		sum.Write(compact)
		n = int64(len(compact))
	}
	r.DerefSize = n
	r.DerefSHA256 = hex.EncodeToString(sum.Sum(nil))
}

func stripSpace(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, c := range text {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			out = append(out, c)
		}
	}
	return out
}
