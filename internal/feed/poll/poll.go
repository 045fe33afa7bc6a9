// Package poll asks one source once: conditional GET with limits, unchanged answers
// skipped, the record handed to intake, linked documents followed, health kept. When to
// ask again is returned to the caller, who owns the schedule: one poll is one job. It
// promises never to undercut a source's minimum interval, to count an answer of the
// wrong kind (an HTML page with status 200) as a failure, and to forget no document that an
// index named: those beyond one poll's share are remembered and fetched by the next ones.
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
	// Link remembers the documents that an index names, in its order. Those that were fetched
	// before, wait already or were given up stay as they are.
	Link(ctx context.Context, source string, links []feed.Link, at time.Time) error
	// Linked returns at most limit waiting documents that are due. Most of them are those
	// named last, for they are news; a share goes to those that wait longest, so that a busy
	// index never starves what it named before.
	Linked(ctx context.Context, source string, at time.Time, limit int) ([]Linked, error)
	// Followed notes that a document was fetched; it waits no longer.
	Followed(ctx context.Context, source string, l Linked, at time.Time) error
	// Unfollowed notes a failed try and when the next is due; zero gives the document up.
	Unfollowed(ctx context.Context, source string, l Linked, due time.Time, reason string) error
}

// A Linked is a document that an index named and that is still to be fetched.
type Linked struct {
	feed.Link
	Found time.Time // when the index first named it
	Tries int       // tries that failed
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
	more, err := p.follow(ctx, src)
	if err != nil {
		return time.Time{}, err
	}
	t = p.cfg.Now()
	if pollErr != nil {
		st.Health = st.Health.Failed(t, pollErr.Error(), fetch.Breaker{})
		p.cfg.Log.Warn("poll", "source", src.ID, "error", pollErr.Error())
	}
	interval := max(src.Every, src.AtLeast)
	if more && pollErr == nil {
		interval = max(src.AtLeast, leastRound) // what waits is a blind spot: come back as soon as is polite
	}
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
	if st.Health.Basis == "" {
		st.ETag, st.Modified, st.BodyHash = "", "", "" // what the body states was never noted: read it again
	}
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
		st.Health = st.Health.Repeated(t)
		return 0, nil
	}
	taken, err := p.take(ctx, src, src.Kind, src.URL, resp)
	if err != nil {
		return 0, err
	}
	if src.Follow && len(taken.Links) > 0 {
		// Before the body counts as known: a crash in between reads it and its links again.
		if err := p.cfg.Store.Link(ctx, src.ID, taken.Links, t); err != nil {
			return 0, fmt.Errorf("remember what the index of %s names: %w: %w", src.ID, fault.ErrUnavailable, err)
		}
	}
	st.ETag, st.Modified, st.BodyHash = resp.ETag, resp.LastModified, resp.Hash
	st.Health = st.Health.Succeeded(t, taken.Content, taken.Empty())
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
