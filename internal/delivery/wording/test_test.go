package wording

import (
	"strings"
	"testing"

	"watchfire.dev/internal/delivery/webhook"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
)

// TestATestSaysThatNothingHappened in every language, with name and time, and no hazard,
// level or link that could be taken for a warning; programs get a type of its own.
func TestATestSaysThatNothingHappened(t *testing.T) {
	t.Parallel()
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range phrase.MessageLanguages() {
		m := Test(book, "org_1", portfolio.Contact{ID: "con_1", Name: "Z. Baloch", Language: lang, Zone: "Asia/Karachi"}, "z@example.org", "tst_1", at)
		if m.Purpose != response.Test || m.Language != lang || m.Warning.ID != "" || m.AnswerURL != "" {
			t.Errorf("%s: %+v", lang, m)
		}
		for _, want := range []string{"Z. Baloch", "09:06"} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("%s: %q lacks %q", lang, m.Text, want)
			}
		}
		if strings.ContainsAny(m.Subject+m.Text+m.Short+strings.Join(m.Voice, "")+strings.Join(m.Lines, ""), "⟦{") || m.Short == "" || len(m.Voice) == 0 || len(m.Lines) == 0 || !single(m.Short) {
			t.Errorf("%s: half filled: %q %q", lang, m.Subject, m.Text)
		}
		if b := webhook.BodyOf(m); b.Type != "test" {
			t.Errorf("%s: type %q", lang, b.Type)
		}
	}
}
