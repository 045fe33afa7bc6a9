package fetch

import "time"

// clockSlack is how far replicas' clocks may differ.
const clockSlack = 5 * time.Minute

// Health is what is known of one source's polls: small, plain and meant to be stored. All
// times are UTC, zero for never. The zero value is a source never polled: not open, stale.
// Its methods are pure and return the changed copy.
type Health struct {
	Failures    int       `json:"failures"`               // in a row; 0 after a success
	OpenUntil   time.Time `json:"open_until,omitzero"`    // the breaker lets no poll through before
	LastOK      time.Time `json:"last_ok,omitzero"`       // last answer that could be used, 304 included
	LastError   string    `json:"last_error,omitempty"`   // kept after a success, as history
	LastErrorAt time.Time `json:"last_error_at,omitzero"` //
	LastChange  time.Time `json:"last_change,omitzero"`   // when the bytes last differed from those before
	LastContent time.Time `json:"last_content,omitzero"`  // newest time that the source states of its content
}

// Succeeded returns h after a poll that could be used. Changed tells whether the bytes differ
// from the ones before; content is the newest time that the source itself states (when it
// made the list or its newest entry), zero if it states none or nothing came (304). A
// content time in the future is taken as now: a wrong clock elsewhere must not hide silence.
func (h Health) Succeeded(now time.Time, changed bool, content time.Time) Health {
	h.Failures, h.OpenUntil, h.LastOK = 0, time.Time{}, now
	if changed {
		h.LastChange = now
	}
	if content.After(h.LastContent) {
		h.LastContent = content
	}
	if h.LastContent.After(now) {
		h.LastContent = now
	}
	return h
}

// Failed returns h after a poll that could not be used, for whatever reason: no answer, or
// one that was empty, cut, or no feed. Do not call it for Kind Cancelled.
func (h Health) Failed(now time.Time, reason string, b Breaker) Health {
	h.Failures++
	h.LastError, h.LastErrorAt = brief(reason), now
	if over := h.Failures - b.threshold(); over >= 0 {
		h.OpenUntil = now.Add(double(b.coolDown(), over, b.most()))
	}
	return h
}

// Stale tells whether silence from the source may no longer be read as safety: it never
// answered, its last usable answer is older than ageLimit, or it states times and the
// newest of them is. A source that answers but repeats old content is stale by the last.
// So is one that "answered" in the future: our clock was set back and its age is unknown.
func (h Health) Stale(now time.Time, ageLimit time.Duration) bool {
	if h.LastOK.IsZero() || now.Sub(h.LastOK) > ageLimit || h.LastOK.Sub(now) > clockSlack {
		return true
	}
	return !h.LastContent.IsZero() && now.Sub(h.LastContent) > ageLimit
}
