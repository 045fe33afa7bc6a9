package assessment

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/goccy/go-yaml"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/indicator"
)

var (
	//go:embed data/method-2026.2.yaml
	methodYAML []byte
	//go:embed data/method-2026.1.yaml
	methodYAML1 []byte
	//go:embed data/reference-2026.1.tsv
	referenceTSV []byte
)

// Kinds of units, in the order in which they pass values down.
const (
	Country   = "country"
	Admin1    = "admin1"
	Project   = "project"
	Site      = "site"
	Route     = "route"
	Portfolio = "portfolio"
)

var kinds = []string{Country, Admin1, Project, Site, Route, Portfolio}

// The three parts of a dimension, in the order of their columns.
const (
	hazardPart = iota
	vulnerabilityPart
	copingPart
	parts
)

// A Method is one version of all that an assessment is reckoned with. It is read-only after
// Load and may be shared.
type Method struct {
	Version string `yaml:"version" json:"version"`
	Note    string `yaml:"note" json:"note"`
	// Classes are the lower edges of "low", "medium", "high" and "very high".
	Classes     []float64        `yaml:"classes" json:"classes"`
	Power       float64          `yaml:"power" json:"power"`               // of the mean over dimensions
	OverrideGap float64          `yaml:"override_gap" json:"override_gap"` // the score is never further below its worst dimension
	RedTag      float64          `yaml:"red_tag" json:"red_tag"`
	Robustness  RobustnessMethod `yaml:"robustness" json:"robustness"`
	Confidence  ConfidenceMethod `yaml:"confidence" json:"confidence"`
	Trend       TrendMethod      `yaml:"trend" json:"trend"`
	Control     ControlMethod    `yaml:"control" json:"control"`
	// StaleAfter is how many half-lives old a value may be before it is called stale.
	StaleAfter float64 `yaml:"stale_after" json:"stale_after"`
	// Donors is how many known values a group must have before it lends its median.
	Donors     int               `yaml:"donors" json:"donors"`
	Indicators []IndicatorMethod `yaml:"indicators" json:"indicators"`
	Dimensions []DimensionMethod `yaml:"dimensions" json:"dimensions"`

	// Hash is the SHA-256 of method file and reference.
	Hash string `yaml:"-" json:"hash"`

	byIndicator map[string]int
	slots       []slot
	comps       []comp
	first       []int // of the components of a dimension
	reference   []reference
	files       [2][]byte
}

// RobustnessMethod says how the draws are made.
type RobustnessMethod struct {
	Draws     int     `yaml:"draws" json:"draws"`
	Dirichlet float64 `yaml:"dirichlet" json:"dirichlet"`
	NotRobust float64 `yaml:"not_robust" json:"not_robust"`
	// Bounds is how far each goalpost moves in the draws, as a share of their distance; those of
	// published scores stay. With it the sensitivity is told for every input and every dimension,
	// each with its interval; 0 = for five inputs without.
	Bounds float64 `yaml:"bounds" json:"bounds,omitempty"`
}

// ConfidenceMethod says how much the four parts of confidence weigh.
type ConfidenceMethod struct {
	Coverage    float64      `yaml:"coverage" json:"coverage"`
	Recency     float64      `yaml:"recency" json:"recency"`
	Reliability float64      `yaml:"reliability" json:"reliability"`
	Agreement   float64      `yaml:"agreement" json:"agreement"`
	High        float64      `yaml:"high" json:"high"`
	Moderate    float64      `yaml:"moderate" json:"moderate"`
	Grades      []GradeValue `yaml:"grades" json:"grades"`
}

// A GradeValue is the reliability of an Admiralty grade.
type GradeValue struct {
	Grade string  `yaml:"grade" json:"grade"`
	Value float64 `yaml:"value" json:"value"`
}

// TrendMethod says when a change is one.
type TrendMethod struct {
	ShortDays float64 `yaml:"short_days" json:"short_days"`
	LongDays  float64 `yaml:"long_days" json:"long_days"`
	Least     float64 `yaml:"least" json:"least"` // points
	P         float64 `yaml:"p" json:"p"`
	// Alert is the class from which on a score that deteriorates over the short window is an
	// alert; "" = none is.
	Alert string `yaml:"alert" json:"alert,omitempty"`
}

