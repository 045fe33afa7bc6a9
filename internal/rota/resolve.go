package rota

import (
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/fault"
)

// A Shift is a stretch of time with one person on duty, or, with nobody in Member, a gap.
type Shift struct {
	Rota      string    `json:"rota"` // code
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Member    Member    `json:"member,omitzero"`
	Layer     string    `json:"layer,omitempty"`     // name; "" = an override, or nobody
	Holiday   string    `json:"holiday,omitempty"`   // its name, when a holiday layer has duty
	Override  string    `json:"override,omitempty"`  // id
	InsteadOf Member    `json:"instead_of,omitzero"` // whose turn it is and who is absent
	Absence   string    `json:"absence,omitempty"`   // id of that absence
	// Open says that the shift began more than 70 days ago, or never: From is where it was cut.
	Open bool `json:"open,omitempty"`
	turn int
}

// Gap tells whether nobody is on duty.
func (s Shift) Gap() bool { return s.Member.Nobody() }

// Limits of a question about a span, so that no page asks for a century.
const (
	maxSpan     = 400 * 24 * time.Hour
	maxDeputies = 8 // a chain of deputies on leave; longer ones are a circle
)

// A Plan is a rota made ready to be asked many times.
type Plan struct {
	rota     Rota
	book     Book
	zone     *time.Location
	turns    []turn // lowest first
	holidays map[date]string
}

// Ready parses a rota of the book. The error wraps fault.ErrNotFound or fault.ErrInvalid and
// names rota, layer and field.
func (b Book) Ready(code string) (*Plan, error) {
	r, ok := b.Rota(code)
	if !ok {
		return nil, fmt.Errorf("rota %.40q: %w", code, fault.ErrNotFound)
	}
	p := &Plan{rota: r, book: b, holidays: map[date]string{}}
	var err error
	if p.zone, err = LoadZone(r.Zone); err != nil {
		return nil, fmt.Errorf("rota %s: %w", code, err)
	}
	for _, l := range r.Layers {
		t, err := ready(l, r.Zone)
		if err != nil {
			return nil, fmt.Errorf("rota %s, layer %.40q: %w", code, l.Name, err)
		}
		p.turns = append(p.turns, t)
	}
	for _, h := range r.Holidays {
		d, err := parseDate(h.Date)
		if err != nil {
			return nil, fmt.Errorf("rota %s, holiday %.40q: %w", code, h.Name, err)
		}
		p.holidays[d] = h.Name
	}
	return p, nil
}

// At is who is on duty at an instant, without the ends of the shift (see Shift).
func (p *Plan) At(at time.Time) Shift {
	out := Shift{Rota: p.rota.Code}
	for i := len(p.book.Overrides) - 1; i >= 0; i-- {
		o := p.book.Overrides[i]
		if o.Rota != p.rota.Code || at.Before(o.From) || !at.Before(o.To) {
			continue
		}
		if s, ok := p.present(Shift{Rota: out.Rota, Member: o.Member, Override: o.ID, turn: i}, at); ok {
			return s
		}
	}
	holiday, is := p.holidays[dateOf(at, p.zone)]
	if is {
		if s, ok := p.layers(at, true); ok {
			s.Holiday = holiday
			return s
		}
	}
	if s, ok := p.layers(at, false); ok {
		return s
	}
	return out
}

// layers asks the layers from the top down.
func (p *Plan) layers(at time.Time, holidays bool) (Shift, bool) {
	for i := len(p.turns) - 1; i >= 0; i-- {
		t := &p.turns[i]
		if t.layer.Holidays != holidays || !t.stands(at) {
			continue
		}
		m, n, _, ok := t.holder(at)
		if !ok {
			continue
		}
		if s, ok := p.present(Shift{Rota: p.rota.Code, Member: m, Layer: t.layer.Name, turn: n}, at); ok {
			return s, true
		}
	}
	return Shift{}, false
}

// present puts the deputy in the place of somebody who is absent; ok is false when nobody of
// the chain is there.
func (p *Plan) present(s Shift, at time.Time) (Shift, bool) {
	due := s.Member
	for range maxDeputies {
		a, away := p.book.absent(s.Member, at)
		if !away {
			if s.Member != due {
				s.InsteadOf = due
			}
			return s, true
		}
		if a.Deputy.Nobody() {
			return Shift{}, false
		}
		s.Member, s.Absence = a.Deputy, a.ID
	}
	return Shift{}, false
}

