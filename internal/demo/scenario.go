// Package demo plays the scenario of the demonstration and keeps its mail. A Scenario is a
// feed server that answers in the official formats (USGS GeoJSON, GDACS RSS and event map,
// ATCF deck, NHC list of storms, CAP 1.2 with its Atom index, RSS news) with what the
// passing minutes call for: a cyclone, an earthquake and its revision, a flood warning
// updated and cancelled, an incident told by several sources, and a source that goes blind.
// A MailSink is an SMTP server on the loopback whose messages can be read in the browser.
//
// It promises that every text it makes says SIMULATED, that the same instant gives the same
// bytes (a source polled twice tells the same report twice), and that nothing leaves the
// machine: all addresses in what it serves lead back to it. It does not start the watch,
// import a portfolio or judge what the watch makes of the scenario. Documents of the
// scenario describe nothing that happened.
package demo

import (
	"math"
	"time"

	"watchfire.dev/internal/clock"
)

// Length is how long the scenario lasts at speed 1.
const Length = 5 * time.Minute

// The instants of the scenario, counted from its beginning at speed 1.
const (
	cycloneFirst  = 5 * time.Second
	quakeFirst    = 20 * time.Second
	floodAlert    = 40 * time.Second
	newsItem      = 55 * time.Second
	sourceStops   = 60 * time.Second
	cycloneSecond = 75 * time.Second
	quakeReviewed = 90 * time.Second
	floodWorse    = 110 * time.Second
	sourceBlind   = 120 * time.Second // sourceStops and the age limit of that source
	pushFirst     = 130 * time.Second
	cycloneThird  = 145 * time.Second
	pushSecond    = 160 * time.Second
	cycloneFourth = 215 * time.Second
	floodCancel   = 270 * time.Second
)

// simulated stands in every text that the scenario makes.
const simulated = "SIMULATED"

// A Scenario tells what each feed says at an instant. It holds no state but its beginning,
// so it is safe for concurrent use.
type Scenario struct {
	start time.Time
	speed float64
	now   clock.Clock
}

// NewScenario returns a scenario that begins at start and runs speed times as fast as
// Length says; a speed that is not a positive number counts as 1. now is asked at every
// request. Times in documents are real: the instants at which the scenario reaches them.
func NewScenario(start time.Time, speed float64, now clock.Clock) *Scenario {
	if !(speed > 0) || math.IsInf(speed, 0) {
		speed = 1
	}
	return &Scenario{start: start.UTC().Truncate(time.Second), speed: speed, now: now}
}

// Elapsed is how far the scenario has come, counted at speed 1: 0 before its beginning,
// beyond Length after its end, when everything stays as it is.
func (s *Scenario) Elapsed() time.Duration { return s.elapsedAt(s.now()) }

func (s *Scenario) elapsedAt(t time.Time) time.Duration {
	return max(0, time.Duration(float64(t.Sub(s.start))*s.speed))
}

// at is the instant at which the scenario reaches step, to the second.
func (s *Scenario) at(step time.Duration) time.Time {
	return s.start.Add(s.real(step)).Truncate(time.Second)
}

// real is how long a span of the scenario takes.
func (s *Scenario) real(span time.Duration) time.Duration {
	return time.Duration(float64(span) / s.speed)
}

// A moment is what one answer is made for: an instant and the address of the server.
type moment struct {
	now     time.Time     // of the answer, to the second
	elapsed time.Duration // of the scenario, at speed 1
	base    string        // "http://127.0.0.1:1234", no slash at the end
}

func (s *Scenario) moment(base string) moment {
	t := s.now().UTC()
	return moment{now: t.Truncate(time.Second), elapsed: s.elapsedAt(t), base: base}
}
