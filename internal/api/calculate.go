package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/exposure/calc"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/level"
)

// impactBody is what an impact function is asked.
type impactBody struct {
	Hazard string         `json:"hazard" minLength:"1" maxLength:"40" doc:"One of those that /calculate/hazards lists."`
	Inputs map[string]any `json:"inputs" nullable:"false" doc:"Inputs by name, as /calculate/hazards lists them: numbers, words, true and false."`
}

type impactInput struct{ Body impactBody }

// impactAnswer is the calculator's answer with its inputs as an object.
type impactAnswer struct {
	calc.Answer
	Inputs map[string]any `json:"inputs" nullable:"false" doc:"As they counted, defaults filled in."`
}

// levelBody is a vector of probabilities, P(impact ≥ class).
type levelBody struct {
	I1       float64 `json:"I1" minimum:"0" maximum:"1"`
	I2       float64 `json:"I2" minimum:"0" maximum:"1"`
	I3       float64 `json:"I3" minimum:"0" maximum:"1"`
	I4       float64 `json:"I4" minimum:"0" maximum:"1"`
	Observed string  `json:"observed,omitempty" enum:"none,I1,I2,I3,I4" doc:"Highest class that has been seen to happen."`
}

type levelInput struct{ Body levelBody }

// weighBody is a base rate with reports in the Admiralty code.
type weighBody struct {
	Base    float64  `json:"base" exclusiveMinimum:"0" exclusiveMaximum:"1" doc:"Probability of the event before any report."`
	Reports []string `json:"reports" maxItems:"200" nullable:"false" doc:"Reliability A to F and credibility 1 to 6, such as B2; +same marks a copy of the report before it."`
}

type weighInput struct{ Body weighBody }

// hazardRow is one hazard with its inputs.
type hazardRow struct {
	Name   string     `json:"name"`
	Fields []fieldRow `json:"fields" nullable:"false"`
}

// fieldRow is one input of a hazard.
type fieldRow struct {
	Name     string `json:"name"`
	Takes    string `json:"takes" doc:"Range with unit, or the words."`
	Default  string `json:"default,omitempty"`
	Required bool   `json:"required"`
}

// calculate registers the calculator: the same three questions as on the command line. It
// reads nothing of the organisation's and has no effect. nil is what is built in.
func (s *server) calculate(m *impact.Method, matrix *level.Matrix) {
	if m == nil {
		m = impact.Default()
	}
	mx := level.Default()
	if matrix != nil {
		mx = *matrix
	}
	add(s, operation{
		verb: http.MethodGet, path: "/calculate/hazards", id: "list-hazards", tag: "calculate", scope: desk.CanRead,
		summary: "Hazards that can be reckoned by hand, with their inputs",
	}, func(_ context.Context, who desk.Principal, _ *none) ([]hazardRow, error) {
		if !who.May(desk.CanRead) {
			return nil, missing(desk.CanRead)
		}
		return mapped(calc.Hazards(m), hazardOf), nil
	})
	add(s, operation{
		verb: http.MethodPost, path: "/calculate/impact", id: "calculate-impact", tag: "calculate", scope: desk.CanRead,
		summary: "Reckon the impact of a hazard at one place", about: "Changes nothing. A wrong, unknown or missing input is named.",
		example: map[string]any{"hazard": "earthquake", "inputs": map[string]any{"magnitude": 6.8, "depth_km": 12, "distance_km": 40, "persons": 300, "country": "PK"}},
	}, func(_ context.Context, who desk.Principal, in *impactInput) (impactAnswer, error) {
		if !who.May(desk.CanRead) {
			return impactAnswer{}, missing(desk.CanRead)
		}
		given, err := texts(in.Body.Inputs)
		if err != nil {
			return impactAnswer{}, err
		}
		a, err := calc.Impact(m, mx, in.Body.Hazard, given)
		out := impactAnswer{Answer: a, Inputs: map[string]any{}}
		for _, x := range a.Inputs {
			out.Inputs[x.Name] = x.Value
		}
		return out, err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/calculate/level", id: "calculate-level", tag: "calculate", scope: desk.CanRead,
		summary: "Reckon the level of four probabilities", about: "Changes nothing. The lower edge of a row of the matrix belongs to the row.",
		example: map[string]any{"I1": 0.9, "I2": 0.3, "I3": 0.06, "I4": 0, "observed": "I2"},
	}, func(_ context.Context, who desk.Principal, in *levelInput) (calc.LevelAnswer, error) {
		if !who.May(desk.CanRead) {
			return calc.LevelAnswer{}, missing(desk.CanRead)
		}
		b := in.Body
		given := map[string]string{"I1": decimal(b.I1), "I2": decimal(b.I2), "I3": decimal(b.I3), "I4": decimal(b.I4)}
		if b.Observed != "" {
			given["observed"] = b.Observed
		}
		return calc.Level(mx, given)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/calculate/weigh", id: "calculate-weigh", tag: "calculate", scope: desk.CanRead,
		summary: "Reckon the probability of an event from reports", about: "Changes nothing. Reports count from the strongest to the weakest.",
		example: map[string]any{"base": 0.01, "reports": []string{"A1", "B2", "C3+same"}},
	}, func(_ context.Context, who desk.Principal, in *weighInput) (calc.WeighAnswer, error) {
		if !who.May(desk.CanRead) {
			return calc.WeighAnswer{}, missing(desk.CanRead)
		}
		return calc.Weigh(m, append([]string{"base=" + decimal(in.Body.Base)}, in.Body.Reports...))
	})
}

func hazardOf(h calc.Hazard) hazardRow {
	return hazardRow{h.Name, mapped(h.Fields, func(f calc.Field) fieldRow {
		return fieldRow{f.Name, f.Wants(), f.Default, f.Required}
	})}
}

// texts writes inputs as people would, for the one parser that command line and page have.
func texts(in map[string]any) (map[string]string, error) {
	out := make(map[string]string, len(in))
	for _, name := range slices.Sorted(maps.Keys(in)) {
		switch v := in[name].(type) {
		case float64:
			out[name] = decimal(v)
		case string:
			out[name] = v
		case bool:
			out[name] = strconv.FormatBool(v)
		default:
			return nil, calc.Problem{Key: name, Why: "value", Got: fmt.Sprintf("%T", v), Want: "a number, a word, true or false"}
		}
	}
	return out, nil
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