// ControlMethod says what a control is worth.
type ControlMethod struct {
	Strength     float64 `yaml:"strength" json:"strength"`
	HalfLifeDays float64 `yaml:"half_life_days" json:"half_life_days"`
	Floor        float64 `yaml:"floor" json:"floor"`
}

// An IndicatorMethod says how one indicator is brought to 0 to 10.
type IndicatorMethod struct {
	ID     string `yaml:"id" json:"id"`
	Better string `yaml:"better" json:"better"` // high or low: which values are the good ones
	// Goalposts are the raw values of 0 and 10 (or of 10 and 0, where high is better). Without
	// them they are the 5th and 95th percentile of the frozen reference.
	Goalposts []float64 `yaml:"goalposts" json:"goalposts,omitempty"`
	Log       bool      `yaml:"log" json:"log,omitempty"` // log1p first; a reference decides for itself
	// Base is the raw value that drivers are reckoned from, without one the reference's median.
	Base     *float64 `yaml:"base" json:"base,omitempty"`
	HalfLife float64  `yaml:"half_life" json:"half_life"` // days
	Units    []string `yaml:"units" json:"units,omitempty"`
	Status   string   `yaml:"status" json:"status"` // source or design
}

// A DimensionMethod is one of the eleven.
type DimensionMethod struct {
	ID            string            `yaml:"id" json:"id"`
	Names         map[string]string `yaml:"names" json:"names"`
	Weight        float64           `yaml:"weight" json:"weight"`
	Hazard        []ComponentMethod `yaml:"hazard" json:"hazard"`
	Vulnerability []ComponentMethod `yaml:"vulnerability" json:"vulnerability"`
	Coping        []ComponentMethod `yaml:"coping" json:"coping"`
}

// A ComponentMethod is a weighted mean of indicators.
type ComponentMethod struct {
	ID         string           `yaml:"id" json:"id"`
	Weight     float64          `yaml:"weight" json:"weight"`
	Indicators []WeightedMethod `yaml:"indicators" json:"indicators"`
}

// A WeightedMethod is an indicator in a component.
type WeightedMethod struct {
	ID     string  `yaml:"id" json:"id"`
	Weight float64 `yaml:"weight" json:"weight"`
}

// A slot is an indicator at its place in the tree; a comp is a run of slots.
type slot struct {
	dim, part, comp, ind int
	weight               float64 // share inside its component
}

type comp struct {
	dim, part   int
	weight      float64
	first, past int // slots
	id          string
}

var builtin = sync.OnceValue(func() *Method {
	m, err := Load(methodYAML, referenceTSV)
	if err != nil {
		panic(err) // a bug of ours: the files are part of the program
	}
	return m
})

// Default is the built-in method.
func Default() *Method { return builtin() }

var earlier = sync.OnceValue(func() []*Method {
	m, err := Load(methodYAML1, referenceTSV)
	if err != nil {
		panic(err) // a bug of ours: the files are part of the program
	}
	return []*Method{m}
})

// BuiltIn finds a method that comes with the program by its hash, earlier versions too: what
// was published with one can be reckoned again.
func BuiltIn(hash string) (*Method, bool) {
	for _, m := range append([]*Method{builtin()}, earlier()...) {
		if m.Hash == hash {
			return m, true
		}
	}
	return nil, false
}

// BuiltInVersion tells whether a version is the name of a method that comes with the program.
func BuiltInVersion(version string) bool {
	return slices.ContainsFunc(append([]*Method{builtin()}, earlier()...), func(m *Method) bool { return m.Version == version })
}

// Files are the built-in method file and its reference.
func Files() (method, reference []byte) { return slices.Clone(methodYAML), slices.Clone(referenceTSV) }

// Files are the bytes that the method was loaded from, so that an outsider can be given
// exactly what was used.
func (m *Method) Files() (method, reference []byte) {
	return slices.Clone(m.files[0]), slices.Clone(m.files[1])
}

