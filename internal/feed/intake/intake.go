// Package intake takes one record from bytes to decisions: it archives the bytes, parses
// them behind a fence, and hands signals and quarantined pieces to the watch. It promises
// that bytes which were answered for are on disk before they are parsed, that a record
// which kills its parser is given up after three tries with its reason shown, and that a
// restart picks up what was stored and not yet worked through. It fetches nothing.
package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/watch"
)

// A Record is the bytes that came in, with where from.
type Record struct {
	Receipt     int64 // given by the archive
	Tries       int
	Source      feed.Source
	Kind        string // format; "" = the source's
	URL         string
	ContentType string
	At          time.Time
	Body        []byte
	Hash        string
}

// Archive keeps every byte once.
type Archive interface {
	// Store keeps the record and returns its receipt; on disk when it returns nil.
	Store(ctx context.Context, r Record) (int64, error)
	// Open returns receipts that were stored and not worked through, oldest first, with the number
	// of times that each was begun before, and counts one more for each of them.
	Open(ctx context.Context, limit int) ([]Record, error)
}

// Watch takes what a record held.
type Watch interface {
	// Observe returns how many of the signals were new, or watch.NewsUnknown.
	Observe(ctx context.Context, o watch.Observation) (news int, err error)
}

// Config is what an Intake needs.
type Config struct {
	Archive   Archive
	Watch     Watch
	Formats   []feed.Format
	Source    func(id string) (feed.Source, bool)
	Now       clock.Clock
	Failpoint func(step string)
	Log       *slog.Logger
}

// An Intake works records through. It is safe for concurrent use.
type Intake struct {
	cfg     Config
	formats map[string]feed.Format
}

// Tries is how often a record may kill its parser or miss the watch before it is given up.
const Tries = 3

// New returns an Intake for the formats.
func New(cfg Config) *Intake {
	if cfg.Failpoint == nil {
		cfg.Failpoint = func(string) {}
	}
	in := &Intake{cfg: cfg, formats: map[string]feed.Format{}}
	for _, f := range cfg.Formats {
		in.formats[f.Kind] = f
	}
	return in
}

// Taken is the outcome for one record.
type Taken struct {
	Record      string // hash
	Items       int
	Signals     []string
	Quarantined []feed.Quarantine
	Links       []feed.Link
	Content     time.Time
	News        int // of the signals; watch.NewsUnknown = nobody has told
}

// Empty tells whether the record was read and holds nothing at all.
func (t Taken) Empty() bool { return t.Items == 0 && len(t.Links) == 0 && len(t.Quarantined) == 0 }

// Take archives a record and works it through. The error wraps fault.ErrInvalid when the
// record as a whole is not of its kind (it is kept and shown in quarantine), and
// fault.ErrUnavailable when it must be repeated.
func (in *Intake) Take(ctx context.Context, r Record) (Taken, error) {
	if r.Kind == "" {
		r.Kind = r.Source.Kind
	}
	r.Hash = id.Hash(r.Body)
	receipt, err := in.cfg.Archive.Store(ctx, r)
	if err != nil {
		return Taken{}, fmt.Errorf("archive a record of %s: %w", r.Source.ID, err)
	}
	in.cfg.Failpoint("record-stored")
	r.Receipt = receipt
	return in.work(ctx, r, nil)
}

// atOnce is how large a delivery may be that is read before it is kept: nothing of that size
// hurts a parser, and who sends it waits for the answer and repeats what was not answered.
const atOnce = 64 << 10

// Deliver is Take for what somebody sends and waits for: a small record is kept together with
// all that follows from it, in one transaction instead of two. answered is what it will be
// answered with; what it returns is kept as well, nil = nothing. Errors are those of Take.
func (in *Intake) Deliver(ctx context.Context, r Record, answered func(Taken) (*watch.Delivered, error)) (Taken, error) {
	if r.Kind == "" {
		r.Kind = r.Source.Kind
	}
	r.Hash = id.Hash(r.Body)
	if len(r.Body) > atOnce {
		receipt, err := in.cfg.Archive.Store(ctx, r)
		if err != nil {
			return Taken{}, fmt.Errorf("archive a record of %s: %w", r.Source.ID, err)
		}
		r.Receipt = receipt
	}
	in.cfg.Failpoint("record-stored")
	return in.work(ctx, r, answered)
}

