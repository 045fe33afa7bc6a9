package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/pulse"
)

// alarms tell those who look after the watch that the watch itself is not well, by mail and
// without the database: that may be what is not well. A dead-man's switch hears of the rest.
type alarms struct {
	app  *App
	list chan told

	mu   sync.Mutex
	seen map[string]time.Time // wrong since, as we saw it
}

// told is one alarm on its way.
type told struct{ key, subject, text string }

// Pace of alarms: what is wrong for a moment is none, and the same one is not told all day.
const (
	alarmAgain = 6 * time.Hour
	alarmSlow  = time.Minute
	alarmQuick = 4 * time.Second
)

func newAlarms(a *App) *alarms {
	return &alarms{app: a, list: make(chan told, 16), seen: map[string]time.Time{}}
}

// patience is how long a check may be wrong before it is an alarm; ok is false for those that
// are none of a mail's business: they are told on the page, or by the heartbeat.
func patience(c pulse.Check) (d time.Duration, ok bool) {
	switch c.Name {
	case pulse.Database, pulse.Disk, pulse.Pages:
		return alarmQuick, c.State == pulse.Down
	case pulse.Safe:
		return 0, c.State != pulse.OK
	case pulse.Reports: // what is late there has had its hours already
		return 0, c.State == pulse.Late
	case pulse.Backup, pulse.Copy:
		return alarmSlow, c.State == pulse.Late || c.State == pulse.Down
	}
	return 0, false
}

// look raises an alarm for what has been wrong for long enough.
func (s *alarms) look(checks []pulse.Check, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wrong := map[string]bool{}
	for _, c := range checks {
		wait, ok := patience(c)
		if !ok {
			continue
		}
		wrong[c.Name] = true
		if s.seen[c.Name].IsZero() {
			s.seen[c.Name] = now
		}
		if now.Sub(s.seen[c.Name]) < wait {
			continue
		}
		say := s.app.book.ForPage(s.app.cfg.Language)
		what := say.T("pulse." + c.Name)
		key := c.Name
		if c.Name == pulse.Reports { // another report is another alarm
			key += " " + c.Detail
		}
		one := told{key, say.T("alarm.subject", "Name", s.app.cfg.Name, "What", what), say.T("alarm.text",
			"What", what, "State", say.T("pulse.state."+string(c.State)), "Detail", c.Detail, "Time", now.UTC().Format(time.RFC3339), "URL", s.app.cfg.BaseURL+"/status")}
		select {
		case s.list <- one:
		default: // those that wait say enough
		}
	}
	for name := range s.seen {
		if !wrong[name] {
			delete(s.seen, name)
		}
	}
}

// run sends until ctx ends.
func (s *alarms) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case one := <-s.list:
			if err := s.send(ctx, one); err != nil && ctx.Err() == nil {
				s.app.opts.Log.Error("alarm", "about", one.key, "error", err)
			}
		}
	}
}

// alarmFile remembers when each alarm was sent last: a crash loop tells nobody each minute.
func alarmFile(cfg config.Config) string { return filepath.Join(cfg.Data, "alarms.json") }

// send mails one alarm, unless it was told lately.
func (s *alarms) send(ctx context.Context, one told) error {
	cfg, now := s.app.cfg, s.app.opts.Now()
	last := map[string]time.Time{}
	if raw, err := os.ReadFile(alarmFile(cfg)); err == nil {
		json.Unmarshal(raw, &last) //nolint:errcheck // what cannot be read is told again
	}
	if now.Sub(last[one.key]) < alarmAgain && !last[one.key].After(now) {
		return nil
	}
	to := cfg.AlarmTo()
	if len(to) == 0 {
		return nil
	}
	ch, err := s.app.mail(nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var errs []error
	for _, address := range to {
		_, err := ch.Send(ctx, delivery.Message{
			Key: id.Derived("alm", one.key, address, now.UTC().Format(time.RFC3339)), Address: address, Subject: one.subject, Text: one.text, Language: cfg.Language, At: now,
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("mail to an administrator: %w", err))
		}
	}
	if len(errs) == len(to) {
		return errors.Join(errs...)
	}
	last[one.key] = now
	raw, err := json.Marshal(last)
	if err == nil {
		err = os.WriteFile(alarmFile(cfg), raw, 0o600) // where there is no room the alarm was told all the same
	}
	return errors.Join(append(errs, err)...)
}
