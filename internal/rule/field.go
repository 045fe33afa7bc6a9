package rule

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"watchfire.dev/internal/portfolio"
)

// The most that a condition sees of what outsiders wrote; longer texts and lists are cut.
// The limit of cost is computed with these sizes.
const (
	maxTitle   = 500
	maxText    = portfolio.MaxName
	maxList    = 64
	maxTags    = portfolio.MaxTags
	maxMeasure = 64
)

// A field is one thing that a condition can ask of event, exposure or asset.
type field struct {
	name string
	typ  *types.Type
	size uint64 // at most: characters of a text, members of a list or map
	// get returns nil when the value is not known.
	get func(*facts) ref.Val
}

// A noun is one of the three variables.
type noun struct {
	name   string
	typ    *types.Type
	fields []field
	byName map[string]*types.FieldType
	sizes  map[string]uint64
}

func newNoun(name string, fields []field) *noun {
	n := &noun{
		name: name, typ: types.NewObjectType("watchfire." + name), fields: fields,
		byName: map[string]*types.FieldType{}, sizes: map[string]uint64{},
	}
	for _, f := range fields {
		n.sizes[f.name] = f.size
		n.byName[f.name] = &types.FieldType{
			Type:    f.typ,
			IsSet:   func(target any) bool { return f.get(target.(*facts)) != nil },
			GetFrom: func(target any) (any, error) { return known(name, f, target.(*facts)) },
		}
	}
	return n
}

// known reads a field; a value that is not known is an error, so that no rule acts on
// ignorance.
func known(noun string, f field, from *facts) (any, error) {
	if v := f.get(from); v != nil {
		return v, nil
	}
	return nil, unknownError{noun + "." + f.name}
}

// An unknownError says which value a condition needed and nobody knew.
type unknownError struct{ field string }

func (e unknownError) Error() string {
	return e.field + " is not known here; ask first: has(" + e.field + ") && …"
}

func text(name string, get func(*facts) string) field { return sized(name, maxText, get) }

func sized(name string, size int, get func(*facts) string) field {
	return field{name, types.StringType, uint64(size), func(f *facts) ref.Val { return types.String(cut(get(f), size)) }}
}

func whole(name string, get func(*facts) int) field {
	return field{name, types.IntType, 1, func(f *facts) ref.Val { return types.Int(get(f)) }}
}

func truth(name string, get func(*facts) bool) field {
	return field{name, types.BoolType, 1, func(f *facts) ref.Val { return types.Bool(get(f)) }}
}

// number is not known when it is NaN or infinite.
func number(name string, get func(*facts) float64) field {
	return field{name, types.DoubleType, 1, func(f *facts) ref.Val {
		v := get(f)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return types.Double(v)
	}}
}

func optional(name string, get func(*facts) *float64) field {
	return number(name, func(f *facts) float64 {
		if v := get(f); v != nil {
			return *v
		}
		return math.NaN()
	})
}

func measure(name string) field {
	return number(name, func(f *facts) float64 {
		if v, ok := f.e.Measures.Get(name); ok {
			return v
		}
		return math.NaN()
	})
}

func list(name string, size int, get func(*facts) []string) field {
	return field{name, types.NewListType(types.StringType), uint64(size), func(f *facts) ref.Val {
		all := get(f)
		all = all[:min(len(all), size)]
		for i, s := range all {
			if len(s) > maxText {
				short := append([]string{}, all...)
				for j := i; j < len(short); j++ {
					short[j] = cut(short[j], maxText)
				}
				all = short
				break
			}
		}
		return types.NewStringList(types.DefaultTypeAdapter, all)
	}}
}

// cut takes the first size bytes of a text, whole characters only.
func cut(s string, size int) string {
	if len(s) <= size {
		return s
	}
	for size > 0 && !utf8.RuneStart(s[size]) {
		size--
	}
	return s[:size]
}

// nouns returns event, exposure and asset with all their fields. docs/rules.md explains
// each of them; a test holds the two together.
func nouns() []*noun {
	return []*noun{newNoun("event", eventFields()), newNoun("exposure", exposureFields()), newNoun("asset", assetFields())}
}

