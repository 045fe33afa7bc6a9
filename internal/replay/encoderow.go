package replay

import (
	"watchfire.dev/internal/exposure"
)

func (e *encoder) exposures(rows []exposure.Exposure) { list(e, rows, e.exposure) }

func (e *encoder) exposure(x *exposure.Exposure) {
	e.raw(`{"event":`)
	e.again(0, x.Event)
	e.raw(`,"revision":`)
	e.int(int64(x.Revision))
	e.raw(`,"hazard":`)
	e.string(string(x.Hazard))
	e.raw(`,"project":`)
	e.again(1, x.Project)
	e.raw(`,"asset":`)
	e.string(x.Asset)
	e.raw(`,"kind":`)
	e.string(string(x.Kind))
	e.raw(`,"name":`)
	e.string(x.Name)
	e.raw(`,"how":`)
	e.string(string(x.How))
	e.raw(`,"distance_km":`)
	e.float(x.DistanceKM)
	e.optionalFloat(`,"from_km":`, x.FromKM)
	e.optionalFloat(`,"to_km":`, x.ToKM)
	e.raw(`,"intensity":{"value":`)
	e.float(x.Intensity.Value)
	e.raw(`,"unit":`)
	e.string(x.Intensity.Unit)
	e.optionalFloat(`,"sigma":`, x.Intensity.Sigma)
	e.raw(`},"persons":`)
	e.int(int64(x.Persons))
	e.optionalTime(`,"eta":`, x.ETA)
	e.optionalTime(`,"until":`, x.Until)
	e.raw(`,"p_event":`)
	e.float(x.PEvent)
	e.raw(`,"p":`)
	list(e, x.P[:], func(v *float64) { e.float(*v) })
	if x.Observed != 0 {
		e.raw(`,"observed":`)
		e.int(int64(x.Observed))
	}
	e.raw(`,"level":`)
	e.level(x.Level)
	if x.Floor != 0 {
		e.raw(`,"floor":`)
		e.level(x.Floor)
	}
	e.optional(`,"floor_reason":`, x.FloorReason)
	e.raw(`,"formula":`)
	e.again(2, x.Formula)
	e.raw(`,"source":`)
	e.again(3, x.Source)
	e.raw(`,"method":`)
	e.again(4, x.Method)
	e.raw(`,"inputs":`)
	e.rowInputs(x.Inputs)
	if len(x.Notes) > 0 {
		e.raw(`,"notes":`)
		place := 5
		list(e, x.Notes, func(s *string) {
			if place++; place > len(e.texts) {
				e.string(*s)
				return
			}
			e.again(place-1, *s)
		})
	}
	e.raw(`,"evidence":`)
	e.strings(x.Evidence)
	e.b = append(e.b, '}')
}

// rowInputs appends inputs; one that is as in the row before, at the same place, is copied.
func (e *encoder) rowInputs(inputs []exposure.Input) {
	for len(e.inputs) < len(inputs) {
		e.inputs = append(e.inputs, input{})
	}
	place := 0
	list(e, inputs, func(in *exposure.Input) {
		last := &e.inputs[place]
		place++
		if last.json != nil && last.Input == *in {
			e.b = append(e.b, last.json...)
			return
		}
		start := len(e.b)
		e.raw(`{"name":`)
		e.string(in.Name)
		e.raw(`,"value":`)
		e.float(in.Value)
		e.optional(`,"unit":`, in.Unit)
		e.b = append(e.b, '}')
		last.Input, last.json = *in, append(last.json[:0], e.b[start:]...)
	})
}
