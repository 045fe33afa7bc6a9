package wording

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/segment"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// Preview words a sample by the same way that a real message takes. live is the warning that
// the sample names, with its project; nil = the built-in example of its hazard. The links in
// it lead nowhere. A sample that cannot be gives an error wrapping fault.ErrInvalid.
func Preview(ctx context.Context, book *phrase.Book, x delivery.Sample, live *Item, options ...Option) (delivery.Preview, error) {
	if err := possible(x); err != nil {
		return delivery.Preview{}, err
	}
	w := New(book, nowhere{}, "https://watchfire.example", options...)
	w.every = true
	it := Example(x.Hazard)
	if live != nil {
		it = *live
		x.Hazard = it.Warning.Hazard
	}
	m, err := w.sample(ctx, x, it)
	if err != nil {
		return delivery.Preview{}, fmt.Errorf("preview: %w", err)
	}
	p := delivery.Preview{
		Sample: x, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Short: m.Short, Lines: m.Lines, Voice: m.Voice, Answers: []string{},
		Right: book.For(x.Language).RTL(),
	}
	for _, b := range m.Buttons {
		p.Answers = append(p.Answers, b.Label)
	}
	var encoding segment.Encoding
	encoding, p.Segments, p.Units, p.Left = segment.Count(m.Short)
	p.Encoding = string(encoding)
	return p, nil
}

// possible checks what may come from an address or a command line.
func possible(x delivery.Sample) error {
	switch {
	case !x.Hazard.Known():
		return fmt.Errorf("hazard %.40q: %w", x.Hazard, fault.ErrInvalid)
	case x.Level < level.Yellow || x.Level > level.Red:
		return fmt.Errorf("level %s: want yellow, orange or red: %w", x.Level, fault.ErrInvalid)
	case !slices.Contains(phrase.MessageLanguages(), x.Language):
		return fmt.Errorf("language %.40q: want one of %s: %w", x.Language, strings.Join(phrase.MessageLanguages(), ", "), fault.ErrInvalid)
	case x.TLP != "" && !slices.Contains(event.TLPs(), x.TLP):
		return fmt.Errorf("TLP label %.40q: want one of %s: %w", x.TLP, strings.Join(event.TLPs(), ", "), fault.ErrInvalid)
	case !slices.Contains(delivery.Purposes(), x.Purpose):
		return fmt.Errorf("purpose %.40q: want one of %s: %w", x.Purpose, strings.Join(delivery.Purposes(), ", "), fault.ErrInvalid)
	case x.Channel == "" || len(x.Channel) > 40:
		return fmt.Errorf("channel %.40q: %w", x.Channel, fault.ErrInvalid)
	}
	return nil
}

// sample words one sample of a warning.
func (w *Wording) sample(ctx context.Context, x delivery.Sample, it Item) (delivery.Message, error) {
	contact := portfolio.Contact{ID: "con_sample", Name: "A. Receiver", Step: 1, Language: x.Language, Zone: it.Project.Zone}
	wr := it.Warning
	wr.Level, wr.Cell, wr.TLP = x.Level, x.Level, x.TLP
	c := delivery.Claimed{
		Notification: response.Notification{
			ID: "ntf_sample", Org: wr.Org, Warning: wr.ID, Revision: wr.Revision, Level: x.Level, Contact: contact.ID, Step: 1, Channel: x.Channel,
			Address: "receiver", Purpose: response.Alarm, Due: wr.At,
		},
		Queued: wr.At, Tries: 1, First: true,
	}
	wr.State, wr.Emergency = warning.Issued, false
	over := func(state warning.State, reason warning.Reason) {
		wr.State, wr.Reason, wr.AllClear, c.Purpose, c.First = state, reason, true, response.AllClear, false
	}
	switch x.Purpose {
	case "test":
		return Test(w.book, wr.Org, contact, "receiver", c.ID, wr.At), nil
	case "digest":
		return w.Digest(ctx, Batch{Key: c.ID, Org: wr.Org, Channel: x.Channel, Address: "receiver", Contact: contact, Items: w.several(wr, it.Project), Flood: true, At: wr.At})
	case "update":
		c.First, wr.Reason, wr.ETA = false, warning.Changed, wr.At.Add(19*time.Hour)
	case "escalation":
		c.Purpose, c.Step = response.Escalation, 2
	case "proposed":
		wr.State, wr.Reason = warning.Draft, warning.Proposed
	case "emergency":
		wr.Emergency = true
	case "ended":
		over(warning.Ended, warning.SourceEnded)
	case "cancelled":
		over(warning.Cancelled, warning.PersonCancel)
	case "expired":
		over(warning.Expired, warning.RanOut)
	}
	return w.Word(ctx, c, delivery.Facts{Warning: wr, Project: it.Project, Contact: contact})
}

