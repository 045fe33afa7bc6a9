package desk

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/forecast/site"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// The events near an asset are those that looking at every one finds.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	somewhere := func() geo.Point { return geo.Point{Lat: rng.Float64()*180 - 90, Lon: rng.Float64()*360 - 180} }
	events := make([]event.Event, 4000)
	for i := range events {
		events[i].ID = fmt.Sprint("evt_", rng.Uint64())
		for range rng.IntN(3) {
			s := event.Footprint{Shape: geo.Shape{Points: []geo.Point{somewhere()}}}
			switch rng.IntN(4) {
			case 0:
				s.Shape.RadiusKM = 2 * site.At * rng.Float64()
			case 1:
				s.Shape.Points = append(s.Shape.Points, somewhere())
			}
			events[i].Shapes = append(events[i].Shapes, s)
		}
	}
	near := newNeighbours(events)
	found := 0
	for range 300 {
		a := portfolio.Asset{Shape: geo.Shape{Points: []geo.Point{somewhere()}}}
		if rng.IntN(3) == 0 {
			a.Shape.Points = append(a.Shape.Points, somewhere())
		}
		var want []string
		for _, e := range events {
			if _, ok := apart(e, corners(a.Shape)); ok {
				want = append(want, e.ID)
			}
		}
		got := near.around(a)
		if found += len(got); len(got) != len(want) {
			t.Fatalf("%v: %d events, want %d", a.Shape.Points, len(got), len(want))
		}
		for i, o := range got {
			if o.Event != want[i] {
				t.Fatalf("%v: event %d is %s, want %s", a.Shape.Points, i, o.Event, want[i])
			}
		}
	}
	if found < 300 {
		t.Errorf("only %d found", found)
	}
	if got := near.around(portfolio.Asset{}); got != nil {
		t.Errorf("an asset without a place has %d", len(got))
	}
}
