package country

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// variantsTSV holds the names that CLDR does not have, one a line: where the line counts
// (find, text, both, hide, name), the codes ("-" = none), the name. "hide" lines are CLDR
// names that InText must not use because they are mostly something else ("Grenade").
// "name" lines replace a CLDR name that is out of date; the language follows the code.
//
//go:embed variants.tsv
var variantsTSV string

// noCountry are the codes that x/text calls countries and ISO 3166-1 does not list.
const noCountry = " AC AN CP CQ CS DG EA EZ FQ IC NT PC SU TA UN YU ZR "

type tables struct {
	find  map[string]string   // folded name -> codes
	text  map[string][]phrase // first word -> names that begin with it, longest first
	codes map[string]string   // alpha-2 and alpha-3 -> alpha-2
	names map[string]string   // "MK en" -> "North Macedonia"
	keys  map[string]struct{} // phrases already in text

	regions []language.Region // while the tables are built
}

type phrase struct {
	words []string
	codes []string // none: the phrase hides the country inside of it ("New Mexico")
}

// index is built at first use and only read afterwards.
var index = sync.OnceValue(build)

func build() *tables {
	t := &tables{
		find: make(map[string]string), text: make(map[string][]phrase),
		codes: make(map[string]string), names: make(map[string]string), keys: make(map[string]struct{}),
	}
	hidden := t.variants()
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			t.region(string([]rune{a, b}), hidden)
		}
	}
	t.others()
	for _, phrases := range t.text {
		slices.SortStableFunc(phrases, func(a, b phrase) int { return len(b.words) - len(a.words) })
	}
	return t
}

// variants reads the table first: its lines win over CLDR.
func (t *tables) variants() (hidden map[string]bool) {
	hidden = make(map[string]bool)
	for line := range strings.Lines(variantsTSV) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 || strings.HasPrefix(line, "#") {
			continue
		}
		where, codes, name := f[0], strings.TrimPrefix(f[1], "-"), f[2]
		switch where {
		case "hide":
			hidden[key(name)] = true
		case "name":
			t.names[codes] = name
		default:
			if where != "text" {
				t.find[key(name)] = codes
			}
			if where != "find" {
				t.phrase(name, codes)
			}
		}
	}
	return hidden
}

func (t *tables) region(code string, hidden map[string]bool) {
	r, err := language.ParseRegion(code)
	if err != nil || !r.IsCountry() || r.Canonicalize() != r || strings.Contains(noCountry, " "+code+" ") {
		return
	}
	t.codes[code], t.codes[r.ISO3()] = code, code
	for _, in := range []display.Namer{display.English.Regions(), display.French.Regions(), display.Spanish.Regions()} {
		name := in.Name(r)
		k := key(name)
		if _, taken := t.find[k]; k != "" && !taken {
			t.find[k] = code
		}
		if !hidden[k] {
			t.phrase(name, code)
		}
	}
	t.regions = append(t.regions, r)
}

// others adds the names in other languages for Find, after all countries have their names in
// the first three: a name that means two countries in two languages keeps the meaning that
// it has there. Free text is not searched for them: short names are words in another tongue.
func (t *tables) others() {
	for _, tag := range []language.Tag{
		language.Arabic, language.Chinese, language.TraditionalChinese, language.Russian, language.Portuguese, language.German, language.Italian,
		language.Japanese, language.Korean, language.Turkish, language.Persian, language.Indonesian, language.Vietnamese, language.Ukrainian,
		language.Polish, language.Dutch, language.Hindi, language.Urdu, language.Bengali, language.Swahili, language.Amharic, language.Thai,
		language.Romanian, language.Greek, language.Hungarian, language.Czech, language.Swedish, language.Norwegian, language.Danish,
		language.Finnish, language.Hebrew, language.Serbian, language.Croatian, language.Bulgarian, language.Burmese, language.Khmer, language.Lao,
		language.Nepali, language.Sinhala, language.Tamil, language.Mongolian, language.Georgian, language.Armenian, language.Kazakh, language.Uzbek,
	} {
		namer := display.Regions(tag)
		if namer == nil {
			continue
		}
		for _, r := range t.regions {
			k := key(namer.Name(r))
			if _, taken := t.find[k]; k != "" && !taken {
				t.find[k] = r.String()
			}
		}
	}
	t.regions = nil
}

func (t *tables) phrase(name, codes string) {
	k := key(name)
	if _, taken := t.keys[k]; taken || k == "" {
		return
	}
	t.keys[k] = struct{}{}
	words := strings.Fields(k)
	t.text[words[0]] = append(t.text[words[0]], phrase{words: words, codes: strings.Fields(codes)})
}
