package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
)

// A HandOver is a shift that somebody has taken over by name.
type HandOver struct {
	Org      string      `json:"-"`
	Rota     string      `json:"rota"`
	Shift    time.Time   `json:"shift"` // when it began
	Outgoing rota.Member `json:"outgoing,omitzero"`
	Incoming rota.Member `json:"incoming,omitzero"`
	At       time.Time   `json:"at"`
	Account  string      `json:"account"`
	By       string      `json:"by"` // name as shown
	Note     string      `json:"note,omitempty"`
	Picture  Picture     `json:"picture"`
}

// A Picture is what a shift hands over: numbers and what they stand for at that instant. It
// is kept as it was seen.
type Picture struct {
	Warnings   []PictureRow `json:"warnings"` // open, by level and arrival; unanswered ones marked
	Needs      int          `json:"needs"`    // nobody has answered them
	FeedsDown  []string     `json:"feeds_down"`
	People     [4]int       `json:"people"` // at assets, by level now
	Due        []DueRow     `json:"due"`    // within twelve hours
	RulesMuted []string     `json:"rules_muted"`
	Suppressed int          `json:"suppressed"` // events that users' rules keep from a project
	Mutes      []MuteRow    `json:"mutes"`
	Held       int          `json:"held"` // notifications that wait because of what receivers chose
}

// A PictureRow is one open warning.
type PictureRow struct {
	Warning  string      `json:"warning"`
	Project  string      `json:"project"` // name
	Family   string      `json:"family"`
	Level    level.Level `json:"level"`
	ETA      time.Time   `json:"eta,omitzero"`
	Answered string      `json:"answered,omitempty"` // by whom; "" = nobody
}

// A DueRow is something that wants a person within twelve hours.
type DueRow struct {
	Warning string    `json:"warning"`
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"` // "escalation", "acknowledgement"
}

// A HandOverCard is a rota of the desk at this moment: who has duty, whether they have taken
// over, and what there is to hand over.
type HandOverCard struct {
	Rota    rota.Rota         `json:"rota"`
	Shift   ShiftRow          `json:"shift"`
	Before  ShiftRow          `json:"before"`
	Taken   *HandOver         `json:"taken,omitempty"` // nil = not taken over yet
	Last    []HandOver        `json:"last"`            // earlier ones, newest first
	Alarm   bool              `json:"alarm"`           // it should have been taken over by now
	Own     bool              `json:"own"`             // the principal is on duty now
	Picture Picture           `json:"picture"`
	Names   map[string]string `json:"-"`
}

// overGrace is how long a shift may stand without having been taken over before that is an
// alarm; dueWithin is how far a hand-over looks ahead (METHOD.md 2.9).
const (
	overGrace = 15 * time.Minute
	dueWithin = 12 * time.Hour
)

// untaken is the shift of a rota now, when it is one that nobody has taken over.
func (d *Desk) untaken(ctx context.Context, org string, b rota.Book, r rota.Rota) (shift, before rota.Shift, taken *HandOver, err error) {
	plan, err := b.Ready(r.Code)
	if err != nil {
		return rota.Shift{}, rota.Shift{}, nil, nil // named by the book's own check
	}
	shift = plan.Shift(d.cfg.Now())
	before = plan.Shift(shift.From.Add(-time.Microsecond))
	list, err := d.cfg.Store.HandOvers(ctx, org, r.Code, 1)
	if err == nil && len(list) > 0 && list[0].Shift.Equal(shift.From) {
		taken = &list[0]
	}
	return shift, before, taken, err
}

