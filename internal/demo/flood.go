package demo

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"time"

	"watchfire.dev/internal/cap"
)

const floodSender = "cap@flood.example"

// A floodMessage is one CAP message of the flood at the mouth of the Karnaphuli.
type floodMessage struct {
	step                  time.Duration
	kind                  cap.MsgType
	severity              cap.Severity
	certainty             cap.Certainty
	urgency               cap.Urgency
	headline, description string
	instruction           string
	local                 string // headline in Bengali
}

func floodMessages() []floodMessage {
	return []floodMessage{
		{
			floodAlert, cap.MsgAlert, cap.SeveritySevere, cap.CertaintyLikely, cap.UrgencyExpected,
			"Flood warning for the lower Karnaphuli", "Rain in the hills raises the Karnaphuli at Chattogram by 1.5 m within three hours. Agrabad and Patenga are below that level.",
			"Clear pits and excavations. Move plant to high ground.", "কর্ণফুলী নদীতে বন্যার সতর্কতা",
		},
		{
			floodWorse, cap.MsgUpdate, cap.SeverityExtreme, cap.CertaintyObserved, cap.UrgencyImmediate,
			"Severe flood on the lower Karnaphuli", "The river is over its banks at Kalurghat and rises 40 cm an hour. Agrabad is under water.",
			"Leave excavations and low ground now.", "কর্ণফুলী নদীতে মারাত্মক বন্যা",
		},
		{
			floodCancel, cap.MsgCancel, cap.SeverityMinor, cap.CertaintyUnlikely, cap.UrgencyPast,
			"Flood warning for the lower Karnaphuli cancelled", "The river falls. No further flooding is expected.",
			"Have pits and slopes inspected before work starts again.", "বন্যার সতর্কতা প্রত্যাহার",
		},
	}
}

func floodFile(i int) string { return strconv.Itoa(i+1) + ".xml" }

// floodAlert makes the alert of message i. A later message refers to all before it.
func (s *Scenario) floodAlert(i int) cap.Alert {
	list := floodMessages()
	f := list[i]
	a := cap.Alert{
		Identifier: fmt.Sprintf("%s-BD-FL-%s-%d", simulated, s.start.Format("20060102150405"), i+1),
		Sender:     floodSender, Sent: s.at(f.step), Status: cap.StatusActual, MsgType: f.kind, Scope: cap.ScopePublic,
		Note: simulated + " for the demonstration: nothing of this happened.",
	}
	for j := range i {
		earlier := s.floodAlert(j)
		a.References = append(a.References, earlier.Reference())
	}
	en := cap.Info{
		Language: "en", Categories: []cap.Category{cap.CategoryMet}, Event: "Flood",
		Urgency: f.urgency, Severity: f.severity, Certainty: f.certainty,
		Effective: s.at(f.step), Onset: s.at(f.step), Expires: s.at(floodAlert).Add(12 * time.Hour),
		SenderName: "Flood Forecasting Centre (" + simulated + ")",
		Headline:   simulated + ": " + f.headline, Description: simulated + ": " + f.description, Instruction: f.instruction,
		Areas: []cap.Area{{Desc: "Lower Karnaphuli, Chattogram (" + simulated + ")", Polygons: [][]cap.Point{floodPlain()}}},
	}
	bn := en
	bn.Language, bn.Headline, bn.Description, bn.Instruction = "bn", simulated+": "+f.local, simulated+": "+f.local, ""
	a.Infos = []cap.Info{en, bn}
	return a
}

// floodPlain is drawn around Patenga, Agrabad and Kalurghat.
func floodPlain() []cap.Point {
	return []cap.Point{
		{Lat: 22.20, Lon: 91.76},
		{Lat: 22.30, Lon: 91.77},
		{Lat: 22.37, Lon: 91.80},
		{Lat: 22.42, Lon: 91.86},
		{Lat: 22.42, Lon: 91.92},
		{Lat: 22.36, Lon: 91.92},
		{Lat: 22.30, Lon: 91.87},
		{Lat: 22.20, Lon: 91.83},
		{Lat: 22.20, Lon: 91.76},
	}
}

// floodDocument writes message i; nil before it is sent.
func (s *Scenario) floodDocument(m moment, i int) ([]byte, error) {
	if m.elapsed < floodMessages()[i].step {
		return nil, nil
	}
	body, err := cap.Marshal(s.floodAlert(i))
	if err != nil {
		return nil, fmt.Errorf("write flood message %d: %w", i+1, err)
	}
	return body, nil
}

// The elements of an Atom index of alerts.
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  string      `xml:"author>name"`
		Entries []atomEntry `xml:"entry"`
	}
	atomEntry struct {
		ID      string   `xml:"id"`
		Title   string   `xml:"title"`
		Updated string   `xml:"updated"`
		Link    atomLink `xml:"link"`
		Summary string   `xml:"summary"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr"`
		URL  string `xml:"href,attr"`
	}
)

// floodIndex lists the messages sent so far, newest first.
func (s *Scenario) floodIndex(m moment) ([]byte, error) {
	f := atomFeed{
		ID: m.base + pathFlood, Title: simulated + ": flood warnings, Bangladesh",
		Updated: m.now.Format(time.RFC3339), Author: "Flood Forecasting Centre (" + simulated + ")",
	}
	for i, message := range floodMessages() {
		if m.elapsed < message.step {
			break
		}
		a := s.floodAlert(i)
		f.Entries = append([]atomEntry{{
			ID: "urn:" + a.Identifier, Title: a.Infos[0].Headline, Updated: a.Sent.Format(time.RFC3339), Summary: a.Infos[0].Description,
			Link: atomLink{Rel: "alternate", Type: "application/cap+xml", URL: m.base + pathAlert + floodFile(i)},
		}}, f.Entries...)
	}
	return marshalXML("flood index", f)
}

// staleIndex is the source that goes blind: it answers as before, but from sourceStops on
// it repeats what it said then. It has nothing to warn of, which is what makes its silence
// look like safety.
func (s *Scenario) staleIndex(m moment) ([]byte, error) {
	updated := m.now
	if last := s.at(sourceStops); updated.After(last) {
		updated = last
	}
	return marshalXML("weather index", atomFeed{
		ID: m.base + pathStale, Title: simulated + ": weather warnings, Zambia", Updated: updated.Format(time.RFC3339),
		Author: "Weather service (" + simulated + ")",
	})
}
