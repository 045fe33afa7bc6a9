// Package warning decides what a project is told: one warning per project, hazard family
// and episode, with a level from the matrix, hysteresis, time to live and a life cycle in
// which ended and cancelled can never be confused. Decide is a pure function of the
// warning so far, the exposures, the users' rules and the instant. The package sends
// nothing, stores nothing and never reads a clock.
package warning

import (
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
	P         level.P     `json:"p"`              // over all rows: P(impact ≥ I_k at any asset)
	Reason    Reason      `json:"reason"`         // of this revision
	Note      string      `json:"note,omitempty"`
	Actor     string      `json:"actor,omitempty"` // account id when a person did it
	Notify    bool        `json:"notify"`          // the change is material: tell people
	AllClear  bool        `json:"all_clear,omitempty"`

	Events   []EventRef          `json:"events"`
	Rows     []exposure.Exposure `json:"rows"` // strongest first
	Rules    []string            `json:"rules,omitempty"`
	Route    []string            `json:"route,omitempty"` // contact codes that users' rules add
	TLP      string              `json:"tlp"`
	Method   string              `json:"method"`
	Evidence []string            `json:"evidence"` // signal ids, oldest first

	OpenedAt   time.Time   `json:"opened_at"`
	At         time.Time   `json:"at"` // of this revision
	LevelSince time.Time   `json:"level_since"`
	Fresh      time.Time   `json:"fresh"`              // newest evidence
	Expires    time.Time   `json:"expires"`            // time to live
	LowSince   time.Time   `json:"low_since,omitzero"` // start of the dwell below
	Floor      level.Level `json:"floor"`              // where hysteresis would let it fall to now
	Proposal   Proposal    `json:"proposal,omitempty"`
	ConfirmBy  time.Time   `json:"confirm_by,omitzero"` // a proposed red waits for a signature until then
	Reviewed   bool        `json:"reviewed,omitempty"`  // the person was asked at 80 % of the time to live
	CancelBy   string      `json:"cancel_by,omitempty"`
	ETA        time.Time   `json:"eta,omitzero"` // earliest impact; zero = now
	Until      time.Time   `json:"until,omitzero"`
	Told       Told        `json:"told"` // what was last notified: the yardstick of "material"
}

// An EventRef names one event and what a reader needs to recognise it.
type EventRef struct {
	ID       string         `json:"id"`
	Revision int            `json:"revision"`
	Title    string         `json:"title"`
	Measures event.Measures `json:"measures,omitempty"`
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
// once.
func (w Warning) Persons() int {
	_, persons := count(w.Rows)
	return persons
}

// Assets is the number of different assets in the warning's rows.
func (w Warning) Assets() int {
	assets, _ := count(w.Rows)
	return assets
}

func count(rows []exposure.Exposure) (assets, persons int) {
	seen := make(map[string]struct{}, len(rows))
	for _, r := range rows {
		if _, again := seen[r.Asset]; !again {
			seen[r.Asset] = struct{}{}
			assets, persons = assets+1, persons+r.Persons
		}
	}
	return assets, persons
}
