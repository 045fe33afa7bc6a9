// Package desk is what people and programs can see and do: the reads and the commands
// behind every page and every API call, in one place, so that both always show and allow
// the same. Each call takes the principal and answers for its organisation only; what
// belongs to another organisation does not exist. The package holds no HTML and no HTTP,
// and it decides no level: commands that change a warning go through the watch.
package desk

import (
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// A Scope is one right of a principal. Roles are sets of scopes.
type Scope string

// The scopes.
const (
	CanRead      Scope = "read"
	CanAnswer    Scope = "answer"    // acknowledge, escalate
	CanDecide    Scope = "decide"    // end, cancel, sign, split, detach
	CanPush      Scope = "push"      // send signals in
	CanPortfolio Scope = "portfolio" // import, undo
	CanRules     Scope = "rules"
	CanAdmin     Scope = "admin" // accounts, tokens, sources
)

// Role is a named set of scopes.
type Role string

// The roles. Rights in detail come with the full role matrix; this is its seam.
const (
	Administrator Role = "administrator"
	DutyOfficer   Role = "duty_officer"
	Analyst       Role = "analyst"
	Manager       Role = "manager"
	Reader        Role = "reader"
)

// Scopes returns what a role may do.
func (r Role) Scopes() []Scope {
	switch r {
	case Administrator:
		return []Scope{CanRead, CanAnswer, CanDecide, CanPush, CanPortfolio, CanRules, CanAdmin}
	case DutyOfficer:
		return []Scope{CanRead, CanAnswer, CanDecide, CanPush}
	case Analyst:
		return []Scope{CanRead, CanAnswer, CanPush, CanPortfolio, CanRules}
	case Manager:
		return []Scope{CanRead, CanAnswer, CanPush}
	case Reader:
		return []Scope{CanRead}
	default:
		return nil
	}
}

// A Principal is who asks: a person with a session, or a token.
type Principal struct {
	Account  string // account id; for a token the account that made it
	Org      string
	Name     string
	Role     Role
	Language string // BCP 47
	Zone     string // IANA
	Theme    string // "light", "dark" or "" = as the device says
	Token    string // token id when a program asks
	Scopes   []Scope
}

// May tells whether the principal holds the scope.
func (p Principal) May(s Scope) bool { return slices.Contains(p.Scopes, s) }

// A Page bounds a list. After is an opaque cursor from the last answer's Next.
type Page struct {
	After string
	Limit int // 0 = 100; at most 1,000
}

// Show selects part of the queue.
type Show string

// The parts of the queue.
const (
	NeedsAnswer Show = "needs"
	Open        Show = "open" // needs an answer first, then answered
	Mine        Show = "mine" // acknowledged by the principal
	Closed      Show = "closed"
)

// A Filter narrows the queue; zero fields do not narrow.
type Filter struct {
	Show    Show
	Level   level.Level // this level or above; Green = all
	Family  event.Hazard
	Project string // id
	Text    string
	// Sort is "level", "impact", "project", "people" or "newest", after "-" downwards; "" is
	// the order of urgency. What needs an answer stands first whatever the order.
	Sort string
	Page
}

// A Row is one warning in the queue.
type Row struct {
	Warning   warning.Warning
	Project   portfolio.Project
	People    int
	Answer    *Answer // who has answered the newest level, nil = nobody
	Since     time.Time
	Told      int // contacts told so far
	Contacts  int // contacts that the escalation knows
	Delivered int
	Failed    int
	Newest    time.Time // newest evidence
	Sources   []string  // names of the sources that speak in it
}

// A Queue is one page of rows with the counts of the filters.
type Queue struct {
	Rows   []Row
	Needs  int
	Open   int
	Mine   int
	Levels [4]int // open warnings by level
	Family []Count
	Next   string
	As     time.Time // the picture's time
	// Suppressed is how many times users' rules keep an event from a project's warning now.
	Suppressed int
}

// A Count is a name with a number.
type Count struct {
	Name string
	N    int
}

// An Answer is a person's answer to a warning.
type Answer struct {
	At      time.Time
	Kind    string // "have_it", "need_help", "cannot"
	By      string // name as shown
	Contact string // contact id, or "" when an account answered
	Account string
	Via     string // "link", "page", "api"
	Note    string
	Revised int // warning revision that was answered
	// For is how long the answerer wants to have it, 0 = as usual; Until is what that came to.
	For   time.Duration
	Until time.Time
}

// A Moment is one line of a warning's timeline, newest first on screen.
type Moment struct {
	At      time.Time
	Kind    string // message key: "revision", "queued", "attempt", "receipt", "answer", "escalation", "signal", "unsaid"
	Who     string
	Channel string
	State   string // of a notification: pending, sending, sent, delivered, failed, superseded, withheld, muted
	Detail  string
	Level   level.Level
	Reason  warning.Reason
	Rev     int
	Late    bool // due and not yet done
}

// A Story is everything about one warning: the newest revision, how it grew, the events
// and signals behind it, who was told, who answered.
type Story struct {
	Row
	Revisions []warning.Warning // oldest first, without rows
	Events    []event.Event
	Signals   []event.Signal // evidence, newest first
	Moments   []Moment
	NextStep  *Moment // what happens if nobody answers
	Blind     []BlindSpot
	Sources   []SourceStatus // those that speak in it
	// Explanation is the chain from signals to level, without what would change it (that takes
	// a while: see Reads.Explain).
	Explanation warning.Explanation
	Suppressed  []Suppressed // what users' rules keep out of the same project and family
}

// Suppressed is an event that users' rules keep from a project's warning now.
type Suppressed struct {
	watch.Suppression
	ProjectName string `json:"project_name"`
}

// A SourceRecord is how a source's earlier reports came out, for one organisation.
type SourceRecord struct {
	Hits        int     `json:"hits"`         // events of it that happened
	Positives   int     `json:"positives"`    // events that happened where it reports
	FalseAlarms int     `json:"false_alarms"` // events of it that did not
	Negatives   int     `json:"negatives"`
	Ratio       float64 `json:"likelihood_ratio"` // learned; 1 = says nothing
	Cases       int     `json:"cases"`            // resolved cases behind it
}

// A SourceStatus is the health of one source now.
type SourceStatus struct {
	ID, Name, Kind, URL    string
	Licence, Attribution   string
	Grade                  string // Admiralty reliability and usual credibility: "A2"
	On                     bool
	Unverified             bool
	Every, AgeLimit        time.Duration
	LastPoll, LastOK       time.Time
	LastContent            time.Time // newest time that the content itself states; an empty list without one: the last answer
	NextPoll               time.Time
	LastError              string
	LastErrorAt            time.Time
	Failures               int
	OpenUntil              time.Time // circuit breaker
	Records, Signals       int
	Quarantined            int
	Linked, Lost           int       // documents that its index named: still to fetch; failed three times or given up
	BlindSince             time.Time // zero = we can see
	Hazards                []event.Hazard
	Countries              []string
	LastQuarantine, Detail string
	Record                 *SourceRecord // nil = nothing of it was resolved yet
}

// A BlindSpot is a hazard and place that we cannot see now, or, with no family, something of
// our own that could keep a warning from being given.
type BlindSpot struct {
	Project portfolio.Project
	Family  event.Hazard
	Since   time.Time
	// Reason is a message key: "source_silent", "no_source", "never_polled", "source_behind", "place_vague";
	// without a family: "nobody_told", "all_muted", "rule_fault", "rule_failing", "alert_unsaid",
	// "red_late", "channel_misset", "address_dead", "flooded".
	Reason    string
	Source    string // name of the silent source, if one; of the rule or warning where that is at fault
	Usual     time.Duration
	AllOf     int // how many sources should see it
	StillSeen int // how many still do: 0 = blind, >0 = weakened
}

// A Quarantined piece as the sources page shows it.
type Quarantined struct {
	ID     string
	Source string
	Record string
	At     time.Time
	Place  string
	Reason string
	Raw    string
}

// A JournalRow is one entry as the journal page shows it.
type JournalRow struct {
	Seq     int64
	At      time.Time
	Kind    string
	Actor   string
	Name    string // of the account that Actor names; "" = a part of the program, or unknown
	Subject string
	Body    string
	Hash    string
}

// A JournalPage is a page of entries with the state of the chain.
type JournalPage struct {
	Rows       []JournalRow
	Size       int64
	Checkpoint int64 // size of the newest checkpoint
	At         time.Time
	Witnesses  []WitnessState
	Next       string
}

// A WitnessState is how far one outside witness has followed.
type WitnessState struct {
	Name  string
	Size  int64
	At    time.Time
	Error string
}

// A VersionRow is one portfolio version.
type VersionRow struct {
	Version int64
	At      time.Time
	Actor   string
	File    string
	Note    string
	Changes int
	Undoes  int64 // version that this one undid, 0 = none
}

// A ProjectSummary is one project on the portfolio page.
type ProjectSummary struct {
	portfolio.Project
	Assets, People, Open int
	Level                level.Level
	Blind                int // hazard families that nobody sees there
}

// MapData is what the map page draws.
type MapData struct {
	Assets []MapAsset
	Events []event.Event
	Blind  []BlindSpot
}

// A MapAsset is an asset with its level now.
type MapAsset struct {
	portfolio.Asset
	ProjectName string
	Level       level.Level
	Warning     string
}

// Status is the one-line state of the whole, shown in the header of every page.
type Status struct {
	Now       time.Time
	Picture   time.Time // time of the newest thing known
	Blind     []BlindSpot
	Sources   int
	Silent    int
	Queued    int // notifications not yet out
	Late      int
	Journal   int64
	Witnessed int64
	Simulated bool // a demonstration: nothing here is real
	Muting    Muting
}
