package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/pulse"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/report/document"
	"watchfire.dev/internal/report/print"
)

// A ReportForm says in which form a report is wanted.
type ReportForm struct {
	Format  string // html, json, xlsx, pdf, inputs
	For     string // TLP label that the reader is cleared for; "" = the report's own
	Paper   string // A4 or letter; "" = the template's
	Lang    string // "" = the report's own; one that reports are not written in counts as that
	Zone    string // IANA; "" = the report's own
	Browser string // that prints PDF; "" = the first that is found
}

// ReportForm writes a stored report. What was kept is given as it is; a reader who is cleared
// for less, another paper, a workbook and a PDF are made from the stored inputs. over says
// that a PDF has more pages than its product may have.
func (a *App) ReportForm(ctx context.Context, v desk.ReportView, f ReportForm) (raw []byte, over string, err error) {
	own := f.For == "" && f.Paper == "" && f.Lang == "" && f.Zone == ""
	switch {
	case f.Format == "inputs" && f.For == "":
		return v.Bytes.Snapshot, "", nil
	case f.Format == "html" && own:
		return v.Bytes.HTML, "", nil
	case f.Format == "json" && own:
		return v.Bytes.JSON, "", nil
	}
	if f.For != "" && !report.May(v.Stored.TLP, f.For) {
		return nil, "", fmt.Errorf("report %s is TLP:%s, it is not made for %.20q: %w", v.Stored.ID, v.Stored.TLP, f.For, fault.ErrInvalid)
	}
	s, err := report.ReadSnapshot(v.Bytes.Snapshot)
	if err != nil {
		return nil, "", err
	}
	if lang := a.book.For(f.Lang).Language(); f.Lang != "" && slices.Contains(report.Languages(), lang) {
		s.Lang = lang
	}
	if s.Zone = cmp.Or(f.Zone, s.Zone); f.Zone != "" {
		if _, err := time.LoadLocation(f.Zone); err != nil || f.Zone == "Local" {
			return nil, "", fmt.Errorf("zone %.40q: %w", f.Zone, fault.ErrInvalid)
		}
	}
	d, err := report.Compose(s, a.book, f.For)
	if err != nil {
		return nil, "", err
	}
	switch f.Paper {
	case "":
	case document.A4, document.Letter:
		d.Paper = f.Paper
	default:
		return nil, "", fmt.Errorf("paper %.20q, want A4 or letter: %w", f.Paper, fault.ErrInvalid)
	}
	switch f.Format {
	case "html":
		return d.HTML(), "", nil
	case "json":
		raw, err = d.JSON()
		return raw, "", err
	case "xlsx":
		raw, err = d.XLSX()
		return raw, "", err
	case "pdf":
		pdf, pages, err := print.Printer{Program: f.Browser}.PDF(ctx, d.HTML())
		if err == nil && d.Page.Limit > 0 && pages > d.Page.Limit {
			over = fmt.Sprintf("%s has %d pages, %s may have %d: leave out sections in its template", v.Stored.ID, pages, v.Stored.Product, d.Page.Limit)
		}
		return pdf, over, err
	}
	return nil, "", fmt.Errorf("format %.20q: %w", f.Format, fault.ErrInvalid)
}

// ReportFile is ReportForm for programs and pages.
func (a *App) ReportFile(ctx context.Context, v desk.ReportView, format, cleared, paper string) ([]byte, error) {
	raw, over, err := a.ReportForm(ctx, v, ReportForm{Format: format, For: cleared, Paper: paper})
	if over != "" {
		a.opts.Log.Warn("a report is too long", "report", v.Stored.ID, "why", over)
	}
	return raw, err
}

// reportsDue publishes the assessments of an organisation and then makes the reports whose
// time has come; it says when to look again.
func (a *App) reportsDue(ctx context.Context, org string) (time.Time, error) {
	next, err := a.assessDue(ctx, org)
	if errors.Is(err, fault.ErrConflict) { // somebody has asked for one, which will do: wait for it
		return a.opts.Now().Add(assessAgain), nil
	}
	if err != nil {
		return next, err
	}
	due, made, err := a.desk.ReportsDue(ctx, calendarOf(org))
	for _, r := range made {
		a.opts.Log.Info("report made on schedule", "org", org, "report", r.ID, "edition", r.Edition)
	}
	if err != nil { // what is missing is late in the calendar, and an alarm there
		a.opts.Log.Warn("reports that are due could not be made", "org", org, "error", err)
	}
	a.publish(org)
	// Somebody may add a schedule meanwhile: look again within the hour.
	if limit := a.opts.Now().Add(time.Hour); next.After(limit) {
		next = limit
	}
	if !due.IsZero() && due.Before(next) {
		next = due
	}
	return next, nil
}

