package webtest

import (
	"context"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/pulse"
)

// Sender answers a sender in trouble of each kind.
func (d *Desk) Sender(context.Context, desk.Principal) (desk.Sender, error) {
	ago := func(t time.Duration) time.Time { return Now.Add(-t) }
	return desk.Sender{
		Levels:   []desk.LevelMeter{{Level: "red", Queued: 1, LateBy: 70 * time.Second}, {Level: "orange", Queued: 12, Later: 2}, {Level: "yellow", Queued: 214, Later: 200, LateBy: 9 * time.Minute}},
		Channels: []desk.ChannelMeter{{Channel: "email", Sent: 412, Running: 3}, {Channel: "sms", Sent: 61, Waiting: 12, Rate: "10/1s", Budget: "5000/24h0m0s", Left: 4939, Pause: 90 * time.Millisecond}},
		Floods:   []desk.FloodRow{{Contact: "con_1", ContactName: "Mira Okafor", Channel: "sms", Since: ago(14 * time.Minute), Next: Now.Add(6 * time.Minute)}},
		Dead:     []desk.DeadAddress{{Contact: "con_1", ContactName: "Mira Okafor", Channel: "sms", Since: ago(26 * time.Hour), Last: ago(time.Hour), Detail: "30005 unknown number"}},
		Faults:   []desk.ChannelFault{{Channel: "voice", Since: ago(3 * time.Hour), Last: ago(time.Hour), Detail: "401 the key is not accepted"}}, Unmatched: 3,
	}, nil
}

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
