package replay

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/warning"
)

// A column is a field of a row: how it is written, and when two rows are written alike.
type column struct {
	key   string
	empty func(*exposure.Exposure) bool // then it is left out; nil = never
	same  func(a, b *exposure.Exposure) bool
	write func(*encoder, *exposure.Exposure)
}

// columns are the fields of a row in their order.
var columns = [...]column{
	text(`,"event":`, func(x *exposure.Exposure) string { return x.Event }),
	number(`,"revision":`, func(x *exposure.Exposure) int { return x.Revision }),
	text(`,"hazard":`, func(x *exposure.Exposure) string { return string(x.Hazard) }),
	text(`,"project":`, func(x *exposure.Exposure) string { return x.Project }),
	text(`,"asset":`, func(x *exposure.Exposure) string { return x.Asset }),
	text(`,"kind":`, func(x *exposure.Exposure) string { return string(x.Kind) }),
	text(`,"name":`, func(x *exposure.Exposure) string { return x.Name }),
	text(`,"how":`, func(x *exposure.Exposure) string { return string(x.How) }),
	decimal(`,"distance_km":`, func(x *exposure.Exposure) float64 { return x.DistanceKM }),
	decimal(`,"from_km":`, func(x *exposure.Exposure) float64 { return x.FromKM }).unless(func(x *exposure.Exposure) bool { return x.FromKM == 0 }),
	decimal(`,"to_km":`, func(x *exposure.Exposure) float64 { return x.ToKM }).unless(func(x *exposure.Exposure) bool { return x.ToKM == 0 }),
	{key: `,"intensity":`, same: sameIntensity, write: (*encoder).intensity},
	number(`,"persons":`, func(x *exposure.Exposure) int { return x.Persons }),
	instant(`,"eta":`, func(x *exposure.Exposure) time.Time { return x.ETA }),
	instant(`,"until":`, func(x *exposure.Exposure) time.Time { return x.Until }),
	decimal(`,"p_event":`, func(x *exposure.Exposure) float64 { return x.PEvent }),
	{key: `,"p":`, same: sameChances, write: (*encoder).chances},
	number(`,"observed":`, func(x *exposure.Exposure) int { return x.Observed }).unless(func(x *exposure.Exposure) bool { return x.Observed == 0 }),
	{
		key: `,"level":`, same: func(a, b *exposure.Exposure) bool { return a.Level == b.Level },
		write: func(e *encoder, x *exposure.Exposure) { e.level(x.Level) },
	},
	{
		key: `,"floor":`, same: func(a, b *exposure.Exposure) bool { return a.Floor == b.Floor },
		write: func(e *encoder, x *exposure.Exposure) { e.level(x.Floor) }, empty: func(x *exposure.Exposure) bool { return x.Floor == 0 },
	},
	text(`,"floor_reason":`, func(x *exposure.Exposure) string { return x.FloorReason }).unless(func(x *exposure.Exposure) bool { return x.FloorReason == "" }),
	text(`,"formula":`, func(x *exposure.Exposure) string { return x.Formula }),
	text(`,"source":`, func(x *exposure.Exposure) string { return x.Source }),
	text(`,"method":`, func(x *exposure.Exposure) string { return x.Method }),
	inputs: {key: `,"inputs":`, same: sameInputs},
	texts(`,"notes":`, func(x *exposure.Exposure) []string { return x.Notes }).unless(func(x *exposure.Exposure) bool { return len(x.Notes) == 0 }),
	texts(`,"evidence":`, func(x *exposure.Exposure) []string { return x.Evidence }),
}

const (
	inputs     = 24 // the place of the inputs among the columns
	everything = 1<<len(columns) - 1
)

func (c column) unless(empty func(*exposure.Exposure) bool) column { c.empty = empty; return c }

func text(key string, of func(*exposure.Exposure) string) column {
	return column{
		key: key, same: func(a, b *exposure.Exposure) bool { return of(a) == of(b) },
		write: func(e *encoder, x *exposure.Exposure) { e.string(of(x)) },
	}
}

func texts(key string, of func(*exposure.Exposure) []string) column {
	return column{
		key: key, same: func(a, b *exposure.Exposure) bool {
			return (of(a) == nil) == (of(b) == nil) && slices.Equal(of(a), of(b))
		},
		write: func(e *encoder, x *exposure.Exposure) { e.strings(of(x)) },
	}
}

func number(key string, of func(*exposure.Exposure) int) column {
	return column{
		key: key, same: func(a, b *exposure.Exposure) bool { return of(a) == of(b) },
		write: func(e *encoder, x *exposure.Exposure) { e.int(int64(of(x))) },
	}
}

func decimal(key string, of func(*exposure.Exposure) float64) column {
	return column{
		key: key, same: func(a, b *exposure.Exposure) bool { return sameFloat(of(a), of(b)) },
		write: func(e *encoder, x *exposure.Exposure) { e.float(of(x)) },
	}
}

func instant(key string, of func(*exposure.Exposure) time.Time) column {
	return column{
		key: key, empty: func(x *exposure.Exposure) bool { return of(x).IsZero() },
		same:  func(a, b *exposure.Exposure) bool { return of(a).Equal(of(b)) && of(a).Location() == of(b).Location() },
		write: func(e *encoder, x *exposure.Exposure) { e.time(of(x)) },
	}
}

