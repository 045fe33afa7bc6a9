package assessment

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/indicator"
)

// A Snapshot is everything that an assessment rests on, apart from the method file that it
// names. Its canonical bytes, and their SHA-256, are what a report keeps.
type Snapshot struct {
	Version    int       `json:"version"` // of this shape: 1
	Method     string    `json:"method"`
	MethodHash string    `json:"method_hash"`
	AsOf       time.Time `json:"as_of"` // the instant that is judged
	Known      time.Time `json:"known"` // what was known by then
	Seed       uint64    `json:"seed"`
	Draws      int       `json:"draws"` // 0 = as the method says
	// Weights are an organisation's own weights of dimensions; those it leaves out keep the
	// method's.
	Weights []Weight `json:"weights,omitempty"`
	Units   []Unit   `json:"units"`
}

// A Weight is that of one dimension.
type Weight struct {
	Dimension string  `json:"dimension"`
	Weight    float64 `json:"weight"`
}

// A Unit is what is assessed.
type Unit struct {
	ID      string `json:"id"` // "country:KE", "project:RAIL"
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Country string `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Region  string `json:"region,omitempty"`  // groups for missing values
	Income  string `json:"income,omitempty"`
	// Parent lends its values where the unit has none of its own; "" = nobody.
	Parent  string   `json:"parent,omitempty"`
	Members []Member `json:"members,omitempty"` // of a portfolio
	People  float64  `json:"people,omitempty"`  // own and contractors' people present
	Values  []Value  `json:"values,omitempty"`
	// Controls lower what they work on; see ControlMethod.
	Controls []Control `json:"controls,omitempty"`
	History  []Point   `json:"history,omitempty"`
	Previous *Previous `json:"previous,omitempty"`
	// Probability is that of an impact of class I3 or more within a year, from the register or
	// a forecast, with the base rate beside it.
	Probability *Probability `json:"probability,omitempty"`
}

// A Member of a portfolio counts by its weight, 1 = as the others.
type Member struct {
	Unit   string  `json:"unit"`
	Weight float64 `json:"weight"`
}

// A Value is one observation in use.
type Value struct {
	Indicator string    `json:"indicator"`
	Value     float64   `json:"value"`
	Period    string    `json:"period"`
	Known     time.Time `json:"known"`
	Source    string    `json:"source"`
	Grade     string    `json:"grade"`
	Licence   string    `json:"licence"`
	Evidence  string    `json:"evidence"` // id of the observation
}

// A Control works against a dimension. Design and Implementation lie in 0 to 1; without
// evidence the control counts as not implemented, and without a test as not working.
type Control struct {
	ID             string    `json:"id"`
	Dimension      string    `json:"dimension"`
	Mitigating     bool      `json:"mitigating,omitempty"` // it softens the impact; else it prevents
	Design         float64   `json:"design"`
	Implementation float64   `json:"implementation"`
	Evidence       string    `json:"evidence,omitempty"`
	Tested         time.Time `json:"tested,omitzero"`
	// Risk is the entry of the register that it stands against, Share that risk's part of the
	// dimension, 0 to 1; "" = it works on the whole dimension.
	Risk  string  `json:"risk,omitempty"`
	Share float64 `json:"share,omitempty"`
}

// A Point is a score of the past, by the same method.
type Point struct {
	At    time.Time `json:"at"`
	Score float64   `json:"score"`
}

// A Previous assessment is what changes are told against.
type Previous struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Score  float64   `json:"score"`
	Class  string    `json:"class"`
	Method string    `json:"method"`
	Values []Value   `json:"values,omitempty"`
}

// A Probability comes from elsewhere and is shown beside the score, never mixed into it.
type Probability struct {
	P        float64 `json:"p"`
	Base     float64 `json:"base"`
	What     string  `json:"what"` // "severe" = class I3 or more within a year, "deaths"
	Evidence string  `json:"evidence"`
	// Deaths and Until complete "deaths": so many or more, in that month.
	Deaths float64 `json:"deaths,omitempty"`
	Until  string  `json:"until,omitempty"`
}

// snapshotVersion is the shape that this program writes and reads.
const snapshotVersion = 1

// Canonical sorts the snapshot, checks it against the method and returns its bytes: the same
// for any order of units, values and controls. Errors wrap fault.ErrInvalid.
func (s *Snapshot) Canonical(m *Method) ([]byte, error) {
	s.sort()
	if err := s.check(m); err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	return json.Marshal(s)
}

// ReadSnapshot reads canonical bytes.
func ReadSnapshot(raw []byte) (*Snapshot, error) {
	s := &Snapshot{}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("read a snapshot: %w: %w", fault.ErrInvalid, err)
	}
	return s, nil
}

// Hash is the SHA-256 of canonical bytes, as hexadecimal digits.
func Hash(canonical []byte) string { return id.Hash(canonical) }

func (s *Snapshot) sort() {
	s.Version = snapshotVersion
	s.AsOf, s.Known = s.AsOf.UTC(), s.Known.UTC()
	slices.SortFunc(s.Weights, func(a, b Weight) int { return cmp.Compare(a.Dimension, b.Dimension) })
	slices.SortFunc(s.Units, func(a, b Unit) int { return cmp.Compare(a.ID, b.ID) })
	byIndicator := func(a, b Value) int { return cmp.Compare(a.Indicator, b.Indicator) }
	for i := range s.Units {
		u := &s.Units[i]
		slices.SortFunc(u.Values, byIndicator)
		for v := range u.Values {
			u.Values[v].Known = u.Values[v].Known.UTC()
		}
		slices.SortFunc(u.Members, func(a, b Member) int { return cmp.Compare(a.Unit, b.Unit) })
		slices.SortFunc(u.Controls, func(a, b Control) int { return cmp.Compare(a.ID, b.ID) })
		slices.SortFunc(u.History, func(a, b Point) int { return a.At.Compare(b.At) })
		for h := range u.History {
			u.History[h].At = u.History[h].At.UTC()
		}
		for c := range u.Controls {
			u.Controls[c].Tested = u.Controls[c].Tested.UTC()
		}
		if p := u.Previous; p != nil {
			p.At = p.At.UTC()
			slices.SortFunc(p.Values, byIndicator)
		}
	}
}

// clone copies all that sort writes.
func (s *Snapshot) clone() *Snapshot {
	out := *s
	out.Weights, out.Units = slices.Clone(s.Weights), slices.Clone(s.Units)
	for i := range out.Units {
		u := &out.Units[i]
		u.Values, u.Members = slices.Clone(u.Values), slices.Clone(u.Members)
		u.Controls, u.History = slices.Clone(u.Controls), slices.Clone(u.History)
		if u.Previous != nil {
			p := *u.Previous
			p.Values = slices.Clone(p.Values)
			u.Previous = &p
		}
	}
	return &out
}

func (s *Snapshot) check(m *Method) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf(format+": %w", append(args, fault.ErrInvalid)...)
	}
	switch {
	case s.Method != m.Version || s.MethodHash != m.Hash:
		return bad("it was taken for method %.40q (%.12s), this is %s (%.12s)", s.Method, s.MethodHash, m.Version, m.Hash)
	case s.AsOf.IsZero() || s.Known.IsZero():
		return bad("as_of and known are needed")
	case s.Draws < 0 || s.Draws > 100_000:
		return bad("%d draws, want 0 to 100,000", s.Draws)
	}
	for _, w := range s.Weights {
		if _, ok := m.Dimension(w.Dimension); !ok || !(w.Weight >= 0 && w.Weight <= 100) {
			return bad("weight %v of dimension %.40q", w.Weight, w.Dimension)
		}
	}
	at := map[string]int{}
	for i := range s.Units {
		if _, twice := at[s.Units[i].ID]; twice {
			return bad("unit %.60q stands twice", s.Units[i].ID)
		}
		at[s.Units[i].ID] = i
	}
	for i := range s.Units {
		if err := s.checkUnit(m, &s.Units[i], at); err != nil {
			return fmt.Errorf("unit %.60q: %w", s.Units[i].ID, err)
		}
	}
	return nil
}

func (s *Snapshot) checkUnit(m *Method, u *Unit, at map[string]int) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf(format+": %w", append(args, fault.ErrInvalid)...)
	}
	if u.ID == "" || !slices.Contains(kinds, u.Kind) {
		return bad("kind %.20q", u.Kind)
	}
	if p, ok := at[u.Parent]; u.Parent != "" && (!ok || slices.Index(kinds, s.Units[p].Kind) >= slices.Index(kinds, u.Kind) && s.Units[p].Kind != Project) {
		return bad("parent %.60q is missing or not above it", u.Parent)
	}
	if (u.Kind == Portfolio) != (len(u.Members) > 0) {
		return bad("a portfolio has members, and nothing else has")
	}
	for _, x := range u.Members {
		if i, ok := at[x.Unit]; !ok || s.Units[i].Kind == Portfolio || !(x.Weight > 0 && x.Weight < 1e9) {
			return bad("member %.60q of weight %v", x.Unit, x.Weight)
		}
	}
	for i, v := range u.Values {
		switch d, ok := indicator.Find(v.Indicator); {
		case !ok:
			return bad("%.60q is no indicator that we know", v.Indicator)
		case math.IsNaN(v.Value) || v.Value < d.Low || v.Value > d.High:
			return bad("%s is %v, want %v to %v", v.Indicator, v.Value, d.Low, d.High)
		case i > 0 && u.Values[i-1].Indicator == v.Indicator:
			return bad("%s has two values", v.Indicator)
		case v.Known.After(s.Known):
			return bad("%s was not known yet at %s", v.Indicator, s.Known.Format(time.RFC3339))
		}
		if _, _, err := indicator.Span(v.Period); err != nil {
			return fmt.Errorf("%s: %w", v.Indicator, err)
		}
	}
	shares, total := map[string]float64{}, map[string]float64{}
	for _, c := range u.Controls {
		if c.Risk != "" {
			key := c.Dimension + " " + c.Risk
			if was, ok := shares[key]; !(c.Share >= 0 && c.Share <= 1) || ok && was != c.Share {
				return bad("control %.60q: share %v of risk %.60q: want 0 to 1, the same for all of one risk", c.ID, c.Share, c.Risk)
			} else if !ok {
				total[c.Dimension] += c.Share
			}
			shares[key] = c.Share
		}
		if total[c.Dimension] > 1+1e-9 {
			return bad("control %.60q: the shares of the risks of %.40q are above 1", c.ID, c.Dimension)
		}
		if _, ok := m.Dimension(c.Dimension); !ok || !(c.Design >= 0 && c.Design <= 1) || !(c.Implementation >= 0 && c.Implementation <= 1) {
			return bad("control %.60q of dimension %.40q: design and implementation lie in 0 to 1", c.ID, c.Dimension)
		}
	}
	if p := u.Probability; p != nil && !(p.P >= 0 && p.P <= 1 && p.Base >= 0 && p.Base <= 1) {
		return bad("probability %v, base rate %v", p.P, p.Base)
	}
	return nil
}
