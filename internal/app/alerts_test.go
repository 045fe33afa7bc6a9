package app

import (
	"testing"

	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

func TestNobodysPlaceIsPublished(t *testing.T) {
	t.Parallel()
	p := portfolio.Portfolio{Assets: []portfolio.Asset{
		{ID: "site", Kind: portfolio.Site, Name: "Camp", Shape: geo.At(30, 67, 0)},
		{ID: "team", Kind: portfolio.Person, Name: "Survey team", Shape: geo.At(30.5, 67.5, 0)},
	}}
	w := warning.Warning{Rows: []exposure.Exposure{
		{Asset: "team", Kind: portfolio.Person, Name: "Survey team"}, {Asset: "site", Kind: portfolio.Site, Name: "Camp"},
	}}
	areas := areasOf(w, p.Index())
	if len(areas) != 1 || areas[0].Desc != "Camp" {
		t.Errorf("areas %+v, want the camp alone", areas)
	}
}

func TestOnlyWhatIsLabelledClearIsPublic(t *testing.T) {
	t.Parallel()
	for label, want := range map[string]bool{"CLEAR": true, "clear": true, "": false, "GREEN": false, "AMBER": false, "RED": false} {
		if got := public(warning.Warning{TLP: label}); got != want {
			t.Errorf("TLP %q: public %v, want %v", label, got, want)
		}
	}
}