// several is the sample with two others of lower levels, for a digest.
func (w *Wording) several(first warning.Warning, p portfolio.Project) []Item {
	out := []Item{{first, p}}
	for i, h := range []event.Hazard{event.Flood, event.Conflict} {
		it := Example(h)
		it.Warning.ID, it.Warning.Level, it.Warning.TLP = fmt.Sprintf("wrn_sample_%d", i+2), level.Yellow, first.TLP
		out = append(out, it)
	}
	return out
}

// nowhere makes links that lead nowhere: a preview answers nothing.
type nowhere struct{}

// Answer implements Links.
func (nowhere) Answer(context.Context, string, string, string, time.Time) (string, error) {
	return "https://watchfire.example/a/sample", nil
}

// An example says what a built-in sample of a hazard is about.
type example struct {
	title     string
	intensity exposure.Intensity
	distance  float64 // km; 0 = the asset lies in the area
}

// examples holds what sources usually say of a hazard; one that is missing has neither title
// nor strength.
func examples() map[event.Hazard]example {
	return map[event.Hazard]example{
		event.Earthquake: {"M 6.9 - 31 km SW of Quetta", exposure.Intensity{Value: 7.1, Unit: "MMI", Sigma: 0.8}, 31},
		event.Tsunami:    {"", exposure.Intensity{Value: 1.6, Unit: "m", Sigma: 0.5}, 0},
		event.Cyclone:    {"BIPARJOY", exposure.Intensity{Value: 64, Unit: "kt", Sigma: 9}, 0},
		event.Storm:      {"", exposure.Intensity{Value: 48, Unit: "kt"}, 0},
		event.Flood:      {"", exposure.Intensity{Value: 1.2, Unit: "m", Sigma: 0.4}, 0},
		event.Wildfire:   {"", exposure.Intensity{Value: 12500, Unit: "ha"}, 12},
		event.Volcano:    {"", exposure.Intensity{}, 22},
		event.Conflict:   {"", exposure.Intensity{}, 8},
		event.Terrorism:  {"", exposure.Intensity{}, 3},
		event.Unrest:     {"", exposure.Intensity{}, 2},
		event.Industrial: {"", exposure.Intensity{}, 4},
		event.Outbreak:   {"", exposure.Intensity{Value: 140, Unit: "persons"}, 0},
	}
}

// Example is the built-in sample of a hazard: a red warning at an invented site, at a fixed
// instant.
func Example(h event.Hazard) Item {
	at := time.Date(2026, 10, 7, 4, 6, 0, 0, time.UTC)
	x, p := examples()[h], level.P{1, 0.97, 0.91, 0.83, 0.3}
	ref := warning.EventRef{ID: "evt_sample", Revision: 1, Title: x.title}
	if h == event.Earthquake {
		ref.Measures = event.Measures{{Name: "magnitude", Value: 6.9}}
	}
	row := exposure.Exposure{
		Event: "evt_sample", Revision: 1, Hazard: h, Project: "prj_sample", Asset: "ast_sample", Kind: portfolio.Site, Name: "Camp 2", How: exposure.Inside,
		Intensity: x.intensity, Persons: 412, P: p, Level: level.Red, Method: "sample",
	}
	if x.distance > 0 {
		row.How, row.DistanceKM = exposure.Distance, x.distance
	}
	return Item{
		Warning: warning.Warning{
			ID: "wrn_sample", Org: "org_sample", Project: "prj_sample", Family: h.Family(), Hazard: h, Revision: 1, State: warning.Issued, Level: level.Red,
			Peak: level.Red, Cell: level.Red, P: p, Reason: warning.Opened, Notify: true, Method: "sample", Evidence: []string{"sig_1", "sig_2"}, OpenedAt: at,
			At: at, LevelSince: at, Fresh: at, Expires: at.Add(24 * time.Hour), Events: []warning.EventRef{ref}, Rows: []exposure.Exposure{row},
		},
		Project: portfolio.Project{ID: "prj_sample", Code: "quetta-rail-3", Name: "Quetta Rail, lot 3", Country: "PK", Zone: "Asia/Karachi"},
	}
}
