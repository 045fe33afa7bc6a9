package witness_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/journal/journaltest"
	"watchfire.dev/internal/journal/witness"
)

// recorder is a witness that can be told to fail or to hang.
type recorder struct {
	mu    sync.Mutex
	fail  error
	hang  bool
	times []time.Time
	got   [][]byte
}

func (r *recorder) Name() string { return "recorder" }

func (r *recorder) Publish(ctx context.Context, signed []byte) error {
	r.mu.Lock()
	fail, hang := r.fail, r.hang
	r.times = append(r.times, time.Now())
	r.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if fail != nil {
		return fail
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, signed)
	return nil
}

func (r *recorder) set(fail error, hang bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail, r.hang = fail, hang
}

func (r *recorder) sizes(t *testing.T) []int64 {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []int64
	for _, signed := range r.got {
		out = append(out, open(t, signed).Size)
	}
	return out
}

func open(t *testing.T, signed []byte) journal.Checkpoint {
	t.Helper()
	keys, err := journal.NewVerifiers([]string{journaltest.NewSigner(t, 1).PublicKey()})
	if err != nil {
		t.Fatal(err)
	}
	c, err := keys.Open(signed)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newKeeper(t *testing.T, store witness.Store, to ...witness.Publisher) *witness.Keeper {
	t.Helper()
	k, err := witness.NewKeeper(store, journaltest.NewSigner(t, 1), to, witness.Options{Now: clock.System})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// start runs the keeper until the test ends; call it inside a synctest bubble.
func start(t *testing.T, k *witness.Keeper) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- k.Run(ctx) }()
	synctest.Wait()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	}
}

func equal(t *testing.T, what string, got []int64, want ...int64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s = %v, want %v", what, got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s = %v, want %v", what, got, want)
		}
	}
}

func TestKeeperByTimeAndByCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := new(journaltest.Memory), new(recorder)
		journaltest.Add(t, m, 0, 3)
		k := newKeeper(t, m, w)
		defer start(t, k)()
		equal(t, "published at the start", w.sizes(t), 3)
		time.Sleep(5 * time.Minute)
		equal(t, "published while nothing moved", w.sizes(t), 3)

		journaltest.Add(t, m, 3, 999)
		k.Moved(1002)
		synctest.Wait()
		equal(t, "published after 999 entries", w.sizes(t), 3)
		journaltest.Add(t, m, 1002, 1)
		k.Moved(1003)
		synctest.Wait()
		equal(t, "published after 1,000 entries", w.sizes(t), 3, 1003)

		journaltest.Add(t, m, 1003, 1)
		time.Sleep(time.Minute)
		synctest.Wait()
		equal(t, "published after a minute", w.sizes(t), 3, 1003, 1004)
		s := k.State()
		if s.Size != 1004 || s.LastError != "" || len(s.Witnesses) != 1 || s.Witnesses[0].Size != 1004 || s.Witnesses[0].At.IsZero() {
			t.Errorf("state = %+v", s)
		}
		r, err := journal.Verify(t.Context(), m.Tables(), journal.VerifyOptions{
			PublicKeys: []string{journaltest.NewSigner(t, 1).PublicKey()}, WitnessedCheckpoints: w.got,
		})
		if err != nil || !r.OK || r.Complete != journal.CompleteYes || r.Witnessed != 3 {
			t.Errorf("report = %+v, %v", r, err)
		}
	})
}

// TestKeeperPublishesAgainAfterRestart: the process may have died between saving and
// publishing.
func TestKeeperPublishesAgainAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := new(journaltest.Memory), new(recorder)
		journaltest.Add(t, m, 0, 3)
		journaltest.Sign(t, m, journaltest.NewSigner(t, 1))
		defer start(t, newKeeper(t, m, w))()
		equal(t, "published", w.sizes(t), 3)
	})
}

func TestKeeperBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, bad, slow, good := new(journaltest.Memory), new(recorder), new(recorder), new(recorder)
		bad.set(errors.New("no route"), false)
		slow.set(nil, true)
		journaltest.Add(t, m, 0, 1)
		k := newKeeper(t, m, bad, slow, good)
		defer start(t, k)()
		began := time.Now()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		// Attempts at 0, 1, 3, 7 seconds.
		if n := len(bad.times); n != 4 || bad.times[3].Sub(began) != 7*time.Second {
			t.Errorf("attempts of a failing witness: %v", bad.times)
		}
		if n := len(good.sizes(t)); n == 0 {
			t.Error("a failing witness held up a good one")
		}
		if s := k.State().Witnesses[0]; s.Failures != 4 || s.LastError != "no route" || s.Size != 0 {
			t.Errorf("state of the failing witness = %+v", s)
		}
		journaltest.Add(t, m, 1, 1)
		time.Sleep(2 * time.Minute)
		bad.set(nil, false)
		slow.set(nil, false)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		// Both get the newest one; the older is covered by it.
		equal(t, "failing witness at last", bad.sizes(t), 2)
		equal(t, "hanging witness at last", slow.sizes(t), 2)
		if s := k.State().Witnesses[1]; s.Failures != 0 || s.LastError == "" || s.Size != 2 {
			t.Errorf("state of the witness that hung = %+v", s)
		}
	})
}

func TestKeeperStopsWhileAWitnessHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, slow := new(journaltest.Memory), new(recorder)
		slow.set(nil, true)
		journaltest.Add(t, m, 0, 1)
		stop := start(t, newKeeper(t, m, slow))
		began := time.Now()
		stop()
		if waited := time.Since(began); waited != 0 {
			t.Errorf("Run ended after %v", waited)
		}
	})
}

// altered is a store whose answers a person changed.
type altered struct {
	*journaltest.Memory
	size atomic.Int64 // 0 for the true one
	last []byte
}

func (a *altered) Size(ctx context.Context) (int64, error) {
	if n := a.size.Load(); n > 0 {
		return n, nil
	}
	return a.Memory.Size(ctx)
}

func (a *altered) LastCheckpoint(ctx context.Context) ([]byte, error) {
	if a.last != nil {
		return a.last, nil
	}
	return a.Memory.LastCheckpoint(ctx)
}

// TestKeeperDoesNotSignOverDamage: a signature must not cover up what was changed.
func TestKeeperDoesNotSignOverDamage(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	m := new(journaltest.Memory)
	journaltest.Add(t, m, 0, 10)
	good, made, err := newKeeper(t, m).Checkpoint(ctx)
	if err != nil || !made || good.Size != 10 {
		t.Fatalf("Checkpoint = %+v, %v, %v", good, made, err)
	}
	if _, made, err := newKeeper(t, m).Checkpoint(ctx); err != nil || made {
		t.Errorf("Checkpoint of an unmoved head = %v, %v", made, err)
	}
	other := new(journaltest.Memory)
	journaltest.Add(t, other, 100, 12)
	shorter := &altered{Memory: m}
	shorter.size.Store(8)
	for name, store := range map[string]*altered{
		"shorter":            shorter,
		"other history":      {Memory: other, last: good.Signed},
		"forged checkpoint":  {Memory: m, last: append([]byte("x"), good.Signed...)},
		"foreign checkpoint": {Memory: m, last: foreign(t)},
	} {
		if _, made, err := newKeeper(t, store).Checkpoint(ctx); made || !errors.Is(err, fault.ErrConflict) {
			t.Errorf("%s: Checkpoint = %v, %v; want ErrConflict", name, made, err)
		}
	}
}

func foreign(t *testing.T) []byte {
	m := new(journaltest.Memory)
	journaltest.Add(t, m, 0, 10)
	return journaltest.Sign(t, m, journaltest.NewSigner(t, 2)).Signed
}

func TestKeeperShowsWhyItDoesNotSign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(journaltest.Memory)
		journaltest.Add(t, m, 0, 10)
		store := &altered{Memory: m}
		k := newKeeper(t, store)
		defer start(t, k)()
		store.size.Store(8)
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := k.State(); s.LastError == "" || s.Size != 10 {
			t.Errorf("state = %+v, want an error", s)
		}
		store.size.Store(0)
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := k.State(); s.LastError != "" {
			t.Errorf("state = %+v, want no error once it is well", s)
		}
	})
}

// paced is a witness that wants no more than one checkpoint in five minutes.
type paced struct{ *recorder }

func (paced) Pace() time.Duration { return 5 * time.Minute }

// TestKeeperKeepsThePaceOfAMailbox: it gets the first at once, then the newest in each pace,
// and holds up nobody else.
func TestKeeperKeepsThePaceOfAMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, slow, quick := new(journaltest.Memory), paced{new(recorder)}, new(recorder)
		journaltest.Add(t, m, 0, 1)
		defer start(t, newKeeper(t, m, slow, quick))()
		for i := range 9 {
			time.Sleep(time.Minute)
			synctest.Wait()
			journaltest.Add(t, m, i+1, 1)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := len(slow.sizes(t)); n != 3 {
			t.Errorf("the mailbox got %v, want three in eleven minutes", slow.sizes(t))
		}
		if sizes := slow.sizes(t); sizes[0] != 1 || sizes[len(sizes)-1] < 9 {
			t.Errorf("the mailbox got %v, want the first and then the newest", sizes)
		}
		if n := len(quick.sizes(t)); n != 10 {
			t.Errorf("the other witness got %d of 10", n)
		}
	})
}
