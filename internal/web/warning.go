package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/warning"
)

// A storyPage is everything about one warning, in words.
type storyPage struct {
	desk.Story
	Words  phrase.Words
	Before level.Level // level of the revision before, for "raised from"
	Map    *drawing
	Active bool
	Sign   bool              // a proposed red can be signed
	Chain  []phrase.Link     // from signals to level; on the warning's own page only
	Hushed []desk.Suppressed // what users' rules keep out of it; on its own page only
	Agree  bool              // somebody has asked to cancel, and it was somebody else
}

func (s *server) story(r *http.Request, v *View, id string) (*storyPage, error) {
	story, err := s.Reads.Story(r.Context(), v.Who, id)
	if err != nil {
		return nil, fmt.Errorf("read warning %s: %w", id, err)
	}
	p := &storyPage{Story: story, Active: warning.Active(story.Warning), Sign: signable(story.Warning)}
	if p.Words, err = v.Speaker.Warning(story.Warning, story.Project, v.Zone); err != nil {
		return nil, err
	}
	p.Agree = story.Warning.CancelBy != "" && story.Warning.CancelBy != v.Who.Account
	if n := len(story.Revisions); n > 1 {
		p.Before = story.Revisions[n-2].Level
	}
	if p.Map, err = s.warningMap(r, v, story); err != nil {
		return nil, err
	}
	return p, nil
}

func (s *server) warning(w http.ResponseWriter, r *http.Request, v *View) error {
	p, err := s.story(r, v, r.PathValue("id"))
	if err != nil {
		return err
	}
	x, err := s.Reads.Explain(r.Context(), v.Who, p.Warning.ID)
	if err != nil {
		return fmt.Errorf("explain warning %s: %w", p.Warning.ID, err)
	}
	p.Chain = v.Speaker.Explain(x, p.Project, v.Zone)
	hushed, err := s.Reads.Suppressed(r.Context(), v.Who, "", p.Warning.Project)
	if err != nil {
		return fmt.Errorf("read what rules keep out of warning %s: %w", p.Warning.ID, err)
	}
	p.Hushed = slices.DeleteFunc(hushed, func(x desk.Suppressed) bool { return x.Family != p.Warning.Family })
	return s.ok(w, "warning", "title.warning", v, p)
}

// signable tells whether a person may sign a red: it is proposed, or was and nobody signed
// in time.
func signable(w warning.Warning) bool {
	return w.State == warning.Draft || warning.Active(w) && (w.Proposal == warning.ProposalOpen || w.Proposal == warning.ProposalLapsed)
}

// Covered tells whether the row of the whole country speaks for a site's row.
func (v *View) Covered(w warning.Warning, r exposure.Exposure) bool { return warning.Covered(w, r) }

// Crossed are the protective actions that pay now, in words.
func (v *View) Crossed(w warning.Warning) []string {
	if !warning.Active(w) {
		return nil
	}
	return v.Actions(warning.Crossed(w))
}

// Seen tells how the sources of a warning are doing now.
func (p *storyPage) Seen() []desk.SourceStatus { return p.Story.Sources }

// Decisive is the impact class that gives the warning its level.
func (p *storyPage) Decisive() int { return phrase.Decisive(p.Warning.P, 0, p.Warning.Cell) }

// First is the strongest row, nil when there is none.
func (p *storyPage) First() *exposure.Exposure {
	if len(p.Warning.Rows) == 0 {
		return nil
	}
	return &p.Warning.Rows[0]
}

// Chances are the probabilities of the classes I1 to I4 of a row.
func (v *View) Chances(p level.P) []chance {
	out := make([]chance, 0, level.Classes)
	for k := 1; k <= level.Classes; k++ {
		out = append(out, chance{k, v.Impact(k), v.Chance(p[k])})
	}
	return out
}

type chance struct {
	Class         int
	Impact, Words string
}

// Headline is what and where of a warning, for a row of a list.
func (v *View) Headline(w warning.Warning) string { return v.Speaker.Headline(w) }

// LevelKey is the word that style and shape go by: the level, or "over" when it is over.
func (v *View) LevelKey(w warning.Warning) string {
	if !warning.Active(w) {
		return "none"
	}
	return w.Level.String()
}

// RowLine is what and where without the count of further assets: a row has little room.
func (v *View) RowLine(w warning.Warning) string {
	if len(w.Rows) == 0 {
		return v.Speaker.Headline(w)
	}
	return v.T("headline", "What", v.What(w), "Where", v.Where(w.Rows[0]))
}

// NobodyShort is Nobody for a row: "nobody, 6 min · 2 of 5".
func (v *View) NobodyShort(r desk.Row) string {
	text := v.T("row.nobody", "Age", v.Ago(r.Since))
	if r.Contacts > 0 {
		text += " · " + v.T("row.told_short", "Told", r.Told, "Contacts", r.Contacts)
	}
	return text
}

