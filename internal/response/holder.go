package response

import (
	"slices"
	"strings"
)

// Holds tells whether a contact or account has acknowledged and not taken it back.
func (e EscalationState) Holds(id string) bool { return slices.Contains(strings.Fields(e.By), id) }

// Taken adds a contact or account to those who have acknowledged; the newest comes last.
func (e EscalationState) Taken(id string) EscalationState {
	e = e.Dropped(id)
	e.By = strings.TrimSpace(e.By + " " + id)
	return e
}

// Dropped takes a contact or account out of those who have acknowledged.
func (e EscalationState) Dropped(id string) EscalationState {
	e.By = strings.Join(slices.DeleteFunc(strings.Fields(e.By), func(x string) bool { return x == id }), " ")
	return e
}
