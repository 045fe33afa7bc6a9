package app

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"watchfire.dev/internal/desk"
)

// A page is one line of the matrix of pages: what it needs, and a form that does something.
type page struct {
	pattern string
	needs   desk.Scope // open = nobody needs to be signed in
	form    string     // of a POST
}

// pages is TRUST.md S18 for people. A route of the pages that does not stand here fails the
// test.
func pages() []page {
	return []page{
		{"GET /static/", open, ""},
		{"GET /favicon.ico", open, ""},
		{"GET /worker.js", open, ""},
		{"GET /sign-in", open, ""},
		{"POST /sign-in", open, "email=a@example.org&password=x"},
		{"GET /sign-in/{token}", open, ""},
		{"POST /sign-in/{token}", open, "password=x"},
		{"GET /a/{token}", open, ""},
		{"POST /a/{token}", open, "kind=have_it"},
		{"GET /leave/{token}", open, ""},
		{"POST /leave/{token}", open, ""},
		{"GET /me/{token}", open, ""},
		{"POST /me/{token}", open, "act=undo"},
		{"GET /duty/calendar/{token}", open, ""},
		{"POST /sign-out", open, ""}, // not called here: it would end the session

		{"GET /{$}", desk.CanRead, ""},
		{"GET /live", desk.CanRead, ""},
		{"GET /warnings/{id}", desk.CanRead, ""},
		{"POST /warnings/{id}/answer", desk.CanAnswer, "kind=have_it"},
		{"POST /warnings/{id}/escalate", desk.CanAnswer, "note=n"},
		{"GET /warnings/{id}/end", desk.CanDecide, ""},
		{"GET /warnings/{id}/cancel", desk.CanDecide, ""},
		{"POST /warnings/{id}/sign", desk.CanDecide, ""},
		{"POST /warnings/{id}/end", desk.CanDecide, "reason=passed"},
		{"POST /warnings/{id}/cancel", desk.CanDecide, "reason=wrong"},
		{"GET /events", desk.CanRead, ""},
		{"GET /events/{id}", desk.CanRead, ""},
		{"POST /events/{id}/detach", desk.CanDecide, "signal={signal}"},
		{"POST /events/{id}/split", desk.CanDecide, "signal={signal}"},
		{"GET /map", desk.CanRead, ""},
		{"GET /map.json", desk.CanRead, ""},
		{"GET /outline.json", desk.CanRead, ""},
		{"GET /portfolio", desk.CanRead, ""},
		{"GET /portfolio/{project}", desk.CanRead, ""},
		{"POST /portfolio/commit", desk.CanPortfolio, "token={upload}"},
		{"POST /portfolio/versions/{version}/undo", desk.CanPortfolio, ""},
		{"POST /portfolio/preview", desk.CanPortfolio, "file"},
		{"GET /contacts/{id}", desk.CanRead, ""},
		{"POST /contacts/{id}/test", desk.CanAnswer, "channel=email"},
		{"POST /contacts/{id}/unmute", desk.CanAnswer, "project={project}&channel=email"},
		{"POST /contacts/{id}/devices", desk.CanAnswer, "name=phone&subscription={}"},
		{"POST /contacts/{id}/devices/remove", desk.CanAnswer, "name=phone"},
		{"GET /suppressed", desk.CanRead, ""},
		{"GET /calculator", desk.CanRead, ""},
		{"GET /wording", desk.CanRules, ""},
		{"GET /wording/mail", desk.CanRules, ""},
		{"GET /accounts", desk.CanAdmin, ""},
		{"POST /accounts", desk.CanAdmin, "email=page.{name}@example.org&name=N&role=reader"},
		{"POST /accounts/{id}", desk.CanAdmin, "name=Renamed&role=reader"},
		{"POST /accounts/{id}/link", desk.CanAdmin, ""},
		{"POST /tokens", desk.CanAdmin, "name=t&scope=read"},
		{"POST /tokens/{id}/revoke", desk.CanAdmin, ""},
		{"GET /sources", desk.CanRead, ""},
		{"GET /sources/{id}", desk.CanRead, ""},
		{"POST /sources/{id}/switch", desk.CanAdmin, "on=true"},
		{"POST /sources/{id}/poll", desk.CanAnswer, ""},
		{"GET /journal", desk.CanRead, ""},
		{"GET /status", desk.CanRead, ""},
		{"POST /release", desk.CanDecide, ""},
		{"GET /rules", desk.CanRead, ""},
		{"POST /rules", desk.CanRules, "name=N&when=event.magnitude+%3C+1.0&then=suppress&mode=shadow"},
		{"GET /forecasts", desk.CanRead, ""},
		{"GET /forecasts/countries/{code}", desk.CanRead, ""},
		{"GET /forecasts/place", desk.CanRead, ""},
		{"POST /forecasts", desk.CanPush, "country=ML&month=2030-01&percent=10"},
		{"POST /forecasts/panel", desk.CanPortfolio, "file"},
		{"GET /assessments", desk.CanRead, ""},
		{"POST /assessments", desk.CanRules, ""},
		{"GET /assessments/compare", desk.CanRead, ""},
		{"GET /assessments/{id}", desk.CanRead, ""},
		{"POST /assessments/tasks/{id}/cancel", desk.CanRules, ""},
		{"GET /assessments/settings", desk.CanRead, ""},
		{"POST /assessments/settings", desk.CanRules, "act=preview&base=0&w.security=2"},
		{"GET /assessments/settings/{file}", desk.CanRead, ""},
		{"GET /assessments/scenarios/{id}", desk.CanRead, ""},
		{"GET /reports", desk.CanRead, ""},
		{"POST /reports", desk.CanRules, "product=daily&unit=project:x&lang=en&tlp=AMBER"},
		{"GET /reports/{id}/file/{format}", desk.CanRead, ""},
		{"POST /reports/{id}/approve", desk.CanRules, ""},
		{"POST /reports/{id}/verify", desk.CanRead, ""},
		{"GET /reports/{id}", desk.CanRead, ""},
		{"POST /reports/{id}/send", desk.CanRules, "to=email:x@example.org&tlp=AMBER"},
		{"GET /report-schedules/{id}", desk.CanRules, ""},
		{"POST /report-schedules", desk.CanRules, "id=s-{name}&product=daily&unit=project:x&zone=UTC&lang=en&tlp=AMBER&readers=contact:x"},
		{"POST /report-schedules/{id}/drop", desk.CanRules, ""},
		{"GET /report-templates/{product}", desk.CanRules, ""},
		{"POST /report-templates/{product}", desk.CanRules, "paper=A4"},
		{"GET /report-templates/{product}/page", desk.CanRead, ""},
		{"GET /r/{token}", open, ""},
		{"POST /assessments/{id}/scenarios", desk.CanRules, "name=N&stress=coup"},
		{"GET /indicators", desk.CanRead, ""},
		{"POST /indicators", desk.CanPortfolio, "indicator=own.stock_days&place=project:{name}&period=2020&value=3&source=stores"},
		{"POST /indicators/import", desk.CanPortfolio, "file"},
		{"GET /report", desk.CanRead, ""},
		{"POST /report", desk.CanPush, "project={project}&asset={asset}&hazard=flood&what=Water&severity=Moderate"},
		{"GET /account", desk.CanRead, ""},
		{"POST /account", desk.CanRead, "language=en&zone=UTC&theme="},
		{"POST /account/password", desk.CanRead, "old=x&password=another+Umbrella+42&again=another+Umbrella+42"},
		{"GET /register", desk.CanRead, ""},
		{"GET /register/new", desk.CanPortfolio, ""},
		{"GET /register/export", desk.CanRead, ""},
		{"POST /register/import", desk.CanPortfolio, "file"},
		{"POST /register/run", desk.CanPortfolio, "seed=7"},
		{"POST /register/context", desk.CanPortfolio, "appetite=*+|+*+|+9"},
		{"GET /register/risks/{code}", desk.CanRead, ""},
		{"GET /register/risks/{code}/edit", desk.CanPortfolio, ""},
		{"POST /register/risks", desk.CanPortfolio, "base=0&code=R-1&title=Flood&dimension=natural&prior_events=1&prior_years=5&days_p50=1&days_p90=3"},
		{"POST /register/risks/{code}/restore", desk.CanPortfolio, "base=0&version=1"},
		{"GET /duty", desk.CanRead, ""},
		{"GET /hand-over", desk.CanRead, ""},
		{"GET /me", desk.CanRead, ""},
		{"POST /me", desk.CanRead, "version=0&digest=daily"},
		{"GET /duty/rotas/{code}", desk.CanRead, ""},
		{"POST /duty/rotas", desk.CanDecide, "code=duty-{name}&name=N&zone=UTC&l0.name=all&l0.members=contact:x&l0.start=2026-01-01&l0.hand_over=06:00&l0.length=1&l0.unit=days"},
		{"POST /duty/rotas/{code}/drop", desk.CanDecide, ""},
		{"POST /duty/overrides", desk.CanDecide, "rota=duty&member=contact:a&from=2026-01-01+00:00&to=2026-01-02+00:00"},
		{"POST /duty/overrides/{id}/drop", desk.CanDecide, "rota=duty"},
		{"POST /duty/absences", desk.CanDecide, "member=contact:x&from=2030-01-01+00:00&to=2030-01-02+00:00"},
		{"POST /duty/absences/{id}/drop", desk.CanAnswer, ""},
		{"POST /duty/swaps", desk.CanAnswer, "rota=duty&asker=contact:a&other=contact:b&from=2026-01-01+00:00&to=2026-01-02+00:00"},
		{"POST /duty/swaps/{id}", desk.CanAnswer, "state=accepted"},
		{"POST /duty/policies", desk.CanAdmin, "code=p-{name}&name=P&level=red&steps=step:1"},
		{"POST /duty/policies/{code}/drop", desk.CanAdmin, ""},
		{"POST /duty/bounds", desk.CanAdmin, "floor=orange"},
		{"POST /duty/calendar", desk.CanAnswer, "member=contact:a"},
		{"POST /duty/undo", desk.CanAnswer, "version=9999"},
		{"POST /hand-over/{code}", desk.CanDecide, "shift=2026-01-01T00:00:00Z"},
		{"POST /warnings/{id}/snooze", desk.CanRead, "hours=1"},
		{"GET /help", desk.CanRead, ""},
	}
}