// Load reads a method file and its frozen reference. Errors wrap fault.ErrInvalid.
func Load(method, reference []byte) (*Method, error) {
	m := &Method{}
	if len(method) > 1<<20 || len(reference) > 4<<20 {
		return nil, fmt.Errorf("method file: %w", fault.ErrTooLarge)
	}
	if err := yaml.NewDecoder(bytes.NewReader(method), yaml.Strict()).Decode(m); err != nil {
		return nil, fmt.Errorf("read the method: %w: %w", fault.ErrInvalid, err)
	}
	refs, err := readReference(reference)
	if err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("method %.40q: %w", m.Version, err)
	}
	if err := m.compile(refs); err != nil {
		return nil, fmt.Errorf("method %.40q: %w", m.Version, err)
	}
	m.files = [2][]byte{slices.Clone(method), slices.Clone(reference)}
	m.Hash = id.Hash(slices.Concat(method, []byte{0}, reference))
	return m, nil
}

func (m *Method) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf(format+": %w", append(args, fault.ErrInvalid)...)
	}
	c := m.Confidence
	switch {
	case m.Version == "":
		return bad("a version is needed")
	case len(m.Classes) != 4 || !slices.IsSorted(m.Classes) || m.Classes[0] <= 0 || m.Classes[3] >= 10:
		return bad("classes %v: want four rising edges between 0 and 10", m.Classes)
	case !(m.Power >= 1 && m.Power <= 10):
		return bad("power %v, want 1 to 10", m.Power)
	case !(m.OverrideGap >= 0 && m.OverrideGap <= 10) || !(m.RedTag > 0 && m.RedTag <= 10):
		return bad("override_gap %v, red_tag %v: want 0 to 10", m.OverrideGap, m.RedTag)
	case m.Robustness.Draws < 1 || m.Robustness.Draws > 100_000 || !(m.Robustness.Dirichlet > 0) || !(m.Robustness.NotRobust > 0):
		return bad("robustness: draws 1 to 100,000, dirichlet and not_robust above 0")
	case !(c.Coverage+c.Recency+c.Reliability+c.Agreement > 0.999 && c.Coverage+c.Recency+c.Reliability+c.Agreement < 1.001):
		return bad("the weights of confidence do not sum to 1")
	case !(m.Robustness.Bounds >= 0 && m.Robustness.Bounds <= 0.3):
		return bad("robustness: bounds %v, want 0 to 0.3", m.Robustness.Bounds)
	case m.Trend.Alert != "" && !slices.Contains(classes[:], m.Trend.Alert):
		return bad("trend: alert %.20q, want one of %v", m.Trend.Alert, classes)
	case !(m.Trend.ShortDays > 0 && m.Trend.LongDays > m.Trend.ShortDays):
		return bad("trend: want short_days below long_days")
	case !(m.Control.HalfLifeDays > 0) || !(m.Control.Floor >= 0 && m.Control.Floor <= 1) || !(m.Control.Strength >= 0 && m.Control.Strength <= 1):
		return bad("control: strength and floor 0 to 1, half_life_days above 0")
	case !(m.StaleAfter > 0) || m.Donors < 1:
		return bad("stale_after and donors: want above 0")
	case len(m.Dimensions) == 0 || len(m.Dimensions) > maxDimensions:
		return bad("%d dimensions, want 1 to %d", len(m.Dimensions), maxDimensions)
	}
	return nil
}

// maxDimensions bounds the exact reckoning over all sets of dimensions.
const maxDimensions = 14

// compile lays the tree out in rows.
func (m *Method) compile(refs map[string]reference) error {
	m.byIndicator = map[string]int{}
	m.reference = make([]reference, len(m.Indicators))
	for i, in := range m.Indicators {
		if err := m.indicator(i, in, refs); err != nil {
			return err
		}
	}
	for d, dim := range m.Dimensions {
		if dim.ID == "" || dim.Names["en"] == "" || dim.Names["zh"] == "" || !(dim.Weight > 0) {
			return fmt.Errorf("dimension %.40q: id, names in English and Chinese, and a weight are needed: %w", dim.ID, fault.ErrInvalid)
		}
		if slices.ContainsFunc(m.Dimensions[:d], func(o DimensionMethod) bool { return o.ID == dim.ID }) {
			return fmt.Errorf("dimension %s stands twice: %w", dim.ID, fault.ErrInvalid)
		}
		m.first = append(m.first, len(m.comps))
		for part, list := range [parts][]ComponentMethod{dim.Hazard, dim.Vulnerability, dim.Coping} {
			for _, c := range list {
				if err := m.component(d, part, c); err != nil {
					return fmt.Errorf("dimension %s: %w", dim.ID, err)
				}
			}
		}
	}
	m.first = append(m.first, len(m.comps))
	return nil
}

