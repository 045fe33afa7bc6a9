package sms

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/segment"
	"watchfire.dev/internal/id"
)

// text is what goes out: the short form, or the subject and the link where there is none. A
// link is never cut.
func (c *Channel) text(m delivery.Message) string {
	if short := c.clean(m.Short); short != "" {
		return segment.Cut(short, c.cfg.Segments)
	}
	subject, link := c.clean(m.Subject), ""
	if subject == "" {
		return ""
	}
	for _, l := range []string{m.AnswerURL, m.PageURL} {
		if l = c.clean(l); strings.HasPrefix(l, "http") && len(l) < 200 {
			link = "\n" + l
			break
		}
	}
	whole := subject + link
	if _, n, _, _ := segment.Count(whole); n <= c.cfg.Segments {
		return segment.Normal(whole)
	}
	for runes := []rune(segment.Cut(subject, c.cfg.Segments)); len(runes) > 0; runes = runes[:len(runes)-1] {
		whole = strings.TrimSpace(string(runes)) + "..." + link
		if _, n, _, _ := segment.Count(whole); n <= c.cfg.Segments {
			return segment.Normal(whole)
		}
	}
	return segment.Cut(subject, c.cfg.Segments)
}

var (
	scheme = regexp.MustCompile(`(?i)[a-z][a-z0-9+.\-]*://[^\s]*|\bwww\.[^\s]*`)
	// bare is what telephones make a link of without being told: letters around a stop.
	bare = regexp.MustCompile(`([\pL\pN\-])\.([\pL]{2,})`)
)

// clean keeps what may stand in a short message: no control characters but line ends, no
// marks that turn the reading order, no link but to our own host, nothing that a telephone
// would take for one.
func (c *Channel) clean(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\r", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.Is(unicode.Bidi_Control, r) || r == '\u200b' || r == '\ufeff':
			return -1
		}
		return r
	}, text)
	var out strings.Builder
	for { // our links stay as they are; what lies between them is cleaned
		at := scheme.FindStringIndex(text)
		if at == nil {
			break
		}
		out.WriteString(bare.ReplaceAllString(text[:at[0]], "$1. $2"))
		if link := text[at[0]:at[1]]; c.ours(link) {
			out.WriteString(link)
		} else {
			out.WriteString("(...)")
		}
		text = text[at[1]:]
	}
	out.WriteString(bare.ReplaceAllString(text, "$1. $2"))
	return strings.TrimSpace(out.String())
}

func (c *Channel) ours(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.User == nil && (u.Scheme == "https" || u.Scheme == "http") && strings.EqualFold(u.Host, c.host)
}

// key is an idempotency key that fits into an address, the same for the same one.
func key(k string) string {
	if k == "" || len(k) > 100 || strings.ContainsFunc(k, func(r rune) bool {
		return r != '_' && r != '-' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	}) {
		return id.Derived("msg", k)
	}
	return k
}
