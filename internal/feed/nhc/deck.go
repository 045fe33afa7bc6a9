package nhc

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/geo"
)

// KindATCF is the name of the format of ATCF decks.
const KindATCF = "atcf"

// FormatATCF returns the format of ATCF a- and b-decks (NRL, "ATCF data base format").
func FormatATCF() feed.Format {
	return feed.Format{Kind: KindATCF, Parse: ParseATCF, Sniff: SniffATCF}
}

// SniffATCF tells whether body begins like a deck: "AL, 06, 2018083006,".
func SniffATCF(body []byte) bool {
	line, _, _ := bytes.Cut(scan.Trim(body), []byte("\n"))
	f := strings.Split(string(line[:min(len(line), 256)]), ",")
	if len(f) < 8 {
		return false
	}
	_, err := strconv.ParseUint(strings.TrimSpace(f[2]), 10, 64)
	return err == nil && len(strings.TrimSpace(f[0])) == 2 && len(strings.TrimSpace(f[1])) == 2 && len(strings.TrimSpace(f[2])) == 10
}

// ParseATCF reads a deck: one signal per storm from its best track (BEST), its analyses
// (CARQ) and the newest official forecast (OFCL, or JTWC). Items are rows, several of which
// make one fix. Rows of models are guidance to forecasters and no message: they are left out
// with a note, and a storm of which the deck holds nothing else is quarantined row by row.
func ParseATCF(in feed.Input) (feed.Result, error) {
	r, _, err := parseDeck(in)
	return r, err
}

// parseDeck also returns how many rows belong to signals.
func parseDeck(in feed.Input) (r feed.Result, used int, err error) {
	if err := scan.Size(in.Body); err != nil {
		return r, 0, fmt.Errorf("read deck: %w", err)
	}
	body := scan.Trim(in.Body)
	if !SniffATCF(body) {
		return r, 0, fmt.Errorf("read deck: the first line is no ATCF row: %w", fault.ErrInvalid)
	}
	drop := func(line int, err error, raw []byte) {
		r.Quarantined = append(r.Quarantined, feed.Quarantine{
			Place: fmt.Sprintf("line %d", line), Reason: scan.Text(err.Error()), Raw: scan.Raw(raw),
		})
	}
	var order []*deck
	storms := make(map[string]*deck)
	number := 0
	for raw := range bytes.Lines(body) {
		number++
		if raw = bytes.TrimSpace(raw); len(raw) == 0 {
			continue
		}
		r.Items++
		row, err := parseRow(string(raw))
		if err != nil {
			drop(number, err, raw)
			continue
		}
		d := storms[row.storm]
		if d == nil {
			d = &deck{storm: row.storm}
			storms[row.storm] = d
			order = append(order, d)
		}
		d.add(row)
		d.lines = append(d.lines, line{number, raw})
	}
	for _, d := range order {
		s, err := d.signal()
		if err != nil {
			for _, l := range d.lines {
				drop(l.number, err, l.raw)
			}
			continue
		}
		used += len(d.lines)
		if s.Published.After(r.Content) {
			r.Content = s.Published
		}
		r.Signals = append(r.Signals, feed.Fill(in, s))
	}
	return r, used, nil
}

type line struct {
	number int
	raw    []byte
}

// row is one row of a deck: one wind radius of one fix.
type row struct {
	storm    string    // al062018
	base     time.Time // of the fix, or when the forecast begins
	at       time.Time
	tech     string
	place    geo.Point
	wind     float64 // knots, 0 = not given
	pressure float64 // hPa, 0 = not given
	class    string
	name     string
	level    int // index of radii: 34, 50, 64 kt; -1 = none
	radii    [4]float64
}

// parseRow reads one row. Fields behind the wind radii are optional.
func parseRow(text string) (row, error) {
	f := strings.Split(text, ",")
	if len(f) > 64 {
		f = f[:64]
	}
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	if len(f) < 8 {
		return row{}, fmt.Errorf("%d fields, at least 8: %w", len(f), fault.ErrInvalid)
	}
	field := func(i int) string {
		if i < len(f) {
			return f[i]
		}
		return ""
	}
	r := row{tech: f[4], class: field(10), level: -1}
	var err error
	if r.base, err = scan.Time(f[2], "2006010215"); err != nil {
		return row{}, err
	}
	if minutes, err := strconv.Atoi(f[3]); err == nil && r.tech == "BEST" && minutes > 0 && minutes < 60 {
		r.base = r.base.Add(time.Duration(minutes) * time.Minute) // landfalls between the synoptic hours
	}
	hours, err := strconv.Atoi(f[5])
	if err != nil || hours < -240 || hours > 480 {
		return row{}, fmt.Errorf("forecast hour %q: %w", scan.Printable([]byte(f[5])), fault.ErrInvalid)
	}
	r.at = r.base.Add(time.Duration(hours) * time.Hour)
	// Storms of the southern summer that begin after June count with the next year.
	year := r.base.Year()
	if strings.EqualFold(f[0], "SH") && r.base.Month() > time.June {
		year++
	}
	if len(f[0]) != 2 || len(f[1]) != 2 {
		return row{}, fmt.Errorf("basin %q and number %q: %w", scan.Printable([]byte(f[0])), scan.Printable([]byte(f[1])), fault.ErrInvalid)
	}
	r.storm = strings.ToLower(f[0]) + f[1] + strconv.Itoa(year)
	if r.place.Lat, err = degrees(f[6], 'N', 'S', 10); err != nil {
		return row{}, fmt.Errorf("latitude: %w", err)
	}
	if r.place.Lon, err = degrees(f[7], 'E', 'W', 10); err != nil {
		return row{}, fmt.Errorf("longitude: %w", err)
	}
	r.place.Lon = math.Round((math.Mod(r.place.Lon+540, 360)-180)*100) / 100 // decks count on beyond 180
	if !r.place.Valid() {
		return row{}, fmt.Errorf("place %v: %w", r.place, fault.ErrInvalid)
	}
	r.wind, r.pressure = within(field(8), 1, 250), within(field(9), 800, 1100)
	r.winds(field)
	if name := field(27); name != "" && name != "INVEST" && len(name) < 30 {
		r.name = name
	}
	return r, nil
}

// winds reads the wind radii: four quadrants clockwise from the named one, or a full circle.
// Radii are nautical miles in the deck.
func (r *row) winds(field func(int) string) {
	const kmPerMile = 1.852
	level, ok := map[string]int{"34": 0, "50": 1, "64": 2}[field(11)]
	if !ok {
		return
	}
	first, quadrants := map[string]int{"NEQ": 0, "SEQ": 1, "SWQ": 2, "NWQ": 3}[field(12)]
	for i := range 4 {
		from := 13
		if quadrants {
			from += i
		}
		if quadrants || field(12) == "AAA" {
			r.radii[(first+i)%4] = math.Round(within(field(from), 0, 1500)*kmPerMile*10) / 10
			r.level = level
		}
	}
}

// within reads a number; 0 when it is missing (also as -99 or -999) or out of range.
func within(s string, low, high float64) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= low && v <= high) {
		return 0
	}
	return v
}

// fix is the fix of one time, joined from its rows.
type fix struct {
	event.TrackPoint
	pressure float64
	class    string
}
