package nws

import (
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/id"
)

const defaultSender = "w-nws.webmaster@noaa.gov"

// setKey gives the key of the alert's CAP form. Without an identifier the key follows from
// the words: a repeat is then known as one, an update is not.
func (a *alert) setKey(s *event.Signal) {
	identifier := plain(a.ID, 300)
	if identifier == "" {
		if at := strings.LastIndex(a.AtID, "/"); at >= 0 {
			identifier = plain(a.AtID[at+1:], 300)
		}
	}
	sender := plain(a.Sender, 200)
	if sender == "" {
		sender = defaultSender
	}
	if identifier == "" {
		s.Key = "nws:" + id.Derived("words", a.Event, a.Sent, a.Effective, a.AreaDesc, a.Headline)
		s.Notes = append(s.Notes, "no identifier: key made from the words")
	} else {
		sent, _ := scan.Time(a.Sent, time.RFC3339)
		s.Key = capKey(sender, identifier, sent)
	}
	s.Version = s.Published.Format(time.RFC3339)
	if s.Published.IsZero() {
		s.Version = id.Derived("v", a.Event, a.Headline, a.Description, a.AreaDesc)
	}
}

func capKey(sender, identifier string, sent time.Time) string {
	return "cap:" + cap.Reference{Sender: sender, Identifier: identifier, Sent: sent}.Key()
}

// maxReferences bounds the chain of one alert; the longest seen is 40.
const maxReferences = 500

// setReferences lists what the alert supersedes. The service moves references that have
// run out to a parameter in CAP's own form; for an update they belong to the chain too.
func (a *alert) setReferences(s *event.Signal) {
	if s.Act == event.Report && len(a.References) > 0 {
		s.Notes = append(s.Notes, "references in an Alert are kept as superseded")
	}
	for _, r := range a.References {
		sent, err := scan.Time(r.Sent, time.RFC3339)
		if err != nil {
			sent = time.Time{}
		}
		sender := plain(r.Sender, 200)
		if sender == "" {
			sender = defaultSender
		}
		if r.Identifier == "" {
			s.Notes = append(s.Notes, "a reference without identifier")
			continue
		}
		s.References = append(s.References, capKey(sender, plain(r.Identifier, 300), sent))
	}
	if s.Act == event.Update || s.Act == event.Report {
		for _, text := range a.Parameters["expiredReferences"] {
			refs, bad := cap.ParseReferences(text)
			for _, r := range refs {
				s.References = append(s.References, "cap:"+r.Key())
			}
			for _, b := range bad[:min(len(bad), 5)] {
				s.Notes = append(s.Notes, "expiredReferences: "+plain(b, 200))
			}
		}
	}
	if len(s.References) > maxReferences {
		s.Notes = append(s.Notes, fmt.Sprintf("%d references, the first %d kept", len(s.References), maxReferences))
		s.References = s.References[:maxReferences]
	}
}
