package email

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/html/charset"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/said"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
)

// Limits of a letter that came in.
const (
	maxLetter = 1 << 20  // bytes
	maxPart   = 64 << 10 // bytes of one text
	maxDepth  = 4
	maxParts  = 40
)

// read says what a letter means: a person's answer, what became of one of our messages, or
// nothing. The error wraps fault.ErrInvalid.
func (c *Channel) read(raw []byte, now time.Time) (delivery.Heard, error) {
	if len(raw) > maxLetter {
		raw = raw[:maxLetter] // what answers stands at the top
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return delivery.Heard{}, fmt.Errorf("mail: the letter cannot be read: %w", fault.ErrInvalid)
	}
	h := textproto.MIMEHeader(m.Header)
	l := &parts{}
	l.walk(h, m.Body, 0)
	if len(l.status) > 0 {
		return c.bounced(l, h, now), nil
	}
	if automatic(h) {
		return delivery.Heard{}, nil
	}
	from, err := mail.ParseAddress(h.Get("From"))
	text := l.written()
	if err != nil || text == "" {
		return delivery.Heard{}, nil
	}
	y := delivery.Reply{ID: replyID(h, raw), From: from.Address, Said: said.Of(text), Text: said.Text(text), At: now}
	if at, err := mail.ParseDate(h.Get("Date")); err == nil && at.Before(now) {
		y.At = at.UTC()
	}
	if y.Notification = c.answers(h); y.Notification == "" {
		// Anybody can write a sender's name: only who knows our message can answer it.
		y.Said = delivery.SaidOther
	} else {
		y.Remote = "<" + c.messageID(y.Notification) + ">"
	}
	return delivery.Heard{Replies: []delivery.Reply{y}}, nil
}

func replyID(h textproto.MIMEHeader, raw []byte) string {
	if given := line(h.Get("Message-Id"), 200); given != "" {
		return given
	}
	return "<" + id.Hash(raw)[:32] + ">"
}

// automatic tells whether a machine wrote the letter (RFC 3834, 5, and what mail programs do
// in its place).
func automatic(h textproto.MIMEHeader) bool {
	if a := strings.ToLower(strings.TrimSpace(h.Get("Auto-Submitted"))); a != "" && !strings.HasPrefix(a, "no") {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(h.Get("Precedence"))) {
	case "bulk", "junk", "list", "auto_reply":
		return true
	}
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "X-Failed-Recipients", "List-Id", "X-Loop"} {
		if h.Get(name) != "" {
			return true
		}
	}
	if strings.TrimSpace(h.Get("Return-Path")) == "<>" {
		return true
	}
	from, err := mail.ParseAddress(h.Get("From"))
	if err != nil {
		return true
	}
	local, _, _ := strings.Cut(strings.ToLower(from.Address), "@")
	return local == "mailer-daemon" || local == "postmaster" || strings.HasPrefix(strings.ReplaceAll(strings.ReplaceAll(local, "-", ""), "_", ""), "noreply")
}

var messageIDs = regexp.MustCompile(`<([^<>@\s]{1,120})@([^<>\s]{1,255})>`)

// answers finds the notification that a letter answers: by the Message-ID that it refers to,
// or by the address that it was sent to.
func (c *Channel) answers(h textproto.MIMEHeader) string {
	if key := c.ours(h.Get("In-Reply-To")); key != "" {
		return key
	}
	if key := c.ours(h.Get("References")); key != "" {
		return key
	}
	before, after, ok := strings.Cut(strings.ToLower(c.cfg.ReplyTo), "{key}")
	if !ok {
		return ""
	}
	for _, name := range []string{"To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"} {
		for _, value := range h[textproto.CanonicalMIMEHeaderKey(name)] {
			list, err := mail.ParseAddressList(value)
			if err != nil {
				continue
			}
			for _, a := range list {
				address := strings.ToLower(a.Address)
				if key := strings.TrimSuffix(strings.TrimPrefix(address, before), after); strings.HasPrefix(address, before) && strings.HasSuffix(address, after) && len(key)+len(before)+len(after) == len(address) && token(key) == key {
					return key
				}
			}
		}
	}
	return ""
}

// ours finds the newest Message-ID of ours among others; those of a thread's root stand for
// no message.
func (c *Channel) ours(text string) string {
	found := messageIDs.FindAllStringSubmatch(text, 50)
	for i := len(found) - 1; i >= 0; i-- {
		key := found[i][1]
		if strings.EqualFold(found[i][2], c.domain) && token(key) == key && !strings.HasPrefix(key, "thread_") {
			return key
		}
	}
	return ""
}

