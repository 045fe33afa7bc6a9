package impact

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
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
	out := make([]string, len(w))
	for i, e := range w {
		out[i] = e.Word
	}
	return strings.Join(out, ", ")
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
	weigh      weighMethod
	fatality   []FatalityModel // sorted by country code
	cells      []cell          // quadrature of the standard normal
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
	Weigh      weighMethod      `json:"weigh"`
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
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("parse method file: %w: %w", fault.ErrInvalid, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("method file goes on after its object: %w", fault.ErrInvalid)
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
	return &Method{
		Version: f.Version, Note: f.Note,
		earthquake: f.Earthquake, cyclone: f.Cyclone, cap: f.CAP, curve: f.Curve,
		tsunami: f.Tsunami, flood: f.Flood, wildfire: f.Wildfire, volcano: f.Volcano,
		heat: f.Heat, security: f.Security, outbreak: f.Outbreak, corridor: f.Corridor,
		advice: f.Advice, weigh: f.Weigh, fatality: models, cells: normalCells(),
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
	return c.err()
}

// checkScalars refuses spreads that are none and numbers that would stop or stall a formula.
func (f *methodFile) checkScalars(c *checker) {
	for _, g := range []struct {
		name string
		gsd  float64
	}{
		{"surge", f.Cyclone.Surge.GSD},
		{"rain", f.Cyclone.Rain.GSD},
		{"tsunami height", f.Tsunami.HeightGSD},
		{"flood return", f.Flood.ReturnGSD},
		{"flood depth", f.Flood.DepthGSD},
		{"wildfire hours", f.Wildfire.HoursGSD},
		{"wildfire pm25", f.Wildfire.PM25GSD},
		{"volcano ash", f.Volcano.AshGSD},
		{"outbreak", f.Outbreak.GSD},
		{"corridor", f.Corridor.GSD},
	} {
		c.within(g.name+" gsd", g.gsd, 1.0001, 100)
	}
	for _, v := range []struct {
		name         string
		v, low, high float64
	}{
		{"earthquake fatality beta", f.Earthquake.FatalityDefault.Beta, 0.01, 10},
		{"earthquake fatality theta", f.Earthquake.FatalityDefault.Theta, 1, 1000},
		{"earthquake hypocentral s1", f.Earthquake.Hypocentral.S1, 0.01, 5},
		{"earthquake rupture s1", f.Earthquake.Rupture.S1, 0.01, 5},
		{"earthquake hypocentral s2", f.Earthquake.Hypocentral.S2, 0, 5},
		{"earthquake rupture s2", f.Earthquake.Rupture.S2, 0, 5},
		{"earthquake hypocentral s3", f.Earthquake.Hypocentral.S3, 0.01, 1e4},
		{"earthquake rupture s3", f.Earthquake.Rupture.S3, 0.01, 1e4},
		{"earthquake hypocentral far_km", f.Earthquake.Hypocentral.FarKM, 1, 1e4},
		{"earthquake shakemap_sigma", f.Earthquake.ShakeMapSigma, 0.01, 5},
		{"earthquake shortest distance", f.Earthquake.DistanceRangeKM[0], 0.1, 100},
		{"cyclone v_threshold_ms", f.Cyclone.VThreshold, 0, 200},
		{"cyclone v_half_ms", f.Cyclone.VHalf, f.Cyclone.VThreshold + 1, 1000},
		{"cyclone catastrophic_mdr", f.Cyclone.CatastrophicMDR, 0.001, 0.25},
		{"cyclone lowest class", f.Cyclone.ClassKnots[0], 1, 200},
		{"cyclone outer_exponent", f.Cyclone.OuterExponent, 0.1, 3},
		{"cyclone point_wind_sigma", f.Cyclone.PointWindSigma, 0, 1},
		{"cyclone rmw base_km", f.Cyclone.RMW.BaseKM, 1, 500},
		{"cyclone draws", float64(f.Cyclone.Draws), 1, 100000},
		{"cyclone step_hours", f.Cyclone.StepHours, 0.05, 6},
		{"cyclone step_km", f.Cyclone.StepKM, 1, 100},
		{"cap scale_km", f.CAP.ScaleKM, 0.1, 1000},
		{"default_curve scale_km", f.Curve.ScaleKM, 0.1, 1000},
		{"volcano scale_km", f.Volcano.ScaleKM, 0.1, 1000},
		{"wildfire spread_share", f.Wildfire.SpreadShare, 0.001, 1},
		{"wildfire min_wind_kmh", f.Wildfire.MinWindKMH, 0.1, 100},
		{"heat sigma", f.Heat.Sigma, 0, 20},
		{"security prior_days", f.Security.PriorDays, 1, 36525},
		{"security event_km", f.Security.EventKM, 0.1, 1000},
		{"weigh cap_ratio", f.Weigh.CapRatio, 1, 1e6},
		{"weigh rho_same", f.Weigh.RhoSame, 0, 1},
		{"weigh rho_independent", f.Weigh.RhoIndependent, 0, 1},
		{"weigh learn_a", f.Weigh.LearnA, 0.01, 1000},
		{"weigh learn_b", f.Weigh.LearnB, 0, 1000},
	} {
		c.within(v.name, v.v, v.low, v.high)
	}
	for k, n := range f.Earthquake.ClassDeaths {
		c.within(fmt.Sprintf("earthquake class_deaths I%d", k+1), float64(n), 0, 1000)
	}
	for i, ratio := range f.Weigh.Ratio {
		c.within(fmt.Sprintf("weigh ratio %d", i+1), ratio, 0.001, 1000)
	}
	for _, r := range f.Cyclone.Regions {
		c.within("cyclone region "+r.Code, r.VHalf, f.Cyclone.VThreshold+1, 1000)
	}
	for _, k := range f.Security.Kinds {
		c.within("reach of "+k.Kind, k.ReachKM, 0.1, 1000)
		c.within("half-life of "+k.Kind, k.TauDays, 0.1, 3650)
		c.within("weight of "+k.Kind, k.Weight, 0, 100)
	}
	for _, curve := range f.Flood.Curves {
		if len(curve.Depth) != len(curve.MDR) || len(curve.Depth) < 2 || !slices.IsSorted(curve.Depth) || !slices.IsSorted(curve.MDR) {
			c.add("depth curve of " + curve.Region + " does not rise point by point")
		}
	}
}
