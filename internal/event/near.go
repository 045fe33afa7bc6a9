package event

import (
	"math"
	"slices"
	"time"

	"watchfire.dev/internal/geo"
)

// A nearRule bounds how far apart two reports of one occurrence may lie. The figures are
// our design decision, to be calibrated against the labelled pairs in testdata.
type nearRule struct {
	km    float64       // one sigma of distance, beside the reports' own uncertainty
	apart time.Duration // one sigma of time
	size  float64       // one sigma of magnitude; 0 = not compared
}

// rules by family; a family without a rule never merges by nearness: its sources name
// areas, not occurrences, and two alerts for one valley may be two floods.
func ruleFor(family Hazard) (nearRule, bool) {
	switch family {
	case Earthquake:
		return nearRule{km: 40, apart: 20 * time.Second, size: 0.6}, true
	case Tsunami:
		return nearRule{km: 100, apart: 10 * time.Minute}, true
	case Cyclone:
		return nearRule{km: 120, apart: 12 * time.Hour}, true
	case Volcano:
		return nearRule{km: 10, apart: 72 * time.Hour}, true
	case Wildfire:
		return nearRule{km: 8, apart: 36 * time.Hour}, true
	case Conflict, Kidnap, Crime:
		return nearRule{km: 12, apart: 8 * time.Hour}, true
	case Unrest:
		return nearRule{km: 6, apart: 12 * time.Hour}, true
	case Industrial, Landslide, Corridor:
		return nearRule{km: 6, apart: 12 * time.Hour}, true
	default:
		return nearRule{}, false
	}
}

// mergeScore is the least likeness at which two reports are one occurrence.
const mergeScore = 0.25

// nearest returns the id of the ongoing event that the signal most probably belongs to,
// or "". Only signals of different sources merge by nearness: one source tells its own
// occurrences apart by key.
func (m *Merger) nearest(s Signal) string {
	rule, ok := ruleFor(s.Hazard.Family())
	centre, located := signalCentre(s)
	if !ok || !located {
		return ""
	}
	best, bestScore := "", mergeScore
	reach := 3 * math.Hypot(rule.km, centre.RadiusKM+50)
	at := signalTime(s)
	latest := time.Duration(float64(rule.apart) * mostSigmas)
	m.grid.visit(s.Hazard.Family(), centre.Points[0], reach, at, latest, func(x spot) {
		if x.unlike(rule, centre) {
			return
		}
		h := m.look(x.event)
		if at.Sub(h.at).Abs() > latest || h.e.State != Ongoing || h.hasSource(s.Source) {
			return
		}
		score := likeness(rule, s, centre, &h.e)
		if score > bestScore || score == bestScore && best != "" && h.e.ID < best {
			best, bestScore = h.e.ID, score
		}
	})
	return best
}

// mostSigmas is how many sigmas of time alone, or of distance alone, make two reports too
// unlike: a little above √(−2·ln mergeScore), so that likeness judges whatever comes near.
const mostSigmas = 1.7

// likeness is in [0, 1]: the product of Gaussian terms for distance (its sigma holds both
// reports' uncertainty), time and magnitude.
func likeness(rule nearRule, s Signal, centre geo.Shape, e *Event) float64 {
	f, ok := e.Centre()
	if !ok {
		return 0
	}
	sigma := math.Sqrt(rule.km*rule.km + sq(centre.RadiusKM) + sq(f.Shape.RadiusKM))
	z := sq(geo.DistanceKM(centre.Points[0], f.Shape.Points[0]) / sigma)
	z += sq(float64(signalTime(s).Sub(eventTime(*e))) / float64(rule.apart))
	if rule.size > 0 {
		a, okA := s.Measures.Get("magnitude")
		b, okB := e.Measures.Get("magnitude")
		if okA && okB {
			z += sq((a - b) / rule.size)
		}
	}
	return math.Exp(-z / 2)
}

func sq(x float64) float64 { return x * x }

func (h *held) hasSource(source string) bool {
	for i := range h.e.Reports {
		if r := &h.e.Reports[i]; r.Source == source && r.Stand != Gone {
			return true
		}
	}
	return false
}

func signalCentre(s Signal) (geo.Shape, bool) {
	f, ok := Event{Shapes: s.Footprints}.Centre()
	return f.Shape, ok && f.Shape.Kind == geo.PointKind
}

