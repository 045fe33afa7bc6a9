package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// fleet are several processes on one database, each with a store, a service and a decider of
// its own, and one clock.
type fleet struct {
	*testing.T
	place Place
	parts int
	mu    sync.Mutex
	now   time.Time
	all   []*member
	last  int // the newest name
}

type member struct {
	name    string
	db      *store.DB
	service *watch.Service
	decider *watch.Decider
	holds   []watch.Hold
	stop    func() // as if killed: nothing is given back
	gate    sync.RWMutex
}

func (f *fleet) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fleet) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// nudge tells all deciders of a new input, as the database does.
func (f *fleet) nudge() {
	f.mu.Lock()
	list := slices.Clone(f.all)
	f.mu.Unlock()
	for _, m := range list {
		m.decider.Nudge()
	}
}

// tell tells all callers that something was decided, as the database does.
func (f *fleet) tell() {
	f.mu.Lock()
	list := slices.Clone(f.all)
	f.mu.Unlock()
	for _, m := range list {
		go m.service.Decided(f.Context()) //nolint:errcheck // it is asked again
	}
}

func indexed(p portfolio.Portfolio) watch.Matcher { return exposure.NewIndex(p) }

// mutedProject suppresses what concerns project p1 while a rule says so.
type mutedProject struct{}

func (mutedProject) Rate(_ event.Event, x exposure.Exposure, _ portfolio.Asset) (warning.Effect, bool, []string) {
	if x.Project != "p1" {
		return warning.Effect{}, false, nil
	}
	return warning.Effect{Rules: []string{"r"}, Suppress: []string{"r"}}, true, nil
}

func raterOf(list []watch.RuleVersion) (watch.Rater, error) {
	for _, r := range list {
		if string(r.Body) == `{"mute":true}` {
			return mutedProject{}, nil
		}
	}
	return nil, nil
}

func (f *fleet) join() *member {
	f.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	db, err := f.place.Open(ctx)
	if err != nil {
		f.Fatal(err)
	}
	f.last++
	m := &member{name: fmt.Sprint("rep_", f.last), db: db}
	db.Owner = m.name
	m.service = watch.NewService(watch.Config{
		Store: db, Order: db, Parts: f.parts, Nudge: f.nudge, Now: f.clock, Policy: warning.DefaultPolicy(), Matcher: indexed, Rater: raterOf, Duty: db.Duty,
		Dispatch: func([]response.Notification) {}, Changed: func(string) {},
		Failpoint: func(step string) { // a suspended process stands still here
			if step == "before-commit" {
				m.gate.RLock()
				//lint:ignore SA2001 the wait is the point
				m.gate.RUnlock()
			}
			if step == "committed" {
				f.tell()
			}
		},
	})
	m.decider = watch.NewDecider(m.service)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := db.Run(ctx); err != nil {
			f.Error(err)
		}
	})
	deciding, stopDeciding := context.WithCancel(ctx)
	var d sync.WaitGroup
	d.Go(func() {
		if err := m.decider.Run(deciding); err != nil {
			f.Error(err)
		}
	})
	m.stop = sync.OnceFunc(func() {
		stopDeciding()
		d.Wait()
		cancel()
		wg.Wait()
		if err := db.Close(); err != nil {
			f.Error(err)
		}
	})
	f.Cleanup(m.stop)
	f.mu.Lock()
	f.all = append(f.all, m)
	f.mu.Unlock()
	return m
}

// deal gives every part that is free to members in turn.
func (f *fleet) deal(r *rand.Rand) {
	f.Helper()
	for n := range f.parts {
		m := f.all[r.IntN(len(f.all))]
		got, err := m.db.TakeParts(f.Context(), m.name, []int{n}, f.clock(), length)
		if err != nil {
			f.Fatal(err)
		}
		m.holds = append(m.holds, got...)
	}
	for _, m := range f.all {
		if err := m.decider.Hold(f.Context(), slices.Clone(m.holds)); err != nil {
			f.Fatal(err)
		}
	}
}

// release makes a member give some of its parts back in order.
func (f *fleet) release(m *member, keep int) {
	f.Helper()
	gone := slices.Clone(m.holds[keep:])
	m.holds = slices.Clone(m.holds[:keep])
	if err := m.decider.Hold(f.Context(), slices.Clone(m.holds)); err != nil {
		f.Fatal(err)
	}
	if err := m.db.ReleaseParts(f.Context(), m.name, gone, f.clock()); err != nil {
		f.Fatal(err)
	}
}

