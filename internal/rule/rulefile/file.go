// Package rulefile reads users' rules from a file, with the cases that show what they do, so
// that a rule can be checked and tried before anybody depends on it. Every mistake is named
// by file, line, column, rule and field, and every case that fails says which part of which
// condition did not hold. It installs nothing: rules go into an installation by page or
// API, and start there in shadow.
package rulefile

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/rule"
)

// The limits of a file. Bytes and line length bound the work of reading YAML.
const (
	maxFile     = 256 << 10
	maxLine     = 5_000 // bytes
	maxDepth    = 12    // of lists and keys in one another
	maxBrackets = 100   // open at once, or opened on one line
	maxCases    = 2_000
	maxProblems = 100 // reported at once
)

// file holds rules with the cases that show what they do.
type file struct {
	rules []*rule.Rule
	cases []trial
}

// Check reads a file of rules and returns everything that is wrong in it, in the order of
// the file: mistakes of form, rules that do not compile, cases that describe nothing. No
// problem means that Test can run it.
func Check(path string) []rule.Problem {
	_, problems := read(path, nil)
	return problems
}

// CheckFor is Check and tells also which rules route to a contact that the portfolio does
// not have, or that has no channel.
func CheckFor(path string, p portfolio.Portfolio) []rule.Problem {
	_, problems := read(path, &p)
	return problems
}

// Test runs the cases of a file, writes a line for each and, for one that fails, why. A
// file with mistakes is an error of type rule.Problems, which wraps fault.ErrInvalid.
// A rule acts in a case whatever its mode, unless it is off.
func Test(path string, w io.Writer) (passed, failed int, err error) {
	f, problems := read(path, nil)
	return f.test(problems, w)
}

// TestBytes is Test for a file that somebody sent; name is how messages call it.
func TestBytes(name string, raw []byte) (passed, failed int, report string, err error) {
	if len(raw) > maxFile {
		return 0, 0, "", fmt.Errorf("%s has more than %d bytes: %w", name, maxFile, fault.ErrTooLarge)
	}
	var w strings.Builder
	f, problems := parse(name, raw, nil)
	passed, failed, err = f.test(problems, &w)
	return passed, failed, w.String(), err
}

func (f file) test(problems []rule.Problem, w io.Writer) (passed, failed int, err error) {
	if len(problems) > 0 {
		return 0, 0, rule.Problems(problems)
	}
	for _, t := range f.cases {
		ok, err := t.run(f.rules, w)
		if err != nil {
			return passed, failed, fmt.Errorf("case %s: %w", t.name, err)
		}
		if ok {
			passed++
		} else {
			failed++
		}
	}
	return passed, failed, nil
}

func read(path string, p *portfolio.Portfolio) (file, []rule.Problem) {
	raw, err := load(path)
	if err != nil {
		return file{}, []rule.Problem{{File: path, Message: err.Error()}}
	}
	return parse(path, raw, p)
}

func load(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxFile {
		return nil, fmt.Errorf("the file has more than %d bytes: %w", maxFile, fault.ErrTooLarge)
	}
	return raw, nil
}

// parse is read without the disk. p is what contacts are looked up in; nil = they are not.
func parse(path string, raw []byte, p *portfolio.Portfolio) (file, []rule.Problem) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	root, problems := tree(raw)
	d := &decoder{lines: bytes.Split(raw, []byte("\n")), problems: problems, portfolio: p}
	var f file
	if len(problems) == 0 {
		f = d.file(root)
	}
	slices.SortStableFunc(d.problems, func(a, b rule.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if n := len(d.problems); n > maxProblems {
		more := rule.Problem{Message: fmt.Sprintf("and %d more problems", n-maxProblems)}
		d.problems = append(d.problems[:maxProblems:maxProblems], more)
	}
	for i := range d.problems {
		d.problems[i].File = path
	}
	return f, d.problems
}

const oneDocument = "a file of rules is one document: remove the \"---\""

// bounded refuses what could make reading YAML slow before any of it is read.
func bounded(raw []byte) (problem rule.Problem, ok bool) {
	if !utf8.Valid(raw) {
		return rule.Problem{Line: 1, Column: 1, Message: "the file is not UTF-8 text"}, false
	}
	depth, documents := 0, 0
	for i, line := range bytes.Split(raw, []byte("\n")) {
		if len(line) > maxLine {
			return rule.Problem{Line: i + 1, Column: 1, Message: fmt.Sprintf("the line has more than %d bytes: use \"when: |\" and several lines", maxLine)}, false
		}
		if bytes.HasPrefix(line, []byte("---")) || bytes.HasPrefix(line, []byte("...")) {
			if documents++; documents > 2 { // one may begin the file and one end it
				return rule.Problem{Line: i + 1, Column: 1, Message: oneDocument}, false
			}
		}
		// Brackets in texts and comments count too: no honest file comes near the bound.
		opened := bytes.Count(line, []byte("[")) + bytes.Count(line, []byte("{"))
		closed := bytes.Count(line, []byte("]")) + bytes.Count(line, []byte("}"))
		if opened > maxBrackets || depth+opened-closed > maxBrackets {
			return rule.Problem{Line: i + 1, Column: 1, Message: "too many brackets are open here"}, false
		}
		depth = max(0, depth+opened-closed)
	}
	return rule.Problem{}, true
}
