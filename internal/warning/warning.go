// Package warning decides what a project is told: one warning per project, hazard family
// and episode, with a level from the matrix, hysteresis, time to live and a life cycle in
// which ended and cancelled can never be confused. Decide is a pure function of the
// warning so far, the exposures, the users' rules and the instant. The package sends
// nothing, stores nothing and never reads a clock.
package warning

import (
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
)

// State is where a warning stands in its life.
type State string

// The states. A draft is proposed and not yet sent; the last three are final.
const (
	Draft     State = "draft"
	Issued    State = "issued"
	Ended     State = "ended"     // it happened and has passed: a hit
	Cancelled State = "cancelled" // it was wrong or did not happen: a false alarm
	Expired   State = "expired"   // no fresh evidence until its time ran out
)

// Reason says why a revision was made. The word is a message key and part of the API.
type Reason string

// The reasons of a revision.
const (
	Opened         Reason = "opened"          // first evidence at yellow or above
	Raised         Reason = "raised"          // the matrix cell rose
	Lowered        Reason = "lowered"         // held lower with margin for the dwell
	Renewed        Reason = "renewed"         // fresh evidence, same level, nothing material changed
	Changed        Reason = "changed"         // material change of area, time or EMERGENCY at the same level
	Weakened       Reason = "weakened"        // what carried the level has ended, what is fresh says less
	Stale          Reason = "stale"           // no fresh evidence: one level down
	ReviewDue      Reason = "review_due"      // 80 % of the time to live is over: a person is asked
	Proposed       Reason = "proposed"        // red waits for a person's signature
	Confirmed      Reason = "confirmed"       // a person signed the red
	NotConfirmed   Reason = "not_confirmed"   // nobody signed in time: sent as orange
	SourceEnded    Reason = "source_ended"    // the sources say that it has passed
	SourceCanceled Reason = "source_withdrew" // the sources withdrew what they said
	PersonEnded    Reason = "person_ended"
	PersonCancel   Reason = "person_cancelled"
	HelpAsked      Reason = "help_asked"
	CancelAsked    Reason = "cancel_asked" // a first person asks to cancel a red
	RanOut         Reason = "ran_out"      // expired at green
	ByRule         Reason = "by_rule"      // a user's rule changed the level
)

// A Warning is one revision of what a project is told about one hazard family.
type Warning struct {
	ID       string       `json:"id"`
	Org      string       `json:"org"`
	Project  string       `json:"project"`
	Family   event.Hazard `json:"family"`
	Hazard   event.Hazard `json:"hazard"` // of the strongest row
	Episode  string       `json:"episode"`
	Revision int          `json:"revision"`
	State    State        `json:"state"`

	Level     level.Level `json:"level"`
	Peak      level.Level `json:"peak"` // highest level that was ever sent
	Cell      level.Level `json:"cell"` // what the matrix says now, before hysteresis
	Emergency bool        `json:"emergency,omitempty"`
	Help      bool        `json:"help,omitempty"` // somebody there asked for help
	P         level.P     `json:"p"`              // P(impact ≥ I_k) at the asset where it is highest, within 7 days (30 for an outlook)
	// Horizons holds such a vector for each horizon; strategic stays empty. Horizon is the
	// shortest one that gives the matrix's colour.
	Horizons [level.Horizons]level.P `json:"p_by_horizon"`
	Horizon  level.Horizon           `json:"horizon"`
	Observed int                     `json:"observed,omitempty"` // highest class that people saw happen
	Matrix   level.Level             `json:"matrix"`             // what matrix and users' rules say, before the promotion rule
	Ceiling  level.Level             `json:"ceiling"`            // the highest level that the evidence may reach
	Delta    int                     `json:"delta,omitempty"`    // what users' rules raised or lowered where it counts
	Blind    []string                `json:"blind,omitempty"`    // silent sources for which the chances were widened
	Actions  []Action                `json:"actions,omitempty"`  // protective actions, with those whose threshold is crossed

	Reason   Reason `json:"reason"` // of this revision
	Note     string `json:"note,omitempty"`
	Actor    string `json:"actor,omitempty"` // account id when a person did it
	Notify   bool   `json:"notify"`          // the change is material: tell people
	AllClear bool   `json:"all_clear,omitempty"`

	Events   []EventRef          `json:"events"`
	Rows     []exposure.Exposure `json:"rows"` // strongest first
	Rules    []string            `json:"rules,omitempty"`
	Route    []string            `json:"route,omitempty"` // contact codes that users' rules add
	TLP      string              `json:"tlp"`
	Method   string              `json:"method"`   // version of the policy
	Methods  Methods             `json:"methods"`  // of everything that decided
	Evidence []string            `json:"evidence"` // signal ids, oldest first

	OpenedAt   time.Time   `json:"opened_at"`
	At         time.Time   `json:"at"` // of this revision
	LevelSince time.Time   `json:"level_since"`
	Fresh      time.Time   `json:"fresh"`              // newest evidence
	Expires    time.Time   `json:"expires"`            // time to live of the level
	FreshUntil time.Time   `json:"fresh_until"`        // of the evidence that lasts longest, whatever level it reaches
	LowSince   time.Time   `json:"low_since,omitzero"` // start of the dwell below
	Floor      level.Level `json:"floor"`              // where hysteresis would let it fall to now
	Proposal   Proposal    `json:"proposal,omitempty"`
	ConfirmBy  time.Time   `json:"confirm_by,omitzero"` // a proposed red waits for a signature until then
	Reviewed   bool        `json:"reviewed,omitempty"`  // the person was asked at 80 % of the time to live
	CancelBy   string      `json:"cancel_by,omitempty"`
	Aside      []Aside     `json:"aside,omitempty"` // events that people closed for this project and family, newest last
	ETA        time.Time   `json:"eta,omitzero"`    // earliest impact; zero = now
	Until      time.Time   `json:"until,omitzero"`
	Told       Told        `json:"told"` // what was last notified: the yardstick of "material"
}

