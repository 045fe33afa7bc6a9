package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/portfolio/sheet"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// Intake takes signals that people and programs send in.
type Intake interface {
	// Push takes one delivery. The key makes repeats harmless: the same key with the same
	// body is answered as before, with another body it is fault.ErrConflict.
	Push(ctx context.Context, org string, src feed.Source, body []byte, key string) (Pushed, error)
	// Field takes a field report of the organisation.
	Field(ctx context.Context, org string, r FieldReport, p portfolio.Portfolio, account string) (Pushed, error)
}

// Journal appends entries for what is not a decision of the watch.
type Journal interface {
	Journal(ctx context.Context, drafts ...journal.Draft) error
}

// maxUpload bounds an uploaded portfolio file.
const maxUpload = 32 << 20

// own checks the scope and that the warning belongs to the principal's organisation.
func (d *Desk) own(ctx context.Context, who Principal, s Scope, warningID string) error {
	if _, _, err := d.cfg.Store.WarningRow(ctx, who.Org, warningID); err != nil {
		return err
	}
	return need(who, s)
}

// Acknowledge stores an answer to a warning.
func (d *Desk) Acknowledge(ctx context.Context, who Principal, warningID string, a Answer) (Answer, error) {
	if err := d.own(ctx, who, CanAnswer, warningID); err != nil {
		return Answer{}, err
	}
	kind := watch.AnswerKind(a.Kind)
	if kind == "" {
		kind = watch.HaveIt
	}
	switch kind {
	case watch.HaveIt, watch.NeedHelp, watch.Cannot, watch.Done, watch.Automatic:
	default:
		return Answer{}, fmt.Errorf("answer %q: want have_it, need_help, cannot, done or automatic: %w", a.Kind, fault.ErrInvalid)
	}
	got, err := d.cfg.Watch.Answer(ctx, watch.Answer{
		Org: who.Org, Warning: warningID, Kind: kind, By: who.Name, Account: who.Account, Via: a.Via, Note: strings.TrimSpace(a.Note), For: a.For,
	})
	a.At, a.By, a.Account, a.Kind, a.Revised, a.Until = got.At, who.Name, who.Account, string(kind), got.Revision, got.Until
	return a, err
}

// Escalate asks the next contact now.
func (d *Desk) Escalate(ctx context.Context, who Principal, warningID, note string) error {
	if err := d.own(ctx, who, CanAnswer, warningID); err != nil {
		return err
	}
	return d.cfg.Watch.Escalate(ctx, who.Org, warningID, 0, who.Account, true)
}

// End closes a warning whose hazard happened and has passed.
func (d *Desk) End(ctx context.Context, who Principal, warningID, reason string) (warning.Warning, error) {
	return d.byHand(ctx, who, warningID, warning.DoEnd, reason)
}

// Cancel takes back a warning that was wrong.
func (d *Desk) Cancel(ctx context.Context, who Principal, warningID, reason string) (warning.Warning, error) {
	return d.byHand(ctx, who, warningID, warning.DoCancel, reason)
}

// Sign confirms a proposed red.
func (d *Desk) Sign(ctx context.Context, who Principal, warningID string) (warning.Warning, error) {
	return d.byHand(ctx, who, warningID, warning.DoSign, "")
}

func (d *Desk) byHand(ctx context.Context, who Principal, warningID string, act warning.Act, reason string) (warning.Warning, error) {
	if err := d.own(ctx, who, CanDecide, warningID); err != nil {
		return warning.Warning{}, err
	}
	return d.cfg.Watch.ByHand(ctx, who.Org, warningID, act, who.Account, reason)
}

// Detach takes one report out of an event.
func (d *Desk) Detach(ctx context.Context, who Principal, eventID, signalID string) error {
	return d.Split(ctx, who, eventID, []string{signalID})
}

// Split makes a new event of some reports.
func (d *Desk) Split(ctx context.Context, who Principal, eventID string, signalIDs []string) error {
	if _, _, err := d.cfg.Store.EventByID(ctx, who.Org, eventID); err != nil {
		return err
	}
	if err := need(who, CanDecide); err != nil {
		return err
	}
	return d.cfg.Watch.Detach(ctx, who.Org, eventID, signalIDs, who.Account)
}

