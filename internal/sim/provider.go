package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/watch"
)

// mood is how a provider answers for a while.
type mood string

const (
	busy    mood = "429"
	broken  mood = "500"
	silent  mood = "no answer"
	yesLost mood = "takes it, the answer is lost"
	failing mood = "takes it and fails later"
)

// spell is a time in which a provider is not well.
type spell struct {
	from, to time.Time
	mood     mood
}

// provider carries one channel's messages to people.
type provider struct {
	w       *world
	name    string
	chance  *rand.Rand
	spells  []spell
	honours bool // our key: what comes twice is handed on once
	taken   map[string]string
	n       int
}

func newProvider(w *world, name string) *provider {
	p := &provider{w: w, name: name, chance: dice(w.opt.Seed, "provider "+name), taken: map[string]string{}}
	p.honours = oneIn(p.chance, 2)
	for range p.chance.IntN(4) {
		from := epoch.Add(between(p.chance, 0, active))
		p.spells = append(p.spells, spell{from, from.Add(between(p.chance, 10*time.Second, 10*time.Minute)), pick(p.chance, busy, broken, silent, yesLost, failing)})
	}
	return p
}

func (p *provider) mood() mood {
	for _, s := range p.spells {
		if !p.w.now.Before(s.from) && p.w.now.Before(s.to) && p.w.now.Before(epoch.Add(active)) {
			return s.mood
		}
	}
	if oneIn(p.chance, 40) && p.w.now.Before(epoch.Add(active)) {
		return pick(p.chance, broken, yesLost, failing)
	}
	return ""
}

// reply is what our call gets back.
type reply struct {
	receipt delivery.Receipt
	err     error
	lost    bool
}

// take is a message that has arrived at the provider.
func (p *provider) take(m delivery.Message) reply {
	mood := p.mood()
	switch mood {
	case busy:
		return reply{err: &delivery.Fault{Kind: delivery.Overload, After: between(p.chance, time.Second, 2*time.Minute), Err: fmt.Errorf("429")}}
	case broken:
		return reply{err: &delivery.Fault{Kind: delivery.Retry, Err: fmt.Errorf("500")}}
	case silent:
		return reply{lost: true}
	}
	remote, twice := p.taken[m.Key]
	if !twice || !p.honours {
		p.n++
		remote = fmt.Sprintf("%s-%d", p.name, p.n)
		p.taken[m.Key] = remote
		p.w.result.Sent++
		p.after(m, remote, mood == failing)
	}
	p.w.check.took(p, m, remote)
	return reply{receipt: delivery.Receipt{State: pick(p.chance, response.Queued, response.Sent), Remote: remote}, lost: mood == yesLost}
}

// after is what becomes of a message that was taken: receipts in any order, and a person.
func (p *provider) after(m delivery.Message, remote string, fails bool) {
	say := func(s response.State, k delivery.FaultKind) {
		l := delivery.Late{Remote: remote, State: s, Kind: k}
		for range 1 + p.chance.IntN(2) {
			p.w.at(between(p.chance, 0, 5*time.Minute), func() { p.tell(l, m, 0) })
		}
	}
	if oneIn(p.chance, 2) {
		say(response.Queued, "")
	}
	if fails {
		say(response.Failed, delivery.Retry)
		return
	}
	if oneIn(p.chance, 2) {
		say(response.Sent, "")
	}
	if !oneIn(p.chance, 4) {
		say(response.Delivered, "")
	}
	if m.Purpose != response.AllClear && oneIn(p.chance, 2) && p.w.now.Before(epoch.Add(active)) {
		p.answer(m)
	}
}

// tell brings a receipt to whoever serves, until it is taken.
func (p *provider) tell(l delivery.Late, m delivery.Message, try int) {
	again := func() {
		if try < 200 {
			p.w.at(20*time.Second, func() { p.tell(l, m, try+1) })
		}
	}
	n := p.w.serving(p.chance)
	if n == nil {
		again()
		return
	}
	n.do(func() {
		if err := n.inbox.Take(n.ctx, p.name, delivery.Heard{Receipts: []delivery.Late{l}}); err != nil {
			again()
			return
		}
		p.w.trace("%s hears from %s: %s %s", n.id, p.name, l.Remote, l.State)
		p.w.check.heard(l, m)
	}, again)
}

