package shakemap

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// remarks are what lines "# name value" before a raster say of it, because neither of the
// plain forms has a place for it:
//
//	# hazard flood
//	# quantity depth_m
//	# unit m
//	# sigma 0.2
//	# title Flood map of the Indus at Sukkur
//	# key sukkur
//	# time 2026-08-22T06:00:00Z
//	# from 2026-08-22T06:00:00Z
//	# to 2026-08-24T06:00:00Z
//
// Everything may be left out: the hazard is then the source's first, the quantity the one
// that the hazard is measured in, the key the address or the source.
type remarks struct {
	values map[string]string
	source feed.Source
	hazard event.Hazard
}

func newRemarks(lines []string, source feed.Source) (*remarks, error) {
	r := &remarks{values: map[string]string{}, source: source}
	for _, l := range lines {
		name, value, _ := strings.Cut(l, " ")
		name = strings.ToLower(strings.TrimRight(name, ":="))
		value = scan.Text(strings.TrimLeft(value, " :="))
		if slices.Contains([]string{"hazard", "quantity", "unit", "sigma", "title", "key", "time", "from", "to"}, name) && r.values[name] == "" {
			r.values[name] = value
		}
	}
	r.hazard = event.Hazard(strings.ToLower(r.values["hazard"]))
	if r.hazard == "" && len(source.Hazards) > 0 {
		r.hazard = source.Hazards[0]
	}
	if r.hazard == "" {
		r.hazard = hazardOf(r.values["quantity"])
	}
	if !r.hazard.Known() {
		return nil, fmt.Errorf("hazard %.40q: %w", r.hazard, fault.ErrInvalid)
	}
	return r, nil
}

// usual is the quantity that a hazard's impact is reckoned from.
func usual(h event.Hazard) string {
	switch h.Family() {
	case event.Earthquake:
		return "mmi"
	case event.Flood:
		return "depth_m"
	case event.Heat:
		return "wbgt"
	case event.Volcano:
		return "ash"
	}
	if h == event.Cyclone || h == event.Storm {
		return "wind"
	}
	return "value"
}

func hazardOf(quantity string) event.Hazard {
	switch strings.ToLower(quantity) {
	case "mmi", "pga", "pgv":
		return event.Earthquake
	case "depth_m", "depth":
		return event.Flood
	case "wbgt":
		return event.Heat
	case "ash":
		return event.Volcano
	case "wind":
		return event.Storm
	}
	return event.Other
}

// column settles a layer's name, unit and precision; factor turns the values of the file
// into that unit.
func (r *remarks) column(header string) (c column, factor float64, err error) {
	name, unit := split(header)
	if name == "" || name == "value" || name == "z" {
		name = strings.ToLower(r.values["quantity"])
	}
	if name == "" {
		name = usual(r.hazard)
	}
	if unit == "" {
		unit = r.values["unit"]
	}
	c = column{name: name, unit: unit, quantum: 0.01}
	factor = 1
	if to, factors, ok := units(strings.TrimSuffix(name, "_sigma")); ok {
		c.name = strings.Replace(c.name, "depth_sigma", "depth_m_sigma", 1)
		if c.name == "depth" {
			c.name = "depth_m"
		}
		if unit == "" {
			unit = to
		}
		f, known := factors[strings.ToLower(unit)]
		if !known {
			return c, 0, fmt.Errorf("%s in %.20q: %w", name, unit, fault.ErrInvalid)
		}
		c.unit, factor = to, f
	}
	if text := r.values["sigma"]; text != "" {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || !(v >= 0) || !scan.Finite(v) {
			return c, 0, fmt.Errorf("sigma %.20q: %w", text, fault.ErrInvalid)
		}
		c.sigma = v * factor
	}
	return c, factor, nil
}

// split takes the unit out of a header as in "wind [m/s]" or "depth (cm)".
func split(header string) (name, unit string) {
	header = strings.ToLower(strings.TrimSpace(header))
	if at := strings.IndexAny(header, "[("); at > 0 {
		return strings.TrimSpace(header[:at]), strings.Trim(header[at:], "[]() ")
	}
	return header, ""
}

// units lists the unit of a quantity in our model and the factors of others.
func units(name string) (unit string, factors map[string]float64, ok bool) {
	const knot = 1.852 // km/h
	switch name {
	case "mmi":
		return "MMI", map[string]float64{"mmi": 1, "intensity": 1}, true
	case "pga":
		return "%g", map[string]float64{"%g": 1, "pctg": 1, "g": 100, "m/s2": 100 / 9.80665, "cm/s2": 1 / 9.80665, "gal": 1 / 9.80665}, true
	case "pgv":
		return "cm/s", map[string]float64{"cm/s": 1, "cms": 1, "m/s": 100}, true
	case "depth_m", "depth", "wave":
		return "m", map[string]float64{"m": 1, "cm": 0.01, "mm": 0.001, "ft": 0.3048}, true
	case "wind", "gust":
		return "kt", map[string]float64{"kt": 1, "kts": 1, "knots": 1, "m/s": 3.6 / knot, "km/h": 1 / knot, "kmh": 1 / knot, "mph": 1.609344 / knot}, true
	case "wbgt":
		return "°C", map[string]float64{"°c": 1, "c": 1, "degc": 1}, true
	case "ash":
		return "mm", map[string]float64{"mm": 1, "cm": 10, "m": 1000}, true
	}
	return "", nil, false
}

// result makes the signal of a table.
func (r *remarks) result(in feed.Input, t *table, notes []string) (feed.Result, error) {
	s := event.Signal{Act: event.Report, Hazard: r.hazard, Type: "raster", Notes: notes}
	var from, to time.Time
	for _, f := range []struct {
		name string
		into *time.Time
	}{{"time", &s.Published}, {"from", &from}, {"to", &to}} {
		if text := r.values[f.name]; text != "" {
			at, err := scan.Time(text, stamps...)
			if err != nil {
				return feed.Result{}, fmt.Errorf("%s: %w", f.name, err)
			}
			*f.into = at
		}
	}
	s.Occurred, s.Onset, s.Ends = s.Published, from, to
	s.Order, s.Version = max(0, in.Received.UnixMilli()), in.Record
	if !s.Published.IsZero() {
		s.Order = s.Published.UnixMilli()
	}
	if s.Version == "" {
		s.Version = scan.Fingerprint(string(in.Body))
	}
	name := r.values["key"]
	for _, other := range []string{in.URL, in.Source.ID, s.Version} {
		if name == "" {
			name = other
		}
	}
	s.Key = "grid:" + in.Source.ID + ":" + name
	title := r.values["title"]
	var words []string
	for i := range t.layers {
		l := &t.layers[i]
		if l.name == "value" {
			s.Notes = append(s.Notes, "the file does not say what its values are: no impact is reckoned from them")
		}
		if strings.HasSuffix(l.name, "_sigma") {
			continue
		}
		top := l.greatest()
		words = append(words, strings.TrimSpace(fmt.Sprintf("%s up to %.4g %s", l.name, top, l.unit)))
	}
	if title == "" {
		title = "Raster of " + strings.Join(words, ", ")
	}
	g, more, err := t.grid()
	if err != nil {
		return feed.Result{}, err
	}
	s.Notes = append(s.Notes, more...)
	s.Texts = []event.Text{{Language: "en", Headline: title, Description: strings.Join(words, ", ")}}
	s.Footprints = []event.Footprint{{Shape: g.Extent(), Grid: g, Role: event.Affected, From: from, To: to}}
	return feed.Result{Items: 1, Signals: []event.Signal{feed.Fill(in, s)}, Content: s.Published}, nil
}
