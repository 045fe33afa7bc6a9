package delivery

import (
	"fmt"
	"slices"
	"testing"

	"watchfire.dev/internal/response"
)

// word is one thing that happens to an attempt: our own call ends, or the provider calls.
type word struct {
	own   bool
	state response.State
	kind  FaultKind
}

// TestOrderOfCallbacksDoesNotMatter goes through every choice of up to five callbacks, our
// own call's end among them at every place, each also doubled, and wants one end state for
// all orders (TRUST.md, row 19).
func TestOrderOfCallbacksDoesNotMatter(t *testing.T) {
	t.Parallel()
	callbacks := []word{
		{state: response.Queued},
		{state: response.Sent},
		{state: response.Delivered},
		{state: response.Failed, kind: Retry},
		{state: response.Failed, kind: Dead},
	}
	ends := []word{
		{own: true, state: response.Queued},
		{own: true, state: response.Sent},
		{own: true, state: response.Pending, kind: Retry},
		{own: true, state: response.Failed, kind: Refused},
	}
	orders := 0
	for _, end := range ends {
		for set := range 1 << len(callbacks) {
			var list []word
			for i, c := range callbacks {
				if set&(1<<i) != 0 {
					list = append(list, c)
				}
			}
			list = append(list, end)
			want := ""
			permute(list, func(p []word) {
				for _, doubled := range []bool{false, true} {
					orders++
					got := play(p, doubled)
					if want == "" {
						want = got
					}
					if got != want {
						t.Fatalf("%v doubled=%v ends as %s, another order as %s", p, doubled, got, want)
					}
				}
			})
		}
	}
	if orders < 1000 {
		t.Errorf("only %d orders were played", orders)
	}
}

// play gives the words to an attempt one by one, as the store does.
func play(list []word, doubled bool) string {
	a := Tried{Own: response.Sending}
	say := func(w word) {
		if w.own {
			a.Own, a.Kind = w.state, w.kind
		} else {
			a.Known = a.Known.Add(w.state, w.kind)
		}
	}
	for i, w := range list {
		say(w)
		if doubled {
			for _, again := range list[:i+1] {
				if !again.own {
					say(again)
				}
			}
		}
	}
	s, k, again := Stand([]Tried{a})
	return fmt.Sprint(s, k, again)
}

func permute(list []word, do func([]word)) {
	var rec func(k int)
	rec = func(k int) {
		if k == len(list) {
			do(slices.Clone(list))
			return
		}
		for i := k; i < len(list); i++ {
			list[k], list[i] = list[i], list[k]
			rec(k + 1)
			list[k], list[i] = list[i], list[k]
		}
	}
	rec(0)
}

// TestWhereANotificationStands is the table that a duty officer can check.
func TestWhereANotificationStands(t *testing.T) {
	t.Parallel()
	sent, queued, pending := Tried{Own: response.Sent}, Tried{Own: response.Queued}, Tried{Own: response.Pending, Kind: Retry}
	with := func(a Tried, s response.State, k FaultKind) Tried {
		a.Known = a.Known.Add(s, k)
		return a
	}
	for _, tt := range []struct {
		name  string
		tries []Tried
		want  response.State
		kind  FaultKind
		again bool
	}{
		{"nothing tried", nil, response.Pending, "", false},
		{"under way", []Tried{{Own: response.Sending}}, response.Sending, "", false},
		{"accepted", []Tried{sent}, response.Sent, "", false},
		{"the provider has it", []Tried{queued}, response.Queued, "", false},
		{"told before our call returned", []Tried{with(Tried{Own: response.Sending}, response.Delivered, "")}, response.Delivered, "", false},
		{"delivered, then failed", []Tried{with(with(sent, response.Delivered, ""), response.Failed, Dead)}, response.Delivered, "", false},
		{"failed, then delivered after all", []Tried{with(with(sent, response.Failed, Dead), response.Delivered, "")}, response.Delivered, "", false},
		{"accepted, then failed for good", []Tried{with(sent, response.Failed, Dead)}, response.Failed, Dead, false},
		{"accepted, then failed for now", []Tried{with(sent, response.Failed, Retry)}, response.Failed, Retry, true},
		{"timed out, yet it went out", []Tried{with(pending, response.Sent, "")}, response.Sent, "", false},
		{"to be tried again", []Tried{pending}, response.Pending, "", false},
		{"the second try went well", []Tried{pending, sent}, response.Sent, "", false},
		{"the first arrived while the second runs", []Tried{with(pending, response.Delivered, ""), {Own: response.Sending}}, response.Delivered, "", false},
		{"refused", []Tried{{Own: response.Failed, Kind: Refused}}, response.Failed, Refused, false},
		{"failed after acceptance, then tried again", []Tried{with(sent, response.Failed, Retry), {Own: response.Sending}}, response.Sending, "", false},
	} {
		s, k, again := Stand(tt.tries)
		if s != tt.want || k != tt.kind || again != tt.again {
			t.Errorf("%s: %s %q again=%v, want %s %q again=%v", tt.name, s, k, again, tt.want, tt.kind, tt.again)
		}
	}
}