// Aside is an event that a person ended or cancelled for a project: until something new is
// heard of it, it counts no more.
type Aside struct {
	Event string    `json:"event"`
	At    time.Time `json:"at"`
}

// PutAside tells whether a person closed an event for this warning's project and family
// after its newest evidence.
func PutAside(w Warning, e event.Event) bool {
	for i := len(w.Aside) - 1; i >= 0; i-- {
		if a := &w.Aside[i]; a.Event == e.ID {
			return !e.Fresh.After(a.At)
		}
	}
	return false
}

// putAside notes that a person closed the warning's events.
func (w *Warning) putAside(now time.Time) {
	list := slices.Clone(w.Aside)
	for _, r := range w.Events {
		list = slices.DeleteFunc(list, func(a Aside) bool { return a.Event == r.ID })
		list = append(list, Aside{r.ID, now})
	}
	w.Aside = list[max(0, len(list)-mostEvents):]
}

// An EventRef names one event and what a reader needs to recognise it.
type EventRef struct {
	ID       string         `json:"id"`
	Revision int            `json:"revision"`
	Title    string         `json:"title"`
	Measures event.Measures `json:"measures,omitempty"`
	Trust    exposure.Trust `json:"trust,omitzero"`   // how its reports were weighed
	Ceiling  Ceiling        `json:"ceiling,omitzero"` // how high they may lift a level
	Until    time.Time      `json:"until,omitzero"`   // latest validity that a report states
}

// Methods names the versions of everything that took part in a decision.
type Methods struct {
	Policy   string   `json:"policy"`
	Matrix   string   `json:"matrix"`
	Playbook string   `json:"playbook"`
	Impact   []string `json:"impact"` // of the rows, sorted
}

// Told is what the last notified revision said.
type Told struct {
	Level     level.Level `json:"level"`
	Revision  int         `json:"revision"`
	Emergency bool        `json:"emergency,omitempty"`
	Persons   int         `json:"persons"`
	Assets    int         `json:"assets"`
	ETA       time.Time   `json:"eta,omitzero"`
	Until     time.Time   `json:"until,omitzero"`
}

// Proposal is the state of a red that needs a person's signature.
type Proposal string

// The states of a proposal; "" = none.
const (
	ProposalOpen   Proposal = "open"
	ProposalSigned Proposal = "signed"
	ProposalLapsed Proposal = "lapsed"
)

// Active is the one definition of an active warning: issued, or drafted and waiting for a
// signature. Everything that asks "is it still on?" asks here.
func Active(w Warning) bool { return w.State == Issued || w.State == Draft }

// Persons is the number of people at the assets of the warning's rows, each asset counted
// once. A row for a whole country holds the people of its assets already.
func (w Warning) Persons() int {
	_, persons := count(w.Rows, false)
	return persons
}

// Assets is the number of different assets in the warning's rows.
func (w Warning) Assets() int {
	assets, _ := count(w.Rows, false)
	return assets
}

// news counts what people must hear: a national row speaks for the sites below it, and only
// a site whose own level is higher counts beside it (METHOD.md 1.8, parent and child).
func news(rows []exposure.Exposure) (assets, persons int) { return count(rows, true) }

func count(rows []exposure.Exposure, quiet bool) (assets, persons int) {
	national, people, said := false, 0, level.Green
	for i := range rows {
		if r := &rows[i]; r.Kind == exposure.ProjectKind {
			national, people, said = true, max(people, r.Persons), max(said, r.Level)
		}
	}
	seen := make(map[string]struct{}, len(rows))
	for i := range rows {
		r := &rows[i]
		if _, again := seen[r.Asset]; again || national && quiet && r.Kind != exposure.ProjectKind && r.Level <= said {
			continue
		}
		seen[r.Asset] = struct{}{}
		assets++
		if r.Kind != exposure.ProjectKind {
			persons += r.Persons
		}
	}
	return assets, max(persons, people)
}

// Covered tells whether a national row of the same warning speaks for a site's row: it says
// as much or more.
func Covered(w Warning, r exposure.Exposure) bool {
	if r.Kind == exposure.ProjectKind {
		return false
	}
	for i := range w.Rows {
		if n := &w.Rows[i]; n.Kind == exposure.ProjectKind && n.Level >= r.Level {
			return true
		}
	}
	return false
}
