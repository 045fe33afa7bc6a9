package calc

import (
	"watchfire.dev/internal/exposure/impact"
)

// Hazards lists the impact functions in the order of the help. Words of some inputs (damage
// regions, asset classes, kinds) come from the method, so that a tenant's own are known.
func Hazards(m *impact.Method) []Hazard {
	return []Hazard{
		earthquake(), tsunami(m), cyclone(m), flood(m), wildfire(), volcano(), heat(m), drought(),
		security(m), incident(), outbreak(), corridor(m), advice(), cyber(), supplier(m), compliance(), alert(),
	}
}

// Inputs that several hazards share.
var (
	probability   = Field{Name: "probability", Hi: 1, Default: "1"}
	vulnerability = Field{Name: "vulnerability", Lo: 0.3, Hi: 3, Default: "1", Drives: true}
	inAxis        = Field{Name: "in_axis", Kind: YesNo, Default: "no"}
	control       = Field{Name: "control", Hi: 1, Default: "0"}
	ownPeople     = Field{Name: "own_people", Kind: YesNo, Default: "no"}
	trigger       = Field{Name: "trigger", Kind: Word, Default: "none", Words: []string{"none", "evacuation_order", "embassy_drawdown", "airport_closure", "coup", "war"}}
)

// prior is the probability of the event as the impact functions take it.
func (v values) prior() *float64 { return v.opt("probability") }

// oneOf is the Problem of a hazard that needs one of several inputs and got none.
func oneOf(key, want string) error { return Problem{Key: key, Why: "missing", Want: want} }

// everywhereKM is half the Earth's circumference, the farthest that anything can be.
const everywhereKM = 20040

func kilometres(name string) Field {
	return Field{Name: name, Unit: "km", Hi: everywhereKM, Drives: true}
}

func earthquake() Hazard {
	return Hazard{
		Name: "earthquake", Example: "magnitude=6.8 depth_km=12 distance_km=40 persons=300 country=PK vulnerability=1",
		Fields: []Field{
			{Name: "magnitude", Unit: "Mw", Hi: 10, Required: true, Drives: true},
			{Name: "depth_km", Unit: "km", Lo: -10, Hi: 800, Default: "10", Drives: true},
			kilometres("distance_km"), kilometres("rupture_distance_km"),
			{Name: "mmi", Unit: "MMI", Hi: 12, Drives: true},
			{Name: "mmi_sigma", Unit: "MMI", Hi: 5, Open: true},
			{Name: "persons", Unit: "persons", Hi: 1e7, Default: "0", Drives: true},
			{Name: "country", Kind: Country},
			vulnerability,
			{Name: "magnitude_sigma", Hi: 2, Default: "0"},
			{Name: "depth_sigma_km", Unit: "km", Hi: 500, Default: "0"},
			{Name: "distance_sigma_km", Unit: "km", Hi: 2000, Default: "0"},
			{Name: "national_deaths", Unit: "persons", Hi: 1e8},
			{Name: "national_loss_usd", Unit: "US dollars", Hi: 1e13},
		},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			if !v.has("distance_km") && !v.has("rupture_distance_km") && !v.has("mmi") {
				return impact.Result{}, oneOf("distance_km", "distance_km, rupture_distance_km or mmi")
			}
			in := impact.EarthquakeInput{
				Magnitude: v.num("magnitude"), DepthKM: v.num("depth_km"), DistanceKM: v.num("distance_km"),
				RuptureKM: v.opt("rupture_distance_km"), Persons: v.num("persons"), Country: v.word("country"),
				Vulnerability: v.num("vulnerability"), MagnitudeSigma: v.num("magnitude_sigma"),
				DepthSigmaKM: v.num("depth_sigma_km"), DistanceSigmaKM: v.num("distance_sigma_km"),
			}
			if v.has("mmi_sigma") && !v.has("mmi") {
				return impact.Result{}, oneOf("mmi", "the measured intensity, as mmi_sigma is given")
			}
			if v.has("mmi") {
				in.Shaking = &impact.Measure{Value: v.num("mmi"), Unit: "MMI", Sigma: v.num("mmi_sigma")}
			}
			return m.Earthquake(in)
		},
		context: func(m *impact.Method, v values) []Context {
			if !v.has("national_deaths") && !v.has("national_loss_usd") {
				return nil
			}
			return []Context{{"USGS PAGER", m.PAGERColour(v.num("national_deaths"), v.num("national_loss_usd"))}}
		},
	}
}

func tsunami(m *impact.Method) Hazard {
	return Hazard{
		Name: "tsunami", Example: "bulletin=warning height_m=3 elevation_m=4 coast_km=0.8",
		Fields: []Field{
			{Name: "bulletin", Kind: Word, Words: m.Bulletins(), Required: true},
			{Name: "height_m", Unit: "m", Hi: 600, Open: true, Drives: true},
			{Name: "elevation_m", Unit: "m", Lo: -500, Hi: 9000, Required: true, Drives: true},
			{Name: "coast_km", Unit: "km", Hi: everywhereKM, Required: true, Drives: true},
			{Name: "eta_hours", Unit: "h", Lo: -48, Hi: 48},
			{Name: "probability", Hi: 1},
		},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			return m.Tsunami(impact.TsunamiInput{
				Bulletin: v.word("bulletin"), Prior: v.prior(), HeightM: v.num("height_m"), ElevationM: v.num("elevation_m"),
				CoastKM: v.num("coast_km"), ETAHours: v.opt("eta_hours"),
			})
		},
		context: func(m *impact.Method, v values) []Context {
			if !v.has("height_m") {
				return nil
			}
			return []Context{{"GDACS", m.GDACSTsunami(v.num("height_m"))}}
		},
	}
}

