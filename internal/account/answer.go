package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// A View is what the person with a one-tap link sees.
type View struct {
	Warning  warning.Warning
	Project  portfolio.Project
	Name     string // of the person
	Language string
	Zone     string
	Own      *desk.Answer  // what this person has answered before, newest
	Others   []desk.Answer // what others have answered, newest first
	Next     string        // who is told when nobody answers, "" = nobody is left
	NextAt   time.Time
	Sources  []string // names
}

// maxNote bounds the note of an answer, in characters.
const maxNote = 1000

// facts is what a link is about: the warning and who holds it.
type facts struct {
	link    AnswerLink
	warning warning.Warning
	folio   portfolio.Portfolio
	contact portfolio.Contact
	answers []desk.Answer
}

func (l *AnswerLinks) facts(ctx context.Context, token string) (facts, error) {
	link, err := l.open(ctx, token)
	if err != nil {
		return facts{}, err
	}
	f := facts{link: link}
	if _, f.warning, err = l.cfg.Store.WarningRow(ctx, link.Org, link.Warning); err != nil {
		return f, fmt.Errorf("warning of an answer link: %w", err)
	}
	if f.folio, err = l.cfg.Store.PortfolioAt(ctx, link.Org, 0); err != nil {
		return f, fmt.Errorf("portfolio of an answer link: %w", err)
	}
	var ok bool
	if f.contact, ok = f.folio.Index().Contact(link.Contact); !ok {
		duty, err := l.cfg.Store.Duty(ctx, link.Org)
		if err != nil {
			return f, fmt.Errorf("who holds an answer link: %w", err)
		}
		for _, c := range duty.Accounts { // a rota may name an account that is no contact
			if c.ID == link.Contact {
				f.contact, ok = c, true
			}
		}
	}
	if !ok {
		return f, fmt.Errorf("this contact is no longer in the portfolio: %w", fault.ErrGone)
	}
	if f.answers, err = l.cfg.Store.AnswersTo(ctx, link.Org, link.Warning); err != nil {
		return f, fmt.Errorf("answers to warning %s: %w", link.Warning, err)
	}
	return f, nil
}

func (f facts) own() *desk.Answer {
	for _, a := range f.answers {
		if a.Contact == f.link.Contact {
			return &a
		}
	}
	return nil
}

// Open shows what the link is about and has no effect. fault.ErrGone when the link is too
// old or its holder no longer is a contact, fault.ErrNotFound when it was never made.
func (l *AnswerLinks) Open(ctx context.Context, token string) (View, error) {
	f, err := l.facts(ctx, token)
	if err != nil {
		return View{}, err
	}
	v := View{Warning: f.warning, Name: f.contact.Name, Language: f.contact.Language, Zone: f.contact.Zone, Own: f.own()}
	index := f.folio.Index()
	pr, ok := index.Project(f.warning.Project)
	if !ok {
		pr = portfolio.Project{ID: f.warning.Project, Name: f.warning.Project, Zone: "UTC"}
	}
	v.Project = pr
	for _, a := range f.answers {
		if a.Contact == f.link.Contact {
			continue
		}
		if c, ok := index.Contact(a.Contact); ok && a.By == "" {
			a.By = c.Name
		}
		v.Others = append(v.Others, a)
	}
	sources, err := l.cfg.Store.SourcesOf(ctx, f.link.Org, f.warning.Evidence)
	if err != nil {
		return View{}, fmt.Errorf("sources of warning %s: %w", f.link.Warning, err)
	}
	for _, s := range sources {
		v.Sources = append(v.Sources, l.cfg.SourceName(s))
	}
	v.Next, v.NextAt, err = l.next(ctx, f)
	return v, err
}

// next is who is asked when nobody answers in time.
func (l *AnswerLinks) next(ctx context.Context, f facts) (string, time.Time, error) {
	esc, err := l.cfg.Store.Escalation(ctx, f.link.Warning)
	if errors.Is(err, fault.ErrNotFound) {
		return "", time.Time{}, nil
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("escalation of warning %s: %w", f.link.Warning, err)
	}
	if esc.State != response.Running || esc.Due.IsZero() {
		return "", time.Time{}, nil
	}
	duty, err := l.cfg.Store.Duty(ctx, f.link.Org)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("who is asked about warning %s: %w", f.link.Warning, err)
	}
	if c, ok := duty.PeopleFor(f.folio, f.warning, esc.Due).After(f.warning, esc, esc.Due); ok {
		return c.Name, esc.Due, nil
	}
	return "", time.Time{}, nil
}

// Respond records "have_it", "need_help" or "cannot" for the holder of the link. The same
// answer to the same revision again changes nothing.
func (l *AnswerLinks) Respond(ctx context.Context, token, kind, note string) error {
	k := watch.AnswerKind(kind)
	if k != watch.HaveIt && k != watch.NeedHelp && k != watch.Cannot && k != watch.Done {
		return fmt.Errorf("kind: %.20q is none of have_it, need_help, cannot, done: %w", kind, fault.ErrInvalid)
	}
	note = strings.TrimSpace(note)
	if n := utf8.RuneCountInString(note); n > maxNote || !utf8.ValidString(note) {
		return fmt.Errorf("note: %d characters, at most %d are possible: %w", n, maxNote, fault.ErrInvalid)
	}
	f, err := l.facts(ctx, token)
	if err != nil {
		return err
	}
	if own := f.own(); own != nil && own.Kind == kind && own.Note == note &&
		(own.Revised == f.warning.Revision || !warning.Active(f.warning)) {
		return nil
	}
	_, err = l.cfg.Watch.Answer(ctx, watch.Answer{
		Org: f.link.Org, Warning: f.link.Warning, Kind: k, By: f.contact.Name, Contact: f.contact.ID, Via: "link", Note: note,
	})
	if err != nil {
		return fmt.Errorf("answer warning %s: %w", f.link.Warning, err)
	}
	return nil
}