// calendarEvery is how often the self-check looks for late reports.
const calendarEvery = 30 * time.Second

// lateReports are the late reports of all organisations, as they were half a minute ago at most.
func (s *selfcheck) lateReports(ctx context.Context) []pulse.ReportFact {
	now := s.app.opts.Now()
	if !s.lateAt.IsZero() && now.Sub(s.lateAt) < calendarEvery {
		return s.late
	}
	orgs, err := s.app.db.Orgs(ctx)
	var late []pulse.ReportFact
	for _, org := range orgs {
		var mine []pulse.ReportFact
		if mine, err = s.app.desk.LateReports(ctx, org); err != nil {
			break
		}
		late = append(late, mine...)
	}
	if err != nil {
		if ctx.Err() == nil {
			s.app.opts.Log.Error("look for late reports", "error", err)
		}
		return s.late
	}
	s.late, s.lateAt = late, now
	return late
}

// calendarOf is the principal that makes and sends what the calendar of an organisation wants.
func calendarOf(org string) desk.Principal {
	return desk.Principal{Account: desk.BySchedule, Org: org, Name: desk.BySchedule, Role: desk.Analyst, Scopes: desk.Analyst.Scopes()}
}

// sendReports sends what was published and not sent. What fails is tried again with the next
// look, within the hour.
func (a *App) sendReports(ctx context.Context, org string) {
	n, err := a.desk.SendReports(ctx, calendarOf(org))
	if n > 0 {
		a.opts.Log.Info("reports sent to their readers", "org", org, "letters", n)
		a.hub.tell(org, "queue")
	}
	if err != nil && ctx.Err() == nil {
		a.opts.Log.Warn("reports could not be sent", "org", org, "error", err)
	}
}

// publish has the reports of an organisation looked through that may be ready to be sent.
func (a *App) publish(org string) {
	if ch := a.serving.publish.Load(); ch != nil {
		select {
		case *ch <- org:
		default: // so many wait that it will be looked at with them, or within the hour
		}
	}
}

// sendReady sends reports as soon as they are published, so that nobody who approves one waits
// for its prints.
func (a *App) sendReady(ctx context.Context, ready <-chan string) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case org := <-ready:
			// A burst is looked through once for each organisation.
			orgs := []string{org}
			for range len(ready) {
				if org := <-ready; !slices.Contains(orgs, org) {
					orgs = append(orgs, org)
				}
			}
			for _, org := range orgs {
				a.sendReports(ctx, org)
			}
		}
	}
}

// reportConfig is what the desk needs for reports.
func (a *App) reportConfig() desk.ReportConfig {
	return desk.ReportConfig{
		Reports: a.db, Words: a.book, Print: print.Printer{},
		LetterLink: func(ctx context.Context, org, letter string) (string, error) {
			links, err := a.letterLinks(ctx)
			if err != nil {
				return "", err
			}
			_, hash := links.Link(org, letter)
			return hash, nil
		},
		Publish: a.publish,
		Queued: func() {
			if d := a.serving.dispatcher.Load(); d != nil {
				d.Nudge()
			}
		},
	}
}

// letterLinks makes and opens the links of letters.
func (a *App) letterLinks(ctx context.Context) (*account.LetterLinks, error) {
	return once(&a.serving.letters, func() (*account.LetterLinks, error) {
		return account.NewLetterLinks(ctx, a.db, a.opts.Now, rand.Reader, a.cfg.BaseURL)
	})
}

// lettered words a letter with its link, which is kept nowhere: the key gives it again. A letter
// whose hash the key does not give, as after a key of another database, is read by who signs in.
func (d digests) lettered(ctx context.Context, c delivery.Claimed, f delivery.Facts) (delivery.Message, error) {
	if f.Letter != nil && f.Letter.LinkHash != "" {
		links, err := d.app.letterLinks(ctx)
		if err != nil {
			return delivery.Message{}, err
		}
		if url, hash := links.Link(c.Org, f.Letter.ID); hash == f.Letter.LinkHash {
			f.Letter.Link = url
		}
	}
	return d.Wording.Word(ctx, c, f)
}

// LetterPage implements web.Letters: the page of the report that a letter brings, as its
// reader may see it.
func (a *App) LetterPage(ctx context.Context, token string) ([]byte, error) {
	links, err := a.letterLinks(ctx)
	if err != nil {
		return nil, err
	}
	l, err := links.Open(ctx, token)
	if err != nil {
		return nil, err
	}
	r, b, err := a.db.Report(ctx, l.Org, l.About, l.Edition)
	if err != nil {
		return nil, err
	}
	raw, _, err := a.ReportForm(ctx, desk.ReportView{Stored: r, Bytes: b}, ReportForm{Format: "html", For: l.TLP, Lang: l.Lang, Zone: l.Zone})
	return raw, err
}
