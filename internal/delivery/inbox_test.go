package delivery

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

// returns is a ReturnStore in memory: one address was told of one warning.
type returns struct {
	mu       sync.Mutex
	taken    map[string]bool
	receipts []Late
	down     bool
}

// Receive implements ReturnStore.
func (r *returns) Receive(_ context.Context, _ string, list []Late, _ time.Time) (Received, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return Received{}, fault.ErrUnavailable
	}
	r.receipts = append(r.receipts, list...)
	return Received{Orgs: []string{"o"}, Unreached: []Unreached{{Warning: "w"}}, Again: true}, nil
}

// Replied implements ReturnStore.
func (r *returns) Replied(_ context.Context, _, id string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taken[id], nil
}

// TookReply implements ReturnStore.
func (r *returns) TookReply(_ context.Context, _, id string, _ time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken[id] = true
	return nil
}

// Meant implements ReturnStore.
func (r *returns) Meant(_ context.Context, _ string, reply Reply, _ time.Time) (Meant, error) {
	if reply.From != "+4912345" {
		return Meant{}, fault.ErrNotFound
	}
	return Meant{Notification: "n", Org: "o", Warning: "w", Project: "p", Contact: "c"}, nil
}

// told is an Answerer that remembers.
type told struct {
	mu    sync.Mutex
	words []string
	down  bool
}

// Answered implements Answerer.
func (w *told) Answered(_ context.Context, m Meant, channel string, said Said, text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return fault.ErrUnavailable
	}
	w.words = append(w.words, strings.Join([]string{channel, m.Contact, string(said), text}, " "))
	return nil
}

// Left implements Answerer.
func (w *told) Left(ctx context.Context, m Meant, channel string) error {
	return w.Answered(ctx, m, channel, SaidLeave, "")
}

// ear is a channel that hears what a test gives it.
type ear struct {
	way
	heard Heard
	err   error
}

// Hear implements Hook.
func (e *ear) Hear(context.Context, Request) (Heard, error) { return e.heard, e.err }

// Listen implements Listener.
func (e *ear) Listen(ctx context.Context, heard func(context.Context, Heard) error) error {
	if err := heard(ctx, e.heard); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func listening(e *ear) (*Inbox, *returns, *told, *int) {
	store, watch, again := &returns{taken: map[string]bool{}}, &told{}, new(int)
	return NewInbox(InboxConfig{
		Store: store, Watch: watch, Channels: []Channel{e, &way{name: "deaf"}}, Now: noon().read, Changed: func(string) {},
		Unreached: func(context.Context, Unreached) { *again += 10 }, Again: func() { *again++ }, Log: slog.New(slog.DiscardHandler),
	}), store, watch, again
}

// TestYesOnlyWhenItIsOnDisk: the provider hears Yes after the commit and No without one, so
// that a voice never says "acknowledged" too early.
func TestYesOnlyWhenItIsOnDisk(t *testing.T) {
	t.Parallel()
	yes, no := Answer{Status: 200, Type: "text/plain", Body: []byte("thanks")}, Answer{Status: 503}
	e := &ear{way: way{name: "sms"}, heard: Heard{
		Receipts: []Late{{Remote: "r", State: response.Delivered}}, Replies: []Reply{{ID: "1", From: " +4912345", Said: SaidHaveIt, Text: "1"}}, Yes: yes, No: no,
	}}
	b, store, watch, again := listening(e)
	for range 3 { // the provider repeats itself: one answer
		if a, err := b.Hear(t.Context(), "sms", Request{}); err != nil || a.Status != 200 {
			t.Fatal(a, err)
		}
	}
	if len(watch.words) != 1 || watch.words[0] != "sms c have_it 1" || len(store.receipts) != 3 || *again != 33 {
		t.Errorf("%q, %d receipts, %d", watch.words, len(store.receipts), *again)
	}
	e.heard.Replies[0].ID, watch.down = "2", true
	if a, err := b.Hear(t.Context(), "sms", Request{}); err != nil || a.Status != 503 {
		t.Errorf("the watch is down: %+v, %v", a, err)
	}
	watch.down = false
	if a, err := b.Hear(t.Context(), "sms", Request{}); err != nil || a.Status != 200 || len(watch.words) != 2 {
		t.Errorf("its repeat: %+v, %v, %q", a, err, watch.words)
	}
	store.down = true
	if a, err := b.Hear(t.Context(), "sms", Request{}); err != nil || a.Status != 503 {
		t.Errorf("the store is down: %+v, %v", a, err)
	}
	e.heard.No = Answer{}
	if _, err := b.Hear(t.Context(), "sms", Request{}); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("without a No of its own: %v", err)
	}
}

