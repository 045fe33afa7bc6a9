package gdacs

import (
	"fmt"
	"strconv"
	"strings"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
)

const kmhPerKnot = 1.852 // exact by definition of the nautical mile

// measures sets the numbers of a report: scores and colours of the episode first, because
// the event's are its maximum and do not come down.
func (r report) measures(s *event.Signal) error {
	m := &s.Measures
	if err := addNumber(m, "alert_score", "", first(r.episodeScore, r.score), 0, 10); err != nil {
		return err
	}
	addLevel(m, "alert_level", first(r.episodeLevel, r.level))
	if r.episodeLevel != "" && r.level != "" {
		addLevel(m, "event_alert_level", r.level)
	}
	if err := r.severityMeasure(m); err != nil {
		return err
	}
	if err := addNumber(m, "vulnerability", "", r.vulnerable.Value, 0, 100); err != nil {
		return err
	}
	if r.kind == "FL" {
		// Its population "value" is the number of dead; the words have both.
		addBefore(m, "deaths", r.population.Text, "killed")
		addBefore(m, "displaced", r.population.Text, "displaced")
		return nil
	}
	return addNumber(m, "population", r.population.Unit, r.population.Value, 0, 1e10)
}

// severityMeasure gives the severity the name and unit it has per hazard. The event map
// leaves the unit out. A zero severity is "not stated" for all but earthquakes.
func (r report) severityMeasure(m *event.Measures) error {
	if strings.TrimSpace(r.severity.Value) == "" {
		return nil
	}
	v, err := number(r.severity.Value)
	if err != nil {
		return fmt.Errorf("severity: %w", err)
	}
	unit := strings.ToLower(strings.TrimSpace(r.severity.Unit))
	add := func(name, unit string, value, high float64) error {
		if value < 0 || value > high {
			return fmt.Errorf("%s %v %s: %w", name, value, unit, fault.ErrInvalid)
		}
		if value > 0 {
			*m = append(*m, event.Measure{Name: name, Value: round(value), Unit: unit})
		}
		return nil
	}
	switch r.kind {
	case "EQ":
		if err := add("magnitude", "", v, 11); err != nil {
			return err
		}
		return addDepth(m, r.severity.Text)
	case "TC":
		if unit == "kt" || unit == "kts" || unit == "knots" {
			return add("wind", "kt", v, 300)
		}
		return add("wind", "kt", v/kmhPerKnot, 300)
	case "WF":
		return add("area", "ha", v, 1e9)
	case "DR":
		return add("area", "ha", v*100, 1e11) // km2
	case "FL":
		return add("flood_magnitude", "", v, 1e6)
	case "TS":
		return add("wave", "m", v, 600)
	default:
		return add("severity", unit, v, 1e9)
	}
}

// addDepth reads the kilometres of "Magnitude 5.8M, Depth:28.6km".
func addDepth(m *event.Measures, text string) error {
	_, after, ok := strings.Cut(text, "Depth:")
	if !ok {
		return nil
	}
	value, _, ok := strings.Cut(after, "km")
	if !ok {
		return nil
	}
	return addNumber(m, "depth", "km", value, -10, 1000)
}

// addNumber adds a measure unless the text is empty; it must be a number from low to high.
func addNumber(m *event.Measures, name, unit, text string, low, high float64) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	v, err := number(text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if v < low || v > high {
		return fmt.Errorf("%s %v: %w", name, v, fault.ErrInvalid)
	}
	*m = append(*m, event.Measure{Name: name, Value: v, Unit: unit})
	return nil
}

// addLevel numbers the colours: 1 green, 2 orange, 3 red.
func addLevel(m *event.Measures, name, colour string) {
	if v := map[string]float64{"green": 1, "orange": 2, "red": 3}[strings.ToLower(strings.TrimSpace(colour))]; v > 0 {
		*m = append(*m, event.Measure{Name: name, Value: v})
	}
}

// addBefore reads the number that stands before a word: "80 killed and 2000000 displaced".
func addBefore(m *event.Measures, name, text, word string) {
	fields := strings.Fields(text)
	for i := 1; i < len(fields); i++ {
		if fields[i] == word {
			if v, err := strconv.ParseUint(fields[i-1], 10, 40); err == nil {
				*m = append(*m, event.Measure{Name: name, Value: float64(v)})
			}
			return
		}
	}
}

func first(a, b string) string {
	if strings.TrimSpace(a) != "" {
		return a
	}
	return b
}
