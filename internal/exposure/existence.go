package exposure

import (
	"cmp"
	"slices"
	"strings"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
)

// Trust is the probability that an event is real and how its reports made it.
type Trust struct {
	Base float64 `json:"base"` // before any report is weighed
	P    float64 `json:"p"`
	// Instrument is the source that settles it: measured, or said by the authority in charge;
	// "" = the reports are weighed.
	Instrument string   `json:"instrument,omitempty"`
	Weights    []Weight `json:"weights,omitempty"` // in the order in which they were applied
}

// A Weight is what one report did to the probability.
type Weight struct {
	Signal string `json:"signal"`
	Source string `json:"source"`
	impact.TermEffect
}

// Learn gives the index the record of each source (see impact.Record). It is set once,
// before the index is used.
func (x *Index) Learn(record func(source string) (hits, positives, falseAlarms, negatives int)) {
	x.record = record
}

// Trust tells how the standing reports of an event of a hazard are weighed (METHOD.md 1.6).
// One report that is measured, or said by the authority in charge, settles it: what the
// authority says of its own certainty is part of the impact functions and is not counted
// here again. Otherwise the reports are weighed by their Admiralty grades and by how their
// sources' earlier reports came out; of one owner's reports only the strongest counts as
// independent, and news, like reports whose owner nobody knows, count as one owner. A grade
// that cannot be read is F6.
func (x *Index) Trust(h event.Hazard, reports []event.Standing) Trust {
	out := Trust{Base: x.baseRate(h)}
	for i := range reports {
		if r := &reports[i]; r.Stand == event.Live && r.Instrument {
			out.P, out.Instrument = x.rules.Instrument, r.Source
			if out.Instrument == "" {
				out.Instrument = r.Key
			}
			return out
		}
	}
	all := x.terms(reports)
	terms, records := make([]impact.Term, len(all)), make([]impact.Learned, len(all))
	for i := range all {
		terms[i], records[i] = all[i].term, all[i].learned
	}
	p, effects, err := x.method.WeighLearned(out.Base, terms, records)
	if err != nil {
		out.P = out.Base // cannot happen: every term was made readable
		return out
	}
	out.P = p
	for _, e := range effects {
		out.Weights = append(out.Weights, Weight{Signal: all[e.Index].signal, Source: all[e.Index].source, TermEffect: e})
	}
	return out
}

// existence is the probability alone.
func (x *Index) existence(h event.Hazard, reports []event.Standing) float64 {
	for i := range reports {
		if r := &reports[i]; r.Stand == event.Live && r.Instrument {
			return x.rules.Instrument
		}
	}
	return x.Trust(h, reports).P
}

func (x *Index) baseRate(h event.Hazard) float64 {
	if p, ok := x.rules.BaseRates[h]; ok {
		return p
	}
	return x.rules.BaseRate
}

// told is one standing report as a term.
type told struct {
	owner, signal, source string
	term                  impact.Term
	learned               impact.Learned
}

// terms makes the standing reports ready for weighing: strongest grade first, the further
// ones of each owner marked as the same.
func (x *Index) terms(reports []event.Standing) []told {
	var all []told
	for i := range reports {
		r := &reports[i]
		if r.Stand != event.Live {
			continue
		}
		t := told{owner: "owner " + r.Owner, signal: r.Signal, source: r.Source, term: impact.Term{Reliability: 'F', Credibility: 6}}
		switch {
		case r.News:
			t.owner = "news"
		case r.Owner == "":
			t.owner = "unknown"
		}
		if len(r.Grade.Reliability) == 1 && strings.Contains("ABCDEF", r.Grade.Reliability) {
			t.term.Reliability = r.Grade.Reliability[0]
		}
		if r.Grade.Credibility >= 1 && r.Grade.Credibility <= 6 {
			t.term.Credibility = r.Grade.Credibility
		}
		if x.record != nil && r.Source != "" {
			hits, positives, falseAlarms, negatives := x.record(r.Source)
			t.learned.Ratio, t.learned.Cases = x.method.LearnedRatio(impact.Record{
				Hits: hits, Positives: positives, FalseAlarms: falseAlarms, Negatives: negatives,
			})
		}
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b told) int {
		return cmp.Or(cmp.Compare(a.term.Credibility, b.term.Credibility), cmp.Compare(a.term.Reliability, b.term.Reliability),
			cmp.Compare(b.learned.Ratio, a.learned.Ratio), strings.Compare(a.owner, b.owner), strings.Compare(a.source, b.source),
			strings.Compare(a.signal, b.signal))
	})
	const most = 1000 // of Weigh; the discount has made the rest weightless long before
	all = all[:min(len(all), most)]
	seen := map[string]struct{}{}
	for i := range all {
		_, all[i].term.Same = seen[all[i].owner]
		seen[all[i].owner] = struct{}{}
	}
	return all
}

func evidence(reports []event.Standing) []string {
	var out []string
	for _, r := range reports {
		if r.Stand == event.Live && r.Signal != "" {
			out = append(out, r.Signal)
		}
	}
	return out
}
