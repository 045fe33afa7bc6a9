package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

var start = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

// camp is a portfolio of one site.
func camp(lat float64) portfolio.Portfolio {
	return portfolio.Portfolio{Org: "o", Projects: []portfolio.Project{{ID: "p", Zone: "UTC"}}, Assets: []portfolio.Asset{
		{ID: "a", Project: "p", Kind: portfolio.Site, Country: "PK", Shape: geo.At(lat, 67, 0), Shifts: []portfolio.Shift{{Count: 40}}},
	}}
}

func cfg(workers int) Config {
	return Config{
		Org: "o", Policy: warning.DefaultPolicy(), Portfolio: camp(30), Workers: workers, Until: start.Add(90 * 24 * time.Hour),
		Matcher: func(p portfolio.Portfolio) watch.Matcher { return exposure.NewIndex(p) },
		Rater:   func([]watch.RuleVersion) (watch.Rater, error) { return nil, nil },
	}
}

// quakes are n inputs of one earthquake each near the camp, half of them told by people, who
// are believed by what was learned of them.
func quakes(n int) []Step {
	var out []Step
	for i := range n {
		at := start.Add(time.Duration(i) * 5 * time.Hour)
		s := event.Signal{
			Source: "seis", Key: fmt.Sprintf("seis:%d", i/2), Version: fmt.Sprint(i), Order: int64(i), Act: event.Report, Status: event.Actual,
			Hazard: event.Earthquake, Received: at, Occurred: at, Instrument: i%4 < 2, Grade: event.Grade{Reliability: "C", Credibility: 3},
			Texts:      []event.Text{{Language: "en", Headline: "M"}},
			Measures:   event.Measures{{Name: "magnitude", Value: 5 + float64(i%7)/3}, {Name: "depth", Value: 10}},
			Footprints: []event.Footprint{{Shape: geo.At(30.2+float64(i%3)/5, 67, 5), Role: event.Centre}},
		}
		if i%6 == 5 {
			s.Act = event.Cancel
		}
		s.ID = event.SignalID(s)
		out = append(out, Step{At: at, Signals: []event.Signal{s}})
	}
	return out
}