// HandOvers lists the rotas of the desk with what there is to hand over.
func (d *Desk) HandOvers(ctx context.Context, who Principal) ([]HandOverCard, error) {
	if err := need(who, CanRead); err != nil {
		return nil, err
	}
	duty, p, err := d.staffed(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	var picture *Picture
	var out []HandOverCard
	self := selfOf(duty, p, who)
	for _, r := range duty.Book.Rotas {
		if !r.Desk {
			continue
		}
		shift, before, taken, err := d.untaken(ctx, who.Org, duty.Book, r)
		if err != nil {
			return nil, err
		}
		if picture == nil {
			if picture, err = d.picture(ctx, who, p); err != nil {
				return nil, err
			}
		}
		card := HandOverCard{Rota: r, Shift: named(duty, p, shift), Before: named(duty, p, before), Taken: taken, Picture: *picture}
		card.Own = slices.Contains(self, shift.Member)
		card.Alarm = taken == nil && !shift.Open && d.cfg.Now().Sub(shift.From) >= overGrace
		if card.Last, err = d.cfg.Store.HandOvers(ctx, who.Org, r.Code, 20); err != nil {
			return nil, err
		}
		out = append(out, card)
	}
	return out, nil
}

// picture is what stands open now.
func (d *Desk) picture(ctx context.Context, who Principal, p portfolio.Portfolio) (*Picture, error) {
	out := &Picture{Warnings: []PictureRow{}, FeedsDown: []string{}, Due: []DueRow{}, RulesMuted: []string{}}
	q, err := d.Queue(ctx, who, Filter{Show: Open, Sort: "", Page: Page{Limit: 200}})
	if err != nil {
		return nil, err
	}
	out.Needs, out.Suppressed = q.Needs, q.Suppressed
	for _, r := range q.Rows {
		row := PictureRow{Warning: r.Warning.ID, Project: r.Project.Name, Family: string(r.Warning.Family), Level: r.Warning.Level, ETA: r.Warning.ETA}
		if r.Answer != nil {
			row.Answered = r.Answer.By
		}
		out.Warnings = append(out.Warnings, row)
	}
	slices.SortStableFunc(out.Warnings, func(a, b PictureRow) int {
		if a.Level != b.Level {
			return int(b.Level) - int(a.Level)
		}
		return a.ETA.Compare(b.ETA)
	})
	sources, err := d.sources(ctx, who)
	if err != nil {
		return nil, err
	}
	for _, s := range sources {
		if s.On && !s.seeing() && !(s.Inward() && s.LastContent.IsZero()) {
			out.FeedsDown = append(out.FeedsDown, s.Name)
		}
	}
	levels, err := d.cfg.Store.AssetLevels(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	index, now := d.index(p), d.cfg.Now()
	for _, a := range p.Assets {
		zone, err := index.Location(a)
		if err != nil {
			zone = time.UTC
		}
		out.People[min(max(levels[a.ID].Level, level.Green), level.Red)] += a.HeadCount(now, zone)
	}
	return out, d.waiting(ctx, who, p, out)
}

// waiting adds what is muted, held and due.
func (d *Desk) waiting(ctx context.Context, who Principal, p portfolio.Portfolio, out *Picture) error {
	due, err := d.cfg.Store.EscalationsDue(ctx, who.Org, d.cfg.Now().Add(dueWithin))
	if err != nil {
		return err
	}
	for _, e := range due {
		kind := "escalation"
		if e.State == response.Answered {
			kind = "acknowledgement"
		}
		out.Due = append(out.Due, DueRow{e.Warning, e.Due, kind})
	}
	rules, err := d.cfg.Store.RuleRows(ctx, who.Org)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if r.Mode == "off" || r.Then == "suppress" && r.Mode == "on" {
			out.RulesMuted = append(out.RulesMuted, firstOf(r.Name, r.ID))
		}
	}
	if out.Mutes, err = d.mutes(ctx, who.Org, p); err != nil {
		return err
	}
	held, err := d.cfg.Store.HeldBack(ctx, who.Org, d.cfg.Now())
	out.Held = len(held)
	return err
}

// maxOverNote bounds the note of a hand-over, in bytes.
const maxOverNote = 2000

// TakeOver takes a shift of the desk over, by name. shift must be when the shift began that
// stands now (fault.ErrConflict otherwise): who looked at an old page looks again.
func (d *Desk) TakeOver(ctx context.Context, who Principal, rotaCode string, shift time.Time, note string) error {
	if err := need(who, CanDecide); err != nil {
		return err
	}
	if note = strings.TrimSpace(note); len(note) > maxOverNote {
		return fmt.Errorf("note of %d bytes, at most %d are possible: %w", len(note), maxOverNote, fault.ErrInvalid)
	}
	duty, p, err := d.staffed(ctx, who.Org)
	if err != nil {
		return err
	}
	r, ok := duty.Book.Rota(rotaCode)
	if !ok || !r.Desk {
		return fmt.Errorf("rota %.40q is not handed over at the desk: %w", rotaCode, fault.ErrNotFound)
	}
	now, before, _, err := d.untaken(ctx, who.Org, duty.Book, r)
	if err != nil {
		return err
	}
	if !now.From.Equal(shift) {
		return fmt.Errorf("the shift of %s began at %s: look again: %w", rotaCode, now.From.Format(time.RFC3339), fault.ErrConflict)
	}
	picture, err := d.picture(ctx, who, p)
	if err != nil {
		return err
	}
	h := HandOver{
		Org: who.Org, Rota: rotaCode, Shift: now.From, Outgoing: before.Member, Incoming: now.Member, At: d.cfg.Now(),
		Account: who.Account, By: who.Name, Note: note, Picture: *picture,
	}
	raw, err := journal.Body(map[string]any{
		"rota": h.Rota, "shift": h.Shift, "outgoing": h.Outgoing.String(), "incoming": h.Incoming.String(), "open": len(picture.Warnings),
		"needs": picture.Needs, "feeds_down": len(picture.FeedsDown),
	})
	if err != nil {
		return err
	}
	err = d.cfg.Store.TakeOver(ctx, h, journal.Draft{At: h.At, Org: who.Org, Kind: journal.ShiftTaken, Actor: who.Account, Subject: rotaCode, Body: raw})
	if err == nil {
		d.changed(who.Org)
	}
	return err
}
