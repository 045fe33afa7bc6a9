package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
)

// Own holds what a contact with the signed link of a mail may set; nil = there is no such
// page.
type Own interface {
	// Open shows; it has no effect. fault.ErrGone when the contact is no more.
	Open(ctx context.Context, token string) (desk.ChoiceCard, error)
	Choose(ctx context.Context, token string, c response.Choice) error
	Undo(ctx context.Context, token string) error
	Swap(ctx context.Context, token, swap string, state rota.SwapState) error
}

// A mePage is what a receiver has chosen.
type mePage struct {
	desk.ChoiceCard
	Action    string // where the form goes
	Token     string
	Languages []string
	Problem   string
	Feed      string
}

// DayOn tells whether the first quiet time holds on a day.
func (p mePage) DayOn(day string) bool {
	if len(p.Choice.Quiet) == 0 || len(p.Choice.Quiet[0].Days) == 0 {
		return true
	}
	for _, d := range p.Choice.Quiet[0].Days {
		if d == day {
			return true
		}
	}
	return false
}

// QuietFrom is when the first quiet time begins, "" = there is none.
func (p mePage) QuietFrom() string {
	if len(p.Choice.Quiet) == 0 {
		return ""
	}
	return p.Choice.Quiet[0].From
}

// QuietTo is when it ends.
func (p mePage) QuietTo() string {
	if len(p.Choice.Quiet) == 0 {
		return ""
	}
	return p.Choice.Quiet[0].To
}

// DaysOfWeek lists the days of a week.
func (p mePage) DaysOfWeek() []string {
	return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
}

// Rhythms lists how often a digest may come.
func (p mePage) Rhythms() []response.Rhythm {
	return []response.Rhythm{response.NoDigest, response.Hourly, response.Daily}
}

// Least is the lowest level wanted over a channel.
func (p mePage) Least(channel string) string {
	for _, l := range p.Choice.Least {
		if l.Channel == channel {
			return l.Level.String()
		}
	}
	return level.Green.String()
}

// Levels lists the lowest levels that may be chosen; green = everything.
func (p mePage) LeastLevels() []level.Level {
	return []level.Level{level.Green, level.Yellow, level.Orange, level.Red}
}

func (s *server) me(w http.ResponseWriter, r *http.Request, v *View) error {
	card, err := s.OnCall.Choice(r.Context(), v.Who, "")
	if errors.Is(err, fault.ErrNotFound) {
		return s.ok(w, "me-none", "title.me", v, nil)
	}
	if err != nil {
		return fmt.Errorf("read own choices: %w", err)
	}
	return s.ok(w, "me", "title.me", v, s.mine(v, card, "/me", ""))
}

func (s *server) mine(v *View, card desk.ChoiceCard, action, problem string) mePage {
	p := mePage{ChoiceCard: card, Action: action, Languages: phrase.MessageLanguages(), Problem: problem}
	return p
}

// choiceOf reads the form.
func choiceOf(r *http.Request, channels []string) (response.Choice, error) {
	text := func(name string) string { return strings.TrimSpace(r.FormValue(name)) }
	c := response.Choice{Language: text("language"), Zone: text("zone"), Digest: response.Rhythm(text("digest")), DigestAt: text("digest_at")}
	var err error
	if c.Version, err = strconv.Atoi(text("version")); err != nil {
		return c, fmt.Errorf("version %.20q: %w", text("version"), fault.ErrInvalid)
	}
	if text("quiet_from") != "" && text("quiet_to") != "" {
		q := rota.Window{From: text("quiet_from"), To: text("quiet_to")}
		if days := r.Form["day"]; len(days) < 7 {
			if q.Days = days; len(days) == 0 {
				return c, fmt.Errorf("quiet hours without a day: %w", fault.ErrInvalid)
			}
		}
		c.Quiet = []rota.Window{q}
	}
	for _, ch := range channels {
		if v := text("least." + ch); v != "" && v != level.Green.String() {
			l, err := level.Parse(v)
			if err != nil {
				return c, fmt.Errorf("lowest level: %w: %w", fault.ErrInvalid, err)
			}
			c.Least = append(c.Least, response.ChannelLeast{Channel: ch, Level: l})
		}
	}
	return c, nil
}

