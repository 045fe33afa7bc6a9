package phrase

import (
	"fmt"
	"strings"
)

// A pattern is a text without plural forms, cut at its variables. A page says hundreds of
// them; running a template for each would cost more than the page.
type pattern struct {
	texts []string // one more than names
	names []string
}

// readPattern cuts a text whose templates are plain variables, "{{.Name}}". Others are left
// to go-i18n.
func readPattern(text string) (pattern, bool) {
	var p pattern
	for {
		before, rest, found := strings.Cut(text, "{{")
		p.texts = append(p.texts, before)
		if !found {
			return p, true
		}
		name, after, found := strings.Cut(rest, "}}")
		name = strings.TrimSpace(name)
		if !found || !strings.HasPrefix(name, ".") || strings.ContainsAny(name[1:], " .|()\"") {
			return pattern{}, false
		}
		p.names, text = append(p.names, name[1:]), after
	}
}

// fill puts the values in, each between isolates when rtl asks for it; one that is missing is
// seen as "⟦name⟧".
func (p pattern) fill(args []any, rtl bool) string {
	if len(p.names) == 0 {
		return p.texts[0]
	}
	var b strings.Builder
	for i, name := range p.names {
		b.WriteString(p.texts[i])
		switch v := value(args, name).(type) {
		case nil:
			b.WriteString("⟦" + name + "⟧")
		case string:
			if rtl {
				v = isolate(v)
			}
			b.WriteString(v)
		default:
			text := fmt.Sprint(v)
			if rtl {
				text = isolate(text)
			}
			b.WriteString(text)
		}
	}
	b.WriteString(p.texts[len(p.names)])
	return b.String()
}

func value(args []any, name string) any {
	if len(args) == 1 {
		if m, ok := args[0].(map[string]any); ok {
			return m[name]
		}
	}
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1]
		}
	}
	return nil
}
