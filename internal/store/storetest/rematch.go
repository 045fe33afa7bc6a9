package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/watch"
)

// clash is an incident whose chances fall with its age.
func (b *bench) clash(key string, lat, lon float64) event.Signal {
	s := quake(key, 1, 0)
	s.Hazard, s.Measures, s.Occurred, s.Expires = event.Conflict, event.Measures{{Name: "deaths", Value: 3}}, b.clock(), b.clock().Add(60*24*time.Hour)
	s.Footprints = []event.Footprint{{Shape: geo.At(lat, lon, 1), Role: event.Centre}}
	s.ID = event.SignalID(s)
	return s
}

// change stores the next version of the portfolio.
func (b *bench) change(do func(*portfolio.Portfolio)) {
	b.Helper()
	p, err := b.watch.Portfolio(b.Context(), "o")
	if err != nil {
		b.Fatal(err)
	}
	p.Assets, p.Version = slices.Clone(p.Assets), p.Version+1
	do(&p)
	if _, err := b.watch.SetPortfolio(b.Context(), watch.PortfolioVersion{Actor: "ann", Portfolio: p}); err != nil {
		b.Fatal(err)
	}
}

// kept reads what is stored of the events: rows and the instant of their reckoning.
func (b *bench) kept() (rows map[string]int, matched map[string]string) {
	b.Helper()
	rows, matched = map[string]int{}, map[string]string{}
	found, err := b.db.Reader().QueryContext(b.Context(), `SELECT json_extract(e.body, '$.keys'), e.matched_at,
		(SELECT coalesce(sum(x.rows), 0) FROM exposure x WHERE x.org = e.org AND x.event = e.id AND x.revision = e.revision) FROM event e`)
	if err != nil {
		b.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var key, at string
		var n int
		if err := found.Scan(&key, &at, &n); err != nil {
			b.Fatal(err)
		}
		var keys []string
		if err := json.Unmarshal([]byte(key), &keys); err != nil || len(keys) == 0 {
			b.Fatal(key, err)
		}
		rows[keys[0]], matched[keys[0]] = n, at
	}
	if err := found.Err(); err != nil {
		b.Fatal(err)
	}
	return rows, matched
}

// TestRowsOfAChangedAssetOnDisk: a change of one asset reckons the rows of the events that it
// touches, takes those away that are gone, and leaves others with the instant that they had,
// through restarts: a replay that never stopped decides the same bytes.
func TestRowsOfAChangedAssetOnDisk(t *testing.T, empty Maker) {
	path := empty(t)
	index := func(p portfolio.Portfolio) watch.Matcher { return exposure.NewIndex(p) }
	now := time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)
	b := startWith(t, path, now, index)
	again := func() {
		b.stop()
		b = startWith(t, path, b.clock().Add(time.Minute), index)
	}
	b.change(func(p *portfolio.Portfolio) {
		*p = example()
		for i, at := range []geo.Shape{geo.At(10, 10, 0), geo.At(-40, 100, 0)} {
			a := p.Assets[0]
			a.ID, a.Code, a.Shape = fmt.Sprint("a", i), fmt.Sprint("a", i), at
			p.Assets = append(p.Assets, a)
		}
	})
	b.take(b.clash("east:1", 30, 67.01))
	b.take(b.clash("south:1", 10, 10.01))
	_, at0 := b.kept()

	b.pass(5 * 24 * time.Hour)
	b.change(func(p *portfolio.Portfolio) { p.Assets[1].Shape = geo.At(-41, 101, 0) }) // away from the south
	rows, at1 := b.kept()
	if rows["east:1"] != 1 || rows["south:1"] != 0 {
		t.Errorf("stored rows %v; want one in the east, none in the south", rows)
	}
	if at1["east:1"] != at0["east:1"] || at1["south:1"] == at0["south:1"] {
		t.Errorf("reckoned %v, then %v; want a new instant in the south alone", at0, at1)
	}
	again()
	b.take(b.clash("east:2", 30, 67.3)) // decides the project on what the first one gave at first
	b.pass(24 * time.Hour)
	b.change(func(p *portfolio.Portfolio) { p.Assets[0].Name = "Depot" }) // touches the east
	if _, at2 := b.kept(); at2["east:1"] == at1["east:1"] || at2["south:1"] != at1["south:1"] {
		t.Errorf("reckoned %v, then %v; want a new instant in the east alone", at1, at2)
	}
	b.pass(3 * 24 * time.Hour)
	again()
	b.take(b.clash("east:3", 30, 67.2))
	b.change(func(p *portfolio.Portfolio) { p.Contacts = p.Contacts[:1] })
	b.pass(24 * time.Hour)
	b.change(func(p *portfolio.Portfolio) { p.Assets[1].Shape = geo.At(10, 10, 0) }) // and back
	again()
	b.take(b.clash("south:2", 10, 10.2))
	if rows, _ := b.kept(); rows["south:1"] != 1 || rows["south:2"] != 1 {
		t.Errorf("stored rows %v; want them back in the south", rows)
	}
	b.replaysAlike()
	b.verifyJournal()

	var whole []int
	found, err := b.db.Reader().QueryContext(t.Context(), "SELECT whole FROM portfolio_version ORDER BY version")
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var n int
		if err := found.Scan(&n); err != nil {
			t.Fatal(err)
		}
		whole = append(whole, n)
	}
	if err := found.Err(); err != nil || !slices.Equal(whole, []int{1, 0, 0, 0, 0}) {
		t.Errorf("versions that matched everything: %v, %v; want the first", whole, err)
	}
}
