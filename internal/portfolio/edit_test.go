package portfolio

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
)

func port() Edit {
	return Edit{Project: &Project{Code: "port", Name: "Port", Country: "mz", Zone: "Africa/Maputo"}}
}

func gate() Edit {
	return Edit{ProjectCode: "port", Asset: &Asset{
		Kind: Site, Code: "gate", Name: " Gate ", Country: "MZ", Shape: geo.At(-14.5, 40.6, 0), Tags: []string{"b", "a", "b"},
		Radii:  []Radius{{Hazard: event.Cyclone, KM: 300}, {Hazard: event.Earthquake, KM: 150}},
		Shifts: []Shift{{Name: "day", From: 360, To: 1080, Count: 12}},
	}}
}

func ana() Edit {
	return Edit{ProjectCode: "port", Contact: &Contact{
		Code: "ana", Name: "Ana", Step: 1, Language: "pt-mz", Zone: "Africa/Maputo",
		Channels: []Address{{Channel: "email", Address: "ana@example.org"}},
	}}
}

func apply(t *testing.T, base Portfolio, edits ...Edit) (Portfolio, []Change) {
	t.Helper()
	p, changes, problems := Apply(base, edits)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p, changes
}

func TestApplyCreatesThenChangesNothing(t *testing.T) {
	t.Parallel()
	base := Portfolio{Org: "o", Version: 7}
	p, changes := apply(t, base, ana(), gate(), port()) // the order of edits does not matter
	if p.Version != 8 || len(changes) != 3 || changes[0].Thing != "project" || changes[1].Code != "port/gate" {
		t.Errorf("version %d, changes %v", p.Version, changes)
	}
	if problems := Check(p); len(problems) > 0 {
		t.Errorf("unsound: %v", problems)
	}
	a := p.Assets[0]
	if a.ID != AssetID("o", "port", "gate") || a.Project != ProjectID("o", "port") || a.Name != "Gate" || a.Radii[0].Hazard != event.Earthquake {
		t.Errorf("asset %+v", a)
	}
	if !slices.Equal(a.Tags, []string{"a", "b"}) || p.Contacts[0].Language != "pt-MZ" || p.Projects[0].Country != "MZ" {
		t.Errorf("not normal: %+v", p)
	}
	again, changes := apply(t, p, port(), gate(), ana())
	if len(changes) > 0 || again.Version != 8 || !cmp.Equal(p, again) {
		t.Errorf("the second time changed %v", changes)
	}
}

func TestApplyKeepsIDsThatTheBaseHas(t *testing.T) {
	t.Parallel()
	base := Portfolio{Org: "o", Projects: []Project{{ID: "prj_own", Code: "port", Name: "Old", Country: "MZ", Zone: "UTC"}}}
	p, changes := apply(t, base, port(), gate())
	if p.Projects[0].ID != "prj_own" || p.Assets[0].Project != "prj_own" || changes[0].Kind != Changed {
		t.Errorf("got %+v, %v", p, changes)
	}
}

func TestDiffInverseAndRestore(t *testing.T) {
	t.Parallel()
	one, created := apply(t, Portfolio{Org: "o"}, port(), gate(), ana())
	moved := gate()
	moved.Asset.Shape = geo.At(-14.6, 40.6, 2)
	two, changed := apply(t, one, moved)
	want := []Change{{Changed, "asset", AssetID("o", "port", "gate"), "port/gate", []FieldChange{
		{"geometry", "POINT (40.6 -14.5)", "POINT (40.6 -14.6)", ""}, {"radius_km", "", "2", ""},
	}}}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Error(diff)
	}
	three := Restore(two, one)
	if three.Version != 3 || len(Diff(one, three)) > 0 {
		t.Errorf("restored version %d differs by %v", three.Version, Diff(one, three))
	}
	if diff := cmp.Diff(Diff(two, three), Inverse(changed)); diff != "" {
		t.Errorf("the inverse of a change is not the change back:\n%s", diff)
	}
	inverse := Inverse(created)
	slices.Reverse(inverse)
	if diff := cmp.Diff(Diff(one, Portfolio{Org: "o"}.Normal()), inverse); diff != "" {
		t.Errorf("the inverse of creation is not removal:\n%s", diff)
	}
	_, removed := apply(t, one, Edit{Remove: true, ProjectCode: "port", Asset: gate().Asset})
	if len(removed) != 1 || removed[0].Kind != Removed || removed[0].Fields[0] != (FieldChange{Field: "thing", Old: "site"}) {
		t.Errorf("removed %v", removed)
	}
}

func TestApplyTakesAllOrNothing(t *testing.T) {
	t.Parallel()
	base, _ := apply(t, Portfolio{Org: "o"}, port(), gate(), ana())
	bad := gate()
	bad.Asset.Code, bad.Asset.Country = "crane", "ZZ"
	bad.Where = Where{Sheet: "assets", Row: 9}
	good := ana()
	good.Contact.Name = "Another"
	p, changes, problems := Apply(base, []Edit{good, bad})
	if len(problems) != 1 || problems[0].String() != `sheet assets, row 9, country: "ZZ" is not a country: write ISO 3166-1 alpha-2 as in "PK"` {
		t.Errorf("problems %v", problems)
	}
	if len(changes) > 0 || !cmp.Equal(base, p) {
		t.Error("a refused change left a trace")
	}
}

