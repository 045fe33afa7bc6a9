// Package nws reads the alerts of the National Weather Service of the United States as
// api.weather.gov gives them: GeoJSON or JSON-LD, whole, in part or re-wrapped by an
// archive. It promises one signal an alert with the key that the same alert has as a CAP
// document ("cap:sender,identifier,sent"), the zones and counties of alerts that draw no
// polygon, and a quarantine for each alert that it cannot identify. It does not fetch the
// shapes of zones, and it does not read the Atom index or CAP documents: those are kinds
// of their own.
package nws

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/geo"
)

// Kind is the name of the format in source definitions.
const Kind = "nws"

// Format returns the format of api.weather.gov alerts.
func Format() feed.Format { return feed.Format{Kind: Kind, Parse: Parse, Sniff: sniff} }

func sniff(body []byte) bool {
	head := scan.Trim(body)
	head = head[:min(len(head), 64<<10)]
	if len(head) == 0 || (head[0] != '{' && head[0] != '[') || bytes.Contains(head, []byte(`"eventid"`)) {
		return false
	}
	return bytes.Contains(head, []byte(`"wx:Alert"`)) || bytes.Contains(head, []byte("api.weather.gov/alerts")) ||
		(bytes.Contains(head, []byte(`"messageType"`)) && bytes.Contains(head, []byte("alerts.weather.gov")))
}

