package phrase

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// Words is one warning revision in one language. Every field is filled.
type Words struct {
	Subject  string   // of a mail: level, what, where, project
	First    string   // one line: what, where, when, do what
	Headline string   // what and where
	What     string   // what alone: "Earthquake M 6.9"
	Where    string   // where alone: "31 km from Camp 2"
	When     string   // in words and with the zone
	Status   string   // level and state: "Red · act now", "Over", "Withdrawn: false alarm"
	Do       []string // instructions of the hazard at this level, most urgent first
	Why      []string // strength, chance, cause of the revision, formula, evidence
	Places   []string // a line per asset, strongest first, at most MostPlaces
	Others   int      // assets beyond these
	Footer   string   // id, revision, times and method
}

// MostPlaces is how many assets have a line: an event may touch thousands, and nobody reads more
// of them in a message.
const MostPlaces = 20

// ErrIncomplete says that a warning lacks a part that its words need.
var ErrIncomplete = errors.New("a part is missing")

// Warning puts a revision into words for a reader in zone (IANA; "" = the project's). It
// depends on its arguments alone: times are told as seen from the revision's own time. A
// part that is missing is an error wrapping ErrIncomplete and fault.ErrInvalid; nothing half
// filled is ever returned.
func (s Speaker) Warning(w warning.Warning, project portfolio.Project, zone string) (Words, error) {
	if zone == "" {
		zone = project.Zone
	}
	if err := complete(w, project); err != nil {
		return Words{}, fmt.Errorf("words for warning %s revision %d: %w: %w", w.ID, w.Revision, err, fault.ErrInvalid)
	}
	out := Words{
		What: s.What(w), Where: s.place(w), When: s.when(w, zone), Status: s.Status(w),
		Do: s.Do(w), Why: s.Why(w), Places: s.places(w), Others: max(0, len(w.Rows)-MostPlaces), Footer: s.footer(w, project, zone),
	}
	out.Headline = s.Headline(w)
	out.Subject = s.T("subject", "Level", s.Mark(w), "Headline", out.Headline, "Project", project.Name)
	out.First = s.T("first", "Headline", out.Headline, "When", out.When, "Do", out.Do[0])
	return out, s.whole(out)
}

// complete finds what a sentence cannot do without.
func complete(w warning.Warning, p portfolio.Project) error {
	switch {
	case w.ID == "" || w.Revision == 0:
		return fmt.Errorf("id or revision: %w", ErrIncomplete)
	case w.Hazard == "":
		return fmt.Errorf("hazard: %w", ErrIncomplete)
	case p.Name == "":
		return fmt.Errorf("project name: %w", ErrIncomplete)
	case w.At.IsZero():
		return fmt.Errorf("time: %w", ErrIncomplete)
	case !w.Level.Valid():
		return fmt.Errorf("level: %w", ErrIncomplete)
	case len(w.Rows) == 0 && len(w.Events) == 0:
		return fmt.Errorf("rows and events: %w", ErrIncomplete)
	}
	return nil
}

// whole is the last look: no field empty, no key without words.
func (s Speaker) whole(w Words) error {
	for name, text := range map[string]string{
		"subject": w.Subject, "first line": w.First, "when": w.When, "instructions": strings.Join(w.Do, "\n"),
		"reasons": strings.Join(w.Why, "\n"), "footer": w.Footer, "status": w.Status,
	} {
		if strings.TrimSpace(text) == "" || strings.Contains(text, "⟦") {
			return fmt.Errorf("%s in %s: %w", name, s.lang, ErrIncomplete)
		}
	}
	return nil
}

// What names the hazard with the number or title that tells it apart: "Earthquake M 6.9".
func (s Speaker) What(w warning.Warning) string {
	var title string
	var measures event.Measures
	if len(w.Events) > 0 {
		title, measures = clean(w.Events[0].Title), w.Events[0].Measures
	}
	if m, ok := measures.Get("magnitude"); ok && w.Hazard == event.Earthquake {
		return s.T("what.magnitude", "Hazard", s.Hazard(w.Hazard), "M", s.Magnitude(m))
	}
	if title == "" {
		return s.Hazard(w.Hazard)
	}
	if strings.Contains(strings.ToLower(title), strings.ToLower(s.Hazard(w.Hazard))) {
		return title
	}
	return s.T("what.title", "Hazard", s.Hazard(w.Hazard), "Title", title)
}

// clean makes one short line of a source's words: a title can be no second mail header, no
// second line and no link.
func clean(title string) string { return Plain(title, 120) }

// Headline is what and where in one line, for a row of a list.
func (s Speaker) Headline(w warning.Warning) string {
	return s.T("headline", "What", s.What(w), "Where", s.place(w))
}

func (s Speaker) place(w warning.Warning) string {
	if len(w.Rows) == 0 {
		return s.T("where.project")
	}
	first := w.Rows[0]
	first.Name = clean(first.Name)
	assets := make(map[string]bool, len(w.Rows))
	for i := range w.Rows {
		assets[w.Rows[i].Asset] = true
	}
	if more := len(assets) - 1; more > 0 {
		return s.T("where.more", "Where", s.Where(first), "N", more)
	}
	return s.Where(first)
}

func (s Speaker) when(w warning.Warning, zone string) string {
	switch {
	case !warning.Active(w):
		return s.T("when."+string(w.State), "Time", s.Time(w.At, zone))
	case w.ETA.IsZero() || !w.ETA.After(w.At):
		if w.Until.After(w.At) {
			return s.T("when.now_until", "Time", s.Time(w.At, zone), "Until", s.Time(w.Until, zone))
		}
		return s.T("when.now", "Time", s.Time(w.At, zone))
	default:
		return s.T("when.ahead", "Ahead", s.Ahead(w.ETA, w.At), "Time", s.Time(w.ETA, zone))
	}
}

