package delivery

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/fault"
)

// pressed is a channel with a hook, a store, and an answerer: one reply that may not be kept.
type pressed struct {
	Channel
	ReturnStore
	Answerer
	down  error
	order []string
}

func (p *pressed) Name() string { return "chat" }

func (p *pressed) Hear(context.Context, Request) (Heard, error) {
	return Heard{
		Replies: []Reply{{ID: "r", Notification: "ntf", From: "ops", Said: SaidHaveIt}}, Yes: Answer{Status: http.StatusOK}, No: Answer{Status: http.StatusServiceUnavailable},
		After: func(ctx context.Context) error {
			if _, bound := ctx.Deadline(); !bound {
				p.order = append(p.order, "unbounded")
			}
			p.order = append(p.order, "shown")
			return errors.New("the room is away")
		},
	}, nil
}

func (p *pressed) Replied(context.Context, string, string) (bool, error) { return false, nil }

func (p *pressed) TookReply(context.Context, string, string, time.Time) error { return nil }

func (p *pressed) Meant(context.Context, string, Reply, time.Time) (Meant, error) {
	return Meant{Warning: "wrn"}, nil
}

func (p *pressed) Answered(context.Context, Meant, string, Said, string) error {
	if p.down == nil {
		p.order = append(p.order, "kept")
	}
	return p.down
}

// TestTheRoomIsShownOnlyWhatIsKept: first the disk, then the room; a room that cannot be shown
// anything changes nothing.
func TestTheRoomIsShownOnlyWhatIsKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		down   error
		status int
		order  []string
	}{{nil, http.StatusOK, []string{"kept", "shown"}}, {fault.ErrUnavailable, http.StatusServiceUnavailable, nil}} {
		p := &pressed{down: c.down}
		b := NewInbox(InboxConfig{Store: p, Watch: p, Channels: []Channel{p}, Now: clock.Fixed(time.Date(2026, 10, 7, 4, 0, 0, 0, time.UTC)), Log: slog.New(slog.DiscardHandler)})
		got, err := b.Hear(t.Context(), "chat", Request{})
		if err != nil || got.Status != c.status || len(p.order) != len(c.order) || len(c.order) > 0 && (p.order[0] != c.order[0] || p.order[1] != c.order[1]) {
			t.Errorf("%v: %d %v, %v", c.down, got.Status, p.order, err)
		}
	}
}
