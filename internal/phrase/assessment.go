package phrase

import (
	"math"
	"strconv"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/indicator"
)

// A Sentence is one statement of an assessment with the ids of the observations that it rests
// on. Confidence and likelihood never share one.
type Sentence struct {
	Text     string
	Evidence []string
}

// inWords is how many drivers and changes are put into words.
const inWords = 5

// Assessment says in words what a score is, how sure it is, what it rests on, what changed
// and what would change it. Every word comes from a template; every number from the result.
func (s Speaker) Assessment(r assessment.Result) []Sentence {
	if !r.Assessed {
		return []Sentence{{Text: s.T("assess.say.none", "Name", r.Name)}}
	}
	out := []Sentence{
		{Text: s.T("assess.say.score", "Name", r.Name, "Score", points(r.Score), "Class", s.Class(r.Class), "Low", points(r.Low), "High", points(r.High))},
	}
	if !r.Robust {
		out = append(out, Sentence{Text: s.T("assess.say.not_robust", "Share", percent(r.ClassShare))})
	}
	if r.HeldBy != "" {
		out = append(out, Sentence{Text: s.T("assess.say.held", "Dimension", s.Dimension(r.HeldBy), "Mean", points(r.Mean))})
	}
	for _, d := range r.RedTags {
		out = append(out, Sentence{Text: s.T("assess.say.red_tag", "Dimension", s.Dimension(d))})
	}
	out = append(out,
		Sentence{Text: s.T("assess.say.confidence", "Word", s.T("assess.confidence."+r.Confidence.Word), "Coverage", percent(r.Confidence.Coverage))},
		Sentence{Text: s.T("assess.say.trend."+r.Long.Verb, "Delta", withSign(r.Long.Delta))},
	)
	if p := r.Probability; p != nil {
		out = append(out, s.chance(r))
	}
	out = append(out, s.drivers(r)...)
	out = append(out, s.changes(r)...)
	if n := len(r.Stale); n > 0 {
		out = append(out, Sentence{Text: s.T("assess.say.stale", "N", n)})
	}
	if n := len(r.Blind); n > 0 {
		out = append(out, Sentence{Text: s.T("assess.say.blind", "N", n)})
	}
	return out
}

// chance words the probability that stands beside the score.
func (s Speaker) chance(r assessment.Result) Sentence {
	p := r.Probability
	key := "assess.say.chance." + p.What
	if !s.Has(key) {
		key = "assess.say.chance.severe"
	}
	return Sentence{s.T(key, "Word", s.Likelihood(p.P), "P", percent(p.P), "Base", percent(p.Base), "Deaths", number(p.Deaths), "Until", p.Until), []string{p.Evidence}}
}

// drivers puts the strongest drivers into words, with the nearest class boundary of each.
func (s Speaker) drivers(r assessment.Result) []Sentence {
	var out []Sentence
	for _, d := range r.Drivers[:min(inWords, len(r.Drivers))] {
		args := []any{"Indicator", s.Indicator(d.Indicator), "Value", number(d.Value), "Unit", d.Unit, "Period", d.Period, "Source", d.Source, "Points", withSign(d.Contribution)}
		switch {
		case r.Kind == assessment.Portfolio:
			out = append(out, Sentence{Text: s.T("assess.say.member", "Unit", d.From, "Score", points(d.Value), "Points", withSign(d.Contribution))})
			continue
		case d.Imputed:
			out = append(out, Sentence{Text: s.T("assess.say.borrowed", args...)})
			continue
		case d.Contribution >= 0:
			out = append(out, Sentence{s.T("assess.say.driver", args...), []string{d.Evidence}})
		default:
			out = append(out, Sentence{s.T("assess.say.relief", args...), []string{d.Evidence}})
		}
		if d.Boundary != nil {
			out = append(out, Sentence{s.T("assess.say.boundary", "Value", number(d.Boundary.Value), "Unit", d.Unit, "Class", s.Class(d.Boundary.Class)), []string{d.Evidence}})
		}
	}
	return out
}

// changes puts into words what differs from the assessment before.
func (s Speaker) changes(r assessment.Result) []Sentence {
	var out []Sentence
	if r.ClassWas != "" && r.ClassWas != r.Class {
		out = append(out, Sentence{Text: s.T("assess.say.class_was", "Was", s.Class(r.ClassWas), "Class", s.Class(r.Class))})
	}
	for _, c := range r.Changed[:min(inWords, len(r.Changed))] {
		name := s.Indicator(c.Indicator)
		switch {
		case c.Was != nil && c.Is != nil:
			out = append(out, Sentence{
				s.T("assess.say.changed", "Indicator", name, "Was", number(c.Was.Value), "Value", number(c.Is.Value), "Points", withSign(c.Effect)),
				[]string{c.Was.Evidence, c.Is.Evidence},
			})
		case c.Is != nil:
			out = append(out, Sentence{s.T("assess.say.new", "Indicator", name, "Value", number(c.Is.Value), "Points", withSign(c.Effect)), []string{c.Is.Evidence}})
		case c.Was != nil:
			out = append(out, Sentence{s.T("assess.say.gone", "Indicator", name), []string{c.Was.Evidence}})
		}
	}
	return out
}

// Class is the word of a class of scores.
func (s Speaker) Class(class string) string {
	if class == "" {
		return s.T("assess.class.none")
	}
	return s.T("assess.class." + class)
}

// Dimension is the name of a dimension of the built-in method, or its id.
func (s Speaker) Dimension(id string) string {
	if d, ok := assessment.Default().Dimension(id); ok {
		if n := d.Names[s.lang]; n != "" {
			return n
		}
		return d.Names["en"]
	}
	return id
}

// Indicator is the name of an indicator, or its id.
func (s Speaker) Indicator(id string) string {
	if d, ok := indicator.Find(id); ok {
		return d.Name(s.lang)
	}
	return id
}

func points(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

func percent(x float64) string { return strconv.FormatFloat(100*x, 'f', 0, 64) }

func withSign(x float64) string {
	if text := strconv.FormatFloat(math.Abs(x), 'f', 2, 64); x < 0 && text != "0.00" {
		return "−" + text
	} else if text != "0.00" {
		return "+" + text
	}
	return "0.00"
}

// number keeps four figures.
func number(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }
