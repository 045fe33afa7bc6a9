package cap

import (
	"fmt"
	"strconv"
	"strings"
)

// step is one element on the way down; index 0 means an element that occurs once.
type step struct {
	name  string
	index int
}

// trail knows the place being read and collects the problems found there.
type trail struct {
	steps    []step
	problems []Problem
}

func (t *trail) push(name string, index int) { t.steps = append(t.steps, step{name, index}) }
func (t *trail) pop()                        { t.steps = t.steps[:len(t.steps)-1] }

// note records a departure from the standard at the present place.
func (t *trail) note(format string, args ...any) { t.add(false, format, args...) }

// advise records something that is allowed but unwise.
func (t *trail) advise(format string, args ...any) { t.add(true, format, args...) }

// noteAt records a problem of the child element name.
func (t *trail) noteAt(name, format string, args ...any) {
	t.push(name, 0)
	t.add(false, format, args...)
	t.pop()
}

func (t *trail) add(minor bool, format string, args ...any) {
	switch n := len(t.problems); {
	case n > maxProblems:
		return
	case n == maxProblems:
		format, args, minor = "further problems are not listed", nil, false
	}
	t.problems = append(t.problems, Problem{Path: t.where(), Reason: fmt.Sprintf(format, args...), Minor: minor})
}

func (t *trail) where() string {
	if len(t.steps) == 0 {
		return "/"
	}
	var b strings.Builder
	for _, s := range t.steps {
		b.WriteByte('/')
		b.WriteString(s.name)
		if s.index > 0 {
			b.WriteByte('[')
			b.WriteString(strconv.Itoa(s.index))
			b.WriteByte(']')
		}
	}
	return b.String()
}

// excerpt shortens s for a message, so that a report stays readable.
func excerpt(s string) string {
	const most = 60
	if len(s) <= most {
		return strconv.Quote(s)
	}
	cut := most
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return strconv.Quote(s[:cut] + "…")
}
