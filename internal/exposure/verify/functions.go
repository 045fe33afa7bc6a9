package verify

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/fault"
)

// inputs of one case by name.
type inputs map[string]string

// num reads a number; what is not there is 0.
func (in inputs) num(name string) float64 {
	x, err := strconv.ParseFloat(in[name], 64)
	if err != nil {
		return 0
	}
	return x
}

// answer is a number or a word.
type answer struct {
	number float64
	word   string
}

func is(x float64) (answer, error) { return answer{number: x}, nil }

// functions are what the cases may ask, by the name in the table.
var functions = map[string]func(m *impact.Method, in inputs) (answer, error){
	"mmi_hypocentral": func(m *impact.Method, in inputs) (answer, error) {
		mmi, _ := m.IntensityHypocentral(in.num("magnitude"), in.num("km"))
		return is(mmi)
	},
	"sigma_hypocentral": func(m *impact.Method, in inputs) (answer, error) {
		_, sigma := m.IntensityHypocentral(6, in.num("km"))
		return is(sigma)
	},
	"mmi_rupture": func(m *impact.Method, in inputs) (answer, error) {
		mmi, _ := m.IntensityRupture(in.num("magnitude"), in.num("km"))
		return is(mmi)
	},
	"sigma_rupture": func(m *impact.Method, in inputs) (answer, error) {
		_, sigma := m.IntensityRupture(6, in.num("km"))
		return is(sigma)
	},
	"deaths_of_million": func(m *impact.Method, in inputs) (answer, error) {
		f, _ := m.Fatality(in["country"])
		return is(m.CountryDeaths(f, [10]float64{4: 1e6, 5: 1e6, 6: 1e6, 7: 1e6, 8: 1e6}))
	},
	"one_death_in": func(m *impact.Method, in inputs) (answer, error) {
		f, _ := m.Fatality(in["country"])
		return is(1 / m.FatalityRate(f, in.num("mmi")))
	},
	"fatality_rate": func(m *impact.Method, in inputs) (answer, error) {
		return is(m.FatalityRate(impact.FatalityModel{Theta: in.num("theta"), Beta: in.num("beta")}, in.num("mmi")))
	},
	"country_deaths": func(m *impact.Method, in inputs) (answer, error) {
		f, _ := m.Fatality(in["country"])
		var exposed [10]float64
		for i := range exposed {
			exposed[i] = in.num(fmt.Sprintf("mmi%d", i+1))
		}
		return is(math.Floor(m.CountryDeaths(f, exposed))) // PAGER prints the whole part
	},
	"model_theta": func(m *impact.Method, in inputs) (answer, error) {
		f, _ := m.Fatality(in["country"])
		return is(f.Theta)
	},
	"model_beta": func(m *impact.Method, in inputs) (answer, error) {
		f, _ := m.Fatality(in["country"])
		return is(f.Beta)
	},
	"loss_range": func(m *impact.Method, in inputs) (answer, error) {
		return is(m.PAGERRanges(in.num("estimate"), in.num("spread"))[int(in.num("range"))-1])
	},
	"combined_spread": func(m *impact.Method, in inputs) (answer, error) {
		a, _ := m.Fatality(in["country"])
		b, _ := m.Fatality(in["country2"])
		return is(m.PAGERSpread(a.Zeta, b.Zeta))
	},
	"pager_colour": func(m *impact.Method, in inputs) (answer, error) {
		return answer{word: m.PAGERColour(in.num("deaths"), in.num("usd"))}, nil
	},
	"gdacs_tsunami": func(m *impact.Method, in inputs) (answer, error) {
		return answer{word: m.GDACSTsunami(in.num("height_m"))}, nil
	},
	"gdacs_flood": func(m *impact.Method, in inputs) (answer, error) {
		return answer{word: m.GDACSFlood(in.num("dead"), in.num("displaced"))}, nil
	},
	"wind_damage":      windDamage,
	"half_damage_wind": halfDamageWind,
	"radius_max_wind": func(m *impact.Method, in inputs) (answer, error) {
		return is(m.RadiusMaxWind(in.num("ms")/0.514444, in.num("latitude")))
	},
	"inside_cone": insideCone,
	"depth_damage": func(m *impact.Method, in inputs) (answer, error) {
		x, err := m.DepthDamageOf(in.num("depth_m"), in["region"], in["class"])
		return answer{number: x}, err
	},
	"spread_kmh":  spread,
	"smoke_limit": smokeLimit,
	"wbgt_limit": func(m *impact.Method, in inputs) (answer, error) {
		x, _ := m.HeatLimit(in["work"], in["acclimatised"] == "no")
		return is(x)
	},
	"outlasts":      outlasts,
	"rate_per_day":  rate,
	"any_incident":  anyIncident,
	"threat":        threat,
	"share_at":      share,
	"reaches":       reaches,
	"weigh":         weigh,
	"learned_ratio": learned,
}

func windDamage(m *impact.Method, in inputs) (answer, error) {
	half := 74.7
	if in["half_ms"] != "" {
		half = in.num("half_ms")
	}
	return is(m.WindDamage(in.num("ms"), half))
}

