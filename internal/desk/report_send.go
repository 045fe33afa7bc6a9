package desk

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/report/document"
	"watchfire.dev/internal/response"
)

// A StoredLetter is a letter as it is kept and queued.
type StoredLetter struct {
	delivery.Letter
	Org, Contact  string
	At            time.Time
	Round         string // tells a sending by hand from the one by the calendar, ""
	LinkUntil     time.Time
	Notifications []response.Notification
}

// Lettered says that letters of a kind about a report went out by the calendar.
type Lettered struct{ About, Kind string }

// A LetterRow is a letter with what became of it.
type LetterRow struct {
	delivery.Letter
	Contact string      `json:"contact"`
	Linked  bool        `json:"linked"` // its message has a link that opens it without signing in
	At      time.Time   `json:"at"`
	Ways    []LetterWay `json:"ways" nullable:"false"`
}

// A LetterWay is one channel that a letter went over.
type LetterWay struct {
	Channel string         `json:"channel"`
	State   response.State `json:"state"`
	Tries   int            `json:"tries"`
	Detail  string         `json:"detail,omitempty"` // what the channel said
	At      time.Time      `json:"at"`               // when it came to its end, or is due
}

// A ReportPrinter makes PDF of a report's page.
type ReportPrinter interface {
	PDF(ctx context.Context, html []byte) (pdf []byte, pages int, err error)
}

// Kinds of letters about reports.
const (
	LetterReport   = "report"
	LetterApproval = "approval"
)

const (
	mostAttached = 7 << 20             // bytes of a PDF; a larger one is a link
	linkLife     = 30 * 24 * time.Hour // of a link that needs no account
	sendWithin   = 40 * 24 * time.Hour // what was published longer ago is not sent by itself
)

// A copyOf is a report as one kind of reader gets it.
type copyOf struct {
	doc document.Document
	pdf []byte
	why string // there is no PDF
}

// SendReports brings every report that was published and not sent to the readers of its
// schedules, each once, and tells approvers once what waits for them. It returns how many
// letters were queued. One that cannot be sent does not keep the others.
func (d *Desk) SendReports(ctx context.Context, who Principal) (int, error) {
	if d.cfg.Reports == nil || d.cfg.Words == nil {
		return 0, nil
	}
	list, err := d.schedules(ctx, who.Org)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	made, err := d.cfg.Reports.Reports(ctx, who.Org, 5000)
	if err != nil {
		return 0, err
	}
	now, sent := d.cfg.Now(), 0
	told, err := d.cfg.Reports.Lettered(ctx, who.Org, now.Add(-sendWithin))
	if err != nil {
		return 0, err
	}
	var faults []string
	seen := map[string]bool{}
	for _, r := range made { // the newest edition first
		if seen[r.ID] || now.Sub(r.Made) > sendWithin {
			continue
		}
		seen[r.ID] = true
		for _, s := range list {
			if r.Product != s.Product || r.Unit != s.Unit || r.Made.Before(s.Since) {
				continue
			}
			n, err := d.sendOn(ctx, who, s, r, told)
			if sent += n; err != nil {
				faults = append(faults, fmt.Sprintf("%s: %v", r.ID, err))
			}
		}
	}
	if len(faults) > 0 {
		return sent, fmt.Errorf("send reports: %s: %w", strings.Join(faults, "; "), fault.ErrUnavailable)
	}
	return sent, nil
}

// sendOn sends one report by its schedule, unless it was sent.
func (d *Desk) sendOn(ctx context.Context, who Principal, s report.Schedule, r StoredReport, told map[Lettered]bool) (int, error) {
	kind, to := LetterReport, s.Recipients
	if p, _ := report.Find(r.Product); p.Approved && r.Approved == "" {
		kind, to = LetterApproval, []report.Recipient{{Address: approverOf(s.Approver), TLP: s.TLP}}
	}
	if told[Lettered{r.ID, kind}] {
		return 0, nil
	}
	n, _, err := d.sendReport(ctx, who, r, kind, to, s.Zone, "")
	return n, err
}

// approverOf is how the approver that a schedule names is looked up.
func approverOf(name string) string {
	if strings.Contains(name, ":") {
		return name
	}
	return "name:" + name
}

// SendReport sends the newest edition of a published report to named readers, though it was
// sent before; each gets an edition once. nobody lists those that reach nobody.
func (d *Desk) SendReport(ctx context.Context, who Principal, reportID string, to []report.Recipient) (n int, nobody []string, err error) {
	if err := d.mayReport(who, CanRules); err != nil {
		return 0, nil, err
	}
	if err := report.CheckRecipients(to); err != nil {
		return 0, nil, err
	}
	v, err := d.Report(ctx, mayRead(who), reportID, 0)
	if err != nil {
		return 0, nil, err
	}
	r := v.Stored
	if p, _ := report.Find(r.Product); p.Approved && r.Approved == "" {
		return 0, nil, fmt.Errorf("report %s is not approved yet: nobody gets it before: %w", r.ID, fault.ErrConflict)
	}
	return d.sendReport(ctx, who, r, LetterReport, to, "", strconv.Itoa(r.Edition))
}

