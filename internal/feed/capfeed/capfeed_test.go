package capfeed

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/geo"
)

var received = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func input(body []byte) feed.Input {
	return feed.Input{
		Source: feed.Source{ID: "test", Kind: Kind, Owner: "met", Reliability: "B", Credibility: 2}, Record: "r",
		URL: "https://weather.example/index", Received: received, Body: body,
	}
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// one wraps the inside of an info in a whole alert; head replaces parts of it.
func one(t *testing.T, info string, replace ...string) event.Signal {
	t.Helper()
	doc := `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>i-1</identifier><sender>s@example</sender>` +
		`<sent>2026-03-01T09:00:00+00:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>` +
		`<info><category>Met</category><event>EVENT</event><urgency>Expected</urgency><severity>Severe</severity>` +
		`<certainty>Likely</certainty>` + info + `</info></alert>`
	res, err := Parse(input([]byte(strings.NewReplacer(replace...).Replace(doc))))
	if err != nil || len(res.Signals) != 1 {
		t.Fatalf("%d signals, quarantined %v, %v", len(res.Signals), res.Quarantined, err)
	}
	return res.Signals[0]
}

func TestOneAlertIsOneSignal(t *testing.T) {
	t.Parallel()
	res, err := Parse(input(file(t, "alert.xml")))
	if err != nil || res.Items != 1 || len(res.Signals) != 1 {
		t.Fatalf("%d items, %d signals, %v", res.Items, len(res.Signals), err)
	}
	s := res.Signals[0]
	if s.Key != "cap:alerts@met.example,2.49.0.0.404.0.KE.1,2026-03-01T06:00:00-00:00" || s.Act != event.Update {
		t.Errorf("key %q, act %s", s.Key, s.Act)
	}
	if !slices.Equal(s.References, []string{"cap:alerts@met.example,2.49.0.0.404.0.KE.0,2026-03-01T03:00:00-00:00"}) {
		t.Errorf("references %q", s.References)
	}
	if s.Hazard != event.Flood || s.Severity != "Severe" || s.Certainty != "Observed" || s.Urgency != "Immediate" {
		t.Errorf("%s %s %s %s", s.Hazard, s.Severity, s.Certainty, s.Urgency)
	}
	if len(s.Texts) != 2 || s.Text("sw").Headline != "Mvua kubwa Kilifi" || s.Text("en").Instruction != "Stay on high ground." {
		t.Errorf("texts %+v", s.Texts)
	}
	if len(s.Footprints) != 2 {
		t.Fatalf("%d footprints, want one for each area, languages joined", len(s.Footprints))
	}
	wind, rain := s.Footprints[0], s.Footprints[1]
	if wind.Shape.Kind != geo.CircleKind || wind.Shape.RadiusKM != 25 || wind.Severity != "Moderate" || wind.Role != event.Forecast {
		t.Errorf("wind %+v", wind)
	}
	if rain.Shape.Kind != geo.PolygonKind || rain.Shape.Polygons[0][0][0] != (geo.Point{Lat: -3, Lon: 39.5}) || rain.Severity != "Severe" {
		t.Errorf("rain %+v", rain)
	}
	if !s.Expires.Equal(time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("expires %v, want the end of the longest info", s.Expires)
	}
	if len(s.Places) != 2 || s.Places[0].Country != "KE" || s.Places[0].Admin1 != "KE-28" || s.Places[1].Name != "Kilifi" {
		t.Errorf("places %+v", s.Places)
	}
	if !slices.ContainsFunc(s.Notes, func(n string) bool { return strings.Contains(n, "another hazard: storm") }) {
		t.Errorf("notes %q do not name the other hazard", s.Notes)
	}
	again, _ := Parse(input(file(t, "alert.xml")))
	if again.Signals[0].ID != s.ID || s.Instrument {
		t.Error("a second delivery has another id, or the alert is taken for a measurement")
	}
}

func TestHeadOfTheAlert(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		replace []string
		act     event.Act
		status  event.Status
		tlp     string
	}{
		"alert":        {nil, event.Report, event.Actual, ""},
		"update":       {[]string{">Alert<", ">Update<"}, event.Update, event.Actual, ""},
		"cancel":       {[]string{">Alert<", ">Cancel<"}, event.Cancel, event.Actual, ""},
		"error":        {[]string{">Alert<", ">Error<"}, event.Error, event.Actual, ""},
		"ack":          {[]string{">Alert<", ">Ack<"}, event.Report, event.System, ""},
		"no such type": {[]string{">Alert<", ">Alarm<"}, event.Report, event.Actual, ""},
		"exercise":     {[]string{">Actual<", ">Exercise<"}, event.Report, event.Exercise, ""},
		"restricted":   {[]string{">Public<", ">Restricted<"}, event.Report, event.Actual, "AMBER"},
		"private":      {[]string{">Public<", ">Private<"}, event.Report, event.Actual, "AMBER"},
		"keepalive":    {[]string{">i-1<", ">KEEPALIVE-7<"}, event.Report, event.Test, ""},
		"test event":   {[]string{"EVENT", "Required Weekly Test"}, event.Report, event.Test, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := one(t, "", c.replace...)
			if s.Act != c.act || s.Status != c.status || s.TLP != c.tlp {
				t.Errorf("act %s, status %s, TLP %q", s.Act, s.Status, s.TLP)
			}
		})
	}
}

