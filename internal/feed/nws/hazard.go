package nws

import (
	_ "embed"
	"strings"
	"sync"

	"watchfire.dev/internal/event"
)

// hazardsTSV maps the event names of the service (api.weather.gov/alerts/types) to hazards;
// the lines that begin with "~" are words looked for in names that are not on the list.
//
//go:embed hazards.tsv
var hazardsTSV string

type hazardTable struct {
	names map[string]event.Hazard
	words []struct {
		word   string
		hazard event.Hazard
	}
}

var hazards = sync.OnceValue(func() hazardTable {
	t := hazardTable{names: make(map[string]event.Hazard)}
	for line := range strings.Lines(hazardsTSV) {
		name, hazard, ok := strings.Cut(strings.TrimSpace(line), "\t")
		switch word, isWord := strings.CutPrefix(name, "~"); {
		case !ok:
		case isWord:
			t.words = append(t.words, struct {
				word   string
				hazard event.Hazard
			}{" " + word + " ", event.Hazard(hazard)})
		default:
			t.names[name] = event.Hazard(hazard)
		}
	}
	return t
})

func hazardOf(name string) event.Hazard {
	folded := strings.Join(strings.Fields(strings.ToLower(name)), " ")
	t := hazards()
	if h, ok := t.names[folded]; ok {
		return h
	}
	for _, w := range t.words {
		if strings.Contains(" "+folded+" ", w.word) {
			return w.hazard
		}
	}
	return event.Other
}
