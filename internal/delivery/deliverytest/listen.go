package deliverytest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"watchfire.dev/internal/delivery"
)

// A ListenRig is a channel that waits at its provider.
type ListenRig struct {
	Listener delivery.Listener
	// Put makes the provider hold the n-th thing (0, 1, 2) and returns what it must be heard
	// as. Details and Yes, No are not compared.
	Put func(t *testing.T, n int) delivery.Heard
}

// errFull is why the test keeps nothing.
var errFull = errors.New("the disk is full")

// RunListener runs the suite for what is waited for: what heard refused is given again, what
// it took is not, not even to a listener that begins anew, and the end of ctx ends it. It
// must be called from a test that is not parallel.
func RunListener(t *testing.T, start func(t *testing.T) ListenRig) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Run("what was refused comes again", func(t *testing.T) { repeatsUntilKept(t, start(t)) })
	goleak.VerifyNone(t, before)
}

func repeatsUntilKept(t *testing.T, r ListenRig) {
	want := []delivery.Heard{r.Put(t, 0)}
	refused := 0
	got := listen(t, r, func(n int, _ delivery.Heard) (error, bool) {
		if n < 2 {
			refused++
			return errFull, false
		}
		return nil, true
	})
	if refused != 2 {
		t.Errorf("given %d times while it was refused twice", refused)
	}
	same(t, append(want, want[0], want[0]), got)
	next := r.Put(t, 1)
	got = listen(t, r, func(int, delivery.Heard) (error, bool) { return nil, true })
	same(t, []delivery.Heard{next}, got)
}

// listen runs the listener until do says that it is enough, and returns all that was heard.
func listen(t *testing.T, r ListenRig, do func(n int, h delivery.Heard) (error, bool)) []delivery.Heard {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all []delivery.Heard
	err := r.Listener.Listen(ctx, func(_ context.Context, h delivery.Heard) error {
		if silent(h) {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		holds(t, h)
		all = append(all, h)
		err, enough := do(len(all)-1, h)
		if enough {
			cancel()
		}
		return err
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("the listener ended with %v", err)
	}
	return all
}

func same(t *testing.T, want, got []delivery.Heard) {
	t.Helper()
	ignore := cmp.Options{
		cmpopts.IgnoreFields(delivery.Late{}, "Detail"), cmpopts.IgnoreFields(delivery.Heard{}, "Yes", "No"), cmpopts.EquateEmpty(),
	}
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}