// The line of stations writes what one core decides step by step, with acts of people between
// the signals: a portfolio that moves the camp away and back.
func TestStationsDecideAsOneGoroutineDoes(t *testing.T) {
	defer goleak.VerifyNone(t)
	steps := quakes(300)
	far, near := camp(-40), camp(30)
	for i, p := range []*portfolio.Portfolio{&far, &near, &near} {
		at := start.Add(time.Duration(i*400+99) * time.Hour)
		steps = append(steps, Step{At: at, Act: &watch.Act{What: "portfolio"}, Portfolio: p})
	}
	steps = Steps(nil, steps)
	core := watch.NewCore("o", warning.DefaultPolicy(), exposure.NewIndex(camp(30)), nil)
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	decided := 0
	put := func(ds []watch.Decision, err error) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range ds {
			decided++
			if err := enc.Encode(&ds[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, s := range steps {
		put(apply(core, cfg(1), s))
	}
	put(core.Advance(start.Add(90*24*time.Hour)), nil)
	for _, workers := range []int{0, 1, 4} {
		var got bytes.Buffer
		sum, err := Run(cfg(workers), slices.Clone(steps), &got)
		if err != nil {
			t.Fatal(err)
		}
		if short, n := got.Len(), want.Len(); short >= n {
			t.Errorf("%d workers: the log has %d bytes, its decisions %d", workers, short, n)
		}
		var full bytes.Buffer
		if err := Expand(&got, &full); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(full.Bytes(), want.Bytes()) {
			t.Errorf("%d workers: another log of %d bytes, want %d", workers, full.Len(), want.Len())
		}
		if sum.Inputs != 303 || sum.Signals != 300 || sum.Decisions != decided || sum.Warnings < 10 || !sum.From.Equal(start) {
			t.Errorf("%d workers: %+v, want %d decisions", workers, sum, decided)
		}
	}
}

// A warning's rows are found again where they are not those of its event's newest line: a
// person's act after a new portfolio, in which the camp has another name, keeps the rows of
// the revision before; silent sources move the chances.
func TestAWarningFindsItsRowsAgain(t *testing.T) {
	defer goleak.VerifyNone(t)
	settings := cfg(2)
	settings.Until = start.Add(12 * time.Hour)
	strong := quakes(1)
	strong[0].Signals[0].Measures[0].Value = 7.5
	core := watch.NewCore("o", warning.DefaultPolicy(), exposure.NewIndex(camp(30)), nil)
	opened := core.Observe(start, strong[0].Signals)
	w := opened[len(opened)-1].Warning
	if w == nil {
		t.Fatal("nobody is warned of the earthquake")
	}
	renamed := camp(30)
	renamed.Assets[0].Name = "another name"
	at := func(hours int) time.Time { return start.Add(time.Duration(hours) * time.Hour) }
	steps := Steps(nil, append(strong,
		Step{At: at(1), Act: &watch.Act{What: "portfolio"}, Portfolio: &renamed},
		Step{At: at(2), Act: &watch.Act{What: string(warning.DoHelp), Subject: w.ID, Actor: "ann"}},
		Step{At: at(3), Act: &watch.Act{What: "silent", Subject: "seis", Since: at(1), Every: time.Minute}}))
	var want, log, got bytes.Buffer
	core = watch.NewCore("o", warning.DefaultPolicy(), exposure.NewIndex(camp(30)), nil)
	for _, s := range steps {
		ds, err := apply(core, settings, s)
		if err != nil {
			t.Fatal(err)
		}
		for i := range ds {
			want.WriteString(whole(t, &ds[i]))
		}
	}
	for _, d := range core.Advance(settings.Until) {
		want.WriteString(whole(t, &d))
	}
	if _, err := Run(settings, steps, &log); err != nil {
		t.Fatal(err)
	}
	for _, mark := range []string{`"rows_of":1`, `"blind":["seis"]`, `"level":"orange","p_event":0.`} {
		if !bytes.Contains(log.Bytes(), []byte(mark)) {
			t.Errorf("%s is not in the log:\n%s", mark, &log)
		}
	}
	if err := Expand(bytes.NewReader(log.Bytes()), &got); err != nil {
		t.Fatal(err)
	}
	if got.String() != want.String() {
		t.Errorf("got\n%s\nwant\n%s", &got, &want)
	}
	_, rest, _ := bytes.Cut(log.Bytes(), []byte("\n"))
	for name, bad := range map[string][]byte{
		"without its first line": rest, "cut off": log.Bytes()[:log.Len()-9], "other rows": bytes.Replace(log.Bytes(), []byte(`"rows_of":1`), []byte(`"rows_of":7`), 1),
		"no place": []byte(`{"at":"","shared":{"inputs":[{"name":"x","value":1,"place":3}]},"exposures":[{"asset":"a"},{"asset":"b"}]}`),
	} {
		if err := Expand(bytes.NewReader(bad), &got); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("a log %s: %v", name, err)
		}
	}
}

// full is a disk that takes so many bytes.
type full struct{ left int }

var errFull = errors.New("no space left")

func (f *full) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestARunThatFailsEndsAndSaysWhy(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, room := range []int{0, 20_000, 200_000} {
		if _, err := Run(cfg(2), quakes(2000), &full{room}); !errors.Is(err, errFull) {
			t.Errorf("a full disk after %d bytes: %v", room, err)
		}
	}
	steps := quakes(500)
	steps[300] = Step{At: steps[300].At, Act: &watch.Act{What: string(warning.DoEnd), Subject: "wrn_unknown"}}
	if _, err := Run(cfg(2), steps, &full{1 << 30}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("an act on a warning that is not there: %v", err)
	}
	broken := cfg(1)
	broken.Rater = func([]watch.RuleVersion) (watch.Rater, error) { return nil, fault.ErrInvalid }
	if _, err := Run(broken, steps, &full{1 << 30}); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("rules that cannot be read: %v", err)
	}
}
