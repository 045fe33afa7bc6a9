package web_test

import (
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/web/webtest"
)

// page reads one page as the duty officer.
func pageText(t *testing.T, path string, change func(*webtest.Desk)) string {
	t.Helper()
	h, d := serve(t)
	if change != nil {
		change(d)
	}
	w := ask(h, webtest.Cookie(desk.DutyOfficer, "en", "", webtest.Org), path, nil)
	if w.Code != 200 {
		t.Fatalf("%s: %d", path, w.Code)
	}
	return w.Body.String()
}

func TestPagesTellHowTheLevelCameAbout(t *testing.T) {
	t.Parallel()
	body := pageText(t, "/warnings/wrn_00", nil)
	for _, want := range []string{
		"How the level came about", "usgs-all-day measured it", "goes out at once", "under M 6.5 or beyond 44", "threshold crossed, p =", "policy 2026.1",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the warning's page lacks %q", want)
		}
	}
	if queue := pageText(t, "/", nil); !strings.Contains(queue, "threshold crossed, p =") {
		t.Error("the queue does not show a crossed threshold beside the level")
	}
}

func TestPagesTellWhatRulesKeepBack(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/suppressed":                  "Quetta Rail, lot 3: suppressed by rule small-quakes since",
		"/events/evt_00":               "would have been Orange",
		"/portfolio/prj_quetta-rail-3": "would have been Orange",
		"/warnings/wrn_00":             "would have been Orange", // of the same project and family
		"/":                            `href="/suppressed"`,
	} {
		if body := pageText(t, path, nil); !strings.Contains(body, want) {
			t.Errorf("%s lacks %q", path, want)
		}
		none := pageText(t, path, func(d *webtest.Desk) { d.Hushed = nil })
		if strings.Contains(none, want) {
			t.Errorf("%s says %q though nothing is kept back", path, want)
		}
	}
}

func TestAWarningNamesOnlyWhatIsKeptOutOfIt(t *testing.T) {
	t.Parallel()
	body := pageText(t, "/warnings/wrn_00", func(d *webtest.Desk) { d.Hushed[0].Family = "flood" })
	if strings.Contains(body, "would have been Orange") {
		t.Error("it names a rule about another family of hazards")
	}
}

func TestAProposedRedCanBeSigned(t *testing.T) {
	t.Parallel()
	for proposal, want := range map[warning.Proposal]bool{"": false, warning.ProposalOpen: true, warning.ProposalLapsed: true, warning.ProposalSigned: false} {
		body := pageText(t, "/warnings/wrn_00", func(d *webtest.Desk) {
			d.Rows[0].Warning.Proposal = proposal
			if proposal == warning.ProposalOpen {
				d.Rows[0].Warning.ConfirmBy = webtest.Now.Add(time.Minute)
			}
		})
		if got := strings.Contains(body, "/warnings/wrn_00/sign"); got != want {
			t.Errorf("proposal %q: can be signed %v, want %v", proposal, got, want)
		}
	}
}

func TestSourcePageShowsItsRecord(t *testing.T) {
	t.Parallel()
	body := pageText(t, "/sources/src_13", func(d *webtest.Desk) {
		for i := range d.Feeds {
			d.Feeds[i].Record = &desk.SourceRecord{Hits: 9, Positives: 10, FalseAlarms: 1, Negatives: 4, Ratio: 2.5, Cases: 14}
		}
	})
	if !strings.Contains(body, "likelihood ratio 2.5 from 14 resolved events: 9 of 10 that happened, 1 of 4 that did not") {
		t.Error("the record and its n are not shown")
	}
	if body := pageText(t, "/sources/src_13", nil); !strings.Contains(body, "its grade alone counts") {
		t.Error("a source without a record does not say so")
	}
}