// ReportLetters tells who got a report, and what became of each letter.
func (d *Desk) ReportLetters(ctx context.Context, who Principal, reportID string) ([]LetterRow, error) {
	if err := d.mayReport(who, CanRead); err != nil {
		return nil, err
	}
	reportID, err := d.namedReport(ctx, who.Org, reportID)
	if err != nil {
		return nil, err
	}
	if _, err := d.cfg.Reports.ReportHead(ctx, who.Org, reportID); err != nil {
		return nil, err
	}
	return d.cfg.Reports.Letters(ctx, who.Org, reportID)
}

// sendReport writes the letters of one edition and queues them. round tells one sending of a
// report from another; "" = the one by the calendar.
func (d *Desk) sendReport(ctx context.Context, who Principal, r StoredReport, kind string, to []report.Recipient, zone, round string) (int, []string, error) {
	people, nobody, err := d.readers(ctx, who.Org, r, to, zone)
	if err != nil || len(people) == 0 {
		return 0, nobody, err
	}
	_, b, err := d.cfg.Reports.Report(ctx, who.Org, r.ID, r.Edition)
	if err != nil {
		return 0, nobody, err
	}
	s, err := report.ReadSnapshot(b.Snapshot)
	if err != nil {
		return 0, nobody, err
	}
	duty, err := d.cfg.Store.Duty(ctx, who.Org)
	if err != nil {
		return 0, nobody, err
	}
	now := d.cfg.Now().UTC().Truncate(time.Microsecond)
	copies := map[[3]string]copyOf{}
	var list []StoredLetter
	var ids []string
	without := ""
	for _, p := range people {
		key := [3]string{p.lang, p.zone, p.tlp}
		c, ok := copies[key]
		if !ok {
			if c, err = d.copyFor(ctx, *s, p); err != nil {
				return 0, nobody, err
			}
			copies[key] = c
		}
		l := letterOf(who.Org, r, kind, round, p, c, now)
		l.Notifications = duty.Letters(who.Org, l.ID, p.contact, now)
		if d.cfg.LetterLink != nil && !event.InHouse(l.TLP) {
			if l.LinkHash, err = d.cfg.LetterLink(ctx, who.Org, l.ID); err != nil {
				return 0, nobody, err
			}
			l.LinkUntil = now.Add(linkLife)
		}
		if c.why != "" && p.mails() {
			without = c.why
		}
		list, ids = append(list, l), append(ids, l.ID)
	}
	body := map[string]any{"edition": r.Edition, "kind": kind, "letters": ids, "html": r.HTML, "nobody": len(nobody)}
	if without != "" {
		body["without_pdf"] = without
	}
	entry, err := d.assessEntry(who, journal.ReportSent, r.ID, body)
	if err != nil {
		return 0, nobody, err
	}
	if err := d.cfg.Reports.PutLetters(ctx, who.Org, list, entry); err != nil {
		return 0, nobody, err
	}
	if d.cfg.Queued != nil {
		d.cfg.Queued()
	}
	return len(list), nobody, nil
}

// letterOf is the letter to one reader.
func letterOf(org string, r StoredReport, kind, round string, p reader, c copyOf, now time.Time) StoredLetter {
	l := StoredLetter{Org: org, Contact: p.contact.ID, At: now, Round: round}
	l.ID = id.Derived("let", org, kind, r.ID, round, p.contact.ID)
	l.Letter = delivery.Letter{
		ID: l.ID, Kind: kind, About: r.ID, Edition: r.Edition, Name: p.contact.Name, TLP: p.tlp, Lang: p.words, Zone: p.zone, Path: "/reports/" + r.ID,
		Said: map[string]string{"Kind": c.doc.Kind, "Title": c.doc.Title, "Status": c.doc.Status},
	}
	if len(c.pdf) > 0 && p.mails() && !event.InHouse(p.tlp) {
		l.File, l.Type, l.Hash, l.Size, l.Bytes = fileOf(r.ID)+".pdf", "application/pdf", id.Hash(c.pdf), len(c.pdf), c.pdf
	}
	return l
}

var unsafeInFile = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// fileOf is a name that every file system takes.
func fileOf(name string) string { return unsafeInFile.ReplaceAllString(name, "-") }

// copyFor makes a report in a reader's language and zone, without what their label does not
// allow, and prints it where that may leave the house.
func (d *Desk) copyFor(ctx context.Context, s report.Snapshot, p reader) (copyOf, error) {
	s.Lang, s.Zone = p.lang, p.zone
	doc, err := report.Compose(&s, d.cfg.Words, p.tlp)
	if err != nil {
		return copyOf{}, err
	}
	c := copyOf{doc: doc}
	switch {
	case event.InHouse(p.tlp) || !p.mails():
	case d.cfg.Print == nil:
		c.why = "nothing prints here"
	default:
		pdf, _, err := d.cfg.Print.PDF(ctx, doc.HTML())
		switch {
		case err != nil:
			c.why = err.Error()
		case len(pdf) > mostAttached:
			c.why = fmt.Sprintf("the PDF has %d bytes, at most %d are attached", len(pdf), mostAttached)
		default:
			c.pdf = pdf
		}
	}
	return c, nil
}

// A reader is who gets a report, and as what.
type reader struct {
	contact portfolio.Contact
	tlp     string // label of their copy
	lang    string // of the report
	words   string // of the message around it
	zone    string
}

// mails tells whether the reader has an address that takes files.
func (p reader) mails() bool {
	return slices.ContainsFunc(p.contact.Channels, func(a portfolio.Address) bool { return a.Channel == "email" })
}
