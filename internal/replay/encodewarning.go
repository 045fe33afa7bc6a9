package replay

import (
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/warning"
)

// warning appends a revision of a warning, its rows as references.
func (e *encoder) warning(w, before *warning.Warning) {
	e.raw(`{"id":`)
	e.string(w.ID)
	e.raw(`,"org":`)
	e.string(w.Org)
	e.raw(`,"project":`)
	e.string(w.Project)
	e.raw(`,"family":`)
	e.string(string(w.Family))
	e.raw(`,"hazard":`)
	e.string(string(w.Hazard))
	e.raw(`,"episode":`)
	e.string(w.Episode)
	e.raw(`,"revision":`)
	e.int(int64(w.Revision))
	e.raw(`,"state":`)
	e.string(string(w.State))
	e.judgement(w)
	e.raw(`,"reason":`)
	e.string(string(w.Reason))
	e.optional(`,"note":`, w.Note)
	e.optional(`,"actor":`, w.Actor)
	e.truth(`,"notify":`, w.Notify)
	e.flag(`,"all_clear":true`, w.AllClear)
	e.raw(`,"events":`)
	list(e, w.Events, e.eventRef)
	e.b = append(e.b, ',')
	e.references(w, before)
	e.optionalStrings(`,"rules":`, w.Rules)
	e.optionalStrings(`,"route":`, w.Route)
	e.raw(`,"tlp":`)
	e.string(w.TLP)
	e.raw(`,"method":`)
	e.string(w.Method)
	e.raw(`,"methods":{"policy":`)
	e.string(w.Methods.Policy)
	e.raw(`,"matrix":`)
	e.string(w.Methods.Matrix)
	e.raw(`,"playbook":`)
	e.string(w.Methods.Playbook)
	e.raw(`,"impact":`)
	e.strings(w.Methods.Impact)
	e.raw(`},"evidence":`)
	e.strings(w.Evidence)
	e.instants(w)
	e.b = append(e.b, '}')
}

// judgement appends what the evidence says, from the level to the actions.
func (e *encoder) judgement(w *warning.Warning) {
	e.raw(`,"level":`)
	e.level(w.Level)
	e.raw(`,"peak":`)
	e.level(w.Peak)
	e.raw(`,"cell":`)
	e.level(w.Cell)
	e.flag(`,"emergency":true`, w.Emergency)
	e.flag(`,"help":true`, w.Help)
	e.raw(`,"p":`)
	e.vector(&w.P)
	e.raw(`,"p_by_horizon":`)
	list(e, w.Horizons[:], e.vector)
	e.raw(`,"horizon":`)
	e.horizon(w.Horizon)
	e.optionalInt(`,"observed":`, w.Observed)
	e.raw(`,"matrix":`)
	e.level(w.Matrix)
	e.raw(`,"ceiling":`)
	e.level(w.Ceiling)
	e.optionalInt(`,"delta":`, w.Delta)
	e.optionalStrings(`,"blind":`, w.Blind)
	if len(w.Actions) > 0 {
		e.raw(`,"actions":`)
		list(e, w.Actions, e.action)
	}
}

func (e *encoder) action(a *warning.Action) {
	e.raw(`{"action":`)
	e.string(a.Action)
	if len(a.Name) > 0 {
		e.raw(`,"name":`)
		e.other(a.Name)
	}
	e.raw(`,"class":`)
	e.int(int64(a.Class))
	e.raw(`,"horizon":`)
	e.horizon(a.Horizon)
	e.raw(`,"cost_usd":`)
	e.float(a.Cost)
	e.raw(`,"avoided_usd":`)
	e.float(a.Loss)
	e.raw(`,"p":`)
	e.float(a.P)
	e.raw(`,"threshold":`)
	e.float(a.Trigger)
	e.truth(`,"crossed":`, a.Crossed)
	e.b = append(e.b, '}')
}

