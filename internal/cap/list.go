package cap

import "strings"

// splitQuoted splits a list at white space; an item that holds white space is enclosed
// in double quotes (CAP 1.2 §3.2.1, addresses and incidents).
func splitQuoted(s string) []string {
	var out []string
	for {
		s = strings.TrimLeft(s, " \t\r\n")
		if s == "" {
			return out
		}
		var item string
		if s[0] == '"' {
			if end := strings.IndexByte(s[1:], '"'); end >= 0 {
				item, s = s[1:1+end], s[end+2:]
				if item = strings.TrimSpace(item); item != "" {
					out = append(out, item)
				}
				continue
			}
		}
		if end := strings.IndexAny(s, " \t\r\n"); end >= 0 {
			item, s = s[:end], s[end:]
		} else {
			item, s = s, ""
		}
		out = append(out, item)
	}
}

// joinQuoted is the inverse of splitQuoted for items without double quotes.
func joinQuoted(items []string) string {
	var b strings.Builder
	for i, item := range items {
		if i > 0 {
			b.WriteByte(' ')
		}
		if strings.ContainsAny(item, " \t\r\n") {
			b.WriteString(`"` + item + `"`)
		} else {
			b.WriteString(item)
		}
	}
	return b.String()
}
