package phrase

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
)

func book(t *testing.T) *Book {
	t.Helper()
	b, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryLanguageHasEveryKey(t *testing.T) {
	t.Parallel()
	b := book(t)
	want := b.Keys("en")
	if len(want) < 200 {
		t.Fatalf("English has only %d keys", len(want))
	}
	for _, l := range Languages() {
		if diff := cmp.Diff(want, b.Keys(l)); diff != "" {
			t.Errorf("keys of %s differ from English (-en +%s):\n%s", l, l, diff)
		}
	}
}

// variable finds what a text takes from its caller.
var variable = regexp.MustCompile(`{{\s*\.(\w+)\s*}}`)

// inTemplate and inScript find the keys that pages ask for: {{T "x.y"}}, {{$.T "x.y"}}.
var inTemplate = regexp.MustCompile(`\bT "([a-z0-9_.]+)"`)

// TestEveryUsedKeyExists reads templates and Go files of the whole program: a key that a
// page names and no catalogue holds would be seen by people only.
func TestEveryUsedKeyExists(t *testing.T) {
	t.Parallel()
	b, used := book(t), 0
	check := func(path, key string) {
		used++
		if !b.keys["en"][key] {
			t.Errorf("%s uses the key %q, which no catalogue holds", path, key)
		}
	}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch {
		case strings.HasSuffix(path, ".html"):
			raw, err := os.ReadFile(path)
			for _, m := range inTemplate.FindAllStringSubmatch(string(raw), -1) {
				check(path, m[1])
			}
			return err
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			for _, key := range goKeys(t, path) {
				check(path, key)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if used < 40 {
		t.Errorf("found only %d uses: does the search still work?", used)
	}
}

// pageOnly are files of this package whose words stand on pages alone, in the pages' languages.
var pageOnly = map[string]bool{"assessment.go": true, "explain.go": true, "time.go": true}

// TestWhatAMessageAsksForExistsInEveryLanguage reads what words messages: every key that it
// names, and every reason of a revision, stands in each of the nine languages.
func TestWhatAMessageAsksForExistsInEveryLanguage(t *testing.T) {
	t.Parallel()
	b, used := book(t), 0
	check := func(path, key string) {
		used++
		for _, l := range MessageLanguages() {
			if !b.keys[l][key] {
				t.Errorf("%s words messages with %q, which has no words in %s", path, key, l)
			}
		}
	}
	for _, root := range []string{"../delivery", "."} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || pageOnly[path] {
				return err
			}
			switch {
			case strings.HasSuffix(path, ".html"):
				raw, err := os.ReadFile(path)
				for _, m := range inTemplate.FindAllStringSubmatch(string(raw), -1) {
					check(path, m[1])
				}
				return err
			case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
				for _, key := range goKeys(t, path) {
					check(path, key)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range reasons(t) {
		check("warning.Reason", "reason."+r)
	}
	for _, said := range []string{"have_it", "need_help", "cannot", "done"} {
		check("an answer", "answer."+said)
	}
	if used < 100 {
		t.Errorf("found only %d uses: does the search still work?", used)
	}
}

// reasons reads the constants of warning.Reason from their source.
func reasons(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../warning/warning.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		kind, named := v.Type.(*ast.Ident)
		lit, isLit := v.Values[0].(*ast.BasicLit)
		if named && isLit && kind.Name == "Reason" {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				out = append(out, s)
			}
		}
		return true
	})
	if len(out) < 15 {
		t.Fatalf("found only %d reasons", len(out))
	}
	return out
}

// goKeys lists the literal first arguments of calls of a method T.
func goKeys(t *testing.T, path string) []string {
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return nil // another package at work; its own tests tell
	}
	var keys []string
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		lit, isLit := call.Args[0].(*ast.BasicLit)
		if ok && isLit && sel.Sel.Name == "T" && lit.Kind == token.STRING {
			if key, err := strconv.Unquote(lit.Value); err == nil {
				keys = append(keys, key)
			}
		}
		return true
	})
	return keys
}

func TestEveryHazardHasWordsAndInstructions(t *testing.T) {
	t.Parallel()
	b := book(t)
	for _, lang := range Languages() {
		s := b.For(lang)
		for _, h := range event.Hazards() {
			if strings.Contains(s.Hazard(h), "⟦") {
				t.Errorf("%s: no word for %s", lang, h)
			}
			for l := level.Yellow; l <= level.Red; l++ {
				if key := "do." + string(h) + "." + l.String(); !s.Has(key) {
					t.Errorf("%s: no %s", lang, key)
				}
			}
		}
	}
}

func TestUnknownKeyIsSeen(t *testing.T) {
	t.Parallel()
	if got := book(t).For("en").T("no.such.key"); got != "⟦no.such.key⟧" {
		t.Errorf("got %q", got)
	}
}