// visit opens a page, or sends its form, on the things of an organisation.
func (w *world) visit(who actor, p page, of *tenant) answered {
	w.t.Helper()
	verb, path, _ := strings.Cut(p.pattern, " ")
	thing := map[string]string{"/warnings": of.warning, "/events": of.event, "/sources": of.source, "/contacts": of.contact, "/accounts": of.victim, "/tokens": of.victimToken}
	for prefix, id := range thing {
		if strings.HasPrefix(path, prefix) {
			path = strings.Replace(path, "{id}", id, 1)
		}
	}
	path = strings.NewReplacer("{$}", "", "{token}", "x", "{project}", of.project, "{version}", "1", "{product}", "daily", "{code}", "duty-x", "{file}", "method.yaml").Replace(path)
	if path == "/live" {
		w.app.hub.close() // a stream that nobody ends would go on
	}
	if verb == http.MethodGet {
		return w.ask(who, verb, path, "", nil)
	}
	if p.form == "file" {
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		part, err := m.CreateFormFile("file", "x.csv")
		if err == nil {
			_, err = part.Write([]byte("thing,code,name,country,zone\nproject,second,Second,ZM,Africa/Lusaka\n"))
		}
		if err != nil || m.Close() != nil {
			w.t.Fatal(err)
		}
		return w.ask(who, verb, path, m.FormDataContentType(), body.Bytes())
	}
	return w.ask(who, verb, path, "application/x-www-form-urlencoded", []byte(of.fill(p.form)))
}

