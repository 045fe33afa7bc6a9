// Package pulse says how alive the watch itself is: what is late, mute, blind or down, since
// when, and whether somebody outside must hear of it by our silence. It is a pure judgement
// over facts that the store and the process give, the same for the status page, the API,
// `watchfire doctor`, the metrics, /readyz and the outgoing heartbeat, so that no two of them
// can disagree. It measures nothing and tells nobody.
package pulse

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/level"
)

// State is where one thing stands. The words are part of the API.
type State string

// The states, best first.
const (
	OK      State = "ok"
	Unknown State = "unknown" // never seen yet, or not to be seen from here
	Late    State = "late"    // works, behind its time: see Check.By
	Mute    State = "mute"    // cannot tell anybody: see Check.Since
	Blind   State = "blind"   // cannot see: see Check.Since
	Down    State = "down"    // does not work
)

// Weight orders the states: 0 is OK, 5 Down. The numbers are part of the metrics.
func (s State) Weight() int {
	return slices.Index([]State{OK, Unknown, Late, Mute, Blind, Down}, s)
}

// The names of what is checked. They are keys of the catalogues (pulse.NAME) and labels of
// the metrics.
const (
	Database    = "database"    // the last write went through
	Watch       = "watch"       // decisions are made
	Dispatcher  = "dispatcher"  // due notifications are looked for
	Watchdog    = "watchdog"    // overdue reds are looked for beside the queue
	Reds        = "reds"        // a red that should have left
	Queue       = "queue"       // notifications below red that should have left
	Escalations = "escalations" // an escalation step that is overdue
	Channel     = "channel"     // one channel, by its tests and its traffic
	Channels    = "channels"    // all of them together
	Source      = "source"      // one source past its content-age limit
	Witness     = "witness"     // outside witnesses of the journal
	Checkpoint  = "checkpoint"
	Backup      = "backup"
	Copy        = "copy" // of what is committed, beside the backups
	Disk        = "disk"
	Pages       = "pages" // of the database, gone through from time to time
	Safe        = "safe"  // we run with less than was asked for
	Clock       = "clock"
	Replica     = "replica" // a process that should be seen
	Parts       = "parts"   // shares of the projects that no process decides
	Certificate = "certificate"
	Heartbeat   = "heartbeat" // our signal to the dead-man's switch
	Muted       = "muted"     // restored, and nobody has released it
	Addresses   = "addresses" // dead numbers that nobody has mended
	Reports     = "reports"   // reports that are not there, or not approved, when they have to be
)

// A Check is the judgement on one thing.
type Check struct {
	Name    string        `json:"name"`
	Subject string        `json:"subject,omitempty"` // which source, channel, witness, replica
	State   State         `json:"state"`
	Since   time.Time     `json:"since,omitzero"`   // blind, mute or down since
	By      time.Duration `json:"by,omitzero"`      // late by
	Detail  string        `json:"detail,omitempty"` // a technical reason, not for translation
	Count   int64         `json:"count,omitempty"`  // how many: queued, overdue, entries behind
	// Urgent: the outgoing heartbeat stops, so that somebody outside misses it.
	Urgent bool `json:"urgent,omitempty"`
}

// Facts are what is known at one instant. Zero times mean never or unknown.
type Facts struct {
	At      time.Time
	Started time.Time // of this process; zero when nobody serves
	// Process facts: unknown (zero) when asked from outside of the serving process.
	LastWrite, LastWriteFailed time.Time
	WriteError                 string
	LastDecision               time.Time // the watch's loop went round
	LastSweep                  time.Time // the dispatcher looked for due ones
	LastWatchdog               time.Time
	Inside                     bool // the facts of the process are given

	Queued      [4]int64     // not yet sent, by level
	Oldest      [4]time.Time // earliest due time among them, by level
	Overdue     int64        // escalation steps whose time has come
	OverdueFrom time.Time
	Dead        int64 // addresses that do not exist any more
	Sources     []SourceFact
	Reports     []ReportFact // that are late
	Channels    []ChannelFact
	Witnesses   []WitnessFact
	Journal     int64     // entries
	Checkpoint  time.Time // of the newest checkpoint
	Backup      BackupFact
	Mute        MuteFact
	Disk        DiskFact
	Pages       PagesFact
	Safe        SafeFact
	ClockOff    time.Duration // our clock minus others'; see ClockKnown
	ClockKnown  bool
	Replicas    []ReplicaFact
	Parts       int       // shares of the projects; 0 = one process decides all
	Orphans     int64     // of them, those that no process holds
	OrphansFrom time.Time // since when the oldest of them is not held
	Certificate time.Time // not after; zero = none of ours
	Beat        BeatFact
}

// A SourceFact is one source that is switched on.
type SourceFact struct {
	ID, Name   string
	BlindSince time.Time
	Heard      bool // it has shown content at least once
}