func TestVariablesAndPlurals(t *testing.T) {
	t.Parallel()
	en, zh := book(t).For("en"), book(t).For("zh")
	for _, c := range []struct{ got, want string }{
		{en.T("chance", "Word", "likely", "Percent", "60 %"), "likely, 60 %"},
		{en.T("chance", map[string]any{"Word": "likely", "Percent": "60 %"}), "likely, 60 %"},
		{en.T("chance", "Word", "{{.Percent}}", "Percent", "60 %"), "{{.Percent}}, 60 %"},
		{en.T("chance", "Word", "likely"), "likely, ⟦Percent⟧"},
		{en.T("preview.changes", "N", 1), "1 change"},
		{en.T("preview.changes", "N", int64(2)), "2 changes"},
		{zh.T("preview.changes", "N", 1), "1 处更改"},
		{en.People(1530), "1,530 people"},
		{en.People(1), "1 person"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestFor(t *testing.T) {
	t.Parallel()
	b := book(t)
	for in, want := range map[string]string{
		"en": "en", "zh": "zh", "zh-CN": "zh", "zh-Hans": "zh", "fr": "fr", "": "en", "de;q=1, zh-TW;q=0.8": "zh", "\x00": "en",
		"pt-BR": "pt", "es-419": "es", "ar-EG": "ar", "sw-TZ": "sw", "ru-KZ": "ru", "id-ID": "id", "de": "en",
	} {
		if got := b.For(in).Language(); got != want {
			t.Errorf("For(%q) = %s, want %s", in, got, want)
		}
	}
}

// TestForPage: pages exist in fewer languages than messages; who asks for another gets the
// next one that is wanted, or English.
func TestForPage(t *testing.T) {
	t.Parallel()
	b := book(t)
	for in, want := range map[string]string{"en": "en", "zh": "zh", "zh-CN": "zh", "fr": "en", "ar": "en", "": "en", "fr, zh;q=0.8": "zh"} {
		if got := b.ForPage(in).Language(); got != want {
			t.Errorf("ForPage(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestKeyTwiceIsAnError(t *testing.T) {
	t.Parallel()
	_, err := load(fstest.MapFS{
		"c/a.en.yaml": {Data: []byte("x.y: one")}, "c/b.en.yaml": {Data: []byte("x.y: two")},
	}, "c")
	if err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("got %v", err)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 7, 4, 12, 5, 0, time.UTC)
	en, zh := book(t).For("en"), book(t).For("zh")
	for _, c := range []struct{ got, want string }{
		{en.Time(at, "Africa/Nairobi"), "7 Oct 2026, 07:12 Nairobi (UTC+3)"},
		{en.Time(at, "Asia/Kathmandu"), "7 Oct 2026, 09:57 Kathmandu (UTC+5:45)"},
		{en.Time(at, "America/Argentina/Buenos_Aires"), "7 Oct 2026, 01:12 Buenos Aires (UTC−3)"},
		{en.Time(at, "No/Where"), "7 Oct 2026, 04:12 UTC"},
		{en.Time(time.Time{}, "UTC"), "–"},
		{zh.Time(at, "Asia/Shanghai"), "2026年10月7日 12:12 Shanghai (UTC+8)"},
		{en.Clock(at, "UTC"), "04:12 UTC"},
		{en.Moment(at, at.Add(time.Hour), "UTC"), "04:12:05"},
		{en.Moment(at, at.Add(30*time.Hour), "UTC"), "7 Oct 04:12"},
		{en.Age(-time.Second), "0 s"},
		{en.Age(41 * time.Second), "41 s"},
		{en.Age(12 * time.Minute), "12 min"},
		{en.Age(152 * time.Minute), "2 h 32 min"},
		{en.Age(7*time.Hour + time.Minute), "7 h"},
		{en.Age(75 * time.Hour), "3 d"},
		{en.Ahead(at, at.Add(time.Minute)), "now"},
		{en.Ahead(at.Add(18*time.Hour+40*time.Minute), at), "in 19 h"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	en := book(t).For("en")
	for _, c := range []struct{ got, want string }{
		{en.Number(6.9, ""), "6.9"},
		{en.Number(31, "km"), "31\u00a0km"},
		{en.Number(12500, "ha"), "12,500\u00a0ha"},
		{en.Number(0.0123, ""), "0.012"},
		{en.Number(-1234, ""), "-1,234"},
		{en.Count(1000000), "1,000,000"},
		{en.Percent(0.834), "83 %"},
		{en.Percent(0.999), "> 99 %"},
		{en.Percent(0), "< 1 %"},
		{en.Chance(0.83), "very likely, 83 %"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
