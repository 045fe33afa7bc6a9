package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
)

// row is a notification as it is stored.
type row struct {
	response.Notification
	queued        time.Time
	tries         int
	claimed       time.Time
	owner         string
	freed         string // from whom it was taken because he was silent
	held          delivery.Hold
	heard, struck bool
	remote        string
	attempts      []attempt
	place         int  // in the order of the table
	listed        bool // among those that may be open
}

type attempt struct {
	outcome string // as in the database: "began", a state or a kind of fault
	known   delivery.Known
}

// early is a receipt that came before we knew its message.
type early struct {
	channel string
	late    delivery.Late
}

func (r *row) open() bool { return r.State == response.Pending || r.State == response.Sending }

// left is how long the lease of a claimed notification still holds.
func (s *model) left(id string, now time.Time) time.Duration {
	if r := s.rows.byID[id]; r != nil {
		return r.Due.Sub(now)
	}
	return 0
}

const ahead = 20 * time.Millisecond // as in the database

// Take implements delivery.Store.
func (v *view) Take(_ context.Context, ids []string, c delivery.Claim) (out []delivery.Claimed, err error) {
	return out, v.write2(&out, func() {
		for _, r := range v.rows.some(ids) {
			if r.open() && (!r.Due.After(c.Now.Add(ahead)) || v.w.opt.Plant == LeaseUnchecked) {
				out = append(out, v.claim(r, c))
			}
		}
		slices.SortStableFunc(out, func(a, b delivery.Claimed) int { return int(b.Level) - int(a.Level) })
	})
}

// write2 is write for calls that return rows: nothing is returned of what is in doubt.
func (v *view) write2(out *[]delivery.Claimed, do func()) error {
	err := v.write(func() error { do(); return nil })
	if err != nil {
		*out = nil
	}
	return err
}

// TakeDue implements delivery.Store.
func (v *view) TakeDue(_ context.Context, p delivery.Pick, c delivery.Claim) (out []delivery.Claimed, err error) {
	var due []*row
	for _, r := range v.rows.open() {
		late := !r.Due.After(p.Before) || v.w.opt.Plant == LeaseUnchecked && r.State == response.Sending
		if r.Level >= p.Least && late && !slices.Contains(p.Without, r.Channel) {
			due = append(due, r)
		}
	}
	if len(due) == 0 {
		return nil, v.n.reach()
	}
	return out, v.write2(&out, func() {
		slices.SortStableFunc(due, func(a, b *row) int {
			if a.Level != b.Level {
				return int(b.Level) - int(a.Level)
			}
			return a.Due.Compare(b.Due)
		})
		for _, r := range due[:min(len(due), p.Limit)] {
			out = append(out, v.claim(r, c))
		}
	})
}

// TakeFor implements delivery.StormStore.
func (v *view) TakeFor(_ context.Context, who delivery.Recipient, below level.Level, c delivery.Claim, limit int) (out []delivery.Claimed, err error) {
	return out, v.write2(&out, func() {
		for _, r := range v.rows.byWho[who] {
			if r.State == response.Pending && r.tries == 0 && r.Level < below && len(out) < limit {
				out = append(out, v.claim(r, c))
			}
		}
		slices.SortStableFunc(out, func(a, b delivery.Claimed) int { return a.Queued.Compare(b.Queued) })
	})
}

func recipient(r *row) delivery.Recipient {
	return delivery.Recipient{Org: r.Org, Contact: r.Contact, Channel: r.Channel}
}

func (v *view) claim(r *row, c delivery.Claim) delivery.Claimed {
	out := delivery.Claimed{Notification: r.Notification, Queued: r.queued, First: true}
	if r.freed == v.n.owner() { // he has it again
		r.freed = ""
	}
	r.tries++
	r.State, r.Due, r.claimed, r.owner, r.held = response.Sending, c.Until(r.Level), c.Now, v.n.owner(), ""
	r.attempts = append(r.attempts, attempt{outcome: "began"})
	out.Tries, out.Until, out.State = r.tries, r.Due, r.State
	for _, o := range v.rows.byWarning[r.Warning] {
		if o.Channel == r.Channel && o.Address == r.Address && o != r && (o.State == response.Queued || o.State == response.Sent || o.State == response.Delivered) {
			out.First = false
			out.Parent = o.remote
		}
	}
	return out
}

// Facts implements delivery.Store.
func (v *view) Facts(_ context.Context, n response.Notification) (delivery.Facts, error) {
	return delivery.Facts{Warning: v.warnings[n.Warning].head}, v.n.reach()
}

