// Package rule lets an organisation write rules of its own: a condition in CEL (Common
// Expression Language) over event, exposure and asset, and what to do when it holds:
// suppress the row, raise or lower it by one level, or route it to a contact. Compile
// checks a rule completely before it is stored and says in plain words, with line and
// column, what is wrong; Set puts an organisation's rules together for the decision core.
// It promises that a rule is a pure function of event, exposure and asset, that its cost is
// bounded before it runs, and that a rule that fails or is in shadow never acts. It reads
// no clock and stores nothing, and it does not enforce the promotion rule: the warning does
// so, whatever a rule asks for.
package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"

	"watchfire.dev/internal/fault"
)

// A Row is a rule as it is stored and sent; its JSON is the one of the API.
type Row struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	When    string `json:"when"`         // CEL; its result is true or false
	Then    Then   `json:"then"`         //
	To      string `json:"to,omitempty"` // code of the contact, for Route only
	Mode    Mode   `json:"mode"`         //
	Version int    `json:"version"`      // 1 = first; the store counts
	Would   int    `json:"would"`        // how often it would have acted in shadow; the store counts
}

// Then is what a rule does to an exposure whose condition holds.
type Then string

// What a rule can do. Raise and Lower move the level by one step.
const (
	Suppress Then = "suppress"
	Raise    Then = "raise"
	Lower    Then = "lower"
	Route    Then = "route"
)

// Mode tells whether a rule acts.
type Mode string

// The modes. A rule in shadow is evaluated and counted and never acts.
const (
	Off    Mode = "off"
	Shadow Mode = "shadow"
	On     Mode = "on"
)

// The limits of what is read, in characters, and of what a condition may cost. The unit of
// cost is that of CEL: about one look-up, comparison or ten characters of text read; 20,000
// of them take about a millisecond.
const (
	MaxID       = 64
	MaxName     = 200
	MaxWhen     = 4_000
	MaxCost     = 20_000
	maxDepth    = 40    // nesting of the condition
	maxNodes    = 3_000 // parts of the condition, macros expanded
	maxPattern  = 256   // instructions of a regular expression
	maxProblems = 20    // reported of one condition
)

// A Rule is a compiled rule. It is immutable and safe for concurrent use.
type Rule struct {
	Row
	program cel.Program
	ast     *cel.Ast
	cost    uint64
}

// Cost is the most that one evaluation can cost, in the unit of MaxCost.
func (r *Rule) Cost() uint64 { return r.cost }

// code is what a rule's id and a contact's code may look like: both stand in lists,
// addresses and file names.
var code = regexp.MustCompile(`^[\pL\pN][\pL\pN\pM._-]*$`)

// Compile checks a rule and makes it ready to run. The error is of type Problems, with
// everything that is wrong, and wraps fault.ErrInvalid; lines and columns are those of the
// field, counted from 1.
func Compile(r Row) (*Rule, error) {
	ps := checkRow(r)
	out := &Rule{Row: r}
	if len(r.When) <= 4*MaxWhen && utf8.RuneCountInString(r.When) <= MaxWhen {
		ps = append(ps, out.compile()...)
	}
	if len(ps) > 0 {
		for i := range ps {
			ps[i].Rule = r.ID
		}
		return nil, ps
	}
	return out, nil
}

// checkRow checks all fields but the inside of the condition.
func checkRow(r Row) Problems {
	var ps Problems
	bad := func(field, format string, args ...any) {
		ps = append(ps, Problem{Line: 1, Column: 1, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if !isCode(r.ID) {
		bad("id", "%s is not an id: use letters, digits, \".\", \"_\" and \"-\", at most %d, a letter or digit first", quote(r.ID), MaxID)
	}
	if utf8.RuneCountInString(r.Name) > MaxName || strings.ContainsFunc(r.Name, unprintable) {
		bad("name", "the name has more than %d characters or some that cannot be shown", MaxName)
	}
	if utf8.RuneCountInString(r.When) > MaxWhen {
		bad("when", "the condition has more than %d characters: make several rules of it", MaxWhen)
	}
	if !slices.Contains(Thens(), r.Then) {
		bad("then", "%s is nothing that a rule can do: write suppress, raise, lower or route", quote(string(r.Then)))
	}
	switch {
	case r.Then == Route && r.To == "":
		bad("to", "a rule that routes needs the code of a contact")
	case r.Then == Route && !isCode(r.To):
		bad("to", "%s is not the code of a contact", quote(r.To))
	case r.Then != Route && r.To != "":
		bad("to", "only a rule with \"then: route\" has a contact")
	}
	if !slices.Contains(Modes(), r.Mode) {
		bad("mode", "%s is not a mode: write off, shadow or on", quote(string(r.Mode)))
	}
	return ps
}

func isCode(s string) bool { return utf8.RuneCountInString(s) <= MaxID && code.MatchString(s) }

// Thens lists what a rule can do.
func Thens() []Then { return []Then{Suppress, Raise, Lower, Route} }

// Modes lists the modes in the order of daring.
func Modes() []Mode { return []Mode{Off, Shadow, On} }

// A Problem is one thing that is wrong with a rule or a file of rules. Line and Column
// count from 1, Column in characters; 0 = no place.
type Problem struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Rule    string `json:"rule,omitempty"`  // id of the rule or name of the case
	Field   string `json:"field,omitempty"` // key of the row: when, then, to, …
	Message string `json:"message"`
}

// String is "file:line:column: rule r, when: message".
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ":")
	}
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", p.Line, p.Column)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if p.Rule != "" {
		fmt.Fprintf(&b, "%s, ", p.Rule)
	}
	if p.Field != "" {
		fmt.Fprintf(&b, "%s: ", p.Field)
	}
	return b.String() + p.Message
}

// Problems is everything that is wrong, as an error that wraps fault.ErrInvalid.
type Problems []Problem

// Error puts the problems on lines of their own.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the problems their meaning.
func (ps Problems) Unwrap() error { return fault.ErrInvalid }