func TestDiffAbridgesLongDrawings(t *testing.T) {
	t.Parallel()
	var points []geo.Point
	for i := range 1000 {
		points = append(points, geo.Point{Lat: float64(i) / 100, Lon: 1})
	}
	route := Edit{ProjectCode: "port", Asset: &Asset{Kind: Route, Code: "road", Name: "Road", Country: "MZ", Shape: geo.Line(points, 0)}}
	p, _ := apply(t, Portfolio{Org: "o"}, port(), route)
	points = slices.Clone(points)
	points[999].Lat = 77 // far behind the part that is kept
	route.Asset.Shape = geo.Line(points, 0)
	_, changes := apply(t, p, route)
	if len(changes) != 1 || len(changes[0].Fields) != 1 {
		t.Fatalf("changes %v", changes)
	}
	f := changes[0].Fields[0]
	if f.Old == f.New || len(f.New) > 600 || !strings.Contains(f.New, "sha256") {
		t.Errorf("old %s\nnew %s", f.Old, f.New)
	}
}

func TestCheckTiesThingsTogether(t *testing.T) {
	t.Parallel()
	p, _ := apply(t, Portfolio{Org: "o"}, port(), gate(), ana())
	lost := p.Assets[0]
	lost.ID, lost.Project = "ast_2", "prj_none"
	twin := p.Assets[0]
	twin.Code = "GATE"
	p.Assets = append(p.Assets, lost, twin)
	p.Contacts[0].Project = "prj_none"
	var got []string
	for _, x := range Check(p) {
		got = append(got, x.String())
	}
	want := []string{
		`asset /gate, sheet assets, project: "prj_none" is no project of this portfolio`,
		fmt.Sprintf(`asset port/GATE, sheet assets, id: id %q is empty or stands twice`, twin.ID),
		`asset port/GATE, sheet assets, code: "GATE" stands twice (also as "gate")`,
		`contact ana, sheet contacts, project: "prj_none" is no project of this portfolio`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	everywhere := Edit{Contact: &Contact{Code: "duty", Name: "Duty", Step: 2, Language: "en", Zone: "UTC", Channels: ana().Contact.Channels}}
	own := gate()
	own.Asset.Code, own.Asset.Zone = "abroad", "Asia/Shanghai"
	p, _ := apply(t, Portfolio{Org: "o"}, port(), gate(), own, ana(), everywhere)
	x := p.Index()
	project, ok := x.ProjectByCode("port")
	if !ok || len(x.AssetsOf(project.ID)) != 2 {
		t.Fatalf("project %v, assets %v", project, x.AssetsOf(project.ID))
	}
	for code, zone := range map[string]string{"gate": "Africa/Maputo", "abroad": "Asia/Shanghai"} {
		a, ok := x.AssetByCode(project.ID, code)
		where, err := x.Location(a)
		if byID, _ := x.Asset(a.ID); !ok || err != nil || where.String() != zone || byID.Code != code {
			t.Errorf("%s: %v in %v, %v", code, a, where, err)
		}
	}
	if c := x.ContactsFor(project.ID); len(c) != 2 || c[0].Code != "ana" || c[1].Code != "duty" {
		t.Errorf("contacts %v", c)
	}
	if c := x.ContactsFor("another"); len(c) != 1 || c[0].Code != "duty" {
		t.Errorf("contacts of another project %v", c)
	}
	if _, ok := x.Contact("none"); ok {
		t.Error("found what is not there")
	}
	if _, err := x.Location(Asset{}); err == nil {
		t.Error("an asset without project has a zone")
	}
}

func TestEffectiveVulnerability(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		asset Asset
		want  float64
	}{
		{Asset{}, 1},
		{Asset{Class: "masonry"}, 1.8},
		{Asset{Class: "masonry", Vulnerability: 0.4}, 0.4},
		{Asset{Class: "never heard of"}, 1},
		{Asset{Vulnerability: 9}, 3},
		{Asset{Vulnerability: 0.01}, 0.3},
	} {
		if got := EffectiveVulnerability(c.asset); got != c.want {
			t.Errorf("%+v: %g, want %g", c.asset, got, c.want)
		}
	}
	for _, c := range Classes() {
		if c.Vulnerability < MinVulnerability || c.Vulnerability > MaxVulnerability {
			t.Errorf("class %s has %g", c.Name, c.Vulnerability)
		}
	}
}

func TestHeadCountByShift(t *testing.T) {
	t.Parallel()
	shifts, err := ParseShifts("day 06:00-18:00 120; night 18:00-06:00 40; guards 5")
	if err != nil {
		t.Fatal(err)
	}
	a := Asset{Shifts: shifts}
	for hour, want := range map[int]int{0: 45, 5: 45, 6: 125, 17: 125, 18: 45} {
		if got := a.HeadCount(time.Date(2026, 5, 1, hour, 0, 0, 0, time.UTC), time.UTC); got != want {
			t.Errorf("at %d h %d people, want %d", hour, got, want)
		}
	}
}
