package impact

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

var (
	//go:embed data/method.json
	methodJSON []byte
	//go:embed data/pager_fatality.csv
	fatalityCSV string
)

// Version is the version of the built-in method file; Default().Version equals it.
const Version = "2026.1"

// A classes row holds one number per impact class I1 to I4; as a threshold, 0 means that
// the rule does not speak of that class.
type classes [level.Classes]float64

// p makes a vector of a row of probabilities.
func (c classes) p() level.P { return level.P{1, c[0], c[1], c[2], c[3]}.Monotone() }

// An entry gives a number to a word of a code list. Lists keep the file's order, so that
// nothing depends on the order of a map.
type entry struct {
	Word string  `json:"word"`
	P    float64 `json:"p"`
}

type words []entry

// get finds a word in any case.
func (w words) get(word string) (float64, bool) {
	for _, e := range w {
		if strings.EqualFold(e.Word, word) {
			return e.P, true
		}
	}
	return 0, false
}

// list names the words, for error messages and help.
func (w words) list() string {
	return strings.Join(w.names(), ", ")
}

// A Method is one version of all coefficients. It is read-only after Load and may be shared.
type Method struct {
	Version    string `json:"version"`
	Note       string `json:"note"`
	earthquake earthquakeMethod
	cyclone    cycloneMethod
	cap        capMethod
	curve      curveMethod
	tsunami    tsunamiMethod
	flood      floodMethod
	wildfire   wildfireMethod
	volcano    volcanoMethod
	heat       heatMethod
	security   securityMethod
	outbreak   outbreakMethod
	corridor   corridorMethod
	advice     adviceMethod
	drought    droughtMethod
	cyber      cyberMethod
	supplier   supplierMethod
	compliance complianceMethod
	context    contextMethod
	weigh      weighMethod
	fatality   []FatalityModel // sorted by country code
}

// methodFile is the shape of the JSON file; its sections are unexported in Method so that
// no caller can change a shared method.
type methodFile struct {
	Version    string           `json:"version"`
	Note       string           `json:"note"`
	Earthquake earthquakeMethod `json:"earthquake"`
	Cyclone    cycloneMethod    `json:"cyclone"`
	CAP        capMethod        `json:"cap"`
	Curve      curveMethod      `json:"default_curve"`
	Tsunami    tsunamiMethod    `json:"tsunami"`
	Flood      floodMethod      `json:"flood"`
	Wildfire   wildfireMethod   `json:"wildfire"`
	Volcano    volcanoMethod    `json:"volcano"`
	Heat       heatMethod       `json:"heat"`
	Security   securityMethod   `json:"security"`
	Outbreak   outbreakMethod   `json:"outbreak"`
	Corridor   corridorMethod   `json:"corridor"`
	Advice     adviceMethod     `json:"advice"`
	Drought    droughtMethod    `json:"drought"`
	Cyber      cyberMethod      `json:"cyber"`
	Supplier   supplierMethod   `json:"supplier"`
	Compliance complianceMethod `json:"compliance"`
	Context    contextMethod    `json:"context"`
	Weigh      weighMethod      `json:"weigh"`
}

// aside puts a list of the built-in method out of the decoder's way and returns how to put it
// back when the file gives none. Without it the decoder would fill a tenant's rows into the
// old ones, and a field that a row leaves out would keep the value of a stranger.
func aside[T any](list *[]T) (back func()) {
	old := *list
	*list = nil
	return func() {
		if *list == nil {
			*list = old
		}
	}
}

// lists sets every list of the file aside.
func (f *methodFile) lists() []func() {
	return []func(){
		aside(&f.CAP.Severity), aside((*[]entry)(&f.CAP.Certainty)), aside((*[]entry)(&f.CAP.Urgency)),
		aside((*[]entry)(&f.Tsunami.Bulletin)), aside((*[]entry)(&f.Tsunami.AssumedHeight)),
		aside(&f.Flood.Curves), aside(&f.Cyclone.Regions), aside(&f.Heat.Limits), aside(&f.Earthquake.Fatality),
		aside(&f.Security.Kinds), aside((*[]entry)(&f.Security.Match)),
		aside((*[]entry)(&f.Corridor.Causes)), aside((*[]entry)(&f.Weigh.Reliability)),
	}
}

// builtin is computed once from the embedded files; it is a constant in all but name.
var builtin = sync.OnceValue(func() *Method {
	m, err := Load(methodJSON)
	if err != nil {
		panic(err) // a bug of ours: the file is part of the program
	}
	return m
})

// Default is the built-in method.
func Default() *Method { return builtin() }

