package web_test

import (
	"net/http"
	"strings"
	"testing"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/web/webtest"
)

// TestOneReasonOneLine: what many projects cannot see for one reason is one line with their
// names, and the bar counts lines.
func TestOneReasonOneLine(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	d.Dark = nil
	for _, name := range []string{"Dam", "Port", "Rail"} {
		d.Dark = append(d.Dark, desk.BlindSpot{Project: portfolio.Project{ID: name, Name: name}, Family: event.Storm, Reason: "no_source"})
	}
	d.Dark = append(d.Dark, desk.BlindSpot{Project: portfolio.Project{ID: "Rail", Name: "Rail"}, Family: event.Flood, Reason: "no_source"})
	w := ask(h, webtest.Cookie(desk.DutyOfficer, "en", "", webtest.Org), "/sources", nil)
	if w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	body := w.Body.String()
	for _, want := range []string{"3 projects", "Dam, Port, Rail", "Rail · Flood"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(body, "more</a></div>") {
		t.Error("two lines fit the bar, yet it says that there are more")
	}
}
