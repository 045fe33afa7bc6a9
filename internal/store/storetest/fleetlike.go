package storetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/replay"
	"watchfire.dev/internal/warning"
)

type asDecided struct {
	warnings, events map[string]string
	rows             map[string]int
}

// replayed is what one process decides of the same inputs.
func (f *fleet) replayed() asDecided {
	f.Helper()
	db := f.all[0].db
	steps, err := db.Inputs(f.Context(), "o")
	if err != nil {
		f.Fatal(err)
	}
	base, _, err := db.Behind(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	var log, full bytes.Buffer
	cfg := replay.Config{Org: "o", Policy: warning.DefaultPolicy(), Portfolio: portfolio.Portfolio{Org: "o"}, Matcher: indexed, Rater: raterOf, Until: base.At}
	if _, err := replay.Run(cfg, steps, &log); err != nil {
		f.Fatal(err)
	}
	if err := replay.Expand(&log, &full); err != nil {
		f.Fatal(err)
	}
	out := asDecided{map[string]string{}, map[string]string{}, map[string]int{}}
	for d := json.NewDecoder(&full); d.More(); {
		var line struct {
			Event     *event.Event
			Exposures []exposure.Exposure
			Warning   json.RawMessage
		}
		if err := d.Decode(&line); err != nil {
			f.Fatal(err)
		}
		if line.Warning != nil {
			var w warning.Warning
			if err := json.Unmarshal(line.Warning, &w); err != nil {
				f.Fatal(err)
			}
			out.warnings[fmt.Sprint(w.ID, " ", w.Revision)] = string(line.Warning)
		}
		if line.Event != nil {
			out.events[fmt.Sprint(line.Event.ID, " ", line.Event.Revision)] = line.Event.Updated.String()
			prefix := fmt.Sprint(line.Event.ID, " ", line.Event.Revision, " ")
			maps.DeleteFunc(out.rows, func(k string, _ int) bool { return strings.HasPrefix(k, prefix) })
			for _, x := range line.Exposures {
				out.rows[prefix+x.Project]++
			}
		}
	}
	return out
}

// stored is what the fleet decided.
func (f *fleet) stored() asDecided {
	f.Helper()
	db := f.all[0].db
	events, warnings, err := db.Decisions(f.Context(), "o")
	if err != nil {
		f.Fatal(err)
	}
	out := asDecided{map[string]string{}, map[string]string{}, map[string]int{}}
	for _, raw := range warnings {
		var w warning.Warning
		if err := json.Unmarshal(raw, &w); err != nil {
			f.Fatal(err)
		}
		out.warnings[fmt.Sprint(w.ID, " ", w.Revision)] = string(raw)
	}
	for _, e := range events {
		out.events[fmt.Sprint(e.ID, " ", e.Revision)] = e.Updated.String()
	}
	rows, err := db.Reader().QueryContext(f.Context(), "SELECT event, revision, project, rows FROM exposure")
	if err != nil {
		f.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var e, p string
		var rev, n int
		if err := rows.Scan(&e, &rev, &p, &n); err != nil {
			f.Fatal(err)
		}
		out.rows[fmt.Sprint(e, " ", rev, " ", p)] = n
	}
	if err := rows.Err(); err != nil {
		f.Fatal(err)
	}
	return out
}

func (f *fleet) decidesLikeOne() {
	f.Helper()
	got, want := f.stored(), f.replayed()
	if len(want.warnings) == 0 || len(want.rows) == 0 {
		f.Fatal("nothing was decided")
	}
	same(f.T, "warning", got.warnings, want.warnings)
	same(f.T, "event", got.events, want.events)
	same(f.T, "rows", got.rows, want.rows)
	(&bench{T: f.T, db: f.all[0].db}).verifyJournal()
	(&bench{T: f.T, db: f.all[0].db}).noOrphans()
}

func same[V comparable](t *testing.T, what string, got, want map[string]V) {
	t.Helper()
	for k, v := range want {
		if g, ok := got[k]; !ok || g != v {
			t.Errorf("%s %s: several decided %v (there %v), one decides %v", what, k, g, ok, v)
		}
	}
	for k, v := range got {
		if _, ok := want[k]; !ok {
			t.Errorf("%s %s: several decided %v, one does not", what, k, v)
		}
	}
}
