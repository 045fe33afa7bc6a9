package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/watch"
)

// dying is a store whose process dies after a number of commits: later ones never happen.
type dying struct {
	watch.Store
	left int
}

var errDead = errors.New("the process is dead")

// Commit implements watch.Store.
func (d *dying) Commit(ctx context.Context, b *watch.Batch) error {
	if d.left--; d.left < 0 {
		return errDead
	}
	return d.Store.Commit(ctx, b)
}

// TestAnObservationInPortions: what one event means for many projects is committed project by
// project; wherever the process dies in between, the next one decides the rest, as at the
// instant of the first, before it hears anything else, and nothing twice. A replay that knows
// of no portions and no deaths decides the same bytes.
func TestAnObservationInPortions(t *testing.T, empty Maker) {
	const projects = 5
	path := empty(t)
	index := func(p portfolio.Portfolio) watch.Matcher { return exposure.NewIndex(p) }
	now := time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)
	b := startWith(t, path, now, index)
	b.change(func(p *portfolio.Portfolio) {
		*p = portfolio.Portfolio{Org: "o", Version: 1}
		for i := range projects {
			one := example()
			code := fmt.Sprint("p", i)
			one.Projects[0].ID, one.Projects[0].Code = code, code
			one.Contacts[0].ID, one.Contacts[0].Code, one.Contacts[0].Project = "c"+code, "c"+code, code
			p.Projects, p.Contacts = append(p.Projects, one.Projects[0]), append(p.Contacts, one.Contacts[0])
			for j := range 2 {
				a := one.Assets[0]
				a.ID, a.Code, a.Project, a.Shape = fmt.Sprint("a", i, j), fmt.Sprint("a", i, j), code, geo.At(30+float64(i)*0.01, 67+float64(j)*0.01, 0)
				p.Assets = append(p.Assets, a)
			}
		}
	})
	b.stop()
	for alive := range projects {
		now = b.clock().Add(time.Minute)
		b = startAs(t, path, now, index, func(cfg *watch.Config) {
			cfg.Portion, cfg.Store = 1, &dying{cfg.Store, alive}
		})
		s := quake(fmt.Sprint("usgs:", alive), alive, 7.5)
		s.Measures[0].Value += float64(alive) * 0.1
		if _, err := b.watch.Observe(t.Context(), watch.Observation{Receipt: watch.ReceiptDone{Source: "usgs", At: now}, Signals: []event.Signal{s}}); !errors.Is(err, fault.ErrUnavailable) {
			t.Fatalf("after %d commits: %v; want that the fate is unknown", alive, err)
		}
		b.stop()
		now = now.Add(time.Hour)
		b = startWith(t, path, now, index)
		if err := b.watch.Alive(t.Context()); err != nil {
			t.Fatal(err)
		}
		var rows, told, left int
		err := b.db.Reader().QueryRowContext(t.Context(), `SELECT (SELECT coalesce(sum(x.rows), 0) FROM exposure x JOIN event e ON e.id = x.event AND e.revision = x.revision WHERE e.body IS NOT NULL),
			(SELECT count(DISTINCT warning) FROM notification), (SELECT count(*) FROM decision_left)`).Scan(&rows, &told, &left)
		if err != nil {
			t.Fatal(err)
		}
		if alive > 0 && (rows == 0 || rows%(2*projects) != 0 || told != projects) || left != 0 {
			t.Errorf("after %d commits: %d rows, %d warnings told, %d lists of what is left; want %d a revision, %d, 0", alive, rows, told, left, 2*projects, projects)
		}
		b.noOrphans()
		b.stop()
	}
	b = startWith(t, path, b.clock(), index)
	b.replaysAlike()
	b.verifyJournal()
}