// Finish implements delivery.Store.
func (v *view) Finish(_ context.Context, list []delivery.Outcome) (out []delivery.Unreached, err error) {
	err = v.write(func() error {
		var lost []delivery.Unreached
		for _, o := range list {
			v.one(o, &lost)
		}
		for _, o := range list {
			if o.Remote == "" {
				continue
			}
			rest := v.early[:0:0]
			for _, e := range v.early {
				if e.channel == o.Channel && e.late.Remote == o.Remote {
					v.late(o.Notification, o.Try, e.late, o.Ended, &lost)
				} else {
					rest = append(rest, e)
				}
			}
			v.early = rest
		}
		out = v.unreached(lost)
		return nil
	})
	return out, err
}

func (v *view) one(o delivery.Outcome, lost *[]delivery.Unreached) {
	r := v.rows.byID[o.Notification]
	if o.Struck || o.State == response.Failed {
		*lost = append(*lost, delivery.Unreached{Org: o.Org, Warning: o.Warning, Contact: o.Contact, Revision: o.Revision, Step: o.Step})
	}
	ours := r.State == response.Sending && r.tries == o.Try
	if o.Unsent {
		v.w.check.putOff(o)
		if ours {
			r.State, r.tries, r.Due, r.held, r.struck = response.Pending, r.tries-1, o.NextDue, o.Held, r.struck || o.Struck
			r.attempts, r.claimed = r.attempts[:len(r.attempts)-1], time.Time{}
		}
		return
	}
	a := &r.attempts[o.Try-1]
	if a.outcome = string(o.State); o.Kind != "" {
		a.outcome = string(o.Kind)
	}
	if o.Remote != "" {
		v.remember(o.Channel+" "+o.Remote, remote{o.Notification, o.Try})
	}
	v.w.check.stored(o)
	if !ours || r.heard {
		v.settle(r, o.Ended, o.NextDue, lost)
		return
	}
	r.State, r.Due, r.struck = o.State, o.Ended, r.struck || o.Struck
	if o.State == response.Pending {
		r.Due = o.NextDue
	}
	if o.Remote != "" {
		r.remote = o.Remote
	}
}

func (v *view) remember(key string, m remote) {
	list := v.remotes[key]
	if i := slices.IndexFunc(list, func(x remote) bool { return x.id == m.id }); i >= 0 {
		list[i] = m
		return
	}
	v.remotes[key] = append(list, m)
}

// settle brings a notification to where all that is known of it says that it stands.
func (v *view) settle(r *row, now, next time.Time, lost *[]delivery.Unreached) {
	tries := make([]delivery.Tried, len(r.attempts))
	for i, a := range r.attempts {
		tries[i] = delivery.Tried{Known: a.known, Own: response.State(a.outcome)}
		switch k := delivery.FaultKind(a.outcome); k {
		case delivery.Dead, delivery.Refused, delivery.Misset:
			tries[i].Own, tries[i].Kind = response.Failed, k
		case delivery.Retry, delivery.Overload:
			tries[i].Own, tries[i].Kind = response.Pending, k
			if _, more := delivery.Again(r.Level, i+1); !more {
				tries[i].Own = response.Failed
			}
		case "began":
			tries[i].Own = response.Sending
		}
	}
	state, _, again := delivery.Stand(tries)
	struck := false
	if state == response.Failed && again {
		if wait, more := delivery.Again(r.Level, r.tries); more {
			state, next, struck = response.Pending, now.Add(wait), true
		}
	}
	if state == r.State || r.State == response.Superseded || r.State == response.Muted {
		return
	}
	if state == response.Failed || struck {
		*lost = append(*lost, delivery.Unreached{Org: r.Org, Warning: r.Warning, Contact: r.Contact, Revision: r.Revision, Step: r.Step})
	}
	due := now
	switch state {
	case response.Sending:
		return
	case response.Pending:
		if !next.IsZero() {
			due = next
		}
	}
	r.State, r.Due, r.struck = state, due, r.struck || struck
	v.rows.reopen(r)
}

// Receive implements delivery.ReturnStore.
func (v *view) Receive(_ context.Context, channel string, list []delivery.Late, now time.Time) (out delivery.Received, err error) {
	err = v.write(func() error {
		var lost []delivery.Unreached
		for _, l := range list {
			carried, known := v.remotes[channel+" "+l.Remote]
			if !known {
				v.early = append(v.early, early{channel, l})
				continue
			}
			for _, m := range carried {
				v.late(m.id, m.n, l, now, &lost)
			}
		}
		out = delivery.Received{Orgs: []string{"o"}, Unreached: v.unreached(lost), Again: true}
		return nil
	})
	return out, err
}

