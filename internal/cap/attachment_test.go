package cap

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestEmbedPieceByPiece: the sum over pieces is the sum over the whole, whatever the length,
// the white space and what is wrong with it.
func TestEmbedPieceByPiece(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	content := make([]byte, 10_000)
	for i := range content {
		content[i] = byte(rng.IntN(256))
	}
	for _, n := range []int{0, 1, 2, 3, 4, 3071, 3072, 3073, 3074, 6143, 6144, 6145, 10_000} {
		std, raw := base64.StdEncoding.EncodeToString(content[:n]), base64.RawStdEncoding.EncodeToString(content[:n])
		for name, text := range map[string]string{
			"padded": std, "bare": raw, "in lines": broken(std, "\r\n"), "spaced": broken(std, " \t"), "more behind": std + "AAAA", "bad": std + "*", "padding inside": "AA==" + std,
			"other space": broken(std, " \u00a0"), "one line spaced": strings.ReplaceAll(std, "A", "A "), "blank lines": broken(std, "\n \r\n\n"),
		} {
			want, size, noted := whole(text)
			var r Resource
			b := &builder{trail: &trail{}}
			resourceTarget{&r}.embed(b, []byte(text))
			if r.DerefSHA256 != want || r.DerefSize != size || (len(b.problems) > 0) != noted {
				t.Errorf("%d bytes %s: %d %s %v, want %d %s, noted %v", n, name, r.DerefSize, r.DerefSHA256, b.problems, size, want, noted)
			}
		}
	}
}

func broken(s, gap string) string {
	var b strings.Builder
	for i := range len(s) {
		if i > 0 && i%76 == 0 {
			b.WriteString(gap)
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// whole is the plain way: all of it at once.
func whole(text string) (sum string, size int64, noted bool) {
	compact := stripSpace([]byte(text))
	if len(compact) == 0 {
		return "", 0, false
	}
	enc := base64.StdEncoding
	if len(compact)%4 != 0 {
		enc = base64.RawStdEncoding
	}
	content, err := enc.DecodeString(string(compact))
	if err != nil {
		content = compact
	}
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:]), int64(len(content)), err != nil
}