// Resume works through what was stored before a restart. Records of sources that are no
// longer defined are given up with that reason. They are taken one by one: a try is counted
// against the record that is next and no other, so that one which kills its parser takes no
// innocent ones with it.
func (in *Intake) Resume(ctx context.Context) error {
	for {
		open, err := in.cfg.Archive.Open(ctx, 1)
		if err != nil {
			return fmt.Errorf("read what is left to be worked through: %w", err)
		}
		if len(open) == 0 {
			return nil
		}
		for _, r := range open {
			src, ok := in.cfg.Source(r.Source.ID)
			if ok {
				src.Org = firstOf(r.Source.Org, src.Org)
				r.Source = src
			}
			if _, err := in.work(ctx, r, nil); err != nil && !errors.Is(err, fault.ErrInvalid) {
				return err
			}
		}
	}
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// work parses a record and hands it on.
func (in *Intake) work(ctx context.Context, r Record, answered func(Taken) (*watch.Delivered, error)) (Taken, error) {
	format, ok := in.formats[r.Kind]
	var res feed.Result
	var err error
	switch {
	case !ok:
		err = fmt.Errorf("format %q of source %s is unknown: %w", r.Kind, r.Source.ID, fault.ErrInvalid)
	case r.Tries >= Tries:
		err = fmt.Errorf("given up after %d tries: %w", r.Tries, fault.ErrInvalid)
	default:
		res, err = parse(format, feed.Input{Source: r.Source, Record: r.Hash, URL: r.URL, Received: r.At, Body: r.Body})
	}
	in.cfg.Failpoint("parsed")
	o := watch.Observation{Org: r.Source.Org, Signals: res.Signals}
	o.Receipt = watch.ReceiptDone{ID: r.Receipt, Source: r.Source.ID, Items: res.Items, Signals: len(res.Signals), Content: res.Content}
	for i := range o.Signals {
		o.Signals[i].Org = r.Source.Org
		if o.Signals[i].ID == "" {
			o.Signals[i].ID = event.SignalID(o.Signals[i])
		}
	}
	quarantined := res.Quarantined
	if err != nil {
		o.Receipt.Poison = err.Error()
		quarantined = []feed.Quarantine{{Place: "record", Reason: err.Error(), Raw: r.Body[:min(len(r.Body), 64<<10)]}}
	}
	for i, q := range quarantined {
		o.Quarantined = append(o.Quarantined, watch.Quarantined{
			ID: id.Derived("qrt", r.Hash, r.Source.ID, q.Place, strconv.Itoa(i)), Source: r.Source.ID, Org: r.Source.Org, Record: r.Hash,
			At: r.At, Place: q.Place, Reason: q.Reason, Raw: q.Raw,
		})
	}
	taken := Taken{Record: r.Hash, Items: res.Items, Quarantined: quarantined, Links: res.Links, Content: res.Content}
	for _, sig := range o.Signals {
		taken.Signals = append(taken.Signals, sig.ID)
	}
	if r.Receipt == 0 {
		o.Record = &watch.Raw{Hash: r.Hash, Source: r.Source.ID, Org: r.Source.Org, URL: r.URL, Kind: r.Kind, ContentType: r.ContentType, At: r.At, Body: r.Body}
	}
	if answered != nil && err == nil {
		var answerErr error
		if o.Delivered, answerErr = answered(taken); answerErr != nil {
			return Taken{}, fmt.Errorf("answer for a record of %s: %w", r.Source.ID, answerErr)
		}
	}
	var observeErr error
	if taken.News, observeErr = in.cfg.Watch.Observe(ctx, o); observeErr != nil {
		return Taken{}, fmt.Errorf("hand a record of %s to the watch: %w", r.Source.ID, observeErr)
	}
	return taken, err
}

// parse runs a parser behind a fence: a panic is the record's fault, not the watch's end.
func parse(f feed.Format, input feed.Input) (res feed.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			res = feed.Result{}
			err = fmt.Errorf("parser %s panicked: %v: %w", f.Kind, p, errors.Join(fault.ErrInvalid, &stack{debug.Stack()}))
		}
	}()
	return f.Parse(input)
}

// stack carries where a parser panicked without printing it to users.
type stack struct{ trace []byte }

// Error implements error.
func (s *stack) Error() string { return "bug in the parser" }

// Sniff returns the kinds whose recogniser accepts the body, in the order of the formats.
func (in *Intake) Sniff(body []byte) []string {
	var out []string
	for _, f := range in.cfg.Formats {
		if f.Sniff != nil && f.Sniff(body) {
			out = append(out, f.Kind)
		}
	}
	return out
}
