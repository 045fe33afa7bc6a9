package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/web/webtest"
)

// TestSheet: numbers as people type them, what is wrong at its question above what was typed,
// what is right kept as a draft, and a sheet that is whole sent.
func TestSheet(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	whole := url.Values{
		"round": {"1"}, "do": {"send"}, "v.incidents": {"1,000"}, "v.robberies": {"2,5"}, "v.stock": {"14"}, "v.medevac": {"3.5"}, "v.guards": {"1"}, "v.drill": {"4"}, "v.corridor": {"12.5 %"}, "r.worry": {"rain"},
	}
	with := func(change ...string) url.Values {
		out := url.Values{}
		for k, v := range whole {
			out[k] = v
		}
		for _, c := range change {
			name, value, _ := strings.Cut(c, "=")
			out.Set(name, value)
		}
		return out
	}
	calls := 0
	last := func() string {
		t.Helper()
		all := d.Calls()
		if len(all) != calls+1 {
			t.Fatalf("%d calls after %d", len(all), calls)
		}
		calls++
		return all[len(all)-1]
	}
	if w := ask(h, nil, "/s/first", whole); w.Code != http.StatusSeeOther {
		t.Fatalf("sent: %d %s", w.Code, w.Body)
	}
	if got := last(); !strings.Contains(got, "sheet first 1 true") || !strings.Contains(got, "Value:1000 ") || !strings.Contains(got, "Value:2.5 ") || !strings.Contains(got, "Value:0.125 ") || !strings.Contains(got, "Reason:rain") {
		t.Errorf("sent %s", got)
	}
	w := ask(h, nil, "/s/first", with("v.stock=many", "v.drill=", "v.corridor=140"))
	page := w.Body.String()
	if got := last(); w.Code != http.StatusUnprocessableEntity || !strings.Contains(got, "sheet first 1 false") || strings.Contains(got, "Question:stock") {
		t.Errorf("with slips: %d, kept %s", w.Code, got)
	}
	for _, want := range []string{"Please look at the marked questions", "Not a number from 0 to 3650", "Not answered yet", "Not a number from 0 to 100", `value="many"`, `value="2,5"`, ">rain</textarea>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page with slips does not say %q", want)
		}
	}
	if w := ask(h, nil, "/s/first", with("do=save", "v.drill=", "v.stock=", "k.guards=1")); w.Code != http.StatusSeeOther {
		t.Errorf("a draft with holes: %d", w.Code)
	}
	if got := last(); !strings.Contains(got, "sheet first 1 false") || !strings.Contains(got, "Skip:true") {
		t.Errorf("draft %s", got)
	}
	if w := ask(h, nil, "/s/second", with("round=1")); w.Code != http.StatusGone {
		t.Errorf("a round that is over: %d", w.Code)
	}
	if w := ask(h, nil, "/s/none", nil); w.Code != http.StatusNotFound {
		t.Errorf("a link that nobody signed: %d", w.Code)
	}
	second := ask(h, nil, "/s/second", nil).Body.String()
	for _, want := range []string{"median 14, half of the answers from 11.5 to 22. You said: 14.", "The group of 3: 66.7 % said yes.", "Two trucks came on Tuesday", "Draft saved"} {
		if !strings.Contains(second, want) {
			t.Errorf("the second round does not say %q", want)
		}
	}
	if strings.Contains(second, "Cho Banda") || strings.Contains(second, "Liu Yan") {
		t.Error("a respondent sees the names of others")
	}
	if zh := ask(h, nil, "/s/first-zh", nil).Body.String(); !strings.Contains(zh, "提交答案") || !strings.Contains(zh, "过去 30 天内所有岗哨") {
		t.Error("not in Chinese")
	}
}

// TestSurveyForm: a sample becomes a form, and the form writes the survey that was filled in,
// in the reader's zone.
func TestSurveyForm(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	page := ask(h, as(desk.Analyst), "/surveys/new?sample=local-needs", nil).Body.String()
	for _, want := range []string{"Local needs and community", "local-needs-2026-10", "own.grievances_overdue", "对社区的承诺", "S. Tesfaye"} {
		if !strings.Contains(page, want) {
			t.Errorf("the form does not say %q", want)
		}
	}
	form := url.Values{
		"base": {"-1"}, "state": {"draft"}, "code": {"s1"}, "title": {"S"}, "d0": {"2026-10-20T18:00"}, "remind": {"48, 12"}, "quorum": {"2"}, "asked": {"contact:liu", "account:acc_2"}, "unit contact:liu": {"Site"}, "grade contact:liu": {"B"},
		"q0.code": {"stock"}, "q0.text": {"Days?"}, "q0.kind": {"number"}, "q0.indicator": {"own.stock_days"}, "q0.texts": {"zh: 几天？"},
	}
	if w := ask(h, as(desk.Analyst), "/surveys", form); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	got := d.Calls()[0]
	for _, want := range []string{"survey -1", "Unit:days", "High:3650", "map[zh:几天？]", "2026-10-20 15:00:00", "Remind:[48 12]", "Quorum:2", "contact:liu", "account:acc_2", "Grade:B"} {
		if !strings.Contains(got, want) {
			t.Errorf("wrote %s\n  without %q", got, want)
		}
	}
	form.Set("d0", "soon")
	form.Set("q0.kind", "song")
	w := ask(h, as(desk.Analyst), "/surveys", form)
	if body := w.Body.String(); w.Code != http.StatusUnprocessableEntity || !strings.Contains(body, "is no day and hour") || !strings.Contains(body, "几天？") {
		t.Errorf("with slips: %d", w.Code)
	}
	card := ask(h, as(desk.Reader), "/surveys/site-security-2026-10", nil).Body.String()
	for _, want := range []string{"learned from 7 answers", "could not be delivered", "begun, not sent", "Days of stock", "11.5 – 22", "1 of 4 have answered"} {
		if !strings.Contains(card, want) {
			t.Errorf("the survey does not say %q", want)
		}
	}
	if strings.Contains(card, "/remind") {
		t.Error("a reader is offered to remind")
	}
	if zh := ask(h, webtest.Cookie(desk.Analyst, "zh", "", webtest.Org), "/surveys", nil).Body.String(); !strings.Contains(zh, "示例问卷") {
		t.Error("not in Chinese")
	}
}
