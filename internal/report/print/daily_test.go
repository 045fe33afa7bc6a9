package print

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/report"
)

// TestDailyBriefIsOnePage in every language, however much is open: what has no room is counted.
func TestDailyBriefIsOnePage(t *testing.T) {
	t.Parallel()
	browser(t)
	words, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join("..", "testdata", "form0", "daily.snapshot.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range report.Languages() {
		s, err := report.ReadSnapshot(raw)
		if err != nil {
			t.Fatal(err)
		}
		s.Lang, s.Form, s.Lacking = lang, report.Form, []string{"calendar"}
		const clash = "Armed clash reported by two sources near the northern quarry road"
		for i := range 12 {
			at := s.AsOf.Add(time.Duration(i+1) * time.Hour)
			s.Warnings = append(s.Warnings, report.Warning{ID: fmt.Sprint("w", i), Level: 2, Headline: clash, Project: s.Name, Since: s.AsOf, ETA: at, Family: "conflict"})
			s.Planned = append(s.Planned, report.Planned{At: at, Kind: "arrival", Text: clash})
			s.Routes = append(s.Routes, report.Route{Code: fmt.Sprint("r", i), Name: "Isiolo to Moyale, access", Level: 2, Parts: []report.Stretch{{From: 1, To: 2}, {From: 30, To: 41}}, Warning: clash})
			s.Unseen = append(s.Unseen, report.Unseen{Reason: "source_silent", Text: fmt.Sprint("River gauge, Bridge ", i), Project: s.Name, Since: s.AsOf})
			s.Advice = append(s.Advice, report.Advice{Text: "Move people away from the northern quarry road before dusk", Why: clash, Rank: i, Evidence: "wrn_1"})
		}
		if _, err := s.Canonical(); err != nil {
			t.Fatal(err)
		}
		d, err := report.Compose(s, words, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, pages, err := (Printer{}).PDF(context.Background(), d.HTML()); err != nil || pages != 1 || d.Page.Limit != 1 {
			t.Errorf("%s: %d pages (%v)", lang, pages, err)
		}
	}
}
