package rule

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/watch"
)

var at = time.Date(2026, 3, 4, 22, 30, 0, 0, time.UTC) // a Wednesday; 03:30 on Thursday in Karachi

func quake() (event.Event, exposure.Exposure, portfolio.Asset) {
	elevation := 12.5
	e := event.Event{
		ID: "evt_1", Hazard: event.Earthquake, State: event.Ongoing, Title: "M 6.1 earthquake near Quetta", Severity: "Severe",
		Certain: "Observed", Urgency: "Immediate", Updated: at, Occurred: at.Add(-90 * time.Minute),
		Measures: event.Measures{{Name: "magnitude", Value: 6.1}, {Name: "depth", Value: 10, Unit: "km"}, {Name: "magnitude", Value: 5}},
		Shapes:   []event.Footprint{{Shape: geo.At(30.2, 67.0, 5), Role: event.Centre}},
		Reports: []event.Standing{
			{Key: "b", Signal: "s2", Stand: event.Live, Source: "usgs", Grade: event.Grade{Reliability: "A", Credibility: 1}, Instrument: true},
			{Key: "a", Signal: "s1", Stand: event.Live, Source: "gdacs", Grade: event.Grade{Reliability: "B", Credibility: 2}},
			{Key: "c", Signal: "s3", Stand: event.Revoked, Source: "rumour", News: true},
		},
	}
	x := exposure.Exposure{
		Event: "evt_1", Hazard: event.Earthquake, Project: "prj_1", Asset: "ast_1", How: exposure.Distance, DistanceKM: 42,
		Intensity: exposure.Intensity{Value: 6.4, Unit: "MMI"}, Persons: 120, ETA: at.Add(3 * time.Hour),
		PEvent: 0.95, P: level.P{1, 0.9, 0.6, 0.2, 0.01}, Level: level.Orange,
	}
	a := portfolio.Asset{
		ID: "ast_1", Project: "prj_1", Kind: portfolio.Site, Code: "camp-2", Name: "Camp 2", Country: "PK", Admin1: "PK-BA",
		Shape: geo.At(30.1, 66.9, 0), Class: "container", ElevationM: &elevation, Tags: []string{"camp", "crane"},
	}
	return e, x, a
}

func row(when string) Row { return Row{ID: "r", Name: "R", When: when, Then: Raise, Mode: On} }

func rater(t testing.TB, rows ...Row) *Rater {
	t.Helper()
	var vs []watch.RuleVersion
	for _, r := range rows {
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		vs = append(vs, watch.RuleVersion{ID: r.ID, Version: 1, Body: body})
	}
	r, err := newRater(vs)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestConditions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		when string
		want string // true, false or a part of the error
	}{
		{`event.hazard == "earthquake" && event.family == "earthquake"`, "true"},
		{`event.title.matches("(?i)QUETTA") && event.title.contains("6.1")`, "true"},
		{`event.title.matches(r"(?i)\bquetta\b")`, "true"},
		{`event.magnitude > 6 && event.depth < 20`, "true"},
		{`event.magnitude == 6.1 && event.measures["magnitude"] == 6.1`, "true"},
		{`"wind" in event.measures`, "false"},
		{`event.measures["wind"] > 30`, "no measure of that name"},
		{`"wind" in event.measures && event.measures["wind"] > 30`, "false"},
		{`event.severity == "Severe" && event.certainty == "Observed" && event.urgency == "Immediate"`, "true"},
		{`event.sources == ["gdacs", "usgs"] && event.grades == ["B2", "A1"] && event.grade == "A1"`, "true"},
		{`event.sources.exists(s, s == "usgs") && "usgs" in event.sources && size(event.sources) == 2`, "true"},
		{`event.instrument && !event.news`, "true"},
		{`event.age_hours == 1.5`, "true"},
		{`event.id == "evt_1" && exposure.asset == asset.id && exposure.project == "prj_1"`, "true"},
		{`exposure.how == "distance" && exposure.distance_km < 50 && exposure.unit == "MMI" && exposure.intensity > 6`, "true"},
		{`exposure.persons == 120 && asset.persons >= 100 && exposure.eta_hours == 3.0`, "true"},
		{`exposure.p1 > exposure.p2 && exposure.p2 > exposure.p3 && exposure.p3 > exposure.p4 && exposure.p_event > 0.9`, "true"},
		{`exposure.level >= orange && exposure.level < red && exposure.level_name == "orange" && yellow > green`, "true"},
		{`exposure.observed == 0 && exposure.country == "PK"`, "true"},
		{`asset.kind == "site" && asset.code == "camp-2" && asset.name == "Camp 2" && asset.country == "PK" && asset.admin1 == "PK-BA"`, "true"},
		{`asset.class == "container" && asset.elevation_m > 10 && !has(asset.coast_km)`, "true"},
		{`asset.coast_km < 5`, "asset.coast_km is not known"},
		{`asset.coast_km < 5 || asset.code == "camp-2"`, "true"},
		{`asset.coast_km < 5 && asset.code == "other"`, "false"},
		{`"crane" in asset.tags && tagged("camp") && !asset.tagged("port")`, "true"},
		{`hour("Asia/Karachi") == 3 && weekday("Asia/Karachi") == 4 && event.hour("UTC") == 22 && event.weekday("UTC") == 3`, "true"},
		{`hour(asset.zone) > 1`, "asset.zone is not known"},
		{`hour(asset.country) > 1`, "not a time zone"},
		{`within(30, 67, 25) && asset.within(30.1, 66.9, 0) && !within(-30, 67, 25) && event.within(30.2, 67.0, 1)`, "true"},
		{`double(asset.persons) / 2.0 == 60.0 && 7 / 2 == 3`, "true"},
		{`asset.persons / (asset.persons - 120) > 1`, "division by zero"},
		{`event.title.size() > 5 ? true : false`, "true"},
		{`["PK", "AF"].exists_one(c, c == asset.country) && ["a"].all(x, x != "")`, "true"},
	}
	for _, tt := range tests {
		t.Run(tt.when, func(t *testing.T) {
			t.Parallel()
			r := rater(t, row(tt.when))
			effect, suppress, would := r.Rate(quake())
			got := fmt.Sprint(effect.Delta == 1)
			for _, f := range r.Errors() {
				got = f.Last
			}
			if !strings.Contains(got, tt.want) || suppress || would != nil {
				t.Errorf("got %s (suppress %v, would %v), want %s", got, suppress, would, tt.want)
			}
		})
	}
}

