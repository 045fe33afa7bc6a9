package cap_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/fault"
)

func mustIndex(t *testing.T, file string) *cap.Index {
	t.Helper()
	index, err := cap.ParseIndex(readFile(t, file))
	if err != nil {
		t.Fatal(err)
	}
	return index
}

func TestParseIndexNWS(t *testing.T) {
	t.Parallel()
	index := mustIndex(t, "nws.atom")
	if index.ID != "https://alerts.example/cap/all.atom" || index.Title != "Current warnings" || !index.Updated.Equal(at(-6, 5, 10, 22, 0)) || len(index.Problems) != 0 {
		t.Errorf("index %+v", index)
	}
	want := []cap.Entry{{
		Path: "/feed/entry[1]", ID: "https://alerts.example/cap/get?x=1", Title: "Wind Advisory issued May 10",
		Summary: "Strong winds on Sunday", Author: "webmaster@alerts.example", Link: "https://alerts.example/cap/get?x=1",
		Links: []cap.Link{{URL: "https://alerts.example/cap/get?x=1"}}, Updated: at(-6, 5, 10, 22, 1), Published: at(-6, 5, 10, 22, 0),
		HasCAP: true,
		Partial: cap.Alert{
			Version: "1.1", Status: cap.StatusActual, MsgType: cap.MsgAlert,
			Infos: []cap.Info{{
				Categories: []cap.Category{cap.CategoryMet}, Event: "Wind Advisory", Urgency: cap.UrgencyExpected,
				Severity: cap.SeverityMinor, Certainty: cap.CertaintyLikely, Effective: at(-6, 5, 10, 22, 0), Expires: at(-6, 5, 11, 19, 0),
				Parameters: []cap.Pair{{Name: "VTEC"}},
				Areas: []cap.Area{{Desc: "East Plains; West Hills", Geocodes: []cap.Pair{
					{Name: "FIPS6", Value: "035001"},
					{Name: "FIPS6", Value: "035002"},
					{Name: "UGC", Value: "NMZ001"},
					{Name: "UGC", Value: "NMZ002"},
					{Name: "UGC", Value: "NMZ003"},
				}}},
			}},
		},
	}}
	if diff := cmp.Diff(want, index.Entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestEntryAlert(t *testing.T) {
	t.Parallel()
	e := mustIndex(t, "nws.atom").Entries[0]
	a, problems, err := e.Alert()
	if err != nil {
		t.Fatal(err)
	}
	if a.Identifier != e.ID || a.Sender != e.Author || !a.Sent.Equal(e.Published) || a.Infos[0].Description != e.Summary {
		t.Errorf("alert %+v", a)
	}
	checkProblems(t, problems, []string{
		"/alert/identifier: not in the entry", "/alert/sender: not in the entry", "/alert/sent: not in the entry; published",
		"/alert/scope: not in the entry", "/info[1]/headline: not in", "/info[1]/description: not in",
	}, false)
	if e.Partial.Identifier != "" || e.Partial.Infos[0].Headline != "" {
		t.Error("the entry was changed")
	}
	plain := mustIndex(t, "sources.rss").Entries[0]
	if _, _, err := plain.Alert(); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("an entry without status: %v", err)
	}
}

func TestParseIndexMeteoAlarm(t *testing.T) {
	t.Parallel()
	index := mustIndex(t, "meteoalarm.atom")
	if len(index.Entries) != 1 || len(index.Problems) != 0 {
		t.Fatalf("%d entries, problems %v", len(index.Entries), index.Problems)
	}
	e := index.Entries[0]
	if e.Link != "https://m.example/api/u-1" || e.Author != "m.example" || e.Partial.MsgType != cap.MsgUpdate || e.Partial.Identifier != "2.49.0.0.999.0.1" {
		t.Errorf("entry %+v", e)
	}
	if diff := cmp.Diff([]cap.Pair{{Name: "EMMA_ID", Value: "XX356"}}, e.Partial.Infos[0].Areas[0].Geocodes); diff != "" {
		t.Errorf("geocodes (-want +got):\n%s", diff)
	}
	a, _, err := e.Alert()
	if err != nil || !a.Sent.Equal(time.Date(2026, 4, 28, 13, 7, 0, 0, time.UTC)) || a.Infos[0].Severity != cap.SeverityModerate {
		t.Errorf("alert %+v, error %v", a, err)
	}
}

func TestParseIndexRSS(t *testing.T) {
	t.Parallel()
	index := mustIndex(t, "sources.rss")
	var links, ids []string
	for _, e := range index.Entries {
		links, ids = append(links, e.Link), append(ids, e.ID)
	}
	if diff := cmp.Diff([]string{"https://s.example/cap/1", "https://s.example/cap/2.xml", "https://s.example/cap/3.xml"}, links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"s-1", "https://s.example/cap/2.xml", "s-3"}, ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	first := index.Entries[0]
	if want := time.Date(2025, 6, 12, 5, 39, 0, 0, time.UTC); !first.Published.Equal(want) {
		t.Errorf("published %v, want %v", first.Published, want)
	}
	if first.Author != "Office A" || len(first.Partial.Infos[0].Areas[0].Polygons) != 1 || first.HasCAP {
		t.Errorf("entry %+v", first)
	}
	checkProblems(t, index.Problems, []string{`/rss/channel/item[2]/pubDate: "Wed, 11 Jun 2025 22:39:00 XYZ" is not a time`}, false)
}

func TestParseIndexSalvages(t *testing.T) {
	t.Parallel()
	index := mustIndex(t, "broken.atom")
	if len(index.Entries) != 1 || index.Entries[0].Title != "kept" {
		t.Errorf("entries %+v", index.Entries)
	}
	if len(index.Problems) != 1 || !strings.Contains(index.Problems[0].Reason, "the entry here and 2 behind it are lost") || index.Problems[0].Path != "/feed" {
		t.Errorf("problems %v", index.Problems)
	}
}

func TestParseIndexEmbedded(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"embedded.atom", "embedded.rss"} {
		for _, e := range mustIndex(t, file).Entries {
			if !e.Embedded {
				t.Errorf("%s %s: alert not seen", file, e.Path)
			}
		}
	}
	if e := mustIndex(t, "nws.atom").Entries[0]; e.Embedded {
		t.Error("nws.atom: alert seen where none is")
	}
}

func TestParseIndexRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, doc string
		want      error
	}{
		{"alert", string(document(head + body)), fault.ErrInvalid},
		{"json", `{"warnings":[]}`, fault.ErrInvalid},
		{"empty", "", fault.ErrInvalid},
		{"doctype", `<!DOCTYPE feed><feed/>`, fault.ErrInvalid},
		{"doctype behind", `<feed><entry><id>1</id></entry></feed><!DOCTYPE feed>`, fault.ErrInvalid},
		{"broken at once", `<feed><entry><id>&x;</id></entry></feed>`, fault.ErrInvalid},
		{"deep", "<feed>" + strings.Repeat("<a>", 70), fault.ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if index, err := cap.ParseIndex([]byte(c.doc)); !errors.Is(err, c.want) || index != nil {
				t.Errorf("index %v, error %v, want %v", index, err, c.want)
			}
		})
	}
}

func TestLinkChoice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, links, want string }{
		{"type of CAP wins", `<link href="a.html" rel="alternate"/><link href="b" rel="related" type="application/cap+xml"/>`, "b"},
		{"xml type before plain", `<link href="a"/><link href="b" type="text/xml"/>`, "b"},
		{"file ending", `<link href="a"/><link href="b.cap?x=1"/>`, "b.cap?x=1"},
		{"never self or hub", `<link href="a" rel="self"/><link href="b" rel="hub"/>`, ""},
		{"page as last resort", `<link href="a" type="text/html"/>`, "a"},
		{"never a picture", `<enclosure url="a.png" type="image/png"/>`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			index, err := cap.ParseIndex([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>x</id>` + c.links + `</entry></feed>`))
			if err != nil {
				t.Fatal(err)
			}
			if got := index.Entries[0].Link; got != c.want {
				t.Errorf("link %q, want %q", got, c.want)
			}
		})
	}
}