func TestStatusThatNobodyKnowsIsQuarantined(t *testing.T) {
	t.Parallel()
	doc := strings.Replace(string(file(t, "alert.xml")), ">Actual<", ">Serious<", 1)
	res, err := Parse(input([]byte(doc)))
	if err != nil || len(res.Signals) != 0 || len(res.Quarantined) != 1 || !strings.Contains(res.Quarantined[0].Reason, "Serious") {
		t.Errorf("%+v, %v", res, err)
	}
}

func TestWordsThatSayTest(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]event.Status{
		"This is a test message from the department":           event.Test,
		"THIS IS ONLY A TEST - ESTO ES UNA PRUEBA":             event.Test,
		"ทดสอบระบบการส่งข้อความแจ้งเตือนภัย":                   event.Test,
		"This is not a test. Leave the coast now.":             event.Actual,
		"Flood at the nuclear test site":                       event.Actual,
		strings.Repeat("River rises. ", 40) + "this is a test": event.Actual,
	} {
		if s := one(t, "<description>"+text+"</description>"); s.Status != want {
			t.Errorf("%.40q: status %s, want %s", text, s.Status, want)
		}
	}
}

func TestEndIsNotCancel(t *testing.T) {
	t.Parallel()
	expired := "<parameter><valueName>VTEC</valueName><value>/O.EXP.KJAX.FF.W.0003.000000T0000Z-260301T1800Z/</value></parameter>"
	if s := one(t, expired, ">Alert<", ">Cancel<"); s.Act != event.End {
		t.Errorf("VTEC EXP: %s", s.Act)
	}
	if s := one(t, strings.Replace(expired, "EXP", "CAN", 1), ">Alert<", ">Cancel<"); s.Act != event.Cancel {
		t.Errorf("VTEC CAN: %s", s.Act)
	}
	clear := []string{">Alert<", ">Update<", "<urgency>", "<responseType>AllClear</responseType><urgency>"}
	if s := one(t, "", clear...); s.Act != event.End {
		t.Errorf("all clear: %s", s.Act)
	}
}

func TestHazards(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]event.Hazard{
		"Flash Flood Warning": event.Flood, "Heavy thunderstorms with heavy rain": event.Storm, "STARKREGEN": event.Flood,
		"Sturmböen": event.Storm, "WINDBÖEN": event.Storm, "Aviso de Ciclón Tropical": event.Cyclone, "Canicule": event.Heat,
		"Incendio forestal": event.Wildfire, "Gempa bumi": event.Earthquake, "水庫洩洪": event.Flood, "تسونامي": event.Tsunami,
		"भूकंप": event.Earthquake, "пожарная опасность": event.Wildfire, "average wind speed at sea": event.Marine,
		"Geada": event.Cold, "Air Quality Alert": event.AirQuality, "Child Abduction": event.Crime, "Deslizamiento": event.Landslide,
		"Train services": event.Storm, // no word of its own: "rain" inside a word does not count, the category does
	} {
		if s := one(t, "", "EVENT", words); s.Hazard != want {
			t.Errorf("%s: %s, want %s", words, s.Hazard, want)
		}
	}
	coded := "<eventCode><valueName>SAME</valueName><value>TSW</value></eventCode>"
	if s := one(t, coded, "EVENT", "Message"); s.Hazard != event.Tsunami {
		t.Errorf("SAME TSW: %s", s.Hazard)
	}
	typed := "<parameter><valueName>awareness_type</valueName><value>6; low-temperature</value></parameter>"
	if s := one(t, typed, "EVENT", "rain"); s.Hazard != event.Cold {
		t.Errorf("awareness type 6: %s", s.Hazard)
	}
	for _, w := range hazards().words {
		if !w.hazard.Known() || w.word == "" {
			t.Errorf("hazards.tsv: %q is %q", w.word, w.hazard)
		}
	}
	for code, h := range hazards().codes {
		if !h.Known() {
			t.Errorf("hazards.tsv: %q is %q", code, h)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	code := func(scheme, value string) string {
		return "<geocode><valueName>" + scheme + "</valueName><value>" + value + "</value></geocode>"
	}
	for name, c := range map[string]struct{ codes, country, admin1 string }{
		"iso":       {code("ISO3166-2", "TH-14"), "TH", "TH-14"},
		"emma":      {code("EMMA_ID", "UK004"), "GB", ""},
		"ugc":       {code("UGC", "MTZ014"), "US", "US-MT"},
		"two kinds": {code("FIPS6", "030049") + code("UGC", "MTZ014") + code("local", "7"), "US", "US-MT"},
		"sea":       {code("UGC", "AMZ630"), "", ""},
		"canada":    {code("profile:CAP-CP:Location:0.3", "3520005"), "CA", "CA-ON"},
		"not SAME":  {code("SAME", "020900000"), "", ""},
		"none":      {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := one(t, "<area><areaDesc>There</areaDesc>"+c.codes+"</area>")
			if len(s.Places) != 1 || s.Places[0].Country != c.country || s.Places[0].Admin1 != c.admin1 || s.Places[0].Name != "There" {
				t.Errorf("%+v", s.Places)
			}
			if n := strings.Count(c.codes, "<geocode>"); len(s.Places[0].Codes) != n {
				t.Errorf("%d codes of %d", len(s.Places[0].Codes), n)
			}
		})
	}
}

