package wording

import (
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// A DigestItem is one warning of a digest, as it stands now.
type DigestItem struct {
	Warning warning.Warning
	Project portfolio.Project
}

// Digest words what a receiver wants gathered: one line for each warning, as it stands when
// the digest goes out, so that what has ended meanwhile is not told as if it were on.
func Digest(book *phrase.Book, baseURL string, c delivery.Claimed, to portfolio.Contact, items []DigestItem, at time.Time) (delivery.Message, error) {
	s := book.ForPage(to.Language)
	zone := to.Zone
	if zone == "" {
		zone = "UTC"
	}
	if len(items) == 0 {
		return delivery.Message{}, fmt.Errorf("digest %s tells of nothing: %w", c.ID, phrase.ErrIncomplete)
	}
	m := delivery.Message{
		Key: c.ID, Org: c.Org, Address: c.Address, Purpose: response.Digest, Level: c.Level, Contact: to, Language: s.Language(),
		PageURL: strings.TrimSuffix(baseURL, "/") + "/", Thread: c.ID, First: true, At: at,
		Subject: phrase.Bare(s.T("gathered.subject", "N", len(items), "Time", s.Time(at, zone))),
	}
	var b strings.Builder
	b.WriteString(s.T("gathered.first", "N", len(items), "Time", s.Time(at, zone)) + "\n\n")
	for _, it := range items {
		line, err := digestLine(s, it, zone)
		if err != nil {
			return delivery.Message{}, err
		}
		m.Lines = append(m.Lines, line)
		b.WriteString("- " + line + "\n")
	}
	b.WriteString("\n" + m.PageURL + "\n" + s.T("gathered.why") + "\n")
	m.Text, m.Short = b.String(), phrase.Bare(s.T("gathered.short", "N", len(items)))
	m.Voice = []string{m.Short}
	return m, nil
}

// digestLine is one warning: its first line while it is on, else that it is over.
func digestLine(s phrase.Speaker, it DigestItem, zone string) (string, error) {
	w, project := it.Warning, it.Project
	project.Name = clip(project.Name)
	if strings.EqualFold(strings.TrimSpace(w.TLP), "RED") { // the content stays at home
		return s.T("gathered.held", "Status", s.Status(w), "Project", project.Name), nil
	}
	if !warning.Active(w) {
		return s.T("gathered.over", "What", s.Hazard(w.Family), "Project", project.Name, "State", s.T("state."+string(w.State)), "Time", s.Time(w.At, zone)), nil
	}
	words, err := s.Warning(w, project, zone)
	if err != nil {
		return "", fmt.Errorf("digest line of %s: %w", w.ID, err)
	}
	return words.First, nil
}
