package account

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
	"watchfire.dev/internal/rota/ical"
)

// CalendarStore is what the calendar feeds need of a database.
type CalendarStore interface {
	Settings
	PortfolioAt(ctx context.Context, org string, version int64) (portfolio.Portfolio, error)
	Duty(ctx context.Context, org string) (response.Duty, error)
}

// CalendarConfig is what Calendars needs.
type CalendarConfig struct {
	Store   CalendarStore
	Now     clock.Clock
	Random  io.Reader
	BaseURL string // as in Config
}

// Calendars makes and serves the signed iCalendar feeds: one for a rota, one for a person. A
// token names organisation and whose shifts it shows and is signed for this purpose alone. It
// shows names and hours of duty, and nothing about warnings.
type Calendars struct {
	cfg CalendarConfig
	key []byte
}

// NewCalendars reads the signing key, or makes it at the first start.
func NewCalendars(ctx context.Context, c CalendarConfig) (*Calendars, error) {
	key, err := signingKey(ctx, c.Store, "calendar_key", c.Random)
	if err != nil {
		return nil, fmt.Errorf("calendar feeds: %w", err)
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	return &Calendars{c, key}, nil
}

// How far a feed reaches, and how often a reader should come back.
const (
	feedPast  = 31 * 24 * time.Hour
	feedAhead = 180 * 24 * time.Hour
	feedEvery = time.Hour
)

// Link is the address of a feed: of a rota by its code, or of a member by what
// rota.Member.String writes.
func (c *Calendars) Link(org, whose string) string {
	payload := []byte(org + "\x00" + whose)
	return c.cfg.BaseURL + "/duty/calendar/" + base64.RawURLEncoding.EncodeToString(append(c.seal(payload), payload...)) + ".ics"
}

func (c *Calendars) seal(payload []byte) []byte {
	mac := hmac.New(sha256.New, c.key)
	fmt.Fprintf(mac, "watchfire calendar feed v1\x00%s", payload)
	return mac.Sum(nil)[:sealSize]
}

// Feed is the calendar behind a token. One that nobody signed is fault.ErrNotFound; a rota or
// a person that is no more is fault.ErrGone.
func (c *Calendars) Feed(ctx context.Context, token string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimSuffix(token, ".ics"))
	if err != nil || len(raw) <= sealSize || len(raw) > 1024 || !hmac.Equal(raw[:sealSize], c.seal(raw[sealSize:])) {
		return nil, fmt.Errorf("calendar feed: %w", fault.ErrNotFound)
	}
	org, whose, ok := strings.Cut(string(raw[sealSize:]), "\x00")
	if !ok {
		return nil, fmt.Errorf("calendar feed: %w", fault.ErrNotFound)
	}
	p, err := c.cfg.Store.PortfolioAt(ctx, org, 0)
	if err != nil {
		return nil, fmt.Errorf("portfolio of a calendar feed: %w", err)
	}
	duty, err := c.cfg.Store.Duty(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("rotas of a calendar feed: %w", err)
	}
	cal, err := c.calendar(duty, p, whose)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = cal.Write(&b)
	return b.Bytes(), err
}

func (c *Calendars) calendar(duty response.Duty, p portfolio.Portfolio, whose string) (ical.Calendar, error) {
	now := c.cfg.Now()
	out := ical.Calendar{Zone: time.UTC, At: now, Every: feedEvery, Name: "Watchfire"}
	me := rota.ParseMember(whose)
	codes := []string{whose}
	if !me.Nobody() {
		person, ok := duty.Reach(p, me)
		if !ok {
			return out, fmt.Errorf("%s is no longer here: %w", whose, fault.ErrGone)
		}
		out.Name = "Watchfire: " + person.Name
		if zone, err := rota.LoadZone(duty.Choice(person.ID).Apply(person).Zone); err == nil {
			out.Zone = zone
		}
		codes = nil
		for _, r := range duty.Book.Rotas {
			codes = append(codes, r.Code)
		}
	}
	for _, code := range codes {
		plan, err := duty.Book.Ready(code)
		if err != nil {
			if me.Nobody() {
				return out, fmt.Errorf("rota %s is no longer here: %w", code, fault.ErrGone)
			}
			continue
		}
		r, _ := duty.Book.Rota(code)
		if me.Nobody() {
			out.Name, out.Zone = "Watchfire: "+r.Name, plan.Zone()
		}
		for _, s := range plan.Shifts(now.Add(-feedPast).Truncate(24*time.Hour), now.Add(feedAhead).Truncate(24*time.Hour)) {
			if !me.Nobody() && s.Member != me {
				continue
			}
			e := ical.Entry{
				UID:  fmt.Sprintf("%s-%d@%s", code, s.From.Unix(), strings.TrimPrefix(strings.TrimPrefix(c.cfg.BaseURL, "https://"), "http://")),
				From: s.From, To: s.To, Summary: desk.NameOfMember(duty, p, s.Member) + " · " + r.Name, Text: s.Layer, Gap: s.Gap(),
			}
			if s.Gap() {
				e.Summary = "— · " + r.Name
			}
			out.Entries = append(out.Entries, e)
		}
	}
	ical.Sort(out.Entries)
	return out, nil
}
