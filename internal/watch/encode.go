package watch

import (
	"encoding/json"
	"fmt"
	"sync/atomic"

	"watchfire.dev/internal/crew"
	"watchfire.dev/internal/exposure"
)

// ProjectRows are an event's rows of one project, as JSON.
type ProjectRows struct {
	Project string
	N       int
	Body    []byte
}

// Split encodes an event's rows by project, in the order in which the projects come.
func Split(rows []exposure.Exposure) ([]ProjectRows, error) {
	byProject := rowsByProject(rows)
	var order []string
	seen := make(map[string]bool, len(byProject))
	for i := range rows {
		if p := rows[i].Project; !seen[p] {
			seen[p] = true
			order = append(order, p)
		}
	}
	out := make([]ProjectRows, 0, len(order))
	for _, p := range order {
		raw, err := json.Marshal(byProject[p])
		if err != nil {
			return nil, fmt.Errorf("rows of project %s: %w", p, err)
		}
		out = append(out, ProjectRows{Project: p, N: len(byProject[p]), Body: raw})
	}
	return out, nil
}

// rowsByProject parts rows by project, in the order in which they come; as a rule a project's
// are together.
func rowsByProject(rows []exposure.Exposure) map[string][]exposure.Exposure {
	out := map[string][]exposure.Exposure{}
	for i := 0; i < len(rows); {
		j := i + 1
		for j < len(rows) && rows[j].Project == rows[i].Project {
			j++
		}
		p := rows[i].Project
		if had, known := out[p]; known {
			out[p] = append(had, rows[i:j]...)
		} else {
			out[p] = rows[i:j:j]
		}
		i = j
	}
	return out
}

// manyRows is from how many rows on encoding them is worth several goroutines.
const manyRows = 200

// encode makes what the transaction would have to make while everybody waits for it: events,
// warnings and rows as JSON, and the journal entries that hold their hashes. What fails of the
// rows is made again there, and says so.
func (b *Batch) encode(workers int) {
	weight := 0
	for i := range b.Decisions {
		weight += weightOfDecision(&b.Decisions[i].Decision)
	}
	if weight < manyRows {
		workers = 1
	}
	parts := func(d *OrgDecision) bool { return workers > 1 && len(d.Exposures) >= manyRows && d.Split == nil }
	crew.Spread(workers, len(b.Decisions), func(i int) {
		if !parts(&b.Decisions[i]) {
			b.encodeOne(i)
		}
	})
	for i := range b.Decisions {
		if d := &b.Decisions[i]; parts(d) {
			d.Split = splitWith(workers, d.Exposures)
			b.encodeOne(i)
		}
	}
}

// encodeOne is encode for one decision.
func (b *Batch) encodeOne(i int) {
	d := &b.Decisions[i]
	if d.entry > 0 {
		d.Encoded = said(&b.Journal[d.entry-1], d)
		d.entry = 0
	}
	if len(d.Exposures) > 0 && d.Split == nil {
		d.Split, _ = Split(d.Exposures)
	}
}

// splitWith is Split on several goroutines; nil when it fails, or when a project's rows are not
// together.
func splitWith(workers int, rows []exposure.Exposure) []ProjectRows {
	type span struct{ from, to int }
	var spans []span
	seen := map[string]bool{}
	for i := 0; i < len(rows); {
		j := i + 1
		for j < len(rows) && rows[j].Project == rows[i].Project {
			j++
		}
		if seen[rows[i].Project] {
			return nil
		}
		seen[rows[i].Project] = true
		spans = append(spans, span{i, j})
		i = j
	}
	out := make([]ProjectRows, len(spans))
	var failed atomic.Bool
	crew.Spread(workers, len(spans), func(i int) {
		part := rows[spans[i].from:spans[i].to]
		raw, err := json.Marshal(part)
		if err != nil {
			failed.Store(true)
			return
		}
		out[i] = ProjectRows{Project: part[0].Project, N: len(part), Body: raw}
	})
	if failed.Load() {
		return nil
	}
	return out
}
