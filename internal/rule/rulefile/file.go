// Package rulefile reads users' rules from a file, with the cases that show what they do, so
// that a rule can be checked and tried before anybody depends on it. Every mistake is named
// by file, line, rule and field. It installs nothing: rules go into an installation by page
// or API, and start there in shadow.
package rulefile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/rule"
	"watchfire.dev/internal/watch"
)

// A file holds rules with the cases that show what they do.
type file struct {
	Rules []fileRule `yaml:"rules"`
	Cases []fileCase `yaml:"cases"`
}

type fileRule struct {
	ID   string    `yaml:"id"`
	Name string    `yaml:"name"`
	When string    `yaml:"when"`
	Then rule.Then `yaml:"then"`
	To   string    `yaml:"to"`
	Mode rule.Mode `yaml:"mode"`
}

// fileCase is one readable case. What is left out is empty, 0 or green; an event is at
// 2026-01-01T00:00:00Z unless it says otherwise. A rule acts in a case whatever its mode.
type fileCase struct {
	Name  string `yaml:"name"`
	Event struct {
		Hazard    event.Hazard       `yaml:"hazard"`
		Title     string             `yaml:"title"`
		Severity  string             `yaml:"severity"`
		Certainty string             `yaml:"certainty"`
		Measures  map[string]float64 `yaml:"measures"`
		Updated   time.Time          `yaml:"updated"`
		Sources   []struct {
			Source     string `yaml:"source"`
			Grade      string `yaml:"grade"`
			News       bool   `yaml:"news"`
			Instrument bool   `yaml:"instrument"`
		} `yaml:"sources"`
	} `yaml:"event"`
	Exposure struct {
		How        exposure.How `yaml:"how"`
		DistanceKM float64      `yaml:"distance_km"`
		Intensity  float64      `yaml:"intensity"`
		Unit       string       `yaml:"unit"`
		Persons    int          `yaml:"persons"`
		P1         float64      `yaml:"p1"`
		P2         float64      `yaml:"p2"`
		P3         float64      `yaml:"p3"`
		P4         float64      `yaml:"p4"`
		Level      string       `yaml:"level"`
	} `yaml:"exposure"`
	Asset struct {
		Kind    portfolio.Kind `yaml:"kind"`
		Code    string         `yaml:"code"`
		Name    string         `yaml:"name"`
		Country string         `yaml:"country"`
		Admin1  string         `yaml:"admin1"`
		Class   string         `yaml:"class"`
		Tags    []string       `yaml:"tags"`
		Lat     float64        `yaml:"lat"`
		Lon     float64        `yaml:"lon"`
	} `yaml:"asset"`
	Expect string `yaml:"expect"` // nothing, suppress, raise, lower, route:CONTACT; several with commas
}

// maxFile bounds a file of rules.
const maxFile = 1 << 20

// Check reads a file of rules and returns everything that is wrong in it, with line,
// rule and field; nothing when it is good.
func Check(path string) []rule.Problem {
	f, raw, problems := readRules(path)
	seen := map[string]bool{}
	for i, r := range f.Rules {
		if seen[r.ID] {
			problems = append(problems, rule.Problem{File: path, Line: lineOf(raw, r.ID), Rule: r.ID, Field: "id", Message: "used twice"})
		}
		seen[r.ID] = true
		if _, err := rule.Compile(r.row()); err != nil {
			problems = append(problems, located(path, raw, i, r, err)...)
		}
	}
	for _, c := range f.Cases {
		if _, _, _, err := c.facts(); err != nil {
			problems = append(problems, rule.Problem{File: path, Line: lineOf(raw, c.Name), Rule: "case " + c.Name, Message: err.Error()})
		}
	}
	return problems
}

func (r fileRule) row() rule.Row {
	return rule.Row{ID: r.ID, Name: r.Name, When: r.When, Then: r.Then, To: r.To, Mode: rule.On, Version: 1}
}

func readRules(path string) (file, []byte, []rule.Problem) {
	var f file
	raw, err := os.ReadFile(path)
	if err == nil && len(raw) > maxFile {
		err = fmt.Errorf("larger than %d bytes: %w", maxFile, fault.ErrTooLarge)
	}
	if err != nil {
		return f, nil, []rule.Problem{{File: path, Message: err.Error()}}
	}
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&f); err != nil {
		return f, raw, []rule.Problem{{File: path, Message: strings.TrimSpace(yaml.FormatError(err, false, false))}}
	}
	if len(f.Rules) == 0 {
		return f, raw, []rule.Problem{{File: path, Line: 1, Field: "rules", Message: "no rule in the file"}}
	}
	return f, raw, nil
}