// Load reads a method file (JSON, at most 1 MiB, unknown fields refused). What it leaves
// out keeps the built-in value, so that a tenant's file may hold only its changes; lists are
// replaced whole. It must name a version of its own. The error wraps fault.ErrInvalid.
func Load(b []byte) (*Method, error) {
	if len(b) > 1<<20 {
		return nil, fmt.Errorf("method file of %d bytes: %w", len(b), fault.ErrTooLarge)
	}
	var f methodFile
	if err := json.Unmarshal(methodJSON, &f); err != nil {
		return nil, fmt.Errorf("parse built-in method: %w", err)
	}
	f.Version = ""
	back := f.lists()
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("parse method file: %w: %w", fault.ErrInvalid, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("method file goes on after its object: %w", fault.ErrInvalid)
	}
	for _, restore := range back {
		restore()
	}
	if f.Version == "" {
		return nil, fmt.Errorf("method file names no version: %w", fault.ErrInvalid)
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("method %s: %w", f.Version, err)
	}
	models, err := parseFatality(fatalityCSV)
	if err != nil {
		return nil, err
	}
	for _, own := range f.Earthquake.Fatality {
		models = putFatality(models, own)
	}
	return &Method{
		Version: f.Version, Note: f.Note,
		earthquake: f.Earthquake, cyclone: f.Cyclone, cap: f.CAP, curve: f.Curve,
		tsunami: f.Tsunami, flood: f.Flood, wildfire: f.Wildfire, volcano: f.Volcano,
		heat: f.Heat, security: f.Security, outbreak: f.Outbreak, corridor: f.Corridor,
		advice: f.Advice, drought: f.Drought, cyber: f.Cyber, supplier: f.Supplier,
		compliance: f.Compliance, context: f.Context, weigh: f.Weigh, fatality: models,
	}, nil
}

// check refuses a method whose tables would break a promise: vectors that rise with the
// class, thresholds out of order, spreads that are none.
func (f *methodFile) check() error {
	c := &checker{}
	for _, row := range f.CAP.Severity {
		c.falling("cap severity "+row.Word, row.P)
	}
	for _, row := range []struct {
		name string
		row  classes
	}{
		{"tsunami dry", f.Tsunami.Dry},
		{"volcano unrest", f.Volcano.Unrest},
		{"volcano eruption", f.Volcano.Eruption},
		{"volcano code_orange", f.Volcano.CodeOrange},
		{"volcano code_red", f.Volcano.CodeRed},
		{"advice none", f.Advice.None},
		{"advice single", f.Advice.Single},
		{"advice several", f.Advice.Several},
		{"advice leave", f.Advice.Leave},
		{"drought green", f.Drought.Green},
		{"drought orange", f.Drought.Orange},
		{"drought red", f.Drought.Red},
		{"cyber exploited", f.Cyber.Exploited},
		{"cyber known", f.Cyber.Known},
		{"compliance sanctions", f.Compliance.Sanctions},
		{"compliance dormant", f.Compliance.Dormant},
		{"compliance law", f.Compliance.Law},
	} {
		c.falling(row.name, row.row)
	}
	for _, list := range []words{
		f.CAP.Certainty, f.CAP.Urgency, f.Tsunami.Bulletin,
	} {
		for _, e := range list {
			c.within("probability of "+e.Word, e.P, 0, 1)
		}
	}
	f.checkScalars(c)
	if len(f.CAP.Severity) == 0 || len(f.Flood.Curves) == 0 || len(f.Security.Kinds) == 0 {
		c.add("an empty list of severities, depth curves or incident kinds")
	}
	f.checkLists(c)
	return c.err()
}

// File writes the whole method as a method file: what Load reads gives the same method.
func (m *Method) File() ([]byte, error) {
	return json.Marshal(methodFile{
		Version: m.Version, Note: m.Note,
		Earthquake: m.earthquake, Cyclone: m.cyclone, CAP: m.cap, Curve: m.curve, Tsunami: m.tsunami, Flood: m.flood,
		Wildfire: m.wildfire, Volcano: m.volcano, Heat: m.heat, Security: m.security, Outbreak: m.outbreak, Corridor: m.corridor,
		Advice: m.advice, Drought: m.drought, Cyber: m.cyber, Supplier: m.supplier, Compliance: m.compliance, Context: m.context,
		Weigh: m.weigh,
	})
}

// Sections names the sections of a method file, in its order.
func (m *Method) Sections() []string {
	return []string{
		"earthquake", "cyclone", "cap", "default_curve", "tsunami", "flood", "wildfire", "volcano", "heat", "security", "outbreak",
		"corridor", "advice", "drought", "cyber", "supplier", "compliance", "context", "weigh",
	}
}

// Provenance says where the numbers of a section come from; "" = there is no such section.
func (m *Method) Provenance(section string) string {
	for i, text := range []string{
		m.earthquake.Provenance, m.cyclone.Provenance, m.cap.Provenance, m.curve.Provenance, m.tsunami.Provenance, m.flood.Provenance,
		m.wildfire.Provenance, m.volcano.Provenance, m.heat.Provenance, m.security.Provenance, m.outbreak.Provenance,
		m.corridor.Provenance, m.advice.Provenance, m.drought.Provenance, m.cyber.Provenance, m.supplier.Provenance,
		m.compliance.Provenance, m.context.Provenance, m.weigh.Provenance,
	} {
		if m.Sections()[i] == section {
			return text
		}
	}
	return ""
}
