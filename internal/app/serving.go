package app

import (
	"strconv"
	"sync/atomic"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/api"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/wording"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/job"
	"watchfire.dev/internal/journal/witness"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// serving holds what only a process with feeds, channels and pages has. A command on the
// data folder leaves it empty: what it queues is sent by the next server.
type serving struct {
	dispatcher atomic.Pointer[delivery.Dispatcher]
	keeper     atomic.Pointer[witness.Keeper]
	queue      atomic.Pointer[job.Queue]
	polls      atomic.Pointer[chan string]
	channels   atomic.Pointer[[]delivery.Channel]
	inbox      atomic.Pointer[delivery.Inbox]
	watchdog   atomic.Pointer[delivery.Watchdog]
	links      atomic.Pointer[account.AnswerLinks]
	letters    atomic.Pointer[account.LetterLinks]
	sheets     atomic.Pointer[account.SurveyLinks]
	publish    atomic.Pointer[chan string] // organisations with a report that may be ready to be sent
}

// link is the one-tap link that a message will have.
func (s *serving) link(w warning.Warning, n response.Notification) (watch.Link, bool) {
	l := s.links.Load()
	if l == nil {
		return watch.Link{}, false
	}
	return l.Link(w.Org, w.ID, n.Contact, wording.LinkEnd(w)), true
}

func (s *serving) dispatch(list []response.Notification) {
	if d := s.dispatcher.Load(); d != nil {
		d.Dispatch(list)
	}
}

// claims is how many first attempts a commit may claim: a few, so that none of them waits
// longer than its lease; none without a dispatcher.
func (s *serving) claims() int {
	if s.dispatcher.Load() == nil {
		return 0
	}
	return 64
}

// meters read what each channel sends now, and how many replies meant nothing.
func (s *serving) meters() (out []desk.ChannelMeter, unmatched int) {
	if b := s.inbox.Load(); b != nil {
		unmatched = b.Unmatched()
	}
	d := s.dispatcher.Load()
	if d == nil {
		return nil, unmatched
	}
	written := func(l delivery.Limit) string {
		if l.None() {
			return ""
		}
		return strconv.Itoa(l.N) + "/" + l.Per.String()
	}
	for _, m := range d.Meters() {
		out = append(out, desk.ChannelMeter{
			Channel: m.Channel, Sent: m.Sent, Running: m.Running, Waiting: m.Waiting, Rate: written(m.Rate), Budget: written(m.Budget), Left: m.Left, Pause: m.Pause,
		})
	}
	return out, unmatched
}

// hooks are the channels' hooks; nil = none.
func (s *serving) hooks() api.Channels {
	if b := s.inbox.Load(); b != nil {
		return b
	}
	return nil
}

func (s *serving) pollNow(source string) error {
	ch := s.polls.Load()
	if ch == nil {
		return notServing("poll " + source)
	}
	select {
	case *ch <- source:
	default: // so many wait already that this one will be asked soon
	}
	return nil
}

// witnesses tells how far the outside witnesses have followed.
func (s *serving) witnesses() []desk.WitnessState {
	k := s.keeper.Load()
	if k == nil {
		return nil
	}
	var out []desk.WitnessState
	for _, w := range k.State().Witnesses {
		state := desk.WitnessState{Name: w.Name, Size: w.Size, At: w.At}
		if w.Failures > 0 {
			state.Error = w.LastError
		}
		out = append(out, state)
	}
	return out
}