func TestMistakesAreNamedWithTheirPlace(t *testing.T) {
	t.Parallel()
	tests := []struct {
		when   string
		line   int
		column int
		want   string
	}{
		{``, 1, 1, "something more is needed"},
		{`exposure.level >`, 1, 17, "ends here"},
		{"event.news &&\n  exposure.levle > 2", 2, 11, "did you mean exposure.level"},
		{`event.hazard = "flood"`, 1, 14, `write "=="`},
		{`event.news and event.instrument`, 1, 12, `write "&&"`},
		{`magnitude > 5`, 1, 1, "write event.magnitude"},
		{`foo > 5`, 1, 1, "there are event, exposure"},
		{`now() > 5`, 1, 4, "hour("},
		{`event.hazard > 5`, 1, 14, "cannot be applied to a text and a whole number"},
		{`event.magnitude == 5`, 1, 17, "write 5.0"},
		{`event.hazard == "flood`, 1, 17, "no closing quote"},
		{`(event.news`, 1, 12, "is missing"},
		{`exposure.level`, 1, 1, "must say true or false"},
		{`event.title.matches("(")`, 1, 21, "regular expression"},
		{`event.title.matches("\bdrill")`, 1, 21, "write r before"},
		{`event.title.matches("\d")`, 1, 21, "write r before"},
		{`event.title.matches(asset.name)`, 1, 26, "between quotes"},
		{`event.title.matches("(a{100}){9}")`, 1, 21, "too large"},
		{`event.measures.exists(k, k == "wind")`, 1, 6, "lists only"},
		{`{"a": 1}.all(k, k == "a")`, 1, 1, "lists only"},
		{`hour("Mars/Base") > 3`, 1, 6, "not a time zone"},
		{`hour("Local") > 3`, 1, 6, "not a time zone"},
		{`within(91, 0, 5)`, 1, 7, "latitude"},
		{`watchfire.event{} == event`, 1, 16, "cannot make"},
		{`[1, "a"] == [1, "a"]`, 1, 5, ""},
		{`timestamp("2020-01-01T00:00:00Z").getHours("Local") > 1`, 1, 10, "hour("},
		{`type(event) == event`, 1, 5, "nothing is called"},
	}
	for _, tt := range tests {
		t.Run(tt.when, func(t *testing.T) {
			t.Parallel()
			_, err := Compile(row(tt.when))
			var ps Problems
			if !errors.As(err, &ps) || !errors.Is(err, fault.ErrInvalid) {
				t.Fatalf("got %v, want problems", err)
			}
			p := ps[0]
			if p.Line != tt.line || p.Column != tt.column || p.Rule != "r" || p.Field != "when" || !strings.Contains(p.Message, tt.want) {
				t.Errorf("got %v, want %d:%d … %s", p, tt.line, tt.column, tt.want)
			}
		})
	}
}

