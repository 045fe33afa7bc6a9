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
	Basis       Basis     `json:"basis,omitempty"`        // what the age of the present body is reckoned from
}

// A Basis says from what the age of a source's content is reckoned. It belongs to the body
// that the source gave last and stays while that body stays.
type Basis string

// The bases.
const (
	// Stated: the body states a time, its own or its newest entry's; that counts, however
	// alive the server is. A list that is made anew each minute states its own time; one
	// whose entries' times age cannot be told from one that was left behind.
	Stated Basis = "stated"
	// Changed: the body holds entries and states no time that can be read. What it says is as
	// old as the moment at which it first said so.
	Changed Basis = "changed"
	// Answered: the body holds nothing and states no time. There is nothing in it that could
	// age: each answer of the server, 304 included, says anew that there is nothing.
	Answered Basis = "answered"
)

// BasisOf tells what the age of a body is reckoned from: by the newest time it states, zero
// for none, and by whether it holds nothing at all.
func BasisOf(content time.Time, empty bool) Basis {
	switch {
	case !content.IsZero():
		return Stated
	case empty:
		return Answered
	default:
		return Changed
	}
}

// Repeated returns h after a poll that brought the body known before, by 304 or byte by byte.
// It is a sign of life and no news: what ages goes on ageing.
func (h Health) Repeated(now time.Time) Health {
	h.Failures, h.OpenUntil, h.LastOK = 0, time.Time{}, now
	return h
}

// Succeeded returns h after a poll that brought a body that differs from the one before.
// Content is the newest time that the source itself states (when it made the list or its
// newest entry), zero if it states none; empty tells that the body holds nothing. A content
// time in the future is taken as now: a wrong clock elsewhere must not hide silence.
func (h Health) Succeeded(now, content time.Time, empty bool) Health {
	h = h.Repeated(now)
	h.LastChange, h.Basis = now, BasisOf(content, empty)
	if h.Basis == Changed {
		content = now
	}
	if content.After(h.LastContent) {
		h.LastContent = content
	}
	if h.LastContent.After(now) {
		h.LastContent = now
	}
	return h
}

// Content returns the time from which the age of the content is reckoned, zero for never:
// the newest time stated so far, or the last answer while the list is empty and undated.
func (h Health) Content() time.Time {
	if h.Basis == Answered && h.LastOK.After(h.LastContent) {
		return h.LastOK
	}
	return h.LastContent
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
// answered, its last usable answer is older than ageLimit, or its content is (see Basis). A
// source that answers but repeats old content is stale by the last. So is one that
// "answered" in the future: our clock was set back and its age is unknown.
func (h Health) Stale(now time.Time, ageLimit time.Duration) bool {
	if h.LastOK.IsZero() || now.Sub(h.LastOK) > ageLimit || h.LastOK.Sub(now) > clockSlack {
		return true
	}
	return now.Sub(h.Content()) > ageLimit
}