// Status is level and state in words: "Red · act now", "Proposed red: waits for a
// signature", "Over", "Withdrawn: false alarm".
func (s Speaker) Status(w warning.Warning) string {
	switch {
	case w.State == warning.Draft:
		return s.T("status.draft", "Level", s.Level(w.Level))
	case !warning.Active(w):
		return s.T("status." + string(w.State))
	case w.Emergency:
		return s.T("status.emergency", "Level", s.Level(w.Level), "Call", s.Call(w.Level))
	default:
		return s.T("status.issued", "Level", s.Level(w.Level), "Call", s.Call(w.Level))
	}
}

// Mark is the first word of a subject.
func (s Speaker) Mark(w warning.Warning) string {
	if !warning.Active(w) {
		return s.T("mark." + string(w.State))
	}
	return strings.ToUpper(s.Level(w.Level))
}

// Do lists what to do for the hazard at the level; a warning that is over says how to
// return to work, one that was wrong says so.
func (s Speaker) Do(w warning.Warning) []string {
	key := "do." + string(w.Hazard) + "." + w.Level.String()
	switch {
	case !warning.Active(w):
		key = "do.state." + string(w.State)
	case w.Level == level.Green:
		key = "do.green"
	case !w.Hazard.Known():
		key = "do." + string(event.Other) + "." + w.Level.String()
	}
	return lines(s.T(key))
}

func lines(text string) []string {
	var out []string
	for l := range strings.Lines(text) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// Decisive is the impact class whose cell of the matrix gives the row's level, highest
// class first; 0 when none does.
func Decisive(p level.P, observed int, want level.Level) int {
	_, cells := level.Default().LevelOf(p, observed)
	for k := level.Classes; k >= 1; k-- {
		if cells[k] == want && want > level.Green {
			return k
		}
	}
	for k := level.Classes; k >= 1; k-- {
		if p[k] >= 0.05 {
			return k
		}
	}
	return 0
}

// Why gives the facts behind a revision, one a line: strength, chance, what changed, users'
// rules, formula, evidence.
func (s Speaker) Why(w warning.Warning) []string {
	var out []string
	if len(w.Rows) > 0 {
		r := w.Rows[0]
		if r.Intensity.Unit != "" {
			out = append(out, s.T("why.strength", "Intensity", s.Intensity(r.Intensity), "Asset", clean(r.Name)))
		}
	}
	if k := Decisive(w.P, 0, w.Cell); k > 0 {
		out = append(out, s.T("why.chance", "Impact", s.Impact(k), "Chance", s.Chance(w.P[k])))
	}
	if crossed := warning.Crossed(w); len(crossed) > 0 && warning.Active(w) {
		out = append(out, s.T("why.action", "Actions", strings.Join(s.Actions(crossed[:min(3, len(crossed))]), "; ")))
	}
	out = append(out, s.Reason(w))
	if w.Note != "" {
		out = append(out, s.T("why.note", "Note", clean(w.Note)))
	}
	if len(w.Rules) > 0 {
		out = append(out, s.T("why.rules", "Rules", strings.Join(w.Rules, ", ")))
	}
	if len(w.Rows) > 0 && w.Rows[0].Source != "" {
		out = append(out, s.T("why.formula", "Source", clean(w.Rows[0].Source)))
	}
	return append(out, s.T("why.evidence", "N", len(w.Evidence), "Method", w.Method))
}

// Reason says why the revision was made.
func (s Speaker) Reason(w warning.Warning) string {
	key := "reason." + string(w.Reason)
	if w.Reason == "" || !s.Has(key) {
		return s.T("reason.unknown")
	}
	return s.T(key, "Level", s.Level(w.Level), "Cell", s.Level(w.Cell))
}

// Impact is an impact class in words (METHOD.md 1.2).
func (s Speaker) Impact(k int) string {
	if k < 0 || k > level.Classes {
		k = 0
	}
	return s.T(fmt.Sprintf("impact.%d", k))
}

// Place is one asset row as a line.
func (s Speaker) Place(r exposure.Exposure) string {
	parts := []string{clean(r.Name), s.Level(r.Level)}
	if r.Intensity.Unit != "" {
		parts = append(parts, s.Intensity(r.Intensity))
	}
	if r.DistanceKM >= 0.5 {
		parts = append(parts, s.Number(r.DistanceKM, "km"))
	}
	if r.Persons > 0 {
		parts = append(parts, s.People(r.Persons))
	}
	if k := Decisive(r.P, r.Observed, r.Level); k > 0 {
		parts = append(parts, s.T("why.chance", "Impact", s.Impact(k), "Chance", s.Chance(r.P[k])))
	}
	if s.RTL() { // joined here and by no text of a catalogue
		for i := range parts {
			parts[i] = isolate(parts[i])
		}
	}
	return strings.Join(parts, " · ")
}

func (s Speaker) places(w warning.Warning) []string {
	var out []string
	for _, r := range w.Rows[:min(len(w.Rows), MostPlaces)] {
		out = append(out, s.Place(r))
	}
	if len(out) == 0 {
		out = []string{s.T("where.project")}
	}
	return slices.Clip(out)
}

func (s Speaker) footer(w warning.Warning, p portfolio.Project, zone string) string {
	text := s.T("footer", "Project", p.Name, "ID", w.ID, "Revision", w.Revision, "Time", s.Time(w.At, zone), "Method", w.Method)
	if warning.Active(w) && !w.Expires.IsZero() {
		text += " · " + s.T("footer.expires", "Time", s.Time(w.Expires, zone))
	}
	return text
}
