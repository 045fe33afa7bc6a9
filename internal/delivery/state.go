package delivery

import (
	"watchfire.dev/internal/response"
)

// Known is the set of everything that was heard about one attempt: what our own call was
// told and what the provider told later. It is a set because callbacks come twice, in any
// order and before our own call has returned: adding is commutative and repeats change
// nothing, so that the same words give the same end whatever way they came.
type Known uint16

// What can be heard of an attempt. A failure is kept with its kind.
const (
	knownQueued Known = 1 << iota
	knownSent
	knownDelivered
	knownRetry
	knownOverload
	knownMisset
	knownRefused
	knownDead
)

// failures are all words that say that it did not arrive.
const failures = knownRetry | knownOverload | knownMisset | knownRefused | knownDead

// Add returns the set with one more word. States that say nothing about the provider change
// nothing.
func (h Known) Add(s response.State, k FaultKind) Known {
	switch s {
	case response.Queued:
		return h | knownQueued
	case response.Sent:
		return h | knownSent
	case response.Delivered:
		return h | knownDelivered
	case response.Failed:
		return h | failure(k)
	default:
		return h
	}
}

func failure(k FaultKind) Known {
	switch k {
	case Dead:
		return knownDead
	case Refused:
		return knownRefused
	case Misset:
		return knownMisset
	case Overload:
		return knownOverload
	default:
		return knownRetry
	}
}

// State is what the words say together: delivered beats everything, whenever it comes; a
// failure beats an acceptance, which is only a promise; sent beats queued. "" = nothing yet.
func (h Known) State() response.State {
	switch {
	case h&knownDelivered != 0:
		return response.Delivered
	case h&failures != 0:
		return response.Failed
	case h&knownSent != 0:
		return response.Sent
	case h&knownQueued != 0:
		return response.Queued
	default:
		return ""
	}
}

// Kind is why it failed; of several reasons the most final one. "" = no failure was heard.
func (h Known) Kind() FaultKind {
	switch {
	case h&knownDead != 0:
		return Dead
	case h&knownRefused != 0:
		return Refused
	case h&knownMisset != 0:
		return Misset
	case h&knownOverload != 0:
		return Overload
	case h&knownRetry != 0:
		return Retry
	default:
		return ""
	}
}

// Tried is one attempt as it is known now.
type Tried struct {
	Known Known // what the provider said later
	// Own is how our own call ended: Sending until it did, then Queued, Sent, Delivered,
	// Failed, or Pending when it is to be repeated.
	Own  response.State
	Kind FaultKind // of our own call
}

// known joins both.
func (t Tried) known() Known {
	h := t.Known
	if t.Own != response.Pending {
		h = h.Add(t.Own, t.Kind)
	}
	return h
}

// Stand says where a notification stands after all its attempts, oldest first. Any attempt
// that arrived is enough. One that the provider holds is waited for. Failed means that
// every attempt failed for good; Pending that the newest is to be repeated. again tells that
// the provider failed with what it had accepted, for a reason that may pass: the store
// repeats it as long as there are tries left.
func Stand(tries []Tried) (state response.State, kind FaultKind, again bool) {
	best, rank := response.Pending, -1
	for i, t := range tries {
		h := t.known()
		s := h.State()
		switch {
		case s == "" && t.Own == response.Pending:
			s = response.Pending
		case s == "":
			s = response.Sending
		}
		if i < len(tries)-1 && s == response.Sending { // its process died, or it will be told of late
			s = response.Pending
		}
		if s == response.Failed {
			kind = h.Kind()
			accepted := h&(knownQueued|knownSent) != 0 || t.Own == response.Queued || t.Own == response.Sent
			again = passes(kind) && (accepted || t.Known&failures != 0)
		}
		if r := rankOf(s); r >= rank { // of equals the newest
			best, rank = s, r
		}
	}
	if best != response.Failed {
		return best, "", false
	}
	return best, kind, again
}

// passes tells whether a fault may be over by itself.
func passes(k FaultKind) bool { return k == Retry || k == Overload }

// rankOf orders what attempts came to: the better one tells where the notification stands.
func rankOf(s response.State) int {
	switch s {
	case response.Delivered:
		return 5
	case response.Sent:
		return 4
	case response.Queued:
		return 3
	case response.Sending:
		return 2
	case response.Pending:
		return 1
	default:
		return 0
	}
}
