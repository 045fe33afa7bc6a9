package formats_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/formats"
)

func TestEveryKindOnce(t *testing.T) {
	t.Parallel()
	kinds := formats.Kinds()
	for _, want := range []string{
		"usgs", "gdacs-rss", "gdacs-geojson", "eonet", "nhc", "atcf", "nws", "cap", "cap-index", "cap-linked",
		"advice-uk", "advice-us", "advice-canada", "advice-australia", "news", "push", "shakemap", "asciigrid", "csvgrid",
	} {
		if !slices.Contains(kinds, want) {
			t.Errorf("no %s", want)
		}
		if f, ok := formats.ByKind(want); !ok || f.Kind != want || f.Parse == nil {
			t.Errorf("ByKind(%s) = %+v, %v", want, f, ok)
		}
	}
	if unique := slices.Compact(slices.Sorted(slices.Values(kinds))); len(unique) != len(kinds) {
		t.Errorf("a kind stands twice: %q", kinds)
	}
	if _, ok := formats.ByKind("no-such-kind"); ok {
		t.Error("an unknown kind has a format")
	}
}

// TestSniffFindsTheFolder takes the look-alikes of every package: the first guess must be
// a kind of that package.
func TestSniffFindsTheFolder(t *testing.T) {
	t.Parallel()
	prefixes := map[string]string{"capfeed": "cap", "advice": "advice-", "gdacs": "gdacs-", "shakemap": ""}
	files, _ := filepath.Glob("../*/testdata/*")
	tried := 0
	for _, file := range files {
		folder := filepath.Base(filepath.Dir(filepath.Dir(file)))
		if strings.Contains(filepath.Base(file), "golden") || folder == "corpus" || folder == "fuzz" {
			continue
		}
		body, err := os.ReadFile(file)
		if err != nil { // a folder, such as the seeds of a fuzz target
			continue
		}
		want := folder
		if p, ok := prefixes[folder]; ok {
			want = p
		}
		kinds := formats.Sniff(body)
		ok := len(kinds) > 0 && strings.HasPrefix(kinds[0], want)
		if folder == "nhc" {
			ok = len(kinds) > 0 && (kinds[0] == "nhc" || kinds[0] == "atcf")
		}
		if !ok {
			t.Errorf("%s: sniffed as %q", file, kinds)
		}
		tried++
	}
	if tried < 20 {
		t.Errorf("only %d files tried", tried)
	}
	if kinds := formats.Sniff([]byte("plain words")); len(kinds) != 0 {
		t.Errorf("plain words are %q", kinds)
	}
}

// TestOneAlertHasOneKey: an alert of the National Weather Service has the same key, act,
// time and references whether it comes from the service's own interface or as CAP.
func TestOneAlertHasOneKey(t *testing.T) {
	t.Parallel()
	geojson := `{"type":"FeatureCollection","features":[{"id":"https://api.weather.gov/alerts/urn:oid:2.49.0.1.840.0.7.001.1",
		"type":"Feature","geometry":null,"properties":{"@type":"wx:Alert","id":"urn:oid:2.49.0.1.840.0.7.001.1","areaDesc":"Kings, CA",
		"geocode":{"SAME":["006031"],"UGC":["CAZ310"]},"sent":"2026-08-22T05:41:00-07:00","effective":"2026-08-22T05:41:00-07:00",
		"expires":"2026-08-22T18:00:00-07:00","status":"Actual","messageType":"Update","category":"Met","severity":"Moderate",
		"certainty":"Likely","urgency":"Expected","event":"Heat Advisory","sender":"w-nws.webmaster@noaa.gov","headline":"Heat",
		"references":[{"@id":"x","identifier":"urn:oid:2.49.0.1.840.0.6.001.1","sender":"w-nws.webmaster@noaa.gov","sent":"2026-08-21T05:41:00-07:00"}]}}]}`
	xml := `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>urn:oid:2.49.0.1.840.0.7.001.1</identifier>
		<sender>w-nws.webmaster@noaa.gov</sender><sent>2026-08-22T05:41:00-07:00</sent><status>Actual</status><msgType>Update</msgType>
		<scope>Public</scope><references>w-nws.webmaster@noaa.gov,urn:oid:2.49.0.1.840.0.6.001.1,2026-08-21T05:41:00-07:00</references>
		<info><category>Met</category><event>Heat Advisory</event><urgency>Expected</urgency><severity>Moderate</severity><certainty>Likely</certainty>
		<area><areaDesc>Kings, CA</areaDesc><geocode><valueName>SAME</valueName><value>006031</value></geocode>
		<geocode><valueName>UGC</valueName><value>CAZ310</value></geocode></area></info></alert>`
	signal := func(kind, body string) feed.Result {
		f, _ := formats.ByKind(kind)
		res, err := f.Parse(feed.Input{Source: feed.Source{ID: "s"}, Body: []byte(body)})
		if err != nil || len(res.Signals) != 1 {
			t.Fatalf("%s: %+v, %v", kind, res, err)
		}
		return res
	}
	a, b := signal("nws", geojson).Signals[0], signal("cap", xml).Signals[0]
	if a.Key != b.Key || a.Act != b.Act || a.Order != b.Order || a.Hazard != b.Hazard || !slices.Equal(a.References, b.References) {
		t.Errorf("nws %s %s %d %s %q\ncap %s %s %d %s %q", a.Key, a.Act, a.Order, a.Hazard, a.References, b.Key, b.Act, b.Order, b.Hazard, b.References)
	}
	if len(a.Places) != 1 || len(b.Places) != 1 || a.Places[0].Admin1 != b.Places[0].Admin1 {
		t.Errorf("places %+v and %+v", a.Places, b.Places)
	}
}

