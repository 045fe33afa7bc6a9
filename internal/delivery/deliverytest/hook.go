package deliverytest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

// A HookRig is a channel whose provider calls us, and what the provider may send.
type HookRig struct {
	Channel interface {
		delivery.Channel
		delivery.Hook
		delivery.Abled
	}
	// Calls are true requests, signed as the provider signs, with what each must be read as.
	// Details and what the provider
	// gets back (Yes, No, After) are not compared.
	Calls map[string]HookCall
	// Forge spoils what proves the provider, one way each; a request that each of them made
	// of each call must be refused. It may not change the request that it is given.
	Forge map[string]func(r delivery.Request) delivery.Request
	// Garbage are requests that are signed right and cannot be read.
	Garbage []delivery.Request
	// Secrets must not occur in any error.
	Secrets []string
}

// A HookCall is one request and what it says.
type HookCall struct {
	Request delivery.Request
	Want    delivery.Heard
}

// RunHook runs the suite for what a provider calls: a true call is read right and gives the
// same when it comes twice, a forged one is fault.ErrUnauthorised and says nothing, what a
// channel says of itself (Able) holds.
func RunHook(t *testing.T, r HookRig) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(r.Calls)) {
		t.Run(name, func(t *testing.T) { hears(t, r, r.Calls[name]) })
	}
	t.Run("garbage", func(t *testing.T) {
		for i, g := range r.Garbage {
			if got, err := r.Channel.Hear(t.Context(), g); !errors.Is(err, fault.ErrInvalid) || !silent(got) {
				t.Errorf("%d: %+v, %v; want nothing and fault.ErrInvalid", i, got, err)
			} else {
				holdsBack(t, r.Secrets, err)
			}
		}
	})
	t.Run("able", func(t *testing.T) { able(t, r) })
}

func hears(t *testing.T, r HookRig, c HookCall) {
	ignore := cmp.Options{
		cmpopts.IgnoreFields(delivery.Late{}, "Detail"), cmpopts.IgnoreFields(delivery.Heard{}, "Yes", "No", "After"), cmpopts.EquateEmpty(),
	}
	first, err := r.Channel.Hear(t.Context(), c.Request)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.Want, first, ignore); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	again, err := r.Channel.Hear(t.Context(), c.Request)
	if err != nil || !cmp.Equal(first, again, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(delivery.Heard{}, "After")) {
		t.Errorf("the same call again: %+v, %v", again, err)
	}
	holds(t, first)
	for name, forge := range r.Forge {
		got, err := r.Channel.Hear(t.Context(), forge(c.Request))
		if !errors.Is(err, fault.ErrUnauthorised) || !silent(got) {
			t.Errorf("%s: %+v, %v; want nothing and fault.ErrUnauthorised", name, got, err)
			continue
		}
		holdsBack(t, r.Secrets, err)
	}
}

// holds checks what is true of everything that came back.
func holds(t *testing.T, h delivery.Heard) {
	t.Helper()
	for _, l := range h.Receipts {
		if l.Notification == "" && l.Remote == "" {
			t.Errorf("a receipt for nothing: %+v", l)
		}
		switch l.State {
		case response.Queued, response.Sent, response.Delivered:
			if l.Kind != "" {
				t.Errorf("a fault of a message that goes well: %+v", l)
			}
		case response.Failed:
			if l.Kind == "" {
				t.Errorf("a failure without a kind: %+v", l)
			}
		default:
			t.Errorf("state %q of a late receipt", l.State)
		}
		if strings.ContainsAny(l.Detail, "\r\n\x00") || len([]rune(l.Detail)) > 400 {
			t.Errorf("the receipt's detail: %q", l.Detail)
		}
	}
	for _, y := range h.Replies {
		if y.ID == "" || y.Said == "" || len([]rune(y.Text)) > 500 {
			t.Errorf("a reply that cannot be kept: %+v", y)
		}
		if y.Notification == "" && y.Remote == "" && y.From == "" {
			t.Errorf("a reply to nothing from nobody: %+v", y)
		}
	}
}

func able(t *testing.T, r HookRig) {
	var receipts, answers bool
	for _, c := range r.Calls {
		receipts, answers = receipts || len(c.Want.Receipts) > 0, answers || len(c.Want.Replies) > 0
	}
	can := r.Channel.Able()
	// A channel may hear of what failed and promise no word of what arrived.
	if can.Receipts && !receipts || can.Answers != answers {
		t.Errorf("Able says receipts %t, answers %t; heard were %t, %t", can.Receipts, can.Answers, receipts, answers)
	}
	switch can.Form {
	case delivery.Full, delivery.Brief, delivery.Chat, delivery.Spoken, delivery.Data:
	default:
		t.Errorf("form %q", can.Form)
	}
}

func silent(h delivery.Heard) bool { return len(h.Receipts) == 0 && len(h.Replies) == 0 }

func holdsBack(t *testing.T, secrets []string, err error) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(fmt.Sprint(err), s) {
			t.Errorf("a secret is told: %.500v", err)
		}
	}
}
