package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// A DeadAddress is an address of a contact that its provider says does not exist. It is a
// task for the administrator until the contact changes or it takes a message.
type DeadAddress struct {
	Contact     string    `json:"contact"`
	ContactName string    `json:"contact_name"`
	Channel     string    `json:"channel"`
	Address     string    `json:"-"` // personal: the contact's page has it
	Since       time.Time `json:"since"`
	Last        time.Time `json:"last"` // newest message that failed
	Detail      string    `json:"detail"`
}

// A ChannelFault is a channel that our own configuration keeps from sending.
type ChannelFault struct {
	Channel string    `json:"channel"`
	Since   time.Time `json:"since"`
	Last    time.Time `json:"last"` // newest message that failed
	Detail  string    `json:"detail"`
}

// Waiting is the queue of notifications that are not out yet.
type Waiting struct {
	Levels [4]int           // by level
	Later  [4]int           // of them: not due yet, or put off
	Late   [4]time.Duration // by how much the oldest due one of each level is late
}

// A ChannelMeter is what one channel sends in this process now.
type ChannelMeter struct {
	Channel string        `json:"channel"`
	Sent    int           `json:"sent"`               // since the process started
	Running int           `json:"running"`            // attempts under way
	Waiting int           `json:"waiting"`            // claimed, and waiting for a slot or for the provider's rate
	Rate    string        `json:"rate,omitempty"`     // what the provider takes, "10/1s"; "" = no limit
	Left    int           `json:"left,omitempty"`     // of the budget
	Budget  string        `json:"budget,omitempty"`   // "5000/24h0m0s"; "" = no limit
	Pause   time.Duration `json:"pause_ns,omitempty"` // until the provider takes the next one
}

// A FloodRow is a contact whose notifications below red go into digests now.
type FloodRow struct {
	Contact     string    `json:"contact"`
	ContactName string    `json:"contact_name"`
	Channel     string    `json:"channel"`
	Since       time.Time `json:"since"`
	Next        time.Time `json:"next"` // when the next digest is due
}

// Sender is how the sending of notifications goes: what waits, what each channel takes, who
// gets digests and which addresses and settings somebody must correct.
type Sender struct {
	Levels   []LevelMeter   `json:"levels"` // red first
	Channels []ChannelMeter `json:"channels"`
	Floods   []FloodRow     `json:"floods"`
	Dead     []DeadAddress  `json:"dead_addresses"` // tasks for the administrator
	Faults   []ChannelFault `json:"faults"`
	// Unmatched is how many replies since the start answered nothing that was told to their senders.
	Unmatched int `json:"unmatched_replies"`
}

// A LevelMeter is what waits at one level.
type LevelMeter struct {
	Level  string        `json:"level"`
	Queued int           `json:"queued"`
	Later  int           `json:"later"`   // of them: not due yet, or put off
	LateBy time.Duration `json:"late_ns"` // the oldest due one
}

// mostCounted bounds what a page counts of the queue.
const mostCounted = 100_000

// SenderStore is what the desk reads of the queue.
type SenderStore interface {
	DeadAddresses(ctx context.Context, org string) ([]DeadAddress, error)
	ChannelFaults(ctx context.Context) ([]ChannelFault, error)
	Waiting(ctx context.Context, now time.Time, most int) (Waiting, error)
	Floods(ctx context.Context) ([]delivery.Flood, error)
}

// Sender implements Health.
func (d *Desk) Sender(ctx context.Context, who Principal) (Sender, error) {
	if err := need(who, CanRead); err != nil {
		return Sender{}, err
	}
	var out Sender
	if d.cfg.Meter != nil {
		out.Channels, out.Unmatched = d.cfg.Meter()
	}
	waiting, err := d.cfg.Store.Waiting(ctx, d.cfg.Now(), mostCounted)
	if err != nil {
		return out, fmt.Errorf("count what waits: %w", err)
	}
	for l := len(waiting.Levels) - 1; l > 0; l-- {
		out.Levels = append(out.Levels, LevelMeter{Level: level.Level(l).String(), Queued: waiting.Levels[l], Later: waiting.Later[l], LateBy: waiting.Late[l]}) //nolint:gosec // four levels
	}
	if out.Faults, err = d.cfg.Store.ChannelFaults(ctx); err != nil {
		return out, fmt.Errorf("faults of channels: %w", err)
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return out, err
	}
	if out.Dead, err = d.dead(ctx, who.Org, p); err != nil {
		return out, err
	}
	out.Floods, err = d.floods(ctx, who.Org, p)
	return out, err
}

// dead are the addresses that do not exist and that a contact still has: who corrects the
// contact ends the task.
func (d *Desk) dead(ctx context.Context, org string, p portfolio.Portfolio) ([]DeadAddress, error) {
	list, err := d.cfg.Store.DeadAddresses(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("dead addresses: %w", err)
	}
	var out []DeadAddress
	for _, x := range list {
		c, ok := d.index(p).Contact(x.Contact)
		if ok && slices.Contains(c.Channels, portfolio.Address{Channel: x.Channel, Address: x.Address}) {
			x.ContactName = c.Name
			out = append(out, x)
		}
	}
	return out, nil
}

func (d *Desk) floods(ctx context.Context, org string, p portfolio.Portfolio) ([]FloodRow, error) {
	list, err := d.cfg.Store.Floods(ctx)
	if err != nil {
		return nil, fmt.Errorf("floods: %w", err)
	}
	var out []FloodRow
	for _, f := range list {
		if f.Org == org {
			c, _ := d.index(p).Contact(f.Contact)
			out = append(out, FloodRow{Contact: f.Contact, ContactName: c.Name, Channel: f.Channel, Since: f.Since, Next: f.Next})
		}
	}
	return out, nil
}

// stuck is what keeps messages from arriving on our own side: shown on every page.
func (d *Desk) stuck(ctx context.Context, org string, p portfolio.Portfolio) ([]BlindSpot, error) {
	var out []BlindSpot
	waiting, err := d.cfg.Store.Waiting(ctx, d.cfg.Now(), 1) // the oldest of each level
	if err != nil {
		return nil, fmt.Errorf("count what waits: %w", err)
	}
	if by := waiting.Late[level.Red]; by > time.Minute {
		out = append(out, BlindSpot{Reason: "red_late", Since: d.cfg.Now().Add(-by)})
	}
	faults, err := d.cfg.Store.ChannelFaults(ctx)
	if err != nil {
		return nil, fmt.Errorf("faults of channels: %w", err)
	}
	for _, f := range faults {
		out = append(out, BlindSpot{Reason: "channel_misset", Source: f.Channel, Since: f.Since})
	}
	dead, err := d.dead(ctx, org, p)
	if err != nil {
		return nil, err
	}
	for _, x := range dead {
		out = append(out, BlindSpot{Reason: "address_dead", Source: x.ContactName, Since: x.Since})
	}
	floods, err := d.floods(ctx, org, p)
	for _, f := range floods {
		out = append(out, BlindSpot{Reason: "flooded", Source: f.ContactName, Since: f.Since})
	}
	return out, err
}
