package phrase

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/goccy/go-yaml"

	"watchfire.dev/internal/level"
)

// A text of a catalogue: its forms by name; one without plural forms has "other" alone.
type text map[string]string

// receiver lists the catalogues that exist in every language of MessageLanguages: what a
// message, an answer page, a spoken call and a reply in a room are made of. All others are the
// pages' and exist in the languages of Languages.
func receiver() []string {
	var out []string
	for _, topic := range []string{"answer", "channel", "do", "forms", "letter", "message", "room"} {
		if _, err := fs.Stat(catalogue, "catalogue/"+topic+".en.yaml"); err == nil {
			out = append(out, topic)
		}
	}
	return out
}

// texts reads one catalogue, "do" in "sw".
func texts(t *testing.T, topic, lang string) map[string]text {
	t.Helper()
	raw, err := fs.ReadFile(catalogue, "catalogue/"+topic+"."+lang+".yaml")
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]any
	if err := yaml.Unmarshal(raw, &read); err != nil {
		t.Fatalf("%s.%s: %v", topic, lang, err)
	}
	out := map[string]text{}
	for key, v := range read {
		if topic == "channel" && (strings.HasPrefix(key, "device.") || strings.HasPrefix(key, "done.")) && slices.Contains(Languages(), lang) {
			continue // of a page for who is signed in
		}
		switch v := v.(type) {
		case string:
			out[key] = text{"other": v}
		case map[string]any:
			out[key] = text{}
			for form, s := range v {
				out[key][form], _ = s.(string)
			}
		case nil:
			t.Errorf("%s.%s: %s is empty", topic, lang, key)
		default:
			t.Errorf("%s.%s: %s is neither text nor forms", topic, lang, key)
		}
	}
	return out
}

// forms are the cardinal plural forms of each language (CLDR 44).
var forms = map[string][]string{
	"en": {"one", "other"}, "zh": {"other"}, "fr": {"many", "one", "other"}, "es": {"many", "one", "other"}, "pt": {"many", "one", "other"},
	"ru": {"few", "many", "one", "other"}, "ar": {"few", "many", "one", "other", "two", "zero"}, "sw": {"one", "other"}, "id": {"other"},
}