func TestFieldsOfARow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(*Row)
		field string
	}{
		{"no id", func(r *Row) { r.ID = "" }, "id"},
		{"id with space", func(r *Row) { r.ID = "a b" }, "id"},
		{"name with line break", func(r *Row) { r.Name = "a\nb" }, "name"},
		{"unknown deed", func(r *Row) { r.Then = "delete" }, "then"},
		{"route to nobody", func(r *Row) { r.Then = Route }, "to"},
		{"raise with contact", func(r *Row) { r.To = "duty" }, "to"},
		{"unknown mode", func(r *Row) { r.Mode = "live" }, "mode"},
		{"long condition", func(r *Row) { r.When = strings.Repeat("true && ", 600) + "true" }, "when"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := row("true")
			tt.spoil(&r)
			_, err := Compile(r)
			var ps Problems
			if !errors.As(err, &ps) || len(ps) != 1 || ps[0].Field != tt.field {
				t.Errorf("got %v, want one problem of %s", err, tt.field)
			}
		})
	}
}

func TestEffectsOfSeveralRules(t *testing.T) {
	t.Parallel()
	rule := func(id string, then Then, to string, mode Mode, when string) Row {
		return Row{ID: id, When: when, Then: then, To: to, Mode: mode}
	}
	tests := []struct {
		name  string
		rules []Row
		want  string
	}{
		{"none", nil, "0 [] [] false []"},
		{"off", []Row{rule("a", Suppress, "", Off, "true")}, "0 [] [] false []"},
		{"shadow never acts", []Row{rule("a", Suppress, "", Shadow, "true"), rule("b", Raise, "", Shadow, "true")}, "0 [] [] false [a b]"},
		{"two that raise count once", []Row{rule("b", Raise, "", On, "true"), rule("a", Raise, "", On, "true")}, "1 [] [a b] false []"},
		{"raising wins", []Row{rule("a", Lower, "", On, "true"), rule("b", Raise, "", On, "true"), rule("c", Lower, "", On, "true")}, "1 [] [a b c] false []"},
		{"lower", []Row{rule("a", Lower, "", On, "true")}, "-1 [] [a] false []"},
		{"routes are sorted and once", []Row{
			rule("a", Route, "z", On, "true"), rule("b", Route, "b", On, "true"), rule("c", Route, "z", On, "true"),
		}, "0 [b z] [a b c] false []"},
		{"suppress", []Row{rule("a", Suppress, "", On, "true"), rule("b", Suppress, "", On, "false")}, "0 [] [a] true []"},
		{"an error never suppresses", []Row{rule("a", Suppress, "", On, "asset.coast_km < 1000")}, "0 [] [] false []"},
		{"an error does not stop others", []Row{rule("a", Suppress, "", On, "asset.coast_km < 1000"), rule("b", Raise, "", On, "true")}, "1 [] [b] false []"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			effect, suppress, would := rater(t, tt.rules...).Rate(quake())
			got := fmt.Sprint(effect.Delta, effect.Route, effect.Rules, suppress, would)
			if got = strings.ReplaceAll(got, "<nil>", "[]"); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestBrokenRulesAreKeptAndReported(t *testing.T) {
	t.Parallel()
	r, err := newRater([]watch.RuleVersion{
		{ID: "z", Body: []byte(`{"when":"gone.field > 1","then":"suppress","mode":"on"}`)},
		{ID: "y", Body: []byte(`{"when":"true","then":"suppress","mode":"on","unless":"x"}`)},
		{ID: "x", Body: []byte(`{"when":"true","then":"suppress","mode":"on"} {}`)},
		{ID: "b", Body: []byte(`{"when":"true","then":"raise","mode":"on"}`)},
		{ID: "a", Body: []byte(`not json`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	effect, suppress, _ := r.Rate(quake())
	if suppress || effect.Delta != 1 || !slices.Equal(effect.Rules, []string{"b"}) {
		t.Errorf("got %+v, suppress %v: only b works", effect, suppress)
	}
	var ids []string
	for _, f := range r.Errors() {
		if !f.Broken || f.Last == "" {
			t.Errorf("%+v is not reported as broken", f)
		}
		ids = append(ids, f.Rule)
	}
	if got := strings.Join(ids, " "); got != "a x y z" {
		t.Errorf("broken: %s", got)
	}
}

func TestErrorsAreCounted(t *testing.T) {
	t.Parallel()
	r := rater(t, row("asset.coast_km < 5"))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				r.Rate(quake())
			}
		})
	}
	wg.Wait()
	if f := r.Errors(); len(f) != 1 || f[0].Count != 400 || f[0].Broken {
		t.Errorf("got %+v, want 400 errors", f)
	}
}

func TestTooManyRules(t *testing.T) {
	t.Parallel()
	var vs []watch.RuleVersion
	for i := range MaxRules + 1 {
		vs = append(vs, watch.RuleVersion{ID: fmt.Sprint("r", i), Body: []byte(`{"when":"true","then":"raise","mode":"on"}`)})
	}
	if _, err := Set(vs); !errors.Is(err, fault.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

// Every field and function is explained, so that nobody has to read the source.
func TestTheManualNamesEveryField(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nouns() {
		for _, f := range n.fields {
			if !strings.Contains(string(manual), "`"+n.name+"."+f.name+"`") {
				t.Errorf("docs/rules.md does not name %s.%s", n.name, f.name)
			}
		}
	}
}
