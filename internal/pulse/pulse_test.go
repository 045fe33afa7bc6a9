package pulse_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/pulse"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// well are the facts of an installation that nothing is wrong with.
func well() pulse.Facts {
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	return pulse.Facts{
		At: noon, Started: ago(time.Hour), Inside: true, LastWrite: ago(time.Second), LastDecision: ago(time.Second),
		LastSweep: ago(time.Second), LastWatchdog: ago(3 * time.Second), Journal: 500, Checkpoint: ago(40 * time.Second),
		Sources:    []pulse.SourceFact{{ID: "usgs", Name: "USGS", Heard: true}, {ID: "gdacs", Name: "GDACS", Heard: true}},
		Channels:   []pulse.ChannelFact{{Name: "email", Proven: ago(time.Hour)}, {Name: "sms", Proven: ago(2 * time.Hour), Scheduled: true}},
		Witnesses:  []pulse.WitnessFact{{Name: "folder", Size: 500, At: ago(time.Minute)}},
		Backup:     pulse.BackupFact{Wanted: true, Proven: ago(time.Hour)},
		Disk:       pulse.DiskFact{Known: true, Free: 60 << 30, Total: 100 << 30},
		ClockKnown: true, ClockOff: 20 * time.Millisecond,
		Replicas:    []pulse.ReplicaFact{{ID: "a", Roles: "all", Seen: ago(2 * time.Second)}},
		Certificate: noon.Add(60 * 24 * time.Hour),
		Beat:        pulse.BeatFact{Wanted: true, Sent: ago(20 * time.Second), Every: time.Minute},
	}
}

