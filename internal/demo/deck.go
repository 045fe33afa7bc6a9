package demo

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"time"
)

// season is the year with which a storm of the southern hemisphere counts.
func season(t time.Time) int {
	if t.Month() > time.June {
		return t.Year() + 1
	}
	return t.Year()
}

func deckFile(start time.Time) string {
	return "bsh" + stormNumber + strconv.Itoa(season(start)) + ".dat"
}

// deck writes the storm as an ATCF deck: its best track, then the newest forecast. Before
// the first advisory there is none.
func (s *Scenario) deck(m moment) ([]byte, error) {
	st, ok := s.storm(m.elapsed)
	if !ok {
		return nil, nil
	}
	var b bytes.Buffer
	for _, f := range st.past() {
		row(&b, f.at.Truncate(time.Hour), fmt.Sprintf("%02d", f.at.Minute()), "BEST", 0, f)
	}
	base := st.issued.Truncate(time.Hour)
	for _, f := range st.forecast() {
		row(&b, base, "03", "JTWC", int(f.at.Sub(base).Hours()), f)
	}
	return b.Bytes(), nil
}

// row writes one fix: a line for each wind whose radii are known, at least one.
func row(b *bytes.Buffer, base time.Time, minutes, tech string, tau int, f fix) {
	for i, limit := range [3]int{34, 50, 64} {
		r := f.radii[i]
		if i > 0 && r == [4]float64{} {
			return
		}
		fmt.Fprintf(b, "SH, %s, %s, %s, %s, %3d, %4s, %5s, %3.0f, %4.0f, TC, %3d, NEQ, %4.0f, %4.0f, %4.0f, %4.0f, 1006,  180,  15, %3.0f,   0,   S,   0,    , 245,  10, %10s, D,\n",
			stormNumber, base.Format("2006010215"), minutes, tech, tau,
			tenths(f.place.Lat, "N", "S"), tenths(f.place.Lon, "E", "W"), f.wind, pressure(f.wind),
			limit, r[0], r[1], r[2], r[3], f.wind*1.25, stormName+" "+simulated)
	}
}

func tenths(degrees float64, positive, negative string) string {
	side := positive
	if degrees < 0 {
		side = negative
	}
	return strconv.Itoa(int(math.Round(math.Abs(degrees)*10))) + side
}

// pressure goes with the wind as the invented storm needs it, in hPa.
func pressure(wind float64) float64 { return math.Round(1010 - 0.75*(wind-20)) }

// storms writes the list of the National Hurricane Center: one storm of the eastern
// Pacific that goes out to sea, updated with every advisory.
func (s *Scenario) storms(m moment) ([]byte, error) {
	active := []any{}
	if st, ok := s.storm(m.elapsed); ok {
		lat, lon := 16.2+0.1*float64(st.nth), -128.4-1.1*float64(st.nth)
		number, at := fmt.Sprintf("%03d", 10+st.nth), st.issued.Format("2006-01-02T15:04:05.000Z")
		product := map[string]any{"advNum": number, "issuance": at, "fileUpdateTime": at, "url": m.base + "/www.nhc.noaa.gov/text/MIATCPEP1.shtml"}
		active = append(active, map[string]any{
			"id": "ep30" + strconv.Itoa(s.start.Year()), "binNumber": "EP1", "name": "Exempla (" + simulated + ")",
			"classification": "TS", "intensity": strconv.Itoa(60 - 5*st.nth), "pressure": strconv.Itoa(990 + 3*st.nth),
			"latitude": fmt.Sprintf("%.1fN", lat), "longitude": fmt.Sprintf("%.1fW", -lon),
			"latitudeNumeric": round(lat, 10), "longitudeNumeric": round(lon, 10),
			"movementDir": 280, "movementSpeed": 12, "lastUpdate": at,
			"publicAdvisory": product, "forecastAdvisory": product, "windWatchesWarnings": nil, "forecastTrack": nil,
			"trackCone": nil, "initialWindExtent": nil, "forecastWindRadiiGIS": nil, "stormSurgeWatchWarningGIS": nil,
		})
	}
	return marshal("current storms", map[string]any{"activeStorms": active})
}
