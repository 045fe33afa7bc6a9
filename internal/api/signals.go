package api

import (
	"context"
	"net/http"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
)

type pushInput struct {
	Key     string `header:"Idempotency-Key" maxLength:"200" doc:"A repeat with the same key and the same body is answered as before; with another body it is a conflict."`
	Source  string `query:"source" maxLength:"100" doc:"Id of a source that takes pushes; missing = the organisation's own."`
	RawBody []byte `contentType:"application/json"`
}

// fieldReport is what somebody at a site tells us.
type fieldReport struct {
	Project  string       `json:"project" minLength:"1" maxLength:"100" doc:"Id of the project."`
	Asset    string       `json:"asset,omitempty" maxLength:"100" doc:"Id of the asset; or lat and lon."`
	Lat      *float64     `json:"lat,omitempty" minimum:"-90" maximum:"90"`
	Lon      *float64     `json:"lon,omitempty" minimum:"-180" maximum:"180"`
	Hazard   event.Hazard `json:"hazard" maxLength:"40"`
	What     string       `json:"what" minLength:"1" maxLength:"4000"`
	Severity string       `json:"severity" enum:"Minor,Moderate,Severe,Extreme"`
	When     string       `json:"when,omitempty" maxLength:"40" doc:"RFC 3339, or local time of the project; missing = now."`
	Help     bool         `json:"help,omitempty" doc:"We need help."`
}

type fieldInput struct{ Body fieldReport }

// signalExample is a signal in the published form.
func signalExample() any {
	return map[string]any{
		"hazard": "flood", "key": "gauge-7-2026-11-02",
		"texts":    []any{map[string]any{"language": "en", "headline": "River above the mark at gauge 7"}},
		"occurred": "2026-11-02T04:10:00Z", "severity": "Severe", "certainty": "Observed",
		"footprints": []any{map[string]any{"role": "centre", "shape": map[string]any{"type": "Point", "coordinates": []any{28.4, -15.8}, "radius_km": 5}}},
	}
}

// signals registers what sends signals in. The push has a schema of its own, and its parser
// names every fault by its place.
func (s *server) signals() {
	add(s, operation{
		verb: http.MethodPost, path: "/signals", id: "push-signals", tag: "signals", scope: desk.CanPush, status: http.StatusAccepted, max: maxBody,
		summary: "Send signals in: one, an array, {\"signals\": […]}, or one a line",
		about: "The form of a signal is /api/v1/schema/signal.json. One bad signal does not hold up the others: it is named in quarantined. " +
			"When none is good the answer is 422.",
		errors: []int{http.StatusNotFound}, takes: "application/json", form: schemaPath, example: signalExample(),
	}, func(ctx context.Context, who desk.Principal, in *pushInput) (desk.Pushed, error) {
		if err := shallow(in.RawBody); err != nil {
			return desk.Pushed{}, err
		}
		return s.Do.Push(ctx, who, in.Source, in.RawBody, in.Key)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/field-reports", id: "send-field-report", tag: "signals", scope: desk.CanPush, status: http.StatusAccepted,
		summary: "Report what happens at a site", errors: []int{http.StatusNotFound},
		example: map[string]any{"project": "prj_0123456789abcdef", "lat": -15.8, "lon": 28.4, "hazard": "flood", "what": "Water at the lower gate.", "severity": "Moderate"},
	}, func(ctx context.Context, who desk.Principal, in *fieldInput) (desk.Pushed, error) {
		return s.Do.Field(ctx, who, desk.FieldReport(in.Body))
	})
	if s.Schema != nil {
		addFile(s, operation{
			verb: http.MethodGet, path: schemaPath, id: "get-signal-schema", tag: public, summary: "JSON Schema of a signal", file: "application/schema+json",
		}, func(context.Context, desk.Principal, *none) (file, error) { return file{Body: s.Schema}, nil })
	}
}