func (v *view) late(id string, n int, l delivery.Late, now time.Time, lost *[]delivery.Unreached) {
	r := v.rows.byID[id]
	a := &r.attempts[n-1]
	v.w.check.kept(id, l)
	if v.w.opt.Plant == ReceiptReversed {
		if r.State != response.Superseded {
			r.State, r.Due = l.State, now
		}
		return
	}
	known := a.known.Add(l.State, l.Kind)
	if known == a.known {
		return
	}
	a.known, r.heard = known, true
	v.settle(r, now, time.Time{}, lost)
}

func (v *view) unreached(lost []delivery.Unreached) []delivery.Unreached {
	var out []delivery.Unreached
	for _, u := range lost {
		if slices.Contains(out, u) {
			continue
		}
		top, hopes, all := level.Green, 0, 0
		for _, r := range v.rows.byWarning[u.Warning] {
			if r.Revision != u.Revision {
				continue
			}
			top = max(top, r.Level)
			if r.State == response.Queued || r.State == response.Sent || r.State == response.Delivered || r.open() && !r.struck {
				all++
				if r.Contact == u.Contact {
					hopes++
				}
			}
		}
		if hopes == 0 && (top >= level.Red || all == 0) {
			out = append(out, u)
		}
		for _, r := range v.rows.byWarning[u.Warning] {
			if r.Revision == u.Revision && r.Contact == u.Contact && r.State == response.Pending && r.tries == 0 && r.held == delivery.HeldRecipient {
				r.held, r.Due = "", r.queued
			}
		}
	}
	return out
}

// Replied implements delivery.ReturnStore.
func (v *view) Replied(_ context.Context, channel, reply string) (bool, error) {
	return v.replies[channel+" "+reply], v.n.reach()
}

// TookReply implements delivery.ReturnStore.
func (v *view) TookReply(_ context.Context, channel, reply string, _ time.Time) error {
	return v.write(func() error { v.replies[channel+" "+reply] = true; return nil })
}

// Meant implements delivery.ReturnStore: replies of this world name what they answer.
func (v *view) Meant(_ context.Context, _ string, r delivery.Reply, _ time.Time) (delivery.Meant, error) {
	if err := v.n.reach(); err != nil {
		return delivery.Meant{}, err
	}
	n := v.rows.byID[r.Notification]
	if n == nil || !strings.EqualFold(n.Address, r.From) {
		return delivery.Meant{}, fmt.Errorf("what a reply answers: %w", fault.ErrNotFound)
	}
	return delivery.Meant{Notification: n.ID, Org: n.Org, Warning: n.Warning, Project: v.warnings[n.Warning].head.Project, Contact: n.Contact}, nil
}

// Recent implements delivery.StormStore.
func (v *view) Recent(_ context.Context, who []delivery.Recipient, since time.Time) (map[delivery.Recipient]delivery.Recent, error) {
	out := map[delivery.Recipient]delivery.Recent{}
	for _, one := range who {
		var got delivery.Recent
		for _, r := range v.rows.byWho[one] {
			if r.queued.Before(since) || r.State == response.Muted || r.State == response.Superseded || r.State == response.Held {
				continue
			}
			got.Came++
			if r.tries > 0 {
				got.Sounded++
			}
		}
		if got.Came > 0 {
			out[one] = got
		}
	}
	return out, v.n.reach()
}

// Spent implements delivery.StormStore.
func (v *view) Spent(_ context.Context, who delivery.Recipient, since time.Time) (int, error) {
	n := 0
	list := v.rows.all
	if who.Contact != "" {
		list = v.rows.byWho[who]
	}
	for _, r := range list {
		if r.Channel == who.Channel && (who.Contact == "" || r.Contact == who.Contact) && !r.claimed.IsZero() && !r.claimed.Before(since) {
			n++
		}
	}
	return n, v.n.reach()
}

// Floods implements delivery.StormStore.
func (v *view) Floods(context.Context) ([]delivery.Flood, error) {
	var out []delivery.Flood
	for _, f := range v.floods {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b delivery.Flood) int { return a.Compare(b.Recipient) })
	return out, v.n.reach()
}

// BeginFlood implements delivery.StormStore.
func (v *view) BeginFlood(_ context.Context, f delivery.Flood) error {
	return v.write(func() error {
		if _, is := v.floods[f.Recipient]; !is {
			v.floods[f.Recipient] = f
		}
		return nil
	})
}

// EndFlood implements delivery.StormStore.
func (v *view) EndFlood(_ context.Context, r delivery.Recipient, _ time.Time) error {
	return v.write(func() error { delete(v.floods, r); return nil })
}

// MoveFlood implements delivery.StormStore.
func (v *view) MoveFlood(_ context.Context, f delivery.Flood) error {
	return v.write(func() error {
		if _, is := v.floods[f.Recipient]; is {
			v.floods[f.Recipient] = f
		}
		return nil
	})
}
