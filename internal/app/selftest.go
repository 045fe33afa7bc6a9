package app

import (
	"context"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/portfolio"
)

// An address is where a channel's own test goes: a mailbox or number that loops back.
type address struct{ channel, to string }

func (s *selfcheck) addresses() []address {
	var out []address
	for _, text := range s.app.cfg.Health.Selftest.Addresses {
		channel, to, _ := strings.Cut(text, ":")
		out = append(out, address{strings.ToLower(channel), to})
	}
	return out
}

// test sends a test message over each channel at its pace, the first soon after the start, so
// that a channel that has died while nothing was to be said is found before it is needed.
func (s *selfcheck) test(ctx context.Context) error {
	wait := time.NewTimer(10 * time.Second)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wait.C:
		}
		for _, a := range s.addresses() {
			s.testOne(ctx, a)
		}
		wait.Reset(s.app.cfg.Health.Selftest.Pace())
	}
}

func (s *selfcheck) testOne(ctx context.Context, a address) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	now := s.app.opts.Now()
	contact := portfolio.Contact{
		ID: "selftest", Code: "selftest", Name: s.app.cfg.Name, Language: s.app.cfg.Language, Zone: s.app.cfg.Zone,
		Channels: []portfolio.Address{{Channel: a.channel, Address: a.to}},
	}
	detail, err := s.app.probe(ctx, "", contact, contact.Channels[0], id.Derived("ntf", "selftest", a.channel, a.to, now.Format(time.RFC3339Nano)))
	if err != nil {
		s.app.opts.Log.Error("self-test of a channel", "channel", a.channel, "error", err)
		kind := delivery.KindOf(err)
		if kind == delivery.Dead || kind == delivery.Refused { // the address is our own: a fault of the set-up
			kind = delivery.Misset
		}
		s.heard(a.channel, kind, false, err.Error(), s.app.opts.Now())
		return
	}
	s.heard(a.channel, "", true, detail, s.app.opts.Now())
}