// halfDamageWind solves the curve of a region for a damage ratio of one half, by way of the
// function that a warning takes.
func halfDamageWind(m *impact.Method, in inputs) (answer, error) {
	for _, r := range m.DamageRegions() {
		if r.Code == in["region"] {
			lo, hi := 0.0, 1000.0
			for range 80 {
				mid := (lo + hi) / 2
				if m.WindDamage(mid, r.VHalf) < 0.5 {
					lo = mid
				} else {
					hi = mid
				}
			}
			return is(hi)
		}
	}
	return answer{}, fmt.Errorf("damage region %q: %w", in["region"], fault.ErrNotFound)
}

// insideCone is the share of tracks that bring 34 kt to a place under the forecast centre,
// when 34 kt reach as far as the two-thirds circle.
func insideCone(m *impact.Method, in inputs) (answer, error) {
	km := in.num("cone_km")
	r, err := m.Cyclone(impact.CycloneInput{
		Seed: 1, Track: []impact.TrackPoint{{Lat: 15, MaxWindKnots: 34.001, ErrorKM: km, RadiusMaxKM: 10, R34: impact.Quadrants{km, km, km, km}}},
		Lat: 15,
	})
	return answer{number: r.P[1]}, err
}

// spread is the speed at which the front of a fire comes nearer, km/h.
func spread(m *impact.Method, in inputs) (answer, error) {
	const km = 100
	r, err := m.Wildfire(impact.WildfireInput{DistanceKM: km, WindKMH: in.num("wind_kmh")})
	if err != nil || r.ETAHours == nil {
		return answer{}, err
	}
	return is(km / *r.ETAHours)
}

// smokeLimit is the concentration at which a class is an even chance.
func smokeLimit(m *impact.Method, in inputs) (answer, error) {
	lo, hi := 1.0, 1000.0
	for range 60 {
		mid := (lo + hi) / 2
		r, err := m.Wildfire(impact.WildfireInput{DistanceKM: 20000, WindKMH: 5, PM25: mid})
		if err != nil {
			return answer{}, err
		}
		if r.P[int(in.num("class"))] < 0.5 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return is(hi)
}

// outlasts is P(a closure lasts longer than so many spreads beyond its median).
func outlasts(m *impact.Method, in inputs) (answer, error) {
	const spread = 2.2
	r, err := m.Corridor(impact.CorridorInput{MedianDays: in.num("median_days"), StockDays: in.num("median_days") * math.Pow(spread, in.num("gsd"))})
	if err != nil {
		return answer{}, err
	}
	return step(r, "p of running out of stock")
}

func step(r impact.Result, name string) (answer, error) {
	for _, s := range r.Steps {
		if s.Name == name {
			return is(s.Value)
		}
	}
	return answer{}, fmt.Errorf("step %q of %s: %w", name, r.Hazard, fault.ErrNotFound)
}

func rate(m *impact.Method, in inputs) (answer, error) {
	r, err := m.Security(impact.SecurityInput{BaseRate: in.num("base"), Count: in.num("count"), Days: in.num("days")})
	if err != nil {
		return answer{}, err
	}
	return step(r, "rate within 10 km")
}

// anyIncident is P(I ≥ I3): an incident within 10 km.
func anyIncident(m *impact.Method, in inputs) (answer, error) {
	r, err := m.Security(impact.SecurityInput{BaseRate: in.num("base"), Count: in.num("count"), Days: in.num("days"), HorizonHours: in.num("hours")})
	return answer{number: r.P[3]}, err
}

func threat(m *impact.Method, in inputs) (answer, error) {
	x, err := m.Threat([]impact.Incident{{Kind: in["kind"], DistanceKM: in.num("km"), AgeDays: in.num("age"), Deaths: in.num("deaths"), Match: in["match"]}})
	return answer{number: x}, err
}

func share(m *impact.Method, in inputs) (answer, error) {
	r, err := m.Outbreak(impact.OutbreakInput{Share: in.num("share"), GrowthPerDay: math.Ln2 / in.num("doubling"), HorizonDays: in.num("days")})
	return answer{number: r.Intensity.Value}, err
}

func reaches(m *impact.Method, in inputs) (answer, error) {
	r, err := m.Supplier(impact.SupplierInput{P: [5]float64{1, 1, 1, 1, 1}, Hops: int(in.num("hops"))})
	return answer{number: r.P[4]}, err
}

func weigh(m *impact.Method, in inputs) (answer, error) {
	var terms []impact.Term
	for _, code := range strings.Split(in["reports"], ",") {
		grade, same := strings.CutSuffix(code, "+same")
		if len(grade) != 2 {
			return answer{}, fmt.Errorf("report %q: %w", code, fault.ErrInvalid)
		}
		terms = append(terms, impact.Term{Reliability: grade[0], Credibility: int(grade[1]) - '0', Same: same})
	}
	p, _, err := m.Weigh(in.num("base"), terms)
	return answer{number: p}, err
}

func learned(m *impact.Method, in inputs) (answer, error) {
	ratio, _ := m.LearnedRatio(impact.Record{
		Hits: int(in.num("hits")), Positives: int(in.num("positives")), FalseAlarms: int(in.num("false")), Negatives: int(in.num("negatives")),
	})
	return is(ratio)
}
