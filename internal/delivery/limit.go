package delivery

import (
	"math"
	"slices"
	"time"
)

// A Limit is at most N in each span; the zero value limits nothing.
type Limit struct {
	N   int
	Per time.Duration
}

// None tells whether it limits nothing.
func (l Limit) None() bool { return l.N <= 0 || l.Per <= 0 }

// ChannelLimits bound one channel. Reds obey what the provider bounds, and nothing else.
type ChannelLimits struct {
	Rate      Limit // the provider's rate
	Budget    Limit // what may be spent, usually in a day
	Recipient Limit // to one recipient, below red
}

// Limits bound what leaves the house, so that people can act on it and providers take it.
type Limits struct {
	Channels map[string]ChannelLimits // by channel; one that is not listed is not limited
	Flood    Flooding
}

// DefaultLimits are bounds that work without configuration: rates that the usual accounts of
// these providers take, and for people at most what METHOD.md 4.1 allows a duty officer.
func DefaultLimits() Limits {
	second, hour := time.Second, time.Hour
	shift := Limit{36, 12 * hour} // all notifications in a shift of twelve hours
	out := Limits{Flood: DefaultFlooding(), Channels: map[string]ChannelLimits{
		"email":    {Rate: Limit{50, second}, Recipient: Limit{120, 12 * hour}},
		"sms":      {Rate: Limit{10, second}, Budget: Limit{5000, 24 * hour}, Recipient: shift},
		"voice":    {Rate: Limit{2, second}, Budget: Limit{1000, 24 * hour}, Recipient: Limit{12, 12 * hour}},
		"whatsapp": {Rate: Limit{20, second}, Budget: Limit{10000, 24 * hour}, Recipient: shift},
		"telegram": {Rate: Limit{25, second}, Recipient: Limit{120, 12 * hour}},
		"webpush":  {Rate: Limit{100, second}, Recipient: Limit{120, 12 * hour}},
	}}
	for _, room := range []string{"slack", "teams", "wecom", "dingtalk", "feishu", "shoutrrr"} {
		out.Channels[room] = ChannelLimits{Rate: Limit{5, second}, Recipient: Limit{120, 12 * hour}}
	}
	return out
}

// A bucket counts a limit: it holds at most N and fills by N in each span.
type bucket struct {
	limit Limit
	holds float64
	at    time.Time
}

// newBucket returns a bucket from which spent were taken in the span before now.
func newBucket(l Limit, spent int, now time.Time) *bucket {
	return &bucket{limit: l, holds: math.Max(0, float64(l.N-spent)), at: now}
}

// fill lets time pass. A clock that is set back fills nothing.
func (b *bucket) fill(now time.Time) {
	if d := now.Sub(b.at); d > 0 {
		b.holds = math.Min(float64(b.limit.N), b.holds+float64(b.limit.N)*float64(d)/float64(b.limit.Per))
	}
	b.at = now
}

// wait is how long until one more may leave, 0 = now. A nil bucket limits nothing.
func (b *bucket) wait(now time.Time) time.Duration {
	if b == nil || b.limit.None() {
		return 0
	}
	b.fill(now)
	if b.holds >= 1 {
		return 0
	}
	missing := 1 - b.holds
	return time.Duration(math.Ceil(missing * float64(b.limit.Per) / float64(b.limit.N)))
}

func (b *bucket) take() {
	if b != nil && !b.limit.None() {
		b.holds--
	}
}

// spend takes what others have sent.
func (b *bucket) spend(n int, now time.Time) {
	if b != nil && n > 0 {
		b.fill(now)
		b.holds = math.Max(0, b.holds-float64(n))
	}
}

// A Recipient is a contact on one channel: the unit that is flooded and limited.
type Recipient struct {
	Org, Contact, Channel string
}

// Compare orders recipients.
func (r Recipient) Compare(o Recipient) int {
	return slices.Compare([]string{r.Org, r.Contact, r.Channel}, []string{o.Org, o.Contact, o.Channel})
}

// Hold is why a notification was put off. The words are part of the API.
type Hold string

// The reasons.
const (
	HeldFlood     Hold = "flood"     // it goes into the next digest
	HeldRecipient Hold = "recipient" // the recipient has got as many as anybody can act on
	HeldProvider  Hold = "provider"  // the provider takes no more in this span
	HeldBudget    Hold = "budget"    // the channel's budget is spent
)