func TestEarthquakeHasCentreTimeAndSize(t *testing.T) {
	t.Parallel()
	parameter := func(name, value string) string {
		return "<parameter><valueName>" + name + "</valueName><value>" + value + "</value></parameter>"
	}
	s := one(t, parameter("EventTime", "2026-03-01T08:55:00Z")+parameter("Magnitude", "6.3 Mw")+parameter("Depth", "38.7 km (24.0 miles)")+
		"<area><areaDesc>Sea</areaDesc><circle>-18.5,-173.5 0</circle></area>", "EVENT", "Earthquake")
	magnitude, _ := s.Measures.Get("magnitude")
	depth, _ := s.Measures.Get("depth")
	if magnitude != 6.3 || depth != 38.7 || !s.Occurred.Equal(time.Date(2026, 3, 1, 8, 55, 0, 0, time.UTC)) {
		t.Errorf("%v at %v", s.Measures, s.Occurred)
	}
	if len(s.Footprints) != 1 || s.Footprints[0].Role != event.Centre || s.Footprints[0].Shape.Kind != geo.PointKind {
		t.Errorf("%+v", s.Footprints)
	}
}

func TestGreenDoesNotWarn(t *testing.T) {
	t.Parallel()
	res, err := Parse(input(file(t, "green.json")))
	if err != nil || res.Items != 2 || len(res.Signals) != 1 || len(res.Quarantined) != 1 {
		t.Fatalf("%d items, %d signals, %v, %v", res.Items, len(res.Signals), res.Quarantined, err)
	}
	s := res.Signals[0]
	if s.Severity != "Minor" || s.Certainty != "Unlikely" || s.Places[0].Country != "NL" || len(s.Texts) != 2 || len(s.Places) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestIdentifierTwice(t *testing.T) {
	t.Parallel()
	alert := string(file(t, "alert.xml"))
	alert = alert[strings.Index(alert, "<alert"):]
	other := strings.Replace(alert, "Heavy rain in Kilifi", "Heavy rain in Lamu", 1)
	res, err := Parse(input([]byte("<alerts>" + alert + alert + other + "</alerts>")))
	if err != nil || res.Items != 3 || len(res.Signals) != 2 || len(res.Quarantined) != 1 {
		t.Fatalf("%d items, %d signals, %v, %v", res.Items, len(res.Signals), res.Quarantined, err)
	}
	if a, b := res.Signals[0], res.Signals[1]; b.Key == a.Key || !slices.Equal(b.Aliases, []string{a.Key}) {
		t.Errorf("keys %s and %s, aliases %q", a.Key, b.Key, b.Aliases)
	}
}

func TestContentTimeBehindTheArrivalDoesNotCount(t *testing.T) {
	t.Parallel()
	in := input(file(t, "alert.xml"))
	in.Received = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	if res, err := Parse(in); err != nil || !res.Content.IsZero() {
		t.Errorf("content %v, %v", res.Content, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"empty": "", "html": "<html><body>no</body></html>", "json": `{"a":1}`,
		"doctype":  `<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert>&x;</alert>`,
		"an index": `<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><link href="https://a.example/1"/></entry></feed>`,
	} {
		if _, err := Parse(input([]byte(body))); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	crowd := "<rss><channel>" + strings.Repeat("<item/>", 3*maxPieces) + "</channel></rss>"
	if _, err := ParseIndex(input([]byte(crowd))); !errors.Is(err, fault.ErrTooLarge) {
		t.Errorf("crowd: %v", err)
	}
}
