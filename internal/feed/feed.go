// Package feed is the contract between what sources send and the rest: a source
// definition, the bytes of one record going in, signals and quarantined pieces coming
// out. Each format has a folder of its own below this one (wire.go, adapt.go, testdata),
// and none of them knows another. A parser promises to lose nothing in silence: what it
// cannot use comes back quarantined with its place and reason. It fetches nothing itself;
// links to follow are returned to the runner.
package feed

import (
	"time"

	"watchfire.dev/internal/event"
)

// A Source is the definition of one configured feed. Definitions are data (YAML).
type Source struct {
	ID          string         `yaml:"id" json:"id"`
	Name        string         `yaml:"name" json:"name"`
	Kind        string         `yaml:"kind" json:"kind"` // format: "usgs", "gdacs-rss", "cap", "cap-index", …
	URL         string         `yaml:"url" json:"url,omitempty"`
	Licence     string         `yaml:"licence" json:"licence"`
	Attribution string         `yaml:"attribution" json:"attribution"`
	Every       time.Duration  `yaml:"every" json:"every"`         // usual interval of polls
	AtLeast     time.Duration  `yaml:"at_least" json:"at_least"`   // minimum interval, never undercut
	AgeLimit    time.Duration  `yaml:"age_limit" json:"age_limit"` // compulsory: content older than this = blind
	Reliability string         `yaml:"reliability" json:"reliability"`
	Credibility int            `yaml:"credibility" json:"credibility"` // usual credibility of its messages, 1–6
	Instrument  bool           `yaml:"instrument" json:"instrument,omitempty"`
	News        bool           `yaml:"news" json:"news,omitempty"`
	Owner       string         `yaml:"owner" json:"owner"`
	TLP         string         `yaml:"tlp" json:"tlp,omitempty"`
	Language    string         `yaml:"language" json:"language,omitempty"`
	Hazards     []event.Hazard `yaml:"hazards" json:"hazards"`               // what it can see: for blind spots
	Countries   []string       `yaml:"countries" json:"countries,omitempty"` // ISO2; empty = the world
	Follow      bool           `yaml:"follow" json:"follow,omitempty"`       // fetch the documents an index links to
	Enabled     *bool          `yaml:"enabled" json:"enabled,omitempty"`     // nil = on
	Unverified  bool           `yaml:"unverified" json:"unverified,omitempty"`
	Org         string         `yaml:"org" json:"org,omitempty"` // "" = public; otherwise its signals are private
}

// On tells whether the source is to be polled.
func (s Source) On() bool { return s.Enabled == nil || *s.Enabled }

// An Input is one record to be parsed. Body has passed the limits on size.
type Input struct {
	Source   Source
	Record   string    // hash of Body: becomes Signal.Record
	URL      string    // where it came from, after redirects; "" for a push
	Received time.Time // UTC; becomes Signal.Received
	Body     []byte
}

// A Quarantine is a piece that could not become a signal: kept, shown, never dropped.
type Quarantine struct {
	Place  string `json:"place"`  // "features[12].geometry", "alert[2]/info[0]/area[1]"
	Reason string `json:"reason"` // for people, one line
	Raw    []byte `json:"-"`      // the piece, at most 64 KiB of it
}

// A Link is a document that an index names and the runner should fetch as Kind.
type Link struct {
	URL  string
	Kind string
	Key  string // the report it will hold, when the index says so: fetched once
}

// A Result is what a record held. Items is the number of alerts, features or entries the
// record itself contains, counted where the parser reads them; each of them is in Signals
// or Quarantined or was skipped as Unchanged/Notice with a count.
type Result struct {
	Items       int
	Signals     []event.Signal
	Quarantined []Quarantine
	Links       []Link
	Content     time.Time // newest time the source itself states: what the age limit looks at
}

// A Parser reads one record. An error wraps fault.ErrInvalid and means that the record as
// a whole is not of the parser's kind; a bad piece inside is a Quarantine instead.
// It must not panic, must end in time linear in the body, and is pure.
type Parser func(Input) (Result, error)

// A Format is one kind of record: its name, its parser and its recogniser.
type Format struct {
	Kind  string
	Parse Parser
	// Sniff tells cheaply whether body looks like this kind; used by kind "auto".
	Sniff func(body []byte) bool
}

// Fill sets on each signal what the definition and the record say of all of them and the
// parser left open: source, record, organisation, received, owner, grade, TLP, news and
// instrument flags, status. It makes the id.
func Fill(in Input, s event.Signal) event.Signal {
	s.Source, s.Record, s.Org, s.Received = in.Source.ID, in.Record, in.Source.Org, in.Received
	if s.Owner == "" {
		s.Owner = in.Source.Owner
	}
	if s.Grade.Reliability == "" {
		s.Grade.Reliability = in.Source.Reliability
	}
	if s.Grade.Reliability == "" {
		s.Grade.Reliability = "F"
	}
	if s.Grade.Credibility == 0 {
		s.Grade.Credibility = in.Source.Credibility
	}
	if s.Grade.Credibility == 0 {
		s.Grade.Credibility = 6
	}
	if s.TLP == "" {
		s.TLP = in.Source.TLP
	}
	s.News = s.News || in.Source.News
	s.Instrument = s.Instrument || in.Source.Instrument
	if s.Status == "" {
		s.Status = event.Actual
	}
	if s.Act == "" {
		s.Act = event.Report
	}
	s.ID = event.SignalID(s)
	return s
}
