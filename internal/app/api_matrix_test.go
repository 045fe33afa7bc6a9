package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"watchfire.dev/internal/desk"
)

// A call is one line of the matrix: an operation, the right that it needs, and a request
// that does something on the things of one organisation.
type call struct {
	id    string
	needs desk.Scope // "" = signed in; open = nobody needs to be
	path  string     // {x} stands for a thing of the organisation
	body  string
	kind  string // content type, "" = JSON
	first int    // status for the administrator who calls first, before anything else
	own   bool   // refused to tokens whatever they may
}

const open = desk.Scope("open")

// matrix is TRUST.md S18: every operation that is served. An operation that does not stand
// here fails the test, as does a line without an operation.
func matrix() []call {
	const edit = `{"name":"Noise","when":"event.magnitude < 2.0","then":"suppress"}`
	return []call{
		{"get-health", open, "/healthz", "", "", 200, false},
		{"get-readiness", open, "/readyz", "", "", 200, false},
		{"get-signal-schema", open, "/api/v1/schema/signal.json", "", "", 200, false},
		{"get-cap-feed", open, "/cap/{org}.atom", "", "", 200, false},
		{"get-cap-alert", open, "/cap/{org}/{warning}/1.xml", "", "", 404, false}, // it is not labelled CLEAR
		{"deliver-hook", open, "/hooks/push", "{}", "", 401, false},               // no signature

		{"get-own-account", "", "/api/v1/account", "", "", 200, false},
		{"set-preferences", "", "/api/v1/account/preferences", `{"language":"en","zone":"UTC"}`, "", 200, true},
		{"set-password", "", "/api/v1/account/password", `{"old":"slow Person Umbrella 41?","password":"another Umbrella 42!"}`, "", 422, true},

		{"get-status", desk.CanRead, "/api/v1/status", "", "", 200, false},
		{"list-warnings", desk.CanRead, "/api/v1/warnings", "", "", 200, false},
		{"get-warning", desk.CanRead, "/api/v1/warnings/{warning}", "", "", 200, false},
		{"list-events", desk.CanRead, "/api/v1/events", "", "", 200, false},
		{"get-event", desk.CanRead, "/api/v1/events/{event}", "", "", 200, false},
		{"get-map", desk.CanRead, "/api/v1/map", "", "", 200, false},
		{"get-portfolio", desk.CanRead, "/api/v1/portfolio", "", "", 200, false},
		{"list-projects", desk.CanRead, "/api/v1/projects", "", "", 200, false},
		{"get-project", desk.CanRead, "/api/v1/projects/{project}", "", "", 200, false},
		{"list-assets", desk.CanRead, "/api/v1/assets", "", "", 200, false},
		{"list-contacts", desk.CanRead, "/api/v1/contacts", "", "", 200, false},
		{"list-versions", desk.CanRead, "/api/v1/portfolio/versions", "", "", 200, false},
		{"export-portfolio", desk.CanRead, "/api/v1/portfolio/export", "", "", 200, false},
		{"list-sources", desk.CanRead, "/api/v1/sources", "", "", 200, false},
		{"get-source", desk.CanRead, "/api/v1/sources/{source}", "", "", 200, false},
		{"list-blind-spots", desk.CanRead, "/api/v1/blind", "", "", 200, false},
		{"list-quarantine", desk.CanRead, "/api/v1/quarantine", "", "", 200, false},
		{"get-record", desk.CanRead, "/api/v1/records/{record}", "", "", 200, false},
		{"preview-wording", desk.CanRules, "/api/v1/wording/preview?hazard=flood&language=sw&level=orange", "", "", 200, false},
		{"list-hazards", desk.CanRead, "/api/v1/calculate/hazards", "", "", 200, false},
		{"calculate-impact", desk.CanRead, "/api/v1/calculate/impact", `{"hazard":"earthquake","inputs":{"magnitude":7,"distance_km":18}}`, "", 200, false},
		{"calculate-level", desk.CanRead, "/api/v1/calculate/level", `{"I1":0.9,"I2":0.3,"I3":0.06,"I4":0}`, "", 200, false},
		{"calculate-weigh", desk.CanRead, "/api/v1/calculate/weigh", `{"base":0.01,"reports":["A1"]}`, "", 200, false},
		{"get-contact", desk.CanRead, "/api/v1/contacts/{contact}", "", "", 200, false},
		{"get-duty", desk.CanRead, "/api/v1/duty?project={project}&at=Sunday+03:00", "", "", 200, false},
		{"list-shifts", desk.CanRead, "/api/v1/duty/shifts?rota=duty&days=3", "", "", 404, false}, // no rota yet
		{"get-duty-book", desk.CanRead, "/api/v1/duty/book", "", "", 200, false},
		{"list-hand-overs", desk.CanRead, "/api/v1/duty/hand-overs", "", "", 200, false},
		{"get-choice", desk.CanRead, "/api/v1/contacts/{contact}/choice", "", "", 200, false},
		{"list-held", desk.CanRead, "/api/v1/held", "", "", 200, false},
		{"set-duty-book", desk.CanAdmin, "/api/v1/duty/book", `{"policies":[{"code":"all","name":"All","from":"red","steps":[{"targets":[{"step":1}],"wait_s":300}]}]}`, "", 200, false},
		{"ask-swap", desk.CanAnswer, "/api/v1/duty/swaps", `{"rota":"duty","asker":{"contact":"a"},"other":{"contact":"b"},"from":"2030-01-01T00:00:00Z","to":"2030-01-02T00:00:00Z"}`, "", 403, false},
		{"answer-swap", desk.CanAnswer, "/api/v1/duty/swaps/swp_none/answer", `{"state":"accepted"}`, "", 404, false},
		{"take-shift", desk.CanDecide, "/api/v1/duty/hand-overs/duty/take", `{"shift":"2026-03-08T01:00:00Z"}`, "", 404, false},
		{"set-choice", desk.CanAnswer, "/api/v1/contacts/{contact}/choice", `{"digest":"daily"}`, "", 200, false},
		{"snooze-warning", desk.CanAnswer, "/api/v1/warnings/{warning}/snooze", `{"contact":"{contact}","for_s":3600}`, "", 200, false},
		{"get-risk", desk.CanRead, "/api/v1/register/risks/R-1", "", "", 404, false}, // none yet
		{"restore-risk", desk.CanPortfolio, "/api/v1/register/risks/R-1/restore", `{"version":1}`, "", 404, false},
		{"set-risk", desk.CanPortfolio, "/api/v1/register/risks/R-2", `{"code":"R-2","title":"Flood","dimension":"natural","frequency":{"prior_events":1,"prior_years":5,"events":0,"years":0},"impact":{"days":{"p50":2,"p90":9}}}`, "", 200, false},
		{"import-register", desk.CanPortfolio, "/api/v1/register/import", "kind,entry,title,dimension,prior_events,prior_years,days_p50,days_p90\nrisk,R-3,Fire,natural,1,9,1,5\n", "text/csv", 200, false},
		{"set-register-context", desk.CanPortfolio, "/api/v1/register/context", `{"version":0,"appetite":[{"score":9}]}`, "", 200, false},
		{"run-register", desk.CanPortfolio, "/api/v1/register/runs", `{"seed":7,"draws":100}`, "", 201, false},
		{"get-register", desk.CanRead, "/api/v1/register", "", "", 200, false},
		{"export-register", desk.CanRead, "/api/v1/register/export", "", "", 200, false},
		{"list-surveys", desk.CanRead, "/api/v1/surveys", "", "", 200, false},
		{"set-survey", desk.CanPortfolio, "/api/v1/surveys/s-1", `{"code":"s-1","title":"S","questions":[{"code":"q1","text":"How?","kind":"number","low":0,"high":9}],"deadlines":[],"asked":[]}`, "", 200, false},
		{"import-questions", desk.CanPortfolio, "/api/v1/surveys/s-2/questions", "code,text\nq1,How?\n", "text/csv", 201, false},
		{"get-survey", desk.CanRead, "/api/v1/surveys/s-1", "", "", 200, false},
		{"export-questions", desk.CanRead, "/api/v1/surveys/s-1/questions", "", "", 200, false},
		{"export-answers", desk.CanPortfolio, "/api/v1/surveys/s-1/answers", "", "", 200, false},
		{"open-survey", desk.CanPortfolio, "/api/v1/surveys/s-1/open", "", "", 422, false}, // nobody is asked
		{"end-round", desk.CanPortfolio, "/api/v1/surveys/s-1/end", "{}", "", 409, false},
		{"remind-survey", desk.CanPortfolio, "/api/v1/surveys/s-1/remind", "", "", 409, false},
		{"resolve-survey", desk.CanPortfolio, "/api/v1/surveys/s-1/outcomes", `{"question":"q1","value":1}`, "", 409, false},
		{"drop-survey", desk.CanPortfolio, "/api/v1/surveys/s-none", "", "", 404, false},
		{"list-mutes", desk.CanRead, "/api/v1/mutes", "", "", 200, false},
		{"explain-warning", desk.CanRead, "/api/v1/warnings/{warning}/explanation", "", "", 200, false},
		{"list-suppressed", desk.CanRead, "/api/v1/suppressed", "", "", 200, false},
		{"get-sender", desk.CanRead, "/api/v1/sender", "", "", 200, false},
		{"get-vitals", desk.CanRead, "/api/v1/vitals", "", "", 200, false},
		{"list-entries", desk.CanRead, "/api/v1/journal", "", "", 200, false},
		{"list-rules", desk.CanRead, "/api/v1/rules", "", "", 200, false},
		{"get-rule", desk.CanRead, "/api/v1/rules/{rule}", "", "", 200, false},
		{"get-public-forecasts", open, "/api/v1/public/forecasts", "", "", 401, false}, // not switched on
		{"list-forecasts", desk.CanRead, "/api/v1/forecasts", "", "", 200, false},
		{"get-country-forecast", desk.CanRead, "/api/v1/forecasts/countries/ML", "", "", 200, false},
		{"get-place-forecast", desk.CanRead, "/api/v1/forecasts/places?place=project:none", "", "", 404, false},
		{"list-kept-forecasts", desk.CanRead, "/api/v1/forecasts/record", "", "", 200, false},
		{"say-forecast", desk.CanPush, "/api/v1/forecasts", `{"country":"ML","month":"2030-01","chance":0.4}`, "", 422, false}, // there is no panel
		{"put-forecast-panel", desk.CanPortfolio, "/api/v1/forecasts/panels?file=p.csv", "country_id,month_id,ged_sb\n50,540,3\n50,541,0\n", "text/csv", 201, false},
		{"list-assessments", desk.CanRead, "/api/v1/assessments", "", "", 200, false},
		{"get-assessment", desk.CanRead, "/api/v1/assessments/country:KE", "", "", 404, false}, // none was published yet
		{"list-assessment-runs", desk.CanRead, "/api/v1/assessment-runs", "", "", 200, false},
		{"export-assessments", desk.CanRead, "/api/v1/assessment-runs/run_none/bundle", "", "", 404, false},
		{"verify-assessments", desk.CanRead, "/api/v1/assessment-runs/run_none/verify", "", "", 404, false},
		{"compare-assessments", desk.CanRead, "/api/v1/assessments/compare?index=inform.risk", "", "", 200, false},
		{"try-what-if", desk.CanRead, "/api/v1/assessments/what-if", `{"unit":"country:KE","stress":"coup"}`, "", 404, false},
		{"list-scenarios", desk.CanRead, "/api/v1/assessments/scenarios", "", "", 200, false},
		{"list-indicators", desk.CanRead, "/api/v1/indicators?indicator=wgi.law", "", "", 200, false},
		{"add-indicator", desk.CanPortfolio, "/api/v1/indicators", `{"indicator":"own.stock_days","place":"project:x","period":"2020","value":3,"source":"stores"}`, "", 201, false},
		{"import-indicators", desk.CanPortfolio, "/api/v1/indicators/imports?panel=own", "indicator,unit,place,period,value,known_at,source,grade,licence\n", "text/csv", 201, false},
		{"save-scenario", desk.CanRules, "/api/v1/assessments/scenarios", `{"unit":"country:KE","name":"n","stress":"coup"}`, "", 404, false},
		{"run-assessments", desk.CanRules, "/api/v1/assessments", `{"draws":1}`, "", 202, false},
		{"list-assessment-tasks", desk.CanRead, "/api/v1/assessment-tasks", "", "", 200, false},
		{"get-assessment-task", desk.CanRead, "/api/v1/assessment-tasks/ast_none", "", "", 404, false},
		{"cancel-assessment", desk.CanRules, "/api/v1/assessment-tasks/ast_none/cancel", "", "", 404, false},
		{"get-assessment-settings", desk.CanRead, "/api/v1/assessment-settings", "", "", 200, false},
		{"get-assessment-method", desk.CanRead, "/api/v1/assessment-settings/method", "", "", 200, false},
		{"preview-assessment-settings", desk.CanRules, "/api/v1/assessment-settings/preview", `{"base":0,"reason":"","weights":[{"dimension":"health","weight":2}],"years":0}`, "", 200, false},
		{"set-assessment-settings", desk.CanRules, "/api/v1/assessment-settings", `{"base":99,"reason":"why not","weights":[],"years":5}`, "", 409, false},
		{"list-stress-sets", desk.CanRead, "/api/v1/assessments/stress", "", "", 200, false},
		{"get-scenario", desk.CanRead, "/api/v1/assessments/scenarios/scn_none", "", "", 404, false},
		{"list-reports", desk.CanRead, "/api/v1/reports", "", "", 200, false},
		{"get-report", desk.CanRead, "/api/v1/reports/none", "", "", 404, false},
		{"get-report-file", desk.CanRead, "/api/v1/reports/none/files/html", "", "", 404, false},
		{"verify-report", desk.CanRead, "/api/v1/reports/none/verify", "", "", 404, false},
		{"export-report", desk.CanRead, "/api/v1/reports/none/bundle", "", "", 404, false},
		{"list-report-letters", desk.CanRead, "/api/v1/reports/none/letters", "", "", 404, false},
		{"send-report", desk.CanRules, "/api/v1/reports/none/send", `{"to":[{"address":"contact:x","tlp":"AMBER"}]}`, "", 404, false},
		{"list-report-schedules", desk.CanRead, "/api/v1/report-schedules", "", "", 200, false},
		{"get-report-template", desk.CanRead, "/api/v1/report-templates/daily", "", "", 200, false},
		{"set-report-template", desk.CanRules, "/api/v1/report-templates/daily", `{"paper":"letter"}`, "", 200, false},
		{"set-report-schedule", desk.CanRules, "/api/v1/report-schedules", `{"id":"s1","product":"daily","unit":"project:x","zone":"Africa/Nairobi","lang":"en","tlp":"AMBER","recipients":[],"template":{}}`, "", 201, false},
		{"end-report-schedule", desk.CanRules, "/api/v1/report-schedules/none", "", "", 404, false},
		{"make-report", desk.CanRules, "/api/v1/reports", `{"product":"daily","unit":"project:x"}`, "", 404, false},
		{"approve-report", desk.CanRules, "/api/v1/reports/none/approve", "", "", 404, false},
		{"follow-changes", desk.CanRead, "/api/v1/live", "", "", 200, false},

		{"answer-warning", desk.CanAnswer, "/api/v1/warnings/{warning}/answer", `{"answer":"have_it"}`, "", 200, false},
		{"escalate-warning", desk.CanAnswer, "/api/v1/warnings/{warning}/escalate", `{"note":"n"}`, "", 200, false},
		{"test-contact", desk.CanAnswer, "/api/v1/contacts/{contact}/test", `{"channel":"email"}`, "", 200, false},
		{"unmute-contact", desk.CanAnswer, "/api/v1/contacts/{contact}/unmute", `{"project":"{project}","channel":"email"}`, "", 404, false}, // nothing is muted
		{"release", desk.CanDecide, "/api/v1/release", "", "", 409, false},                                                                   // nothing is muted
		{"poll-source", desk.CanAnswer, "/api/v1/sources/{source}/poll", "", "", 202, false},

		{"push-signals", desk.CanPush, "/api/v1/signals", `{"hazard":"flood","texts":[{"language":"en","headline":"Water"}],"places":[{"country":"ZM"}]}`, "", 202, false},
		{"send-field-report", desk.CanPush, "/api/v1/field-reports", `{"project":"{project}","asset":"{asset}","hazard":"flood","what":"Water","severity":"Moderate"}`, "", 202, false},

		{"check-rule", desk.CanRules, "/api/v1/rules/check", edit, "", 200, false},
		{"test-rules", desk.CanRules, "/api/v1/rules/test", "rules: []\n", "application/yaml", 200, false},
		{"add-rule", desk.CanRules, "/api/v1/rules", edit, "", 201, false},
		{"edit-rule", desk.CanRules, "/api/v1/rules/{rule}", edit, "", 200, false},
		{"switch-rule", desk.CanRules, "/api/v1/rules/{rule}/switch", `{"mode":"shadow"}`, "", 200, false},

		{"commit-import", desk.CanPortfolio, "/api/v1/portfolio/imports/{upload}/commit", "", "", 200, false},
		{"undo-version", desk.CanPortfolio, "/api/v1/portfolio/undo", `{"version":2}`, "", 200, false},
		{"edit-portfolio", desk.CanPortfolio, "/api/v1/portfolio/edits", `{"edits":[{"project":{"code":"third","name":"Third","country":"ZM","zone":"Africa/Lusaka"}}]}`, "", 200, false},
		{"preview-import", desk.CanPortfolio, "/api/v1/portfolio/imports", "thing,code,name,country,zone\nproject,fourth,Fourth,ZM,Africa/Lusaka\n", "application/octet-stream", 200, false},

		{"list-accounts", desk.CanAdmin, "/api/v1/accounts", "", "", 200, false},
		{"add-account", desk.CanAdmin, "/api/v1/accounts", `{"email":"new.{name}@example.org","name":"New","role":"reader"}`, "", 201, false},
		{"change-account", desk.CanAdmin, "/api/v1/accounts/{victim}", `{"name":"Renamed"}`, "", 200, false},
		{"link-account", desk.CanAdmin, "/api/v1/accounts/{victim}/link", "", "", 201, false},
		{"end-sessions", desk.CanAdmin, "/api/v1/accounts/{victim}/end-sessions", "", "", 200, false},
		{"list-tokens", desk.CanAdmin, "/api/v1/tokens", "", "", 200, false},
		{"add-token", desk.CanAdmin, "/api/v1/tokens", `{"name":"t","scopes":["admin"]}`, "", 201, false},
		{"revoke-token", desk.CanAdmin, "/api/v1/tokens/{token}", "", "", 200, false},
		{"verify-journal", desk.CanAdmin, "/api/v1/journal/verify", "", "", 200, false},
		{"export-journal", desk.CanAdmin, "/api/v1/journal/export", "", "", 200, false},
		{"switch-source", desk.CanAdmin, "/api/v1/sources/{source}/switch", `{"on":true}`, "", 200, false},

		// These end the warning and part the event; what follows meets 409 or 422.
		{"detach-signal", desk.CanDecide, "/api/v1/events/{event}/detach", `{"signal":"{signal}"}`, "", 200, false},
		{"split-event", desk.CanDecide, "/api/v1/events/{event}/split", `{"signals":["{signal}"]}`, "", 404, false}, // it has left already
		{"sign-warning", desk.CanDecide, "/api/v1/warnings/{warning}/sign", "", "", 0, false},
		{"end-warning", desk.CanDecide, "/api/v1/warnings/{warning}/end", `{"reason":"passed"}`, "", 0, false},
		{"cancel-warning", desk.CanDecide, "/api/v1/warnings/{warning}/cancel", `{"reason":"wrong"}`, "", 0, false},
	}
}

