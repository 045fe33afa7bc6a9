package phrase

import (
	"fmt"
	"strconv"
	"strings"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// A Link of the chain is one step of an explanation: a heading and its lines.
type Link struct {
	Key   string   `json:"key"` // signals, event, strength, chance, cell, promotion, hysteresis, rules, level, would, actions, methods
	Title string   `json:"title"`
	Lines []string `json:"lines"`
}

// Explain puts the chain from signals to level into words and numbers, each step once and in
// the order in which it is decided. Times are told in zone (IANA; "" = the project's).
func (s Speaker) Explain(x warning.Explanation, project portfolio.Project, zone string) []Link {
	if zone == "" {
		zone = project.Zone
	}
	var out []Link
	add := func(key string, lines []string) {
		if len(lines) > 0 {
			out = append(out, Link{Key: key, Title: s.T("explain." + key), Lines: lines})
		}
	}
	add("signals", s.explainSignals(x))
	add("event", s.explainEvents(x))
	add("strength", s.explainStrength(x))
	add("chance", s.explainChance(x))
	add("cell", s.explainCell(x))
	add("promotion", s.explainPromotion(x, zone))
	add("hysteresis", s.explainHysteresis(x, zone))
	add("rules", s.explainRules(x))
	add("level", []string{s.T("explain.result", "Level", s.Level(x.Level), "N", x.Revision, "Reason", s.T("reason."+string(x.Reason), "Level", s.Level(x.Level), "Cell", s.Level(x.Hold.Carried)))})
	add("would", s.Would(x))
	add("actions", s.Actions(x.Actions))
	add("methods", []string{s.T("explain.versions", "Policy", x.Methods.Policy, "Matrix", x.Methods.Matrix, "Playbook", x.Methods.Playbook,
		"Impact", strings.Join(x.Methods.Impact, ", "))})
	return out
}

// explainSignals tells what each report weighs.
func (s Speaker) explainSignals(x warning.Explanation) []string {
	var out []string
	for _, e := range x.Events {
		if e.Trust.Instrument != "" {
			out = append(out, s.T("explain.instrument", "Source", e.Trust.Instrument, "P", s.Percent(e.Trust.P)))
		}
		for _, w := range e.Trust.Weights {
			line := s.T("explain.weight", "Source", w.Source, "Grade", w.Term.String(), "Weight", s.digits(w.Weight),
				"Ratio", plus(w.LogRatio), "Discount", s.digits(w.Discount), "Effect", plus(w.Effect), "P", s.Percent(w.After))
			if w.Cases > 0 {
				line += " " + s.T("explain.record", "Ratio", s.digits(w.Ratio), "N", w.Cases)
			}
			out = append(out, line)
		}
	}
	return out
}

func plus(v float64) string { return fmt.Sprintf("%+.2f", v) }

func (s Speaker) explainEvents(x warning.Explanation) []string {
	var out []string
	for _, e := range x.Events {
		title := clean(e.Title)
		if title == "" {
			title = e.ID
		}
		if e.Trust.P == 0 {
			out = append(out, title)
			continue
		}
		out = append(out, s.T("explain.real", "Title", title, "P", s.Percent(e.Trust.P), "Base", s.Percent(e.Trust.Base)))
	}
	if len(x.Blind) > 0 {
		out = append(out, s.T("explain.blind", "Sources", strings.Join(x.Blind, ", ")))
	}
	return out
}

func (s Speaker) explainStrength(x warning.Explanation) []string {
	if x.Asset == nil {
		return nil
	}
	r := *x.Asset
	r.Name = clean(r.Name)
	var out []string
	if r.Intensity.Unit != "" {
		out = append(out, s.T("explain.at", "Intensity", s.Intensity(r.Intensity), "Where", s.Where(r)))
	} else {
		out = append(out, s.Where(r))
	}
	if r.Formula != "" {
		out = append(out, s.T("explain.formula", "Formula", r.Formula, "Source", r.Source))
	}
	if x.Assets > 1 {
		out = append(out, s.T("explain.strongest", "N", x.Assets))
	}
	return out
}

func (s Speaker) explainChance(x warning.Explanation) []string {
	var out []string
	for _, h := range []level.Horizon{level.Immediate, level.Short, level.Medium, level.Outlook} {
		p := x.Chance.ByHorizon[h]
		if h > level.Immediate && p == x.Chance.ByHorizon[h-1] {
			continue // nothing more within the longer span
		}
		if p[1] == 0 {
			continue
		}
		var parts []string
		for k := 1; k <= level.Classes; k++ {
			parts = append(parts, "I"+strconv.Itoa(k)+" "+s.Percent(p[k]))
		}
		out = append(out, s.T("explain.within", "Span", s.T("horizon."+h.String()), "Chances", strings.Join(parts, " · ")))
	}
	if x.Chance.Observed > 0 {
		out = append(out, s.T("explain.observed", "Impact", s.Impact(x.Chance.Observed)))
	}
	return out
}

func (s Speaker) explainCell(x warning.Explanation) []string {
	for _, c := range x.Cells {
		if c.Class != x.Class {
			continue
		}
		if c.Observed {
			return []string{s.T("explain.cell_observed", "Impact", s.Impact(c.Class), "Level", s.Level(c.Level))}
		}
		return []string{s.T("explain.cell_line", "Impact", s.Impact(c.Class), "Chance", s.Chance(c.P), "From", s.digits(c.From*100), "To", s.digits(c.To*100), "Level", s.Level(c.Level))}
	}
	return []string{s.T("explain.cell_none")}
}

func (s Speaker) explainPromotion(x warning.Explanation, zone string) []string {
	p := x.Rule
	var out []string
	if p.Floor != "" {
		out = append(out, s.T("explain.demand", "Reason", p.Floor))
	}
	switch {
	case p.Proposal == warning.ProposalOpen:
		return append(out, s.T("explain.propose", "Time", s.Time(p.By, zone)))
	case p.Proposal == warning.ProposalLapsed:
		return append(out, s.T("explain.lapsed"))
	case p.Proposal == warning.ProposalSigned:
		return append(out, s.T("explain.signed"))
	case p.AtOnce:
		return append(out, s.T("explain.at_once", "Level", s.Level(p.Carried)))
	case p.Carried < p.Matrix:
		return append(out, s.T("explain.held_down", "Ceiling", s.Level(p.Ceiling), "Matrix", s.Level(p.Matrix), "Level", s.Level(p.Carried)))
	default:
		return append(out, s.T("explain.allowed", "Ceiling", s.Level(p.Ceiling), "Level", s.Level(p.Carried)))
	}
}

func (s Speaker) explainHysteresis(x warning.Explanation, zone string) []string {
	h := x.Hold
	var out []string
	switch {
	case h.Carried >= x.Level:
		out = append(out, s.T("explain.up"))
	case !h.LowSince.IsZero():
		out = append(out, s.T("explain.dwell", "Level", s.Level(h.Carried), "Since", s.Time(h.LowSince, zone), "Time", s.Time(h.FallsAt, zone)))
	default:
		out = append(out, s.T("explain.margin", "Level", s.Level(h.Carried), "Margin", s.digits(h.Margin)))
	}
	if !h.Expires.IsZero() {
		out = append(out, s.T("explain.expires", "Time", s.Time(h.Expires, zone)))
	}
	if !h.Review.IsZero() {
		out = append(out, s.T("explain.review", "Time", s.Time(h.Review, zone)))
	}
	return out
}

func (s Speaker) explainRules(x warning.Explanation) []string {
	if len(x.Rules) == 0 {
		return []string{s.T("explain.no_rules")}
	}
	text := "explain.rules_routed"
	switch {
	case x.Delta > 0:
		text = "explain.rules_raised"
	case x.Delta < 0:
		text = "explain.rules_lowered"
	}
	return []string{s.T(text, "Rules", strings.Join(x.Rules, ", "))}
}

// Would says what would change the level: "Orange from M 6.4 or nearer than 31 km", "Would
// fall below red under M 6.5 or beyond 44 km".
func (s Speaker) Would(x warning.Explanation) []string {
	var out []string
	now := level.Green
	for _, c := range x.Would {
		if c.Falls {
			now = max(now, c.Level)
		}
	}
	for l := level.Red; l >= level.Yellow; l-- {
		var up, down []string
		for _, c := range x.Would {
			switch {
			case c.Level != l:
			case !c.Falls:
				up = append(up, s.quantity("would.from.", c))
			case l == now:
				down = append(down, s.quantity("would.under.", c))
			}
		}
		if len(up) > 0 {
			out = append(out, s.T("would.rise", "Level", s.Level(l), "What", strings.Join(up, s.T("would.or"))))
		}
		if len(down) > 0 {
			out = append(out, s.T("would.fall", "Level", s.Level(l), "What", strings.Join(down, s.T("would.or"))))
		}
	}
	return out
}

func (s Speaker) quantity(prefix string, c warning.Change) string {
	v := s.Number(c.At, c.Unit)
	switch c.Of {
	case "magnitude":
		v = s.Magnitude(c.At)
	case "certainty":
		v = s.Percent(c.At)
	case "severity":
		v = c.Word
		if key := "severity." + strings.ToLower(c.Word); s.Has(key) {
			v = s.T(key)
		}
	}
	return s.T(prefix+c.Of, "V", v)
}

// Actions are the protective actions with their thresholds, crossed ones first.
func (s Speaker) Actions(list []warning.Action) []string {
	var out []string
	for _, a := range list {
		key := "actions.below"
		if a.Crossed {
			key = "actions.crossed"
		}
		out = append(out, s.T(key, "Action", s.Action(a), "P", s.digits(a.P), "Threshold", s.digits(a.Trigger),
			"Cost", s.digits(a.Cost), "Loss", s.digits(a.Loss), "Span", s.T("horizon."+a.Horizon.String()), "Impact", s.Impact(a.Class)))
	}
	return out
}

// Action is the name of a protective action.
func (s Speaker) Action(a warning.Action) string {
	if name := a.Name[s.lang]; name != "" {
		return clean(name)
	}
	if name := a.Name["en"]; name != "" {
		return clean(name)
	}
	if key := "action." + a.Action; s.Has(key) {
		return s.T(key)
	}
	return strings.ReplaceAll(a.Action, "_", " ")
}
