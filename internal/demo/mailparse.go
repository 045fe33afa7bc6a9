package demo

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
)

// The limits of a message that is shown.
const (
	maxPartDepth = 6
	maxParts     = 60
	maxShown     = 512 << 10 // bytes of one text
)

// A letter is a message made readable. What cannot be read is named in Notes.
type letter struct {
	Subject string
	From    string
	Date    string
	Headers []header // all others, in the order of shownHeaders
	Text    string
	HTML    string
	Files   []file
	Notes   []string

	parts int
}

type header struct{ Name, Value string }

type file struct {
	Name, Kind string
	Size       int
}

// shownHeaders are the headers that show what the mail channel promises.
func shownHeaders() []string {
	return []string{"To", "Reply-To", "Message-Id", "In-Reply-To", "References", "Auto-Submitted", "Precedence", "Importance", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"}
}

// readLetter reads a message. The error wraps fault.ErrInvalid when its head cannot be read.
func readLetter(raw []byte) (*letter, error) {
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read message: %w: %w", err, fault.ErrInvalid)
	}
	l := &letter{Subject: words(msg.Header.Get("Subject")), From: words(msg.Header.Get("From"))}
	if at, err := msg.Header.Date(); err == nil {
		l.Date = at.UTC().Format(time.DateTime) + " UTC"
	}
	for _, name := range shownHeaders() {
		if v := words(msg.Header.Get(name)); v != "" {
			l.Headers = append(l.Headers, header{name, v})
		}
	}
	l.part(msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Header.Get("Content-Disposition"), msg.Body, 0)
	return l, nil
}

// words decodes encoded words; a word that cannot be decoded stays as it is.
func words(s string) string {
	decoded, err := new(mime.WordDecoder).DecodeHeader(s)
	if err != nil {
		decoded = s
	}
	return strings.ToValidUTF8(strings.TrimSpace(decoded), "\uFFFD")
}

// part reads one part and those inside it.
func (l *letter) part(kind, encoding, disposition string, body io.Reader, depth int) {
	if l.parts++; l.parts > maxParts || depth > maxPartDepth {
		l.note("more parts, or parts more deeply nested, than are shown")
		return
	}
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		media = "text/plain"
	}
	if strings.HasPrefix(media, "multipart/") {
		l.multipart(params["boundary"], body, depth)
		return
	}
	content, err := io.ReadAll(io.LimitReader(decode(encoding, body), maxMessage))
	if err != nil {
		l.note(fmt.Sprintf("a part of kind %s breaks off: %v", media, err))
	}
	place, about, _ := mime.ParseMediaType(disposition)
	name := about["filename"]
	if name == "" {
		name = params["name"]
	}
	switch {
	case place != "attachment" && name == "" && media == "text/plain" && l.Text == "":
		l.Text = shown(content)
	case place != "attachment" && name == "" && media == "text/html" && l.HTML == "":
		l.HTML = shown(content)
	default:
		if name == "" {
			name = "part " + fmt.Sprint(l.parts)
		}
		l.Files = append(l.Files, file{Name: words(name), Kind: media, Size: len(content)})
	}
}

func (l *letter) multipart(boundary string, body io.Reader, depth int) {
	if boundary == "" {
		l.note("a multipart without boundary")
		return
	}
	r := multipart.NewReader(body, boundary)
	for l.parts <= maxParts {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			l.note("the parts break off: " + err.Error())
			return
		}
		h := p.Header
		l.part(h.Get("Content-Type"), h.Get("Content-Transfer-Encoding"), h.Get("Content-Disposition"), p, depth+1)
	}
}

func (l *letter) note(text string) {
	if len(l.Notes) < 10 {
		l.Notes = append(l.Notes, strings.ToValidUTF8(text, "\uFFFD"))
	}
}

func decode(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	}
	return r
}

// shown makes text of bytes: UTF-8, which is all that our own mail uses.
func shown(b []byte) string {
	return strings.ToValidUTF8(strings.ReplaceAll(string(b[:min(len(b), maxShown)]), "\r\n", "\n"), "\uFFFD")
}
