package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/report"
)

// A StoredReport is one edition of a report as it is kept. An approval makes a new edition.
type StoredReport struct {
	ID       string    `json:"id"`
	Edition  int       `json:"edition"`
	Product  string    `json:"product"`
	Unit     string    `json:"unit"`
	Name     string    `json:"name"`
	Period   string    `json:"period"` // label of the slot
	AsOf     time.Time `json:"as_of"`
	Made     time.Time `json:"made"`
	By       string    `json:"by"`
	TLP      string    `json:"tlp"`
	Lang     string    `json:"lang"`
	Approved string    `json:"approved,omitempty"` // by whom, "" = nobody yet
	Snapshot string    `json:"snapshot"`           // SHA-256
	HTML     string    `json:"html"`               // SHA-256
	JSON     string    `json:"json"`               // SHA-256
}

// ReportBytes are what a report is made of and what came out.
type ReportBytes struct{ Snapshot, HTML, JSON []byte }

// A ReportOrder is a schedule or a template as it is kept; Body "" = taken away.
type ReportOrder struct {
	Kind string // schedule, template
	ID   string
	Body []byte
	At   time.Time
	By   string
}

// ReportStore keeps reports. Every method names its organisation.
type ReportStore interface {
	PutReport(ctx context.Context, org string, r StoredReport, b ReportBytes, entries ...journal.Draft) error
	Reports(ctx context.Context, org string, limit int) ([]StoredReport, error)
	// ReportHead is the newest edition of a report, NewestReport that of a product and a unit but
	// of one id; fault.ErrNotFound.
	ReportHead(ctx context.Context, org, id string) (StoredReport, error)
	NewestReport(ctx context.Context, org, product, unit, but string) (StoredReport, error)
	// Report is an edition of a report, 0 = the newest.
	Report(ctx context.Context, org, id string, edition int) (StoredReport, ReportBytes, error)
	PutReportOrder(ctx context.Context, org string, o ReportOrder, entries ...journal.Draft) error
	ReportOrders(ctx context.Context, org, kind string) ([]ReportOrder, error)
	// PutLetters keeps letters and queues their notifications, each once.
	PutLetters(ctx context.Context, org string, list []StoredLetter, entries ...journal.Draft) error
	// Lettered tells what letters were made of since an instant, by the calendar.
	Lettered(ctx context.Context, org string, since time.Time) (map[Lettered]bool, error)
	// Letters lists the letters about a report, the oldest first.
	Letters(ctx context.Context, org, about string) ([]LetterRow, error)
	HistoryStore
}

// ReportConfig is what reports need; zero = there are none.
type ReportConfig struct {
	Reports ReportStore  // with schedules and templates
	Words   *phrase.Book // that reports are written from
	// Print makes PDF; nil = nothing does, and readers get links.
	Print ReportPrinter
	// LetterLink gives the hash that is kept of the address that shows a letter's report without
	// signing in; nil = there are none.
	LetterLink func(ctx context.Context, org, letter string) (hash string, err error)
	// Publish is told that a report of an organisation may be ready to be sent, Queued that
	// letters wait; nil = nobody is. Neither blocks.
	Publish func(org string)
	Queued  func()
}

// ReportWish says which report is made; zero fields follow from product and unit.
type ReportWish struct {
	Product   string   `json:"product"`
	Unit      string   `json:"unit"`
	Lang      string   `json:"lang,omitempty"`
	Zone      string   `json:"zone,omitempty"` // IANA
	TLP       string   `json:"tlp,omitempty"`  // "" = AMBER
	Decisions []string `json:"decisions,omitempty"`
	Scenario  string   `json:"scenario,omitempty"` // id of one that was kept
	Warning   string   `json:"warning,omitempty"`  // that a post-incident review is about
	// slot is set by the calendar.
	slot *report.Slot
	tmpl *report.Template
}

// A ReportView is one edition with its forms.
type ReportView struct {
	Stored StoredReport
	Bytes  ReportBytes
}

// A ReportDue is a schedule with where it stands.
type ReportDue struct {
	Schedule report.Schedule `json:"schedule"`
	Next     time.Time       `json:"next"`
	Last     string          `json:"last"` // label of the slot that was due last
	Report   string          `json:"report,omitempty"`
	State    string          `json:"state"` // made, waiting (for approval), due, late
}

