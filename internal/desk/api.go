package desk

import (
	"context"
	"io"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// Reads is everything that can be looked at. Every method answers for the principal's
// organisation; a thing of another organisation is fault.ErrNotFound.
type Reads interface {
	Status(ctx context.Context, who Principal) (Status, error)
	Queue(ctx context.Context, who Principal, f Filter) (Queue, error)
	Story(ctx context.Context, who Principal, warningID string) (Story, error)
	Events(ctx context.Context, who Principal, p Page) ([]event.Event, string, error)
	Event(ctx context.Context, who Principal, id string) (event.Event, []event.Signal, error)
	Portfolio(ctx context.Context, who Principal) (portfolio.Portfolio, error)
	Projects(ctx context.Context, who Principal) ([]ProjectSummary, error)
	Versions(ctx context.Context, who Principal) ([]VersionRow, error)
	Sources(ctx context.Context, who Principal) ([]SourceStatus, error)
	Quarantine(ctx context.Context, who Principal, source string, p Page) ([]Quarantined, string, error)
	Blind(ctx context.Context, who Principal) ([]BlindSpot, error)
	Journal(ctx context.Context, who Principal, kind string, p Page) (JournalPage, error)
	Map(ctx context.Context, who Principal) (MapData, error)
	Rules(ctx context.Context, who Principal) ([]RuleRow, error)
	// Suppressed lists what users' rules keep from being told now, of one event or project
	// ("" = of all), the highest level first.
	Suppressed(ctx context.Context, who Principal, eventID, project string) ([]Suppressed, error)
	// Explain is the chain from signals to level of a warning's newest revision, with what
	// would change it.
	Explain(ctx context.Context, who Principal, warningID string) (warning.Explanation, error)
}

// An ImportPreview is what an import would do, with everything that is wrong in the file.
type ImportPreview struct {
	Changes  []portfolio.Change
	Problems []portfolio.Problem
	Base     int64  // version that it was computed against
	Token    string // names the stored upload; Commit takes it
}

// Commands is everything that can be done. Each is checked against the principal's scopes
// (fault.ErrForbidden), journalled, and on disk when it returns without error.
type Commands interface {
	Acknowledge(ctx context.Context, who Principal, warningID string, a Answer) (Answer, error)
	Escalate(ctx context.Context, who Principal, warningID, note string) error
	End(ctx context.Context, who Principal, warningID, reason string) (warning.Warning, error)
	// Cancel of a red warning needs a second person: the first call asks, the second, by
	// somebody else, acts.
	Cancel(ctx context.Context, who Principal, warningID, reason string) (warning.Warning, error)
	Sign(ctx context.Context, who Principal, warningID string) (warning.Warning, error) // a proposed red
	Detach(ctx context.Context, who Principal, eventID, signalID string) error
	Split(ctx context.Context, who Principal, eventID string, signalIDs []string) error
	Push(ctx context.Context, who Principal, source string, body []byte, idempotencyKey string) (Pushed, error)
	Field(ctx context.Context, who Principal, r FieldReport) (Pushed, error)
	Preview(ctx context.Context, who Principal, name string, r io.Reader) (ImportPreview, error)
	Commit(ctx context.Context, who Principal, token string) (VersionRow, error)
	Undo(ctx context.Context, who Principal, version int64) (VersionRow, error)
	SetSource(ctx context.Context, who Principal, id string, on bool) error
	PollNow(ctx context.Context, who Principal, id string) error
	PutRule(ctx context.Context, who Principal, r RuleRow) (RuleRow, error)
}

// Pushed is the answer to signals sent in.
type Pushed struct {
	Record      string   `json:"record"`
	Signals     []string `json:"signals"`
	Quarantined []string `json:"quarantined,omitempty"` // "place: reason"
	Repeated    bool     `json:"repeated,omitempty"`    // the same key was answered before
}

// A FieldReport is what somebody at a site tells us by form.
type FieldReport struct {
	Project  string       `json:"project"`
	Asset    string       `json:"asset,omitempty"` // asset id; or a place
	Lat      *float64     `json:"lat,omitempty"`
	Lon      *float64     `json:"lon,omitempty"`
	Hazard   event.Hazard `json:"hazard"`
	What     string       `json:"what"`
	Severity string       `json:"severity"` // CAP word
	When     string       `json:"when"`     // RFC 3339, or local time of the project
	Help     bool         `json:"help"`     // we need help
}

// A RuleRow is one of the users' own rules.
type RuleRow struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	When    string `json:"when"` // CEL
	Then    string `json:"then"` // suppress, raise, lower, route
	To      string `json:"to,omitempty"`
	Mode    string `json:"mode"` // off, shadow, on
	Version int    `json:"version"`
	Would   int    `json:"would"`            // how often it would have acted in shadow
	Fault   string `json:"fault,omitempty"`  // why it does not work, "" = it does; not stored
	Broken  bool   `json:"broken,omitempty"` // it acts on nothing at all; else it failed on some input
	// Since is when this version began; not part of what is stored.
	Since time.Time `json:"-"`
}
