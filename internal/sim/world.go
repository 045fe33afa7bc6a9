package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
)

// epoch is when every world begins.
var epoch = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

const (
	active = 75 * time.Minute // signals and faults come
	quiet  = 14 * time.Hour   // at most, until everything has come to its end
	horn   = 10 * time.Minute // of quiet, until the loops turn slowly
)

// world is everything that one seed made.
type world struct {
	opt    Options
	result Result
	now    time.Time
	seq    int
	moves  queue

	chance    *rand.Rand
	store     *model
	nodes     []*node
	standing  []*node // in the middle of a step, the last one on top
	providers []*provider
	who       portfolio.Portfolio
	mutes     response.Mutes
	limits    delivery.Limits
	feed      *feed
	jumps     bool          // some clock is wrong in this world
	skew      time.Duration // by how much at most
	jumped    bool          // and it has jumped already
	check     *checker
	slow      bool
	portion   int // see watch.Config
}

func newWorld(o Options) *world {
	w := &world{opt: o, now: epoch, chance: dice(o.Seed, "world")}
	w.result.Seed = o.Seed
	w.portion = pick(dice(o.Seed, "portions"), 1, -1)
	w.check = newChecker(w)
	w.store = newModel(w)
	w.people()
	w.limit()
	for _, name := range []string{"sms", "mail", "chat"} {
		w.providers = append(w.providers, newProvider(w, name))
	}
	shared := w.chance.IntN(3)
	for i := range 1 + shared {
		n := &node{w: w, id: fmt.Sprintf("n%d", i+1), chance: dice(o.Seed, fmt.Sprint("node", i))}
		w.nodes = append(w.nodes, n)
		w.at(time.Duration(i)*300*time.Millisecond, n.boot)
	}
	w.feed = newFeed(w)
	w.faults()
	w.stalled()
	w.halved()
	return w
}

// at plans a move.
func (w *world) at(wait time.Duration, do func()) {
	w.seq++
	w.moves.push(move{w.now.Sub(epoch) + max(0, wait), w.seq, do})
}

func (w *world) trace(format string, args ...any) {
	if w.opt.Trace {
		w.result.Trace = append(w.result.Trace, fmt.Sprintf("%12s  ", w.now.Sub(epoch))+fmt.Sprintf(format, args...))
	}
}

func (w *world) fail(format string, args ...any) {
	what := fmt.Sprintf("%s: ", w.now.Sub(epoch)) + fmt.Sprintf(format, args...)
	w.trace("BROKEN %s", what)
	if len(w.result.Failures) < mostFailures {
		w.result.Failures = append(w.result.Failures, what)
	}
}

// run makes moves until an instant or until done says so.
func (w *world) run(until time.Time, done func() bool) {
	end := until.Sub(epoch)
	for len(w.moves) > 0 && w.moves[0].at <= end {
		m := w.moves.pop()
		at := epoch.Add(m.at)
		w.check.pass(at)
		w.now = at
		w.result.Events++
		m.do()
		if len(w.result.Failures) >= mostFailures || done != nil && w.result.Events%64 == 0 && done() {
			return
		}
	}
	if w.now.Before(until) && done == nil {
		w.check.pass(until)
		w.now = until
	}
}

// play is the time in which things happen and break.
func (w *world) play() { w.run(epoch.Add(active), nil) }

// settle lets everything come to its end and looks what became of it.
func (w *world) settle() {
	w.heal()
	w.run(w.now.Add(horn), nil)
	w.slow, w.check.bound = true, w.check.skew() // the loops turn slowly from here on
	w.run(w.now.Add(quiet), w.still)
	for _, n := range w.nodes {
		n.stop()
	}
	w.check.end()
}

// people draws who is told: two projects, each with contacts on up to three steps.
func (w *world) people() {
	r := dice(w.opt.Seed, "people")
	w.who = portfolio.Portfolio{Org: "o", Version: 1}
	for _, p := range []string{"a", "b"} {
		w.who.Projects = append(w.who.Projects, portfolio.Project{ID: p, Code: p, Name: p, Zone: "UTC"})
		steps := 1 + r.IntN(3)
		for s := 1; s <= steps; s++ {
			for k := range 1 + r.IntN(2) {
				code := fmt.Sprintf("%s%d%d", p, s, k)
				c := portfolio.Contact{ID: "con-" + code, Project: p, Code: code, Name: code, Step: s, Language: "en", Zone: "UTC"}
				first := r.IntN(3)
				for i := range 1 + r.IntN(2) {
					c.Channels = append(c.Channels, portfolio.Address{Channel: []string{"sms", "mail", "chat"}[(first+i)%3], Address: code})
				}
				w.who.Contacts = append(w.who.Contacts, c)
				if oneIn(r, 8) {
					a := c.Channels[0]
					w.mutes = append(w.mutes, response.Mute{Org: "o", Contact: c.ID, Project: p, Channel: a.Channel, Since: epoch, Until: epoch.Add(30 * 24 * time.Hour)})
				}
			}
		}
	}
}

func (w *world) limit() {
	r := dice(w.opt.Seed, "limits")
	w.limits = delivery.Limits{Flood: delivery.DefaultFlooding(), Channels: map[string]delivery.ChannelLimits{}}
	if oneIn(r, 2) {
		w.limits.Flood.Enter, w.limits.Flood.Leave = 3, 2
	}
	if oneIn(r, 3) {
		w.limits.Channels["sms"] = delivery.ChannelLimits{Rate: delivery.Limit{N: 1, Per: time.Second}, Recipient: delivery.Limit{N: 4, Per: time.Hour}}
	}
	if oneIn(r, 3) {
		w.limits.Channels["mail"] = delivery.ChannelLimits{Rate: delivery.Limit{N: 2, Per: time.Second}, Budget: delivery.Limit{N: 200, Per: 24 * time.Hour}}
	}
}
