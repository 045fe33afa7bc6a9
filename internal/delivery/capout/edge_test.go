package capout

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		end := deliverytest.NewHTTPEnd(t, "Idempotency-Key")
		alerts := func(context.Context, string, string, int) ([]byte, error) { return []byte("<alert/>"), nil }
		return deliverytest.Rig{
			Channel: New(end.Client, alerts, clock.System), Address: end.URL, Behave: end.Behave, Marks: end.Marks, Secrets: []string{"s3cret"},
		}
	})
}

func TestAlertThatCannotBeMade(t *testing.T) {
	t.Parallel()
	end := deliverytest.NewHTTPEnd(t, "Idempotency-Key")
	for err, want := range map[error]delivery.FaultKind{
		fmt.Errorf("bad: %w", fault.ErrInvalid): delivery.Refused, fault.ErrUnavailable: delivery.Retry,
	} {
		alerts := func(context.Context, string, string, int) ([]byte, error) { return nil, err }
		_, got := New(end.Client, alerts, clock.System).Send(t.Context(), deliverytest.Message(end.URL, "ntf_a"))
		if delivery.KindOf(got) != want || !errors.Is(got, err) {
			t.Errorf("%v: %v", err, got)
		}
	}
	if n := len(end.Calls()); n != 0 {
		t.Errorf("%d calls without an alert", n)
	}
}

// config speaks all languages and links to pages.
func config(t *testing.T) Config {
	t.Helper()
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	return Config{Sender: "watch.example.org", Book: book, Languages: phrase.Languages(), Web: "https://watch.example.org/"}
}

var rail = portfolio.Project{ID: "p", Name: "Quetta Rail", Country: "PK", Zone: "Asia/Karachi"}

func TestMapping(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil     func(w *warning.Warning)
		severity  cap.Severity
		certainty cap.Certainty
		urgency   cap.Urgency
		response  cap.ResponseType
	}{
		"impact behind expires": {
			func(w *warning.Warning) { w.ETA = t0.Add(72 * time.Hour) },
			cap.SeveritySevere, cap.CertaintyLikely, cap.UrgencyFuture, cap.ResponseExecute,
		},
		"impact within the hour": {
			func(w *warning.Warning) { w.ETA = t0.Add(time.Hour) },
			cap.SeveritySevere, cap.CertaintyLikely, cap.UrgencyExpected, cap.ResponseExecute,
		},
		"expired is no all-clear": {
			func(w *warning.Warning) { w.State = warning.Expired },
			cap.SeveritySevere, cap.CertaintyLikely, cap.UrgencyPast, cap.ResponseAssess,
		},
		"red by rule at a small chance": {
			func(w *warning.Warning) { w.P = level.P{1, .01, .01, .01, .01} },
			cap.SeverityExtreme, cap.CertaintyUnlikely, cap.UrgencyImmediate, cap.ResponseExecute,
		},
		"observed": {
			func(w *warning.Warning) { w.P, w.Rows[0].Observed = level.P{1, .3, .2, .2, .02}, 3 },
			cap.SeveritySevere, cap.CertaintyObserved, cap.UrgencyImmediate, cap.ResponseExecute,
		},
		"yellow": {
			func(w *warning.Warning) { w.Level, w.P = level.Yellow, level.P{1, .6, .3, .04, 0} },
			cap.SeverityModerate, cap.CertaintyPossible, cap.UrgencyImmediate, cap.ResponseMonitor,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := example()
			c.spoil(&w)
			a, err := Alert(config(t), w, rail, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			i := a.Infos[0]
			if i.Severity != c.severity || i.Certainty != c.certainty || i.Urgency != c.urgency || i.ResponseTypes[0] != c.response {
				t.Errorf("%s %s %s %s", i.Severity, i.Certainty, i.Urgency, i.ResponseTypes)
			}
			if i.Web != "https://watch.example.org/warnings/wrn_1" || len(a.Infos) != 2 {
				t.Errorf("web %q, %d infos", i.Web, len(a.Infos))
			}
			if eta, ok := i.Parameter("watchfire:eta"); ok != !w.ETA.IsZero() || ok && eta != w.ETA.Format(time.RFC3339) {
				t.Errorf("eta %q", eta)
			}
		})
	}
}

func TestWhatIsNotSaidInCAP(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(w *warning.Warning){
		"house label":       func(w *warning.Warning) { w.TLP = "amber+strict" },
		"red label":         func(w *warning.Warning) { w.TLP = "Red" },
		"nothing to cancel": func(w *warning.Warning) { w.State = warning.Cancelled },
		"odd level":         func(w *warning.Warning) { w.Level = 9 },
		"no hazard":         func(w *warning.Warning) { w.Hazard = "" },
		"id with a blank":   func(w *warning.Warning) { w.ID = "a b" },
	} {
		w := example()
		spoil(&w)
		if a, err := Alert(config(t), w, rail, nil, nil); !errors.Is(err, fault.ErrInvalid) || len(a.Infos) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPersonsHaveNoNameInCAP(t *testing.T) {
	t.Parallel()
	w := example()
	w.Rows[0].Kind, w.Rows[0].Name = portfolio.Person, "A. Surveyor"
	a, err := Alert(config(t), w, rail, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := cap.Marshal(a)
	if err != nil || strings.Contains(string(raw), "Surveyor") {
		t.Errorf("%v\n%s", err, raw)
	}
	if w.Rows[0].Name != "A. Surveyor" {
		t.Error("the caller's rows were changed")
	}
}

func TestExerciseIsNoAlarm(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Exercise = true
	a, err := Alert(cfg, example(), rail, nil, nil)
	if err != nil || a.Status != cap.StatusExercise || !strings.Contains(a.Note, "Simulated") {
		t.Errorf("%v %s %q", err, a.Status, a.Note)
	}
}

func TestHostileTextsGiveValidAlerts(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	for _, h := range deliverytest.Hostile() {
		w, p := example(), rail
		p.Name = "P" + h
		w.Hazard, w.Note, w.Method = event.Flood, h, "m"+h
		w.Events[0].Title, w.Rows[0].Name, w.Rows[0].Source, w.Rules = h, h, h, []string{h}
		a, err := Alert(cfg, w, p, nil, nil)
		if err != nil {
			t.Errorf("%.20q: %v", h, err)
			continue
		}
		raw, err := cap.Marshal(a)
		if err != nil {
			t.Errorf("%.20q: %v", h, err)
			continue
		}
		if _, problems, err := cap.Parse(raw, cap.Options{}); err != nil {
			t.Errorf("%.20q: %v %v", h, err, problems)
		}
		if len(raw) > 64<<10 {
			t.Errorf("%.20q: %d bytes", h, len(raw))
		}
		feed, err := Feed([]Entry{{a, "https://watch.example.org/x.xml"}}, "https://watch.example.org/cap/o.atom", h, t0)
		if err != nil || !wellFormed(feed) {
			t.Errorf("%.20q: feed: %v", h, err)
		}
	}
}

func wellFormed(raw []byte) bool {
	d := xml.NewDecoder(strings.NewReader(string(raw)))
	for {
		if _, err := d.Token(); err != nil {
			return err.Error() == "EOF"
		}
	}
}