// TestWhoWasNotToldMayNotAnswer and a listener does not hang on what they say.
func TestWhoWasNotToldMayNotAnswer(t *testing.T) {
	t.Parallel()
	e := &ear{way: way{name: "sms"}, heard: Heard{Replies: []Reply{{ID: "1", From: "+999", Said: SaidHaveIt}}, Yes: Answer{Status: 200}, No: Answer{Status: 422}}}
	b, _, watch, _ := listening(e)
	if a, err := b.Hear(t.Context(), "sms", Request{}); err != nil || a.Status != 422 || len(watch.words) != 0 || b.Unmatched() != 1 {
		t.Errorf("%+v, %v, %q, %d unmatched", a, err, watch.words, b.Unmatched())
	}
	if err := b.Take(t.Context(), "sms", e.heard); err != nil {
		t.Errorf("a listener would hear it for ever: %v", err)
	}
}

// TestWhatPeopleSay arrives as what it means; what is no answer is a note.
func TestWhatPeopleSay(t *testing.T) {
	t.Parallel()
	e := &ear{way: way{name: "sms"}}
	b, _, watch, _ := listening(e)
	for _, said := range []Said{SaidHelp, SaidCannot, SaidSafe, SaidLeave, SaidOther} {
		r := Reply{From: "+4912345", Said: said, Text: " who\xff is it? " + strings.Repeat("é", 600)}
		if err := b.Take(t.Context(), "sms", Heard{Replies: []Reply{r, r}}); err != nil {
			t.Fatal(err)
		}
	}
	if len(watch.words) != 5 {
		t.Fatalf("%d, want each once: without an id the same words count once", len(watch.words))
	}
	for i, want := range []string{"need_help", "cannot", "safe", "leave", "other"} {
		if !strings.HasPrefix(watch.words[i], "sms c "+want) || len([]rune(watch.words[i])) > 520 {
			t.Errorf("%.40q, want %s", watch.words[i], want)
		}
	}
}

// TestHooksRefuse what does not come from the provider, and channels without a hook.
func TestHooksRefuse(t *testing.T) {
	t.Parallel()
	e := &ear{way: way{name: "sms"}, err: fault.ErrUnauthorised}
	b, _, _, _ := listening(e)
	if _, err := b.Hear(t.Context(), "sms", Request{Method: http.MethodPost}); !errors.Is(err, fault.ErrUnauthorised) {
		t.Errorf("a false signature: %v", err)
	}
	if _, err := b.Hear(t.Context(), "deaf", Request{}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a channel without hook: %v", err)
	}
	if got := strings.Join(b.Hooks(), ","); got != "sms" {
		t.Errorf("hooks %s", got)
	}
}

// TestListenersHear until the end.
func TestListenersHear(t *testing.T) {
	t.Parallel()
	e := &ear{way: way{name: "telegram"}, heard: Heard{Replies: []Reply{{ID: "1", From: "+4912345", Said: SaidHaveIt}}}}
	b, _, watch, _ := listening(e)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { b.Run(ctx) }) //nolint:errcheck // it returns none
	until(t, "it hears", func() bool { watch.mu.Lock(); defer watch.mu.Unlock(); return len(watch.words) == 1 })
	cancel()
	running.Wait()
}
