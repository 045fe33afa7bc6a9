// Package deliverytest holds what every channel must pass, whatever its protocol: the same
// mark on a repeat, a classified fault for each way of failing, an end within the deadline,
// no panic on hostile texts, no secret in an error, no goroutine left. A channel's own test
// brings the other end as a Rig and calls Run. The package tests no wording and no protocol.
package deliverytest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// A Behaviour is how the other end meets the next messages.
type Behaviour string

// The behaviours that every rig can show.
const (
	Accept  Behaviour = "accept"  // takes the message
	Later   Behaviour = "later"   // cannot now, for a reason of its own
	Slower  Behaviour = "slower"  // asks us to slow down
	Refuse  Behaviour = "refuse"  // will never take this message
	Nobody  Behaviour = "nobody"  // the address does not exist any more
	Hang    Behaviour = "hang"    // never answers
	Drop    Behaviour = "drop"    // takes the whole message and drops the connection
	Unknown Behaviour = "unknown" // nobody listens
)

// A Rig is a channel and the other end that it talks to.
type Rig struct {
	Channel delivery.Channel
	Address string // that the other end knows
	// Behave sets how the other end meets messages from now on.
	Behave func(Behaviour)
	// Marks lists the idempotency marks (Message-ID, webhook-id) of all messages that
	// reached the other end whole, in order, also when it dropped the connection then.
	Marks func() []string
	// Secrets must not occur in any error or receipt.
	Secrets []string
}

// Run runs the suite. start makes a fresh rig whose parts end with the test. Run must be
// called from a test that is not parallel, because it looks for goroutines left behind.
func Run(t *testing.T, start func(t *testing.T) Rig) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Run("repeat carries the same mark", func(t *testing.T) { repeats(t, start(t)) })
	t.Run("faults are classified", func(t *testing.T) { classifies(t, start) })
	t.Run("deadline ends an attempt", func(t *testing.T) { ends(t, start(t)) })
	t.Run("unknown fate is tried again", func(t *testing.T) { doubts(t, start(t)) })
	t.Run("hostile texts do no harm", func(t *testing.T) { survives(t, start(t)) })
	goleak.VerifyNone(t, before)
}

// send makes one attempt and holds what is true of every attempt.
func send(ctx context.Context, t *testing.T, r Rig, m delivery.Message) (delivery.Receipt, error) {
	t.Helper()
	got, err := r.Channel.Send(ctx, m)
	said := fmt.Sprintf("%+v %v", got, err)
	for _, s := range r.Secrets {
		if strings.Contains(said, s) {
			t.Errorf("a secret is told: %.500s", said)
		}
	}
	var f *delivery.Fault
	switch {
	case err != nil && !errors.As(err, &f):
		t.Errorf("the error is no Fault: %v", err)
	case err != nil && strings.ContainsAny(err.Error(), "\r\n\x00"):
		t.Errorf("the error has control characters: %q", err)
	case err == nil && got.State != response.Queued && got.State != response.Sent && got.State != response.Delivered:
		t.Errorf("state %q of a message that went well", got.State)
	case err == nil && strings.ContainsAny(got.Detail, "\r\n\x00"):
		t.Errorf("the receipt has control characters: %q", got.Detail)
	}
	return got, err
}

func repeats(t *testing.T, r Rig) {
	r.Behave(Accept)
	a, b := Message(r.Address, "ntf_a"), Message(r.Address, "ntf_b")
	for _, m := range []delivery.Message{a, a, b} {
		if _, err := send(t.Context(), t, r, m); err != nil {
			t.Fatal(err)
		}
	}
	marks := r.Marks()
	if len(marks) != 3 || marks[0] == "" || marks[0] != marks[1] || marks[1] == marks[2] {
		t.Errorf("marks %q, want two equal ones and another", marks)
	}
}

