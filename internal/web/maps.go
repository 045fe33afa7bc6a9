package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// warningMap draws the assets of a warning's rows with the events behind it.
func (s *server) warningMap(r *http.Request, v *View, story desk.Story) (*drawing, error) {
	all, err := s.Reads.Portfolio(r.Context(), v.Who)
	if err != nil {
		return nil, fmt.Errorf("read portfolio: %w", err)
	}
	rows := map[string]exposure.Exposure{}
	for _, row := range story.Warning.Rows {
		if old, ok := rows[row.Asset]; !ok || row.Level > old.Level {
			rows[row.Asset] = row
		}
	}
	var assets []portfolio.Asset
	var points []geo.Point
	for _, a := range all.Assets {
		if _, ok := rows[a.ID]; ok {
			assets = append(assets, a)
			points = append(points, vertices(a.Shape)...)
		}
	}
	for _, e := range story.Events {
		points = append(points, centres(e)...)
	}
	if len(points) == 0 {
		return nil, nil
	}
	d := around(420, 190, points)
	d.background(s.backdrop)
	for _, e := range story.Events {
		d.occurrence(e, v.LevelKey(story.Warning))
	}
	for _, a := range assets {
		row := rows[a.ID]
		text := row.Name
		if row.Intensity.Unit != "" {
			text += " · " + v.Intensity(exposure.Intensity{Value: row.Intensity.Value, Unit: row.Intensity.Unit})
		}
		d.asset(a, row.Level.String(), text, "")
	}
	return d, nil
}

// asset draws one asset with a mark and a text.
func (d *drawing) asset(a portfolio.Asset, level, text, href string) {
	if a.Shape.Kind != geo.PointKind {
		d.shape(a.Shape, "asset")
	}
	m, ok := middle(a.Shape)
	if !ok {
		return
	}
	x, y := d.fit.at(m)
	if !d.inside(x, y) {
		return
	}
	d.boxes = append(d.boxes, [4]float64{x - 7, y - 7, x + 7, y + 7})
	d.Marks = append(d.Marks, spot{X: round(x), Y: round(y), Class: string(a.Kind), Level: level, Href: href, Title: text})
	if text != "" {
		d.say(x, y, text)
	}
}

func vertices(s geo.Shape) []geo.Point {
	out := slices.Clone(s.Points)
	for _, p := range s.Polygons {
		if len(p) > 0 {
			out = append(out, p[0]...)
		}
	}
	return out
}

// centres are the places that a map of an event must show.
func centres(e event.Event) []geo.Point {
	var out []geo.Point
	for _, f := range e.Shapes {
		switch {
		case len(f.Shape.Points) == 0:
		case f.Role == event.Centre:
			out = append(out, f.Shape.Points[0])
		case f.Role == event.Affected && f.Shape.Kind == geo.CircleKind && f.Shape.RadiusKM <= 150:
			p, d := f.Shape.Points[0], f.Shape.RadiusKM/kmPerDegree*0.6
			out = append(out, geo.Point{Lat: p.Lat - d, Lon: p.Lon}, geo.Point{Lat: p.Lat + d, Lon: p.Lon})
		}
	}
	for _, t := range e.Track {
		if !t.Forecast {
			out = append(out[:0:0], t.Place) // the newest fix alone: old ones would shrink the map
		}
	}
	return out
}

func (s *server) eventMap(v *View, e event.Event) *drawing {
	points := centres(e)
	for _, f := range e.Shapes {
		points = append(points, vertices(f.Shape)...)
	}
	for _, t := range e.Track {
		points = append(points, t.Place)
	}
	if len(points) == 0 {
		return nil
	}
	d := around(420, 230, points)
	d.background(s.backdrop)
	d.occurrence(e, "none")
	return d
}

func (s *server) assetMap(assets []portfolio.Asset) *drawing {
	var points []geo.Point
	for _, a := range assets {
		points = append(points, vertices(a.Shape)...)
	}
	if len(points) == 0 {
		return nil
	}
	d := around(420, 230, points)
	d.background(s.backdrop)
	for _, a := range assets {
		d.asset(a, "none", a.Name, "")
	}
	return d
}

