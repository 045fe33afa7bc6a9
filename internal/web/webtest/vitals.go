package webtest

import (
	"context"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/pulse"
)

// Vitals answers an installation with something wrong of each kind.
func (d *Desk) Vitals(context.Context, desk.Principal) (desk.Vitals, error) {
	ago := func(t time.Duration) time.Time { return Now.Add(-t) }
	f := pulse.Facts{
		At: Now, Started: ago(48 * time.Hour), Inside: true, LastWrite: ago(time.Second), LastDecision: ago(time.Second),
		LastSweep: ago(time.Second), LastWatchdog: ago(2 * time.Second), Journal: 4812, Checkpoint: ago(30 * time.Second),
		Queued: [4]int64{0, 214, 12, 1}, Oldest: [4]time.Time{{}, ago(9 * time.Minute), ago(time.Minute), ago(70 * time.Second)},
		Sources:    []pulse.SourceFact{{ID: "usgs", Name: "USGS earthquakes", Heard: true}, {ID: "gdacs", Name: "GDACS", BlindSince: ago(3 * time.Hour), Heard: true}},
		Channels:   []pulse.ChannelFact{{Name: "email", Proven: ago(time.Hour)}, {Name: "sms", Proven: ago(5 * time.Hour), Failed: ago(time.Hour), Error: "the gateway answers 502"}, {Name: "voice"}},
		Witnesses:  []pulse.WitnessFact{{Name: "folder", Size: 4812, At: ago(time.Minute)}, {Name: "auditor", Size: 4210, At: ago(5 * time.Hour), Error: "mailbox full"}},
		Backup:     pulse.BackupFact{Wanted: true, Proven: ago(40 * time.Hour)},
		Disk:       pulse.DiskFact{Known: true, Free: 61 << 30, Total: 100 << 30},
		ClockKnown: true, Replicas: []pulse.ReplicaFact{{ID: "watch-1", Roles: "all", Seen: ago(2 * time.Second)}},
		Beat: pulse.BeatFact{Wanted: true, Sent: ago(20 * time.Second), Every: time.Minute}, Dead: 2,
	}
	list := pulse.Assess(f, pulse.DefaultLimits())
	return desk.Vitals{Checks: list, Worst: pulse.Worst(list), Urgent: pulse.Urgent(list)}, nil
}

// Release implements desk.Releaser.
func (d *Desk) Release(_ context.Context, who desk.Principal) (desk.Unmuted, error) {
	if !who.May(desk.CanDecide) {
		return desk.Unmuted{}, fault.ErrForbidden
	}
	out := desk.Unmuted{At: Now, Withheld: d.Muting.Held}
	d.Muting = desk.Muting{}
	return out, nil
}
