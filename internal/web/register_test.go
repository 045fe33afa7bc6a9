package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"watchfire.dev/internal/chart"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/register"
	"watchfire.dev/internal/web/webtest"
)

// TestRegisterPage: what is overdue is said in bold words, a risk above its line that nobody
// has accepted is named so, what is missing is hatched, the run says that it is stale.
func TestRegisterPage(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	page := ask(h, as(desk.Analyst), "/register", nil).Body.String()
	for _, want := range []string{
		"above, accepted by nobody", "Open the second road", "since 31 Aug 2026", "The register has changed since this run", "seed 20261006", "no target", "no line", "Payment is late by 60 days or more",
		`href="/register/risks/MH-01"`, "Chance in 12 months", "37 days late",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the register does not say %q", want)
		}
	}
	if strings.Contains(ask(h, as(desk.Reader), "/register", nil).Body.String(), `action="/register/run"`) {
		t.Error("a reader is offered to simulate")
	}
	if got := ask(h, as(desk.Reader), "/register?project=quetta-rail-3", nil).Body.String(); strings.Contains(got, "Payment is late") {
		t.Error("the register of one project shows others")
	}
	zh := ask(h, webtest.Cookie(desk.Analyst, "zh", "", webtest.Org), "/register", nil).Body.String()
	if !strings.Contains(zh, "超出，无人接受") {
		t.Error("not in Chinese")
	}
}

// TestRiskPage: the bow-tie, what each control lacks and takes, curves for each unit, history.
func TestRiskPage(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	page := ask(h, as(desk.Analyst), "/register/risks/MH-01", nil).Body.String()
	for _, want := range []string{
		"3 causes, 2 consequences, 3 controls, 2 of them with gaps", "no evidence", "test overdue", "Loss in a year: USD", "Loss in a year: people", "90 % between", "Restore version 1", "is over", "Internal audit",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the risk does not say %q", want)
		}
	}
	if strings.Contains(page, "Restore version 2") {
		t.Error("a removal is offered for restoring")
	}
	if w := ask(h, as(desk.Analyst), "/register/risks/none", nil); w.Code != http.StatusNotFound {
		t.Errorf("a risk that is not there: %d", w.Code)
	}
}

// TestRiskForm: the form gives back what it was filled with, writes the same risk again, and
// names what is wrong beside what was typed.
func TestRiskForm(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	doc := parse(t, ask(h, as(desk.Analyst), "/register/risks/MH-01/edit", nil).Body.String())
	form := filled(doc)
	if form.Get("c0.duties") == "" || form.Get("base") != "3" {
		t.Fatalf("the form: %v", form)
	}
	if w := ask(h, as(desk.Analyst), "/register/risks", form); w.Code != http.StatusSeeOther {
		t.Fatalf("the same risk: %d %s", w.Code, w.Body)
	}
	card, err := d.Risk(t.Context(), desk.Principal{Org: webtest.Org}, "MH-01")
	if err != nil {
		t.Fatal(err)
	}
	want, err := register.WriteCSV([]register.Entry{card.Entry})
	if err != nil {
		t.Fatal(err)
	}
	if calls := d.Calls(); len(calls) != 1 || calls[0] != "risk 3 "+string(want) {
		t.Errorf("written\n%s\nwant\n%s", calls, want)
	}
	form.Set("usd_p90", "12")
	w := ask(h, as(desk.Analyst), "/register/risks", form)
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "12 lies below the median 200000") || !strings.Contains(w.Body.String(), `value="12"`) {
		t.Errorf("a slip: %d", w.Code)
	}
	form.Set("usd_p90", "twelve")
	if w := ask(h, as(desk.Analyst), "/register/risks", form); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "is no number") {
		t.Errorf("a word for a number: %d", w.Code)
	}
	form.Set("usd_p90", "1500000")
	form.Set("base", "2")
	if w := ask(h, as(desk.Analyst), "/register/risks", form); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "is at version 3") {
		t.Errorf("an old version: %d", w.Code)
	}
	for path, form := range map[string]url.Values{
		"/register/risks/MH-01/restore": {"base": {"3"}, "version": {"1"}},
		"/register/run":                 {"seed": {"7"}},
		"/register/context":             {"base": {"2"}, "scopes": {"* | 120,000,000 | on time |"}, "appetite": {"* | security | 8 | | 5% | Board"}},
	} {
		if w := ask(h, as(desk.Reader), path, form); w.Code != http.StatusForbidden {
			t.Errorf("%s as a reader: %d", path, w.Code)
		}
		if w := ask(h, as(desk.Analyst), path, form); w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	calls := strings.Join(d.Calls(), "\n")
	for _, want := range []string{"restore risk MH-01 1 over 3", "run register 7", "context 2 [{Project: Dimension:security Score:8 Money:0 Severe:0.05 Approver:Board}]"} {
		if !strings.Contains(calls, want) {
			t.Errorf("not done: %s in\n%s", want, calls)
		}
	}
}

// TestRegisterFile: a file that is wrong is refused with row and field, and nothing is done.
func TestRegisterFile(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	send := func(text string) *httptest.ResponseRecorder {
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		part, err := m.CreateFormFile("file", "r.csv")
		if err == nil {
			_, err = part.Write([]byte(text))
		}
		if err != nil || m.Close() != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/register/import", &body)
		r.Header.Set("Content-Type", m.FormDataContentType())
		r.AddCookie(as(desk.Analyst))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	good := ask(h, as(desk.Reader), "/register/export", nil).Body.String()
	if w := send(strings.Replace(good, ",preventive,", ",sideways,", 1)); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "<b>row 10</b>") || !strings.Contains(w.Body.String(), "control C1 effect") {
		i := strings.Index(w.Body.String(), "role=\"alert\"")
		t.Errorf("a bad file: %d %.400s", w.Code, w.Body.String()[max(i, 0):])
	}
	if len(d.Calls()) > 0 {
		t.Error("a bad file did something")
	}
	if w := send(good); w.Code != http.StatusSeeOther || d.Calls()[0] != "import 4 risks of r.csv" {
		t.Errorf("what was exported: %d %v", w.Code, d.Calls())
	}
}

// TestStylesheetHasTheCharts: pages and standing-alone drawings look the same.
func TestStylesheetHasTheCharts(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("static/watchfire.css")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(css), chart.Style) {
		t.Error("the stylesheet has other lines for charts than chart.Style")
	}
}

// filled is what a browser would send of the longest form of a page.
func filled(doc *html.Node) url.Values {
	out := url.Values{}
	for _, form := range find(doc, "form", "method", "post") {
		got := url.Values{}
		for n := range form.Descendants() {
			name := attr(n, "name")
			switch {
			case n.Type != html.ElementNode || name == "":
			case n.Data == "textarea":
				if n.FirstChild != nil {
					got.Set(name, n.FirstChild.Data)
				}
			case n.Data == "select":
				for _, o := range find(n, "option", "selected", "") {
					got.Set(name, attr(o, "value"))
				}
			case attr(n, "type") != "checkbox" || has(n, "checked"):
				got.Set(name, attr(n, "value"))
			}
		}
		if len(got) > len(out) {
			out = got
		}
	}
	return out
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}
