package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/push"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/watch"
)

// Seen remembers deliveries by their key, so that a repeat is answered and not done again.
type Seen interface {
	// Delivery returns the stored answer of a key (fault.ErrNotFound if none); the hash of
	// the body it belonged to comes with it. The watch keeps it with what it decides.
	Delivery(ctx context.Context, org, key string) (body string, answer desk.Pushed, err error)
	// ArchivedBefore tells whether the bytes of a hash came before an instant already, whoever
	// sent them.
	ArchivedBefore(ctx context.Context, hash string, t time.Time) (bool, error)
	// TakenBefore tells whether none of some signals, all of which are stored, was taken at an
	// instant or later.
	TakenBefore(ctx context.Context, signals []string, t time.Time) (bool, error)
}

// Inbound takes what people and programs send in: pushes, partners' webhooks, field
// reports. What it answered for is on disk.
type Inbound struct {
	Intake *Intake
	Seen   Seen
	Report feed.Source // the source under which field reports are kept
	Now    clock.Clock
}

var _ desk.Intake = (*Inbound)(nil)

// Push takes one delivery of an organisation. See desk.Intake.
func (in *Inbound) Push(ctx context.Context, org string, src feed.Source, body []byte, key string) (desk.Pushed, error) {
	src.Org = org
	rec := Record{Source: src, Kind: src.Kind, At: in.Now(), Body: body, ContentType: "application/json"}
	if key == "" {
		return in.again(ctx, rec)
	}
	hash := id.Hash(body)
	was, answer, err := in.Seen.Delivery(ctx, org, key)
	switch {
	case err == nil && was != hash:
		return desk.Pushed{}, fmt.Errorf("idempotency key %q was used for another delivery: %w", key, fault.ErrConflict)
	case err == nil:
		answer.Repeated = true
		return answer, nil
	case !errors.Is(err, fault.ErrNotFound):
		return desk.Pushed{}, fmt.Errorf("look the delivery up: %w: %w", fault.ErrUnavailable, err)
	}
	taken, err := in.Intake.Deliver(ctx, rec, func(t Taken) (*watch.Delivered, error) {
		if answer = pushed(t); unusable(answer) {
			return nil, nil // it is an error each time
		}
		raw, err := json.Marshal(answer)
		return &watch.Delivered{Org: org, Key: key, Request: hash, At: rec.At, Answer: raw}, err
	})
	if err != nil {
		return desk.Pushed{}, err
	}
	return answerOf(taken)
}

// again takes a delivery without a key. Nothing is kept to answer a repeat with: the same bytes
// give the same signals, which change nothing the second time, and the same answer.
func (in *Inbound) again(ctx context.Context, rec Record) (desk.Pushed, error) {
	taken, err := in.Intake.Deliver(ctx, rec, nil)
	if err != nil {
		return desk.Pushed{}, err
	}
	answer, err := answerOf(taken)
	if err == nil && taken.News <= 0 { // nothing was new, or nobody knows
		answer.Repeated, err = in.repeated(ctx, taken, rec.At)
	}
	return answer, err
}

// repeated tells whether a delivery had come before it was taken.
func (in *Inbound) repeated(ctx context.Context, t Taken, at time.Time) (bool, error) {
	archived, err := in.Seen.ArchivedBefore(ctx, t.Record, at)
	if err != nil {
		return false, fmt.Errorf("look the delivery up: %w: %w", fault.ErrUnavailable, err)
	}
	if !archived {
		return false, nil
	}
	before, err := in.Seen.TakenBefore(ctx, t.Signals, at) // the bytes may be somebody else's, the signals are the sender's own
	if err != nil {
		err = fmt.Errorf("look the signals up: %w: %w", fault.ErrUnavailable, err)
	}
	return before, err
}

// answerOf is what a delivery is answered with; one of which nothing can be used is an error.
func answerOf(t Taken) (desk.Pushed, error) {
	answer := pushed(t)
	if unusable(answer) {
		return answer, fmt.Errorf("nothing could be used, all of it is in quarantine: %s: %w", answer.Quarantined[0], fault.ErrInvalid)
	}
	return answer, nil
}

func pushed(t Taken) desk.Pushed {
	p := desk.Pushed{Record: t.Record, Signals: t.Signals}
	for _, q := range t.Quarantined {
		p.Quarantined = append(p.Quarantined, q.Place+": "+q.Reason)
	}
	return p
}

func unusable(p desk.Pushed) bool { return len(p.Signals) == 0 && len(p.Quarantined) > 0 }

// Field takes a field report.
func (in *Inbound) Field(ctx context.Context, org string, r desk.FieldReport, p portfolio.Portfolio, account string) (desk.Pushed, error) {
	form, err := formOf(r, p, in.Now())
	if err != nil {
		return desk.Pushed{}, err
	}
	sig, err := push.FieldReport(form)
	if err != nil {
		return desk.Pushed{}, err
	}
	body, err := push.Encode(sig)
	if err != nil {
		return desk.Pushed{}, err
	}
	return in.Push(ctx, org, in.Report, body, "")
}

func formOf(r desk.FieldReport, p portfolio.Portfolio, now time.Time) (push.Form, error) {
	index := p.Index()
	pr, ok := index.Project(r.Project)
	if !ok {
		return push.Form{}, fmt.Errorf("project %q: %w", r.Project, fault.ErrNotFound)
	}
	zone, err := time.LoadLocation(pr.Zone)
	if err != nil {
		zone = time.UTC
	}
	f := push.Form{
		Project: pr.ID, Asset: r.Asset, Hazard: r.Hazard, What: r.What, When: r.When, Severity: r.Severity, Help: r.Help, Zone: zone, Now: now,
	}
	if r.Asset != "" {
		a, ok := index.Asset(r.Asset)
		if !ok || a.Project != pr.ID {
			return f, fmt.Errorf("asset %q of project %s: %w", r.Asset, pr.Code, fault.ErrNotFound)
		}
		f.AssetName, f.Shape = a.Name, a.Shape
	}
	if r.Lat != nil && r.Lon != nil {
		f.Place = &geo.Point{Lat: *r.Lat, Lon: *r.Lon}
	}
	return f, nil
}
