package watchfire_test

import (
	"maps"
	"strings"
	"testing"
)

// sound is a small repository that keeps every rule.
var sound = map[string]string{
	"internal/fault/fault.go": `// Package fault is sound. It says three things. It holds errors.
package fault

import "errors"

// ErrInvalid is an error.
var ErrInvalid = errors.New("invalid")
`,
	"internal/event/event.go": `// Package event is sound. It says three things. It holds a table.
package event

import "watchfire.dev/internal/fault"

var order = [...]string{"a", "b"}

// Parse reads.
func Parse(b []byte) error {
	for _, o := range order {
		if o == string(b) {
			return nil
		}
	}
	return fault.ErrInvalid
}
`,
	"internal/event/event_test.go": `package event

import "testing"

func FuzzParse(f *testing.F) {}
`,
}

// broken adds one file to sound and says which rule must find it, and with which words.
var broken = []struct {
	name, rule, file, text, want string
}{
	{"a template of what somebody sent", "templates are embedded", "internal/web/web.go", `// Package web is. It is. It is.
package web

import "html/template"

// Page makes a page.
func Page(text string) (*template.Template, error) { return template.New("x").Parse("<p>" + text) }
`, "a template is made from something else"},
	{"a query with a text in it", "queries are constants", "internal/store/sqlite/find.go", `// Package sqlite is. It is. It is.
package sqlite

import (
	"context"
	"database/sql"
)

// Find finds.
func Find(ctx context.Context, db *sql.DB, name string) *sql.Row {
	q := "SELECT 1"
	if name != "" {
		q += " WHERE name = '" + name + "'"
	}
	return db.QueryRowContext(ctx, q)
}
`, "Find puts a query together"},
	{"rows of what somebody named", "queries are constants", "internal/store/sqlite/find.go", `// Package sqlite is. It is. It is.
package sqlite

import _ "database/sql"

func inserting(into string, key int) string { return into }

func table() string { return "x" }

var rows = inserting("a (b)"+table(), 0)
`, "a statement for many rows is put together"},
	{"a query that is formatted", "queries are constants", "internal/store/sqlite/find.go", `// Package sqlite is. It is. It is.
package sqlite

import (
	"database/sql"
	"fmt"
)

// Find finds.
func Find(db *sql.DB, name string) *sql.Row { return db.QueryRow(fmt.Sprintf("SELECT %q", name)) }
`, "Find puts a query together"},
	{"a later layer", "layers", "internal/event/later.go", `package event

import _ "watchfire.dev/internal/warning"
`, "event (noun) must not import warning"},
	{"a sibling adapter", "layers", "internal/feed/usgs/usgs.go", `// Package usgs is. It is. It is.
package usgs

import _ "watchfire.dev/internal/feed/gdacs"
`, "feed/usgs (adapter) must not import feed/gdacs"},
	{"an edge that knows the database", "layers", "internal/web/web.go", `// Package web is. It is. It is.
package web

import _ "watchfire.dev/internal/store/sqlite"
`, "web (edge) must not import store/sqlite"},
	{"a verifier that grows", "layers", "cmd/watchfire-verify/main.go", `// Command watchfire-verify is. It is. It is.
package main

import _ "watchfire.dev/internal/portfolio"
`, "must not import portfolio"},
	{"an unknown package", "layers", "internal/weather/weather.go", `// Package weather is. It is. It is.
package weather
`, "package weather is in no layer"},
	{"tests in the program", "test support stays in tests", "internal/event/support.go", `package event

import _ "watchfire.dev/internal/journal/journaltest"
`, "which is for tests"},
	{"a module nobody asked for", "outside modules", "internal/event/module.go", `package event

import _ "github.com/sirupsen/logrus"
`, "imports github.com/sirupsen/logrus"},
	{"a module of the tests", "outside modules", "internal/event/compare.go", `package event

import _ "github.com/google/go-cmp/cmp"
`, "imports github.com/google/go-cmp/cmp"},
	{"a module in the wrong place", "outside modules", "internal/event/store.go", `package event

import _ "modernc.org/sqlite"
`, "imports modernc.org/sqlite"},
	{"a decision that reads the disk", "decisions depend on their inputs", "internal/event/disk.go", `package event

import _ "os"
`, "a decision depends on its inputs alone"},
	{"a decision that asks the network", "decisions depend on their inputs", "internal/event/ask.go", `package event

import _ "net/http"
`, "a decision depends on its inputs alone"},
	{"the machine's time", "calls with one home", "internal/event/now.go", `package event

import clockwork "time"

func now() clockwork.Time { return clockwork.Now() }
`, "time.Now in event"},
	{"global chance", "calls with one home", "internal/event/chance.go", `package event

import "math/rand/v2"

func chance() int { return rand.IntN(6) }
`, "rand.IntN in event"},
	{"the environment", "calls with one home", "internal/event/env.go", `package event

import "os"

func home() string { return os.Getenv("HOME") }
`, "os.Getenv in event"},
	{"a way out past the guard", "calls with one home", "internal/event/out.go", `package event

import "net"

func out() { _, _ = net.Dial("tcp", "192.0.2.1:80") }
`, "net.Dial in event"},
	{"init", "no init", "internal/event/init.go", `package event

func init() {}
`, "func init in event"},
	{"a counter", "no mutable package variables", "internal/event/count.go", `package event

var count = 0

func next() int { count++; return count }
`, "a package variable is changed"},
	{"a table that is written to", "no mutable package variables", "internal/event/table.go", `package event

var seen = map[string]bool{}

func see(s string) { seen[s] = true }
`, "a package variable is changed"},
	{"a lock", "no mutable package variables", "internal/event/lock.go", `package event

import "sync"

var mu sync.Mutex
`, "variable mu has no value of its own"},
	{"an exported table", "no mutable package variables", "internal/event/exported.go", `package event

// Kinds are the kinds.
var Kinds = []string{"a"}
`, "variable Kinds is exported"},
	{"a shared object", "no mutable package variables", "internal/event/shared.go", `package event

var shared = newCache()

func newCache() map[string]int { return nil }
`, "variable shared holds what can change"},
	{"a long file", "sizes", "internal/event/long.go", "package event\n" + strings.Repeat("\n", maxFileLines), "long.go has 501 lines"},
	{"a long function", "sizes", "internal/event/longer.go", "package event\n\nfunc long() {\n" + strings.Repeat("\n", maxFuncLines-1) + "}\n", "long has 101 lines"},
	{"a package without a word", "package docs", "internal/id/id.go", "// Package id makes ids. That is all.\npackage id\n", "opens with 2 sentences"},
	{"a name that says nothing", "names", "internal/common/common.go", "package common\n", "the name says nothing"},
	{"a package unlike its folder", "names", "internal/id/id.go", "package identity\n", "is package identity in a folder id"},
	{"a parser without a fuzz target", "fuzz targets", "internal/geo/geo.go", `package geo

import "io"

// Read reads.
func Read(r io.Reader) error { return nil }
`, "reads bytes in Read and has no fuzz target"},
}

