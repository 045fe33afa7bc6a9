package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// failStory kills the program at one step and starts it again: nothing that was acknowledged
// is lost, the warning reaches its reader, at most the one message in flight is repeated,
// and the journal is whole.
const failStory = `# killed at %[1]s
subst sources.yaml
exec watchfire portfolio import --config watchfire.yaml portfolio.csv
serve WATCHFIRE_FAILPOINT=%[1]s
died
serve
mailatmost ann@example.org 'Quetta Rail' 2
mail ben@example.org 'Quetta Rail'
worked
halt
exec watchfire journal verify --config watchfire.yaml
stdout 'good'
exec watchfire replay --installed --config watchfire.yaml
stderr 'warning revisions'
orphans
`

// TestKilledAtEveryStep lists the fail points from the sources, so that a new step without
// its story cannot be.
func TestKilledAtEveryStep(t *testing.T) {
	steps := failpoints(t)
	if len(steps) < 9 {
		t.Fatalf("only %d fail points found: %v", len(steps), steps)
	}
	archive, err := os.ReadFile("../../testdata/script/kill_and_restart.txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, files, _ := strings.Cut(string(archive), "\n-- ")
	dir := t.TempDir()
	for _, step := range steps {
		if step == "accepted" && os.Getenv("WATCHFIRE_TEST_ENGINE") != "postgres" {
			continue // a file has no order of inputs: they are decided as they come
		}
		if step == "assessed" {
			continue // it has a story of its own: assess_killed
		}
		files := files
		if step == "portion" { // between two projects that one event reaches
			if os.Getenv("WATCHFIRE_TEST_ENGINE") == "postgres" {
				continue // deciders write everything at once
			}
			files = strings.Replace(files, "project,,kafue,", "project,,sibi,Sibi Road,PK,Asia/Karachi,,,,,,,\nsite,sibi,s1,Camp 3,PK,,30.25,67.05,all 20,masonry,,,\n"+
				"contact,sibi,dee,Dee Khan,,Asia/Karachi,,,,,1,en,email:dee@example.org\nproject,,kafue,", 1)
		}
		story := fmt.Sprintf(failStory, step) + "\n-- " + files
		if err := os.WriteFile(filepath.Join(dir, "killed_at_"+strings.ReplaceAll(step, "-", "_")+".txtar"), []byte(story), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	testscript.Run(t, testscript.Params{Dir: dir, Setup: setup, RequireExplicitExec: true, Cmds: storyCommands()})
}

// failpoints finds every call of Failpoint("name") or fail("name") in the sources.
func failpoints(t *testing.T) []string {
	var names []string
	err := filepath.WalkDir("../../internal", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			lit, isText := call.Args[0].(*ast.BasicLit)
			if ok && isText && (sel.Sel.Name == "Failpoint" || sel.Sel.Name == "fail") && lit.Kind == token.STRING {
				if name, err := strconv.Unquote(lit.Value); err == nil && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// worked waits until every stored record was worked through: what a killed process had in hand
// another takes after some seconds.
func worked(ts *testscript.TestScript, neg bool, args []string) {
	db := installed(ts)
	defer db.Close()
	ts.Check(within(40*time.Second, func() error {
		var n int
		err := db.Reader().QueryRowContext(context.Background(), "SELECT count(*) FROM receipt WHERE state = 'stored'").Scan(&n)
		if err == nil && n > 0 {
			err = fmt.Errorf("%d records are not worked through", n)
		}
		return err
	}))
}