// absent finds the newest absence of a member that holds at an instant.
func (b Book) absent(m Member, at time.Time) (Absence, bool) {
	for i := len(b.Absences) - 1; i >= 0; i-- {
		if a := b.Absences[i]; a.Member == m && !at.Before(a.From) && at.Before(a.To) {
			return a, true
		}
	}
	return Absence{}, false
}

// Present is who answers for a member at an instant: the member, or a deputy on leave's
// behalf; nobody when the member is absent without one.
func (b Book) Present(m Member, at time.Time) Member {
	p := Plan{book: b}
	s, ok := p.present(Shift{Member: m}, at)
	if !ok {
		return Member{}
	}
	return s.Member
}

// Shifts cuts a span into shifts, gaps included: no two overlap and none is missing. A span
// longer than 400 days is cut there.
func (p *Plan) Shifts(from, to time.Time) []Shift {
	if to.Sub(from) > maxSpan {
		to = from.Add(maxSpan)
	}
	if !from.Before(to) {
		return nil
	}
	points := append(p.changes(from, to), from)
	slices.SortFunc(points, time.Time.Compare)
	points = slices.CompactFunc(points, time.Time.Equal)
	out := make([]Shift, 0, len(points))
	for i, at := range points {
		s := p.At(at)
		s.From, s.To = at.UTC(), to.UTC()
		if i+1 < len(points) {
			s.To = points[i+1].UTC()
		}
		if n := len(out); n > 0 && same(out[n-1], s) {
			out[n-1].To = s.To
			continue
		}
		out = append(out, s)
	}
	return out
}

// same tells whether nothing is handed over between two stretches: the same person has duty
// for the same reason, also when it is their next turn.
func same(a, b Shift) bool {
	a.From, a.To, b.From, b.To = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	a.turn, b.turn = 0, 0
	return a == b || a.Gap() && b.Gap()
}

// changes lists the instants in [from, to) at which the answer may change, in no order.
func (p *Plan) changes(from, to time.Time) []time.Time {
	var out []time.Time
	for i := range p.turns {
		out = p.turns[i].changes(out, from, to)
	}
	add := func(list ...time.Time) {
		for _, at := range list {
			if !at.Before(from) && at.Before(to) {
				out = append(out, at)
			}
		}
	}
	for _, o := range p.book.Overrides {
		if o.Rota == p.rota.Code {
			add(o.From, o.To)
		}
	}
	for _, a := range p.book.Absences {
		add(a.From, a.To)
	}
	for _, h := range p.rota.Holidays {
		if d, err := parseDate(h.Date); err == nil {
			add(d.at(0, p.zone), (d+1).at(0, p.zone))
		}
	}
	return out
}

// around is how far the ends of a shift are looked for.
const around = 70 * 24 * time.Hour

// Shift is who is on duty at an instant, from when to when; an end further than 70 days away
// is cut there.
func (p *Plan) Shift(at time.Time) Shift {
	for span := 2 * 24 * time.Hour; ; span *= 6 {
		list := p.Shifts(at.Add(-span), at.Add(span))
		i := slices.IndexFunc(list, func(s Shift) bool { return !at.Before(s.From) && at.Before(s.To) })
		if span >= around || i > 0 && i < len(list)-1 {
			list[i].Open = i == 0
			return list[i]
		}
	}
}

// Next is the shift after the one at an instant.
func (p *Plan) Next(at time.Time) Shift { return p.Shift(p.Shift(at).To) }

// Gaps lists where nobody is on duty in a span.
func (p *Plan) Gaps(from, to time.Time) []Shift {
	return slices.DeleteFunc(p.Shifts(from, to), func(s Shift) bool { return !s.Gap() })
}

// Zone is the rota's zone.
func (p *Plan) Zone() *time.Location { return p.zone }

// OnDuty is who is on duty of a rota at an instant; nobody where the rota is not known, is
// not sound or has a gap.
func (b Book) OnDuty(code string, at time.Time) Shift {
	p, err := b.Ready(code)
	if err != nil {
		return Shift{Rota: code}
	}
	return p.At(at)
}