func variables(s string) []string {
	found := map[string]bool{}
	for _, m := range variable.FindAllStringSubmatch(s, -1) {
		found[m[1]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// TestWhatReceiversReadIsWholeInEveryLanguage holds each catalogue of receiver against the
// English one: same keys, same variables in every form, the language's own plural forms,
// nothing empty, and as many instructions.
func TestWhatReceiversReadIsWholeInEveryLanguage(t *testing.T) {
	t.Parallel()
	if len(MessageLanguages()) != 9 || len(forms) != 9 {
		t.Fatalf("%d languages, %d with plural forms", len(MessageLanguages()), len(forms))
	}
	checked := 0
	for _, topic := range receiver() {
		english := texts(t, topic, "en")
		for _, lang := range MessageLanguages() {
			own := texts(t, topic, lang)
			for key := range own {
				if english[key] == nil {
					t.Errorf("%s.%s: %s is not in English", topic, lang, key)
				}
			}
			for key, en := range english {
				checked++
				for _, problem := range compared(lang, en, own[key]) {
					t.Errorf("%s.%s: %s: %s", topic, lang, key, problem)
				}
			}
		}
	}
	names, err := fs.Glob(catalogue, "catalogue/*.en.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		topic, _, _ := strings.Cut(filepath.Base(name), ".")
		if slices.Contains(receiver(), topic) {
			continue
		}
		own := texts(t, topic, "zh") // that no key is missing, TestEveryLanguageHasEveryKey sees
		for key, en := range texts(t, topic, "en") {
			checked++
			for _, problem := range compared("zh", en, own[key]) {
				t.Errorf("%s.zh: %s: %s", topic, key, problem)
			}
		}
	}
	if checked < 3000 {
		t.Errorf("only %d texts checked", checked)
	}
}

func compared(lang string, en, own text) (problems []string) {
	want := []string{"other"}
	if len(en) > 1 {
		want = forms[lang]
	}
	if got := slices.Sorted(maps.Keys(own)); !slices.Equal(got, want) {
		return []string{"forms " + strings.Join(got, " ") + ", want " + strings.Join(want, " ")}
	}
	for form, s := range own {
		if strings.Trim(s, " \n") == "" {
			problems = append(problems, form+" is empty")
		}
		if a, b := variables(en["other"]), variables(s); !slices.Equal(a, b) {
			problems = append(problems, form+" has the variables "+strings.Join(b, " ")+", want "+strings.Join(a, " "))
		}
		if a, b := strings.Count(en["other"], "\n"), strings.Count(s, "\n"); a != b {
			problems = append(problems, form+" has "+strconv.Itoa(b)+" lines, want "+strconv.Itoa(a))
		}
	}
	return problems
}

// latin finds words of Latin letters in what is left of a text without its variables.
var latin = regexp.MustCompile(`[\p{Latin}]{2,}`)

// TestNoEnglishIsLeftOver looks word by word: in a script that is not Latin, only names and
// codes may stand in Latin letters; in the others, no long text may be the English one, and
// few words may be English ones that the language does not share.
func TestNoEnglishIsLeftOver(t *testing.T) {
	t.Parallel()
	codes := map[string]bool{}
	for _, c := range strings.Fields("Watchfire TLP USD MMI CAP SMS SOS I0 I1 I2 I3 I4 UTC C L km") {
		codes[c] = true
	}
	function := regexp.MustCompile(`(?i)\b(the|and|of|is|are|with|from|this|that|you|your|nobody|please|open|answer|warning)\b`)
	for _, topic := range receiver() {
		english := texts(t, topic, "en")
		for _, lang := range MessageLanguages()[1:] {
			for key, own := range texts(t, topic, lang) {
				for form, s := range own {
					s = variable.ReplaceAllString(s, "")
					switch lang {
					case "zh", "ru", "ar":
						for _, w := range latin.FindAllString(s, -1) {
							if !codes[w] {
								t.Errorf("%s.%s: %s %s has %q", topic, lang, key, form, w)
							}
						}
					default:
						if w := function.FindString(s); w != "" {
							t.Errorf("%s.%s: %s %s has the English %q: %s", topic, lang, key, form, w, s)
						}
						if en := variable.ReplaceAllString(english[key][form], ""); len(strings.Fields(en)) > 3 && en == s {
							t.Errorf("%s.%s: %s is the English text", topic, lang, key)
						}
					}
				}
			}
		}
	}
}

// TestScriptsAreTheirOwn finds a file that holds another language than its name says.
func TestScriptsAreTheirOwn(t *testing.T) {
	t.Parallel()
	for lang, script := range map[string]*unicode.RangeTable{"zh": unicode.Han, "ru": unicode.Cyrillic, "ar": unicode.Arabic} {
		for key, own := range texts(t, "do", lang) {
			for _, line := range lines(own["other"]) {
				if !strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(script, r) }) {
					t.Errorf("%s: %s: %q", lang, key, line)
				}
			}
		}
	}
	for _, lang := range MessageLanguages() {
		for _, topic := range receiver() {
			for key, own := range texts(t, topic, lang) {
				for _, s := range own {
					if i := strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && r != '\n' }); i >= 0 {
						t.Errorf("%s.%s: %s holds a mark that is not seen: %q", topic, lang, key, s)
					}
					if lang == "zh" && regexp.MustCompile(`\p{Han}[,;:!?]|[,;:!?]\p{Han}`).MatchString(s) {
						t.Errorf("%s.%s: %s has a narrow punctuation mark: %s", topic, lang, key, s)
					}
				}
			}
		}
	}
}

// TestWordsOfAScaleAreDistinct: levels, likelihoods, impacts, answers, states and hazards
// must never be confused within a language, in whatever case they are written.
func TestWordsOfAScaleAreDistinct(t *testing.T) {
	t.Parallel()
	b := book(t)
	for _, lang := range MessageLanguages() {
		s := b.For(lang)
		for _, prefix := range []string{"level.", "call.", "likelihood.", "impact.", "answer.", "answered.", "hazard.", "mark.", "month.", "voice.month.", "mail.over.", "do.state.", "state."} {
			seen, n := map[string]string{}, 0
			for _, key := range b.Keys(lang) {
				if !strings.HasPrefix(key, prefix) {
					continue
				}
				n++
				word := strings.ToUpper(s.T(key))
				if other, twice := seen[word]; twice {
					t.Errorf("%s: %s and %s are both %q", lang, other, key, word)
				}
				seen[word] = key
			}
			if n < 3 {
				t.Errorf("%s: %d keys %s", lang, n, prefix)
			}
		}
	}
}