// TestNoAnswerIsNoEmptyList: an empty list without a time counts as alive with each answer,
// so nothing that a broken server sends may pass for one.
func TestNoAnswerIsNoEmptyList(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing in JSON":     `{}`,
		"null":                `null`,
		"a number":            `0`,
		"a word":              `"ok"`,
		"error of a gateway":  `{"message":"Internal server error"}`,
		"error of a proxy":    `{"error":{"code":503,"message":"upstream"},"status":"error"}`,
		"problem document":    `{"type":"about:blank","title":"Not Found","status":404}`,
		"error of a store":    `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`,
		"soap fault":          `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault/></s:Body></s:Envelope>`,
		"page":                `<html><body>Down for maintenance</body></html>`,
		"page in XML":         `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>`,
		"words":               `Service Temporarily Unavailable`,
		"cut JSON":            `{"type":"FeatureCollection","features":[`,
		"cut XML":             `<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>`,
		"cut storms":          `{"activeStorms": [`,
		"one brace":           `{`,
		"white space":         "  \n\t ",
		"list of another use": `{"data":null,"items":null,"results":[]}`,
	} {
		for _, kind := range formats.Kinds() {
			f, _ := formats.ByKind(kind)
			res, err := f.Parse(feed.Input{Source: feed.Source{ID: "s", Kind: kind}, Body: []byte(body)})
			if err == nil && res.Items == 0 && len(res.Quarantined) == 0 && len(res.Links) == 0 {
				t.Errorf("%s reads %s as an empty list", kind, name)
			}
		}
	}
}

// TestQuietAnswers reads what each source that is on by default sends when nothing happens:
// an empty list is a good answer, and how its age is reckoned depends on whether it is dated.
func TestQuietAnswers(t *testing.T) {
	t.Parallel()
	atom := `<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><id>x</id><title>x</title>`
	for _, tc := range []struct {
		name, kind, body string
		dated            bool
	}{
		{"summary", "usgs", `{"type":"FeatureCollection","metadata":{"generated":1772337600000,"url":"https://earthquake.usgs.gov/x","title":"x","status":200,"count":0},"features":[]}`, true},
		{"feed of alerts", "gdacs-rss", `<?xml version="1.0"?><rss version="2.0"><channel><title>GDACS</title><pubDate>Sun, 01 Mar 2026 04:00:00 GMT</pubDate></channel></rss>`, true},
		{"open events", "eonet", `{"title":"EONET Events","description":"x","link":"https://eonet.gsfc.nasa.gov/api/v3/events","events":[]}`, false},
		{"storms between seasons", "nhc", `{"activeStorms": []}`, false},
		{"active alerts", "nws", `{"@context":[],"type":"FeatureCollection","features":[],"title":"x","updated":"2026-03-01T04:00:00+00:00"}`, true},
		{"index of a quiet country", "cap-index", atom + `<updated>2026-03-01T04:00:00Z</updated></feed>`, true},
		{"index of a quiet country without a date", "cap-index", atom + `</feed>`, false},
		{"index in RSS", "cap-index", `<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><lastBuildDate>Sun, 01 Mar 2026 04:00:00 GMT</lastBuildDate></channel></rss>`, true},
		{"index in RSS without a date", "cap-index", `<?xml version="1.0"?><rss version="2.0"><channel><title>x</title></channel></rss>`, false},
	} {
		f, _ := formats.ByKind(tc.kind)
		res, err := f.Parse(feed.Input{Source: feed.Source{ID: "s", Kind: tc.kind, Follow: true}, Body: []byte(tc.body)})
		if err != nil || res.Items != 0 || len(res.Quarantined) != 0 || len(res.Links) != 0 || res.Content.IsZero() == tc.dated {
			t.Errorf("%s as %s: %+v, %v; want an empty list, dated %v", tc.name, tc.kind, res, err, tc.dated)
		}
	}
}
