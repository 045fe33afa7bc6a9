package match_test

import (
	"fmt"
	"slices"

	"watchfire.dev/internal/exposure/match"
	"watchfire.dev/internal/geo"
)

// Which live events are near a site? The events' footprints go into an index of their own,
// each with the circle that holds it.
func ExampleItems() {
	events := []geo.Shape{
		geo.Circle(30.2, 67.0, 40), // 0: an earthquake felt 40 km around
		geo.Area(geo.Polygon{{{Lat: 24, Lon: 61}, {Lat: 24, Lon: 64}, {Lat: 27, Lon: 64}, {Lat: 27, Lon: 61}}}), // 1: a flood warning
		geo.Line([]geo.Point{{Lat: -18, Lon: 178}, {Lat: -14, Lon: -172}}, 100),                                 // 2: a storm over the date line
	}
	regions := make([]*geo.Region, len(events))
	var items []match.Item
	for i, shape := range events {
		region, _, err := geo.Prepare(shape)
		if err != nil {
			fmt.Println(err)
			return
		}
		regions[i] = region
		centre, km := region.Bound()
		items = append(items, match.Item{Place: match.Place{ID: int32(i), Lat: centre.Lat, Lon: centre.Lon}, KM: km})
	}
	live := match.BuildItems(items)

	site, _, err := geo.Prepare(geo.At(25.12, 62.32, 0)) // Gwadar
	if err != nil {
		fmt.Println(err)
		return
	}
	var s match.Search
	for _, id := range live.Near(&s, site, 50, nil) {
		if regions[id].DistanceToKM(site) <= 50 {
			fmt.Println("event", id)
		}
	}

	live = live.With(items[1:2], nil) // the flood warning is over
	near := live.Near(&s, site, 50, nil)
	fmt.Println("after it is over:", slices.Contains(near, 1))
	// Output:
	// event 1
	// after it is over: false
}
