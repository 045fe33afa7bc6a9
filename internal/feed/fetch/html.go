package fetch

import "bytes"

// LooksLikeHTML tells whether body starts like a web page: what a portal, a login form or
// an error page sends with status 200 where a feed should be. White space, byte order mark,
// processing instructions and comments before the first tag are passed over; at most the
// first 4 KiB are looked at. A feed that carries HTML inside is not HTML.
func LooksLikeHTML(body []byte) bool {
	b := bytes.TrimPrefix(body[:min(len(body), 4096)], []byte("\xef\xbb\xbf"))
	for {
		b = bytes.TrimLeft(b, " \t\r\n\f")
		end := ""
		switch {
		case bytes.HasPrefix(b, []byte("<?")):
			end = "?>"
		case bytes.HasPrefix(b, []byte("<!--")):
			end = "-->"
		default:
			return startsPage(b)
		}
		i := bytes.Index(b, []byte(end))
		if i < 0 {
			return false
		}
		b = b[i+len(end):]
	}
}

func startsPage(b []byte) bool {
	b = bytes.ToLower(b[:min(len(b), 64)])
	if rest, ok := bytes.CutPrefix(b, []byte("<!doctype")); ok {
		return isWord(bytes.TrimLeft(rest, " \t\r\n\f"), "html")
	}
	rest, ok := bytes.CutPrefix(b, []byte("<"))
	if !ok {
		return false
	}
	for _, tag := range []string{"html", "head", "body", "script", "meta", "title", "style"} {
		if isWord(rest, tag) {
			return true
		}
	}
	return false
}

// isWord tells whether b starts with the name word and no longer name.
func isWord(b []byte, word string) bool {
	rest, ok := bytes.CutPrefix(b, []byte(word))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n\f/>"), rest[0]) >= 0)
}