// fill puts the things of an organisation into a path or body.
func (o *tenant) fill(text string) string {
	signal := ""
	if len(o.signals) > 1 {
		signal = o.signals[1]
	}
	return strings.NewReplacer("{org}", o.id, "{source}", o.source, "{warning}", o.warning, "{event}", o.event, "{project}", o.project, "{asset}", o.asset, "{contact}", o.contact, "{rule}", o.rule,
		"{record}", o.record, "{victim}", o.victim, "{token}", o.victimToken, "{upload}", o.up, "{signal}", signal, "{name}", o.name).Replace(text)
}

// nothing is an organisation whose things do not exist.
func nothing() *tenant {
	return &tenant{
		id: "org_none", name: "none", source: "quakes-none", project: "prj_none", asset: "ast_none", contact: "con_none", rule: "rul_none", record: strings.Repeat("0", 64),
		warning: "wrn_none", event: "evt_none", victim: "acc_none", victimToken: "tok_none", up: "upl_none", signals: []string{"sig_none", "sig_none"},
	}
}

func (w *world) call(who actor, c call, verb string, of *tenant, headers ...string) answered {
	w.t.Helper()
	kind := c.kind
	if kind == "" {
		kind = "application/json"
	}
	var body []byte
	if c.body != "" {
		body = []byte(of.fill(c.body))
	}
	if c.id == "follow-changes" { // a stream that nobody ends would go on
		w.app.hub.close()
	}
	return w.ask(who, verb, of.fill(c.path), kind, body, headers...)
}

