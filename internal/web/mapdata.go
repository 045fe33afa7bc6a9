package web

import (
	"encoding/json"
	"fmt"
	"net/http"

	"watchfire.dev/internal/event"
)

// feature is one GeoJSON feature of the map's own data.
type feature struct {
	Type       string         `json:"type"`
	Geometry   any            `json:"geometry"`
	Properties map[string]any `json:"properties"`
}

// mapData is what the map library draws: the same assets and events as the drawing.
func (s *server) mapData(w http.ResponseWriter, r *http.Request, v *View) error {
	data, err := s.Reads.Map(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read map: %w", err)
	}
	var features []feature
	for _, a := range data.Assets {
		features = append(features, feature{"Feature", a.Shape, map[string]any{
			"what": "asset", "name": a.Name, "project": a.ProjectName, "level": levelName(a.Level), "rank": a.Level, "href": warningLink(a.Warning),
		}})
	}
	for _, e := range data.Events {
		for _, f := range e.Shapes {
			if f.Role != event.Past {
				role := f.Role
				if f.Grid != nil { // how far its values reach, not how far they matter
					role = event.Cone
				}
				features = append(features, feature{"Feature", f.Shape, map[string]any{"what": string(role), "name": e.Title, "href": "/events/" + e.ID}})
			}
		}
	}
	return writeJSON(w, map[string]any{"type": "FeatureCollection", "features": features}, false)
}

// outlineData is the world's outline for the map library.
func (s *server) outlineData(w http.ResponseWriter, r *http.Request, v *View) error {
	lines := make([][][2]float64, 0, 600)
	if s.Outline != nil {
		for _, l := range s.Outline.Lines(r.URL.Query().Get("fine") != "") {
			line := make([][2]float64, len(l))
			for i, p := range l {
				line[i] = [2]float64{p.Lon, p.Lat}
			}
			lines = append(lines, line)
		}
	}
	return writeJSON(w, feature{"Feature", map[string]any{"type": "MultiLineString", "coordinates": lines}, map[string]any{}}, true)
}

func writeJSON(w http.ResponseWriter, body any, keep bool) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	if keep {
		w.Header().Set("Cache-Control", "private, max-age=86400")
	}
	_, err = w.Write(raw)
	return err
}
