package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
)

// ReturnStore is what an Inbox needs of a database. Every method is one transaction.
type ReturnStore interface {
	// Receive applies late receipts of a channel, in whatever order they come. One that
	// names no message we know is kept for an hour: our own attempt may not have ended yet.
	Receive(ctx context.Context, channel string, list []Late, now time.Time) (Received, error)
	// Replied tells whether a reply was taken before; TookReply remembers that it was.
	Replied(ctx context.Context, channel, reply string) (bool, error)
	TookReply(ctx context.Context, channel, reply string, at time.Time) error
	// Meant finds what a reply answers: the notification that it names, or the message with
	// that remote id, or the newest alarm to that address since an instant, of open warnings
	// first. fault.ErrNotFound when there is none, or when the warning was not told to that
	// address: who was not told may not answer.
	Meant(ctx context.Context, channel string, r Reply, since time.Time) (Meant, error)
}

// Received tells what late receipts changed.
type Received struct {
	Orgs      []string // whose pages change
	Unreached []Unreached
	Again     bool // something is to be sent again now
}

// Meant is what a reply answers and who gave it.
type Meant struct {
	Notification, Org, Warning, Project, Contact string
}

// Answerer takes what people said into the watch; it returns when that is on disk.
type Answerer interface {
	// Answered takes an answer, SaidHaveIt to SaidSafe, or with SaidOther a note. Text is what
	// was written.
	Answered(ctx context.Context, m Meant, channel string, said Said, text string) error
	// Left takes the wish to hear no more here below red.
	Left(ctx context.Context, m Meant, channel string) error
}

// InboxConfig is what an Inbox needs. Every field is required.
type InboxConfig struct {
	Store     ReturnStore
	Watch     Answerer
	Channels  []Channel
	Now       clock.Clock
	Changed   func(org string)
	Unreached func(context.Context, Unreached)
	Again     func() // something is to be sent again now
	Log       *slog.Logger
}

// An Inbox takes what comes back over the channels, from hooks and listeners alike, and says
// yes only when it is on disk.
type Inbox struct {
	cfg       InboxConfig
	hooks     map[string]Hook
	unmatched atomic.Int64
	taking    sync.Mutex // the same reply twice at once counts once
}

// NewInbox returns an Inbox for the channels that can hear.
func NewInbox(cfg InboxConfig) *Inbox {
	b := &Inbox{cfg: cfg, hooks: map[string]Hook{}}
	for _, c := range cfg.Channels {
		if h, ok := c.(Hook); ok {
			b.hooks[c.Name()] = h
		}
	}
	return b
}

