package wording

import (
	"context"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
)

// TestLetterByLabel: what leaves the house follows the label and the channel: the file by mail
// up to AMBER, a link elsewhere, and of RED nothing but that there is something. It is whole in
// every language.
func TestLetterByLabel(t *testing.T) {
	t.Parallel()
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	w := New(book, nil, "https://w.example")
	for _, lang := range phrase.MessageLanguages() {
		for _, c := range []struct {
			tlp, channel string
			file, title  bool
			page         string
		}{
			{"AMBER", "email", true, true, "/r/token"},
			{"GREEN", "sms", false, true, "/r/token"},
			{"AMBER", "slack", false, true, "/reports/mh"},
			{"AMBER+STRICT", "email", false, true, "/reports/mh"},
			{"AMBER+STRICT", "slack", false, false, "/reports/mh"},
			{"RED", "email", false, false, "/reports/mh"},
		} {
			l := &delivery.Letter{ID: "let_1", Kind: "report", About: "mh", TLP: c.tlp, Path: "/reports/mh", Link: "https://w.example/r/token", File: "mh.pdf", Type: "application/pdf", Said: map[string]string{"Kind": "Monthly", "Title": "Moyale Highway: high risk", "Status": "October"}}
			if c.channel == "email" {
				l.Bytes = []byte("%PDF")
			}
			n := response.Notification{ID: "ntf_1", Org: "o", Channel: c.channel, Purpose: response.Letter, Warning: response.Letter.Mark("let_1")}
			m, err := w.Word(context.Background(), delivery.Claimed{Notification: n, Queued: time.Unix(0, 0)}, delivery.Facts{Contact: portfolio.Contact{ID: "c", Name: "Ann", Language: lang}, Letter: l})
			if err != nil {
				t.Fatal(err)
			}
			all := m.Subject + m.Text + m.Short + strings.Join(m.Lines, "")
			if strings.Contains(all, "⟦") || m.Subject == "" || m.Text == "" || len(m.Lines) == 0 {
				t.Errorf("%s, %s over %s: %s", lang, c.tlp, c.channel, all)
			}
			if got := len(m.Files) > 0; got != c.file {
				t.Errorf("%s over %s: a file goes out: %t", c.tlp, c.channel, got)
			}
			if got := strings.Contains(all, "Moyale"); got != c.title {
				t.Errorf("%s, %s over %s: the title is told: %t", lang, c.tlp, c.channel, got)
			}
			if !strings.HasSuffix(m.PageURL, c.page) {
				t.Errorf("%s over %s: page %s", c.tlp, c.channel, m.PageURL)
			}
		}
	}
}
