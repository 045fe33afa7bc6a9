package app

import (
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/push"
)

// sourceSet is the catalogue as this process knows it.
type sourceSet struct {
	list []feed.Source
	byID map[string]int
}

func newSourceSet(list []feed.Source) sourceSet {
	s := sourceSet{byID: map[string]int{}}
	for _, x := range list {
		if i, ok := s.byID[x.ID]; ok {
			s.list[i] = x
			continue
		}
		s.byID[x.ID] = len(s.list)
		s.list = append(s.list, x)
	}
	return s
}

// Sources lists the definitions in a fixed order.
func (s sourceSet) Sources() []feed.Source { return s.list }

// Source returns one definition.
func (s sourceSet) Source(id string) (feed.Source, bool) {
	i, ok := s.byID[id]
	if !ok {
		return feed.Source{}, false
	}
	return s.list[i], true
}

// inward are the sources that every installation has: what its own people and programs send
// in. They are silent by nature, so their age limit is a year.
func inward() []feed.Source {
	const year = 365 * 24 * time.Hour
	return []feed.Source{
		{
			ID: "push", Name: "Pushed signals", Kind: push.Kind, Licence: "own", Attribution: "own programs", AgeLimit: year,
			Reliability: "C", Credibility: 3, Owner: "push", TLP: "AMBER", Hazards: []event.Hazard{},
		},
		{
			ID: "field", Name: "Field reports", Kind: push.Kind, Licence: "own", Attribution: "own people", AgeLimit: year,
			Reliability: "B", Credibility: 2, Owner: "field", TLP: "AMBER", Hazards: []event.Hazard{},
		},
	}
}
