package event

import (
	"math"
	"strings"
	"time"
)

// A Step is where one government's travel advice for one country stands: 1 normal care to
// 4 do not travel. It is kept with the government's report, so that what was advised before
// is part of the event's own history and not of whoever reads it.
type Step struct {
	Now    int       `json:"now,omitempty"`    // 0 = none was ever stated
	Before int       `json:"before,omitempty"` // the step that Now replaced; 0 = Now is the first that we saw
	Since  time.Time `json:"since,omitzero"`   // when we received the change from Before to Now
}

// maxStep is the highest step: do not travel, or leave.
const maxStep = 4

// next returns the step after one more signal of the same government. The first sight of a
// standing advice is no change, nor is an advice that is published again, and a signal that
// states no step (an older form, a text without a level) leaves what was stated last.
func (a Step) next(s Signal) Step {
	stated, ok := s.Measures.Get("advice_level")
	now := int(math.Round(stated))
	switch {
	case s.Hazard != Advice:
		return Step{}
	case !ok || now < 1 || now > maxStep || now == a.Now:
		return a
	case a.Now == 0:
		return Step{Now: now}
	default:
		return Step{Now: now, Before: a.Now, Since: s.Received}
	}
}

// topicKey is the key under which reports that share no identity are one event by what they
// are about: the travel advice of all governments for one country, or for one part of it
// that stands by itself. "" = the signal is about nothing of that kind. Advice for several
// countries at once goes with the first it names.
func topicKey(s Signal) string {
	if s.Hazard != Advice || len(s.Places) == 0 || s.Places[0].Country == "" {
		return ""
	}
	return "topic:" + string(Advice) + ":" + strings.ToUpper(s.Places[0].Country) + "/" + strings.ToUpper(s.Places[0].Admin1)
}

// standingTopic tells whether an event is about something that stands for years: it is held
// although nobody speaks of it, for the next word can only be understood by the last.
func (h *held) standingTopic() bool { return h.e.Hazard == Advice && h.e.State == Ongoing }

// highestStep sets advice_level to the highest step that a government advises now.
func (e *Event) highestStep() {
	highest := 0
	for _, r := range e.Reports {
		if r.Stand == Live {
			highest = max(highest, r.Advice.Now)
		}
	}
	for i, m := range e.Measures {
		if m.Name == "advice_level" && highest > 0 {
			e.Measures = append(Measures(nil), e.Measures...) // the signal's own must not change
			e.Measures[i].Value = float64(highest)
			return
		}
	}
}
