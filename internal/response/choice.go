package response

import (
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/rota"
)

// A Choice is what a receiver has set about what comes to them. It can hold back or gather
// what is below the organisation's floor, and never a red or an EMERGENCY: everything is
// evaluated and decided as ever, only its delivery changes. The zero Choice changes nothing.
type Choice struct {
	Org     string    `json:"org"`
	Contact string    `json:"contact"` // id
	Version int       `json:"version"` // counts the changes of one contact, from 1
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"` // account id; the contact's own id when made by link

	Language string         `json:"language,omitempty"`  // BCP 47; "" = as the portfolio says
	Zone     string         `json:"zone,omitempty"`      // IANA; "" = as the portfolio says
	Quiet    []rota.Window  `json:"quiet,omitempty"`     // by the clock of that zone
	Digest   Rhythm         `json:"digest,omitempty"`    // of yellow warnings
	DigestAt string         `json:"digest_at,omitempty"` // of a daily digest, "07:00"; "" = 07:00
	Least    []ChannelLeast `json:"least,omitempty"`     // by channel
}

// A ChannelLeast is the lowest level that a receiver wants over one channel.
type ChannelLeast struct {
	Channel string      `json:"channel"`
	Level   level.Level `json:"level"`
}

// Rhythm is how often a digest comes.
type Rhythm string

// The rhythms of a digest.
const (
	NoDigest Rhythm = ""
	Hourly   Rhythm = "hourly"
	Daily    Rhythm = "daily"
)

const (
	maxQuiet        = 21
	maxLeast        = 30
	defaultDigestAt = "07:00"
)

// Check says what is wrong with a choice; the error wraps fault.ErrInvalid.
func (c Choice) Check() error {
	if len(c.Quiet) > maxQuiet || len(c.Least) > maxLeast {
		return fmt.Errorf("more than %d quiet times or %d channels: %w", maxQuiet, maxLeast, fault.ErrInvalid)
	}
	if c.Zone != "" {
		if _, err := rota.LoadZone(c.Zone); err != nil {
			return err
		}
	}
	for _, q := range c.Quiet {
		if _, _, err := q.Until(time.Unix(0, 0), time.UTC); err != nil {
			return fmt.Errorf("quiet hours: %w", err)
		}
	}
	if c.Digest != NoDigest && c.Digest != Hourly && c.Digest != Daily {
		return fmt.Errorf("digest %.20q: want hourly or daily: %w", c.Digest, fault.ErrInvalid)
	}
	if c.DigestAt != "" {
		if _, err := rota.NextAt(time.Unix(0, 0), time.UTC, c.DigestAt); err != nil {
			return fmt.Errorf("digest: %w", err)
		}
	}
	for _, l := range c.Least {
		if l.Channel == "" || l.Level < level.Green || l.Level > level.Red {
			return fmt.Errorf("lowest level of channel %.32q: %w", l.Channel, fault.ErrInvalid)
		}
	}
	return nil
}

// Apply puts language and zone of the choice into a contact.
func (c Choice) Apply(to portfolio.Contact) portfolio.Contact {
	if c.Language != "" {
		to.Language = c.Language
	}
	if c.Zone != "" {
		to.Zone = c.Zone
	}
	return to
}

func (c Choice) least(channel string) level.Level {
	for _, l := range c.Least {
		if l.Channel == channel {
			return l.Level
		}
	}
	return level.Green
}

// quietUntil is when the quiet time that holds at an instant ends; times that follow one
// another without a break are one.
func (c Choice) quietUntil(at time.Time, zone *time.Location) (time.Time, bool) {
	end := at
	for range 2 * maxQuiet {
		moved := false
		for _, q := range c.Quiet {
			if t, in, err := q.Until(end, zone); err == nil && in && t.After(end) {
				end, moved = t, true
			}
		}
		if !moved {
			break
		}
	}
	return end, end.After(at)
}

// digestDue is when the digest that takes what is queued at an instant goes out, outside of
// quiet hours.
func (c Choice) digestDue(at time.Time, zone *time.Location) time.Time {
	due := at.Truncate(time.Hour).Add(time.Hour)
	if c.Digest == Daily {
		hhmm := c.DigestAt
		if hhmm == "" {
			hhmm = defaultDigestAt
		}
		if t, err := rota.NextAt(at, zone, hhmm); err == nil {
			due = t
		}
	}
	if end, quiet := c.quietUntil(due, zone); quiet {
		return end
	}
	return due
}

// A Snooze keeps one warning from one contact for a while, at the level that it had: a rise
// ends it, and a red is never kept back.
type Snooze struct {
	Org     string      `json:"org"`
	Contact string      `json:"contact"` // id
	Warning string      `json:"warning"`
	Level   level.Level `json:"level"` // of the warning when it was snoozed
	Since   time.Time   `json:"since"`
	Until   time.Time   `json:"until"`
	Actor   string      `json:"actor"`
}

// SnoozeMost is the longest that a warning can be snoozed.
const SnoozeMost = 24 * time.Hour

// Check says what is wrong with a snooze; the error wraps fault.ErrInvalid.
func (s Snooze) Check() error {
	if s.Level >= level.Red {
		return fmt.Errorf("a red warning cannot be snoozed: %w", fault.ErrInvalid)
	}
	if !s.Since.Before(s.Until) || s.Until.Sub(s.Since) > SnoozeMost {
		return fmt.Errorf("a snooze ends within 24 hours: %w", fault.ErrInvalid)
	}
	return nil
}

// Duty is what the people of one organisation have arranged and chosen: who is on duty and
// asked next, what each receiver wants, what is muted and snoozed. The zero Duty is an
// organisation that asks the contacts of its portfolio in the order of their steps.
type Duty struct {
	Book     rota.Book
	Mutes    Mutes
	Choices  []Choice            // the newest of each contact
	Snoozes  []Snooze            // over ones among them
	Accounts []portfolio.Contact // accounts as contacts: id, name, mail, language, zone

	plans map[string]*rota.Plan // of the sound rotas, when prepared
}

// Prepare parses the rotas once for many questions. It changes no answer.
func (d Duty) Prepare() Duty {
	d.plans = make(map[string]*rota.Plan, len(d.Book.Rotas))
	for _, r := range d.Book.Rotas {
		if p, err := d.Book.Ready(r.Code); err == nil {
			d.plans[r.Code] = p
		}
	}
	return d
}

// onDuty is who is on duty of a rota; nobody where it is not known, not sound, or has a gap.
func (d Duty) onDuty(code string, at time.Time) rota.Member {
	if p := d.plans[code]; p != nil {
		return p.At(at).Member
	}
	return d.Book.OnDuty(code, at).Member
}

// Choice is what a contact has chosen; the zero Choice when nothing.
func (d Duty) Choice(contact string) Choice {
	if i := slices.IndexFunc(d.Choices, func(c Choice) bool { return c.Contact == contact }); i >= 0 {
		return d.Choices[i]
	}
	return Choice{}
}

// MuteAge is how old a mute may grow before it is an alarm itself.
const MuteAge = 7 * 24 * time.Hour

// Stale tells whether a mute that holds has outlived its reason: it is older than seven days,
// or would never end.
func (m Mute) Stale(at time.Time) bool {
	holds := m.Until.IsZero() || at.Before(m.Until)
	return holds && (m.Until.IsZero() || at.Sub(m.Since) > MuteAge || m.Until.Sub(m.Since) > MuteLife)
}