func TestEveryPageForEveryRoleAndOrganisation(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../web/web.go")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, p := range pages() {
		listed[p.pattern] = true
	}
	for _, more := range []string{"../web/duty.go", "../web/assess.go", "../web/register.go", "../web/reports.go", "../web/forecast.go"} {
		raw, err := os.ReadFile(more)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, raw...)
	}
	routes := regexp.MustCompile(`"((?:GET|POST|PUT|PATCH|DELETE) /[^"]*)"`).FindAllStringSubmatch(string(source), -1)
	if len(routes) != len(listed) {
		t.Errorf("%d routes, %d lines", len(routes), len(listed))
	}
	for _, m := range routes {
		if !listed[m[1]] {
			t.Errorf("%s does not stand in the matrix", m[1])
		}
	}
	inWorld(t, func(_ context.Context, w *world) {
		for _, p := range pages() {
			if p.needs == open {
				continue
			}
			for _, who := range append(w.everybody(), w.ours.chief()) {
				if who.token == "" {
					w.page(who, p)
				}
			}
		}
		if got := w.do(w.ours.chief(), 200, http.MethodGet, "/api/v1/journal?kind=denied&limit=1000", "").Body.String(); !strings.Contains(got, "POST /warnings/{id}/end") {
			t.Error("nobody wrote down that a page was refused")
		}
	})
}

func (w *world) page(who actor, p page) {
	w.t.Helper()
	get := strings.HasPrefix(p.pattern, "GET ")
	got := w.visit(who, p, w.ours)
	fail := func(want string) {
		w.t.Helper()
		w.t.Errorf("%s as %s: %d to %q, want %s", p.pattern, who.name, got.Code, got.Header().Get("Location"), want)
	}
	may := who.may(p.needs)
	named := strings.Contains(p.pattern, "{id}") || strings.Contains(p.pattern, "{project}")
	switch {
	case who.org == nil && get && p.pattern != "GET /live":
		if got.Code != http.StatusSeeOther || !strings.HasPrefix(got.Header().Get("Location"), "/sign-in") {
			fail("the sign-in page")
		}
	case who.org == nil:
		if got.Code != http.StatusUnauthorized {
			fail("401")
		}
	case who.org == w.theirs && named:
		if got.Code != http.StatusNotFound && (may || got.Code != http.StatusForbidden) {
			fail("404")
		}
		if none := w.visit(who, p, nothing()); none.Code != got.Code {
			fail("the same as for what does not exist")
		}
	case !may:
		if got.Code != http.StatusForbidden {
			fail("403")
		}
	case p.pattern == "GET /live": // the stream needs a real connection: TestLiveStream has one
	case got.Code == http.StatusForbidden || got.Code == http.StatusUnauthorized || got.Code >= 500:
		fail("to be let in")
	}
	if who.org != w.ours && strings.Contains(got.Body.String(), "ours camp") {
		w.t.Errorf("%s as %s shows what is another organisation's", p.pattern, who.name)
	}
}