// Reports is what can be seen and done about reports.
type Reports interface {
	Reports(ctx context.Context, who Principal) ([]StoredReport, error)
	// Report is an edition of a report, 0 = the newest, by its id or as the newest of a product
	// and a unit: "monthly@project:rail".
	Report(ctx context.Context, who Principal, id string, edition int) (ReportView, error)
	MakeReport(ctx context.Context, who Principal, w ReportWish) (StoredReport, error)
	// PreviewReport makes a report with a template and keeps nothing.
	PreviewReport(ctx context.Context, who Principal, w ReportWish, t report.Template) ([]byte, error)
	// ApproveReport puts the principal's name to a report.
	ApproveReport(ctx context.Context, who Principal, id string) (StoredReport, error)
	VerifyReport(ctx context.Context, who Principal, id string, edition int) (report.Verification, error)
	// ExportReport is a report as an outsider can make it again. It is journalled.
	ExportReport(ctx context.Context, who Principal, id string, edition int) (report.Bundle, error)
	ReportSchedules(ctx context.Context, who Principal) ([]ReportDue, error)
	PutReportSchedule(ctx context.Context, who Principal, s report.Schedule) (report.Schedule, error)
	RemoveReportSchedule(ctx context.Context, who Principal, id string) error
	ReportTemplate(ctx context.Context, who Principal, product string) (report.Template, error)
	PutReportTemplate(ctx context.Context, who Principal, product string, t report.Template) error
	// SendReport sends the newest edition to named readers; nobody lists those that reach nobody.
	SendReport(ctx context.Context, who Principal, id string, to []report.Recipient) (n int, nobody []string, err error)
	// ReportLetters tells who got a report, and what became of each letter.
	ReportLetters(ctx context.Context, who Principal, id string) ([]LetterRow, error)
}

var _ Reports = (*Desk)(nil)

// mayReport checks the scope and that there is a store of reports.
func (d *Desk) mayReport(who Principal, s Scope) error {
	if err := need(who, s); err != nil {
		return err
	}
	if d.cfg.Reports == nil || d.cfg.Words == nil {
		return fmt.Errorf("reports: %w", fault.ErrUnavailable)
	}
	return nil
}

// Reports lists every edition, the newest first.
func (d *Desk) Reports(ctx context.Context, who Principal) ([]StoredReport, error) {
	if err := d.mayReport(who, CanRead); err != nil {
		return nil, err
	}
	return d.cfg.Reports.Reports(ctx, who.Org, 500)
}

// Report is one edition with its forms.
func (d *Desk) Report(ctx context.Context, who Principal, id string, edition int) (ReportView, error) {
	if err := d.mayReport(who, CanRead); err != nil {
		return ReportView{}, err
	}
	id, err := d.namedReport(ctx, who.Org, id)
	if err != nil {
		return ReportView{}, err
	}
	r, b, err := d.cfg.Reports.Report(ctx, who.Org, id, edition)
	return ReportView{r, b}, err
}

// namedReport is the id of a report that is named by it, or as the newest of a product and a
// unit: "monthly@project:rail".
func (d *Desk) namedReport(ctx context.Context, org, name string) (string, error) {
	product, unit, ok := strings.Cut(name, "@")
	if !ok {
		return name, nil
	}
	r, err := d.cfg.Reports.NewestReport(ctx, org, product, unit, "")
	return r.ID, err
}

// MakeReport freezes what is known now, makes the report and keeps both.
func (d *Desk) MakeReport(ctx context.Context, who Principal, w ReportWish) (StoredReport, error) {
	if err := d.mayReport(who, CanRules); err != nil {
		return StoredReport{}, err
	}
	s, label, err := d.reportSnapshot(ctx, mayRead(who), w)
	if err != nil {
		return StoredReport{}, fmt.Errorf("report %s of %s: %w", w.Product, w.Unit, err)
	}
	return d.keepReport(ctx, who, s, label, journal.ReportMade)
}

