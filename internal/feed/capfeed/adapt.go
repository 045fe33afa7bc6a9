package capfeed

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/id"
)

// The limits of one signal, far above any alert seen (references 40, areas about 300).
const (
	maxReferences = 500
	maxNotes      = 20
	maxKey        = 600 // bytes; longer ones are replaced by a digest
	maxLinks      = 10
)

// shortened keeps a key readable, printable and of bounded length.
func shortened(key string) string {
	if key = scan.Text(key); len(key) > maxKey {
		return id.Derived("long", key)
	}
	return key
}

func key(r cap.Reference) string { return "cap:" + shortened(r.Key()) }

// adapt makes the signal of an alert. An error means that the alert cannot be used.
func (r *reader) adapt(a *cap.Alert, problems []cap.Problem) (event.Signal, error) {
	sent, err := scan.Sane(a.Sent)
	if err != nil {
		return event.Signal{}, fmt.Errorf("sent: %w", err)
	}
	s := event.Signal{Key: key(a.Reference()), Published: sent, Order: sent.UnixMilli(), TLP: r.label(a)}
	if err := setStatus(&s, a); err != nil {
		return event.Signal{}, err
	}
	setAct(&s, a)
	setReferences(&s, a)
	setVersion(&s, a)
	groups := gather(a.Infos)
	if len(groups) == 0 {
		without(&s, a)
	} else {
		lead := gravest(groups)
		lead.speakFor(&s)
		for _, g := range groups {
			r.draw(&s, a, g)
		}
		others(&s, groups, lead)
	}
	setNotes(&s, problems)
	return s, nil
}

// label is AMBER for what is not meant for the public, and never opens what the source
// definition keeps closer.
func (r *reader) label(a *cap.Alert) string {
	if a.Scope == cap.ScopePublic || a.Scope == "" {
		return "" // the source's own
	}
	return event.Strictest("AMBER", r.in.Source.TLP)
}

func setStatus(s *event.Signal, a *cap.Alert) error {
	switch a.Status {
	case cap.StatusActual:
		s.Status = event.Actual
	case cap.StatusExercise:
		s.Status = event.Exercise
	case cap.StatusSystem:
		s.Status = event.System
	case cap.StatusTest:
		s.Status = event.Test
	case cap.StatusDraft:
		s.Status = event.Draft
	default:
		return fmt.Errorf("status %q is none of CAP's: nothing says that it is meant for real", plain(string(a.Status), 40))
	}
	if why := rehearsal(a); s.Status == event.Actual && why != "" {
		s.Status = event.Test
		s.Notes = append(s.Notes, "status Actual, but the words say test: "+why)
	}
	return nil
}

// setAct reads msgType. One that is not of CAP is read as an alert: it may be real.
func setAct(s *event.Signal, a *cap.Alert) {
	switch a.MsgType {
	case cap.MsgUpdate:
		s.Act = event.Update
	case cap.MsgCancel:
		s.Act = event.Cancel
	case cap.MsgError:
		s.Act = event.Error
	case cap.MsgAck:
		s.Act, s.Status = event.Report, event.System
		s.Notes = append(s.Notes, "an acknowledgement, not an alert")
	default:
		s.Act = event.Report
	}
	switch {
	case (s.Act == event.Update || s.Act == event.Cancel) && ranOut(a):
		s.Act = event.End
		s.Notes = append(s.Notes, "VTEC action EXP: the event has run out")
	case s.Act == event.Update && allClear(a):
		s.Act = event.End
		s.Notes = append(s.Notes, "responseType AllClear: the event is over")
	}
}

// ranOut tells whether every VTEC string carries the action EXP: the event has passed,
// which is not the same as withdrawn (NWS Directive 10-1703).
func ranOut(a *cap.Alert) bool {
	codes := 0
	for i := range a.Infos {
		for _, p := range a.Infos[i].Parameters {
			if !strings.EqualFold(p.Name, "VTEC") || p.Value == "" {
				continue
			}
			codes++
			if parts := strings.Split(p.Value, "."); len(parts) < 2 || parts[1] != "EXP" {
				return false
			}
		}
	}
	return codes > 0
}

// allClear tells whether every info says that the event no longer poses a threat (CAP 1.2
// §3.2.2, responseType AllClear).
func allClear(a *cap.Alert) bool {
	for i := range a.Infos {
		clear := false
		for _, t := range a.Infos[i].ResponseTypes {
			clear = clear || t == cap.ResponseAllClear
		}
		if !clear {
			return false
		}
	}
	return len(a.Infos) > 0
}

// setReferences lists what the alert supersedes. An acknowledgement only points.
func setReferences(s *event.Signal, a *cap.Alert) {
	if a.MsgType == cap.MsgAck {
		return
	}
	if s.Act == event.Report && len(a.References) > 0 {
		s.Notes = append(s.Notes, "references in an Alert are kept as superseded")
	}
	for _, ref := range a.References {
		if k := key(ref); k != s.Key && len(s.References) < maxReferences {
			s.References = append(s.References, k)
		}
	}
	if len(a.References) > maxReferences {
		s.Notes = append(s.Notes, fmt.Sprintf("%d references, the first %d kept", len(a.References), maxReferences))
	}
}

// setVersion tells apart what a sender says under one identifier: the time and a print of
// the content, so that a second delivery of the same alert is known as one.
func setVersion(s *event.Signal, a *cap.Alert) {
	content, err := json.Marshal(a)
	if err != nil { // not finite numbers are refused by the codec; this keeps it total
		content = []byte(fmt.Sprintf("%+v", *a))
	}
	s.Version = s.Published.Format(time.RFC3339) + "/" + scan.Fingerprint(string(content))
}

// without speaks for an alert that has no info: usual for a cancellation.
func without(s *event.Signal, a *cap.Alert) {
	s.Hazard = event.Other
	headline := plain(a.Note, maxHeadline)
	if headline == "" {
		headline = plain(string(a.MsgType)+" without further words from "+a.Sender, maxHeadline)
	}
	s.Texts = []event.Text{{Language: "en", Headline: headline}}
}

// setNotes adds what departs from the standard. Advice is left out: it changes nothing.
func setNotes(s *event.Signal, problems []cap.Problem) {
	said := map[string]bool{}
	for _, p := range problems {
		text := plain(p.String(), 300)
		if p.Minor || said[text] {
			continue
		}
		said[text] = true
		s.Notes = append(s.Notes, text)
	}
	if n := len(s.Notes); n > maxNotes {
		s.Notes = append(s.Notes[:maxNotes:maxNotes], fmt.Sprintf("and %d further notes", n-maxNotes))
	}
}
