package calc

import (
	"fmt"
	"math"

	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/level"
)

func security(m *impact.Method) Hazard {
	return Hazard{
		Name: "security", Example: "base_rate_per_day=0.01 count=2 days=30 incidents=terror:12:3:4:sector:0.9,clash:30:10 in_axis=no control=0.5",
		Fields: []Field{
			{Name: "base_rate_per_day", Unit: "per day", Hi: 1000, Required: true, Drives: true},
			{Name: "count", Unit: "incidents", Hi: 1e6, Default: "0", Drives: true},
			{Name: "days", Unit: "d", Hi: 36525, Default: "90"},
			{Name: "incidents", Kind: List, Form: "KIND:DISTANCE_KM[:AGE_DAYS[:DEATHS[:MATCH[:CONFIDENCE]]]]"},
			{Name: "horizon_hours", Unit: "h", Hi: 2160, Open: true, Default: "24", Drives: true},
			inAxis, control, ownPeople, trigger,
		},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			past, err := incidents(m, v.set["incidents"].items)
			if err != nil {
				return impact.Result{}, err
			}
			r, err := m.Security(impact.SecurityInput{
				Incidents: past, BaseRate: v.num("base_rate_per_day"), Count: v.num("count"), Days: v.num("days"),
				HorizonHours: v.num("horizon_hours"), InAxis: v.yes("in_axis"), Control: v.num("control"),
			})
			if err != nil {
				return r, err
			}
			if v.num("base_rate_per_day") == 0 && v.num("count") == 0 {
				r.Notes = append(r.Notes, "neither base rate nor count: the rate is 0, however strong the threat")
			}
			return statutory(m, r, v)
		},
	}
}

// incidents reads the list of past incidents.
func incidents(m *impact.Method, items [][]string) ([]impact.Incident, error) {
	out := make([]impact.Incident, 0, len(items))
	for i, part := range items {
		bad := func(format string, args ...any) error {
			return Problem{Key: "incidents", Why: "formula", Got: fmt.Sprintf("item %d: ", i+1) + fmt.Sprintf(format, args...)}
		}
		if len(part) < 2 || len(part) > 6 {
			return nil, bad("%d parts, want KIND:DISTANCE_KM[:AGE_DAYS[:DEATHS[:MATCH[:CONFIDENCE]]]]", len(part))
		}
		e := impact.Incident{Kind: part[0], Confidence: 1}
		numbers := []struct {
			name string
			at   int
			hi   float64
			to   *float64
		}{
			{"distance_km", 1, everywhereKM, &e.DistanceKM},
			{"age_days", 2, 36525, &e.AgeDays},
			{"deaths", 3, 1e7, &e.Deaths},
			{"confidence", 5, 1, &e.Confidence},
		}
		for _, n := range numbers {
			if n.at >= len(part) {
				continue
			}
			x, ok := decimal(part[n.at])
			if !ok || !(x >= 0 && x <= n.hi) || n.name == "confidence" && x == 0 {
				return nil, bad("%s is %.30q, want a number up to %s", n.name, part[n.at], number(n.hi))
			}
			*n.to = x
		}
		if len(part) > 4 {
			if part[4] == "" {
				return nil, bad("match is empty")
			}
			e.Match = part[4]
		}
		if _, err := m.Threat([]impact.Incident{e}); err != nil {
			return nil, bad("kind %.20q, match %.20q: want a kind of %v and a match of %v", e.Kind, e.Match, m.IncidentKinds(), m.IncidentMatches())
		}
		out = append(out, e)
	}
	return out, nil
}

// statutory lifts a result by what holds whatever its probabilities: own people named or
// attacked, and events such as an evacuation order.
func statutory(m *impact.Method, r impact.Result, v values) (impact.Result, error) {
	now, err := m.Incident(impact.IncidentInput{DistanceKM: everywhereKM, OwnPeople: v.yes("own_people"), Trigger: v.word("trigger") != "none"})
	if err != nil {
		return r, err
	}
	r.P = level.Max(r.P, now.P)
	if now.Floor > r.Floor {
		r.Floor, r.FloorReason = now.Floor, now.FloorReason
	}
	return r, nil
}

