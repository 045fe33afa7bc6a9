// Package capout speaks of our own warnings in CAP 1.2: as an alert for each revision, as an
// Atom feed of the active ones, and as a channel that posts an alert to a partner. What it
// writes is valid against the standard's schema and semantic rules, or it is not written.
// Ended and cancelled are kept apart: only a warning that was wrong is a CAP Cancel. The
// package signs nothing; a signature belongs around the bytes that it returns.
package capout

import (
	"fmt"
	"strconv"
	"time"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/event"
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
}

// Alert makes the CAP message of one revision. earlier are the revisions that were told
// before and that this one supersedes or withdraws; areas says where, nil = by name only.
// The mapping is METHOD.md 1.5.
func Alert(cfg Config, w warning.Warning, p portfolio.Project, earlier []warning.Warning, areas []cap.Area) (cap.Alert, error) {
	a := cap.Alert{
		Identifier: identifier(w), Sender: cfg.Sender, Sent: whole(w.At), Status: cap.StatusActual, MsgType: cap.MsgAlert, Scope: cap.ScopePublic,
	}
	if w.TLP != "" && w.TLP != "CLEAR" {
		a.Scope, a.Restriction = cap.ScopeRestricted, "TLP:"+w.TLP
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
		areas = []cap.Area{{Desc: p.Name}}
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
		a.Infos = append(a.Infos, info)
	}
	if problems := cap.Validate(&a); len(problems) > 0 && !problems[0].Minor {
		return a, fmt.Errorf("CAP alert of warning %s: %v: %w", w.ID, problems[0], fault.ErrInvalid)
	}
	return a, nil
}

func identifier(w warning.Warning) string { return w.ID + "." + strconv.Itoa(w.Revision) }

// whole cuts to seconds: CAP has no fractions.
func whole(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

func infoOf(s phrase.Speaker, w warning.Warning, p portfolio.Project) (cap.Info, error) {
	words, err := s.Warning(w, p, p.Zone)
	if err != nil {
		return cap.Info{}, err
	}
	k := class(w)
	info := cap.Info{
		Language: s.Language(), Categories: []cap.Category{category(w.Hazard)}, Event: words.What, ResponseTypes: []cap.ResponseType{response(w)},
		Urgency: urgency(w), Severity: severity(k), Certainty: certainty(w, k), Headline: words.Headline, Description: join(words.Why),
		Instruction: join(words.Do), SenderName: "Watchfire", Expires: whole(w.Expires),
		Parameters: []cap.Pair{
			{Name: "awareness_level", Value: awareness(w.Level)},
			{Name: "watchfire:level", Value: w.Level.String()},
			{Name: "watchfire:state", Value: string(w.State)},
			{Name: "watchfire:method", Value: w.Method},
		},
	}
	if !info.Expires.After(whole(w.At)) {
		info.Expires = whole(w.At).Add(time.Hour) // a closed warning: the message itself is news for an hour
	}
	if !w.ETA.IsZero() {
		info.Onset = whole(w.ETA)
	}
	for i := 1; i <= level.Classes; i++ {
		info.Parameters = append(info.Parameters, cap.Pair{Name: "watchfire:p" + strconv.Itoa(i), Value: strconv.FormatFloat(w.P[i], 'f', 3, 64)})
	}
	return info, nil
}

func join(lines []string) string {
	out := ""
	for i, l := range lines {
		if i > 0 {
			out += "\n"
		}
		out += l
	}
	return out
}

// class is the highest impact class whose own cell reaches the warning's level.
func class(w warning.Warning) int {
	m := level.Default()
	for k := level.Classes; k > 1; k-- {
		if m.Cell(k, w.P[k], false) >= w.Level {
			return k
		}
	}
	return 1
}

func severity(k int) cap.Severity {
	return [...]cap.Severity{cap.SeverityUnknown, cap.SeverityMinor, cap.SeverityModerate, cap.SeveritySevere, cap.SeverityExtreme}[k]
}

func certainty(w warning.Warning, k int) cap.Certainty {
	for _, r := range w.Rows {
		if r.Observed >= k {
			return cap.CertaintyObserved
		}
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
