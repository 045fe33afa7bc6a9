package demo

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestBrokenLetters(t *testing.T) {
	t.Parallel()
	deep := ""
	for i := range 40 {
		deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	many := "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", 500) + "--b--"
	for name, c := range map[string]struct{ raw, note, text string }{
		"no boundary": {"Content-Type: multipart/mixed\r\n\r\nx", "without boundary", ""},
		"cut off":     {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhalf", "break", "half"},
		"deep":        {deep, "deeply nested", ""},
		"many":        {many, "more parts", "x"},
		"bad base64":  {"Content-Transfer-Encoding: base64\r\n\r\naGFsbG8=!!", "breaks off", "hallo"},
		"no utf-8":    {"Subject: x\r\n\r\n\xff\xfe", "", "\uFFFD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := readLetter([]byte(c.raw))
			if err != nil {
				t.Fatal(err)
			}
			if notes := strings.Join(l.Notes, "; "); !strings.Contains(notes, c.note) || c.note == "" && notes != "" {
				t.Errorf("notes %q, want %q", notes, c.note)
			}
			if l.Text != c.text {
				t.Errorf("text %q, want %q", l.Text, c.text)
			}
		})
	}
	if _, err := readLetter([]byte("no head at all")); err == nil {
		t.Error("a message without a head was read")
	}
}

func TestLinked(t *testing.T) {
	t.Parallel()
	lines, links := linked("see http://a.example/x?y=1&z=2, (https://b.example/).\njavascript:alert(1) http://a.example/x?y=1&z=2")
	if len(lines) != 2 || strings.Join(links, " ") != "http://a.example/x?y=1&z=2 https://b.example/" {
		t.Errorf("%d lines, links %q", len(lines), links)
	}
	var b strings.Builder
	for _, l := range lines {
		for _, p := range l {
			b.WriteString(p.Text)
		}
	}
	if !strings.Contains(b.String(), ").javascript:alert(1) ") {
		t.Errorf("text is lost: %q", b.String())
	}
}

func FuzzReadLetter(f *testing.F) {
	f.Add([]byte("Subject: =?UTF-8?B?8J+Yig==?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nQQ==\r\n--b--\r\n"))
	f.Add([]byte("Content-Type: text/html\r\n\r\n<p>http://a.example/"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := readLetter(raw)
		if err != nil {
			return
		}
		lines, links := linked(l.Text)
		if err := inboxPages.ExecuteTemplate(&bytes.Buffer{}, "letter", letterPage{Letter: l, Lines: lines, Links: links}); err != nil {
			t.Fatal(err)
		}
		if l.parts > maxParts+1 || len(l.Files) > maxParts {
			t.Fatalf("%d parts, %d files", l.parts, len(l.Files))
		}
	})
}
