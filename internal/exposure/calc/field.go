package calc

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/country"
)

// A Kind is how a value is written.
type Kind uint8

// The kinds of input.
const (
	Number  Kind = iota // decimal, optionally with an exponent
	Word                // one of Words
	YesNo               // yes or no
	Country             // ISO 3166-1 alpha-2, or a code of the fatality table
	List                // items between commas, parts between colons; Form shows one
)

// A Field is one input of a hazard. Units stand in the name (magnitude_sigma has none).
type Field struct {
	Name string
	Kind Kind
	Unit string // for people: "km", "persons"; "" = none
	// Lo and Hi bound a Number, both included; Open leaves Lo itself out. Whole wants an
	// integer.
	Lo, Hi      float64
	Open, Whole bool
	Words       []string // of a Word, in order
	// Default is what a missing input counts as, as people would write it; "" = none.
	Default  string
	Required bool
	Form     string // of one item of a List
	// Drives marks a Number for which the answer says what would change the level.
	Drives bool
}

// values are checked inputs of one hazard by name, with defaults filled in.
type values struct{ set map[string]value }

// value is one checked input.
type value struct {
	number float64
	text   string
	yes    bool
	items  [][]string
}

func (v values) has(name string) bool { _, ok := v.set[name]; return ok }

func (v values) num(name string) float64 { return v.set[name].number }

// opt is a number that may be missing.
func (v values) opt(name string) *float64 {
	x, ok := v.set[name]
	if !ok {
		return nil
	}
	return &x.number
}

func (v values) word(name string) string { return v.set[name].text }

func (v values) yes(name string) bool { return v.set[name].yes }

// with is a copy in which one number is another.
func (v values) with(name string, x float64) values {
	set := make(map[string]value, len(v.set))
	for k, old := range v.set {
		set[k] = old
	}
	set[name] = value{number: x}
	return values{set}
}

// read checks what people wrote and fills in the defaults.
func read(fields []Field, given map[string]string, known func(iso2 string) bool) (values, error) {
	v := values{map[string]value{}}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	for _, key := range sorted(given) {
		if !slices.Contains(names, key) {
			return v, Problem{Key: key, Why: "unknown", Want: strings.Join(names, ", ")}
		}
	}
	for _, f := range fields {
		text, ok := given[f.Name]
		switch {
		case !ok && f.Required:
			return v, Problem{Key: f.Name, Why: "missing", Want: f.want()}
		case !ok && f.Default == "":
			continue
		case !ok:
			text = f.Default
		}
		x, err := f.read(text, known)
		if err != nil {
			return v, err
		}
		v.set[f.Name] = x
	}
	return v, nil
}

// read makes a value of a text.
func (f Field) read(text string, known func(iso2 string) bool) (value, error) {
	bad := Problem{Key: f.Name, Why: "value", Got: text, Want: f.want()}
	switch f.Kind {
	case Number:
		x, ok := decimal(text)
		if !ok || !(x >= f.Lo && x <= f.Hi) || f.Open && x == f.Lo || f.Whole && x != math.Trunc(x) {
			return value{}, bad
		}
		return value{number: x, text: text}, nil
	case Word:
		for _, w := range f.Words {
			if strings.EqualFold(w, text) {
				return value{text: w}, nil
			}
		}
	case YesNo:
		switch strings.ToLower(text) {
		case "yes", "true":
			return value{text: "yes", yes: true}, nil
		case "no", "false":
			return value{text: "no"}, nil
		}
	case Country:
		code := strings.ToUpper(text)
		if len(code) == 2 && (country.Known(code) || known(code)) {
			return value{text: code}, nil
		}
	case List:
		items, ok := list(text)
		if ok {
			return value{text: text, items: items}, nil
		}
	}
	return value{}, bad
}

// decimal reads a number as people write it: digits, a sign, a point, an exponent. Words such
// as inf and nan, hexadecimal and grouped digits are refused.
func decimal(s string) (float64, bool) {
	if s == "" || strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	x, err := strconv.ParseFloat(s, 64)
	return x, err == nil && !math.IsInf(x, 0)
}

// maxItems bounds a list.
const maxItems = 200

func list(text string) ([][]string, bool) {
	if text == "" {
		return nil, false
	}
	items := strings.Split(text, ",")
	if len(items) > maxItems {
		return nil, false
	}
	out := make([][]string, len(items))
	for i, item := range items {
		out[i] = strings.Split(item, ":")
	}
	return out, true
}

// want says what a field takes, in the words of the error and the help.
func (f Field) want() string {
	switch f.Kind {
	case Word:
		return strings.Join(f.Words, ", ")
	case YesNo:
		return "yes, no"
	case Country:
		return "two letters of ISO 3166-1"
	case List:
		return f.Form + "[,…]"
	}
	return f.Range()
}

// Range is the range of a number with its unit: "0 to 800 km".
func (f Field) Range() string {
	lo := number(f.Lo)
	if f.Open {
		lo = "above " + lo
	}
	return strings.TrimSpace(lo + " to " + number(f.Hi) + " " + f.Unit)
}

// Wants says what the field takes: a range with unit, or its words.
func (f Field) Wants() string { return f.want() }

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
