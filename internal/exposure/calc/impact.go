package calc

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

// A Hazard is one impact function with its inputs.
type Hazard struct {
	Name    string
	Example string // inputs of an example, as on the command line
	Fields  []Field
	run     func(m *impact.Method, v values) (impact.Result, error)
	context func(m *impact.Method, v values) []Context
}

// A Context is the colour that somebody else's scale gives to the same event for a whole
// society. It never sets the level of one site.
type Context struct {
	Scale  string `json:"scale"`
	Colour string `json:"colour"`
}

// An Input is one input of an answer: a number, a word, or true and false.
type Input struct {
	Name  string
	Unit  string
	Given bool // false = the default
	Value any
}

// Inputs marshal to one object in the order of the hazard's fields; what has no default and
// was not given is left out.
type Inputs []Input

// MarshalJSON implements json.Marshaler.
func (in Inputs) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, x := range in {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(x.Name)
		if err != nil {
			return nil, err
		}
		v, err := json.Marshal(x.Value)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(v)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// A Vector holds one number for each impact class.
type Vector struct {
	I1 float64 `json:"I1"`
	I2 float64 `json:"I2"`
	I3 float64 `json:"I3"`
	I4 float64 `json:"I4"`
}

func vector(p level.P) Vector { return Vector{p[1], p[2], p[3], p[4]} }

// List gives the four numbers in order.
func (v Vector) List() [level.Classes]float64 { return [level.Classes]float64{v.I1, v.I2, v.I3, v.I4} }

// Cells holds the level of each class by the matrix.
type Cells struct {
	I1 level.Level `json:"I1"`
	I2 level.Level `json:"I2"`
	I3 level.Level `json:"I3"`
	I4 level.Level `json:"I4"`
}

func cellsOf(c [level.Classes + 1]level.Level) Cells { return Cells{c[1], c[2], c[3], c[4]} }

// List gives the four levels in order.
func (c Cells) List() [level.Classes]level.Level {
	return [level.Classes]level.Level{c.I1, c.I2, c.I3, c.I4}
}

// A Strength is how strong the hazard is at the place, with its standard deviation in the
// same unit.
type Strength struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Sigma float64 `json:"sigma"`
}

// An Answer is what an impact function says for the inputs.
type Answer struct {
	Hazard    string      `json:"hazard"`
	Inputs    Inputs      `json:"inputs"`
	Intensity Strength    `json:"intensity"`
	P         Vector      `json:"p"`
	Level     level.Level `json:"level"`
	Cells     Cells       `json:"cells"`
	// Floor is the lowest level that a rule sets whatever P says; it is part of Level.
	Floor          level.Level   `json:"floor,omitempty"`
	FloorReason    string        `json:"floor_reason,omitempty"`
	ExpectedDeaths *float64      `json:"expected_deaths,omitempty"` // of the persons given
	ETAHours       *float64      `json:"eta_hours,omitempty"`
	Context        []Context     `json:"context,omitempty"`
	Changes        []Turn        `json:"changes"`
	Steps          []impact.Step `json:"steps,omitempty"`
	Notes          []string      `json:"notes,omitempty"`
	Formula        string        `json:"formula"`
	Source         string        `json:"source"`
	Method         string        `json:"method"`
}

// Find is the hazard of a name; false = there is none.
func Find(m *impact.Method, name string) (Hazard, bool) {
	for _, h := range Hazards(m) {
		if h.Name == name {
			return h, true
		}
	}
	return Hazard{}, false
}

// Names lists the hazards' names in order.
func Names(m *impact.Method) []string {
	all := Hazards(m)
	out := make([]string, len(all))
	for i, h := range all {
		out[i] = h.Name
	}
	return out
}

// Impact runs the impact function of a hazard for inputs as people write them. Every error
// is a Problem.
func Impact(m *impact.Method, mx level.Matrix, hazard string, given map[string]string) (Answer, error) {
	h, ok := Find(m, hazard)
	if !ok {
		return Answer{}, Problem{Why: "hazard", Got: hazard, Want: strings.Join(Names(m), ", ")}
	}
	v, err := read(h.Fields, given, func(code string) bool { _, ok := m.Fatality(code); return ok })
	if err != nil {
		return Answer{}, err
	}
	r, err := h.run(m, v)
	if err != nil {
		return Answer{}, h.problem(err)
	}
	l, cells := r.Level(mx, 0)
	a := Answer{
		Hazard: h.Name, Inputs: h.inputs(v, given), Intensity: Strength(r.Intensity), P: vector(r.P), Level: l, Cells: cellsOf(cells),
		Floor: r.Floor, FloorReason: r.FloorReason, ETAHours: r.ETAHours, Steps: r.Steps, Notes: r.Notes,
		Formula: r.Formula, Source: r.Source, Method: r.Method, Changes: h.changes(m, mx, v, l),
	}
	if v.has("persons") {
		a.ExpectedDeaths = &r.ExpectedDeaths
	}
	if h.context != nil {
		a.Context = h.context(m, v)
	}
	return a, nil
}

// problem turns what an impact function found into a Problem: the check of the fields should
// have found it before, so this is the net below.
func (h Hazard) problem(err error) error {
	var p Problem
	if errors.As(err, &p) || !errors.Is(err, fault.ErrInvalid) {
		return err
	}
	return Problem{Key: h.Name, Why: "formula", Got: strings.TrimSuffix(err.Error(), ": "+fault.ErrInvalid.Error())}
}

// inputs are the inputs as they counted.
func (h Hazard) inputs(v values, given map[string]string) Inputs {
	out := Inputs{}
	for _, f := range h.Fields {
		x, ok := v.set[f.Name]
		if !ok {
			continue
		}
		_, wrote := given[f.Name]
		in := Input{Name: f.Name, Unit: f.Unit, Given: wrote, Value: x.text}
		switch f.Kind {
		case Number:
			in.Value = x.number
		case YesNo:
			in.Value = x.yes
		}
		out = append(out, in)
	}
	return out
}