func incident() Hazard {
	return Hazard{
		Name: "incident", Example: "distance_km=8 sigma_km=3 in_axis=no control=0.8 probability=0.7",
		Fields: []Field{
			{Name: "distance_km", Unit: "km", Hi: everywhereKM, Required: true, Drives: true},
			{Name: "sigma_km", Unit: "km", Hi: 5000, Default: "0", Drives: true},
			inAxis, control, ownPeople, trigger,
			{Name: "probability", Hi: 1, Default: "1", Drives: true},
		},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			return m.Incident(impact.IncidentInput{
				Prior: v.prior(), DistanceKM: v.num("distance_km"), SigmaKM: v.num("sigma_km"), InAxis: v.yes("in_axis"),
				Control: v.num("control"), OwnPeople: v.yes("own_people"), Trigger: v.word("trigger") != "none",
			})
		},
	}
}

func outbreak() Hazard {
	return Hazard{
		Name: "outbreak", Example: "share=0.02 growth_per_day=0.1 horizon_days=7",
		Fields: []Field{
			{Name: "share", Hi: 1, Required: true, Drives: true},
			{Name: "growth_per_day", Unit: "per day", Lo: -5, Hi: 5, Default: "0", Drives: true},
			{Name: "doubling_days", Unit: "d", Lo: 0.14, Hi: 3650}, // a growth of at most 5 a day
			{Name: "horizon_days", Unit: "d", Hi: 365, Open: true, Default: "7", Drives: true},
			{Name: "pathogen", Kind: Word, Words: []string{"ordinary", "haemorrhagic_fever", "plague", "unknown"}, Default: "ordinary"},
			{Name: "distance_km", Unit: "km", Hi: everywhereKM, Drives: true},
			{Name: "on_rotation_route", Kind: YesNo, Default: "no"},
			probability,
		},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			in := impact.OutbreakInput{
				Share: v.num("share"), GrowthPerDay: v.num("growth_per_day"), HorizonDays: v.num("horizon_days"),
				Grave: v.word("pathogen") != "ordinary", DistanceKM: v.num("distance_km"), Prior: v.prior(),
			}
			if v.has("doubling_days") {
				if in.GrowthPerDay != 0 {
					return impact.Result{}, Problem{Key: "doubling_days", Why: "formula", Got: "give growth_per_day or doubling_days, not both"}
				}
				in.GrowthPerDay = math.Ln2 / v.num("doubling_days")
			}
			if v.yes("on_rotation_route") {
				in.DistanceKM = 0
			} else if in.Grave && !v.has("distance_km") {
				return impact.Result{}, oneOf("distance_km", "the distance of the pathogen, or on_rotation_route=yes")
			}
			return m.Outbreak(in)
		},
	}
}

func corridor(m *impact.Method) Hazard {
	return Hazard{
		Name: "corridor", Example: "cause=landslide stock_days=10 closed_days=2",
		Fields: []Field{
			{Name: "cause", Kind: Word, Words: m.CorridorCauses()},
			{Name: "median_days", Unit: "d", Hi: 3650, Open: true},
			{Name: "closed_days", Unit: "d", Hi: 3650, Default: "0", Drives: true},
			{Name: "stock_days", Unit: "d", Hi: 3650, Required: true, Drives: true},
			{Name: "probability", Hi: 1, Default: "1", Drives: true},
		},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			if !v.has("cause") && !v.has("median_days") {
				return impact.Result{}, oneOf("cause", "cause or median_days")
			}
			return m.Corridor(impact.CorridorInput{
				Cause: v.word("cause"), MedianDays: v.num("median_days"), ClosedDays: v.num("closed_days"), StockDays: v.num("stock_days"), Prior: v.prior(),
			})
		},
	}
}

