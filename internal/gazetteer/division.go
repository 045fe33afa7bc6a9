package gazetteer

import (
	"io/fs"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"watchfire.dev/internal/country"
)

// divisionTable holds the codes and names of divisions.
type divisionTable struct {
	names  map[string][]string // code → names, the English one first
	parent map[string]string   // of the second level
	codes  map[string]string   // country and folded name → code
}

var divisions = sync.OnceValue(func() *divisionTable {
	t := &divisionTable{names: map[string][]string{}, parent: map[string]string{}, codes: map[string]string{}}
	for _, f := range rows("subdivisions.tsv", 3) {
		code := f[0]
		t.names[code] = strings.Split(f[2], "|")
		if f[1] != "-" && f[1] != "old" {
			t.parent[code] = f[1]
		}
	}
	// The first level is named more often than the second, what holds now more than what was:
	// of one name for several the first in this order counts.
	for _, pass := range []func(f []string) bool{
		func(f []string) bool { return f[1] == "-" },
		func(f []string) bool { return f[1] != "-" && f[1] != "old" },
		func(f []string) bool { return f[1] == "old" },
	} {
		for _, f := range rows("subdivisions.tsv", 3) {
			if pass(f) {
				for _, n := range strings.Split(f[2], "|") {
					t.add(f[0], n)
				}
			}
		}
	}
	for _, f := range rows("alias.tsv", 2) {
		t.add(f[0], f[1])
	}
	return t
})

// add makes a division known under a name, and under its parts in brackets and slashes.
func (t *divisionTable) add(code, name string) {
	forms := []string{name}
	if strings.ContainsAny(name, "[(/") {
		forms = append(forms, strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("[](/)", r) })...)
	}
	for _, form := range forms {
		key := code[:2] + " " + Fold(form)
		if len(key) > 3 && t.codes[key] == "" {
			t.codes[key] = code
		}
	}
}

// rows reads the lines of a table with so many columns.
func rows(name string, columns int) [][]string {
	raw, err := fs.ReadFile(data, "data/"+name)
	if err != nil {
		return nil
	}
	var out [][]string
	for line := range strings.Lines(string(raw)) {
		if f := strings.Split(strings.TrimRight(line, "\r\n"), "\t"); len(f) == columns && !strings.HasPrefix(line, "#") && len(f[0]) > 3 {
			out = append(out, f)
		}
	}
	return out
}

// Division returns the ISO 3166-2 code of a division of a country that is named by its code
// or by one of its names, whatever accents, capitals and words for "province" it has.
func Division(iso2, nameOrCode string) (code string, ok bool) {
	t := divisions()
	if code = strings.ToUpper(strings.TrimSpace(nameOrCode)); strings.HasPrefix(code, iso2+"-") {
		if _, ok := t.names[code]; ok {
			return code, true
		}
	}
	code = t.codes[iso2+" "+Fold(nameOrCode)]
	return code, code != ""
}

// DivisionNames returns the names of a division by its ISO 3166-2 code, the English one
// first where one is known.
func DivisionNames(code string) []string { return slices.Clone(divisions().names[code]) }

// DivisionsOf returns the codes of the first-level divisions of a country, sorted; withdrawn
// ones are left out.
func DivisionsOf(iso2 string) []string {
	var out []string
	for _, f := range rows("subdivisions.tsv", 3) {
		if f[1] == "-" && strings.HasPrefix(f[0], iso2+"-") {
			out = append(out, f[0])
		}
	}
	return out
}

// parentOf is the first-level division to which one of the second level belongs; "" for
// what is of the first.
func parentOf(code string) string { return divisions().parent[code] }

// top is the first-level division that a code stands for or lies in.
func top(code string) string {
	if p := parentOf(code); p != "" {
		return p
	}
	return code
}

// general are words for "province" and the like in several languages; they tell nothing apart.
const general = " province provinces state region oblast oblysy governorate county prefecture department district territory division " +
	"municipality of the de du des da do la le el provincia departement departamento estado wilaya viloyati vilayet judet " +
	"zupanija krai kray respublika republic autonomous okrug lan maakunta fylke muhafazat sheng shi ken "

// Fold makes names of divisions comparable: small letters without accents, without words for
// "province" and the like; a name that is nothing but such words stays whole.
func Fold(name string) string {
	if len(name) > 200 {
		return ""
	}
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’', r == 'ʻ', r == 'ʼ', r == '`':
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	all := strings.Fields(b.String())
	words := slices.DeleteFunc(slices.Clone(all), func(w string) bool { return strings.Contains(general, " "+w+" ") })
	if len(words) == 0 {
		words = all
	}
	return strings.Join(words, " ")
}

// codeOfOutline finds the ISO 3166-2 code of an outline by its name, else by its letters
// where the code of the same letters has a similar name, else by the one name that differs
// in two letters at most; "" when none of them is sure.
func codeOfOutline(iso2, letters, name string) string {
	if code, ok := Division(iso2, name); ok {
		return code
	}
	t, folded := divisions(), Fold(name)
	if code := iso2 + "-" + letters; len(t.names[code]) > 0 {
		for _, n := range t.names[code] {
			if alike(Fold(n), folded, utf8.RuneCountInString(folded)/3) {
				return code
			}
		}
	}
	found := ""
	if len(folded) < 7 {
		return ""
	}
	for key, code := range t.codes { // the answer does not depend on the order
		if key[:2] == iso2 && alike(key[3:], folded, 2) {
			if found != "" && found != code {
				return ""
			}
			found = code
		}
	}
	return found
}

// alike tells whether two words differ by at most so many letters (Levenshtein).
func alike(a, b string, most int) bool {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d > most || -d > most {
		return false
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		last := row[0]
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			last, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, last+cost)
		}
	}
	return row[len(y)] <= most
}

// Region returns the countries of a UN M49 area ("011", "Western Africa"), sorted; none when
// the word stands for no area of several countries.
func Region(word string) []string { return country.Region(word) }
