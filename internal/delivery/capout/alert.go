// Package capout speaks of our own warnings in CAP 1.2: as an alert for each revision, as an
// Atom feed of the active ones, and as a channel that posts an alert to a partner. What it
// writes is valid against the standard's schema and semantic rules, or it is not written.
// Ended and cancelled are kept apart: only a warning that was wrong is a CAP Cancel. The
// package signs nothing; a signature belongs around the bytes that it returns.
package capout

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// A Config describes us as sender.
type Config struct {
	Sender string // unique in the world: a host name or an address
	Book   *phrase.Book
	// Languages of the info blocks; empty = English.
	Languages []string
	Web       string // base URL of the pages; "" = no link
	Exercise  bool   // a demonstration: status Exercise, which nobody may act on
}

// Alert makes the CAP message of one revision. earlier are the revisions that were told
// before and that this one supersedes or withdraws; areas says where, nil = by name only.
// The mapping is METHOD.md 1.5. Assets that are persons are told without name and place:
// machines pass an alert on to whom nobody knows. The error wraps fault.ErrInvalid for what
// CAP cannot say, for a cancellation of nothing, and for content under TLP:RED, which is
// for persons alone, or TLP:AMBER+STRICT, which stays in the house.
func Alert(cfg Config, w warning.Warning, p portfolio.Project, earlier []warning.Warning, areas []cap.Area) (cap.Alert, error) {
	if err := speakable(w, earlier); err != nil {
		return cap.Alert{}, fmt.Errorf("CAP alert of warning %.80q: %w", w.ID, err)
	}
	a := cap.Alert{
		Identifier: identifier(w), Sender: cfg.Sender, Sent: whole(w.At), Status: cap.StatusActual, MsgType: cap.MsgAlert, Scope: cap.ScopePublic,
	}
	if w.TLP != "" && !strings.EqualFold(w.TLP, "CLEAR") {
		a.Scope, a.Restriction = cap.ScopeRestricted, "TLP:"+plain(w.TLP)
	}
	if cfg.Exercise {
		a.Status, a.Note = cap.StatusExercise, cfg.Book.For("en").T("simulated")
	}
	for _, e := range earlier {
		a.References = append(a.References, cap.Reference{Sender: cfg.Sender, Identifier: identifier(e), Sent: whole(e.At)})
	}
	if len(a.References) > 0 {
		a.MsgType = cap.MsgUpdate
		if w.State == warning.Cancelled {
			a.MsgType = cap.MsgCancel
		}
	}
	if len(areas) == 0 {
		areas = []cap.Area{{Desc: plain(p.Name)}}
	}
	languages := cfg.Languages
	if len(languages) == 0 {
		languages = []string{"en"}
	}
	for _, lang := range languages {
		info, err := infoOf(cfg.Book.For(lang), w, p)
		if err != nil {
			return cap.Alert{}, fmt.Errorf("CAP alert of warning %s: %w", w.ID, err)
		}
		info.Areas = areas
		if cfg.Web != "" {
			info.Web = strings.TrimSuffix(cfg.Web, "/") + "/warnings/" + w.ID
		}
		a.Infos = append(a.Infos, info)
	}
	for _, problem := range cap.Validate(&a) {
		if !problem.Minor {
			return cap.Alert{}, fmt.Errorf("CAP alert of warning %.80q: %v: %w", w.ID, problem, fault.ErrInvalid)
		}
	}
	return a, nil
}

// speakable finds what must not be said in CAP at all.
func speakable(w warning.Warning, earlier []warning.Warning) error {
	switch {
	case strings.EqualFold(w.TLP, "RED"):
		return fmt.Errorf("TLP:RED is for persons alone: %w", fault.ErrInvalid)
	case strings.EqualFold(w.TLP, "AMBER+STRICT"): // FIRST TLP 2.0
		return fmt.Errorf("TLP:AMBER+STRICT is for our own house, an alert goes to others: %w", fault.ErrInvalid)
	case w.State == warning.Cancelled && len(earlier) == 0:
		return fmt.Errorf("there is nothing to cancel: %w", fault.ErrInvalid)
	case !w.Level.Valid():
		return fmt.Errorf("level %s: %w", w.Level, fault.ErrInvalid)
	default:
		return nil
	}
}

func identifier(w warning.Warning) string { return w.ID + "." + strconv.Itoa(w.Revision) }

