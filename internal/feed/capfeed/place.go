package capfeed

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/language"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/country"
	"watchfire.dev/internal/event"
)

// divisionsTSV: scheme, first characters of a code, ISO 3166-1, ISO 3166-2 ("-" = none).
// "ugc" are the zones and counties of the United States (marine zones left out: they are
// open water), "same" the FIPS digits in SAME and FIPS6, "sgc" the census divisions in the
// locations of the Canadian profile.
//
//go:embed divisions.tsv
var divisionsTSV string

type division struct{ country, admin1 string }

var divisions = sync.OnceValue(func() map[string]division {
	t := map[string]division{}
	for line := range strings.Lines(divisionsTSV) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 4 {
			t[f[0]+" "+f[1]] = division{f[2], strings.TrimPrefix(f[3], "-")}
		}
	}
	return t
})

// The limits on places, far above any alert seen.
const (
	maxPlaces = 2000
	maxCodes  = 5000
)

// place adds the words and codes of one area, one place for each first-level division that
// its codes name.
func (r *reader) place(s *event.Signal, a *cap.Alert, area *cap.Area) {
	home := r.home(a)
	name := plain(area.Desc, 2000)
	var out []event.Place
	at := map[division]int{}
	for i, g := range area.Geocodes {
		code := event.Code{Scheme: plain(g.Name, 60), Value: plain(g.Value, 80)}
		if code.Value == "" || i >= maxCodes {
			continue
		}
		d := locate(code)
		if d.country == "" && !strings.EqualFold(code.Scheme, "UGC") { // an unknown UGC is open water
			d.country = home
		}
		j, ok := at[d]
		if !ok {
			j = len(out)
			at[d], out = j, append(out, event.Place{Country: d.country, Admin1: d.admin1, Name: name})
		}
		out[j].Codes = append(out[j].Codes, code)
	}
	out = merged(out)
	if len(out) == 0 && name != "" {
		out = []event.Place{{Country: home, Name: name}}
	}
	for _, p := range out {
		if len(s.Places) < maxPlaces && !slices.ContainsFunc(s.Places, func(q event.Place) bool { return samePlace(p, q) }) {
			s.Places = append(s.Places, p)
		}
	}
}

// merged gives the codes that name a country or nothing to the division beside them, when
// there is just one: a FIPS6 and a local number of one county are one place.
func merged(places []event.Place) []event.Place {
	if len(places) != 2 {
		return places
	}
	switch a, b := places[0], places[1]; {
	case a.Country != b.Country && a.Country != "" && b.Country != "":
	case a.Admin1 == "" && (b.Admin1 != "" || a.Country == ""):
		b.Codes = append(a.Codes, b.Codes...)
		return []event.Place{b}
	case b.Admin1 == "":
		a.Codes = append(a.Codes, b.Codes...)
		return []event.Place{a}
	}
	return places
}

func samePlace(a, b event.Place) bool {
	return a.Country == b.Country && a.Admin1 == b.Admin1 && slices.Equal(a.Codes, b.Codes) && (a.Name == b.Name || len(a.Codes) > 0)
}

// locate reads what a code itself says of its country and division.
func locate(c event.Code) division {
	v := strings.ToUpper(c.Value)
	switch scheme := strings.ToLower(c.Scheme); {
	case scheme == "iso3166-2" || scheme == "iso 3166-2":
		iso, _, ok := strings.Cut(v, "-")
		if code, known := country.Code(iso); ok && known && len(v) <= 6 {
			return division{code, v}
		}
	case scheme == "emma_id" || scheme == "nuts3" || scheme == "nuts2":
		if len(v) >= 3 {
			if code, ok := country.Code(v[:2]); ok {
				return division{country: code}
			}
		}
	case scheme == "ugc" && len(v) == 6 && (v[2] == 'Z' || v[2] == 'C'):
		return divisions()["ugc "+v[:2]]
	case (scheme == "same" || scheme == "fips6") && len(v) == 6:
		return divisions()["same "+v[1:3]]
	case strings.HasPrefix(scheme, "profile:cap-cp:location") && len(v) >= 2:
		return divisions()["sgc "+v[:2]]
	}
	return division{}
}

// home is the country of an alert whose codes do not say it: that of the sender's number
// in the WMO register of alerting authorities ("2.49.0.0.276.0": the fifth figure is ISO
// 3166-1 numeric), else the only country of the source.
func (r *reader) home(a *cap.Alert) string {
	for _, text := range [...]string{a.Identifier, a.Sender} {
		if _, rest, ok := strings.Cut(text, "2.49.0."); ok {
			parts := strings.SplitN(rest, ".", 3)
			if len(parts) < 2 {
				continue
			}
			if n, err := strconv.Atoi(parts[1]); err == nil && n > 0 && n < 1000 {
				if region, err := language.EncodeM49(n); err == nil && country.Known(region.String()) {
					return region.String()
				}
			}
		}
	}
	if len(r.in.Source.Countries) == 1 {
		return r.in.Source.Countries[0]
	}
	return ""
}
