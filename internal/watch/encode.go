package watch

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"

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
	var order []string
	byProject := map[string][]exposure.Exposure{}
	for i := 0; i < len(rows); {
		j := i + 1
		for j < len(rows) && rows[j].Project == rows[i].Project {
			j++
		}
		p := rows[i].Project
		had, known := byProject[p]
		if !known {
			order = append(order, p)
			byProject[p] = rows[i:j:j]
		} else {
			byProject[p] = append(had, rows[i:j]...)
		}
		i = j
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

// manyRows is from how many rows on encoding them is worth several goroutines.
const manyRows = 200

// encode makes what the transaction would have to make while everybody waits for it: rows as
// JSON. What fails is made again there, and says so.
func (b *Batch) encode(workers int) {
	rows := 0
	for _, d := range b.Decisions {
		rows += len(d.Exposures)
	}
	if rows < manyRows {
		workers = 1
	}
	for i := range b.Decisions {
		d := &b.Decisions[i]
		if len(d.Exposures) == 0 || d.Split != nil {
			continue
		}
		if workers <= 1 || len(d.Exposures) < manyRows {
			d.Split, _ = Split(d.Exposures)
			continue
		}
		d.Split = splitWith(workers, d.Exposures)
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
	var next atomic.Int64
	var failed atomic.Bool
	var group sync.WaitGroup
	for range min(workers, len(spans)) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(spans); i = int(next.Add(1)) - 1 {
				part := rows[spans[i].from:spans[i].to]
				raw, err := json.Marshal(part)
				if err != nil {
					failed.Store(true)
					return
				}
				out[i] = ProjectRows{Project: part[0].Project, N: len(part), Body: raw}
			}
		})
	}
	group.Wait()
	if failed.Load() {
		return nil
	}
	return out
}