// answer lets a person answer what was read.
func (p *provider) answer(m delivery.Message) {
	r := delivery.Reply{
		ID: "re-" + m.Key, Notification: m.Lines[0], From: m.Address, At: p.w.now,
		Said: pick(p.chance, delivery.SaidHaveIt, delivery.SaidHaveIt, delivery.SaidHaveIt, delivery.SaidCannot, delivery.SaidHelp, delivery.SaidSafe),
	}
	wait := between(p.chance, 20*time.Second, 15*time.Minute)
	for range 1 + p.chance.IntN(2) {
		p.w.at(wait+between(p.chance, 0, time.Minute), func() { p.reply(r, 0) })
	}
}

func (p *provider) reply(r delivery.Reply, try int) {
	again := func() {
		if try < 200 {
			p.w.at(20*time.Second, func() { p.reply(r, try+1) })
		}
	}
	n := p.w.serving(p.chance)
	if n == nil {
		again()
		return
	}
	n.do(func() {
		err := n.inbox.Take(n.ctx, p.name, delivery.Heard{Replies: []delivery.Reply{r}})
		p.w.trace("%s hears %s from %s: %v", n.id, r.Said, r.From, err)
		if err != nil {
			again()
			return
		}
		p.w.check.answered(p.name, r)
	}, again)
}

// line is a provider as one process reaches it.
type line struct {
	*provider
	n *node
}

// Name implements delivery.Channel.
func (l *line) Name() string { return l.name }

// Able implements delivery.Abled.
func (l *line) Able() delivery.Ability {
	return delivery.Ability{Form: delivery.Full, Receipts: true, Answers: true}
}

// Send implements delivery.Channel: the message travels, and the answer comes or does not.
func (l *line) Send(_ context.Context, m delivery.Message) (delivery.Receipt, error) {
	n, w, t, life := l.n, l.w, l.n.current, l.n.life
	limit := min(delivery.AttemptTime(m.Level), w.store.left(m.Lines[0], n.clock()))
	var got *reply
	back := func(wait time.Duration, r reply) {
		if n.life != life {
			return
		}
		n.later(wait, func() {
			if got == nil {
				got = &r
				n.resume(t)
			}
		})
	}
	w.check.begin(n, m)
	w.at(between(l.chance, time.Millisecond, 400*time.Millisecond), func() {
		r := l.take(m)
		w.trace("%s gets %s %s to %s from %s: %v %v", l.name, m.Level, m.Purpose, m.Address, n.id, r.receipt.Remote, r.err)
		if !r.lost {
			back(between(l.chance, time.Millisecond, 400*time.Millisecond), r)
		}
	})
	back(max(limit, time.Millisecond), reply{err: fmt.Errorf("no answer in time: %w", fault.ErrUnavailable)})
	n.park(t)
	w.check.ended(n, m)
	return got.receipt, got.err
}

// answers takes replies into the watch, as the program does.
type answers struct{ n *node }

// Answered implements delivery.Answerer.
func (a answers) Answered(ctx context.Context, m delivery.Meant, channel string, said delivery.Said, text string) error {
	kind := map[delivery.Said]watch.AnswerKind{
		delivery.SaidHaveIt: watch.HaveIt, delivery.SaidHelp: watch.NeedHelp, delivery.SaidCannot: watch.Cannot, delivery.SaidSafe: watch.Safe,
	}[said]
	if kind == "" {
		kind = watch.Note
	}
	_, err := a.n.service.Answer(ctx, watch.Answer{Org: m.Org, Warning: m.Warning, Contact: m.Contact, Via: channel, Note: text, Kind: kind})
	return err
}

// Left implements delivery.Answerer.
func (answers) Left(context.Context, delivery.Meant, string) error { return nil }