// Nobody says for how long nobody has answered.
func (v *View) Nobody(r desk.Row) string {
	text := v.T("row.nobody", "Age", v.Ago(r.Since))
	if r.Contacts > 0 {
		text += " · " + v.T("row.told", "Told", r.Told, "Contacts", r.Contacts)
	}
	return text
}

// Span is the time to an impact: "now", "in 19 h"; a dash when it is over.
func (v *View) Span(w warning.Warning) string {
	if !warning.Active(w) {
		return "–"
	}
	return v.Ahead(w.ETA, v.Now)
}

// SignalText is what a signal says, in the reader's language when the source has it.
func (v *View) SignalText(s event.Signal) event.Text { return s.Text(v.Language()) }

func (s *server) acknowledge(w http.ResponseWriter, r *http.Request, v *View) error {
	id, a := r.PathValue("id"), desk.Answer{Kind: r.FormValue("kind"), Note: strings.TrimSpace(r.FormValue("note")), Via: "page"}
	if err := checkAnswer(a.Kind, a.Note); err != nil {
		return err
	}
	if text := r.FormValue("minutes"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 7*24*60 {
			return fmt.Errorf("an acknowledgement for %.20q minutes: %w", text, fault.ErrInvalid)
		}
		a.For = time.Duration(n) * time.Minute
	}
	if _, err := s.Do.Acknowledge(r.Context(), v.Who, id, a); err != nil {
		return fmt.Errorf("answer warning %s: %w", id, err)
	}
	return seeOther(w, r, "/warnings/"+id, "answered")
}

// checkAnswer keeps answers to the three that exist and notes to a readable length.
func checkAnswer(kind, note string) error {
	switch kind {
	case "have_it", "need_help", "cannot", "done":
	default:
		return fmt.Errorf("answer %.20q: %w", kind, fault.ErrInvalid)
	}
	if len(note) > 2000 {
		return fmt.Errorf("note of %d bytes, at most 2000: %w", len(note), fault.ErrTooLarge)
	}
	return nil
}

func (s *server) escalate(w http.ResponseWriter, r *http.Request, v *View) error {
	id := r.PathValue("id")
	if err := s.Do.Escalate(r.Context(), v.Who, id, strings.TrimSpace(r.FormValue("note"))); err != nil {
		return fmt.Errorf("escalate warning %s: %w", id, err)
	}
	return seeOther(w, r, "/warnings/"+id, "escalated")
}

func (s *server) sign(w http.ResponseWriter, r *http.Request, v *View) error {
	id := r.PathValue("id")
	if _, err := s.Do.Sign(r.Context(), v.Who, id); err != nil {
		return fmt.Errorf("sign warning %s: %w", id, err)
	}
	return seeOther(w, r, "/warnings/"+id, "signed")
}

// finishPage asks for the reason. Ending (it happened and has passed) and cancelling (it
// was wrong) have pages of their own, so that nobody presses one for the other.
func (s *server) finishPage(kind string) handler {
	return func(w http.ResponseWriter, r *http.Request, v *View) error {
		if !v.Who.May(desk.CanDecide) {
			return fmt.Errorf("%s a warning: %w", kind, fault.ErrForbidden)
		}
		p, err := s.story(r, v, r.PathValue("id"))
		if err != nil {
			return err
		}
		if !p.Active {
			return fmt.Errorf("the warning is not active any more: %w", fault.ErrConflict)
		}
		return s.ok(w, kind, "title."+kind, v, p)
	}
}

func (s *server) finish(kind string) handler {
	return func(w http.ResponseWriter, r *http.Request, v *View) error {
		id, reason := r.PathValue("id"), strings.TrimSpace(r.FormValue("reason"))
		if reason == "" || len(reason) > 2000 {
			return fmt.Errorf("%s: %w", v.T("error.reason"), fault.ErrInvalid)
		}
		act, done := s.Do.End, "ended"
		if kind == "cancel" {
			act, done = s.Do.Cancel, "cancelled"
		}
		after, err := act(r.Context(), v.Who, id, reason)
		if err != nil {
			return fmt.Errorf("%s warning %s: %w", kind, id, err)
		}
		if kind == "cancel" && after.State != warning.Cancelled {
			done = "cancel_asked"
		}
		return seeOther(w, r, "/warnings/"+id, done)
	}
}

// HeldFor is for how long the level has stood.
func (v *View) HeldFor(w warning.Warning) string {
	return v.Age(max(0, v.Now.Sub(w.LevelSince).Truncate(time.Second)))
}