// said writes what is wrong, worst first.
func said(list []pulse.Check) string {
	var out []string
	for _, c := range list {
		if c.State == pulse.OK {
			continue
		}
		text := string(c.State) + " " + c.Name
		if c.Subject != "" {
			text += "/" + c.Subject
		}
		if c.By != 0 && c.State == pulse.Late {
			text += " by " + c.By.String()
		}
		if c.Urgent {
			text += "!"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func TestWhatIsWrong(t *testing.T) {
	t.Parallel()
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	for _, tt := range []struct {
		name   string
		change func(*pulse.Facts)
		want   string
	}{
		{"nothing", func(*pulse.Facts) {}, ""},
		{"a red that has not left for 61 s stops the heartbeat", func(f *pulse.Facts) {
			f.Queued[level.Red], f.Oldest[level.Red] = 1, ago(61*time.Second)
		}, "late reds by 1m1s!"},
		{"a red that has not left for 59 s does not", func(f *pulse.Facts) {
			f.Queued[level.Red], f.Oldest[level.Red] = 1, ago(59*time.Second)
		}, ""},
		{"yellows may wait, not for ever", func(f *pulse.Facts) {
			f.Queued[level.Yellow], f.Oldest[level.Yellow] = 70_000, ago(6*time.Minute)
		}, "late queue by 6m0s"},
		{"an escalation step that is 16 s late", func(f *pulse.Facts) { f.Overdue, f.OverdueFrom = 1, ago(16*time.Second) }, "late escalations by 16s"},
		{"a minute late is urgent", func(f *pulse.Facts) { f.Overdue, f.OverdueFrom = 1, ago(61*time.Second) }, "late escalations by 1m1s!"},
		{"one channel of two does not work", func(f *pulse.Facts) { f.Channels[0].Failed = ago(time.Minute) }, "mute channel/email"},
		{"no channel works", func(f *pulse.Facts) { f.Channels[0].Failed, f.Channels[1].Failed = ago(time.Minute), ago(time.Minute) }, "mute channels!, mute channel/email, mute channel/sms"},
		{"the only channel that was ever used does not work", func(f *pulse.Facts) { f.Channels[0].Failed, f.Channels[1].Proven = ago(time.Minute), time.Time{} }, "mute channels!, mute channel/email, unknown channel/sms"},
		{"no channel at all", func(f *pulse.Facts) { f.Channels = nil }, "mute channels!"},
		{"a self-test that did not come back", func(f *pulse.Facts) { f.Channels[1].Proven = ago(27 * time.Hour) }, "unknown channel/sms"},
		{"never tried is not fine", func(f *pulse.Facts) { f.Channels[0].Proven = time.Time{} }, "unknown channel/email"},
		{"a blind source", func(f *pulse.Facts) { f.Sources[1].BlindSince = ago(time.Hour) }, "blind source/gdacs"},
		{"a source that never spoke", func(f *pulse.Facts) { f.Sources[0].Heard = false }, "unknown source/usgs"},
		{"the database refuses", func(f *pulse.Facts) { f.LastWriteFailed = noon }, "down database!"},
		{"the loops stand still", func(f *pulse.Facts) { f.LastSweep, f.LastDecision = ago(40*time.Second), ago(31*time.Second) }, "late dispatcher by 40s!, late watch by 31s!"},
		{"a witness behind", func(f *pulse.Facts) { f.Witnesses[0].At = ago(3 * time.Hour) }, "late witness/folder by 3h0m0s"},
		{"nobody outside vouches", func(f *pulse.Facts) { f.Witnesses = nil }, "unknown witness"},
		{"no backup for two days", func(f *pulse.Facts) { f.Backup.Proven = ago(48 * time.Hour) }, "late backup by 48h0m0s"},
		{"no backups at all", func(f *pulse.Facts) { f.Backup = pulse.BackupFact{} }, "unknown backup"},
		{"a backup that fails", func(f *pulse.Facts) { f.Backup = pulse.BackupFact{Wanted: true, Failed: ago(time.Hour)} }, "down backup"},
		{"a full disk", func(f *pulse.Facts) { f.Disk.Free = 10 << 20 }, "down disk!"},
		{"a filling disk", func(f *pulse.Facts) { f.Disk.Free = 4 << 30 }, "late disk"},
		{"the room that was kept is in use", func(f *pulse.Facts) { f.Disk.Spent = true }, "down disk!"},
		{"a damaged page", func(f *pulse.Facts) { f.Pages.Damaged = ago(time.Minute) }, "down pages!"},
		{"nobody went through the pages", func(f *pulse.Facts) { f.Pages.Checked = ago(4 * time.Hour) }, "late pages by 4h0m0s"},
		{"the last good configuration", func(f *pulse.Facts) { f.Safe = pulse.SafeFact{Since: ago(time.Hour), Why: "x"} }, "late safe"},
		{"a crash loop", func(f *pulse.Facts) { f.Safe = pulse.SafeFact{Since: ago(time.Hour), Why: "x", Blind: true} }, "down safe!"},
		{"the copy of the log is behind", func(f *pulse.Facts) { f.Backup.Log, f.Backup.Copied = true, ago(11*time.Second) }, "late copy by 11s"},
		{"the copy of the log follows", func(f *pulse.Facts) { f.Backup.Log, f.Backup.Copied = true, ago(9*time.Second) }, ""},
		{"the copy of the log has not begun", func(f *pulse.Facts) { f.Backup.Log = true }, "unknown copy"},
		{"a wrong clock", func(f *pulse.Facts) { f.ClockOff = -time.Hour }, "late clock by -1h0m0s"},
		{"a dead replica", func(f *pulse.Facts) {
			f.Replicas = append(f.Replicas, pulse.ReplicaFact{ID: "b", Seen: ago(time.Minute)})
		}, "down replica/b"},
		{"one that said good-bye", func(f *pulse.Facts) {
			f.Replicas = append(f.Replicas, pulse.ReplicaFact{ID: "b", Seen: ago(time.Minute), Gone: true})
		}, ""},
		{"nobody hears our heartbeat", func(f *pulse.Facts) { f.Beat.Error = "502" }, "mute heartbeat"},
		{"no heartbeat is set up", func(f *pulse.Facts) { f.Beat = pulse.BeatFact{} }, "unknown heartbeat"},
		{"a certificate that ends next week", func(f *pulse.Facts) { f.Certificate = noon.Add(7 * 24 * time.Hour) }, "late certificate"},
		{"dead numbers", func(f *pulse.Facts) { f.Dead = 2 }, "mute addresses"},
		{"asked from outside", func(f *pulse.Facts) { f.Inside = false }, "unknown database, unknown dispatcher, unknown watch, unknown watchdog"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := well()
			tt.change(&f)
			got := pulse.Assess(f, pulse.DefaultLimits())
			if said(got) != tt.want {
				t.Errorf("said %q, want %q", said(got), tt.want)
			}
			if pulse.Urgent(got) != strings.Contains(tt.want, "!") {
				t.Error("urgent for a reason that is not in the list")
			}
		})
	}
}

// TestNothingIsLeftOut: whatever the facts, every check is in the list, so that a missing
// one cannot be read as one that passed.
func TestNothingIsLeftOut(t *testing.T) {
	t.Parallel()
	names := []string{
		pulse.Database, pulse.Watch, pulse.Dispatcher, pulse.Watchdog, pulse.Reds, pulse.Queue, pulse.Escalations,
		pulse.Channels, pulse.Witness, pulse.Checkpoint, pulse.Backup, pulse.Heartbeat,
	}
	for _, f := range []pulse.Facts{{}, {At: noon}, well()} {
		got := pulse.Assess(f, pulse.DefaultLimits())
		for _, name := range names {
			if !slices.ContainsFunc(got, func(c pulse.Check) bool { return c.Name == name }) {
				t.Errorf("no check %q for %+v", name, f)
			}
		}
	}
}

// TestOrderOfFactsDoesNotMatter: the same facts in another order give the same list.
func TestOrderOfFactsDoesNotMatter(t *testing.T) {
	t.Parallel()
	f := well()
	for i := range 20 {
		f.Sources = append(f.Sources, pulse.SourceFact{ID: fmt.Sprintf("s%02d", i), BlindSince: noon})
	}
	want := fmt.Sprint(pulse.Assess(f, pulse.DefaultLimits()))
	chance := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		chance.Shuffle(len(f.Sources), func(i, j int) { f.Sources[i], f.Sources[j] = f.Sources[j], f.Sources[i] })
		if got := fmt.Sprint(pulse.Assess(f, pulse.DefaultLimits())); got != want {
			t.Fatalf("got %s\nwant %s", got, want)
		}
	}
}

func TestWorst(t *testing.T) {
	t.Parallel()
	if got := pulse.Worst(nil); got != pulse.OK {
		t.Errorf("nothing is %s", got)
	}
	if got := pulse.Worst([]pulse.Check{{State: pulse.Late}, {State: pulse.Down}, {State: pulse.OK}}); got != pulse.Down {
		t.Errorf("worst is %s", got)
	}
}

// TestLateReports: one check names every report that is late, with the oldest's age; none is
// fine, and the heartbeat is not held back for paper.
func TestLateReports(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 5, 8, 0, 0, 0, time.UTC)
	find := func(f pulse.Facts) pulse.Check {
		for _, c := range pulse.Assess(f, pulse.DefaultLimits()) {
			if c.Name == pulse.Reports {
				return c
			}
		}
		return pulse.Check{}
	}
	if c := find(pulse.Facts{At: at}); c.State != pulse.OK || c.Count != 0 {
		t.Errorf("none is late: %+v", c)
	}
	c := find(pulse.Facts{At: at, Reports: []pulse.ReportFact{{"a-daily", at.Add(-time.Hour)}, {"b-monthly", at.Add(-24 * time.Hour)}}})
	if c.State != pulse.Late || c.By != 24*time.Hour || c.Count != 2 || c.Detail != "a-daily, b-monthly" || c.Urgent {
		t.Errorf("two are late: %+v", c)
	}
}