// described reads the served description: operation id → verb and path.
func (w *world) described() map[string][2]string {
	w.t.Helper()
	var d struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Scope       string `json:"x-scope"`
		}
	}
	w.do(actor{}, 200, http.MethodGet, "/api/v1/openapi.json", "").into(&d)
	out := map[string][2]string{}
	for path, verbs := range d.Paths {
		for verb, op := range verbs {
			out[op.OperationID] = [2]string{strings.ToUpper(verb), path}
			i := slices.IndexFunc(matrix(), func(c call) bool { return c.id == op.OperationID })
			switch {
			case i < 0:
				w.t.Errorf("%s %s (%s) does not stand in the matrix", verb, path, op.OperationID)
			case op.Scope != strings.TrimPrefix(string(matrix()[i].needs), string(open)):
				w.t.Errorf("%s says that it needs %q, the matrix %q", op.OperationID, op.Scope, matrix()[i].needs)
			}
		}
	}
	return out
}

func TestEveryRouteForEveryRoleAndOrganisation(t *testing.T) {
	t.Parallel()
	inWorld(t, func(_ context.Context, w *world) {
		served := w.described()
		for _, c := range matrix() {
			route, ok := served[c.id]
			if !ok {
				t.Errorf("%s is not served", c.id)
				continue
			}
			// Who may not goes first, so that nothing has been changed yet.
			for _, who := range w.everybody() {
				w.refused(who, c, route[0])
			}
			first := w.call(w.ours.chief(), c, route[0], w.ours)
			if c.first != 0 && first.Code != c.first || first.Code >= 500 {
				t.Errorf("%s as the first: %d %.300s, want %d", c.id, first.Code, first.Body, c.first)
			}
			for _, who := range w.everybody() {
				w.allowed(who, c, route[0])
			}
		}
		w.denialsAreJournalled()
	})
}

