package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/register"
	"watchfire.dev/internal/report/document"
)

// A Snapshot is everything that a report is made of. Its canonical bytes, and their SHA-256,
// are kept with the report.
type Snapshot struct {
	Version int       `json:"version"` // of this shape: 1
	ID      string    `json:"id"`
	Product string    `json:"product"`
	Org     string    `json:"org"` // name
	Unit    string    `json:"unit"`
	Name    string    `json:"name"` // of the unit
	From    time.Time `json:"from"` // the period it is about
	To      time.Time `json:"to"`
	AsOf    time.Time `json:"as_of"` // what was known by then
	Lang    string    `json:"lang"`
	Zone    string    `json:"zone"` // IANA, the reader's
	TLP     string    `json:"tlp"`  // of this edition
	Seed    uint64    `json:"seed"`
	Draws   int       `json:"draws"` // of the simulation of the register; 0 = its default
	Methods []Method  `json:"methods"`
	// Form says how it is composed, 0 to Form: a snapshot keeps the form that it was made in, so
	// that it gives the bytes that were kept whatever later forms add.
	Form int `json:"form,omitempty"`
	// Template is the layout; Approval who stands behind it, nobody yet where nil.
	Template Template  `json:"template"`
	Approval *Approval `json:"approval,omitempty"`

	// Run is the run of assessments that the results come from, Inputs the SHA-256 of its inputs.
	Run     string              `json:"run,omitempty"`
	Inputs  string              `json:"inputs,omitempty"`
	Result  *assessment.Result  `json:"result,omitempty"` // of the unit
	Before  *assessment.Result  `json:"before,omitempty"` // at the report before
	History []assessment.Point  `json:"history,omitempty"`
	Units   []assessment.Result `json:"units,omitempty"` // projects, of a portfolio

	Register  []register.Entry `json:"register,omitempty"`
	Context   register.Context `json:"context"`
	Forecasts []Forecast       `json:"forecasts,omitempty"`
	Record    []Score          `json:"record,omitempty"`
	Warnings  []Warning        `json:"warnings,omitempty"`
	Unseen    []Unseen         `json:"unseen,omitempty"`
	Muted     []Muted          `json:"muted,omitempty"`
	Timeline  []Moment         `json:"timeline,omitempty"`
	Decisions []string         `json:"decisions,omitempty"`
	Scenario  *Scenario        `json:"scenario,omitempty"`
	Lacking   []string         `json:"lacking,omitempty"` // kinds of inputs that could not be had
	Previous  *Previous        `json:"previous,omitempty"`
	Contents
}

// A Method is a part of the method with its version.
type Method struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Hash    string `json:"hash,omitempty"`
}

// An Approval names who stands behind a report, and since when.
type Approval struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// A Forecast is a chance beside its base rate and what was said before; nil = not known.
type Forecast struct {
	What string `json:"what,omitempty"`
	// Deaths and Country say it where What does not: so many deaths or more in conflict in a
	// country (ISO 3166-1 alpha-2).
	Deaths   float64  `json:"deaths,omitempty"`
	Country  string   `json:"country,omitempty"`
	Until    string   `json:"until"` // month or day
	Chance   float64  `json:"chance"`
	Base     *float64 `json:"base,omitempty"`
	Last     *float64 `json:"last,omitempty"`
	Evidence string   `json:"evidence"`
}

// A Score is how good warnings of one family were, as counts.
type Score struct {
	Family string   `json:"family"` // kind of hazard
	Hit    int      `json:"hit"`
	Missed int      `json:"missed"`
	False  int      `json:"false"`
	Lead   *float64 `json:"lead_hours,omitempty"` // median
	// Leads is how many hits Lead is the median of, Open how many warnings ended without anybody
	// knowing which they were.
	Leads int `json:"leads,omitempty"`
	Open  int `json:"open,omitempty"`
}

// A Warning is one line about a warning.
type Warning struct {
	ID       string    `json:"id"`
	Level    int       `json:"level"` // 0 to 3
	Headline string    `json:"headline"`
	Project  string    `json:"project"`
	Since    time.Time `json:"since"`
	ETA      time.Time `json:"eta,omitzero"`
	Answered string    `json:"answered,omitempty"` // by whom
	People   int       `json:"people,omitempty"`
	Family   string    `json:"family,omitempty"` // kind of hazard
	TLP      string    `json:"tlp,omitempty"`    // strictest label of its evidence
}

// An Unseen thing is a blind spot of the watch: a source that is silent, a family without one.
type Unseen struct {
	Reason  string    `json:"reason"`
	Text    string    `json:"text"` // source, family, project
	Project string    `json:"project,omitempty"`
	Since   time.Time `json:"since,omitzero"`
}

// A Muted rule keeps something from being told.
type Muted struct {
	Name  string    `json:"name"`
	Since time.Time `json:"since,omitzero"`
}

// A Moment is one line of an incident's timeline.
type Moment struct {
	At       time.Time `json:"at"`
	Text     string    `json:"text"`
	Evidence string    `json:"evidence"`
}

