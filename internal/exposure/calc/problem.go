package calc

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"watchfire.dev/internal/fault"
)

// A Problem is an input that the calculator does not take. It wraps fault.ErrInvalid and
// names the key, so that a page can say it in the reader's language.
type Problem struct {
	Key  string // of the input; "" = the whole
	Why  string // unknown, missing, value, repeated, form, hazard, order, term or formula
	Got  string
	Want string
}

// Error says it in English.
func (p Problem) Error() string {
	switch p.Why {
	case "unknown":
		return fmt.Sprintf("%s: there is no such input; want %s", p.Key, p.Want)
	case "missing":
		return fmt.Sprintf("%s is missing; want %s", p.Key, p.Want)
	case "repeated":
		return fmt.Sprintf("%s is given twice", p.Key)
	case "form":
		return fmt.Sprintf("%.60q: want %s", p.Got, p.Want)
	case "hazard":
		return fmt.Sprintf("hazard %.40q is not known; want one of %s", p.Got, p.Want)
	case "order":
		return fmt.Sprintf("%s is %s: a worse class cannot be more probable than %s", p.Key, p.Got, p.Want)
	case "formula":
		return fmt.Sprintf("%s: %s", p.Key, p.Got)
	}
	return fmt.Sprintf("%s is %.60q, want %s", p.Key, p.Got, p.Want)
}

// Unwrap tells that the input was invalid.
func (p Problem) Unwrap() error { return fault.ErrInvalid }

// Pairs reads "key=value" arguments. A key may stand once; the error names it.
func Pairs(args []string) (map[string]string, error) {
	out := make(map[string]string, len(args))
	for _, a := range args {
		key, v, ok := strings.Cut(a, "=")
		if !ok || key == "" {
			return nil, Problem{Why: "form", Got: a, Want: "key=value"}
		}
		if _, twice := out[key]; twice {
			return nil, Problem{Key: key, Why: "repeated"}
		}
		out[key] = v
	}
	return out, nil
}

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
