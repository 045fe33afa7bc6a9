package email

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/level"
)

// fileName is the name of an attached file in letters that every mail program reads.
func fileName(name string) string {
	if name = strings.Trim(token(name), "."); name == "" {
		return "file"
	}
	return name
}

// maxSubject is in runes; longer ones are cut by every mail program anyway.
const maxSubject = 250

// compose makes the message. It depends on its arguments alone, the time of writing and the
// MIME boundary too, so that a repeat has the same bytes.
func (c *Channel) compose(ctx context.Context, m delivery.Message, to string) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithBoundary(id.Derived("part", m.Key)), mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP))
	msg.FromMailAddress(c.from)
	if err := msg.To("<" + to + ">"); err != nil {
		return nil, err
	}
	msg.Subject(line(m.Subject, maxSubject))
	if at := m.At; !at.IsZero() {
		msg.SetGenHeader(mail.HeaderDate, at.UTC().Format(time.RFC1123Z))
	}
	for name, value := range c.headers(ctx, m, to) {
		if value != "" {
			msg.SetGenHeader(mail.Header(name), value)
		}
	}
	msg.SetBodyString(mail.TypeTextPlain, newlines(m.Text))
	if len(m.Files) > 0 { // one multipart alone can have a boundary that is known before
		for _, f := range m.Files {
			if err := msg.AttachReader(fileName(f.Name), bytes.NewReader(f.Body), mail.WithFileContentType(mail.ContentType(f.Type))); err != nil {
				return nil, fmt.Errorf("attach a file: %w", err)
			}
		}
		return msg, nil
	}
	if strings.TrimSpace(m.HTML) != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, newlines(m.HTML))
	}
	return msg, nil
}

func (c *Channel) headers(ctx context.Context, m delivery.Message, to string) map[string]string {
	h := map[string]string{
		"Message-ID":               "<" + c.messageID(m.Key) + ">",
		"References":               "<" + c.rootID(m, to) + ">",
		"Auto-Submitted":           "auto-generated", // RFC 3834
		"X-Auto-Response-Suppress": "All",
		"Content-Language":         token(m.Language),
		"X-Watchfire-Purpose":      token(string(m.Purpose)),
	}
	if c.cfg.ReplyTo != "" {
		key, _, _ := strings.Cut(c.messageID(m.Key), "@")
		h["Reply-To"] = "<" + strings.Replace(c.cfg.ReplyTo, "{key}", key, 1) + ">"
	}
	if m.TLP != "" {
		h["X-Watchfire-TLP"] = token(m.TLP)
	}
	if m.Warning.ID == "" { // a test, a letter, or a checkpoint for a witness: no warning and no list
		return h
	}
	h["List-Id"] = "Watchfire <" + c.cfg.ListID + ">"
	h["X-Watchfire-Warning"] = token(m.Warning.ID)
	h["X-Watchfire-Revision"] = strconv.Itoa(m.Warning.Revision)
	h["X-Watchfire-Level"] = m.Level.String()
	h["X-Watchfire-TLP"] = token(m.Warning.TLP)
	if !m.First {
		h["In-Reply-To"] = h["References"]
	}
	if m.Level == level.Red {
		h["Importance"], h["Priority"], h["X-Priority"] = "high", "urgent", "1"
	}
	c.unsubscribe(ctx, m, h)
	return h
}

// unsubscribe adds the list headers. A message goes out without them when the link cannot
// be made: nobody is spared a warning for want of a header. One-Click is promised for https
// alone (RFC 8058, 3.1).
func (c *Channel) unsubscribe(ctx context.Context, m delivery.Message, h map[string]string) {
	if c.leave == nil {
		return
	}
	text, err := c.leave.Leave(ctx, m.Org, m.Contact.ID, m.Project.ID)
	if err != nil {
		return
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || strings.ContainsAny(text, "<> \r\n") {
		return
	}
	h["List-Unsubscribe"] = "<" + u.String() + ">"
	if u.Scheme == "https" {
		h["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
	}
}

// messageID names a message by its idempotency key, the same at each attempt.
func (c *Channel) messageID(key string) string {
	if token(key) != key || key == "" || len(key) > 100 {
		key = id.Derived("msg", key)
	}
	return key + "@" + c.domain
}

// rootID is what all messages of one warning to one address refer to. It is no message of
// its own: if the first message carried it, two alarms of one moment could carry the same
// Message-ID, and the second would be dropped as a double.
func (c *Channel) rootID(m delivery.Message, to string) string {
	return id.Derived("thread", m.Thread, to) + "@" + c.domain
}

// token keeps what may stand in a header without encoding: letters, digits and a few marks.
func token(text string) string {
	out := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-.+:", r)) {
			return r
		}
		return -1
	}, text)
	return out[:min(len(out), 100)]
}

// line makes one line of printable characters, without marks that turn the reading order.
func line(text string, most int) string {
	text = strings.ToValidUTF8(text, "�")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) && r != '\u00a0' || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}), " ")
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// newlines makes every line end CRLF, which quoted-printable keeps as line ends, and drops
// control characters that no mail may hold and marks that turn the reading order. The isolates
// with which our own words in Arabic part names and numbers from the sentence stay: whoever
// worded the mail has taken all marks out of what others wrote.
func newlines(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\r\n", "\n"), "\r", "\n")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) && r != '\u2068' && r != '\u2069' {
			return -1
		}
		return r
	}, text)
	return strings.ReplaceAll(text, "\n", "\r\n")
}
