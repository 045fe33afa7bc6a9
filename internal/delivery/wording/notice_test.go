package wording

import (
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/register"
	"watchfire.dev/internal/response"
)

// TestNoticesInEveryLanguage: every kind has its words in each language, the link is whole, no
// placeholder is left, and a gap that the register knows has a name.
func TestNoticesInEveryLanguage(t *testing.T) {
	t.Parallel()
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	w := New(book, nil, "https://w.example/")
	at := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	gaps := register.Control{Code: "C1"}.Gaps(at)
	gaps = append(gaps, register.TestAhead, register.NoCheck, register.TestExpired)
	var all []string
	for _, g := range gaps {
		all = append(all, string(g))
	}
	const link = "https://w.example/s/AAAAAAAAAAAAAAAAAAAAAA"
	for _, lang := range phrase.MessageLanguages() {
		to := portfolio.Contact{ID: "con_1", Name: "Ann <b>", Language: lang, Zone: "Asia/Karachi"}
		for _, kind := range []delivery.NoticeKind{delivery.SurveyAsk, delivery.SurveyRound, delivery.SurveyRemind, delivery.RegisterDue, delivery.RegisterLate, delivery.RegisterGaps} {
			n := delivery.Notice{ID: "ntc_1", Org: "o", Kind: kind, At: at, Title: "Stock", Intro: "For managers <i>", Round: 2, Rounds: 3, Deadline: at.Add(48 * time.Hour)}
			want := link
			if strings.HasPrefix(string(kind), "survey") {
				n.Survey = "S1"
			} else {
				want = "https://w.example/register"
				for _, what := range []string{"action", "test", "exception", "review", strings.Join(all, ",")} {
					n.Items = append(n.Items, delivery.NoticeItem{What: what, Entry: "R-1", Thing: "A1", Title: "Raise <u>", Day: "2026-12-01", Late: true, Owner: "Ben"})
				}
			}
			m, err := w.Notice(delivery.Claimed{Notification: response.Notification{ID: "ntf_1", Org: "o", Channel: "email", Address: "a@example.org"}}, n, to, link)
			if err != nil {
				t.Errorf("%s in %s: %v", kind, lang, err)
				continue
			}
			whole := m.Subject + m.Text + m.HTML
			if m.Language != lang || m.PageURL != want || !strings.Contains(m.Text, want+"\n") || strings.Contains(whole, "⟦") || strings.Contains(whole, "{{") || strings.Contains(whole, "notice.") {
				t.Errorf("%s in %s:\n%s\n%s", kind, lang, m.Subject, m.Text)
			}
			if strings.Contains(m.HTML, "<b>") || strings.Contains(m.HTML, "<i>") || strings.Contains(m.HTML, "<u>") {
				t.Errorf("%s in %s: names are not escaped:\n%s", kind, lang, m.HTML)
			}
			if n.Survey != "" && !strings.Contains(m.Text, "Stock") || n.Survey == "" && strings.Count(m.Text, "Ben") != 5 {
				t.Errorf("%s in %s lacks its facts:\n%s", kind, lang, m.Text)
			}
		}
	}
	if _, err := w.Notice(delivery.Claimed{}, delivery.Notice{Kind: "song"}, portfolio.Contact{}, ""); err == nil {
		t.Error("a kind without words is worded")
	}
}