func (s *server) setMe(w http.ResponseWriter, r *http.Request, v *View) error {
	card, err := s.OnCall.Choice(r.Context(), v.Who, "")
	if err != nil {
		return fmt.Errorf("read own choices: %w", err)
	}
	if r.FormValue("act") == "undo" {
		if _, err := s.OnCall.UndoChoice(r.Context(), v.Who, ""); err != nil {
			return fmt.Errorf("undo own choices: %w", err)
		}
		return seeOther(w, r, "/me", "undone")
	}
	c, err := choiceOf(r, card.Channels)
	if err == nil {
		_, err = s.OnCall.SetChoice(r.Context(), v.Who, c)
	}
	if errors.Is(err, fault.ErrInvalid) || errors.Is(err, fault.ErrConflict) {
		s.render(w, http.StatusUnprocessableEntity, "me", v.with("title.me", s.mine(v, card, "/me", err.Error())))
		return nil
	}
	if err != nil {
		return fmt.Errorf("store own choices: %w", err)
	}
	return seeOther(w, r, "/me", "prefs")
}

// ownPage shows and has no effect: mail scanners fetch links.
func (s *server) ownPage(w http.ResponseWriter, r *http.Request) error {
	if s.Own == nil {
		return errNoPage
	}
	token := r.PathValue("token")
	card, err := s.Own.Open(r.Context(), token)
	if err != nil {
		return fmt.Errorf("open own page: %w", err)
	}
	v := s.ownView(r, card)
	if d := r.URL.Query().Get("done"); doneWords[d] {
		v.Done = "done." + d
	}
	p := s.mine(v, card, "/me/"+token, "")
	p.Token = token
	return s.ok(w, "own", "title.me", v, p)
}

func (s *server) ownView(r *http.Request, card desk.ChoiceCard) *View {
	v := s.plainView(r)
	c := card.Choice.Apply(card.Contact)
	if c.Language != "" && r.URL.Query().Get("lang") == "" {
		v.Speaker = s.Book.ForPage(c.Language)
	}
	if v.Zone = c.Zone; v.Zone == "" {
		v.Zone = "UTC"
	}
	return v
}

func (s *server) setOwn(w http.ResponseWriter, r *http.Request) error {
	if s.Own == nil {
		return errNoPage
	}
	ctx, token := r.Context(), r.PathValue("token")
	card, err := s.Own.Open(ctx, token)
	if err != nil {
		return fmt.Errorf("open own page: %w", err)
	}
	done := "prefs"
	switch act := r.FormValue("act"); act {
	case "undo":
		done, err = "undone", s.Own.Undo(ctx, token)
	case "accepted", "declined":
		done, err = "duty", s.Own.Swap(ctx, token, r.FormValue("swap"), rota.SwapState(act))
	default:
		var c response.Choice
		if c, err = choiceOf(r, card.Channels); err == nil {
			err = s.Own.Choose(ctx, token, c)
		}
	}
	if errors.Is(err, fault.ErrInvalid) || errors.Is(err, fault.ErrConflict) {
		v := s.ownView(r, card)
		p := s.mine(v, card, "/me/"+token, err.Error())
		p.Token = token
		s.render(w, http.StatusUnprocessableEntity, "own", v.with("title.me", p))
		return nil
	}
	if err != nil {
		return fmt.Errorf("set own page: %w", err)
	}
	return seeOther(w, r, "/me/"+token, done)
}

// snooze keeps a warning from the reader for some hours.
func (s *server) snooze(w http.ResponseWriter, r *http.Request, v *View) error {
	hours, err := strconv.Atoi(r.FormValue("hours"))
	if err != nil || hours < 0 || hours > 24 {
		return fmt.Errorf("snooze for %.20q hours: %w", r.FormValue("hours"), fault.ErrInvalid)
	}
	which := r.PathValue("id")
	if hours == 0 {
		err = s.OnCall.Unsnooze(r.Context(), v.Who, which, "")
	} else {
		_, err = s.OnCall.Snooze(r.Context(), v.Who, which, "", time.Duration(hours)*time.Hour)
	}
	if err != nil {
		return fmt.Errorf("snooze warning %s: %w", which, err)
	}
	return seeOther(w, r, "/warnings/"+which, "snoozed")
}
