package poll

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/fetch"
)

const (
	// followLimit is how many linked documents one poll asks for; the rest wait for the next.
	followLimit = 100
	// followFailures in a row end the round: the server is down or has had enough of us.
	followFailures = 5
	// leastRound is the least time between two rounds over what waits.
	leastRound = time.Minute
	// giveUpAfter is how long a document is tried for. An alert that could not be had for
	// three days is over or superseded; until then a server that is down loses nothing.
	giveUpAfter = 72 * time.Hour
	// goneTries is how often a server must say that there is no such document, or our guard
	// that it is none of ours: an index is at times published before what it names.
	goneTries = 3
)

// follow fetches the documents of a source that wait and are due, at most followLimit of
// them, and tells whether more may be due. Failures of the documents are kept with them; an
// error means that our own store failed, or that we are to stop.
func (p *Poller) follow(ctx context.Context, src feed.Source) (more bool, err error) {
	if !src.Follow {
		return false, nil
	}
	list, err := p.cfg.Store.Linked(ctx, src.ID, p.cfg.Now(), followLimit)
	if err != nil {
		return false, fmt.Errorf("linked documents of source %s: %w", src.ID, err)
	}
	inRow, end := 0, p.cfg.Now().Add(max(src.Every, leastRound))
	for _, l := range list {
		if p.cfg.Now().After(end) {
			return true, nil // the index itself must be asked again: it may name something new
		}
		err := p.fetchLinked(ctx, src, l)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err == nil {
			inRow = 0
			continue
		}
		if !isFetch(err) && !errors.Is(err, fault.ErrInvalid) {
			return false, err
		}
		p.cfg.Log.Warn("follow", "source", src.ID, "tries", l.Tries+1, "error", err.Error())
		if err := p.cfg.Store.Unfollowed(ctx, src.ID, l, nextTry(l, p.cfg.Now(), err), err.Error()); err != nil {
			return false, fmt.Errorf("note a failed document of source %s: %w", src.ID, err)
		}
		if inRow++; inRow == followFailures {
			return false, nil
		}
	}
	return len(list) == followLimit, nil
}

// fetchLinked gets one document and notes it. One that is of the wrong kind is fetched all
// the same: it stands in quarantine. A web page is not: it stands where the document will.
func (p *Poller) fetchLinked(ctx context.Context, src feed.Source, l Linked) error {
	resp, err := p.cfg.Fetch.Fetch(ctx, fetch.Request{URL: l.URL})
	if err != nil {
		return err
	}
	if fetch.LooksLikeHTML(resp.Body) {
		return fmt.Errorf("a web page instead of %s: %w", l.Kind, fault.ErrInvalid)
	}
	taken, err := p.take(ctx, src, l.Kind, l.URL, resp)
	if err != nil && !errors.Is(err, fault.ErrInvalid) {
		return err
	}
	if further := furtherLinks(l, taken.Links); len(further) > 0 {
		if err := p.cfg.Store.Link(ctx, src.ID, further, p.cfg.Now()); err != nil {
			return fmt.Errorf("remember what a document of source %s names: %w", src.ID, err)
		}
	}
	if err := p.cfg.Store.Followed(ctx, src.ID, l, p.cfg.Now()); err != nil {
		return fmt.Errorf("note a fetched document of source %s: %w", src.ID, err)
	}
	return nil
}

// second marks, at the end of its key, a document that a followed document named.
const second = "/second"

// furtherLinks are the documents that a followed document names (the grids in the details of
// an earthquake): two steps from the index, and no further, however documents name each other.
func furtherLinks(from Linked, links []feed.Link) []feed.Link {
	if strings.HasSuffix(from.Key, second) {
		return nil
	}
	out := make([]feed.Link, len(links))
	for i, l := range links {
		l.Key += second
		out[i] = l
	}
	return out
}

// nextTry says when a document that failed is asked for again: after one minute, twice as
// long each time, at most six hours. Zero gives it up.
func nextTry(l Linked, now time.Time, err error) time.Time {
	var f *fetch.Error
	gone := errors.As(err, &f) && (f.Status == http.StatusNotFound || f.Status == http.StatusGone || f.Kind == fetch.Refused)
	if now.Sub(l.Found) > giveUpAfter || (gone && l.Tries+1 >= goneTries) {
		return time.Time{}
	}
	pause := time.Minute << min(l.Tries, 9)
	return now.Add(min(pause, 6*time.Hour))
}