// refused checks everybody who may not: nobody, too few rights, another organisation.
func (w *world) refused(who actor, c call, verb string) {
	w.t.Helper()
	if c.needs == open {
		return
	}
	may := (c.needs == "" || who.may(c.needs)) && (!c.own || who.token == "")
	named := c.path != w.ours.fill(c.path) // the path names a thing of ours
	if may && (who.org == w.ours || !named && c.id != "send-field-report") {
		return
	}
	got := w.call(who, c, verb, w.ours)
	at := fmt.Sprintf("%s as %s: %d %.200s", c.id, who.name, got.Code, got.Body)
	switch {
	case who.org == nil:
		if got.Code != http.StatusUnauthorized || got.Header().Get("WWW-Authenticate") == "" {
			w.t.Errorf("%s, want 401", at)
		}
	case who.org == w.ours || !named && !may:
		if got.Code != http.StatusForbidden {
			w.t.Errorf("%s, want 403", at)
		}
	case named:
		none := w.call(who, c, verb, nothing())
		if got.Code != http.StatusNotFound && (may || got.Code != http.StatusForbidden) {
			w.t.Errorf("%s, want 404", at)
		}
		if got.Code != none.Code {
			w.t.Errorf("%s, but %d for what does not exist: the two can be told apart", at, none.Code)
		}
	default: // a field report
		if got.Code != http.StatusNotFound && got.Code != http.StatusUnprocessableEntity {
			w.t.Errorf("%s, want 404: the project is another's", at)
		}
	}
	if who.org != w.ours && bytes.Contains(got.Body.Bytes(), []byte("ours camp")) {
		w.t.Errorf("%s shows what is another organisation's", at)
	}
}

