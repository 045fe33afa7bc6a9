package capfeed

import (
	"math"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed/scan"
)

const (
	knotsPerMPH = 0.868976 // 1609.344 m / 1852 m
	knotsPerKMH = 0.539957 // 1 / 1.852
	kmPerMile   = 1.609344
)

// measures reads the numbers that senders put into parameters: the gust of NWS ("60 MPH"),
// magnitude and depth of seismic networks ("6.3", "3.4 Ml", "38.7 km (24.0 miles)").
// What has no plain number, no unit where one is needed, or cannot be, is left out.
func measures(in *cap.Info) event.Measures {
	var out event.Measures
	for _, p := range in.Parameters {
		value, unit, ok := quantity(p.Value)
		if !ok {
			continue
		}
		switch strings.ToLower(p.Name) {
		case "maxwindgust":
			if kt, ok := knots(value, unit); ok && kt > 0 && kt < 400 {
				out = append(out, event.Measure{Name: "gust", Value: math.Round(kt*10) / 10, Unit: "kt"})
			}
		case "magnitude":
			if value > -2 && value < 11 {
				out = append(out, event.Measure{Name: "magnitude", Value: value})
			}
		case "depth":
			if strings.HasPrefix(unit, "mi") {
				value, unit = value*kmPerMile, "km"
			}
			if strings.HasPrefix(unit, "km") && value >= -10 && value < 1000 {
				out = append(out, event.Measure{Name: "depth", Value: math.Round(value*10) / 10, Unit: "km"})
			}
		}
	}
	return out
}

func knots(value float64, unit string) (float64, bool) {
	switch unit {
	case "mph":
		return value * knotsPerMPH, true
	case "km/h", "kmh", "kph":
		return value * knotsPerKMH, true
	case "kt", "kts", "knots":
		return value, true
	}
	return 0, false
}

// quantity reads "38.7 km (24.0 miles)" as 38.7 and "km".
func quantity(s string) (value float64, unit string, ok bool) {
	fields := strings.Fields(strings.ToLower(s))
	if len(fields) == 0 || len(s) > 100 {
		return 0, "", false
	}
	value, err := strconv.ParseFloat(fields[0], 64)
	if err != nil || !scan.Finite(value) {
		return 0, "", false
	}
	if len(fields) > 1 {
		unit = fields[1]
	}
	return value, unit, true
}

// happened reads the parameter EventTime of seismic networks, in CAP's form or compact
// ("20110906T013357.600Z").
func happened(in *cap.Info) (time.Time, bool) {
	value, ok := in.Parameter("EventTime")
	if !ok {
		return time.Time{}, false
	}
	t, err := scan.Time(value, time.RFC3339Nano, "20060102T150405.999Z07:00")
	return t, err == nil
}
