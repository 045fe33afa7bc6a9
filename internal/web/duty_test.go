package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"watchfire.dev/internal/desk"
)

// TestDutyPages: the page says who is on duty and who is asked, gaps are hatched, the form of
// a rota comes back as it was written, and what is wrong is said with its line.
func TestDutyPages(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	page := ask(h, as(desk.Administrator), "/duty?at=Sunday+03:00", nil).Body.String()
	for _, want := range []string{"Nobody is on duty in the next four weeks", "quiet hours", "All projects", "rota:duty-officers, wait 5m", "no contact has the code"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if got := ask(h, as(desk.Reader), "/duty?at=moonrise", nil).Body.String(); !strings.Contains(got, "not understood") {
		t.Error("a time that nobody understands is not refused")
	}
	week := parse(t, ask(h, as(desk.DutyOfficer), "/duty/rotas/duty-officers?from=2026-10-05", nil).Body.String())
	if n := len(find(week, "td", "class", "gap")); n < 2 {
		t.Errorf("%d cells of gaps are hatched", n)
	}
	if n := len(find(week, "th", "scope", "row")); n != 7 {
		t.Errorf("%d days", n)
	}
	form := url.Values{
		"old": {"duty-officers"}, "name": {"Duty officers"}, "zone": {"Asia/Karachi"}, "desk": {"1"}, "l0.name": {"all"}, "l0.members": {"contact:ann"},
		"l0.start": {"2026-10-05"}, "l0.hand_over": {"06:00, 18:00"}, "l0.length": {"1"}, "l0.unit": {"days"}, "l0.windows": {"mon 08:00-20:00"},
	}
	if w := ask(h, as(desk.DutyOfficer), "/duty/rotas", form); w.Code != http.StatusSeeOther {
		t.Errorf("a sound rota: %d %s", w.Code, w.Body.String())
	}
	form.Set("l0.windows", "mon 08:00-20:00\nfunday")
	if w := ask(h, as(desk.DutyOfficer), "/duty/rotas", form); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "line 2") {
		t.Errorf("a slip: %d", w.Code)
	}
	if w := ask(h, as(desk.Manager), "/duty/rotas", form); w.Code != http.StatusForbidden {
		t.Errorf("a manager changed a rota: %d", w.Code)
	}
	for path, form := range map[string]url.Values{
		"/duty/overrides":            {"rota": {"duty-officers"}, "member": {"contact:ann"}, "from": {"2026-10-10T06:00"}, "to": {"2026-10-10T18:00"}},
		"/duty/overrides/ovr_1/drop": {"rota": {"duty-officers"}},
		"/duty/absences":             {"member": {"contact:ann"}, "from": {"2026-10-10T06:00"}, "to": {"2026-10-12T18:00"}, "deputy": {"contact:ben"}},
		"/duty/absences/abs_1/drop":  {},
		"/duty/swaps/swp_1":          {"rota": {"duty-officers"}, "state": {"accepted"}},
		"/duty/policies":             {"code": {"all"}, "name": {"All"}, "level": {"orange"}, "steps": {"rota:duty-officers, wait 5m\nstep:1"}, "repeat": {"2"}},
		"/duty/bounds":               {"floor": {"orange"}},
		"/duty/undo":                 {"version": {"3"}},
		"/hand-over/duty-officers":   {"shift": {"2026-10-07T01:00:00Z"}, "note": {"calm"}},
		"/warnings/wrn_00/snooze":    {"hours": {"4"}},
	} {
		if w := ask(h, as(desk.Administrator), path, form); w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	calls := strings.Join(d.Calls(), "\n")
	for _, want := range []string{"book rota ", "swap swp_1 accepted", "undo book 3", "take over duty-officers 2026-10-07T01:00:00Z calm", "snooze wrn_00 4h0m0s", "book bounds"} {
		if !strings.Contains(calls, want) {
			t.Errorf("%q was not done:\n%s", want, calls)
		}
	}
	if w := ask(h, as(desk.Administrator), "/duty/policies", url.Values{"code": {"x"}, "level": {"red"}, "steps": {"nobody"}}); !strings.Contains(w.Body.String(), "line 1") {
		t.Error("a policy without a target is taken")
	}
}

// TestOwnPage: what a receiver sets by link or signed in; looking changes nothing.
func TestOwnPage(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	page := ask(h, nil, "/me/leave", nil)
	if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), `value="22:00"`) || len(d.Calls()) != 0 {
		t.Errorf("%d, calls %v", page.Code, d.Calls())
	}
	if w := ask(h, nil, "/me/nothing", nil); w.Code != http.StatusNotFound {
		t.Errorf("a link that nobody signed: %d", w.Code)
	}
	form := url.Values{"version": {"2"}, "digest": {"hourly"}, "quiet_from": {"21:00"}, "quiet_to": {"06:30"}, "day": {"mon", "tue"}, "least.email": {"orange"}}
	for _, path := range []string{"/me/leave", "/me"} {
		who := as(desk.Reader)
		if path != "/me" {
			who = nil
		}
		if w := ask(h, who, path, form); w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", path, w.Code)
		}
		if w := ask(h, who, path, url.Values{"act": {"undo"}}); w.Code != http.StatusSeeOther {
			t.Errorf("undo %s: %d", path, w.Code)
		}
		bad := url.Values{"version": {"2"}, "zone": {"Mars/Base"}}
		if w := ask(h, who, path, bad); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("a zone that is not known at %s: %d", path, w.Code)
		}
	}
	want := "choose hourly by link leave|undo choice by link leave|choose hourly mon tue 21:00-06:30|undo choice"
	if got := strings.Join(d.Calls(), "|"); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if w := ask(h, nil, "/duty/calendar/good.ics", nil); w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/calendar") {
		t.Errorf("a feed: %d %s", w.Code, w.Header())
	}
	if w := ask(h, nil, "/duty/calendar/bad.ics", nil); w.Code != http.StatusNotFound {
		t.Errorf("a feed that nobody signed: %d", w.Code)
	}
}

// TestHowLongSomebodyHasIt: the answerer sets it, and the page says until when.
func TestHowLongSomebodyHasIt(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	if w := ask(h, as(desk.DutyOfficer), "/warnings/wrn_00/answer", url.Values{"kind": {"have_it"}, "minutes": {"90"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d", w.Code)
	}
	if page := ask(h, as(desk.Reader), "/warnings/wrn_00", nil).Body.String(); !strings.Contains(page, "then it asks again") {
		t.Error("the page does not say until when somebody has it")
	}
	if w := ask(h, as(desk.DutyOfficer), "/warnings/wrn_00/answer", url.Values{"kind": {"have_it"}, "minutes": {"soon"}}); w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusBadRequest {
		t.Errorf("minutes that are none: %d", w.Code)
	}
}
