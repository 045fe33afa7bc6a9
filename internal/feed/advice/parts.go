package advice

import "strings"

// partsOf finds the lists under "Do not travel to:" and the like in plain text. Only list
// items are taken: what a sentence says of parts stays in the text.
func partsOf(text string) []part {
	var out []part
	level := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		item, isItem := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
		case !isItem:
			level = listLevel(line)
		case level != 0:
			if where := whereOf(item); where != "" {
				out = append(out, part{level: level, where: where})
			}
		}
	}
	return out
}

// listLevel tells which level the list after a line has; 0 when the line opens none.
func listLevel(line string) int {
	line = strings.ToLower(line)
	if len(line) > 400 || !strings.HasSuffix(strings.TrimRight(line, " *"), ":") {
		return 0
	}
	switch {
	case strings.Contains(line, "all but essential travel to"), strings.Contains(line, "reconsider travel to"),
		strings.Contains(line, "reconsider your need to travel to"), strings.Contains(line, "avoid non-essential travel to"):
		return Reconsider
	case strings.Contains(line, "against all travel to"), strings.Contains(line, "do not travel to"), strings.Contains(line, "avoid all travel to"):
		return DoNotGo
	}
	return 0
}

// whereOf cuts the reason off: "Afar region due to armed conflict" is "Afar region".
func whereOf(item string) string {
	if where, _, ok := strings.Cut(item, " due to "); ok {
		item = where
	}
	item = strings.TrimRight(strings.TrimSpace(item), ".,; ")
	if n := len([]rune(item)); n < 3 || n > 160 {
		return ""
	}
	return plain(item, 160)
}