// Hooks names the channels whose providers call us, sorted.
func (b *Inbox) Hooks() []string {
	var out []string
	for name := range b.hooks {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Unmatched is how many replies since the start answered nothing that we know.
func (b *Inbox) Unmatched() int { return int(b.unmatched.Load()) }

// Hear takes what a provider sent to the hook of a channel and returns what it gets back.
// The error is fault.ErrNotFound for a channel without hook, or the hook's own.
func (b *Inbox) Hear(ctx context.Context, channel string, r Request) (Answer, error) {
	hook, ok := b.hooks[channel]
	if !ok {
		return Answer{}, fmt.Errorf("hook of channel %.40q: %w", channel, fault.ErrNotFound)
	}
	h, err := hook.Hear(ctx, r)
	if err != nil {
		return Answer{}, fmt.Errorf("hook of channel %s: %w", channel, err)
	}
	matched, err := b.take(ctx, channel, h)
	switch {
	case err != nil && h.No.Status == 0:
		return Answer{}, fmt.Errorf("hook of channel %s: %w", channel, err)
	case err != nil:
		b.cfg.Log.Error("what came back is not stored", "channel", channel, "error", err)
		return h.No, nil
	case len(h.Replies) > 0 && matched == 0 && h.No.Status != 0:
		return h.No, nil
	}
	if h.After != nil {
		b.after(ctx, channel, h.After)
	}
	return h.Yes, nil
}

// afterwards is how long a provider waits for its answer while the room is shown what was
// noted; Slack gives three seconds in all.
const afterwards = 1500 * time.Millisecond

func (b *Inbox) after(ctx context.Context, channel string, show func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, afterwards)
	defer cancel()
	if err := show(ctx); err != nil {
		b.cfg.Log.Warn("the room is not shown what was noted", "channel", channel, "error", err)
	}
}

// Take takes what a listener heard; nil means that it is on disk.
func (b *Inbox) Take(ctx context.Context, channel string, h Heard) error {
	_, err := b.take(ctx, channel, h)
	return err
}

func (b *Inbox) take(ctx context.Context, channel string, h Heard) (matched int, err error) {
	if len(h.Receipts) > 0 {
		if err := b.receipts(ctx, channel, h.Receipts); err != nil {
			return 0, err
		}
	}
	for _, r := range h.Replies {
		ok, err := b.reply(ctx, channel, r)
		if err != nil {
			return matched, err
		}
		if ok {
			matched++
		}
	}
	return matched, nil
}

func (b *Inbox) receipts(ctx context.Context, channel string, list []Late) error {
	for i := range list {
		list[i].Detail = short(list[i].Detail)
	}
	got, err := b.cfg.Store.Receive(ctx, channel, list, b.cfg.Now())
	if err != nil {
		return fmt.Errorf("store %d receipts: %w", len(list), err)
	}
	for _, org := range got.Orgs {
		b.cfg.Changed(org)
	}
	for _, u := range got.Unreached {
		b.cfg.Unreached(ctx, u)
	}
	if got.Again {
		b.cfg.Again()
	}
	return nil
}

// answerable is how long after an alarm a reply without any reference still means it.
const answerable = 7 * 24 * time.Hour

// maxSaid bounds what a person wrote, in characters.
const maxSaid = 500

// reply takes one reply; ok tells whether it answers anything.
func (b *Inbox) reply(ctx context.Context, channel string, r Reply) (ok bool, err error) {
	b.taking.Lock()
	defer b.taking.Unlock()
	now := b.cfg.Now()
	r.From, r.Text = strings.TrimSpace(r.From), cutText(r.Text)
	if r.ID == "" { // the same words from the same person at the same time are the same reply
		r.ID = id.Derived("rpl", channel, r.From, r.Notification, r.Remote, string(r.Said), r.Text, r.At.UTC().Format(time.RFC3339))
	}
	if taken, err := b.cfg.Store.Replied(ctx, channel, r.ID); err != nil || taken {
		return taken, err
	}
	m, err := b.cfg.Store.Meant(ctx, channel, r, now.Add(-answerable))
	if errors.Is(err, fault.ErrNotFound) {
		b.unmatched.Add(1)
		b.cfg.Log.Warn("a reply answers nothing that was told to its sender", "channel", channel, "said", string(r.Said))
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find what a reply answers: %w", err)
	}
	if r.Said == SaidLeave {
		err = b.cfg.Watch.Left(ctx, m, channel)
	} else {
		err = b.cfg.Watch.Answered(ctx, m, channel, r.Said, r.Text)
	}
	if err != nil {
		return false, fmt.Errorf("take a reply: %w", err)
	}
	// A crash in between repeats the answer, which is harmless; the other order would lose it.
	if err := b.cfg.Store.TookReply(ctx, channel, r.ID, now); err != nil {
		return false, fmt.Errorf("remember a reply: %w", err)
	}
	return true, nil
}

func cutText(s string) string {
	s = strings.TrimSpace(strings.ToValidUTF8(s, "�"))
	if utf8.RuneCountInString(s) > maxSaid {
		s = string([]rune(s)[:maxSaid])
	}
	return s
}

// Run keeps every listening channel listening until ctx ends. One that gives up is asked
// again after a while, ever longer, at most a minute.
func (b *Inbox) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for _, c := range b.cfg.Channels {
		if l, ok := c.(Listener); ok {
			running.Go(func() { b.listen(ctx, c.Name(), l) })
		}
	}
	running.Wait()
	return nil
}

func (b *Inbox) listen(ctx context.Context, name string, l Listener) {
	heard := func(ctx context.Context, h Heard) error { return b.Take(ctx, name, h) }
	for wait := time.Second; ctx.Err() == nil; wait = min(2*wait, time.Minute) {
		began := b.cfg.Now()
		err := l.Listen(ctx, heard)
		if ctx.Err() != nil {
			return
		}
		b.cfg.Log.Error("a channel no longer listens and will again", "channel", name, "after", wait, "error", err)
		if b.cfg.Now().Sub(began) > 5*time.Minute {
			wait = time.Second
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}
