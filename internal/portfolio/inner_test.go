package portfolio

import (
	"strings"
	"testing"

	"watchfire.dev/internal/geo"
)

var siteSquare = geo.Area(geo.Polygon{{{Lat: -15, Lon: 40}, {Lat: -15, Lon: 41}, {Lat: -14, Lon: 41}, {Lat: -14, Lon: 40}}})

func TestInnerPoints(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"camp North camp -14.5426 40.6728; plant Crusher -14.55, 40.67": "", "": "",
		"camp -14.5 40.6":                   "not a point inside",
		"hotel North -14.5 40.6":            "not a point inside",
		"camp North north 40.6":             "not a point inside",
		"camp North 40.6 -14.5":             "latitude comes first",
		"camp North 99 40.6":                "out of range",
		"camp A -14.5 40.5; plant A -14 40": "stands twice",
	} {
		points, err := ParseInner(text)
		if err == nil {
			err = checkInner(Asset{Kind: Site, Shape: siteSquare, Inner: points})
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
		if again, _ := ParseInner(FormatInner(points)); err == nil && FormatInner(again) != FormatInner(points) {
			t.Errorf("%q became %q", text, FormatInner(again))
		}
	}
	if err := checkInner(Asset{Kind: Route, Shape: siteSquare, Inner: []Inner{{Camp, "A", geo.Point{}}}}); err == nil {
		t.Error("a route has a camp inside")
	}
}

func TestWhomASupplierServes(t *testing.T) {
	t.Parallel()
	project := func(code string) Edit {
		return Edit{Project: &Project{Code: code, Name: code, Country: "MZ", Zone: "UTC"}}
	}
	supplier := func(kind Kind, serves ...string) Edit {
		return Edit{ProjectCode: "a", Asset: &Asset{Kind: kind, Code: "cement", Name: "Cement", Country: "MZ", Serves: serves}}
	}
	p, _, problems := Apply(Portfolio{Org: "org"}, []Edit{supplier(Supplier, "c", "b"), project("a"), project("b"), project("c")})
	if len(problems) > 0 || len(p.Assets[0].Serves) != 2 || len(Check(p)) > 0 {
		t.Fatalf("%v %v %v", problems, p.Assets, Check(p))
	}
	if again, changes, problems := Apply(p, []Edit{supplier(Supplier, "b", "c")}); len(changes)+len(problems) > 0 || again.Version != p.Version {
		t.Errorf("the same again: %v %v", changes, problems)
	}
	for name, c := range map[string]struct {
		edits []Edit
		want  string
	}{
		"itself":            {[]Edit{supplier(Supplier, "a")}, "own project"},
		"nobody":            {[]Edit{supplier(Supplier, "z")}, "no project"},
		"no supplier":       {[]Edit{supplier(Counterparty, "b")}, "only a supplier"},
		"a project removed": {[]Edit{{Project: &Project{Code: "b"}, Remove: true}}, "still has 1"},
	} {
		_, _, problems := Apply(p, c.edits)
		if len(problems) != 1 || !strings.Contains(problems[0].Message, c.want) {
			t.Errorf("%s: %v, want %q", name, problems, c.want)
		}
	}
	if _, _, problems := Apply(p, []Edit{{Project: &Project{Code: "b"}, Remove: true}, supplier(Supplier, "c")}); len(problems) > 0 {
		t.Errorf("removed with the link: %v", problems)
	}
}
