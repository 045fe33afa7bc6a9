package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// Schema names the form of the body. Fields may be added under the same name; one that
// changes its meaning or goes away makes a new name.
const Schema = "watchfire.warning/1"

// maxText bounds one text of others in the body, in runes.
const maxText = 4000

// A Body is what a webhook posts. Times are RFC 3339 in UTC; unknown parts are left out.
type Body struct {
	Type      string    `json:"type"` // warning.issued, .updated, .escalated, .ended, .cancelled, .expired; test
	Timestamp time.Time `json:"timestamp"`
	Schema    string    `json:"schema"`
	Data      Data      `json:"data"`
}

// Data is the notification: what the person would read, and the facts for machines.
type Data struct {
	Notification string           `json:"notification"` // equals webhook-id
	Org          string           `json:"org"`
	Purpose      response.Purpose `json:"purpose"`
	Language     string           `json:"language"` // of subject and text
	Subject      string           `json:"subject"`
	Text         string           `json:"text"`
	Project      Project          `json:"project"`
	Warning      Warning          `json:"warning"`
	Rows         []Row            `json:"rows"` // strongest first; none under TLP:RED
	PageURL      string           `json:"page_url"`
	AnswerURL    string           `json:"answer_url,omitempty"` // a GET shows, a POST answers
}

// Project is the project that is warned.
type Project struct {
	ID      string `json:"id"`
	Code    string `json:"code"`
	Name    string `json:"name"`
	Country string `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Zone    string `json:"zone,omitempty"`    // IANA
}

// Warning is the revision without what concerns other people: who acted, who else is told.
type Warning struct {
	ID        string         `json:"id"`
	Revision  int            `json:"revision"`
	State     warning.State  `json:"state"`
	Level     level.Level    `json:"level"`
	Peak      level.Level    `json:"peak"`
	Emergency bool           `json:"emergency,omitempty"`
	TLP       string         `json:"tlp,omitempty"`
	Family    event.Hazard   `json:"family,omitempty"`
	Hazard    event.Hazard   `json:"hazard,omitempty"`
	Reason    warning.Reason `json:"reason,omitempty"`
	Note      string         `json:"note,omitempty"`
	P         []float64      `json:"p,omitempty"` // P(impact ≥ I1) to P(impact ≥ I4)
	Events    []Event        `json:"events,omitempty"`
	Method    string         `json:"method,omitempty"`
	OpenedAt  time.Time      `json:"opened_at,omitzero"`
	At        time.Time      `json:"at,omitzero"` // of this revision
	Expires   time.Time      `json:"expires,omitzero"`
	ETA       time.Time      `json:"eta,omitzero"` // earliest impact; none = now
	Until     time.Time      `json:"until,omitzero"`
}

// Event is one event that the warning rests on.
type Event struct {
	ID       string             `json:"id"`
	Revision int                `json:"revision"`
	Title    string             `json:"title"`
	Measures map[string]float64 `json:"measures,omitempty"`
}

// Row is one asset. An asset that is a person has neither name nor place here.
type Row struct {
	Asset      string         `json:"asset"`
	Kind       portfolio.Kind `json:"kind"`
	Name       string         `json:"name,omitempty"`
	Event      string         `json:"event"`
	Level      level.Level    `json:"level"`
	P          []float64      `json:"p"`
	DistanceKM *float64       `json:"distance_km,omitempty"` // to the footprint's edge; 0 = inside
	FromKM     float64        `json:"from_km,omitempty"`     // route: chainage of the affected part
	ToKM       float64        `json:"to_km,omitempty"`
	Intensity  *Intensity     `json:"intensity,omitempty"`
	Persons    int            `json:"persons,omitempty"`
	ETA        time.Time      `json:"eta,omitzero"`
	Until      time.Time      `json:"until,omitzero"`
}

// Intensity is the strength at the asset.
type Intensity struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Sigma float64 `json:"sigma,omitempty"`
}

// BodyOf makes the body of a message. Under TLP:RED it holds level, state and links alone:
// that label is for persons, and the other end is a machine.
func BodyOf(m delivery.Message) Body {
	w := m.Warning
	b := Body{Type: typeOf(m), Timestamp: m.At.UTC(), Schema: Schema, Data: Data{
		Notification: m.Key, Org: m.Org, Purpose: m.Purpose, Language: m.Language, Subject: m.Subject, Text: m.Text,
		Project: Project{ID: m.Project.ID, Code: m.Project.Code, Name: m.Project.Name, Country: m.Project.Country, Zone: m.Project.Zone},
		Warning: Warning{
			ID: w.ID, Revision: w.Revision, State: w.State, Level: w.Level, Peak: w.Peak, Emergency: w.Emergency, TLP: w.TLP,
			At: w.At.UTC(), Expires: w.Expires.UTC(),
		},
		Rows: []Row{}, PageURL: m.PageURL, AnswerURL: m.AnswerURL,
	}}
	if strings.EqualFold(w.TLP, "RED") {
		b.Data.Subject, b.Data.Text = "", ""
		return b
	}
	d := &b.Data.Warning
	d.Family, d.Hazard, d.Reason, d.Note, d.P, d.Method = w.Family, w.Hazard, w.Reason, phrase.Plain(w.Note, maxText), w.P[1:], w.Method
	d.OpenedAt, d.ETA, d.Until = w.OpenedAt.UTC(), w.ETA.UTC(), w.Until.UTC()
	for _, e := range w.Events {
		d.Events = append(d.Events, eventOf(e))
	}
	for _, r := range w.Rows {
		b.Data.Rows = append(b.Data.Rows, rowOf(r))
	}
	return b
}

// typeOf names the occasion. An all-clear is told apart by how the warning was closed:
// ended, cancelled and expired are never one word.
func typeOf(m delivery.Message) string {
	switch {
	case m.Purpose == response.Test:
		return "test"
	case m.Purpose == response.Digest:
		return "digest"
	case !warning.Active(m.Warning):
		return "warning." + string(m.Warning.State)
	case m.Purpose == response.Escalation:
		return "warning.escalated"
	case m.Purpose == response.Overdue:
		return "warning.overdue"
	case m.First:
		return "warning.issued"
	default:
		return "warning.updated"
	}
}

func eventOf(e warning.EventRef) Event {
	out := Event{ID: e.ID, Revision: e.Revision, Title: phrase.Plain(e.Title, maxText)}
	for _, v := range e.Measures {
		if out.Measures == nil {
			out.Measures = map[string]float64{}
		}
		out.Measures[v.Name] = v.Value
	}
	return out
}

func rowOf(r exposure.Exposure) Row {
	out := Row{
		Asset: r.Asset, Kind: r.Kind, Event: r.Event, Level: r.Level, P: r.P[1:], ETA: r.ETA.UTC(), Until: r.Until.UTC(),
	}
	if r.Intensity.Unit != "" {
		out.Intensity = &Intensity{r.Intensity.Value, r.Intensity.Unit, r.Intensity.Sigma}
	}
	if r.Kind == portfolio.Person {
		return out
	}
	out.Name, out.DistanceKM, out.Persons = phrase.Plain(r.Name, maxText), &r.DistanceKM, r.Persons
	out.FromKM, out.ToKM = r.FromKM, r.ToKM
	return out
}

// encode writes the body; numbers that JSON cannot hold are the only reason to fail.
func encode(b Body) ([]byte, error) {
	raw, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("write webhook body of %.80q: %w", b.Data.Notification, err)
	}
	return raw, nil
}
