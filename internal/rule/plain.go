package rule

import (
	"cmp"
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/types"
)

// plain turns what CEL reports into problems in plain words, in the order of their places.
// One mistake makes CEL report several times at one place: the first counts.
func (l *language) plain(errs []*common.Error) Problems {
	slices.SortStableFunc(errs, func(a, b *common.Error) int {
		return cmp.Or(cmp.Compare(a.Location.Line(), b.Location.Line()), cmp.Compare(a.Location.Column(), b.Location.Column()))
	})
	var ps Problems
	for _, e := range errs {
		p := Problem{Line: max(1, e.Location.Line()), Column: max(0, e.Location.Column()) + 1, Field: "when", Message: l.words(e.Message)}
		if n := len(ps); n > 0 && (ps[n-1].Line == p.Line && ps[n-1].Column == p.Column || ps[n-1].Message == p.Message) {
			continue
		}
		if ps = append(ps, p); len(ps) == maxProblems {
			break
		}
	}
	return ps
}

// The messages of CEL that people get for common mistakes.
var (
	reUndeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	reField      = regexp.MustCompile(`^undefined field '([^']*)'`)
	reOverload   = regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '(.*)'$`)
	reUnexpected = regexp.MustCompile(`(?s)^Syntax error: (?:mismatched|extraneous) input '(.*)' expecting`)
	reToken      = regexp.MustCompile(`(?s)^Syntax error: token recognition error at: '(.*)'$`)
	reMissing    = regexp.MustCompile(`(?s)^Syntax error: missing '(.*)' at '(.*)'$`)
	reNoField    = regexp.MustCompile(`^type '([^']*)' does not support field selection`)
)

func (l *language) words(m string) string {
	if g := reUndeclared.FindStringSubmatch(m); g != nil {
		return "nothing is called " + quote(g[1]) + l.suggestion(g[1])
	}
	if g := reField.FindStringSubmatch(m); g != nil {
		return "there is no field " + quote(g[1]) + l.fieldSuggestion(g[1])
	}
	if g := reOverload.FindStringSubmatch(m); g != nil {
		return l.mismatch(g[1], g[2])
	}
	if g := reUnexpected.FindStringSubmatch(m); g != nil {
		return unexpected(g[1])
	}
	if g := reToken.FindStringSubmatch(m); g != nil {
		return badToken(g[1])
	}
	if g := reMissing.FindStringSubmatch(m); g != nil {
		return "a " + quote(g[1]) + " is missing here"
	}
	if g := reNoField.FindStringSubmatch(m); g != nil {
		return l.typeName(g[1]) + " has no fields: nothing can follow the dot"
	}
	if strings.Contains(m, "recursion") || strings.Contains(m, "node count") || strings.Contains(m, "code point") {
		return "the condition is nested too deeply or too large: make several rules of it"
	}
	return cut(strings.TrimPrefix(m, "Syntax error: "), 300)
}

func unexpected(word string) string {
	switch word {
	case "<EOF>":
		return "the condition ends here, but something more is needed"
	case "and", "AND":
		return "write \"&&\" for and"
	case "or", "OR":
		return "write \"||\" for or"
	case "not", "NOT":
		return "write \"!\" for not"
	}
	return quote(word) + " cannot stand here"
}

func badToken(text string) string {
	switch {
	case strings.HasPrefix(text, "="):
		return "write \"==\" to compare"
	case strings.HasPrefix(text, "'") || strings.HasPrefix(text, `"`):
		return "the text that begins here has no closing quote, or a \"\\\" in it: for a pattern write r before the quotes"
	case strings.HasPrefix(text, "&") || strings.HasPrefix(text, "|"):
		return "write \"&&\" for and, \"||\" for or"
	}
	return quote(text) + " is not part of the language"
}

// mismatch explains an operator or function applied to the wrong kinds of thing.
func (l *language) mismatch(function, args string) string {
	operator := strings.Trim(strings.ReplaceAll(function, "_", " "), " ")
	list := strings.Split(strings.Trim(strings.NewReplacer(".(", ", ", "(", "(").Replace(args), "()"), ", ")
	words := make([]string, len(list))
	for i, a := range list {
		words[i] = l.typeName(a)
	}
	numbers := slices.Contains(list, "double") && slices.Contains(list, "int")
	switch {
	case numbers && function == "within":
		return "within() takes numbers with a point: write 25.0 for 25"
	case numbers:
		return quote(operator) + " does not mix whole numbers and others: write 5.0 for 5, or double(…)"
	case strings.HasPrefix(function, "_") || strings.HasPrefix(function, "!") || strings.HasPrefix(function, "-") || strings.HasPrefix(function, "@"):
		return quote(strings.Trim(operator, "@")) + " cannot be applied to " + strings.Join(words, " and ")
	}
	return function + "() cannot be used with " + strings.Join(words, ", ")
}

// typeWord names a type for people.
func (l *language) typeWord(t *types.Type) string { return l.typeName(cel.FormatCELType(t)) }

func (l *language) typeName(name string) string {
	switch {
	case name == "string":
		return "a text"
	case name == "int" || name == "uint":
		return "a whole number"
	case name == "double":
		return "a number"
	case name == "bool":
		return "true or false"
	case strings.HasPrefix(name, "list"):
		return "a list"
	case strings.HasPrefix(name, "map"):
		return "a map"
	case strings.HasPrefix(name, "watchfire."):
		return "the whole " + strings.TrimPrefix(name, "watchfire.")
	}
	return name
}

// suggestion lists what there is, or the field that was meant.
func (l *language) suggestion(name string) string {
	for _, n := range l.nouns {
		if _, ok := n.byName[name]; ok {
			return ": write " + n.name + "." + name
		}
	}
	if slices.Contains([]string{"timestamp", "duration", "now", "getHours", "time"}, name) {
		return ": for the time of day write hour(\"Asia/Karachi\"), for the age event.age_hours"
	}
	return ": there are event, exposure, asset, green, yellow, orange, red, hour(), weekday(), within(), tagged(), has(), size()"
}

// fieldSuggestion names the nouns that have the field, or the nearest names.
func (l *language) fieldSuggestion(name string) string {
	var near []string
	for _, n := range l.nouns {
		for _, f := range n.fields {
			if f.name == name || distance(f.name, name) <= 2 || len(name) > 3 && strings.Contains(f.name, name) {
				near = append(near, n.name+"."+f.name)
			}
		}
	}
	if len(near) == 0 {
		return " here"
	}
	return " here: did you mean " + strings.Join(near[:min(3, len(near))], ", ") + "?"
}

// distance is the edit distance of two short names; long ones are taken as far apart.
func distance(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return 40
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func plainPattern(err error) string {
	var e *syntax.Error
	if errors.As(err, &e) {
		return string(e.Code) + " in " + quote(e.Expr)
	}
	return "it cannot be read"
}

// plainRuntime says why a condition could not be decided.
func plainRuntime(err error) string {
	m := err.Error()
	var unknown unknownError
	switch {
	case errors.As(err, &unknown):
		return unknown.Error()
	case strings.Contains(m, "cost limit exceeded"):
		return "the condition cost more than is allowed on this input"
	case strings.HasPrefix(m, "no such key"):
		return "there is no measure of that name here (" + cut(m, 80) + "); ask first: \"wind\" in event.measures && …"
	}
	return cut(m, 200)
}
