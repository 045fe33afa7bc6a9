package wording

import (
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
)

// Test words the message that shows a contact's address works: in the contact's language,
// with the contact's name and time, and nothing that could be taken for a warning.
func Test(book *phrase.Book, org string, c portfolio.Contact, address, key string, at time.Time) delivery.Message {
	s := book.For(c.Language)
	zone := c.Zone
	if zone == "" {
		zone = "UTC"
	}
	return delivery.Message{
		Key: key, Org: org, Address: address, Purpose: response.Test, Contact: c, Language: s.Language(), First: true, At: at,
		Subject: phrase.Bare(s.T("mail.probe_subject")),
		Text:    s.T("mail.probe_text", "Name", clip(c.Name), "Time", s.Time(at, zone)) + "\n",
		Short:   shortTest(s, at, zone),
		Lines:   []string{s.T("mail.probe_text", "Name", clip(c.Name), "Time", s.Time(at, zone))},
		Voice:   []string{phrase.Bare(s.T("voice.test", "Time", s.Spoken(at, zone)))},
	}
}