func flood(m *impact.Method) Hazard {
	return Hazard{
		Name: "flood", Example: "return_period_years=50 in_flood_zone=yes depth_m=0.6 region=Asia asset_class=industrial",
		Fields: []Field{
			{Name: "return_period_years", Unit: "years", Hi: 1e6, Open: true, Drives: true},
			{Name: "in_flood_zone", Kind: YesNo, Default: "yes"},
			{Name: "depth_m", Unit: "m", Hi: 100, Open: true, Drives: true},
			{Name: "region", Kind: Word, Words: m.FloodRegions(), Default: "Europe"},
			{Name: "asset_class", Kind: Word, Words: m.FloodClasses(), Default: "residential"},
			probability,
			{Name: "national_deaths", Unit: "persons", Hi: 1e8},
			{Name: "national_displaced", Unit: "persons", Hi: 1e9},
		},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			if !v.has("return_period_years") && !v.has("depth_m") {
				return impact.Result{}, oneOf("return_period_years", "return_period_years or depth_m")
			}
			return m.Flood(impact.FloodInput{
				ReturnYears: v.num("return_period_years"), InZone: v.yes("in_flood_zone"), DepthM: v.num("depth_m"),
				Region: v.word("region"), Class: v.word("asset_class"), Prior: v.prior(),
			})
		},
		context: func(m *impact.Method, v values) []Context {
			if !v.has("national_deaths") && !v.has("national_displaced") {
				return nil
			}
			return []Context{{"GDACS", m.GDACSFlood(v.num("national_deaths"), v.num("national_displaced"))}}
		},
	}
}

func wildfire() Hazard {
	return Hazard{
		Name: "wildfire", Example: "distance_km=12 wind_kmh=35 pm25_ugm3=80",
		Fields: []Field{
			{Name: "distance_km", Unit: "km", Hi: everywhereKM, Required: true, Drives: true},
			{Name: "wind_kmh", Unit: "km/h", Lo: -400, Hi: 400, Required: true, Drives: true},
			{Name: "pm25_ugm3", Unit: "µg/m³", Hi: 1e5, Default: "0", Drives: true},
			probability,
		},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			return m.Wildfire(impact.WildfireInput{
				DistanceKM: v.num("distance_km"), WindKMH: v.num("wind_kmh"), PM25: v.num("pm25_ugm3"), Prior: v.prior(),
			})
		},
	}
}

func volcano() Hazard {
	return Hazard{
		Name: "volcano", Example: "state=eruption distance_km=22 aviation_code=red ash_mm=3",
		Fields: []Field{
			{Name: "state", Kind: Word, Words: []string{"quiet", "unrest", "eruption"}, Required: true},
			{Name: "distance_km", Unit: "km", Hi: everywhereKM, Required: true, Drives: true},
			{Name: "aviation_code", Kind: Word, Words: []string{"unassigned", "green", "yellow", "orange", "red"}, Default: "unassigned"},
			{Name: "ash_mm", Unit: "mm", Hi: 1e5, Default: "0", Drives: true},
			probability,
		},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			code := v.word("aviation_code")
			if code == "unassigned" {
				code = ""
			}
			return m.Volcano(impact.VolcanoInput{
				State: v.word("state"), DistanceKM: v.num("distance_km"), AviationCode: code, AshMM: v.num("ash_mm"), Prior: v.prior(),
			})
		},
	}
}

func heat(m *impact.Method) Hazard {
	return Hazard{
		Name: "heat", Example: "wbgt_c=31.5 work=moderate acclimatised=yes",
		Fields: []Field{
			{Name: "wbgt_c", Unit: "°C WBGT", Lo: -60, Hi: 60, Required: true, Drives: true},
			{Name: "sigma_c", Unit: "°C", Hi: 20, Open: true, Default: "1"},
			{Name: "work", Kind: Word, Words: m.WorkKinds(), Default: "moderate"},
			{Name: "acclimatised", Kind: YesNo, Default: "yes"},
		},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			return m.Heat(impact.HeatInput{WBGT: v.num("wbgt_c"), Sigma: v.num("sigma_c"), Work: v.word("work"), Newcomer: !v.yes("acclimatised")})
		},
	}
}

func drought() Hazard {
	return Hazard{
		Name: "drought", Example: "gdacs_colour=orange",
		Fields: []Field{{Name: "gdacs_colour", Kind: Word, Words: []string{"green", "orange", "red"}, Required: true}, probability},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			return m.Drought(impact.DroughtInput{Colour: v.word("gdacs_colour"), Prior: v.prior()})
		},
	}
}
