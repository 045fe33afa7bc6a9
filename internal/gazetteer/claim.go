package gazetteer

import (
	"fmt"
	"slices"
	"sync"

	"watchfire.dev/internal/geo"
)

// disputed are rough drawings of places that several countries claim and that an outline can
// give to one of them only. They take no side: inside of them a place belongs, for
// warnings, to all the countries named, and no country is filled in for an asset. The list
// is ours and holds what people work in; it is no statement on law. Outlines that the atlas
// has by themselves (Kosovo, Palestine) are named in countryArea.
var disputed = []struct {
	countries []string
	corners   [][2]float64 // latitude, longitude
}{
	{ // Crimea
		[]string{"UA", "RU"},
		[][2]float64{{44.3, 32.4}, {44.3, 36.65}, {46.25, 36.65}, {46.25, 32.4}},
	},
	{ // Donetsk and Luhansk
		[]string{"UA", "RU"},
		[][2]float64{{46.85, 36.9}, {47.1, 38.25}, {47.8, 38.35}, {47.85, 39.8}, {48.9, 40.1}, {49.6, 40.2}, {50.1, 38.2}, {49.2, 37.3}, {47.9, 36.5}},
	},
	{ // Kherson and Zaporizhzhia
		[]string{"UA", "RU"},
		[][2]float64{{46.2, 32}, {46.2, 34.9}, {46.6, 36.9}, {47.9, 36.8}, {47.9, 34.3}, {46.9, 32.6}},
	},
	{ // Kashmir
		[]string{"IN", "PK"},
		[][2]float64{{32.3, 75.6}, {32.9, 74.2}, {33.5, 73.6}, {34.3, 73.4}, {35, 73.1}, {35.9, 72.6}, {36.9, 74}, {37, 75.5}, {35.9, 77.8}, {34, 79.4}, {33, 79.4}, {32.2, 78.5}, {32.9, 77.5}, {32.9, 76.3}},
	},
	{ // Aksai Chin
		[]string{"IN", "CN"},
		[][2]float64{{34.2, 77.9}, {34.2, 80.4}, {35.9, 80.4}, {35.9, 77.9}},
	},
	{ // Arunachal Pradesh
		[]string{"IN", "CN"},
		[][2]float64{{26.9, 92.1}, {27, 93.4}, {27.6, 94.1}, {28.1, 95.3}, {27.8, 95.9}, {27.3, 96}, {26.9, 95.3}, {26.65, 95.2}, {27.1, 97.1}, {28.2, 97.4}, {29.4, 96.1}, {29, 94.5}, {28.2, 93.2}, {27.8, 91.7}},
	},
	{ // Western Sahara, of which the atlas draws the part east of the berm
		[]string{"EH", "MA"},
		[][2]float64{{27.66, -13.2}, {27.66, -8.67}, {26, -8.67}, {26, -12}, {23.45, -12}, {23, -13}, {21.33, -13}, {21.33, -16.9}, {20.8, -17.05}, {22, -17.1}, {24, -16.3}, {26, -14.8}},
	},
	{ // Abyei
		[]string{"SD", "SS"},
		[][2]float64{{9.2, 27.8}, {9.2, 29.2}, {10.6, 29.2}, {10.6, 27.8}},
	},
	{ // Halaib
		[]string{"EG", "SD"},
		[][2]float64{{22, 34.5}, {22, 36.9}, {23.2, 36.9}, {23.2, 34.5}},
	},
	{ // Golan
		[]string{"SY", "IL"},
		[][2]float64{{32.65, 35.63}, {32.65, 35.9}, {33.35, 35.9}, {33.35, 35.63}},
	},
	{ // Abkhazia
		[]string{"GE", "RU"},
		[][2]float64{{42.4, 40}, {42.4, 41.9}, {43.55, 41.9}, {43.55, 40}},
	},
	{ // South Ossetia
		[]string{"GE", "RU"},
		[][2]float64{{42.05, 43.5}, {42.05, 44.6}, {42.75, 44.6}, {42.75, 43.5}},
	},
	{ // Essequibo
		[]string{"GY", "VE"},
		[][2]float64{{8.4, -59.9}, {7.1, -58.5}, {6.4, -58.6}, {4, -58.3}, {1.6, -58.6}, {1.3, -59.5}, {2, -59.9}, {4, -59.6}, {5.2, -60.7}, {6, -61.2}, {6.7, -61.1}, {7.6, -60.4}, {8.2, -59.9}},
	},
	{ // southern Kurils
		[]string{"RU", "JP"},
		[][2]float64{{43.4, 145.42}, {43.4, 149}, {45.6, 149}, {45.6, 145.42}},
	},
}

// ring is the drawing as geo has it.
func ring(corners [][2]float64) geo.Ring {
	out := make(geo.Ring, len(corners))
	for i, c := range corners {
		out[i] = geo.Point{Lat: c[0], Lon: c[1]}
	}
	return out
}

var disputedRegions = sync.OnceValue(func() []*geo.Region {
	out := make([]*geo.Region, len(disputed))
	for i, d := range disputed {
		out[i], _, _ = geo.Prepare(geo.Area(geo.Polygon{ring(d.corners)})) //nolint:errcheck // TestDisputed prepares them all
	}
	return out
})

// Claims lists the countries that dispute a place; none where nothing is disputed.
func Claims(p geo.Point) []string {
	var out []string
	for i, r := range disputedRegions() {
		if r == nil || !r.Holds(p) {
			continue
		}
		for _, iso2 := range disputed[i].countries {
			if !slices.Contains(out, iso2) {
				out = append(out, iso2)
			}
		}
	}
	return out
}

func kilometres(km float64) string { return fmt.Sprintf("%.0f km", max(1, km)) }