// mayRead is the principal with the leave to read: who may make a report freezes what it is
// made of without being shown it.
func mayRead(who Principal) Principal {
	if !who.May(CanRead) {
		who.Scopes = append(slices.Clone(who.Scopes), CanRead)
	}
	return who
}

// PreviewReport is the page that a template would give now.
func (d *Desk) PreviewReport(ctx context.Context, who Principal, w ReportWish, t report.Template) ([]byte, error) {
	if err := d.mayReport(who, CanRead); err != nil {
		return nil, err
	}
	w.tmpl = &t
	s, _, err := d.reportSnapshot(ctx, who, w)
	if err != nil {
		return nil, err
	}
	if _, err := s.Canonical(); err != nil {
		return nil, err
	}
	made, err := report.Render(s, d.cfg.Words, "")
	return made.HTML, err
}

// keepReport renders a snapshot and stores it as the next edition of its id.
func (d *Desk) keepReport(ctx context.Context, who Principal, s *report.Snapshot, label string, kind journal.Kind) (StoredReport, error) {
	raw, err := s.Canonical()
	if err != nil {
		return StoredReport{}, err
	}
	made, err := report.Render(s, d.cfg.Words, "")
	if err != nil {
		return StoredReport{}, err
	}
	r := StoredReport{
		ID: s.ID, Edition: 1, Product: s.Product, Unit: s.Unit, Name: s.Name, Period: label, AsOf: s.AsOf, Made: d.cfg.Now().UTC().Truncate(time.Microsecond),
		By: who.Account, TLP: s.TLP, Lang: s.Lang, Snapshot: id.Hash(raw), HTML: id.Hash(made.HTML), JSON: id.Hash(made.JSON),
	}
	if s.Approval != nil {
		r.Approved = s.Approval.By
	}
	switch last, err := d.cfg.Reports.ReportHead(ctx, who.Org, s.ID); {
	case err == nil:
		r.Edition = last.Edition + 1
	case !errors.Is(err, fault.ErrNotFound):
		return r, err
	}
	entry, err := d.assessEntry(who, kind, r.ID, map[string]any{
		"edition": r.Edition, "product": r.Product, "unit": r.Unit, "snapshot": r.Snapshot, "html": r.HTML, "json": r.JSON, "tlp": r.TLP, "approved": r.Approved,
	})
	if err != nil {
		return r, err
	}
	if err := d.cfg.Reports.PutReport(ctx, who.Org, r, ReportBytes{Snapshot: raw, HTML: made.HTML, JSON: made.JSON}, entry); err != nil {
		return r, err
	}
	if d.cfg.Publish != nil {
		d.cfg.Publish(who.Org)
	}
	return r, nil
}

// ApproveReport makes an edition that bears the principal's name; nothing else of it changes.
// Who is named as approver of the schedule must do it; without one, whoever may publish.
func (d *Desk) ApproveReport(ctx context.Context, who Principal, reportID string) (StoredReport, error) {
	if err := d.mayReport(who, CanRules); err != nil {
		return StoredReport{}, err
	}
	v, err := d.Report(ctx, mayRead(who), reportID, 0)
	r, b := v.Stored, v.Bytes
	if err != nil {
		return r, err
	}
	if r.Approved != "" {
		return r, fmt.Errorf("report %s is approved by %s already: %w", reportID, r.Approved, fault.ErrConflict)
	}
	list, err := d.schedules(ctx, who.Org)
	if err != nil {
		return r, err
	}
	name := firstOf(who.Name, who.Account)
	for _, s := range list {
		if s.Product == r.Product && s.Unit == r.Unit && s.Approver != "" && s.Approver != name && s.Approver != who.Account {
			return r, fmt.Errorf("report %s is approved by %s and nobody else: %w", reportID, s.Approver, fault.ErrForbidden)
		}
	}
	s, err := report.ReadSnapshot(b.Snapshot)
	if err != nil {
		return r, err
	}
	s.Approval = &report.Approval{By: name, At: d.cfg.Now().UTC().Truncate(time.Second)}
	return d.keepReport(ctx, who, s, r.Period, journal.ReportApproved)
}