// Push takes signals that a program sends in. source "" is the organisation's own.
func (d *Desk) Push(ctx context.Context, who Principal, source string, body []byte, idempotencyKey string) (Pushed, error) {
	if err := need(who, CanPush); err != nil {
		return Pushed{}, err
	}
	if source == "" {
		source = "push"
	}
	src, err := d.source(who, source)
	if err != nil {
		return Pushed{}, err
	}
	if src.URL != "" {
		return Pushed{}, fmt.Errorf("source %.40q takes no signals: %w", source, fault.ErrNotFound)
	}
	return d.cfg.Intake.Push(ctx, who.Org, src, body, idempotencyKey)
}

// Field takes a field report.
func (d *Desk) Field(ctx context.Context, who Principal, r FieldReport) (Pushed, error) {
	if err := need(who, CanPush); err != nil {
		return Pushed{}, err
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return Pushed{}, err
	}
	return d.cfg.Intake.Field(ctx, who.Org, r, p, who.Account)
}

// Preview reads a portfolio file and says what it would change and what is wrong in it.
func (d *Desk) Preview(ctx context.Context, who Principal, name string, r io.Reader) (ImportPreview, error) {
	if err := need(who, CanPortfolio); err != nil {
		return ImportPreview{}, err
	}
	body, err := io.ReadAll(io.LimitReader(r, maxUpload+1))
	if err != nil {
		return ImportPreview{}, fmt.Errorf("read %s: %w: %w", name, fault.ErrInvalid, err)
	}
	if len(body) > maxUpload {
		return ImportPreview{}, fmt.Errorf("%s is larger than %d MB: %w", name, maxUpload>>20, fault.ErrTooLarge)
	}
	base, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return ImportPreview{}, err
	}
	_, changes, problems := sheet.Read(bytes.NewReader(body), name, base)
	out := ImportPreview{Changes: changes, Problems: problems, Base: base.Version}
	if len(problems) > 0 || len(changes) == 0 {
		return out, nil
	}
	out.Token = id.Random("upl")
	return out, d.cfg.Store.PutUpload(ctx, Upload{
		Token: out.Token, Org: who.Org, Account: who.Account, At: d.cfg.Now(), Base: base.Version, File: name, Body: body,
	})
}

// Commit carries out a previewed import: all of it or nothing. The portfolio must not have
// changed since the preview (fault.ErrConflict).
func (d *Desk) Commit(ctx context.Context, who Principal, token string) (VersionRow, error) {
	if err := need(who, CanPortfolio); err != nil {
		return VersionRow{}, err
	}
	u, err := d.cfg.Store.TakeUpload(ctx, who.Org, token)
	if err != nil {
		return VersionRow{}, err
	}
	base, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return VersionRow{}, err
	}
	if base.Version != u.Base {
		return VersionRow{}, fmt.Errorf("the preview was made against version %d: look at it again: %w", u.Base, d.moved(ctx, who.Org, base.Version))
	}
	next, changes, problems := sheet.Read(bytes.NewReader(u.Body), u.File, base)
	if len(problems) > 0 {
		return VersionRow{}, fmt.Errorf("%s: %s: %w", u.File, problems[0], fault.ErrInvalid)
	}
	return d.setPortfolio(ctx, who, watch.PortfolioVersion{File: u.File, Changes: len(changes), Portfolio: next})
}

// Undo restores what stood before a version, as a new version.
func (d *Desk) Undo(ctx context.Context, who Principal, version int64) (VersionRow, error) {
	if err := need(who, CanPortfolio); err != nil {
		return VersionRow{}, err
	}
	current, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return VersionRow{}, err
	}
	if version != current.Version {
		return VersionRow{}, fmt.Errorf("undo version %d: only the newest can be undone: %w", version, d.moved(ctx, who.Org, current.Version))
	}
	earlier := portfolio.Portfolio{Org: who.Org}
	if version > 1 {
		if earlier, err = d.cfg.Store.PortfolioAt(ctx, who.Org, version-1); err != nil {
			return VersionRow{}, err
		}
	}
	next := portfolio.Restore(current, earlier)
	return d.setPortfolio(ctx, who, watch.PortfolioVersion{Changes: len(portfolio.Diff(current, next)), Undoes: version, Portfolio: next})
}