func classifies(t *testing.T, start func(t *testing.T) Rig) {
	for b, want := range map[Behaviour]delivery.FaultKind{
		Later: delivery.Retry, Slower: delivery.Overload, Refuse: delivery.Refused, Nobody: delivery.Dead,
		Unknown: delivery.Retry, Drop: delivery.Retry,
	} {
		t.Run(string(b), func(t *testing.T) {
			r := start(t)
			r.Behave(b)
			_, err := send(t.Context(), t, r, Message(r.Address, "ntf_a"))
			if err == nil || delivery.KindOf(err) != want {
				t.Errorf("%v, want a fault of kind %s", err, want)
			}
		})
	}
	t.Run("no address", func(t *testing.T) {
		r := start(t)
		_, err := send(t.Context(), t, r, Message("", "ntf_a"))
		if delivery.KindOf(err) != delivery.Dead {
			t.Errorf("%v, want a fault of kind dead", err)
		}
	})
}

// ends allows far more than the deadline: the machine may be busy, a hang is for ever.
func ends(t *testing.T, r Rig) {
	r.Behave(Hang)
	for name, cut := range map[string]func() (context.Context, context.CancelFunc){
		"deadline": func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 50*time.Millisecond)
		},
		"cancel": func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			stop := time.AfterFunc(50*time.Millisecond, cancel)
			return ctx, func() { stop.Stop(); cancel() }
		},
	} {
		ctx, cancel := cut()
		began := time.Now()
		_, err := send(ctx, t, r, Message(r.Address, "ntf_a"))
		cancel()
		if delivery.KindOf(err) != delivery.Retry || err == nil {
			t.Errorf("%s: %v, want a fault of kind retry", name, err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: the attempt took %s", name, took)
		}
	}
}

func doubts(t *testing.T, r Rig) {
	m := Message(r.Address, "ntf_a")
	r.Behave(Drop)
	if _, err := send(t.Context(), t, r, m); delivery.KindOf(err) != delivery.Retry || err == nil {
		t.Fatalf("%v, want a fault of kind retry", err)
	}
	r.Behave(Accept)
	if _, err := send(t.Context(), t, r, m); err != nil {
		t.Fatal(err)
	}
	marks := r.Marks()
	if len(marks) != 2 || marks[0] != marks[1] {
		t.Errorf("marks %q, want two equal ones", marks)
	}
}

// Hostile lists texts that sources and people may give us.
func Hostile() []string {
	return []string{
		"", " ", "line\r\nBcc: all@example.org\r\n\r\nbody", "\r\n.\r\nMAIL FROM:<x@example.org>\r\n", "nul\x00\x01\x1b[31m",
		"\u202egnp.exe\u2066\u200b\ufeff", "\xff\xfe\xc0", "<script>alert(1)</script>&\"'{{.}}", "]]><!--", "警报🛑é",
		strings.Repeat("x", 100_000), strings.Repeat("ab ", 33_000), strings.Repeat("é", 50_000),
	}
}

func survives(t *testing.T, r Rig) {
	r.Behave(Accept)
	for i, h := range Hostile() {
		for name, spoil := range spoilers() {
			m := Message(r.Address, fmt.Sprintf("ntf_%d", i))
			spoil(&m, h)
			if _, err := send(t.Context(), t, r, m); err != nil && delivery.KindOf(err) == delivery.Retry {
				t.Errorf("%s = %.20q: %v: would be tried again for ever", name, h, err)
			}
		}
	}
}

func spoilers() map[string]func(m *delivery.Message, h string) {
	return map[string]func(m *delivery.Message, h string){
		"subject":   func(m *delivery.Message, h string) { m.Subject = h },
		"text":      func(m *delivery.Message, h string) { m.Text = h },
		"html":      func(m *delivery.Message, h string) { m.HTML = h },
		"key":       func(m *delivery.Message, h string) { m.Key = h },
		"thread":    func(m *delivery.Message, h string) { m.Thread = h },
		"language":  func(m *delivery.Message, h string) { m.Language = h },
		"answer":    func(m *delivery.Message, h string) { m.AnswerURL = h },
		"page":      func(m *delivery.Message, h string) { m.PageURL = h },
		"contact":   func(m *delivery.Message, h string) { m.Contact.Name = h },
		"project":   func(m *delivery.Message, h string) { m.Project.Name, m.Project.Country = h, h },
		"warning":   func(m *delivery.Message, h string) { m.Warning.ID, m.Warning.Method = h, h },
		"reason":    func(m *delivery.Message, h string) { m.Warning.Note = h },
		"event":     func(m *delivery.Message, h string) { m.Warning.Events[0].Title = h },
		"asset":     func(m *delivery.Message, h string) { m.Warning.Rows[0].Name = h },
		"formula":   func(m *delivery.Message, h string) { m.Warning.Rows[0].Source = h },
		"all texts": func(m *delivery.Message, h string) { m.Subject, m.Text, m.HTML = h, h, h },
		"address": func(m *delivery.Message, h string) {
			if !strings.Contains(m.Address, h) { // blanks around an address are forgiven
				m.Address = h
			}
		},
	}
}

