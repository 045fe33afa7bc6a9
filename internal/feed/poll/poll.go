// Package poll asks one source once: conditional GET with limits, unchanged answers
// skipped, the record handed to intake, linked documents followed, health kept. When to
// ask again is returned to the caller, who owns the schedule: one poll is one job. It
// promises never to undercut a source's minimum interval, and to count an answer of the
// wrong kind (an HTML page with status 200) as a failure.
package poll

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/fetch"
	"watchfire.dev/internal/feed/intake"
)

// State is what is remembered of a source between polls.
type State struct {
	Health   fetch.Health
	ETag     string
	Modified string
	BodyHash string
	LastPoll time.Time
	NextPoll time.Time
}

// Store keeps the state of sources.
type Store interface {
	SourceState(ctx context.Context, id string) (State, error)
	SaveSource(ctx context.Context, id string, s State) error
	// Followed tells whether a linked document was fetched before; Follow notes that it was.
	Followed(ctx context.Context, source, url string) (bool, error)
	Follow(ctx context.Context, source, url string, at time.Time) error
}

// Fetcher gets bytes.
type Fetcher interface {
	Fetch(ctx context.Context, r fetch.Request) (fetch.Response, error)
}

// Config is what a Poller needs.
type Config struct {
	Store   Store
	Fetch   Fetcher
	Intake  *intake.Intake
	Now     clock.Clock
	Chance  func() float64 // in [0, 1): jitter
	Changed func()         // health may have changed; must not block
	Log     *slog.Logger
}

// A Poller polls. It is safe for concurrent use, one poll per source at a time.
type Poller struct{ cfg Config }

// New returns a Poller.
func New(cfg Config) *Poller { return &Poller{cfg} }

// followLimit is how many linked documents one poll fetches; the rest wait for the next.
const followLimit = 100

// Poll asks a source if its time has come, and returns when to ask again. now tells to ask
// even before that, though never below the minimum interval. Errors of the source are kept
// in its health and are not returned; an error means that our own store failed.
func (p *Poller) Poll(ctx context.Context, src feed.Source, now bool) (next time.Time, err error) {
	st, err := p.cfg.Store.SourceState(ctx, src.ID)
	if err != nil {
		return time.Time{}, fmt.Errorf("state of source %s: %w", src.ID, err)
	}
	t := p.cfg.Now()
	if early := p.early(src, st, t, now); !early.IsZero() {
		return early, nil
	}
	retryAfter, pollErr := p.ask(ctx, src, &st)
	if ctx.Err() != nil {
		return time.Time{}, ctx.Err()
	}
	if errors.Is(pollErr, fault.ErrUnavailable) && !isFetch(pollErr) {
		return time.Time{}, pollErr
	}
	t = p.cfg.Now()
	if pollErr != nil {
		st.Health = st.Health.Failed(t, pollErr.Error(), fetch.Breaker{})
		p.cfg.Log.Warn("poll", "source", src.ID, "error", pollErr.Error())
	}
	interval := max(src.Every, src.AtLeast)
	st.LastPoll, st.NextPoll = t, t.Add(fetch.Backoff{}.Next(st.Health.Failures, interval, retryAfter, p.cfg.Chance))
	if st.Health.OpenUntil.After(st.NextPoll) {
		st.NextPoll = st.Health.OpenUntil
	}
	if err := p.cfg.Store.SaveSource(ctx, src.ID, st); err != nil {
		return time.Time{}, fmt.Errorf("keep the state of source %s: %w", src.ID, err)
	}
	p.cfg.Changed()
	return st.NextPoll, nil
}

func isFetch(err error) bool {
	var f *fetch.Error
	return errors.As(err, &f)
}

// early returns when the source may be asked, or zero for now.
func (p *Poller) early(src feed.Source, st State, t time.Time, now bool) time.Time {
	if floor := st.LastPoll.Add(src.AtLeast); floor.After(t) {
		return floor
	}
	if !now && st.NextPoll.After(t) {
		return st.NextPoll
	}
	if !now && !(fetch.Breaker{}).Allow(st.Health, t) {
		return st.Health.OpenUntil
	}
	return time.Time{}
}

// ask fetches and works through one answer and updates the state.
func (p *Poller) ask(ctx context.Context, src feed.Source, st *State) (time.Duration, error) {
	resp, err := p.cfg.Fetch.Fetch(ctx, fetch.Request{URL: src.URL, ETag: st.ETag, LastModified: st.Modified})
	if err != nil {
		var f *fetch.Error
		if errors.As(err, &f) {
			return f.RetryAfter, err
		}
		return 0, err
	}
	t := p.cfg.Now()
	if resp.NotModified || resp.Hash == st.BodyHash {
		st.ETag, st.Modified = resp.ETag, resp.LastModified
		st.Health = st.Health.Succeeded(t, false, time.Time{})
		return 0, nil
	}
	taken, err := p.take(ctx, src, src.Kind, src.URL, resp)
	if err != nil {
		return 0, err
	}
	// A followed document may name others (the grids of a ShakeMap): two steps, no further.
	next := p.links(ctx, src, taken.Links)
	for step := 0; step < 2 && len(next) > 0; step++ {
		var more []feed.Link
		for _, l := range next {
			links, err := p.follow(ctx, src, l)
			if err != nil {
				p.cfg.Log.Warn("follow", "source", src.ID, "error", err.Error())
			}
			more = append(more, links...)
		}
		next = p.links(ctx, src, more)
	}
	content := taken.Content
	if content.IsZero() {
		content = t // the bytes changed: that is the freshest thing the source tells us
	}
	st.ETag, st.Modified, st.BodyHash = resp.ETag, resp.LastModified, resp.Hash
	st.Health = st.Health.Succeeded(t, true, content)
	return 0, nil
}

func (p *Poller) take(ctx context.Context, src feed.Source, kind, url string, resp fetch.Response) (intake.Taken, error) {
	if fetch.LooksLikeHTML(resp.Body) {
		return intake.Taken{}, fmt.Errorf("source %s answered with a web page instead of %s: %w", src.ID, kind, fault.ErrInvalid)
	}
	return p.cfg.Intake.Take(ctx, intake.Record{
		Source: src, Kind: kind, URL: url, ContentType: resp.ContentType, At: resp.FetchedAt, Body: resp.Body,
	})
}

// links returns the documents that were not fetched before, at most followLimit.
func (p *Poller) links(ctx context.Context, src feed.Source, links []feed.Link) []feed.Link {
	var out []feed.Link
	if !src.Follow {
		return nil
	}
	for _, l := range links {
		seen, err := p.cfg.Store.Followed(ctx, src.ID, mark(l))
		if err == nil && !seen && len(out) < followLimit {
			out = append(out, l)
		}
	}
	return out
}

// mark is under what a link is remembered: a document that changes at one address, such as
// the details of an earthquake, is a new one under each key.
func mark(l feed.Link) string {
	if l.Key == "" {
		return l.URL
	}
	return l.URL + " " + l.Key
}

// follow fetches one document and returns the links in it.
func (p *Poller) follow(ctx context.Context, src feed.Source, l feed.Link) ([]feed.Link, error) {
	resp, err := p.cfg.Fetch.Fetch(ctx, fetch.Request{URL: l.URL})
	if err != nil {
		return nil, err
	}
	taken, err := p.take(ctx, src, l.Kind, l.URL, resp)
	if err != nil && !errors.Is(err, fault.ErrInvalid) {
		return nil, err
	}
	return taken.Links, p.cfg.Store.Follow(ctx, src.ID, mark(l), p.cfg.Now())
}