func eventFields() []field {
	return []field{
		text("id", func(f *facts) string { return f.e.ID }),
		text("hazard", func(f *facts) string { return string(f.e.Hazard) }),
		text("family", func(f *facts) string { return string(f.e.Hazard.Family()) }),
		sized("title", maxTitle, func(f *facts) string { return f.e.Title }),
		measure("magnitude"),
		measure("depth"),
		{"measures", types.NewMapType(types.StringType, types.DoubleType), maxMeasure, func(f *facts) ref.Val { return f.measures() }},
		text("severity", func(f *facts) string { return f.e.Severity }),
		text("certainty", func(f *facts) string { return f.e.Certain }),
		text("urgency", func(f *facts) string { return f.e.Urgency }),
		list("sources", maxList, func(f *facts) []string { f.report(); return f.sources }),
		list("grades", maxList, func(f *facts) []string { f.report(); return f.grades }),
		text("grade", func(f *facts) string { f.report(); return f.best }),
		truth("news", func(f *facts) bool { f.report(); return f.news }),
		truth("instrument", func(f *facts) bool { f.report(); return f.instrument }),
		number("age_hours", func(f *facts) float64 { return f.age() }),
	}
}

func exposureFields() []field {
	p := func(name string, k int) field { return number(name, func(f *facts) float64 { return f.x.P[k] }) }
	return []field{
		text("asset", func(f *facts) string { return f.x.Asset }),
		text("project", func(f *facts) string { return f.x.Project }),
		text("how", func(f *facts) string { return string(f.x.How) }),
		number("distance_km", func(f *facts) float64 { return f.x.DistanceKM }),
		number("intensity", func(f *facts) float64 { return f.x.Intensity.Value }),
		text("unit", func(f *facts) string { return f.x.Intensity.Unit }),
		whole("persons", func(f *facts) int { return f.x.Persons }),
		p("p1", 1), p("p2", 2), p("p3", 3), p("p4", 4),
		number("p_event", func(f *facts) float64 { return f.x.PEvent }),
		whole("observed", func(f *facts) int { return f.x.Observed }),
		whole("level", func(f *facts) int { return int(f.x.Level) }),
		text("level_name", func(f *facts) string { return f.x.Level.String() }),
		number("eta_hours", func(f *facts) float64 { return f.eta() }),
		text("country", func(f *facts) string { return f.a.Country }),
	}
}

func assetFields() []field {
	return []field{
		text("id", func(f *facts) string { return f.a.ID }),
		text("kind", func(f *facts) string { return string(f.a.Kind) }),
		text("code", func(f *facts) string { return f.a.Code }),
		text("name", func(f *facts) string { return f.a.Name }),
		text("country", func(f *facts) string { return f.a.Country }),
		text("admin1", func(f *facts) string { return f.a.Admin1 }),
		text("class", func(f *facts) string { return f.a.Class }),
		list("tags", maxTags, func(f *facts) []string { return f.a.Tags }),
		whole("persons", func(f *facts) int { return f.x.Persons }),
		optional("elevation_m", func(f *facts) *float64 { return f.a.ElevationM }),
		optional("coast_km", func(f *facts) *float64 { return f.a.CoastKM }),
		{"zone", types.StringType, maxText, func(f *facts) ref.Val {
			if f.a.Zone == "" {
				return nil
			}
			return types.String(cut(f.a.Zone, maxText))
		}},
	}
}

// hours is how long b is after a, in hours; NaN when either is not known.
func hours(a, b time.Time) float64 {
	if a.IsZero() || b.IsZero() {
		return math.NaN()
	}
	return b.Sub(a).Hours()
}

func quote(s string) string {
	if utf8.RuneCountInString(s) > 60 {
		s = cut(s, 57) + "…"
	}
	return `"` + strings.Map(func(r rune) rune {
		if unprintable(r) {
			return '·'
		}
		return r
	}, s) + `"`
}
