package capfeed

import (
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed"
)

func TestIndexSpeaksForItself(t *testing.T) {
	t.Parallel()
	res, err := ParseIndex(input(file(t, "index.atom")))
	if err != nil || res.Items != 4 || len(res.Signals) != 1 || len(res.Quarantined) != 2 || len(res.Links) != 0 {
		t.Fatalf("%d items, %d signals, %d links, %v, %v", res.Items, len(res.Signals), len(res.Links), res.Quarantined, err)
	}
	s := res.Signals[0]
	if s.Key != "cap:weather.example,2.49.0.0.276.0.X.1,2026-04-28T13:07:00-00:00" || s.Hazard != event.Storm {
		t.Errorf("%s %s", s.Key, s.Hazard)
	}
	if len(s.Places) != 2 || s.Places[1].Name != "Kreis West" || s.Places[1].Country != "DE" {
		t.Errorf("two entries, places %+v", s.Places)
	}
	if h := s.Text("en").Headline; h != "Orange Thunderstorm Warning issued for Germany" {
		t.Errorf("headline %q", h)
	}
	if !slices.Contains(s.Notes, "told by 2 entries of an index") {
		t.Errorf("notes %q", s.Notes)
	}
	if !res.Content.Equal(time.Date(2026, 4, 28, 13, 8, 3, 0, time.UTC)) {
		t.Errorf("content %v", res.Content)
	}
}

// TestDocumentSupersedesItsEntry runs entry and document through the merger: one event,
// one report that stands, and a later update ends it.
func TestDocumentSupersedesItsEntry(t *testing.T) {
	t.Parallel()
	in := input(file(t, "index.atom"))
	in.Source.Kind, in.Source.Follow = KindIndex, true
	res, err := ParseIndex(in)
	if err != nil || len(res.Signals) != 1 || len(res.Quarantined) != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
	want := []feed.Link{
		{URL: "https://weather.example/warnings/2", Kind: Kind},
		{URL: "https://weather.example/warnings/1", Kind: KindLinked, Key: "cap-link:https://weather.example/warnings/1"},
	}
	if !slices.Equal(res.Links, want) {
		t.Fatalf("links %+v", res.Links)
	}
	document := strings.NewReplacer("2.49.0.0.404.0.KE.1", "2.49.0.0.276.0.X.1", ">Update<", ">Alert<").Replace(string(file(t, "alert.xml")))
	follow := in
	follow.URL, follow.Body = want[1].URL, []byte(document)
	whole, err := ParseLinked(follow)
	if err != nil || len(whole.Signals) != 1 {
		t.Fatalf("%+v, %v", whole, err)
	}
	m := event.NewMerger("org")
	m.Observe(received, res.Signals)
	m.Observe(received.Add(time.Minute), whole.Signals)
	if m.Len() != 1 {
		t.Fatalf("%d events", m.Len())
	}
	m.Each(func(e event.Event) {
		if live := e.LiveReports(); len(live) != 1 || live[0].Key != whole.Signals[0].Key {
			t.Errorf("standing reports %+v", live)
		}
	})
}

func TestBrokenIndexLosesNothing(t *testing.T) {
	t.Parallel()
	in := input(file(t, "broken.rss"))
	in.Source.Follow = true
	res, err := ParseIndex(in)
	if err != nil || res.Items != 3 || len(res.Links) != 1 || len(res.Quarantined) != 2 {
		t.Fatalf("%d items, %d links, %v, %v", res.Items, len(res.Links), res.Quarantined, err)
	}
	if !strings.Contains(string(res.Quarantined[1].Raw), "Three") {
		t.Errorf("raw %q", res.Quarantined[1].Raw)
	}
}

func TestFeedsThatHoldAlerts(t *testing.T) {
	t.Parallel()
	alert := string(file(t, "alert.xml"))
	alert = alert[strings.Index(alert, "<alert"):]
	body := `<feed xmlns="http://www.w3.org/2005/Atom"><updated>2026-03-01T07:00:00Z</updated><entry><id>1</id><content type="text/xml">` +
		alert + `</content></entry><entry><id>2</id><title>bare</title></entry></feed>`
	for name, parse := range map[string]feed.Parser{"cap": Parse, "cap-index": ParseIndex} {
		res, err := parse(input([]byte(body)))
		if err != nil || res.Items != 2 || len(res.Signals) != 1 || len(res.Quarantined) != 1 {
			t.Errorf("%s: %d items, %d signals, %v, %v", name, res.Items, len(res.Signals), res.Quarantined, err)
		}
	}
}

func TestLinksLeadToTheWebOnly(t *testing.T) {
	t.Parallel()
	r := reader{in: input(nil)}
	for link, want := range map[string]string{
		"/a": "https://weather.example/a", "https://b.example/x": "https://b.example/x",
		"javascript:alert(1)": "", "file:///etc/passwd": "", "": "", "https://" + strings.Repeat("a", 3000): "",
	} {
		if got := r.absolute(link); got != want {
			t.Errorf("%.40q: %q, want %q", link, got, want)
		}
	}
}

func TestRecognisers(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]bool{
		"alert.xml": {true, false}, "green.json": {true, false}, "index.atom": {false, true}, "broken.rss": {false, true},
	} {
		body := file(t, name)
		if got := [2]bool{sniff(body), sniffIndex(body)}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if sniff([]byte("<rss><channel/></rss>")) || sniffIndex([]byte("<rss><channel/></rss>")) {
		t.Error("a feed of news is taken for one of alerts")
	}
}