// A ReportFact is a report of the calendar that is late.
type ReportFact struct {
	ID    string
	Since time.Time
}

// A ChannelFact is one channel that is set up.
type ChannelFact struct {
	Name      string
	Proven    time.Time // newest message or test that the other end took or confirmed
	Failed    time.Time // newest attempt or test that failed for a reason of the channel
	Error     string
	Scheduled bool // a self-test runs on it
}

// A WitnessFact is how far an outside witness has followed.
type WitnessFact struct {
	Name  string
	Size  int64
	At    time.Time
	Error string
}

// A BackupFact is the newest backup that was verified.
type BackupFact struct {
	Wanted bool // backups are set up
	Proven time.Time
	Error  string
	Failed time.Time
	// Log tells that what is committed is copied at once; Copied is when the copy was last
	// complete, and Entries how many journal entries it had then.
	Log       bool
	Copied    time.Time
	Entries   int64
	CopyError string
}

// A MuteFact is an installation that was restored and that nobody has released yet.
type MuteFact struct {
	Since time.Time // zero = it is not muted
	Held  int64     // notifications that are held back
	Why   string
}

// A DiskFact is the room that is left where the data are.
type DiskFact struct {
	Known       bool
	Free, Total uint64 // bytes
	// Spent: writes were refused or little was left, and the room that is kept for reds and
	// receipts is in use.
	Spent bool
}

// A PagesFact is what the last look at all pages of the database found. Zero = nobody looks.
type PagesFact struct {
	Checked, Damaged time.Time
	Detail           string
}

// A SafeFact is a process that runs with less than was asked for.
type SafeFact struct {
	Since time.Time
	Why   string
	// Blind: no source is asked.
	Blind bool
}

// A ReplicaFact is one process of the installation.
type ReplicaFact struct {
	ID    string
	Roles string
	Seen  time.Time
	Gone  bool // it has said good-bye
}

// A BeatFact is the outgoing heartbeat.
type BeatFact struct {
	Wanted bool
	Sent   time.Time
	Error  string
	Every  time.Duration
}

// Limits are what is still right.
type Limits struct {
	Red         time.Duration // a red that has not left for so long is urgent (TRUST.md promise 6)
	Queue       time.Duration // others
	Escalation  time.Duration // METHOD.md 4.1; no timer is late by more
	Sweep       time.Duration // the loops go round at least so often
	Selftest    time.Duration // a channel with a self-test proves itself at least so often
	Channel     time.Duration // others may be quiet for so long
	Checkpoint  time.Duration
	Witness     time.Duration
	Backup      time.Duration
	Copy        time.Duration // the copy of the log is behind by no more
	Replica     time.Duration // not seen for so long = down
	Parts       time.Duration // a share of the projects that nobody decides for so long is urgent
	Clock       time.Duration
	Pages       time.Duration // the pages of the database are gone through at least so often
	DiskFree    float64       // share
	DiskBytes   uint64        // reserve for reds, receipts and journal (TRUST.md row 3)
	Certificate time.Duration
}

// DefaultLimits are ours; a configuration may change them.
func DefaultLimits() Limits {
	return Limits{
		Red: time.Minute, Queue: 5 * time.Minute, Escalation: 15 * time.Second, Sweep: 30 * time.Second,
		Selftest: 26 * time.Hour, Channel: 31 * 24 * time.Hour, Checkpoint: 10 * time.Minute, Witness: 2 * time.Hour,
		Backup: 26 * time.Hour, Copy: 10 * time.Second, Pages: 3 * time.Hour, Replica: 15 * time.Second, Parts: 15 * time.Second, Clock: 2 * time.Second, DiskFree: 0.05, DiskBytes: 64 << 20,
		Certificate: 14 * 24 * time.Hour,
	}
}

// Worst is the worst state among checks; OK when there are none.
func Worst(list []Check) State {
	worst := OK
	for _, c := range list {
		if c.State.Weight() > worst.Weight() {
			worst = c.State
		}
	}
	return worst
}

// Urgent tells whether somebody outside must hear of it by our silence.
func Urgent(list []Check) bool {
	return slices.ContainsFunc(list, func(c Check) bool { return c.Urgent })
}

// Wrong counts the checks that need somebody.
func Wrong(list []Check) int {
	n := 0
	for _, c := range list {
		if c.State != OK && c.State != Unknown {
			n++
		}
	}
	return n
}

// Sorted puts the worst first, then by name and subject: the same facts give the same list.
func Sorted(list []Check) []Check {
	slices.SortStableFunc(list, func(a, b Check) int {
		return cmp.Or(-cmp.Compare(weigh(a), weigh(b)), strings.Compare(a.Name, b.Name), strings.Compare(a.Subject, b.Subject))
	})
	return list
}

func weigh(c Check) int {
	w := c.State.Weight()
	if c.Urgent {
		w += 10
	}
	return w
}

// reds is the index of the levels' arrays.
const reds = int(level.Red)
