package desk

import (
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/portfolio"
)

// TestSpot: how well a project is seen for floods by the sources that should see it.
func TestSpot(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	def := feed.Source{ID: "s", Name: "Met", Every: time.Hour, AgeLimit: 2 * time.Hour, Hazards: []event.Hazard{event.Flood}}
	status := func(r StoredSource) SourceStatus { r.On = true; return statusOf(def, r, now) }
	fresh := status(StoredSource{LastContent: now.Add(-time.Hour)})
	silent := status(StoredSource{LastContent: now.Add(-3 * time.Hour)})
	behind := status(StoredSource{LastContent: now.Add(-time.Hour), Linked: 150})
	never := status(StoredSource{})
	lost := status(StoredSource{LastContent: now.Add(-time.Hour), Lost: 2})
	for _, tc := range []struct {
		name    string
		sources []SourceStatus
		reason  string
		still   int
		blind   bool
	}{
		{"none", nil, "no_source", 0, true},
		{"fresh", []SourceStatus{fresh}, "no_source", 1, false},
		{"given up documents alone", []SourceStatus{lost}, "no_source", 1, false},
		{"silent", []SourceStatus{silent}, "source_silent", 0, true},
		{"behind", []SourceStatus{behind}, "source_behind", 0, true},
		{"fresh and behind", []SourceStatus{fresh, behind}, "source_behind", 1, true},
		{"behind and silent", []SourceStatus{behind, silent}, "source_silent", 0, true},
		{"silent and behind", []SourceStatus{silent, behind}, "source_silent", 0, true},
		{"behind and never polled", []SourceStatus{behind, never}, "never_polled", 0, true},
	} {
		b, blind := spot(portfolio.Project{ID: "p"}, event.Flood, []string{"ZM"}, tc.sources)
		if b.Reason != tc.reason || b.StillSeen != tc.still || blind != tc.blind {
			t.Errorf("%s: %s, %d still see, blind %v, want %+v", tc.name, b.Reason, b.StillSeen, blind, tc)
		}
	}
}
