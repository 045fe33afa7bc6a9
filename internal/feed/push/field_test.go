package push

import (
	"errors"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
)

func form() Form {
	return Form{
		Project: "prj_1", Hazard: event.Unrest, What: "Gate blocked by a crowd. About 200 people.\nNo injuries.", Severity: "Moderate",
		Place: &geo.Point{Lat: 30.2, Lon: 67}, Language: "en", Now: time.Date(2026, 3, 2, 4, 59, 0, 0, time.UTC),
		Zone: time.FixedZone("PKT", 5*3600),
	}
}

func TestFieldReportGoesThroughTheSameDoor(t *testing.T) {
	t.Parallel()
	f := form()
	f.Help, f.When = true, "2026-03-02T09:30"
	s, err := FieldReport(f)
	if err != nil {
		t.Fatal(err)
	}
	body, err := Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	res, err := Parse(input(string(body)))
	if err != nil || len(res.Signals) != 1 {
		t.Fatalf("%v %+v\n%s", err, res.Quarantined, body)
	}
	got := res.Signals[0]
	if !got.Occurred.Equal(time.Date(2026, 3, 2, 4, 30, 0, 0, time.UTC)) || got.Urgency != "Immediate" || got.Notes[0] != HelpNeeded {
		t.Errorf("%+v", got)
	}
	if got.Texts[0].Headline != "Gate blocked by a crowd" || got.Key != "push:partner:"+s.Key || got.Version != s.Version {
		t.Errorf("%+v", got)
	}
	if got.Footprints[0].Role != event.Centre || got.Footprints[0].Shape.Points[0].Lat != 30.2 {
		t.Errorf("%+v", got.Footprints)
	}
}

func TestFieldReportTwiceIsOne(t *testing.T) {
	t.Parallel()
	f := form()
	a, err1 := FieldReport(f)
	f.Now = f.Now.Add(20 * time.Second)
	b, err2 := FieldReport(f)
	if err1 != nil || err2 != nil || a.Key != b.Key || a.Version != b.Version {
		t.Errorf("%v %v %s %s", err1, err2, a.Key, b.Key)
	}
	f.Help = true
	if c, _ := FieldReport(f); c.Key != a.Key || c.Version == a.Version {
		t.Error("a call for help is not a new revision")
	}
}

func TestFieldReportOfAnAsset(t *testing.T) {
	t.Parallel()
	f := form()
	f.Place, f.Asset, f.AssetName = nil, "ast_1", "Camp <b>4</b>"
	f.Shape = geo.Area(geo.Polygon{{{Lat: 1, Lon: 1}, {Lat: 1, Lon: 2}, {Lat: 2, Lon: 2}}})
	s, err := FieldReport(f)
	if err != nil || s.Footprints[0].Role != event.Affected || s.Places[0].Name != "Camp 4" || s.Places[0].Country != "" {
		t.Errorf("%v %+v", err, s)
	}
}

func TestFieldReportRefuses(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*Form){
		"hazard":   func(f *Form) { f.Hazard = "" },
		"what":     func(f *Form) { f.What = " \u200b\n" },
		"severity": func(f *Form) { f.Severity = "bad" },
		"place":    func(f *Form) { f.Place = &geo.Point{Lat: 91} },
		"place: ":  func(f *Form) { f.Place = nil },
		"when":     func(f *Form) { f.When = "2026-03-03T09:30" },
		"when: ":   func(f *Form) { f.When = "yesterday" },
	} {
		f := form()
		change(&f)
		if _, err := FieldReport(f); !errors.Is(err, fault.ErrInvalid) || !strings.HasPrefix(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
