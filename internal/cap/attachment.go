package cap

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
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
	content := make([]byte, enc.DecodedLen(len(compact)))
	n, err := enc.Decode(content, compact)
	content = content[:n]
	if err != nil {
		b.note("content is not base64")
		content = compact
	}
	sum := sha256.Sum256(content)
	r.DerefSize = int64(len(content))
	r.DerefSHA256 = hex.EncodeToString(sum[:])
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