func signalTime(s Signal) time.Time { return firstTime(s.Occurred, s.Onset, s.Published, s.Received) }

func eventTime(e Event) time.Time { return firstTime(e.Occurred, e.Onset, e.Fresh) }

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// grid finds events by family and place: cells about 222 km high and wide.
type grid map[cell][]spot

// A spot is an event in its cell. When and where it is stands beside it, because nearly all
// events of a cell are of another time or another place, and to open one costs.
type spot struct {
	second            int64
	lat, lon, radiusK float32 // of its centre: degrees, and the radius in km
	event             string
}

func spotOf(h *held) (spot, cell, bool) {
	f, placed := h.e.Centre()
	if !placed || h.e.State != Ongoing {
		return spot{}, cell{}, false
	}
	p := f.Shape.Points[0]
	return spot{h.at.Unix(), float32(p.Lat), float32(p.Lon), float32(f.Shape.RadiusKM), h.e.ID}, cellOf(h.e.Hazard.Family(), p), true
}

// roundedKM is more than the rounding of a spot moves it.
const roundedKM = 0.01

// unlike tells whether distance alone makes a report at centre certainly unlike the event.
func (x spot) unlike(rule nearRule, centre geo.Shape) bool {
	sigma := math.Sqrt(rule.km*rule.km+sq(centre.RadiusKM)+sq(float64(x.radiusK)+roundedKM)) * mostSigmas
	return geo.DistanceKM(centre.Points[0], geo.Point{Lat: float64(x.lat), Lon: float64(x.lon)})-roundedKM > sigma
}

type cell struct {
	family   Hazard
	row, col int
}

const rowDegrees = 2.0

func cellColumns(row int) int {
	lat := (float64(row) + 0.5) * rowDegrees
	return max(1, int(180*math.Cos(lat*math.Pi/180)))
}

func cellOf(family Hazard, p geo.Point) cell {
	row := int(math.Floor(p.Lat / rowDegrees))
	n := cellColumns(row)
	col := int(math.Floor((p.Lon + 180) / 360 * float64(n)))
	return cell{family, row, ((col % n) + n) % n}
}

// visit calls f for each event in the cells that the circle touches, in the order of
// insertion inside a cell, but for those that are certainly more than apart away from at.
func (g grid) visit(family Hazard, p geo.Point, km float64, at time.Time, apart time.Duration, f func(spot)) {
	const kmPerDegree = 111.195
	earliest, latest := at.Unix()-int64(apart/time.Second)-2, at.Unix()+int64(apart/time.Second)+2
	lo := int(math.Floor(math.Max(-90, p.Lat-km/kmPerDegree) / rowDegrees))
	hi := int(math.Floor(math.Min(90, p.Lat+km/kmPerDegree) / rowDegrees))
	for row := lo; row <= hi; row++ {
		n := cellColumns(row)
		edge := math.Max(math.Abs(float64(row)*rowDegrees), math.Abs(float64(row+1)*rowDegrees))
		width := 360.0
		if c := math.Cos(math.Min(edge, 90) * math.Pi / 180); c > 0.02 {
			width = 2 * km / kmPerDegree / c
		}
		cols := min(n, int(width/360*float64(n))+2)
		first := int(math.Floor((p.Lon + 180 - width/2) / 360 * float64(n)))
		for i := range cols {
			col := (((first + i) % n) + n) % n
			for _, x := range g[cell{family, row, col}] {
				if x.second >= earliest && x.second <= latest {
					f(x)
				}
			}
		}
	}
}

// place keeps the grid in step with an event's centre.
func (m *Merger) place(h *held) {
	h.at = eventTime(h.e)
	want, where, placed := spotOf(h)
	if placed == h.inGrid && want == h.spot && where == h.placed {
		return
	}
	if h.inGrid {
		c := h.placed
		m.grid[c] = slices.DeleteFunc(m.grid[c], func(x spot) bool { return x.event == h.e.ID })
		if len(m.grid[c]) == 0 {
			delete(m.grid, c)
		}
	}
	if placed {
		m.grid[where] = append(m.grid[where], want)
	}
	h.spot, h.placed, h.inGrid = want, where, placed
}
