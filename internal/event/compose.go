package event

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// compose computes what the event says from the reports that stand.
func (h *held) compose() {
	e := &h.e
	if e.State == Absorbed {
		return
	}
	live := h.ranked()
	if len(live) == 0 {
		e.State = h.endState()
		return
	}
	best := live[0]
	e.State = Ongoing
	e.Hazard, e.Title = best.Hazard, best.Text("en").Headline
	e.Severity, e.Certain, e.Urgency = best.Severity, best.Certainty, best.Urgency
	e.Occurred, e.Onset, e.Ends = best.Occurred, best.Onset, best.Ends
	e.Measures, e.Track = best.Measures, best.Track
	e.Shapes, e.Places, e.TLP, e.Expires = nil, nil, "", time.Time{}
	for _, s := range live {
		e.Shapes = append(e.Shapes, s.Footprints...)
		e.Places = append(e.Places, s.Places...)
		if len(e.Track) == 0 {
			e.Track = s.Track
		}
		e.Measures = fillMeasures(e.Measures, s.Measures)
		e.TLP = Strictest(e.TLP, s.TLP)
		if s.Expires.After(e.Expires) {
			e.Expires = s.Expires
		}
		if s.Received.After(e.Fresh) {
			e.Fresh = s.Received
		}
	}
	if e.Hazard == Advice {
		e.highestStep()
	}
}

// endState tells whether an event without standing reports has passed or was wrong: it
// was wrong only when nothing of it merely ended.
func (h *held) endState() State {
	for _, r := range h.e.Reports {
		if r.Stand == Passed {
			return Over
		}
	}
	return Withdrawn
}

// ranked returns the standing reports, best first: measured before told, then by
// reliability, credibility, newest, id.
func (h *held) ranked() []Signal {
	live := make([]Signal, 0, len(h.live))
	for _, s := range h.live {
		live = append(live, s)
	}
	slices.SortFunc(live, func(a, b Signal) int {
		return cmp.Or(
			compareBool(b.Instrument, a.Instrument), compareBool(a.News, b.News),
			strings.Compare(a.Grade.Reliability, b.Grade.Reliability), cmp.Compare(a.Grade.Credibility, b.Grade.Credibility),
			b.Received.Compare(a.Received), cmp.Compare(b.Order, a.Order), strings.Compare(a.ID, b.ID))
	})
	return live
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// fillMeasures adds to m the measures of other that m does not name.
func fillMeasures(m, other Measures) Measures {
	out := m
	for _, x := range other {
		if _, has := m.Get(x.Name); !has {
			out = append(slices.Clip(out), x)
		}
	}
	return out
}