// Parse reads one record. Two alerts of one identifier in one record contradict the rule
// that an identifier is used once (CAP 1.2 §3.2.1): the later ones are quarantined.
func Parse(in feed.Input) (feed.Result, error) {
	pieces, rest, env, where, err := cut(in.Body)
	if err != nil {
		return feed.Result{}, fmt.Errorf("parse %s alerts: %w", in.Source.ID, err)
	}
	var res feed.Result
	seen := make(map[string]bool, len(pieces))
	for i, piece := range pieces {
		res.Items++
		s, err := adapt(in, piece)
		if err == nil && seen[s.Key] {
			err = fmt.Errorf("identifier stands twice in this record: %s", s.Key)
		}
		if err != nil {
			res.Quarantined = append(res.Quarantined, feed.Quarantine{
				Place: fmt.Sprintf("%s[%d]", where, i), Reason: err.Error(), Raw: scan.Raw(piece),
			})
			continue
		}
		seen[s.Key] = true
		res.Signals = append(res.Signals, s)
		res.Content = later(res.Content, s.Published)
	}
	if rest != nil { // perhaps of no bytes: the record ends behind "[" or a comma
		res.Items++
		res.Quarantined = append(res.Quarantined, feed.Quarantine{
			Place: fmt.Sprintf("%s[%d]", where, len(pieces)), Reason: "the record breaks off here", Raw: scan.Raw(rest),
		})
	}
	if t, err := scan.Time(env.Updated, time.RFC3339); err == nil {
		res.Content = later(res.Content, t)
	}
	if t, err := scan.Millis(env.T); err == nil && env.T > 0 {
		res.Content = later(res.Content, t)
	}
	return res, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func adapt(in feed.Input, piece []byte) (event.Signal, error) {
	f, err := decode(piece)
	if err != nil {
		return event.Signal{}, err
	}
	a := f.Properties
	if !a.alike() {
		return event.Signal{}, fmt.Errorf("an alert without event, status and messageType")
	}
	s := event.Signal{Hazard: hazardOf(a.Event), Type: plain(a.Event, 200), Instrument: true}
	if err := a.setAct(&s); err != nil {
		return event.Signal{}, err
	}
	a.setTimes(&s)
	a.setKey(&s)
	a.setReferences(&s)
	a.setWords(&s)
	s.Measures = a.measures()
	s.Footprints = f.footprints(&s)
	s.Places = a.places(&s)
	return feed.Fill(in, s), nil
}

func (a *alert) setAct(s *event.Signal) error {
	switch a.MessageType {
	case "Alert":
		s.Act = event.Report
	case "Update":
		s.Act = event.Update
	case "Cancel":
		s.Act = event.Cancel
	case "Error":
		s.Act = event.Error
	default:
		return fmt.Errorf("messageType %q says nothing about an event", plain(a.MessageType, 40))
	}
	if (s.Act == event.Update || s.Act == event.Cancel) && a.expired() {
		s.Act = event.End
		s.Notes = append(s.Notes, "VTEC action EXP: the event has run out")
	}
	switch a.Status {
	case "Actual":
		s.Status = event.Actual
	case "Exercise":
		s.Status = event.Exercise
	case "System":
		s.Status = event.System
	case "Test":
		s.Status = event.Test
	case "Draft":
		s.Status = event.Draft
	default:
		return fmt.Errorf("status %q is none of CAP's", plain(a.Status, 40))
	}
	if s.Status == event.Actual && a.test() {
		s.Status = event.Test
		s.Notes = append(s.Notes, "status Actual, but the words say test")
	}
	return nil
}

// test recognises the monitoring and transmission tests that travel in the active list.
func (a *alert) test() bool {
	switch strings.ToLower(a.Event) {
	case "test", "test message", "practice/demo warning", "required weekly test", "required monthly test",
		"national periodic test", "administrative message", "network message notification":
		return true
	}
	return strings.Contains(a.ID, "KEEPALIVE") || strings.Contains(a.Description, "THIS_MESSAGE_IS_FOR_TEST_PURPOSES_ONLY")
}

// expired tells whether every VTEC string of the alert carries the action EXP: the event
// has passed, which is not the same as withdrawn (NWS Directive 10-1703).
func (a *alert) expired() bool {
	codes := a.Parameters["VTEC"]
	for _, v := range codes {
		parts := strings.Split(v, ".")
		if len(parts) < 2 || parts[1] != "EXP" {
			return false
		}
	}
	return len(codes) > 0
}

// setTimes reads the times. One that cannot be read stays "not said" and is noted: archives
// put words like "date:now -383 seconds" in their place, and the alert is worth having.
func (a *alert) setTimes(s *event.Signal) {
	read := func(name, text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		t, err := scan.Time(text, time.RFC3339)
		if err != nil {
			s.Notes = append(s.Notes, fmt.Sprintf("%s cannot be read: %q", name, plain(text, 60)))
		}
		return t
	}
	s.Published = read("sent", a.Sent)
	if effective := read("effective", a.Effective); s.Published.IsZero() {
		s.Published = effective
	}
	s.Onset, s.Expires, s.Ends = read("onset", a.Onset), read("expires", a.Expires), read("ends", a.Ends)
	if !s.Published.IsZero() {
		s.Order = s.Published.UnixMilli()
	}
}

func (a *alert) setWords(s *event.Signal) {
	language := plain(a.Language, 35)
	if language == "" {
		language = "en-US"
	}
	t := event.Text{
		Language: language, Headline: plain(a.Headline, maxHeadline), Description: plain(a.Description, maxWords),
		Instruction: plain(a.Instruction, maxWords), Area: plain(a.AreaDesc, maxWords),
	}
	if t.Headline == "" {
		t.Headline = plain(a.Event, maxHeadline)
	}
	s.Texts = []event.Text{t}
	s.Severity = oneOf(s, "severity", a.Severity, "Minor", "Moderate", "Severe", "Extreme", "Unknown")
	s.Certainty = oneOf(s, "certainty", a.Certainty, "Observed", "Likely", "Possible", "Unlikely", "Unknown")
	s.Urgency = oneOf(s, "urgency", a.Urgency, "Immediate", "Expected", "Future", "Past", "Unknown")
	for _, link := range []string{a.AtID, a.Web} {
		if (strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://")) && len(link) < 2000 {
			s.Links = append(s.Links, plain(link, 2000))
		}
	}
}

func oneOf(s *event.Signal, name, value string, words ...string) string {
	if value == "" {
		return ""
	}
	for _, w := range words {
		if strings.EqualFold(w, value) {
			return w
		}
	}
	s.Notes = append(s.Notes, fmt.Sprintf("%s %q is no word of CAP", name, plain(value, 40)))
	return "Unknown"
}

// footprints draws the alert. Geometry that cannot be used is noted and the alert kept:
// its zones still say where.
func (f feature) footprints(s *event.Signal) []event.Footprint {
	shapes, err := f.shapes()
	if err != nil {
		s.Notes = append(s.Notes, "geometry cannot be used: "+plain(err.Error(), 300))
	}
	role, until := event.Affected, s.Ends
	if s.Onset.After(s.Published) && !s.Published.IsZero() {
		role = event.Forecast
	}
	if until.IsZero() {
		until = s.Expires
	}
	var out []event.Footprint
	for _, shape := range shapes {
		out = append(out, event.Footprint{
			Shape: shape, Role: role, Measures: s.Measures, Severity: s.Severity, From: s.Onset, To: until,
		})
	}
	return out
}

func (f feature) shapes() ([]geo.Shape, error) {
	if bytes.HasPrefix(f.Geometry, []byte(`"`)) {
		return wellKnownText(f.Geometry)
	}
	return geo.ParseGeoJSON(f.Geometry)
}