// A Scenario is a what-if that was kept.
type Scenario struct {
	ID     string            `json:"id"`
	Name   string            `json:"name"`
	Before assessment.Result `json:"before"`
	After  assessment.Result `json:"after"`
	Loss   *ScenarioLoss     `json:"loss,omitempty"` // nil: the register holds no risk of the unit
}

// Previous is the report before, by its figures.
type Previous struct {
	ID     string          `json:"id"`
	Inputs string          `json:"inputs"` // SHA-256 of its snapshot
	AsOf   time.Time       `json:"as_of"`
	Facts  []document.Fact `json:"facts"`
}

// shape is the version of snapshots that this program writes and reads.
const shape = 1

// maxSnapshot is how large the bytes of a snapshot may be.
const maxSnapshot = 64 << 20

// Canonical sorts, checks and writes the snapshot: the same bytes for any order of its rows.
// Errors wrap fault.ErrInvalid.
func (s *Snapshot) Canonical() ([]byte, error) {
	s.Version = shape
	s.From, s.To, s.AsOf = s.From.UTC(), s.To.UTC(), s.AsOf.UTC()
	slices.SortFunc(s.Methods, func(a, b Method) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Register, func(a, b register.Entry) int { return cmp.Compare(a.Code, b.Code) })
	slices.SortFunc(s.Units, func(a, b assessment.Result) int { return cmp.Compare(a.Unit, b.Unit) })
	slices.SortFunc(s.History, func(a, b assessment.Point) int { return a.At.Compare(b.At) })
	slices.SortFunc(s.Forecasts, func(a, b Forecast) int {
		return cmp.Or(-cmp.Compare(a.Chance, b.Chance), cmp.Compare(a.What, b.What), cmp.Compare(a.Country, b.Country), cmp.Compare(a.Deaths, b.Deaths), cmp.Compare(a.Until, b.Until), cmp.Compare(a.Evidence, b.Evidence))
	})
	slices.SortFunc(s.Record, func(a, b Score) int { return cmp.Compare(a.Family, b.Family) })
	slices.SortFunc(s.Warnings, func(a, b Warning) int {
		return cmp.Or(cmp.Compare(b.Level, a.Level), a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(s.Unseen, func(a, b Unseen) int {
		return cmp.Or(cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Project, b.Project), cmp.Compare(a.Text, b.Text))
	})
	slices.SortFunc(s.Muted, func(a, b Muted) int { return cmp.Or(cmp.Compare(a.Name, b.Name), a.Since.Compare(b.Since)) })
	s.sort()
	slices.SortFunc(s.Timeline, func(a, b Moment) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Text, b.Text)) })
	slices.Sort(s.Lacking)
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("snapshot of a report: %w", err)
	}
	return json.Marshal(s)
}

// Hash is the SHA-256 of canonical bytes, as hexadecimal digits.
func Hash(canonical []byte) string { return id.Hash(canonical) }

func (s *Snapshot) check() error {
	switch p, ok := Find(s.Product); {
	case !ok:
		return fmt.Errorf("product %.40q: %w", s.Product, fault.ErrInvalid)
	case s.ID == "" || s.Unit == "":
		return fmt.Errorf("no id or no unit: %w", fault.ErrInvalid)
	case !s.From.Before(s.To) || s.AsOf.IsZero():
		return fmt.Errorf("period %s to %s, as of %s: %w", s.From.Format(time.RFC3339), s.To.Format(time.RFC3339), s.AsOf.Format(time.RFC3339), fault.ErrInvalid)
	case !slices.Contains(event.TLPs(), s.TLP):
		return fmt.Errorf("TLP %.20q, want one of %v: %w", s.TLP, event.TLPs(), fault.ErrInvalid)
	case s.Approval != nil && s.Approval.By == "":
		return fmt.Errorf("an approval without a name: %w", fault.ErrInvalid)
	case s.Form < 0 || s.Form > Form:
		return fmt.Errorf("composed in form %d, this program knows 0 to %d: %w", s.Form, Form, fault.ErrInvalid)
	case s.Draws < 0 || s.Draws > 100_000:
		return fmt.Errorf("%d draws, want 0 to 100,000: %w", s.Draws, fault.ErrInvalid)
	default:
		return s.Template.Check(p)
	}
}

// ReadSnapshot reads canonical bytes. Errors wrap fault.ErrInvalid or fault.ErrTooLarge.
func ReadSnapshot(raw []byte) (*Snapshot, error) {
	if len(raw) > maxSnapshot {
		return nil, fmt.Errorf("snapshot of %d bytes, at most %d: %w", len(raw), maxSnapshot, fault.ErrTooLarge)
	}
	s := &Snapshot{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("read the snapshot of a report%s: %w: %w", spot(raw, err), fault.ErrInvalid, err)
	}
	if s.Version != shape {
		return nil, fmt.Errorf("snapshot of version %d, this program reads %d: %w", s.Version, shape, fault.ErrInvalid)
	}
	return s, s.check()
}

// May tells whether a reader who is cleared for one label may see what bears another.
func May(cleared, label string) bool {
	return label == "" || slices.Index(event.TLPs(), label) <= slices.Index(event.TLPs(), cleared)
}