func (d *Desk) setPortfolio(ctx context.Context, who Principal, v watch.PortfolioVersion) (VersionRow, error) {
	v.Actor, v.Portfolio.Org = who.Account, who.Org
	got, err := d.cfg.Watch.SetPortfolio(ctx, v)
	if errors.Is(err, fault.ErrConflict) { // somebody was quicker
		return VersionRow{}, d.moved(ctx, who.Org, v.Portfolio.Version)
	}
	return VersionRow{
		Version: v.Portfolio.Version, At: got.At, Actor: who.Account, File: v.File, Note: v.Note, Changes: v.Changes, Undoes: v.Undoes,
	}, err
}

// SetSource switches a source on or off.
func (d *Desk) SetSource(ctx context.Context, who Principal, sourceID string, on bool) error {
	if err := need(who, CanAdmin); err != nil {
		return err
	}
	if _, err := d.source(who, sourceID); err != nil {
		return err
	}
	if err := d.cfg.Store.SetSourceOn(ctx, sourceID, on); err != nil {
		return err
	}
	raw, err := journal.Body(map[string]any{"on": on})
	if err != nil {
		return err
	}
	if err := d.cfg.Journal.Journal(ctx, journal.Draft{
		At: d.cfg.Now(), Kind: journal.SourceChanged, Actor: who.Account, Subject: sourceID, Body: raw,
	}); err != nil {
		return err
	}
	if on {
		return d.cfg.Poll(sourceID)
	}
	return nil
}

// PollNow asks a source now, though not below its minimum interval.
func (d *Desk) PollNow(ctx context.Context, who Principal, sourceID string) error {
	if err := need(who, CanAnswer); err != nil {
		return err
	}
	s, err := d.source(who, sourceID)
	if err != nil {
		return err
	}
	if s.URL == "" {
		return fmt.Errorf("source %.40q is not polled: %w", sourceID, fault.ErrNotFound)
	}
	return d.cfg.Poll(sourceID)
}

// PutRule stores a new version of a rule. A rule that is new, or whose condition or effect
// changes, starts in shadow: it counts what it would have done until a person switches it on.
// A Version that is not 0 is what the caller saw: another one by now is a *fault.Changed.
func (d *Desk) PutRule(ctx context.Context, who Principal, r RuleRow) (RuleRow, error) {
	if err := need(who, CanRules); err != nil {
		return RuleRow{}, err
	}
	base := r.Version
	if r.ID == "" {
		r.ID, base = id.Random("rul"), 0
	}
	if err := d.sound(ctx, who.Org, r); err != nil {
		return RuleRow{}, err
	}
	old, err := d.cfg.Store.RuleRows(ctx, who.Org)
	if err != nil {
		return RuleRow{}, err
	}
	known := false
	for _, o := range old {
		if o.ID == r.ID {
			known = o.When == r.When && o.Then == r.Then && o.To == r.To
		}
	}
	if !known && r.Mode != "off" {
		r.Mode = "shadow"
	}
	r.Version, r.Would, r.Fault, r.Broken = 0, 0, "", false
	body, err := json.Marshal(struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		When string `json:"when"`
		Then string `json:"then"`
		To   string `json:"to,omitempty"`
		Mode string `json:"mode"`
	}{r.ID, r.Name, r.When, r.Then, r.To, r.Mode})
	if err != nil {
		return RuleRow{}, err
	}
	v, err := d.cfg.Watch.SetRule(ctx, watch.RuleVersion{Org: who.Org, ID: r.ID, Version: base, Actor: who.Account, Body: body})
	if err != nil {
		return RuleRow{}, err
	}
	r.Version = v.Version
	return r, nil
}