// allowed checks that a right that is there is enough, on things of one's own. What the first
// call has done may be a conflict by now.
func (w *world) allowed(who actor, c call, verb string) {
	w.t.Helper()
	if who.org == nil || c.needs != "" && c.needs != open && !who.may(c.needs) || c.own && who.token != "" {
		return
	}
	got := w.call(who, c, verb, who.org)
	at := fmt.Sprintf("%s as %s on the own: %d %.200s", c.id, who.name, got.Code, got.Body)
	once := slices.Contains([]string{"commit-import", "detach-signal", "split-event", "revoke-token"}, c.id)
	switch got.Code {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests:
	case http.StatusNotFound:
		if !once && c.first != http.StatusNotFound {
			w.t.Errorf("%s", at)
		}
	default:
		if got.Code != c.first {
			w.t.Errorf("%s", at)
		}
	}
	if got.Code >= 400 && !strings.HasPrefix(got.Header().Get("Content-Type"), "application/problem+json") {
		w.t.Errorf("%s: an error in the form %s", at, got.Header().Get("Content-Type"))
	}
	others := w.ours
	if who.org == w.ours {
		others = w.theirs
	}
	for _, secret := range []string{others.warning, others.project, others.name + " camp", others.name + "-ann", others.rule, others.victim, others.id, others.source} {
		if c.needs != open && bytes.Contains(got.Body.Bytes(), []byte(secret)) {
			w.t.Errorf("%s shows %s of the other organisation", at, secret)
		}
	}
}