func (m *Method) indicator(i int, in IndicatorMethod, refs map[string]reference) error {
	if _, ok := indicator.Find(in.ID); !ok {
		return fmt.Errorf("%.60q is no indicator that we know: %w", in.ID, fault.ErrInvalid)
	}
	if _, twice := m.byIndicator[in.ID]; twice {
		return fmt.Errorf("indicator %s stands twice: %w", in.ID, fault.ErrInvalid)
	}
	for _, u := range in.Units {
		if !slices.Contains(kinds, u) {
			return fmt.Errorf("indicator %s: %.20q is no kind of unit: %w", in.ID, u, fault.ErrInvalid)
		}
	}
	m.byIndicator[in.ID] = i
	ref, ok := refs[in.ID]
	switch {
	case in.Better != "high" && in.Better != "low":
		return fmt.Errorf("indicator %s: better is %.10q, want high or low: %w", in.ID, in.Better, fault.ErrInvalid)
	case !(in.HalfLife > 0):
		return fmt.Errorf("indicator %s: half_life %v, want above 0 days: %w", in.ID, in.HalfLife, fault.ErrInvalid)
	case len(in.Goalposts) != 0 && (len(in.Goalposts) != 2 || !(in.Goalposts[0] < in.Goalposts[1])):
		return fmt.Errorf("indicator %s: goalposts %v, want two rising numbers: %w", in.ID, in.Goalposts, fault.ErrInvalid)
	case !ok && len(in.Goalposts) == 0:
		return fmt.Errorf("indicator %s has neither goalposts nor a reference: %w", in.ID, fault.ErrInvalid)
	}
	if !ok {
		ref = reference{log: in.Log}
	}
	m.reference[i] = ref.with(in)
	return nil
}

func (m *Method) component(d, part int, c ComponentMethod) error {
	if c.ID == "" || !(c.Weight > 0) || len(c.Indicators) == 0 {
		return fmt.Errorf("component %.40q: id, weight and indicators are needed: %w", c.ID, fault.ErrInvalid)
	}
	sum := 0.0
	for _, w := range c.Indicators {
		if !(w.Weight > 0) {
			return fmt.Errorf("component %s, indicator %.60q: weight %v: %w", c.ID, w.ID, w.Weight, fault.ErrInvalid)
		}
		sum += w.Weight
	}
	at := len(m.comps)
	m.comps = append(m.comps, comp{dim: d, part: part, weight: c.Weight, first: len(m.slots), past: len(m.slots) + len(c.Indicators), id: c.ID})
	for _, w := range c.Indicators {
		i, ok := m.byIndicator[w.ID]
		if !ok {
			return fmt.Errorf("component %s: indicator %.60q is not among the method's: %w", c.ID, w.ID, fault.ErrInvalid)
		}
		m.slots = append(m.slots, slot{dim: d, part: part, comp: at, ind: i, weight: w.Weight / sum})
	}
	return nil
}

// ClassOf gives the class of a score: very_low, low, medium, high, very_high.
func (m *Method) ClassOf(score float64) string {
	n := 0
	for _, edge := range m.Classes {
		if score >= edge {
			n++
		}
	}
	return classes[n]
}

// Classes are the words of the five classes, from the best to the worst.
func Classes() []string { return slices.Clone(classes[:]) }

var classes = [...]string{"very_low", "low", "medium", "high", "very_high"}

// JSON is the method as an outsider reads it.
func (m *Method) JSON() ([]byte, error) { return json.Marshal(m) }

// Dimension returns the dimension of that id.
func (m *Method) Dimension(name string) (DimensionMethod, bool) {
	for _, d := range m.Dimensions {
		if d.ID == name {
			return d, true
		}
	}
	return DimensionMethod{}, false
}
