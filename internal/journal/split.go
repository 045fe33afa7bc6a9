package journal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"iter"
)

// TornMark is the paragraph that a witness writes before the next checkpoint when the
// process had ended in the middle of the one before. SplitCheckpoints drops what it marks.
const TornMark = "(the checkpoint above was cut off while it was written)"

const (
	sigPrefix       = "— "
	quotedSigPrefix = "=E2=80=94 " // the same as quoted-printable (RFC 2045, 6.7) writes it
)

// unquote undoes quoted-printable in a message that was saved as it travelled. What is no
// escape stays as it is: the signature will tell.
func unquote(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '=' {
			out = append(out, text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '\n' { // a soft line break
			i++
			continue
		}
		var b [1]byte
		if i+2 < len(text) {
			if _, err := hex.Decode(b[:], text[i+1:i+3]); err == nil {
				out, i = append(out, b[0]), i+2
				continue
			}
		}
		out = append(out, '=')
	}
	return out
}

// SplitCheckpoints finds the signed checkpoints in text: a witness's file, a saved e-mail
// (as read, or as it travelled in quoted-printable), or several of either. It checks no signature. Paragraphs that are neither part of a
// checkpoint nor a TornMark are counted in skipped, for instance the head of an e-mail or a
// block that was cut off.
func SplitCheckpoints(text []byte) (signed [][]byte, skipped int) {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	if !bytes.Contains(text, []byte("\n"+sigPrefix)) && bytes.Contains(text, []byte("\n"+quotedSigPrefix)) {
		text = unquote(text)
	}
	var s splitter
	for p := range paragraphs(text) {
		s.add(p)
	}
	if s.head != nil {
		s.skipped++
	}
	if n := len(s.signed); n > 0 && !bytes.HasSuffix(text, []byte("\n")) && cutSignature(s.signed[n-1]) {
		s.signed, s.skipped = s.signed[:n-1], s.skipped+1
	}
	return s.signed, s.skipped
}

type splitter struct {
	signed  [][]byte
	skipped int
	head    []byte // the last paragraph, if it looks like a checkpoint's text
}

func (s *splitter) add(p []byte) {
	head := s.head
	s.head = nil
	switch {
	case head != nil && bytes.HasPrefix(p, []byte(sigPrefix)) && len(head)+len(p) < MaxCheckpoint:
		s.signed = append(s.signed, bytes.Join([][]byte{head, p}, []byte("\n")))
		return
	case string(bytes.TrimSpace(p)) == TornMark:
		if n := len(s.signed); head == nil && n > 0 && cutSignature(s.signed[n-1]) {
			s.signed, head = s.signed[:n-1], p
		}
	default:
		if _, err := parseCheckpoint(string(p)); err == nil {
			s.head = p
		} else {
			s.skipped++
		}
	}
	if head != nil {
		s.skipped++
	}
}

// cutSignature reports whether the last line of a signed note is shorter than an Ed25519
// signature with its key hash (4 + 64 bytes in base64).
func cutSignature(signed []byte) bool {
	signed = bytes.TrimSuffix(signed, []byte("\n"))
	line := signed[bytes.LastIndexByte(signed, '\n')+1:]
	b64 := line[bytes.LastIndexByte(line, ' ')+1:]
	return len(b64) < base64.StdEncoding.EncodedLen(4+64)
}

// paragraphs yields the runs of non-empty lines of text, each ending in one newline.
func paragraphs(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(text) > 0 {
			p, rest, _ := bytes.Cut(text, []byte("\n\n"))
			text = rest
			if p = bytes.Trim(p, "\n"); len(p) == 0 {
				continue
			}
			if !yield(append(bytes.Clone(p), '\n')) {
				return
			}
		}
	}
}