// instants appends a warning's end: its times and what stands among them.
func (e *encoder) instants(w *warning.Warning) {
	e.raw(`,"opened_at":`)
	e.time(w.OpenedAt)
	e.raw(`,"at":`)
	e.time(w.At)
	e.raw(`,"level_since":`)
	e.time(w.LevelSince)
	e.raw(`,"fresh":`)
	e.time(w.Fresh)
	e.raw(`,"expires":`)
	e.time(w.Expires)
	e.raw(`,"fresh_until":`)
	e.time(w.FreshUntil)
	e.optionalTime(`,"low_since":`, w.LowSince)
	e.raw(`,"floor":`)
	e.level(w.Floor)
	e.optional(`,"proposal":`, string(w.Proposal))
	e.optionalTime(`,"confirm_by":`, w.ConfirmBy)
	e.flag(`,"reviewed":true`, w.Reviewed)
	e.optional(`,"cancel_by":`, w.CancelBy)
	if len(w.Aside) > 0 {
		e.raw(`,"aside":`)
		list(e, w.Aside, func(a *warning.Aside) {
			e.raw(`{"event":`)
			e.string(a.Event)
			e.raw(`,"at":`)
			e.time(a.At)
			e.b = append(e.b, '}')
		})
	}
	e.optionalTime(`,"eta":`, w.ETA)
	e.optionalTime(`,"until":`, w.Until)
	e.raw(`,"told":{"level":`)
	e.level(w.Told.Level)
	e.raw(`,"revision":`)
	e.int(int64(w.Told.Revision))
	e.flag(`,"emergency":true`, w.Told.Emergency)
	e.raw(`,"persons":`)
	e.int(int64(w.Told.Persons))
	e.raw(`,"assets":`)
	e.int(int64(w.Told.Assets))
	e.optionalTime(`,"eta":`, w.Told.ETA)
	e.optionalTime(`,"until":`, w.Told.Until)
	e.b = append(e.b, '}')
}

func (e *encoder) eventRef(r *warning.EventRef) {
	e.raw(`{"id":`)
	e.string(r.ID)
	e.raw(`,"revision":`)
	e.int(int64(r.Revision))
	e.raw(`,"title":`)
	e.string(r.Title)
	if len(r.Measures) > 0 {
		e.raw(`,"measures":`)
		e.measures(r.Measures)
	}
	if t := &r.Trust; t.Base != 0 || t.P != 0 || t.Instrument != "" || t.Weights != nil {
		e.raw(`,"trust":`)
		e.trust(t)
	}
	if r.Ceiling != (warning.Ceiling{}) {
		e.raw(`,"ceiling":{"level":`)
		e.level(r.Ceiling.Level)
		e.flag(`,"at_once":true`, r.Ceiling.AtOnce)
		e.b = append(e.b, '}')
	}
	e.optionalTime(`,"until":`, r.Until)
	e.b = append(e.b, '}')
}

func (e *encoder) trust(t *exposure.Trust) {
	e.raw(`{"base":`)
	e.float(t.Base)
	e.raw(`,"p":`)
	e.float(t.P)
	e.optional(`,"instrument":`, t.Instrument)
	if len(t.Weights) > 0 {
		e.raw(`,"weights":`)
		e.other(t.Weights)
	}
	e.b = append(e.b, '}')
}

func (e *encoder) vector(p *level.P) { list(e, p[:], func(v *float64) { e.float(*v) }) }

func (e *encoder) horizon(h level.Horizon) {
	name, err := h.MarshalText()
	if err != nil {
		e.fail(err)
		return
	}
	e.b = append(append(append(e.b, '"'), name...), '"')
}

func (e *encoder) truth(key string, v bool) {
	e.raw(key)
	if v {
		e.raw("true")
		return
	}
	e.raw("false")
}

func (e *encoder) optionalInt(key string, v int) {
	if v != 0 {
		e.raw(key)
		e.int(int64(v))
	}
}

func (e *encoder) optionalStrings(key string, items []string) {
	if len(items) > 0 {
		e.raw(key)
		e.strings(items)
	}
}
