package catalogue_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/catalogue"
)

func find(t *testing.T, list []feed.Source, id string) feed.Source {
	t.Helper()
	i := slices.IndexFunc(list, func(s feed.Source) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("no source %s", id)
	}
	return list[i]
}

func TestBuiltInSources(t *testing.T) {
	t.Parallel()
	list, err := catalogue.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	on := 0
	for _, s := range list {
		if s.On() {
			on++
		}
		if s.Unverified && s.On() {
			t.Errorf("%s: unverified and on", s.ID)
		}
		if s.Org != "" || s.TLP != "CLEAR" {
			t.Errorf("%s: a public source with org %q, TLP %q", s.ID, s.Org, s.TLP)
		}
		if len(s.Hazards) == 0 && !s.News {
			t.Errorf("%s: sees no hazard", s.ID)
		}
		if strings.Contains(s.URL, "key=") || strings.Contains(s.URL, "token=") {
			t.Errorf("%s: needs a key", s.ID)
		}
	}
	if len(list) < 60 || on < 40 {
		t.Errorf("%d sources, %d on", len(list), on)
	}
	for _, id := range []string{"usgs-day", "gdacs", "nws", "nhc", "eonet", "meteoalarm-de", "advice-uk", "advice-canada"} {
		if !find(t, list, id).On() {
			t.Errorf("%s is off", id)
		}
	}
	kenya := find(t, list, "cap-ke-kmd")
	if kenya.On() || !kenya.Unverified || !kenya.Follow || kenya.Countries[0] != "KE" || kenya.AgeLimit != 168*time.Hour {
		t.Errorf("Kenya: %+v", kenya)
	}
	if find(t, list, "meteoalarm-no").Countries[0] != "NO" {
		t.Error("Norway was read as a boolean")
	}
	again, _ := catalogue.Load(nil)
	if !slices.EqualFunc(list, again, func(a, b feed.Source) bool { return a.ID == b.ID }) {
		t.Error("the order changes")
	}
}

func TestOverlay(t *testing.T) {
	t.Parallel()
	list, err := catalogue.Load([]byte(`
sources:
  - id: nhc
    enabled: false
  - id: cap-ke-kmd
    enabled: true
    every: 20m
  - id: own
    name: Own feed
    kind: cap
    url: https://alerts.example/cap.xml
    licence: own
    attribution: us
    every: 5m
    at_least: 1m
    age_limit: 6h
    reliability: C
    credibility: 3
    owner: us
    org: acme
    hazards: [flood]
`))
	if err != nil {
		t.Fatal(err)
	}
	nhc, kenya, own := find(t, list, "nhc"), find(t, list, "cap-ke-kmd"), find(t, list, "own")
	if nhc.On() || nhc.URL == "" || nhc.AgeLimit != 12*time.Hour {
		t.Errorf("switched off, but otherwise as built in: %+v", nhc)
	}
	if !kenya.On() || kenya.Every != 20*time.Minute || len(kenya.Hazards) == 0 {
		t.Errorf("Kenya: %+v", kenya)
	}
	if own.Org != "acme" || own.Kind != "cap" || list[len(list)-1].ID != "own" {
		t.Errorf("own: %+v", own)
	}
}

func TestOwnStandsAlone(t *testing.T) {
	t.Parallel()
	if list, err := catalogue.Own(nil); err != nil || len(list) != 0 {
		t.Errorf("%d sources, %v", len(list), err)
	}
	list, err := catalogue.Own([]byte(good))
	if err != nil || len(list) != 1 || list[0].Reliability != "C" {
		t.Errorf("%+v, %v", list, err)
	}
}

const good = `
defaults: {reliability: C, credibility: 3, licence: own, attribution: us, owner: us}
sources:
  - {id: own, name: Own, kind: cap, url: "https://alerts.example/cap.xml", every: 5m, at_least: 1m, age_limit: 6h, hazards: [flood]}
`

func TestMistakesAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, want string }{
		"unknown key":   {"name: Own", "nmae: Own", `source own: unknown field "nmae"`},
		"no age limit":  {"age_limit: 6h, ", "", "source own: age_limit: missing"},
		"no unit":       {"every: 5m", "every: 300", "source own: cannot unmarshal uint64 into Go struct field Source.Every"},
		"too often":     {"every: 5m, at_least: 1m", "every: 100ms, at_least: 100ms", "source own: every: 100ms is below"},
		"undercut":      {"at_least: 1m", "at_least: 1h", "source own: every: 5m0s undercuts"},
		"always blind":  {"age_limit: 6h", "age_limit: 2m", "source own: age_limit:"},
		"kind":          {"kind: cap", "kind: cup", `source own: kind: "cup" is none of`},
		"url":           {"https://alerts", "ftp://alerts", "source own: url:"},
		"password":      {"https://alerts", "https://u:p@alerts", "source own: url:"},
		"hazard":        {"[flood]", "[floods]", `source own: hazards: "floods"`},
		"country":       {"[flood]", "[flood], countries: [XX]", `source own: countries: "XX"`},
		"reliability":   {"reliability: C", "reliability: G", "source own: reliability:"},
		"credibility":   {"credibility: 3", "credibility: 7", "source own: credibility:"},
		"tlp":           {"[flood]", "[flood], tlp: PURPLE", "source own: tlp:"},
		"id":            {"id: own", "id: Own Feed", "source Own Feed: id:"},
		"no id":         {"id: own, ", "", "source 1 of the file: id:"},
		"key twice":     {"name: Own", "name: Own, name: Other", "file of sources:"},
		"not yaml":      {"sources:", "sources: ][", "file of sources:"},
		"other member":  {"sources:", "source:", "file of sources:"},
		"wrong type":    {"credibility: 3", "credibility: [3]", "source own:"},
		"id twice":      {"sources:", "sources:\n  - {id: own, name: x}", "source own: id: stands twice"},
		"empty licence": {"licence: own", `licence: ""`, "source own: licence: missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(good, c.from, c.to, 1)
			if text == good {
				t.Fatal("the mistake was not made")
			}
			_, err := catalogue.Own([]byte(text))
			if !errors.Is(err, fault.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
	if _, err := catalogue.Load(make([]byte, 5<<20)); !errors.Is(err, fault.ErrTooLarge) {
		t.Errorf("large file: %v", err)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	list, _ := catalogue.Load(nil)
	table := catalogue.Table(list)
	if n := strings.Count(table, "\n"); n != len(list)+2 {
		t.Errorf("%d lines for %d sources", n, len(list))
	}
	for _, want := range []string{"| `usgs-day` |", "| A2, in charge |", "| no, unverified |", "| 30 min |", "| Kenya |"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q", want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("sources: [{id: a, every: 99999999999999999999h}]"))
	f.Fuzz(func(t *testing.T, overlay []byte) {
		list, err := catalogue.Own(overlay)
		if err != nil {
			return
		}
		for _, s := range list {
			if s.ID == "" || s.AgeLimit <= 0 {
				t.Errorf("accepted %+v", s)
			}
		}
	})
}

// TestDefinitionsAreWhole is the contract of each source that comes with the program: terms,
// who speaks, how often we ask, when silence is blindness, and how far it is trusted. It
// asks for more than the check of a user's own definitions does.
func TestDefinitionsAreWhole(t *testing.T) {
	t.Parallel()
	list, err := catalogue.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	addresses := map[string]string{}
	for _, s := range list {
		ok := func(rule string, holds bool) {
			if !holds {
				t.Errorf("%s: %s: %+v", s.ID, rule, s)
			}
		}
		ok("names its terms", len(s.Licence) > 5 && len(s.Attribution) > 3)
		ok("names source and owner", s.Name != "" && s.Owner != "")
		ok("is asked over an encrypted line, if it is on", strings.HasPrefix(s.URL, "https://") || s.Unverified && !s.On())
		ok("has an address of its own", addresses[s.URL] == "")
		addresses[s.URL] = s.ID
		ok("is asked at most once a minute", s.AtLeast >= time.Minute && s.Every >= s.AtLeast)
		ok("bears three missed polls before it is blind, and no fortnight", s.AgeLimit >= 3*s.Every && s.AgeLimit <= 14*24*time.Hour)
		ok("has a grade", strings.Contains("ABCDE", s.Reliability) && s.Reliability != "" && s.Credibility >= 1 && s.Credibility <= 5)
		ok("is in charge only when it is reliable", !s.Instrument || s.Reliability <= "B")
		ok("is news when its form is", s.News == (s.Kind == "news") && !(s.News && s.Instrument))
		switch s.Kind {
		case "cap-index", "advice-uk":
			ok("follows the links that its index is made of", s.Follow)
		case "usgs": // one of them fetches the details of strong earthquakes
		default:
			ok("follows no links, for its form has none", !s.Follow)
		}
		ok("says where a national authority sees", s.Kind != "cap-index" || len(s.Countries) > 0)
	}
}