// parts is what the parts of a letter hold.
type parts struct {
	plain, html string
	status      []textproto.MIMEHeader // fields of a delivery report (RFC 3464)
	original    textproto.MIMEHeader   // header of the message that the report is about
	count       int
}

// walk reads the parts, as deep and as many as a letter of people has.
func (l *parts) walk(h textproto.MIMEHeader, body io.Reader, depth int) {
	if l.count++; l.count > maxParts || depth > maxDepth {
		return
	}
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		r := multipart.NewReader(body, params["boundary"])
		for {
			p, err := r.NextRawPart()
			if err != nil {
				return
			}
			l.walk(textproto.MIMEHeader(p.Header), p, depth+1)
		}
	}
	if d, _, _ := mime.ParseMediaType(h.Get("Content-Disposition")); d == "attachment" && strings.HasPrefix(kind, "text/") {
		return
	}
	raw := decoded(h, body)
	switch kind {
	case "text/plain":
		if l.plain == "" {
			l.plain = inUTF8(raw, params["charset"])
		}
	case "text/html":
		if l.html == "" {
			l.html = inUTF8(raw, params["charset"])
		}
	case "message/delivery-status", "message/global-delivery-status":
		l.status = append(l.status, groups(raw)...)
	case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
		if m, err := mail.ReadMessage(io.MultiReader(bytes.NewReader(raw), strings.NewReader("\r\n\r\n"))); err == nil && l.original == nil {
			l.original = textproto.MIMEHeader(m.Header)
		}
	}
}

func decoded(h textproto.MIMEHeader, body io.Reader) []byte {
	switch strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding"))) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	raw, _ := io.ReadAll(io.LimitReader(body, maxPart)) // what a broken end cuts off is not the top
	return raw
}

func inUTF8(raw []byte, label string) string {
	if label == "" || strings.EqualFold(label, "utf-8") || strings.EqualFold(label, "us-ascii") {
		return string(raw)
	}
	r, err := charset.NewReaderLabel(label, bytes.NewReader(raw))
	if err != nil {
		return string(raw)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		return string(raw)
	}
	return string(out)
}

var (
	lineEnds = regexp.MustCompile(`(?i)<(?:br|/p|/div|/li|/tr)\b[^>]*>`)
	unseen   = regexp.MustCompile(`(?is)<(?:style|script|head|blockquote)\b.*?</(?:style|script|head|blockquote)>|<!--.*?-->`)
	tags     = regexp.MustCompile(`(?s)<[^>]*>`)
	// wrote stands above a quotation, foot begins what is no answer any more.
	wrote = regexp.MustCompile(`(?i)^\s*(?:on .{5,200}wrote|le .{5,200}a écrit|el .{5,200}escribió|em .{5,200}escreveu|.{5,200}(?:写道|пишет|كتب|menulis|aliandika))\s*[:：]\s*$`)
	foot  = regexp.MustCompile(`(?i)^\s*(?:-{2,} ?(?:original|forwarded|message d'origine|mensaje original|mensagem original|исходное|原始邮件|pesan asli)|_{5,}|(?:from|de|от|发件人|من|dari|kutoka)\s*[:：].*@|-- ?$|sent from my |获取 outlook|get outlook)`)
)

// written is what the person wrote above what is quoted.
func (l *parts) written() string {
	text := l.plain
	if strings.TrimSpace(text) == "" {
		text = tags.ReplaceAllString(lineEnds.ReplaceAllString(unseen.ReplaceAllString(l.html, ""), "\n"), "")
		text = strings.NewReplacer("&nbsp;", " ", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#39;", "'", "&amp;", "&").Replace(text)
	}
	var out []string
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		one, next := lines[i], ""
		if i+1 < len(lines) {
			next = strings.TrimSpace(lines[i+1])
		}
		above := strings.TrimSpace(strings.Join(out, "")) != ""
		attribution := wrote.MatchString(one)
		if !attribution && next != "" && wrote.MatchString(one+" "+next) { // broken where the line ends
			attribution = true
			i++
		}
		switch {
		case attribution && !above, strings.HasPrefix(strings.TrimSpace(one), ">"): // the answer stands below
			continue
		case attribution, foot.MatchString(one):
			return strings.TrimSpace(strings.Join(out, "\n"))
		}
		out = append(out, one)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}
