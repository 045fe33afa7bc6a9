package event

import "time"

// State tells whether an event goes on.
type State string

// The states of an event.
const (
	Ongoing   State = "ongoing"
	Over      State = "over"      // it happened and has passed
	Withdrawn State = "withdrawn" // every report of it was withdrawn
	Absorbed  State = "absorbed"  // its reports now belong to the event named in Into
)

// An Event is our merged view of one occurrence, at one revision. What it says of place
// and strength comes from the best of the reports that stand (see Merger).
type Event struct {
	ID       string       `json:"id"`
	Org      string       `json:"org"` // the organisation whose view this is
	Hazard   Hazard       `json:"hazard"`
	Revision int          `json:"revision"`
	State    State        `json:"state"`
	Into     string       `json:"into,omitempty"`
	Title    string       `json:"title"`
	Updated  time.Time    `json:"updated"` // instant of this revision
	Fresh    time.Time    `json:"fresh"`   // newest evidence
	Occurred time.Time    `json:"occurred,omitzero"`
	Onset    time.Time    `json:"onset,omitzero"`
	Expires  time.Time    `json:"expires,omitzero"` // latest validity of a standing report
	Ends     time.Time    `json:"ends,omitzero"`
	Severity string       `json:"severity,omitempty"`
	Certain  string       `json:"certainty,omitempty"`
	Urgency  string       `json:"urgency,omitempty"`
	Measures Measures     `json:"measures,omitempty"`
	Shapes   []Footprint  `json:"footprints,omitempty"`
	Track    []TrackPoint `json:"track,omitempty"`
	Places   []Place      `json:"places,omitempty"`
	TLP      string       `json:"tlp,omitempty"`
	Reports  []Standing   `json:"reports"` // every report ever attached, in order of arrival
	Keys     []string     `json:"keys"`    // every identity key, sorted
}

// Stand tells what became of a report inside its event.
type Stand string

// The standings of a report.
const (
	Live       Stand = "live"
	Superseded Stand = "superseded" // a later report names it, or a newer revision of its key came
	Revoked    Stand = "revoked"    // the source withdrew it
	Passed     Stand = "passed"     // the source says it is over
	Gone       Stand = "gone"       // a person detached it, or another event took it
)

// A Standing is one report of an event: the newest revision of one key.
type Standing struct {
	Key        string    `json:"key"`
	Signal     string    `json:"signal"` // id of the newest revision; "" = named by others, never seen
	Order      int64     `json:"order"`
	Stand      Stand     `json:"stand"`
	Source     string    `json:"source,omitempty"`
	Owner      string    `json:"owner,omitempty"`
	Grade      Grade     `json:"grade,omitzero"`
	Instrument bool      `json:"instrument,omitempty"`
	News       bool      `json:"news,omitempty"`
	Received   time.Time `json:"received,omitzero"`
	Expires    time.Time `json:"expires,omitzero"`
	Advice     Step      `json:"advice,omitzero"` // of travel advice: the government's step and the one before
}

// LiveReports returns the reports that stand now, in order of arrival.
func (e Event) LiveReports() []Standing {
	var out []Standing
	for _, r := range e.Reports {
		if r.Stand == Live {
			out = append(out, r)
		}
	}
	return out
}

// Centre returns the first centre footprint, else the first point or circle.
func (e Event) Centre() (Footprint, bool) {
	for _, f := range e.Shapes {
		if f.Role == Centre && len(f.Shape.Points) > 0 {
			return f, true
		}
	}
	for _, f := range e.Shapes {
		if len(f.Shape.Points) == 1 && f.Role != Past {
			return f, true
		}
	}
	return Footprint{}, false
}