// located puts the file's line to the problems of one rule: a condition's own line is
// counted from the line on which the rule's id stands.
func located(path string, raw []byte, i int, r fileRule, err error) []rule.Problem {
	line := lineOf(raw, r.ID)
	if line == 0 {
		line = i + 1
	}
	ps, ok := err.(rule.Problems) //nolint:errorlint // rule.Compile returns it bare
	if !ok {
		return []rule.Problem{{File: path, Line: line, Rule: r.ID, Message: err.Error()}}
	}
	out := slices.Clone(ps)
	for j := range out {
		out[j].File, out[j].Line = path, line
		if out[j].Rule == "" {
			out[j].Rule = r.ID
		}
	}
	return out
}

// lineOf finds the first line that holds the text, from 1; 0 = none.
func lineOf(raw []byte, text string) int {
	i := bytes.Index(raw, []byte(text))
	if text == "" || i < 0 {
		return 0
	}
	return bytes.Count(raw[:i], []byte("\n")) + 1
}

// Test runs the cases of a file and writes a line for each. A file with mistakes is an
// error wrapping fault.ErrInvalid.
func Test(path string, w io.Writer) (passed, failed int, err error) {
	if problems := Check(path); len(problems) > 0 {
		return 0, 0, rule.Problems(problems)
	}
	f, _, _ := readRules(path)
	versions := make([]watch.RuleVersion, len(f.Rules))
	for i, r := range f.Rules {
		body, err := json.Marshal(r.row())
		if err != nil {
			return 0, 0, err
		}
		versions[i] = watch.RuleVersion{ID: r.ID, Version: 1, Body: body}
	}
	rater, err := rule.Set(versions)
	if err != nil {
		return 0, 0, err
	}
	for _, c := range f.Cases {
		e, x, a, err := c.facts()
		if err != nil {
			return passed, failed, err
		}
		got := outcome(rater, e, x, a)
		want := normal(c.Expect)
		if got == want {
			passed++
			fmt.Fprintf(w, "ok    %s: %s\n", c.Name, got)
			continue
		}
		failed++
		fmt.Fprintf(w, "FAIL  %s: got %s, want %s\n", c.Name, got, want)
	}
	return passed, failed, nil
}

func normal(expect string) string {
	parts := strings.FieldsFunc(expect, func(r rune) bool { return r == ',' || r == ' ' })
	slices.Sort(parts)
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ",")
}

// outcome puts what the rules did into the words of a case.
func outcome(rater watch.Rater, e event.Event, x exposure.Exposure, a portfolio.Asset) string {
	effect, suppress, _ := rater.Rate(e, x, a)
	var did []string
	if suppress {
		did = append(did, "suppress")
	}
	if effect.Delta > 0 {
		did = append(did, "raise")
	}
	if effect.Delta < 0 {
		did = append(did, "lower")
	}
	for _, to := range effect.Route {
		did = append(did, "route:"+to)
	}
	return normal(strings.Join(did, ","))
}

// facts makes the nouns of a case.
func (c fileCase) facts() (event.Event, exposure.Exposure, portfolio.Asset, error) {
	l := level.Green
	if c.Exposure.Level != "" {
		var err error
		if l, err = level.Parse(c.Exposure.Level); err != nil {
			return event.Event{}, exposure.Exposure{}, portfolio.Asset{}, err
		}
	}
	at := c.Event.Updated
	if at.IsZero() {
		at = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	e := event.Event{
		ID: "case", Hazard: c.Event.Hazard, Title: c.Event.Title, Severity: c.Event.Severity, Certain: c.Event.Certainty,
		State: event.Ongoing, Updated: at, Fresh: at,
	}
	names := make([]string, 0, len(c.Event.Measures))
	for name := range c.Event.Measures {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		e.Measures = append(e.Measures, event.Measure{Name: name, Value: c.Event.Measures[name]})
	}
	for _, s := range c.Event.Sources {
		e.Reports = append(e.Reports, event.Standing{
			Key: s.Source, Signal: s.Source, Stand: event.Live, Source: s.Source, Owner: s.Source, News: s.News, Instrument: s.Instrument,
			Grade: event.Grade{Reliability: s.Grade}, Received: at,
		})
	}
	x := exposure.Exposure{
		Event: "case", Hazard: c.Event.Hazard, Asset: "case", Kind: c.Asset.Kind, Name: c.Asset.Name, How: c.Exposure.How,
		DistanceKM: c.Exposure.DistanceKM, Intensity: exposure.Intensity{Value: c.Exposure.Intensity, Unit: c.Exposure.Unit},
		Persons: c.Exposure.Persons, P: level.P{1, c.Exposure.P1, c.Exposure.P2, c.Exposure.P3, c.Exposure.P4}.Monotone(), Level: l, PEvent: 1,
	}
	a := portfolio.Asset{
		ID: "case", Kind: c.Asset.Kind, Code: c.Asset.Code, Name: c.Asset.Name, Country: c.Asset.Country, Admin1: c.Asset.Admin1,
		Class: c.Asset.Class, Tags: c.Asset.Tags, Shape: geo.At(c.Asset.Lat, c.Asset.Lon, 0),
	}
	return e, x, a, nil
}
