package nws

import (
	_ "embed"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed/scan"
)

// statesTSV: the first two letters of a UGC, the ISO 3166-1 code, the ISO 3166-2 code ("-"
// for the freely associated states), and the FIPS digits used in SAME.
// The letters of marine zones (AM, AN, GM, LS, PS …) are left out on purpose: they look
// like countries and states and are open water.
//
//go:embed states.tsv
var statesTSV string

type state struct{ ugc, country, admin1 string }

type stateTable struct{ byUGC, bySAME map[string]state }

var states = sync.OnceValue(func() stateTable {
	t := stateTable{byUGC: make(map[string]state), bySAME: make(map[string]state)}
	for line := range strings.Lines(statesTSV) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 4 {
			continue
		}
		s := state{ugc: f[0], country: f[1], admin1: strings.TrimPrefix(f[2], "-")}
		t.byUGC[f[0]], t.bySAME[f[3]] = s, s
	}
	return t
})

// places names the area state by state with the zone and county codes as given. An area
// without codes gets its words only: a country would say far too much.
func (a *alert) places(s *event.Signal) []event.Place {
	var out []event.Place
	index := make(map[string]int)
	add := func(scheme, value string, st state) {
		i, ok := index[st.ugc]
		if !ok {
			i = len(out)
			index[st.ugc] = i
			out = append(out, event.Place{Country: st.country, Admin1: st.admin1})
		}
		out[i].Codes = append(out[i].Codes, event.Code{Scheme: scheme, Value: value})
	}
	for _, code := range a.Geocode["UGC"] {
		if code = plain(code, 40); len(code) >= 2 {
			add("UGC", code, states().byUGC[code[:2]])
		}
	}
	for _, code := range a.Geocode["SAME"] {
		if code = plain(code, 40); len(code) == 6 {
			add("SAME", code, states().bySAME[code[1:3]])
		}
	}
	area := plain(a.AreaDesc, 2000)
	if len(out) == 0 {
		s.Notes = append(s.Notes, "no zone or county codes")
		if area != "" {
			out = append(out, event.Place{Name: area})
		}
	}
	if len(out) == 1 {
		out[0].Name = area
	}
	for ugc, i := range index {
		if len(out) > 1 && ugc != "" {
			out[i].Name = partOf(area, ugc)
		}
	}
	return out
}

// partOf returns the counties of one state from "Licking, OH; Floyd, KY".
func partOf(area, ugc string) string {
	parts := strings.Split(area, "; ")
	parts = slices.DeleteFunc(parts, func(p string) bool { return !strings.HasSuffix(p, ", "+ugc) })
	return strings.Join(parts, "; ")
}

const knotsPerMPH = 0.868976 // 1609.344 m / 1852 m

// measures reads the gust of the impact-based parameters ("60 MPH", "40 knots").
func (a *alert) measures() event.Measures {
	for _, text := range a.Parameters["maxWindGust"] {
		f := strings.Fields(strings.ToLower(text))
		if len(f) != 2 {
			continue
		}
		v, err := strconv.ParseFloat(f[0], 64)
		if err != nil || !scan.Finite(v) || v <= 0 || v > 400 {
			continue
		}
		switch f[1] {
		case "mph":
			v *= knotsPerMPH
		case "kt", "kts", "knots":
		default:
			continue
		}
		return event.Measures{{Name: "gust", Value: math.Round(v*10) / 10, Unit: "kt"}}
	}
	return nil
}