// change lets the fleet change while it works: somebody dies, joins, or hands over.
func (f *fleet) change(r *rand.Rand, most int) {
	f.Helper()
	switch i := r.IntN(len(f.all)); {
	case r.IntN(3) == 0 && len(f.all) > 1:
		dead := f.all[i]
		f.mu.Lock()
		f.all = slices.Delete(f.all, i, i+1)
		f.mu.Unlock()
		dead.stop()
		f.pass(length + time.Second)
		for _, m := range f.all { // the living renewed theirs meanwhile
			if err := m.db.RenewParts(f.Context(), m.name, m.holds, f.clock(), length); err != nil {
				f.Fatal(err)
			}
		}
	case r.IntN(2) == 0 && len(f.all) < most:
		f.join()
	default:
		f.release(f.all[i], r.IntN(len(f.all[i].holds)+1))
	}
	f.deal(r)
}

func start8(t *testing.T, empty Maker) *fleet {
	t.Helper()
	f := &fleet{T: t, place: empty(t), parts: 8, now: time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)}
	m := f.join()
	if err := m.db.Do(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO organisation (id, name, language, zone, created_at) VALUES ('o', 'O', 'en', 'UTC', '') ON CONFLICT DO NOTHING")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if n, err := m.db.MakeParts(t.Context(), f.parts, f.clock()); err != nil || n != f.parts {
		t.Fatal(n, err)
	}
	return f
}

func many() portfolio.Portfolio {
	p := example()
	p.Projects, p.Assets, p.Contacts = nil, nil, nil
	for i := range 6 {
		id := fmt.Sprint("p", i)
		p.Projects = append(p.Projects, portfolio.Project{ID: id, Code: id, Name: id, Zone: "UTC", Country: "PK"})
		p.Assets = append(p.Assets, portfolio.Asset{ID: "a" + id, Project: id, Kind: portfolio.Site, Code: "a" + id, Name: id, Country: "PK", Shape: geo.At(30+float64(i)/10, 67, 0)})
		p.Contacts = append(p.Contacts, portfolio.Contact{ID: "c" + id, Project: id, Code: "c" + id, Name: id, Step: 1, Channels: []portfolio.Address{{Channel: "email", Address: id + "@example.org"}}})
	}
	return p
}

// happen makes one input, by any member.
func (f *fleet) happen(r *rand.Rand, n int) {
	f.Helper()
	m, ctx := f.all[r.IntN(len(f.all))], f.Context()
	f.pass(time.Duration(r.IntN(40)) * time.Minute)
	// Whoever was away for longer than the lease has lost it: here nobody is.
	for _, x := range f.all {
		if err := x.db.RenewParts(ctx, x.name, x.holds, f.clock(), length); err != nil {
			f.Fatal(err)
		}
	}
	check := func(err error) {
		f.Helper()
		if err != nil && !errors.Is(err, fault.ErrNotFound) && !errors.Is(err, fault.ErrConflict) && !errors.Is(err, fault.ErrInvalid) {
			f.Fatal(err)
		}
	}
	switch k := r.IntN(20); {
	case k == 0:
		check(m.service.Silent(ctx, "usgs", f.clock().Add(-time.Hour), time.Hour))
	case k == 1:
		check(m.service.Seen(ctx, "usgs"))
	case k == 2:
		_, err := m.service.SetRule(ctx, watch.RuleVersion{Org: "o", ID: "r", Actor: "ann", Body: fmt.Appendf(nil, `{"mute":%t}`, r.IntN(2) == 0)})
		check(err)
	case k < 5:
		p, err := m.service.Portfolio(ctx, "o")
		check(err)
		p.Assets, p.Version = slices.Clone(p.Assets), p.Version+1
		p.Assets[r.IntN(len(p.Assets))].Shape = geo.At(30+r.Float64(), 67, 0)
		_, err = m.service.SetPortfolio(ctx, watch.PortfolioVersion{Actor: "ann", Portfolio: p})
		check(err)
	case k < 8:
		var id string
		err := m.db.Reader().QueryRowContext(ctx, "SELECT id FROM warning WHERE active = 1 ORDER BY id LIMIT 1").Scan(&id)
		if err != nil {
			return
		}
		act := []warning.Act{warning.DoEnd, warning.DoCancel, warning.DoHelp}[r.IntN(3)]
		_, err = m.service.ByHand(ctx, "o", id, act, []string{"ann", "ben"}[r.IntN(2)], "seen on site")
		check(err)
	default:
		var list []event.Signal
		for range 1 + r.IntN(3) {
			s := (&bench{T: f.T, now: f.clock()}).clash(fmt.Sprint("k", r.IntN(6)), 30+r.Float64(), 67.01)
			s.Version, s.Order, s.Record = fmt.Sprint(n), int64(n), fmt.Sprint("rec", n)
			s.Act = []event.Act{event.Report, event.Report, event.Report, event.Update, event.End, event.Cancel}[r.IntN(6)]
			s.ID = event.SignalID(s)
			list = append(list, s)
		}
		_, err := m.service.Observe(ctx, watch.Observation{Signals: list})
		check(err)
	}
}

