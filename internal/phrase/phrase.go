// Package phrase holds the words: message catalogues in every language of the program, and
// the few rules that turn a level, a chance, a time or a whole warning into words. Pages,
// mails, webhooks and CAP messages all speak through it, so that one warning says the same
// everywhere. It promises that every key exists in every language that owes it (a test keeps
// it: messages, answer page and calls in nine, the other pages in two), that a time always
// carries its zone, and that a warning with a missing part is an error and never half a
// sentence. In a language that is written from the right, what comes from elsewhere stands
// between isolates (U+2068, U+2069), so that names and numbers cannot turn the sentence. It
// knows no HTML, sends nothing and reads no clock.
package phrase

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed catalogue/*.yaml
var catalogue embed.FS

// A Book holds the catalogues of all languages. It is safe for use by many goroutines.
type Book struct {
	plain    map[string]map[string]pattern // language -> key -> text without plural forms
	keys     map[string]map[string]bool    // language -> keys
	speakers map[string]Speaker
	matcher  language.Matcher
	tags     []string
	pages    language.Matcher // the languages of the pages alone, a prefix of tags
	zones    *sync.Map        // IANA name -> *time.Location; only names that exist are kept
}

// Languages lists the languages of the pages, the default first: every key exists in them.
func Languages() []string { return []string{"en", "zh"} }

// MessageLanguages lists the languages in which people are told, the default first: those of
// the pages, and those that have the words for receivers alone: message, do, forms, answer and
// what channels say.
func MessageLanguages() []string {
	return []string{"en", "zh", "fr", "es", "pt", "ru", "ar", "sw", "id"}
}

// New reads the embedded catalogues. A file is named TOPIC.LANGUAGE.yaml and holds
// "key: text" or "key: {one: …, other: …}"; a key twice in one language is an error.
func New() (*Book, error) { return load(catalogue, "catalogue") }

func load(files fs.FS, dir string) (*Book, error) {
	bundle := i18n.NewBundle(language.English)
	b := &Book{
		plain: map[string]map[string]pattern{}, keys: map[string]map[string]bool{},
		speakers: map[string]Speaker{}, zones: &sync.Map{},
	}
	names, err := fs.Glob(files, dir+"/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list catalogues: %w", err)
	}
	for _, name := range names {
		if err := b.read(bundle, files, name); err != nil {
			return nil, fmt.Errorf("read catalogue %s: %w", name, err)
		}
	}
	var tags []language.Tag
	for _, l := range MessageLanguages() {
		tags, b.tags = append(tags, language.Make(l)), append(b.tags, l)
		b.speakers[l] = Speaker{book: b, lang: l, localizer: i18n.NewLocalizer(bundle, l)}
	}
	b.matcher, b.pages = language.NewMatcher(tags), language.NewMatcher(tags[:len(Languages())])
	return b, nil
}

func (b *Book) read(bundle *i18n.Bundle, files fs.FS, name string) error {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	file, err := i18n.ParseMessageFileBytes(raw, name, map[string]i18n.UnmarshalFunc{"yaml": yaml.Unmarshal})
	if err != nil {
		return err
	}
	var counted []*i18n.Message // the bundle keeps what patterns cannot say, and no second copy of the rest
	lang := file.Tag.String()
	if b.keys[lang] == nil {
		b.keys[lang], b.plain[lang] = map[string]bool{}, map[string]pattern{}
	}
	for _, m := range file.Messages {
		if b.keys[lang][m.ID] {
			return fmt.Errorf("key %q stands twice", m.ID)
		}
		b.keys[lang][m.ID] = true
		if p, ok := readPattern(m.Other); ok && m.One == "" && m.Two == "" && m.Few == "" && m.Many == "" && m.Zero == "" {
			b.plain[lang][m.ID] = p
		} else {
			counted = append(counted, m)
		}
	}
	return bundle.AddMessages(file.Tag, counted...)
}

// Keys lists the keys of a language, sorted.
func (b *Book) Keys(lang string) []string { return slices.Sorted(maps.Keys(b.keys[lang])) }

// For gives the speaker of the language that comes closest to a BCP 47 tag or an
// Accept-Language header, for messages and the pages that receivers see; unknown languages
// get English.
func (b *Book) For(lang string) Speaker {
	if s, ok := b.speakers[lang]; ok {
		return s
	}
	return b.match(b.matcher, lang)
}

// ForPage is For among the languages of the pages.
func (b *Book) ForPage(lang string) Speaker {
	if slices.Contains(Languages(), lang) {
		return b.speakers[lang]
	}
	return b.match(b.pages, lang)
}

func (b *Book) match(m language.Matcher, lang string) Speaker {
	wanted, _, err := language.ParseAcceptLanguage(lang)
	if err != nil || len(wanted) == 0 {
		return b.speakers[b.tags[0]]
	}
	_, i, _ := m.Match(wanted...)
	return b.speakers[b.tags[i]]
}

// A Speaker speaks one language. Its zero value is of no use; take one from a Book.
type Speaker struct {
	book      *Book
	lang      string
	localizer *i18n.Localizer
}

// Language is the speaker's own language, one of MessageLanguages.
func (s Speaker) Language() string { return s.lang }

// Book is the book that the speaker came from.
func (s Speaker) Book() *Book { return s.book }

// RTL tells whether the language is written from right to left.
func (s Speaker) RTL() bool { return s.lang == "ar" }

// Dir is the value of HTML's attribute dir.
func (s Speaker) Dir() string {
	if s.RTL() {
		return "rtl"
	}
	return "ltr"
}

// Has tells whether the key exists.
func (s Speaker) Has(key string) bool { return s.book.keys[s.lang][key] }

// T gives the text of key. The arguments are name, value, name, value …, or one
// map[string]any; the value named "N" also chooses the plural form. A key that does not
// exist comes back as "⟦key⟧", so that it is seen at once and found by tests.
func (s Speaker) T(key string, args ...any) string {
	if p, ok := s.book.plain[s.lang][key]; ok {
		return p.fill(args, s.RTL())
	}
	data := named(args)
	if s.RTL() {
		data = apart(data)
	}
	text, err := s.localizer.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: plural(value(args, "N"))})
	if text == "" && err != nil || !s.book.keys[s.lang][key] { // a lacking plural form falls back to "other"
		return "⟦" + key + "⟧"
	}
	return text
}

func named(args []any) map[string]any {
	if len(args) == 1 {
		if m, ok := args[0].(map[string]any); ok {
			return m
		}
	}
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		if name, ok := args[i].(string); ok {
			m[name] = args[i+1]
		}
	}
	return m
}

// plural keeps only what go-i18n can count with; everything else has the form "other".
func plural(n any) any {
	switch n.(type) {
	case int, int64, int32:
		return n
	default:
		return nil
	}
}

// Location gives the zone of an IANA name; an unknown name gives UTC, whose name is then
// printed, so that a reader is never misled.
func (b *Book) Location(zone string) *time.Location {
	if zone == "" || zone == "UTC" {
		return time.UTC
	}
	if l, ok := b.zones.Load(zone); ok {
		return l.(*time.Location)
	}
	l, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return time.UTC
	}
	b.zones.Store(zone, l)
	return l
}