// denialsAreJournalled holds TRUST.md S37 for missing rights.
func (w *world) denialsAreJournalled() {
	w.t.Helper()
	var page struct {
		Items []struct {
			Subject string
			Actor   string
		}
		Next string
	}
	seen := map[string]bool{}
	for after := ""; ; after = "&after=" + url.QueryEscape(page.Next) {
		page.Items, page.Next = nil, ""
		w.do(w.ours.chief(), 200, http.MethodGet, "/api/v1/journal?kind=denied&limit=1000"+after, "").into(&page)
		for _, e := range page.Items {
			seen[e.Subject] = e.Actor != ""
		}
		if page.Next == "" {
			break
		}
	}
	for _, c := range matrix() {
		if c.needs != open && c.needs != "" && !seen[c.id] {
			w.t.Errorf("nobody wrote down that %s was refused", c.id)
		}
	}
}

// TestOnlyDescribedRoutes: nothing is served that the description does not hold, but the
// description itself.
func TestOnlyDescribedRoutes(t *testing.T) {
	t.Parallel()
	inWorld(t, func(_ context.Context, w *world) {
		for _, route := range w.described() {
			path := strings.NewReplacer("{id}", "x", "{hash}", "x", "{feed}", "x", "{org}", "x", "{warning}", "x", "{revision}", "x", "{source}", "x").Replace(route[1])
			got := w.ask(w.ours.chief(), "TRACE", path, "", nil)
			if got.Code != http.StatusMethodNotAllowed || !strings.Contains(got.Header().Get("Allow"), route[0]) {
				t.Errorf("TRACE %s: %d, Allow %q lacks %s", path, got.Code, got.Header().Get("Allow"), route[0])
			}
			var p struct{ Status int }
			if json.Unmarshal(got.Body.Bytes(), &p) != nil || p.Status != got.Code {
				t.Errorf("TRACE %s: no problem document: %s", path, got.Body)
			}
		}
		w.do(w.ours.chief(), 404, http.MethodGet, "/api/v1/no-such-thing", "")
		w.do(actor{}, 401, http.MethodGet, "/api/v1/no-such-thing", "")
	})
}
