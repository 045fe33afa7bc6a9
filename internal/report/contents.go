package report

import (
	"cmp"
	"slices"
	"time"

	"watchfire.dev/internal/register"
)

// Form is the newest form of composition. Form 0 is what reports were before 2026.12; form 1
// adds the contents below. What an older form composes never changes.
const Form = 1

// Contents are what reports hold since form 1. Every list that is empty is what was looked for
// and not found; what could not be looked for stands in Lacking.
type Contents struct {
	// Settled says over which time Record is counted; nil = it was not reckoned.
	Settled *Settled `json:"settled,omitempty"`
	// Answers says how fast people answered in the period; nil = it was not reckoned.
	Answers *Answers `json:"answers,omitempty"`
	// Near are events of the period close to assets, below the level of a warning; More how many
	// others there were.
	Near     []Near `json:"near,omitempty"`
	NearMore int    `json:"near_more,omitempty"`
	// Planned are the appointments of the next 72 hours.
	Planned []Planned `json:"planned,omitempty"`
	Routes  []Route   `json:"routes,omitempty"`
	Advice  []Advice  `json:"advice,omitempty"`
	// Outlook is what the risks of the register together may do within 12 months.
	Outlook *register.Outlook `json:"outlook,omitempty"`
	// Compliance are the newest values of indicators about law and complaints, by unit.
	Compliance []Compliance `json:"compliance,omitempty"`
}

// A Settled is the frame of the record of warnings.
type Settled struct {
	From time.Time `json:"from"` // warnings that ended from here
	To   time.Time `json:"to"`
	// Period is what of it fell into the period of the report.
	Period Score `json:"period"`
	Active int   `json:"active"` // orange or red, and open when the report is made
}

// Answers is how fast orange and red warnings of the period were acknowledged, and what of
// their notifications arrived.
type Answers struct {
	Orange  Pace `json:"orange"`
	Red     Pace `json:"red"`
	Sent    int  `json:"sent"`    // notifications that were queued
	Failed  int  `json:"failed"`  // given up
	Reached int  `json:"reached"` // warnings of which one notification at least arrived or was accepted
	Told    int  `json:"told"`    // warnings that were told
}

// A Pace is how fast one level was acknowledged.
type Pace struct {
	N       int      `json:"n"`
	InTime  int      `json:"in_time"`
	Never   int      `json:"never"`             // nobody answered until the report was made
	Minutes *float64 `json:"minutes,omitempty"` // median of those that were answered
	Limit   int      `json:"limit_minutes"`
}

// A Near is an event that came close and was no warning.
type Near struct {
	Event   string    `json:"event"` // id
	Title   string    `json:"title"`
	Family  string    `json:"family"`
	Project string    `json:"project"` // name
	Asset   string    `json:"asset"`   // name of the nearest
	KM      float64   `json:"km"`
	At      time.Time `json:"at"`
	Class   int       `json:"class,omitempty"` // class of impact that people saw, 1 = I1
	TLP     string    `json:"tlp,omitempty"`
}

// A Planned thing is an appointment.
type Planned struct {
	At   time.Time `json:"at"`
	Day  bool      `json:"day,omitempty"` // a day and no hour
	Kind string    `json:"kind"`
	Text string    `json:"text"`
	Who  string    `json:"who,omitempty"`
	TLP  string    `json:"tlp,omitempty"`
}

// A Route is how a route of a project stands.
type Route struct {
	Code    string    `json:"code"`
	Name    string    `json:"name"`
	Level   int       `json:"level"` // 0 to 3
	Parts   []Stretch `json:"parts,omitempty"`
	Warning string    `json:"warning,omitempty"` // headline of the highest
	TLP     string    `json:"tlp,omitempty"`     // label of that
}

// A Stretch is a part of a route by its chainage in kilometres.
type Stretch struct {
	From float64 `json:"from_km"`
	To   float64 `json:"to_km"`
}

// An Advice is something to do today.
type Advice struct {
	Text     string `json:"text"`
	Why      string `json:"why"`
	Who      string `json:"who,omitempty"`
	Rank     int    `json:"rank"` // the smaller, the sooner
	Evidence string `json:"evidence"`
	TLP      string `json:"tlp,omitempty"`
}

// A ScenarioLoss is what a scenario does to the register's figures for a year.
type ScenarioLoss struct {
	Risks  int              `json:"risks"`
	Before register.Outlook `json:"before"`
	After  register.Outlook `json:"after"`
}

// A Compliance is the newest value of one indicator at one unit.
type Compliance struct {
	Indicator string  `json:"indicator"`
	Unit      string  `json:"unit"` // name
	Value     float64 `json:"value"`
	Of        string  `json:"of"` // its unit of measure
	Period    string  `json:"period"`
	Source    string  `json:"source"`
}

// sort puts the rows in an order of their own.
func (c *Contents) sort() {
	slices.SortFunc(c.Near, func(a, b Near) int {
		return cmp.Or(cmp.Compare(b.Class, a.Class), cmp.Compare(a.KM, b.KM), a.At.Compare(b.At), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Project, b.Project))
	})
	slices.SortFunc(c.Planned, func(a, b Planned) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Text, b.Text), cmp.Compare(a.Who, b.Who))
	})
	slices.SortFunc(c.Routes, func(a, b Route) int { return cmp.Or(cmp.Compare(b.Level, a.Level), cmp.Compare(a.Code, b.Code)) })
	for i := range c.Routes {
		slices.SortFunc(c.Routes[i].Parts, func(a, b Stretch) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	}
	slices.SortFunc(c.Advice, func(a, b Advice) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Text, b.Text), cmp.Compare(a.Evidence, b.Evidence))
	})
	slices.SortFunc(c.Compliance, func(a, b Compliance) int {
		return cmp.Or(cmp.Compare(a.Indicator, b.Indicator), cmp.Compare(a.Unit, b.Unit))
	})
}