// Message is a whole notification to an address: a red earthquake at a camp.
func Message(address, key string) delivery.Message {
	w := Warning()
	return delivery.Message{
		Key: key, Org: "org_1", Address: address, Purpose: response.Alarm, Level: w.Level, Warning: w,
		Project: Project(), Contact: portfolio.Contact{ID: "con_1", Code: "gate", Name: "Gate", Step: 1, Language: "en"},
		Subject: "RED: Earthquake M 6.9, 31 km from Camp 2 · Quetta Rail, lot 3",
		Text:    "Earthquake M 6.9, 31 km from Camp 2 · now · Stop work\n", HTML: "<p>Earthquake M 6.9</p>",
		Language: "en", AnswerURL: "https://watch.example.org/a/tok", PageURL: "https://watch.example.org/warnings/wrn_1",
		Thread: w.ID, First: true, At: w.At,
	}
}

// Project is the project of Message.
func Project() portfolio.Project {
	return portfolio.Project{ID: "prj_1", Code: "quetta-rail-3", Name: "Quetta Rail, lot 3", Country: "PK", Zone: "Asia/Karachi"}
}

// Warning is the warning of Message, whole.
func Warning() warning.Warning {
	at := time.Date(2026, 10, 7, 4, 6, 2, 0, time.UTC)
	p := level.P{1, 0.97, 0.91, 0.83, 0.3}
	return warning.Warning{
		ID: "wrn_1", Org: "org_1", Project: "prj_1", Family: event.Earthquake, Hazard: event.Earthquake, Episode: "evt_1@x",
		Revision: 1, State: warning.Issued, Level: level.Red, Peak: level.Red, Cell: level.Red, P: p, Reason: warning.Opened,
		Notify: true, TLP: "GREEN", Method: "2026.1", Evidence: []string{"sig_1", "sig_2"}, OpenedAt: at, At: at, LevelSince: at,
		Fresh: at, Expires: at.Add(24 * time.Hour), Actor: "acc_1", Route: []string{"boss"},
		Events: []warning.EventRef{{ID: "evt_1", Revision: 2, Title: "M 6.9 - 31 km SW of Quetta", Measures: event.Measures{{Name: "magnitude", Value: 6.9}}}},
		Rows: []exposure.Exposure{
			{
				Event: "evt_1", Revision: 2, Hazard: event.Earthquake, Project: "prj_1", Asset: "ast_1", Kind: portfolio.Site, Name: "Camp 2",
				How: exposure.Distance, DistanceKM: 31, Intensity: exposure.Intensity{Value: 7.1, Unit: "mmi", Sigma: 0.8}, Persons: 412,
				P: p, Level: level.Red, Source: "Allen, Wald and Worden 2012", Method: "2026.1", Evidence: []string{"sig_1"},
			},
			{
				Event: "evt_1", Revision: 2, Hazard: event.Earthquake, Project: "prj_1", Asset: "ast_2", Kind: portfolio.Person, Name: "A. Surveyor",
				How: exposure.Distance, DistanceKM: 38, Intensity: exposure.Intensity{Value: 6.2, Unit: "mmi", Sigma: 0.8}, Persons: 1,
				P: level.P{1, 0.9, 0.7, 0.4, 0.1}, Level: level.Orange, Source: "Allen, Wald and Worden 2012", Method: "2026.1",
			},
		},
	}
}
