package desk

import (
	"context"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// A StoredRow is one warning as lists read it: its rows cut to the first few.
type StoredRow struct {
	Head       warning.Warning
	People     int
	AnsweredAt int // revision that was answered last, 0 = none
	Answer     *Answer
	Told       int
	Delivered  int
	Failed     int
	Sources    []string // source ids
}

// Counts are the numbers beside the queue's filters.
type Counts struct {
	Needs, Open, Mine int
	Suppressed        int // events that users' rules keep from a project
	Levels            [4]int
	Family            []Count
}

// A StoredSource is what is remembered of a source.
type StoredSource struct {
	ID                            string
	On                            bool
	Failures                      int
	OpenUntil                     time.Time
	LastOK, LastErrorAt           time.Time
	LastError                     string
	LastPoll, NextPoll            time.Time
	LastContent                   time.Time
	Records, Signals, Quarantined int
	Linked, Lost                  int // documents that an index named: still to fetch; failed three times or given up
}

// Store is what the desk reads. Every method names its organisation; nothing of another
// one is ever returned.
type Store interface {
	QueueRows(ctx context.Context, org string, f Filter, account string) (rows []StoredRow, next string, err error)
	QueueCounts(ctx context.Context, org, account string) (Counts, error)
	WarningRow(ctx context.Context, org, id string) (StoredRow, warning.Warning, error)
	WarningRevisions(ctx context.Context, org, id string) ([]warning.Warning, error)
	WarningMoments(ctx context.Context, org, id string) ([]Moment, error)
	EventList(ctx context.Context, org string, p Page) ([]event.Event, string, error)
	EventByID(ctx context.Context, org, id string) (event.Event, []event.Signal, error)
	SignalsByID(ctx context.Context, org string, ids []string) ([]event.Signal, error)
	PortfolioAt(ctx context.Context, org string, version int64) (portfolio.Portfolio, error)
	PortfolioVersions(ctx context.Context, org string) ([]VersionRow, error)
	ProjectLevels(ctx context.Context, org string) (map[string]ProjectLevel, error)
	AssetLevels(ctx context.Context, org string) (map[string]MapAsset, error)
	SourceRows(ctx context.Context) (map[string]StoredSource, error)
	QuarantineRows(ctx context.Context, org, source string, p Page) ([]Quarantined, string, error)
	JournalRows(ctx context.Context, org, kind string, p Page) (JournalPage, error)
	RuleRows(ctx context.Context, org string) ([]RuleRow, error)
	Suppressions(ctx context.Context, org, eventID, project string) ([]watch.Suppression, error)
	Memory(ctx context.Context, org string) (watch.Memory, error)
	Outbox(ctx context.Context, now time.Time) (queued, late int, err error)
	PutUpload(ctx context.Context, u Upload) error
	TakeUpload(ctx context.Context, org, token string) (Upload, error)
	SetSourceOn(ctx context.Context, id string, on bool) error
	Escalation(ctx context.Context, warningID string) (response.EscalationState, error)
	ContactStore
	DutyStore
	RiskStore
	SenderStore
}

// A ProjectLevel is how a project stands now.
type ProjectLevel struct {
	Open  int
	Level int
}

// An Upload is a previewed file that waits to be committed.
type Upload struct {
	Token   string
	Org     string
	Account string
	At      time.Time
	Base    int64
	File    string
	Body    []byte
}

// Catalogue knows the source definitions.
type Catalogue interface {
	Sources() []feed.Source
	Source(id string) (feed.Source, bool)
}
