package rulefile

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/rule"
)

// A decoder turns nodes into rules and cases and collects what is wrong.
type decoder struct {
	lines    [][]byte
	problems []rule.Problem
	subject  string // rule or case that is being read
	prefix   string // "event." while its fields are read
	// portfolio is what contacts are looked up in; nil = they are not.
	portfolio *portfolio.Portfolio
}

func (d *decoder) bad(n *node, field, format string, args ...any) {
	d.problems = append(d.problems, rule.Problem{
		Line: n.line, Column: n.column, Rule: d.subject, Field: d.prefix + field, Message: fmt.Sprintf(format, args...),
	})
}

// A setter reads the value of one key.
type setter func(d *decoder, key string, n *node)

// fields reads a mapping by a table of keys; a key that the table has not is a problem.
func (d *decoder) fields(n *node, what string, table map[string]setter) {
	if n.kind == empty {
		return
	}
	if n.kind != mapping {
		d.bad(n, "", "%s is written as \"key: value\" pairs", what)
		return
	}
	for _, e := range n.entries {
		set, ok := table[e.key]
		if !ok {
			at := node{line: e.line, column: e.column}
			d.bad(&at, e.key, "%s has no key %q; there are %s", what, shorten(e.key), strings.Join(slices.Sorted(maps.Keys(table)), ", "))
			continue
		}
		set(d, e.key, e.value)
	}
}

// each calls f for every member of a list.
func (d *decoder) each(n *node, field string, f func(i int, item *node)) {
	switch n.kind {
	case empty:
	case list:
		for i, item := range n.items {
			f(i, item)
		}
	default:
		d.bad(n, field, "a list is needed here: every member begins with \"- \", or stands between [ and ]")
	}
}

func (d *decoder) file(root *node) file {
	var f file
	if root.kind != mapping {
		d.bad(root, "rules", "the file begins with \"rules:\" and a list of rules below it")
		return f
	}
	var rules, cases *node
	d.fields(root, "a file of rules", map[string]setter{
		"rules": func(_ *decoder, _ string, n *node) { rules = n },
		"cases": func(_ *decoder, _ string, n *node) { cases = n },
	})
	known := map[string]bool{}
	if rules == nil || rules.kind == empty || rules.kind == list && len(rules.items) == 0 {
		d.bad(root, "rules", "no rule in the file")
	} else {
		d.each(rules, "rules", func(i int, n *node) { d.rule(&f, n, i, known) })
	}
	if cases != nil {
		d.each(cases, "cases", func(i int, n *node) { d.trial(&f, n, i, known) })
	}
	d.subject = ""
	if len(f.rules) > rule.MaxRules || len(f.cases) > maxCases {
		d.bad(root, "", "a file has at most %d rules and %d cases", rule.MaxRules, maxCases)
	}
	return f
}

// rule reads and compiles one rule. Mode is shadow unless the file says otherwise.
func (d *decoder) rule(f *file, n *node, i int, known map[string]bool) {
	r := rule.Row{Mode: rule.Shadow}
	places := map[string]*node{}
	set := func(to *string) setter {
		return func(d *decoder, key string, n *node) { *to, places[key] = d.text(key, n), n }
	}
	before := len(d.problems)
	d.subject = fmt.Sprintf("rule %d", i+1)
	if id := n.at("id"); id != nil && id.text != "" {
		d.subject = shorten(id.text)
	}
	d.fields(n, "a rule", map[string]setter{
		"id": set(&r.ID), "name": set(&r.Name), "when": set(&r.When), "then": set((*string)(&r.Then)), "to": set(&r.To), "mode": set((*string)(&r.Mode)),
	})
	if r.ID != "" && known[r.ID] {
		d.bad(places["id"], "id", "two rules have this id")
	}
	known[r.ID] = true
	if len(d.problems) > before {
		return // a key written wrong would be reported a second time as missing
	}
	for _, key := range []string{"id", "when", "then"} {
		if places[key] == nil {
			d.bad(n, key, "a rule needs %q", key)
		}
	}
	if len(d.problems) > before {
		return
	}
	compiled, err := rule.Compile(r)
	var ps rule.Problems
	switch {
	case errors.As(err, &ps):
		for _, p := range ps {
			d.locate(p, n, places[p.Field])
		}
	case err != nil:
		d.bad(n, "", "%s", err)
	default:
		f.rules = append(f.rules, compiled)
		if d.portfolio != nil {
			for _, p := range rule.CheckContact(r, *d.portfolio) {
				d.locate(p, n, places[p.Field])
			}
		}
	}
}

// at returns the value of a key.
func (n *node) at(key string) *node {
	for _, e := range n.entries {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// locate moves a problem of a compiled rule from its place in the field to its place in
// the file. A text that is folded, escaped or broken over lines has no such places: the
// problem then stands where the text begins.
func (d *decoder) locate(p rule.Problem, whole, value *node) {
	p.Rule = d.subject
	switch {
	case value == nil:
		p.Line, p.Column = whole.line, whole.column
	case value.kind == block && value.line+p.Line <= len(d.lines):
		first := d.lines[value.line] // the line after the one with "|"
		for i := value.line; len(bytes.TrimSpace(first)) == 0 && i+1 < len(d.lines); i++ {
			first = d.lines[i+1]
		}
		p.Line, p.Column = value.line+p.Line, p.Column+len(first)-len(bytes.TrimLeft(first, " "))
	case p.Line == 1 && d.verbatim(value):
		p.Line, p.Column = value.line, value.column+p.Column-1
		if value.quoted {
			p.Column++
		}
	default:
		p.Line, p.Column = value.line, value.column
	}
	d.problems = append(d.problems, p)
}

// verbatim tells whether a text stands in its line of the file letter by letter.
func (d *decoder) verbatim(n *node) bool {
	return n.line >= 1 && n.line <= len(d.lines) && bytes.Contains(d.lines[n.line-1], []byte(n.text))
}

func (d *decoder) text(field string, n *node) string {
	switch n.kind {
	case scalar, block:
		return strings.TrimSpace(n.text)
	case empty:
		return ""
	}
	d.bad(n, field, "a text is needed here; put it between quotes if it holds [ or {")
	return ""
}

func (d *decoder) number(field string, n *node) float64 {
	v, err := strconv.ParseFloat(n.text, 64)
	if n.kind != scalar || n.quoted || err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		d.bad(n, field, "a number is needed here")
		return 0
	}
	return v
}

// between is number held to a range.
func (d *decoder) between(field string, n *node, low, high float64) float64 {
	before := len(d.problems)
	v := d.number(field, n)
	if len(d.problems) == before && (v < low || v > high) {
		d.bad(n, field, "the number lies in %v to %v", low, high)
		return low
	}
	return v
}

func (d *decoder) whole(field string, n *node, high int) int {
	v := d.between(field, n, 0, float64(high))
	if v != math.Trunc(v) {
		d.bad(n, field, "a whole number is needed here")
	}
	return int(v)
}

func (d *decoder) truth(field string, n *node) bool {
	if n.kind == scalar && !n.quoted && (n.text == "true" || n.text == "false") {
		return n.text == "true"
	}
	d.bad(n, field, "true or false is needed here")
	return false
}

// word is a text out of a list of words.
func (d *decoder) word(field string, n *node, words ...string) string {
	s := d.text(field, n)
	if !slices.Contains(words, s) {
		d.bad(n, field, "%q is not known here: write one of %s", shorten(s), strings.Join(words, ", "))
	}
	return s
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}
