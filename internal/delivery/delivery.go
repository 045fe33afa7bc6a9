// Package delivery brings notifications to people: it claims what is due, words it, hands
// it to its channel, stores each attempt and decides what a failure means. It promises at
// least one attempt for every queued notification and at most one repeat per crash, with
// the same idempotency key. Who is told, and who is next, is decided elsewhere. One folder
// per channel; a channel knows its protocol and nothing of the watch.
package delivery

import (
	"context"
	"errors"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// A Message is one notification, worded for its reader.
type Message struct {
	Key       string // idempotency key: the notification's id
	Org       string
	Address   string
	Purpose   response.Purpose
	Level     level.Level
	Warning   warning.Warning
	Project   portfolio.Project
	Contact   portfolio.Contact
	Subject   string
	Text      string // plain text, first line says what, where, when, do what
	HTML      string
	Short     string   // one SMS segment of its language, answers by digit included; "" = none
	Lines     []string // short paragraphs for a chat, the first line not among them
	Voice     []string // sentences to be read aloud, the answers by key last
	Buttons   []Button // answers, when any is asked for
	TLP       string   // label of the evidence: "", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"
	Language  string
	AnswerURL string // one-tap page; "" when nothing is to be answered
	PageURL   string // the warning's page
	Thread    string // the same for all messages of one warning
	First     bool   // the first message of its thread to this address
	Parent    string // remote id of the newest earlier message of the thread here; "" = none
	Files     []File // of a letter; other channels than mail leave them out
	At        time.Time
}

// A Receipt is what the channel said.
type Receipt struct {
	State  response.State // Queued (the provider will try), Sent or Delivered
	Remote string         // the channel's own id of the message
	Detail string         // for the timeline: "250 2.0.0 queued as 4F3"
}

// A Channel sends messages of one kind.
type Channel interface {
	Name() string
	// Send hands the message over. Its error is a Fault, or is treated as Retry.
	Send(ctx context.Context, m Message) (Receipt, error)
}

// A Tester is a channel that can show that an address works without a warning.
type Tester interface {
	// Test sends a message of purpose response.Test: it has words, a contact and an address,
	// and neither warning nor project. Its error is a Fault.
	Test(ctx context.Context, m Message) (Receipt, error)
}

// FaultKind tells what a failed attempt means.
type FaultKind string

// The kinds of fault.
const (
	Retry    FaultKind = "retry"    // try again later
	Refused  FaultKind = "refused"  // this message will never pass: next channel
	Dead     FaultKind = "dead"     // the address does not exist: a task for the administrator
	Misset   FaultKind = "misset"   // our own configuration is at fault
	Overload FaultKind = "overload" // the provider asks us to slow down; see After
)

// A Fault is a classified failure of an attempt.
type Fault struct {
	Kind  FaultKind
	After time.Duration // the provider's wish, 0 = none
	Err   error
}

// Error implements error.
func (f *Fault) Error() string { return string(f.Kind) + ": " + f.Err.Error() }

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// KindOf returns the fault kind of an error; an unclassified error is Retry.
func KindOf(err error) FaultKind {
	var f *Fault
	if errors.As(err, &f) {
		return f.Kind
	}
	return Retry
}

// A Claim says how long an attempt may take before another may begin.
type Claim struct {
	Now   time.Time
	Lease time.Duration
	Red   time.Duration // of a red: shorter, so that a dead process costs it less
}

// FirstClaim is the claim of a commit that queues notifications and hands them over at once.
func FirstClaim(now time.Time) Claim { return Claim{Now: now, Lease: usualLease, Red: redLease} }

// Until is when the lease of a claim ends.
func (c Claim) Until(l level.Level) time.Time {
	if l >= level.Red {
		return c.Now.Add(c.Red)
	}
	return c.Now.Add(c.Lease)
}

// A Pick says which due notifications are wanted.
type Pick struct {
	Least   level.Level // this level or above
	Before  time.Time   // due at or before it
	Without []string    // channels that can take nothing now
	Limit   int
}

// A Claimed notification belongs to this process until its lease ends.
type Claimed struct {
	response.Notification
	Queued time.Time
	Tries  int // attempts that began, this one included
	First  bool
	Parent string    // remote id of the newest earlier message of the thread at this address
	Until  time.Time // end of the lease
}

// An Outcome ends an attempt, or puts a notification off unsent.
type Outcome struct {
	Notification string
	Org          string
	Warning      string
	Try          int
	Queued       time.Time // when it was decided
	Began, Ended time.Time
	State        response.State // Queued, Sent, Delivered, Failed, or Pending when it will be tried again
	NextDue      time.Time      // when State is Pending
	Remote       string
	Carrier      string // key of the message, where it carried several notifications
	Detail       string
	Kind         FaultKind // "" = it went well
	Channel      string
	Contact      string
	Address      string
	Level        level.Level
	Revision     int
	Step         int
	// Unsent puts it off before anything was sent; no try is counted. Held is why, for
	// people to see.
	Unsent bool
	Held   Hold
	// Struck hands it on: whoever is next is told now, though this channel is tried further.
	Struck bool
}

// Unreached is somebody whom a warning does not reach on any channel.
type Unreached struct {
	Org, Warning, Contact string
	Revision, Step        int
}

// Store is what the dispatcher needs of a database. Every method is one transaction and
// on disk when it returns nil; Finish journals the attempts.
type Store interface {
	// Take claims those of the notifications that are pending and due, or whose lease has run
	// out, by conditional update; the others are left out.
	Take(ctx context.Context, ids []string, c Claim) ([]Claimed, error)
	// TakeDue claims what is due, or whose lease has run out: the highest level first, then
	// the oldest.
	TakeDue(ctx context.Context, p Pick, c Claim) ([]Claimed, error)
	// Finish stores the outcomes of attempts and returns whom they leave unreached.
	Finish(ctx context.Context, list []Outcome) ([]Unreached, error)
	// Facts returns what is needed to word a notification.
	Facts(ctx context.Context, n response.Notification) (Facts, error)
}

// Facts is what a message is worded from.
type Facts struct {
	Warning warning.Warning // the revision of the notification
	Project portfolio.Project
	Contact portfolio.Contact
	Letter  *Letter // of purpose letter, which belongs to no warning
}