// whole cuts to seconds: CAP has no fractions.
func whole(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

func infoOf(s phrase.Speaker, w warning.Warning, p portfolio.Project) (cap.Info, error) {
	w.Rows = nameless(w.Rows, s.T("mail.somebody"))
	words, err := s.Warning(w, p, p.Zone)
	if err != nil {
		return cap.Info{}, err
	}
	k := class(w)
	info := cap.Info{
		Language: s.Language(), Categories: []cap.Category{category(w.Hazard)}, Event: plain(words.What), ResponseTypes: []cap.ResponseType{response(w)},
		Urgency: urgency(w), Severity: severity(k), Certainty: certainty(w, k), Headline: plain(words.Headline), Description: join(words.Why),
		Instruction: join(words.Do), SenderName: "Watchfire", Expires: whole(w.Expires),
		Parameters: []cap.Pair{
			{Name: "awareness_level", Value: awareness(w.Level)},
			{Name: "watchfire:level", Value: w.Level.String()},
			{Name: "watchfire:state", Value: string(w.State)},
			{Name: "watchfire:method", Value: plain(w.Method)},
		},
	}
	if !info.Expires.After(whole(w.At)) {
		info.Expires = whole(w.At).Add(time.Hour) // a closed warning: the message itself is news for an hour
	}
	if !w.ETA.IsZero() {
		// The life of a warning is renewed with its evidence and may end before the impact:
		// an onset behind expires would be invalid, so it is always told as a parameter too.
		info.Parameters = append(info.Parameters, cap.Pair{Name: "watchfire:eta", Value: whole(w.ETA).Format(time.RFC3339)})
		if onset := whole(w.ETA); !onset.After(info.Expires) {
			info.Onset = onset
		}
	}
	for i := 1; i <= level.Classes; i++ {
		info.Parameters = append(info.Parameters, cap.Pair{Name: "watchfire:p" + strconv.Itoa(i), Value: strconv.FormatFloat(w.P[i], 'f', 3, 64)})
	}
	return info, nil
}

// nameless takes name and place from rows that are persons.
func nameless(rows []exposure.Exposure, word string) []exposure.Exposure {
	out := slices.Clone(rows)
	for i := range out {
		if r := &out[i]; r.Kind == portfolio.Person {
			r.Name, r.DistanceKM, r.How, r.FromKM, r.ToKM = word, 0, exposure.Inside, 0, 0
		}
	}
	return out
}

const (
	maxLine  = 500  // runes of one line
	maxProse = 4000 // runes of a description or instruction
)

// join puts sentences on lines of their own.
func join(lines []string) string {
	var out []string
	for _, l := range lines {
		out = append(out, plain(l))
	}
	text := strings.Join(out, "\n")
	if r := []rune(text); len(r) > maxProse {
		return string(r[:maxProse-1]) + "…"
	}
	return text
}

// plain makes one line of characters that XML can hold (XML 1.0, 2.2).
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, httpfault.Line(text, maxLine))
}

// class is the highest impact class whose own cell gives the warning's level. A level that a
// rule demands whatever the chance (an evacuation order) has none; it takes the class that
// MeteoAlarm's users expect beside its colour.
func class(w warning.Warning) int {
	m := level.Default()
	for k := level.Classes; k >= 1; k-- {
		if m.Cell(k, w.P[k], observed(w) >= k) >= w.Level && w.Level > level.Green {
			return k
		}
	}
	return [...]int{1, 2, 3, 4}[w.Level]
}

// observed is the highest impact class that has been seen at any asset.
func observed(w warning.Warning) int {
	k := 0
	for _, r := range w.Rows {
		k = max(k, r.Observed)
	}
	return k
}

func severity(k int) cap.Severity {
	return [...]cap.Severity{cap.SeverityUnknown, cap.SeverityMinor, cap.SeverityModerate, cap.SeveritySevere, cap.SeverityExtreme}[k]
}

func certainty(w warning.Warning, k int) cap.Certainty {
	if observed(w) >= k {
		return cap.CertaintyObserved
	}
	switch p := w.P[k]; {
	case p > 0.5:
		return cap.CertaintyLikely
	case p >= 0.05:
		return cap.CertaintyPossible
	default:
		return cap.CertaintyUnlikely
	}
}

func urgency(w warning.Warning) cap.Urgency {
	switch lead := w.ETA.Sub(w.At); {
	case !warning.Active(w):
		return cap.UrgencyPast
	case w.ETA.IsZero() || lead <= 0:
		return cap.UrgencyImmediate
	case lead <= time.Hour:
		return cap.UrgencyExpected
	default:
		return cap.UrgencyFuture
	}
}

func response(w warning.Warning) cap.ResponseType {
	switch {
	case w.State == warning.Expired:
		return cap.ResponseAssess // no all-clear: nobody has said that it is over
	case !warning.Active(w):
		return cap.ResponseAllClear
	case w.Level == level.Red:
		return cap.ResponseExecute
	case w.Level == level.Orange:
		return cap.ResponsePrepare
	default:
		return cap.ResponseMonitor
	}
}

// awareness is the form that MeteoAlarm's users know.
func awareness(l level.Level) string {
	return [...]string{"1; green; Minor", "2; yellow; Moderate", "3; orange; Severe", "4; red; Extreme"}[l]
}

func category(h event.Hazard) cap.Category {
	switch h.Family() {
	case event.Earthquake, event.Tsunami, event.Volcano, event.Landslide:
		return cap.CategoryGeo
	case event.Conflict, event.Unrest, event.Crime, event.Kidnap, event.Advice, event.Sanctions, event.Law:
		return cap.CategorySecurity
	case event.Outbreak:
		return cap.CategoryHealth
	case event.Wildfire:
		return cap.CategoryFire
	case event.AirQuality:
		return cap.CategoryEnv
	case event.Corridor:
		return cap.CategoryTransport
	case event.Cyber, event.Industrial:
		return cap.CategoryInfra
	case event.Other:
		return cap.CategoryOther
	default:
		return cap.CategoryMet
	}
}