// TestPluralForms says numbers as a grammar wants them.
func TestPluralForms(t *testing.T) {
	t.Parallel()
	b := book(t)
	for _, c := range []struct {
		lang string
		n    int
		want string
	}{
		{"en", 1, "1 kilometre"},
		{"en", 2, "2 kilometres"},
		{"fr", 0, "0 kilomètre"},
		{"fr", 1, "1 kilomètre"},
		{"fr", 2, "2 kilomètres"},
		{"es", 1, "1 kilómetro"},
		{"es", 0, "0 kilómetros"},
		{"pt", 1, "1 quilómetro"},
		{"pt", 5, "5 quilómetros"},
		{"ru", 1, "1 километр"},
		{"ru", 2, "2 километра"},
		{"ru", 5, "5 километров"},
		{"ru", 11, "11 километров"},
		{"ru", 21, "21 километр"},
		{"ru", 112, "112 километров"},
		{"ar", 0, "0 كيلومتر"},
		{"ar", 3, "3 كيلومترات"},
		{"ar", 11, "11 كيلومترًا"},
		{"ar", 100, "100 كيلومتر"},
		{"sw", 1, "kilomita 1"},
		{"sw", 9, "kilomita 9"},
		{"id", 7, "7 kilometer"},
		{"zh", 7, "7公里"},
	} {
		if got := Bare(b.For(c.lang).T("voice.km", "N", c.n)); got != c.want {
			t.Errorf("%s: %q, want %q", c.lang, got, c.want)
		}
	}
	if got, want := b.For("ar").People(2), "شخصان"; !strings.Contains(got, want) {
		t.Errorf("two people in Arabic: %q", got)
	}
}

// TestNoKeyIsUnused finds words that nothing asks for: a key must stand in the sources as it
// is, or begin as a text there does that ends in "." or "_" (keys that are put together).
func TestNoKeyIsUnused(t *testing.T) {
	t.Parallel()
	literal := regexp.MustCompile("\"((?:[^\"\\\\\n]|\\\\.)*)\"")
	word := regexp.MustCompile(`Word "([a-z_]+)"`)
	whole, prefixes := map[string]bool{}, map[string]bool{}
	for _, dir := range []string{"..", "../../cmd"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") {
				return err
			}
			raw, err := os.ReadFile(path)
			for _, m := range literal.FindAllStringSubmatch(string(raw), -1) {
				m[1], _, _ = strings.Cut(m[1], "%")
				whole[m[1]] = true
				if strings.HasSuffix(m[1], ".") || strings.HasSuffix(m[1], "_") {
					prefixes[m[1]] = true
				}
			}
			for _, m := range inTemplate.FindAllStringSubmatch(string(raw), -1) {
				whole[m[1]] = true
			}
			for _, m := range word.FindAllStringSubmatch(string(raw), -1) {
				prefixes[m[1]+"."] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range book(t).Keys("en") {
		used := whole[key]
		for p := range prefixes {
			used = used || strings.HasPrefix(key, p) && strings.Contains(p, ".")
		}
		if !used {
			t.Errorf("nothing asks for %s", key)
		}
	}
}

// TestLevelWordsAreWordsOfColour: a reader learns four words, and no release changes them.
func TestLevelWordsAreWordsOfColour(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string][4]string{
		"en": {"Green", "Yellow", "Orange", "Red"}, "zh": {"绿色", "黄色", "橙色", "红色"}, "fr": {"Vert", "Jaune", "Orange", "Rouge"},
		"es": {"Verde", "Amarillo", "Naranja", "Rojo"}, "pt": {"Verde", "Amarelo", "Laranja", "Vermelho"}, "ru": {"Зелёный", "Жёлтый", "Оранжевый", "Красный"},
		"ar": {"أخضر", "أصفر", "برتقالي", "أحمر"}, "sw": {"Kijani", "Njano", "Chungwa", "Nyekundu"}, "id": {"Hijau", "Kuning", "Jingga", "Merah"},
	} {
		for l, word := range want {
			if got := book(t).For(lang).Level(level.Level(l)); got != word {
				t.Errorf("%s: %s is %q, want %q", lang, level.Level(l), got, word)
			}
		}
	}
}
