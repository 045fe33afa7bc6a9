package register

import (
	"cmp"
	"slices"
	"time"
)

// DueKind is why something is due.
type DueKind string

// The kinds.
const (
	ActionDue     DueKind = "action"
	ExceptionEnds DueKind = "exception"
	TestDue       DueKind = "test"
	ReviewDue     DueKind = "review"
	BreachOpen    DueKind = "breach" // above the appetite line, and nobody has accepted it
)

// soon is how far ahead something is shown as due.
const soon = 30 * 24 * time.Hour

// A Due is something that somebody has to do by a day.
type Due struct {
	Kind  DueKind `json:"kind"`
	Entry string  `json:"entry"`           // code
	Thing string  `json:"thing,omitempty"` // code of the action, exception or control
	Title string  `json:"title"`
	Owner string  `json:"owner,omitempty"`
	Day   Day     `json:"day,omitempty"`
	Late  bool    `json:"late"` // the day has passed
}

// DueOf lists what of an entry is overdue or due within 30 days, the oldest first.
func DueOf(e Entry, now time.Time) []Due {
	out := []Due{}
	if e.Closed {
		return out
	}
	add := func(d Due) {
		d.Entry, d.Late = e.Code, d.Day.Over(now)
		if d.Day != "" && d.Day.Time().Before(now.Add(soon)) {
			out = append(out, d)
		}
	}
	for _, a := range e.Actions {
		if a.Done == "" {
			add(Due{Kind: ActionDue, Thing: a.Code, Title: a.Title, Owner: a.Owner, Day: a.Due})
		}
	}
	latest := Day("")
	for _, x := range e.Exceptions {
		latest = max(latest, x.Expires)
	}
	for _, x := range e.Exceptions {
		if x.Expires == latest { // an older one was replaced
			add(Due{Kind: ExceptionEnds, Thing: x.Code, Title: x.Reason, Owner: x.Acceptor, Day: x.Expires})
		}
	}
	for _, c := range e.Controls {
		add(Due{Kind: TestDue, Thing: c.Code, Title: c.Title, Owner: c.Owner, Day: c.TestDue})
	}
	add(Due{Kind: ReviewDue, Title: e.Title, Owner: e.Owner, Day: e.Review})
	SortDue(out)
	return out
}

// SortDue puts the oldest first, and what is alike in a fixed order.
func SortDue(list []Due) {
	slices.SortFunc(list, func(a, b Due) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Entry, b.Entry), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Thing, b.Thing))
	})
}