// sameFloat tells whether two numbers are written alike: 0 and -0 are not.
func sameFloat(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

func sameIntensity(a, b *exposure.Exposure) bool {
	return sameFloat(a.Intensity.Value, b.Intensity.Value) && a.Intensity.Unit == b.Intensity.Unit && a.Intensity.Sigma == b.Intensity.Sigma
}

func (e *encoder) intensity(x *exposure.Exposure) {
	e.raw(`{"value":`)
	e.float(x.Intensity.Value)
	e.raw(`,"unit":`)
	e.string(x.Intensity.Unit)
	e.optionalFloat(`,"sigma":`, x.Intensity.Sigma)
	e.b = append(e.b, '}')
}

func sameChances(a, b *exposure.Exposure) bool {
	for k := range a.P {
		if !sameFloat(a.P[k], b.P[k]) {
			return false
		}
	}
	return true
}

func (e *encoder) chances(x *exposure.Exposure) {
	list(e, x.P[:], func(v *float64) { e.float(*v) })
}

func sameInput(a, b *exposure.Input) bool {
	return sameFloat(a.Value, b.Value) && a.Name == b.Name && a.Unit == b.Unit
}

func sameInputs(a, b *exposure.Exposure) bool {
	if len(a.Inputs) != len(b.Inputs) || (a.Inputs == nil) != (b.Inputs == nil) {
		return false
	}
	for i := range a.Inputs {
		if !sameInput(&a.Inputs[i], &b.Inputs[i]) {
			return false
		}
	}
	return true
}

// sameRow tells whether two rows are written alike.
func sameRow(a, b exposure.Exposure) bool { return alike(&a, &b, everything) == everything }

// alike returns those of the columns in which two rows are written alike.
func alike(a, b *exposure.Exposure, of uint32) uint32 {
	for left := of; left != 0; left &= left - 1 {
		if i := bits.TrailingZeros32(left); !columns[i].same(a, b) {
			of &^= 1 << i
		}
	}
	return of
}

// exposures appends what all rows of a line have in common, once, and the rows without it.
func (e *encoder) exposures(rows []exposure.Exposure) {
	var common uint32
	e.places = e.places[:0]
	if len(rows) > 1 {
		common = everything
		for i := 1; i < len(rows) && common != 0; i++ {
			common = alike(&rows[0], &rows[i], common)
		}
		if common&(1<<inputs) == 0 {
			e.common(rows)
		}
		shared := common
		if len(e.places) > 0 {
			shared |= 1 << inputs
		}
		if shared != 0 {
			e.raw(`,"shared":`)
			e.row(&rows[0], shared, true)
		}
	}
	e.raw(`,"exposures":`)
	list(e, rows, func(x *exposure.Exposure) { e.row(x, everything&^common, false) })
}

// common finds the places at which all rows have the same input; none is an empty list.
func (e *encoder) common(rows []exposure.Exposure) {
	for range rows[0].Inputs {
		e.places = append(e.places, true)
	}
	for i := range rows {
		e.places = e.places[:min(len(e.places), len(rows[i].Inputs))]
		for k := range e.places {
			e.places[k] = e.places[k] && sameInput(&rows[0].Inputs[k], &rows[i].Inputs[k])
		}
	}
	if !slices.Contains(e.places, true) {
		e.places = e.places[:0]
	}
}

// row appends some columns of a row; of its inputs, where some of them are in common, those
// or the others.
func (e *encoder) row(x *exposure.Exposure, of uint32, shared bool) {
	start := len(e.b)
	for ; of != 0; of &= of - 1 {
		i := bits.TrailingZeros32(of)
		c := columns[i]
		switch {
		case c.empty != nil && c.empty(x):
		case i == inputs:
			e.raw(c.key)
			e.inputs(x.Inputs, shared)
		default:
			e.raw(c.key)
			c.write(e, x)
		}
	}
	if len(e.b) == start {
		e.b = append(e.b, '{')
	}
	e.b[start] = '{' // where the comma of the first field stands
	e.b = append(e.b, '}')
}

func (e *encoder) inputs(all []exposure.Input, shared bool) {
	if all == nil {
		e.raw("null")
		return
	}
	e.b = append(e.b, '[')
	first := true
	for i := range all {
		in := &all[i]
		common := i < len(e.places) && e.places[i]
		if common != shared && len(e.places) > 0 {
			continue
		}
		if !first {
			e.b = append(e.b, ',')
		}
		first = false
		e.raw(`{"name":`)
		e.string(in.Name)
		e.raw(`,"value":`)
		e.float(in.Value)
		e.optional(`,"unit":`, in.Unit)
		if common && shared {
			e.raw(`,"place":`)
			e.int(int64(i))
		}
		e.b = append(e.b, '}')
	}
	e.b = append(e.b, ']')
}

// references appends a warning's rows: which they are, and what may differ from how they
// stand under their event, since silent sources move a row's chances towards the base rate.
func (e *encoder) references(w, before *warning.Warning) {
	e.raw(`"rows":`)
	list(e, w.Rows, func(x *exposure.Exposure) {
		e.raw(`{"event":`)
		e.string(x.Event)
		e.raw(`,"revision":`)
		e.int(int64(x.Revision))
		e.raw(`,"asset":`)
		e.string(x.Asset)
		e.raw(`,"level":`)
		e.level(x.Level)
		if len(w.Blind) > 0 {
			e.raw(`,"p_event":`)
			e.float(x.PEvent)
			e.raw(`,"p":`)
			e.chances(x)
		}
		e.b = append(e.b, '}')
	})
	if before != nil && before.ID == w.ID && len(w.Rows) > 0 && slices.EqualFunc(w.Rows, before.Rows, sameRow) {
		e.raw(`,"rows_of":`)
		e.int(int64(before.Revision))
	}
}
