package app

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/wording"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/survey"
)

// TestLinksAreMadeOnce: the key of a link is read once, the link of a respondent is kept before
// anything is sent, and that of a letter comes back from what is kept of it.
func TestLinksAreMadeOnce(t *testing.T) {
	inWorld(t, func(ctx context.Context, w *world) {
		org := w.ours.id
		words := digests{worded{wording.New(w.app.book, nil, w.app.cfg.BaseURL)}, w.app}
		who := desk.Principal{Org: org, Account: "acc_1", Scopes: desk.Analyst.Scopes()}
		s := survey.Survey{
			Code: "s-1", Title: "Stock", Deadlines: []time.Time{now.Add(72 * time.Hour)}, Asked: []survey.Respondent{{Who: "contact:ours-ann"}},
			Questions: []survey.Question{{Code: "stock", Text: "Days?", Kind: survey.Number, High: 365}},
		}
		if _, err := w.app.desk.PutSurvey(ctx, who, desk.NewRisk, s); err != nil {
			t.Fatal(err)
		}
		if _, err := w.app.desk.OpenSurvey(ctx, who, "s-1"); err != nil {
			t.Fatal(err)
		}
		links, err := w.app.surveyLinks(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.app.surveyLinks(ctx); err != nil || again != links {
			t.Errorf("the key is read again: %v", err)
		}
		url, _ := links.Link(org, "s-1", "contact:ours-ann")
		path := strings.TrimPrefix(url, w.app.cfg.BaseURL)
		if got := w.ask(actor{}, http.MethodGet, path, "", nil); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "Days?") {
			t.Errorf("before it is sent the link gives %d %.200s", got.Code, got.Body)
		}
		states, err := w.app.db.NoticeStates(ctx, org, "s-1")
		if err != nil || len(states) != 1 {
			t.Fatalf("%+v, %v", states, err)
		}
		ann := portfolio.Contact{ID: w.ours.contact, Name: "Ann", Language: "en"}
		n := response.Notification{ID: "ntf_1", Org: org, Contact: ann.ID, Channel: "email", Purpose: response.Notice, Warning: response.Notice.Mark(states[0].Notice.ID)}
		if m, err := words.Word(ctx, delivery.Claimed{Notification: n}, delivery.Facts{Contact: ann}); err != nil || !strings.Contains(m.Text, url) {
			t.Errorf("the message has no link %s: %s, %v", url, m.Text, err)
		}

		letters, err := w.app.letterLinks(ctx)
		if err != nil {
			t.Fatal(err)
		}
		url, hash := letters.Link(org, "let_1")
		n.Purpose, n.Warning = response.Letter, response.Letter.Mark("let_1")
		for _, c := range []struct {
			hash   string
			linked bool
		}{{hash, true}, {"", false}, {"of another key", false}} {
			l := &delivery.Letter{ID: "let_1", Kind: desk.LetterReport, About: "x", TLP: "AMBER", Path: "/reports/x", Said: map[string]string{"Title": "Rail"}, LinkHash: c.hash}
			m, err := words.Word(ctx, delivery.Claimed{Notification: n}, delivery.Facts{Contact: ann, Letter: l})
			if err != nil || (m.PageURL == url) != c.linked || strings.Contains(m.Text, url) != c.linked {
				t.Errorf("hash %q: %s, %v", c.hash, m.PageURL, err)
			}
		}
	})
}