// VerifyReport makes a report again from its stored inputs and compares bytes.
func (d *Desk) VerifyReport(ctx context.Context, who Principal, reportID string, edition int) (report.Verification, error) {
	b, r, err := d.reportBundle(ctx, who, reportID, edition)
	if err != nil {
		return report.Verification{}, err
	}
	v, err := b.Verify(ctx, d.cfg.Words, assessWorkers)
	// What was made stands in the journal with these hashes.
	v.Same = v.Same && v.Snapshot == r.Snapshot && id.Hash([]byte(b.HTML)) == r.HTML && id.Hash([]byte(b.JSON)) == r.JSON
	return v, err
}

// ExportReport is a report as an outsider can make it again.
func (d *Desk) ExportReport(ctx context.Context, who Principal, reportID string, edition int) (report.Bundle, error) {
	b, r, err := d.reportBundle(ctx, who, reportID, edition)
	if err != nil {
		return b, err
	}
	entry, err := d.assessEntry(who, journal.Exported, r.ID, map[string]any{"what": "report", "edition": r.Edition})
	if err != nil {
		return b, err
	}
	return b, d.cfg.Journal.Journal(ctx, entry)
}

func (d *Desk) reportBundle(ctx context.Context, who Principal, reportID string, edition int) (report.Bundle, StoredReport, error) {
	v, err := d.Report(ctx, who, reportID, edition)
	if err != nil {
		return report.Bundle{}, v.Stored, err
	}
	out := report.Bundle{Report: v.Stored.ID, Snapshot: string(v.Bytes.Snapshot), HTML: string(v.Bytes.HTML), JSON: string(v.Bytes.JSON)}
	var head struct{ Run string }
	if err := json.Unmarshal(v.Bytes.Snapshot, &head); err != nil {
		return out, v.Stored, fmt.Errorf("snapshot of report %s: %w", reportID, err)
	}
	if head.Run == "" {
		return out, v.Stored, nil
	}
	run, _, err := d.bundle(ctx, who, head.Run)
	out.Run = &run
	return out, v.Stored, err
}

// ReportTemplate is the organisation's template of a product; the zero one where it has none.
func (d *Desk) ReportTemplate(ctx context.Context, who Principal, product string) (report.Template, error) {
	var t report.Template
	if err := d.mayReport(who, CanRead); err != nil {
		return t, err
	}
	list, err := d.cfg.Reports.ReportOrders(ctx, who.Org, "template")
	if err != nil {
		return t, err
	}
	if i := slices.IndexFunc(list, func(o ReportOrder) bool { return o.ID == product }); i >= 0 {
		return t, json.Unmarshal(list[i].Body, &t)
	}
	return t, nil
}

// PutReportTemplate sets the template of a product; reports that were made keep theirs.
func (d *Desk) PutReportTemplate(ctx context.Context, who Principal, product string, t report.Template) error {
	if err := d.mayReport(who, CanRules); err != nil {
		return err
	}
	p, ok := report.Find(product)
	if !ok {
		return fmt.Errorf("product %.40q: %w", product, fault.ErrNotFound)
	}
	if err := t.Check(p); err != nil {
		return err
	}
	return d.order(ctx, who, "template", product, t)
}

// order keeps a schedule or a template; nil takes it away.
func (d *Desk) order(ctx context.Context, who Principal, kind, name string, v any) error {
	var body []byte
	if v != nil {
		var err error
		if body, err = json.Marshal(v); err != nil {
			return err
		}
	}
	// A schedule names addresses of persons: the journal holds its hash.
	entry, err := d.assessEntry(who, journal.ReportOrdered, name, map[string]any{"kind": kind, "body": id.Hash(body), "gone": v == nil})
	if err != nil {
		return err
	}
	return d.cfg.Reports.PutReportOrder(ctx, who.Org, ReportOrder{Kind: kind, ID: name, Body: body, At: d.cfg.Now().UTC(), By: who.Account}, entry)
}

// reportID names a report: unit, product and period, in letters that a file name can hold.
func reportID(unit, product, label string) string {
	_, name, _ := strings.Cut(unit, ":")
	return strings.Map(func(r rune) rune {
		if r == '/' || r == ' ' || r == ':' {
			return '.'
		}
		return r
	}, name+"-"+product+"-"+label)
}