func advice() Hazard {
	return Hazard{
		Name: "advice", Example: "changes=GB:2:3,US:3:4",
		Fields: []Field{{Name: "changes", Kind: List, Form: "GOVERNMENT:BEFORE:AFTER", Required: true}},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			var changes []impact.Advice
			for i, part := range v.set["changes"].items {
				bad := Problem{Key: "changes", Why: "formula", Got: fmt.Sprintf("item %d: want GOVERNMENT:BEFORE:AFTER, steps 0 (not known) or 1 to 4, then 1 to 4", i+1)}
				if len(part) != 3 || part[0] == "" || len(part[1]) != 1 || len(part[2]) != 1 ||
					part[1] < "0" || part[1] > "4" || part[2] < "1" || part[2] > "4" {
					return impact.Result{}, bad
				}
				for _, c := range changes {
					if c.Government == part[0] {
						return impact.Result{}, Problem{Key: "changes", Why: "formula", Got: fmt.Sprintf("%.40q stands twice", part[0])}
					}
				}
				changes = append(changes, impact.Advice{Government: part[0], Before: int(part[1][0] - '0'), After: int(part[2][0] - '0')})
			}
			return m.TravelAdvice(changes)
		},
	}
}

func cyber() Hazard {
	return Hazard{
		Name: "cyber", Example: "exploited=yes listed=yes",
		Fields: []Field{
			{Name: "exploited", Kind: YesNo, Required: true},
			{Name: "listed", Kind: YesNo, Default: "yes"},
			{Name: "probability", Hi: 1, Default: "1", Drives: true},
		},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			return m.Cyber(impact.CyberInput{Exploited: v.yes("exploited"), Listed: v.yes("listed"), Prior: v.prior()})
		},
	}
}

func supplier(m *impact.Method) Hazard {
	p := func(name string) Field { return Field{Name: name, Hi: 1, Required: true, Drives: true} }
	return Hazard{
		Name: "supplier", Example: "I1=0.9 I2=0.6 I3=0.2 I4=0.02 hops=1",
		Fields: []Field{p("I1"), p("I2"), p("I3"), p("I4"), {Name: "hops", Hi: float64(m.MaxHops()), Whole: true, Default: "1"}},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			at := level.P{1, v.num("I1"), v.num("I2"), v.num("I3"), v.num("I4")}
			if err := falling(at); err != nil {
				return impact.Result{}, err
			}
			return m.Supplier(impact.SupplierInput{P: at, Hops: int(v.num("hops"))})
		},
	}
}

func compliance() Hazard {
	return Hazard{
		Name: "compliance", Example: "sanctions_hit=yes active=yes probability=0.9",
		Fields: []Field{
			{Name: "sanctions_hit", Kind: YesNo, Required: true},
			{Name: "active", Kind: YesNo, Default: "yes"},
			{Name: "law_days", Unit: "d", Lo: -3650, Hi: 3650, Drives: true},
			{Name: "probability", Hi: 1, Default: "1", Drives: true},
		},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			return m.Compliance(impact.ComplianceInput{Sanctions: v.yes("sanctions_hit"), Dormant: !v.yes("active"), LawDays: v.opt("law_days"), Prior: v.prior()})
		},
	}
}

// alert is a public alert of CAP 1.2 as seen from a place.
func alert() Hazard {
	word := func(name string, words ...string) Field {
		return Field{Name: name, Kind: Word, Words: append(words, "Unknown"), Default: "Unknown"}
	}
	severity := word("severity", "Minor", "Moderate", "Severe", "Extreme")
	severity.Default, severity.Required = "", true
	return Hazard{
		Name: "alert", Example: "severity=Severe certainty=Likely urgency=Future distance_km=0",
		Fields: []Field{
			severity, word("certainty", "Observed", "Likely", "Possible", "Unlikely"), word("urgency", "Immediate", "Expected", "Future", "Past"),
			{Name: "distance_km", Unit: "km", Hi: everywhereKM, Default: "0", Drives: true},
			{Name: "probability", Hi: 1, Drives: true},
		},
		run: func(m *impact.Method, v values) (impact.Result, error) {
			return m.CAPSeverity(impact.CAPInput{
				Severity: v.word("severity"), Certainty: v.word("certainty"), Urgency: v.word("urgency"), DistanceKM: v.num("distance_km"), Prior: v.prior(),
			})
		},
	}
}
