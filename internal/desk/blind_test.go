package desk

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/portfolio"
)

// The instant of all cases.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func reading(id string, hazards []event.Hazard, countries ...string) SourceStatus {
	return SourceStatus{
		ID: id, Name: id, URL: "https://" + id + ".example", On: true, Every: time.Minute, AgeLimit: time.Hour,
		LastContent: noon.Add(-time.Minute), Hazards: hazards, Countries: countries,
	}
}

func silent(s SourceStatus) SourceStatus {
	s.LastContent = noon.Add(-2 * time.Hour)
	s.BlindSince = noon.Add(-time.Hour)
	return s
}

// world is two projects in two countries.
func world() portfolio.Portfolio {
	return portfolio.Portfolio{
		Projects: []portfolio.Project{{ID: "dam", Name: "Dam", Country: "ZM"}, {ID: "rail", Name: "Rail", Country: "PK"}},
		Assets:   []portfolio.Asset{{ID: "camp", Project: "rail", Country: "AF"}},
	}
}

// TestBlindSpots says for each state of the sources which silence is not safety. Families
// that a case does not speak of are seen by a source of their own.
func TestBlindSpots(t *testing.T) {
	t.Parallel()
	quake, flood := []event.Hazard{event.Earthquake}, []event.Hazard{event.Flood}
	for _, c := range []struct {
		name    string
		family  event.Hazard
		sources []SourceStatus
		want    []string // project/reason/still seen by
	}{
		{"a live source sees every project", event.Earthquake, []SourceStatus{reading("usgs", quake)}, nil},
		{"no source at all is said once", event.Earthquake, nil, []string{"/no_source/0"}},
		{"a source that is off sees nothing", event.Earthquake, []SourceStatus{{Name: "off", Hazards: quake}}, []string{"/no_source/0"}},
		{"a silent source blinds every project", event.Earthquake, []SourceStatus{silent(reading("usgs", quake))}, []string{"dam/source_silent/0", "rail/source_silent/0"}},
		{"one of two silent weakens", event.Earthquake, []SourceStatus{silent(reading("usgs", quake)), reading("emsc", quake)}, []string{"dam/source_silent/1", "rail/source_silent/1"}},
		{"a national source covers its country alone", event.Flood, []SourceStatus{reading("met", flood, "ZM")}, []string{"rail/no_source/0"}},
		{"an asset abroad brings its country's source", event.Flood, []SourceStatus{reading("zm", flood, "ZM"), reading("af", flood, "AF")}, nil},
		{"a source not heard of yet is not sight", event.Earthquake, []SourceStatus{{Name: "new", On: true, Hazards: quake}}, []string{"dam/never_polled/0", "rail/never_polled/0"}},
		{"a new source beside a live one is no alarm", event.Earthquake, []SourceStatus{{Name: "new", On: true, Hazards: quake}, reading("usgs", quake)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, b := range blindSpots(world(), append(c.sources, others(c.family)...)) {
				got = append(got, b.Project.ID+"/"+b.Reason+"/"+string(rune('0'+b.StillSeen)))
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// others is a source that sees everything but one family.
func others(but event.Hazard) []SourceStatus {
	var rest []event.Hazard
	for _, h := range watched() {
		if h != but {
			rest = append(rest, h)
		}
	}
	return []SourceStatus{reading("rest", rest)}
}

// TestBlindFirst: what went blind stands before what was never seen, weakened sight last.
func TestBlindFirst(t *testing.T) {
	t.Parallel()
	sources := []SourceStatus{
		reading("a", []event.Hazard{event.Earthquake}), silent(reading("b", []event.Hazard{event.Earthquake})),
		silent(reading("c", []event.Hazard{event.Volcano})),
	}
	spots := blindSpots(world(), sources)
	if first := spots[0]; first.Family != event.Volcano || first.Reason != "source_silent" {
		t.Errorf("first is %s %s", first.Family, first.Reason)
	}
	if last := spots[len(spots)-1]; last.Family != event.Earthquake || last.StillSeen != 1 {
		t.Errorf("last is %s, seen by %d", last.Family, last.StillSeen)
	}
}

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