// TestRulesFindWhatIsBroken shows that each rule can fail, and that sound sources pass it.
func TestRulesFindWhatIsBroken(t *testing.T) {
	t.Parallel()
	byName := map[string]rule{}
	for _, r := range rules {
		byName[r.name] = r
		if found := r.check(parseTree(t, sound)); len(found) > 0 {
			t.Errorf("rule %q finds in sound sources: %v", r.name, found)
		}
	}
	shown := map[string]bool{"chain of imports": true} // shown below
	for _, b := range broken {
		shown[b.rule] = true
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			texts := maps.Clone(sound)
			texts[b.file] = b.text
			found := strings.Join(byName[b.rule].check(parseTree(t, texts)), "\n")
			if !strings.Contains(found, b.want) {
				t.Errorf("rule %q found %q, want %q", b.rule, found, b.want)
			}
		})
	}
	for _, r := range rules {
		if !shown[r.name] {
			t.Errorf("no source shows that the rule %q can fail", r.name)
		}
	}
}

// TestChainIsCounted builds a chain that is one import too long.
func TestChainIsCounted(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	name := func(i int) string { return strings.Repeat("x", i+1) }
	for i := range maxChain + 1 {
		text := "package " + name(i) + "\n"
		if i > 0 {
			text += "\nimport _ \"watchfire.dev/internal/" + name(i-1) + "\"\n"
		}
		texts["internal/"+name(i)+"/"+name(i)+".go"] = text
		found := checkChain(parseTree(t, texts))
		if tooLong := i == maxChain; tooLong != (len(found) > 0) {
			t.Fatalf("chain of %d: found %v", i+1, found)
		}
	}
}

// TestExemptions keeps the small print of the rules: generated files and functions
// that say why may be long, aliases of errors and embedded files are no state.
func TestExemptions(t *testing.T) {
	t.Parallel()
	texts := maps.Clone(sound)
	texts["internal/event/generated.go"] = "// Code generated by a test. DO NOT EDIT.\n\npackage event\n" + strings.Repeat("\n", maxFileLines)
	texts["internal/event/reason.go"] = "package event\n\n// long is a table of cases. Long because it is one switch.\nfunc long() {\n" +
		strings.Repeat("\n", maxFuncLines) + "}\n"
	texts["internal/event/vars.go"] = `package event

import (
	"embed"
	"regexp"
	"sync"

	"watchfire.dev/internal/fault"
)

//go:embed data/*.json
var files embed.FS

var (
	errBad = fault.ErrInvalid
	word   = regexp.MustCompile("[a-z]+")
	table  = sync.OnceValue(func() map[string]int { m := map[string]int{}; m["a"] = 1; return m })
)

var _ error = errBad

func use(word string) string { word = "shadows the variable of the package"; return word }
`
	for _, r := range rules {
		if found := r.check(parseTree(t, texts)); len(found) > 0 {
			t.Errorf("rule %q finds %v", r.name, found)
		}
	}
}
