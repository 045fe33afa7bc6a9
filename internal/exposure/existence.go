package exposure

import (
	"cmp"
	"slices"
	"strings"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
)

// existence is the probability that an event is real, by the reports of it that stand
// (METHOD.md 1.6). One report that is measured, or said by the authority in charge, settles
// it: what the authority says of its own certainty is part of the impact functions and is
// not counted here again. Otherwise the reports are weighed by their Admiralty grades; of
// one owner's reports only the strongest counts as independent, and news, like reports whose
// owner nobody knows, count as one owner. A grade that cannot be read is F6.
func (x *Index) existence(reports []event.Standing) float64 {
	type told struct {
		owner string
		term  impact.Term
	}
	var all []told
	for _, r := range reports {
		if r.Stand != event.Live {
			continue
		}
		if r.Instrument {
			return x.rules.Instrument
		}
		t := told{owner: "owner " + r.Owner, term: impact.Term{Reliability: 'F', Credibility: 6}}
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
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b told) int {
		return cmp.Or(cmp.Compare(a.term.Credibility, b.term.Credibility), cmp.Compare(a.term.Reliability, b.term.Reliability), strings.Compare(a.owner, b.owner))
	})
	const most = 1000 // of Weigh; the discount has made the rest weightless long before
	all = all[:min(len(all), most)]
	terms, seen := make([]impact.Term, 0, len(all)), map[string]struct{}{}
	for _, t := range all {
		_, t.term.Same = seen[t.owner]
		seen[t.owner] = struct{}{}
		terms = append(terms, t.term)
	}
	p, _, err := x.method.Weigh(x.rules.BaseRate, terms)
	if err != nil {
		return x.rules.BaseRate // cannot happen: every term was made readable above
	}
	return p
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