// settle waits until everything is decided.
func (f *fleet) settle() {
	f.Helper()
	for range 2 { // what follows from the first is decided before the second
		if err := f.all[0].service.Alive(f.Context()); err != nil {
			f.Fatal(err)
		}
	}
	for {
		base, _, err := f.all[0].db.Behind(f.Context())
		if err != nil {
			f.Fatal(err)
		}
		left, err := f.all[0].db.After(f.Context(), base.Seq, 1)
		if err != nil {
			f.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
		f.pass(time.Second) // who had nothing to write tells how far it is
		f.nudge()
	}
}

// TestSeveralDecideLikeOne: random histories, decided by one, two and four deciders that die,
// join and hand over on the way, give what a replay in one process gives.
func TestSeveralDecideLikeOne(t *testing.T, empty Maker) {
	for _, n := range []int{1, 2, 4} {
		for seed := range seeds() {
			t.Run(fmt.Sprint(n, "deciders", seed), func(t *testing.T) {
				r := rand.New(rand.NewPCG(uint64(n), uint64(seed))) //nolint:gosec // a history, no secret
				f := start8(t, empty)
				for len(f.all) < n {
					f.join()
				}
				f.deal(r)
				if _, err := f.all[0].service.SetPortfolio(t.Context(), watch.PortfolioVersion{Actor: "ann", Changes: 4, Portfolio: many()}); err != nil {
					t.Fatal(err)
				}
				for i := range 60 {
					f.happen(r, i)
					if n > 1 && r.IntN(8) == 0 {
						f.change(r, n)
					}
				}
				f.settle()
				f.decidesLikeOne()
			})
		}
	}
}

// TestTwoBelievers: a decider that stands still with a decision in hand, and goes on when its
// parts are another's, writes nothing, and what it wanted to write was decided once by the other.
func TestTwoBelievers(t *testing.T, empty Maker) {
	f := start8(t, empty)
	a, b := f.all[0], f.join()
	f.all = []*member{a}
	r := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // a history, no secret
	f.deal(r)
	if _, err := a.service.SetPortfolio(t.Context(), watch.PortfolioVersion{Actor: "ann", Changes: 4, Portfolio: many()}); err != nil {
		t.Fatal(err)
	}
	take := func(m *member, key string) {
		t.Helper()
		s := (&bench{T: t, now: f.clock()}).clash(key, 30, 67.01)
		if _, err := m.service.Observe(t.Context(), watch.Observation{Signals: []event.Signal{s}}); err != nil {
			t.Error(err)
		}
	}
	take(a, "k1")
	a.gate.Lock() // it stops just before it would write
	var wg sync.WaitGroup
	wg.Go(func() { take(b, "k2") })
	for {
		_, all, err := b.db.Behind(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if left, err := b.db.After(t.Context(), slices.Max(slices.Collect(maps.Values(all))), 1); err != nil {
			t.Fatal(err)
		} else if len(left) > 0 {
			break
		}
	}
	f.pass(length + time.Second)
	f.all = []*member{b}
	f.deal(r)
	wg.Wait() // decided by the other
	a.gate.Unlock()
	take(b, "k3")
	a.decider.Nudge()
	take(b, "k4")
	f.settle()
	if len(b.holds) != f.parts {
		t.Errorf("the other has %d parts", len(b.holds))
	}
	if err := a.db.RenewParts(t.Context(), a.name, a.holds, f.clock(), length); !errors.Is(err, store.ErrFenced) {
		t.Errorf("it renewed what is another's: %v", err)
	}
	f.decidesLikeOne()
}

// seeds is how many histories are lived for each number of deciders; WATCHFIRE_SEEDS says
// otherwise.
func seeds() int {
	if n, err := strconv.Atoi(os.Getenv("WATCHFIRE_SEEDS")); err == nil {
		return n
	}
	return 2
}
