package cap

import (
	"math"
	"strconv"
	"strings"
)

// minRing is the least number of positions of a polygon, the first one repeated at the
// end (CAP 1.2 §3.2.4).
const minRing = 4

// maxRadiusKm is half the circumference of the earth: a larger circle covers everything.
const maxRadiusKm = 20038

// polygon reads "lat,lon lat,lon …". It closes an open ring and brings longitudes into
// ±180, both noted; a ring that cannot be used is noted and left out. It never swaps
// latitude and longitude.
func (b *builder) polygon(text string) ([]Point, bool) {
	if text == "" {
		b.note("empty polygon left out")
		return nil, false
	}
	ring, ok := b.positions(text)
	if !ok {
		return nil, false
	}
	if ring[0] != ring[len(ring)-1] {
		ring = append(ring, ring[0])
		b.note("ring is not closed; closed with its first position")
	}
	if len(ring) < minRing {
		b.note("polygon has %d positions, at least %d are needed; left out", len(ring), minRing)
		return nil, false
	}
	return ring, true
}

func (b *builder) positions(text string) ([]Point, bool) {
	ring := make([]Point, 0, strings.Count(text, ",")+1)
	trailing := false
	for pair := range strings.FieldsSeq(text) {
		p, ok := parsePosition(pair)
		if !ok {
			// NWS once wrote "40.85,-118.09, 40.86,-118.09" (July 2011).
			if p, ok = parsePosition(strings.TrimSuffix(pair, ",")); !ok {
				return b.loosePositions(text)
			}
			trailing = true
		}
		ring = append(ring, p)
	}
	if trailing {
		b.note("comma behind a lat,lon pair")
	}
	return ring, b.place(ring)
}

// loosePositions reads pairs with white space around the comma. It insists on exactly one
// comma for every two numbers, so that a height or a swapped separator is not misread.
func (b *builder) loosePositions(text string) ([]Point, bool) {
	numbers := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' || r == '\n' })
	if len(numbers)%2 != 0 || len(numbers) == 0 || strings.Count(text, ",") != len(numbers)/2 {
		b.note("%s is not a list of lat,lon pairs; left out", excerpt(text))
		return nil, false
	}
	ring := make([]Point, 0, len(numbers)/2+1)
	for i := 0; i < len(numbers); i += 2 {
		lat, okLat := number(numbers[i])
		lon, okLon := number(numbers[i+1])
		if !okLat || !okLon {
			b.note("%s is not a list of lat,lon pairs; left out", excerpt(text))
			return nil, false
		}
		ring = append(ring, Point{lat, lon})
	}
	b.note("white space inside lat,lon pairs")
	return ring, b.place(ring)
}

// place checks positions and brings longitudes into ±180 degrees.
func (b *builder) place(ring []Point) bool {
	moved := false
	for i, p := range ring {
		if math.Abs(p.Lat) > 90 || math.Abs(p.Lon) > 360 {
			b.note("position %s is not on the earth; left out", formatPoint(p))
			return false
		}
		if math.Abs(p.Lon) > 180 {
			ring[i].Lon = math.Remainder(p.Lon, 360)
			moved = true
		}
	}
	if moved {
		b.note("longitude beyond 180 degrees; turned by 360")
	}
	return true
}

// circle reads "lat,lon radius" with the radius in kilometres.
func (b *builder) circle(text string) (Circle, bool) {
	fields := strings.Fields(text)
	if len(fields) == 3 && strings.HasSuffix(fields[0], ",") {
		b.note("white space inside the lat,lon pair")
		fields = []string{fields[0] + fields[1], fields[2]}
	}
	if len(fields) != 2 {
		b.note("%s is not a circle of the form lat,lon radius; left out", excerpt(text))
		return Circle{}, false
	}
	p, okPoint := parsePosition(fields[0])
	km, okRadius := number(fields[1])
	if !okPoint || !okRadius || km < 0 || km > maxRadiusKm {
		b.note("%s is not a circle of the form lat,lon radius; left out", excerpt(text))
		return Circle{}, false
	}
	one := []Point{p}
	if !b.place(one) {
		return Circle{}, false
	}
	return Circle{Centre: one[0], RadiusKm: km}, true
}

func parsePosition(s string) (Point, bool) {
	lat, lon, found := strings.Cut(s, ",")
	if !found {
		return Point{}, false
	}
	y, okLat := number(lat)
	x, okLon := number(lon)
	return Point{Lat: y, Lon: x}, okLat && okLon
}

// number reads a finite decimal. ParseFloat alone would take "NaN", "Inf" and hexadecimal.
func number(s string) (float64, bool) {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

func formatNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func formatPoint(p Point) string { return formatNumber(p.Lat) + "," + formatNumber(p.Lon) }

// maxCrossingCheck bounds the check for self-intersection, which grows with the square.
const maxCrossingCheck = 100

// crosses tells whether two sides of a closed ring cross properly, on the plane of
// degrees with the longitude unrolled. Touching in a point does not count, and rings of
// more than maxCrossingCheck positions are not examined.
func crosses(ring []Point) bool {
	if len(ring) > maxCrossingCheck {
		return false
	}
	flat := unroll(ring)
	for i := 0; i+1 < len(flat); i++ {
		for j := i + 2; j+1 < len(flat); j++ {
			if i == 0 && j+2 == len(flat) {
				continue // neighbours over the closing position
			}
			if segmentsCross(flat[i], flat[i+1], flat[j], flat[j+1]) {
				return true
			}
		}
	}
	return false
}

// unroll lets the longitude run on over the date line instead of jumping.
func unroll(ring []Point) []Point {
	out := make([]Point, len(ring))
	for i, p := range ring {
		if i > 0 {
			p.Lon = out[i-1].Lon + math.Remainder(p.Lon-out[i-1].Lon, 360)
		}
		out[i] = p
	}
	return out
}

func segmentsCross(a, b, c, d Point) bool {
	return turn(a, b, c)*turn(a, b, d) < 0 && turn(c, d, a)*turn(c, d, b) < 0
}

// turn is the sign of the cross product of ab and ac.
func turn(a, b, c Point) float64 {
	cross := (b.Lon-a.Lon)*(c.Lat-a.Lat) - (b.Lat-a.Lat)*(c.Lon-a.Lon)
	switch {
	case cross > 0:
		return 1
	case cross < 0:
		return -1
	}
	return 0
}
