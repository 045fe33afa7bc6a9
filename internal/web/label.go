package web

import "watchfire.dev/internal/geo"

// middle is a place of a shape to put a mark on: the point, the middle vertex of a line,
// the mean of an outer ring.
func middle(s geo.Shape) (geo.Point, bool) {
	switch {
	case len(s.Points) > 0:
		return s.Points[len(s.Points)/2], true
	case len(s.Polygons) > 0 && len(s.Polygons[0]) > 0 && len(s.Polygons[0][0]) > 0:
		r := s.Polygons[0][0]
		var m geo.Point
		for _, p := range r {
			m.Lat += p.Lat / float64(len(r))
			m.Lon += turn(p.Lon-r[0].Lon) / float64(len(r))
		}
		m.Lon = turn(m.Lon + r[0].Lon)
		return m, true
	default:
		return geo.Point{}, false
	}
}

// say puts a text beside a place where it covers no other; where there is no room, the list
// beside the map has to do.
func (d *drawing) say(x, y float64, text string) {
	w, h := 0.0, 13.0
	for _, r := range text {
		if r > 0x2e7f {
			w += 11
		} else {
			w += 6.2
		}
	}
	for _, try := range []struct {
		dx, dy float64
		anchor string
	}{{9, 4, "start"}, {-9, 4, "end"}, {0, -9, "middle"}, {0, 19, "middle"}} {
		left := x + try.dx
		switch try.anchor {
		case "end":
			left -= w
		case "middle":
			left -= w / 2
		}
		box := [4]float64{left, y + try.dy - 11, left + w, y + try.dy - 11 + h}
		if box[0] < 2 || box[1] < 2 || box[2] > d.W-2 || box[3] > d.H-2 || d.covered(box) {
			continue
		}
		d.boxes = append(d.boxes, box)
		d.Labels = append(d.Labels, label{round(x + try.dx), round(y + try.dy), text, try.anchor})
		return
	}
}

func (d *drawing) covered(a [4]float64) bool {
	for _, b := range d.boxes {
		if a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3] {
			return true
		}
	}
	return false
}
