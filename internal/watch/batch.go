package watch

import (
	"context"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// A Batch is everything that one transaction makes durable: all of it or nothing.
type Batch struct {
	Records       []Raw
	Delivered     []Delivered
	Links         []Link
	Receipts      []ReceiptDone
	Signals       []event.Signal // new ones, in the order in which the watch took them
	Quarantined   []Quarantined
	Decisions     []OrgDecision
	Notifications []response.Notification
	Escalations   []response.EscalationState
	Woken         []string // warnings whose acknowledgement ran out: they need an answer again
	Acts          []Act
	Answers       []Answer
	Portfolios    []PortfolioVersion
	Rules         []RuleVersion
	Memories      []OrgMemory
	Journal       []journal.Draft
	Jobs          []Job
	Left          []Left // how far organisations are whose decisions come in several batches

	// Under are the parts that a decider holds, whose rights are checked with what is written;
	// nil = nobody else decides. Reached is how far it has come with this batch, Done what
	// became of inputs, Then what enters the watch next.
	Under   []Hold
	Reached Point
	Done    []Verdict
	Then    []Input
}

// took notes how an observation came and what it is answered with.
func (b *Batch) took(o Observation) {
	if o.Record != nil {
		r := *o.Record
		r.Done = o.Receipt
		b.Records = append(b.Records, r)
	} else {
		b.Receipts = append(b.Receipts, o.Receipt)
	}
	if o.Delivered != nil {
		b.Delivered = append(b.Delivered, *o.Delivered)
	}
}

// OrgMemory is what an organisation's core has learned, as JSON of a Memory.
type OrgMemory struct {
	Org  string
	At   time.Time
	Body []byte
}

// Empty tells whether there is nothing to commit.
func (b *Batch) Empty() bool {
	return len(b.Records)+len(b.Delivered)+len(b.Links)+len(b.Receipts)+len(b.Signals)+len(b.Quarantined)+len(b.Decisions)+len(b.Notifications)+len(b.Escalations)+len(b.Woken)+
		len(b.Acts)+len(b.Answers)+len(b.Portfolios)+len(b.Rules)+len(b.Memories)+len(b.Journal)+len(b.Jobs)+len(b.Left)+len(b.Done)+len(b.Then) == 0
}

// A Raw is the bytes of a small delivery that were read before they were kept: they go to
// disk with what follows from them. Its receipt is that of the observation.
type Raw struct {
	Hash, Source, Org, URL, Kind, ContentType string
	At                                        time.Time
	Body                                      []byte
	Done                                      ReceiptDone
}

// Delivered is what a delivery is answered with, kept under its key so that a repeat is
// answered and not done again.
type Delivered struct {
	Org, Key string
	Request  string // hash of the body
	At       time.Time
	Answer   []byte // JSON
}

// A Link lets one contact answer one warning until Expires; Hash is that of its token. Those
// that a message needs are on disk before it leaves.
type Link struct {
	Hash, Org, Warning, Contact string
	Expires                     time.Time
}

// A ReceiptDone marks a stored record as worked through.
type ReceiptDone struct {
	ID      int64
	Source  string
	Items   int
	Signals int
	Poison  string // "" = parsed; otherwise why the record was given up
	Content time.Time
	At      time.Time
}

// Quarantined is a piece that could not become a signal.
type Quarantined struct {
	ID, Source, Org, Record string
	At                      time.Time
	Place, Reason           string
	Raw                     []byte
}

// OrgDecision is a decision with its organisation.
type OrgDecision struct {
	Org string
	Decision
	Rows *RowsOf // nil = all rows of the event, and the event itself
	// Encoded is the event, or the warning, as JSON, where it was made already; nil = it was not.
	Encoded []byte
	// Split are the exposures by project, where they were encoded already; nil = they were not.
	Split []ProjectRows

	entry     int // in the batch's journal, from 1, where what that says is still to be made
	rowsOfAll int // of the event, which that says; -1 = unknown
}

// Replaces tells whether the event's revision may have had rows before.
func (d OrgDecision) Replaces() bool { return d.Encoded == nil || len(d.had) > 0 }

// An Act is what a person did to events or warnings, or what happened to a source, as the
// replay needs it.
type Act struct {
	Org  string    `json:"org"`
	At   time.Time `json:"at"`
	What string    `json:"what"` // end, cancel, sign, help, judged, detach, portfolio, rules, silent, seen
	// Subject is the warning, the event, the version or the source.
	Subject string   `json:"subject"`
	Signals []string `json:"signals,omitempty"`
	Events  []string `json:"events,omitempty"` // of a judgement
	Actor   string   `json:"actor,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	// Since and Every tell of a source since when it is silent and what its usual interval is.
	Since time.Time     `json:"since,omitzero"`
	Every time.Duration `json:"every,omitempty"`
}

// An Answer is a person's answer to a warning.
type Answer struct {
	ID, Org, Warning string
	Revision         int
	At               time.Time
	Kind             AnswerKind
	By               string // name as shown
	Contact, Account string
	Via, Note        string
	// For is how long the answerer wants to have it before it wakes again; 0 = the usual time
	// of the level. Until is what that came to, within the organisation's limits.
	For   time.Duration
	Until time.Time
}

// AnswerKind is what an answer says, or what else a person sent back.
type AnswerKind string

// The answers.
const (
	HaveIt   AnswerKind = "have_it"
	NeedHelp AnswerKind = "need_help"
	Cannot   AnswerKind = "cannot"
	// Done says that the work is finished: the acknowledgement no longer wakes.
	Done AnswerKind = "done"
	// Automatic is an auto-reply or a machine's receipt. It is kept and stops nothing: only a
	// person's answer does.
	Automatic AnswerKind = "automatic"
	// Safe and Note are no acknowledgement: they are kept and shown, and the escalation goes on.
	Safe AnswerKind = "safe"
	Note AnswerKind = "note"
)

// A PortfolioVersion is one stored version of a portfolio.
type PortfolioVersion struct {
	At        time.Time
	Actor     string
	File      string
	Note      string
	Changes   int
	Undoes    int64
	Whole     bool // every event was matched anew, not only those that changed assets touch
	Portfolio portfolio.Portfolio
}

// A RuleVersion is one stored version of a user's rule; Body is its JSON.
type RuleVersion struct {
	Org     string
	ID      string
	Version int
	At      time.Time
	Actor   string
	Body    []byte
}

// A Job is work for later that must survive a restart: enqueued in the same transaction.
type Job struct {
	Kind string // "escalate", "deliver", "assess"
	Key  string
	At   time.Time
}

// State is what a core is rebuilt from.
type State struct {
	Portfolio portfolio.Portfolio
	Events    []event.Event           // not older than keepEvents
	Signals   map[string]event.Signal // of the events' standing reports
	Warnings  []warning.Warning       // newest revision of each project and family
	Rules     []RuleVersion           // newest versions
	Memory    Memory                  // what was learned
	// Suppressed is what rules keep from being told now.
	Suppressed []Suppression
	// Matched is the last change of portfolio or rules for which every event was matched anew.
	Matched time.Time
	// Assessed holds, by event, the instant of the last decision about it: its rows are those
	// that were reckoned then or, where Matched is later, at Matched.
	Assessed map[string]time.Time
	Now      time.Time // newest instant that was decided
	Left     *Left     // what an observation decided then and is not stored; nil = nothing
}

// Store is what the watch needs of a database.
type Store interface {
	Orgs(ctx context.Context) ([]string, error)
	Load(ctx context.Context, org string, since time.Time) (State, error)
	// Known returns those of the signal ids that are stored already.
	Known(ctx context.Context, ids []string) (map[string]bool, error)
	// Asked returns who was told of a warning so far and what became of it.
	Asked(ctx context.Context, warningID string) ([]response.Asked, error)
	// Escalation returns the state of a warning's escalation (fault.ErrNotFound if none).
	Escalation(ctx context.Context, warningID string) (response.EscalationState, error)
	// Commit writes the batch in one transaction, durable when it returns nil.
	Commit(ctx context.Context, b *Batch) error
}