// A worldPage is the map with the list that says the same in words.
type worldPage struct {
	Map      *drawing
	Projects []mapProject
	Events   []event.Event
	Blind    []desk.BlindSpot
	Chosen   string // project that the map is drawn around
	Count    int
}

// A mapProject is one project on the map: its worst asset speaks for it.
type mapProject struct {
	ID, Name string
	Level    level.Level
	Warning  string
	Assets   int
	Blind    int
	place    geo.Point
}

func (s *server) mapPage(w http.ResponseWriter, r *http.Request, v *View) error {
	data, err := s.Reads.Map(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read map: %w", err)
	}
	p := worldPage{Projects: mapProjects(data), Events: data.Events, Blind: data.Blind, Chosen: r.URL.Query().Get("project"), Count: len(data.Assets)}
	p.Map = s.worldDrawing(v, data, p)
	return s.ok(w, "map", "title.map", v, p)
}

// mapProjects sums the assets up by project, worst first.
func mapProjects(data desk.MapData) []mapProject {
	at := map[string]int{}
	var out []mapProject
	for _, a := range data.Assets {
		i, ok := at[a.Project]
		if !ok {
			i = len(out)
			at[a.Project] = i
			out = append(out, mapProject{ID: a.Project, Name: a.ProjectName})
			out[i].place, _ = middle(a.Shape)
		}
		out[i].Assets++
		if a.Level > out[i].Level {
			out[i].Level, out[i].Warning = a.Level, a.Warning
			out[i].place, _ = middle(a.Shape)
		}
	}
	for _, b := range data.Blind {
		if i, ok := at[b.Project.ID]; ok && b.StillSeen == 0 {
			out[i].Blind++
		}
	}
	slices.SortStableFunc(out, func(a, b mapProject) int {
		if c := cmp.Compare(b.Level, a.Level); c != 0 {
			return c
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return out
}

// mostMarks bounds the marks of a drawing; the nearest view shows each asset.
const mostMarks = 2000

func (s *server) worldDrawing(v *View, data desk.MapData, p worldPage) *drawing {
	d := world(1000, 440)
	if p.Chosen != "" {
		var points []geo.Point
		for _, a := range data.Assets {
			if a.Project == p.Chosen {
				points = append(points, vertices(a.Shape)...)
			}
		}
		d = around(1000, 440, points)
	}
	d.background(s.backdrop)
	for _, e := range data.Events {
		d.occurrence(e, "none")
	}
	if p.Chosen != "" {
		for _, a := range data.Assets[:min(mostMarks, len(data.Assets))] {
			if a.Project == p.Chosen || a.Level > level.Green {
				d.asset(a.Asset, levelName(a.Level), a.Name, warningLink(a.Warning))
			}
		}
		return d
	}
	for _, m := range p.Projects[:min(mostMarks, len(p.Projects))] {
		x, y := d.fit.at(m.place)
		href := warningLink(m.Warning)
		if href == "" {
			href = "/map?project=" + m.ID
		}
		mark := spot{X: round(x), Y: round(y), Level: levelName(m.Level), Href: href, Title: m.Name}
		if m.Blind > 0 {
			mark.Class = "unseen"
		}
		d.boxes = append(d.boxes, [4]float64{x - 8, y - 8, x + 8, y + 8})
		d.Marks = append(d.Marks, mark)
	}
	for _, m := range p.Projects[:min(60, len(p.Projects))] {
		if x, y := d.fit.at(m.place); d.inside(x, y) {
			d.say(x, y, m.Name)
		}
	}
	return d
}

func levelName(l level.Level) string {
	if l == level.Green {
		return "none"
	}
	return l.String()
}

func warningLink(id string) string {
	if id == "" {
		return ""
	}
	return "/warnings/" + id
}
