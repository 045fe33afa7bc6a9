package cap_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/fault"
)

const head = `<identifier>i-1</identifier><sender>a@example</sender><sent>2026-01-05T10:00:00+01:00</sent>`

const body = `<status>Actual</status><msgType>Alert</msgType><scope>Public</scope>`

// document wraps children into an alert of CAP 1.2.
func document(children string) []byte {
	return []byte(`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">` + children + `</alert>`)
}

// withInfo is a good alert with children added to its only info.
func withInfo(children string) []byte {
	return document(head + body + `<info><category>Met</category><event>Storm</event>
		<urgency>Future</urgency><severity>Minor</severity><certainty>Likely</certainty>` + children + `</info>`)
}

// withArea is withInfo with children in its only area.
func withArea(children string) []byte {
	return withInfo(`<area><areaDesc>Here</areaDesc>` + children + `</area>`)
}

func mustParse(t *testing.T, data []byte) (*cap.Alert, []cap.Problem) {
	t.Helper()
	a, problems, err := cap.Parse(data, cap.Options{})
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return a, problems
}

func at(offsetHours, month, day, hour, minute int) time.Time {
	return time.Date(2026, time.Month(month), day, hour, minute, 0, 0, time.FixedZone("", offsetHours*3600))
}

func TestParseWhole(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/two-languages.cap")
	if err != nil {
		t.Fatal(err)
	}
	got, problems := mustParse(t, data)
	if len(problems) != 0 {
		t.Errorf("problems: %v", problems)
	}
	altitude, ceiling := 1200.0, 2400.5
	want := &cap.Alert{
		Version: "1.2", Identifier: "2.49.0.0.999.0.20260301.7", Sender: "duty@met.example", Sent: at(2, 3, 1, 6, 30),
		Status: cap.StatusActual, MsgType: cap.MsgUpdate, Source: "Forecast office East", Scope: cap.ScopePrivate,
		Addresses: []string{"ops@site.example", "Duty officer North", "4711"},
		Codes:     []string{"profile:example:1.0", "layer:example:2"}, Note: "Extends the earlier warning",
		References: []cap.Reference{
			{Sender: "duty@met.example", Identifier: "2.49.0.0.999.0.20260301.5", Sent: at(2, 3, 1, 3, 0)},
			{Sender: "duty@met.example", Identifier: "2.49.0.0.999.0.20260301.6", Sent: at(2, 3, 1, 4, 0)},
		},
		Incidents: []string{"Storm-Ada", "River Alder flood"},
		Signed:    true,
		Infos: []cap.Info{{
			Language: "en-US", Categories: []cap.Category{cap.CategoryMet, cap.CategorySafety}, Event: "River flood",
			ResponseTypes: []cap.ResponseType{cap.ResponseEvacuate, cap.ResponseMonitor},
			Urgency:       cap.UrgencyExpected, Severity: cap.SeveritySevere, Certainty: cap.CertaintyLikely,
			Audience: "Lower valley", EventCodes: []cap.Pair{{Name: "EX", Value: "FLW"}},
			Effective: at(2, 3, 1, 6, 30), Onset: at(2, 3, 1, 12, 0), Expires: at(2, 3, 2, 12, 0),
			SenderName: "Example Weather Service", Headline: "River Alder will leave its banks",
			Description: "The gauge at Mill Bridge stands at 3.1 m and rises by 10 cm an hour.\nIt will pass 4 m & reach the lower road about noon.",
			Instruction: "Leave the lower valley before noon.", Web: "https://met.example/warnings/7", Contact: "+999 555 0100",
			Parameters: []cap.Pair{{Name: "awareness_level", Value: "3; orange; Severe"}, {Name: "awareness_type", Value: "12; flooding"}},
			Resources: []cap.Resource{{
				Desc: "Map", MimeType: "image/png", Size: 11, URI: "map.png", Digest: "2aae6c35c94fcfb415dbe95f408b9ce91ee846ed",
				DerefSize: 11, DerefSHA256: "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
			}},
			Areas: []cap.Area{{
				Desc:     "Lower Alder valley",
				Polygons: [][]cap.Point{{{Lat: 47.1, Lon: 9.2}, {Lat: 47.1, Lon: 9.4}, {Lat: 47.3, Lon: 9.4}, {Lat: 47.3, Lon: 9.2}, {Lat: 47.1, Lon: 9.2}}},
				Circles:  []cap.Circle{{Centre: cap.Point{Lat: 47.5, Lon: 9.5}, RadiusKm: 12.5}},
				Geocodes: []cap.Pair{{Name: "EMMA_ID", Value: "XX001"}}, Altitude: &altitude, Ceiling: &ceiling,
			}},
		}, {
			Language: "de-AT", Categories: []cap.Category{cap.CategoryMet}, Event: "Hochwasser",
			Urgency: cap.UrgencyExpected, Severity: cap.SeveritySevere, Certainty: cap.CertaintyLikely,
			Headline: "Die Alder tritt über die Ufer",
			Areas: []cap.Area{{
				Desc:     "Unteres Aldertal",
				Polygons: [][]cap.Point{{{Lat: -17.5, Lon: 179.5}, {Lat: -17.5, Lon: -179.5}, {Lat: -16.5, Lon: -179.5}, {Lat: -17.5, Lon: 179.5}}},
			}},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("alert (-want +got):\n%s", diff)
	}
	if _, offset := got.Sent.Zone(); offset != 2*3600 {
		t.Errorf("offset of sent is %d s, want 7200", offset)
	}
}

func TestParseNamespaces(t *testing.T) {
	t.Parallel()
	bare := head + body
	prefixed := strings.NewReplacer("</", "</cap:", "<", "<cap:").Replace(bare)
	for _, c := range []struct{ name, doc, version string }{
		{"1.2", `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">` + bare + `</alert>`, "1.2"},
		{"1.1", `<alert xmlns = 'urn:oasis:names:tc:emergency:cap:1.1'>` + bare + `</alert>`, "1.1"},
		{"1.0 urn", `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.0">` + bare + `</alert>`, "1.0"},
		{"1.0 incident.com", `<alert xmlns="http://www.incident.com/cap/1.0">` + bare + `</alert>`, "1.0"},
		{"prefix", `<cap:alert xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2">` + prefixed + `</cap:alert>`, "1.2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, problems := mustParse(t, []byte(c.doc))
			if a.Version != c.version || a.Identifier != "i-1" || a.Scope != cap.ScopePublic || len(problems) != 0 {
				t.Errorf("version %q, identifier %q, scope %q, problems %v", a.Version, a.Identifier, a.Scope, problems)
			}
		})
	}
	for _, c := range []struct{ name, doc string }{
		{"none", `<alert>` + bare + `</alert>`},
		{"foreign", `<alert xmlns="urn:example">` + bare + `</alert>`},
		{"undeclared prefix", `<cap:alert>` + prefixed + `</cap:alert>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, problems := mustParse(t, []byte(c.doc))
			if a.Identifier != "i-1" || len(problems) != 1 || !strings.Contains(problems[0].Reason, "not of CAP") {
				t.Errorf("identifier %q, problems %v", a.Identifier, problems)
			}
		})
	}
}

func utf16Bytes(s string, little, mark bool) []byte {
	units := utf16.Encode([]rune(s))
	if mark {
		units = slices.Insert(units, 0, 0xFEFF)
	}
	out := make([]byte, 0, 2*len(units))
	for _, u := range units {
		if little {
			out = append(out, byte(u), byte(u>>8))
		} else {
			out = append(out, byte(u>>8), byte(u))
		}
	}
	return out
}

func TestParseCharsets(t *testing.T) {
	t.Parallel()
	doc := func(encoding, event string) string {
		return fmt.Sprintf(`<?xml version="1.0" encoding="%s"?>`, encoding) +
			strings.Replace(string(withInfo("")), "Storm", event, 1)
	}
	for _, c := range []struct {
		name  string
		data  []byte
		event string
		noted string
	}{
		{"utf-8", []byte(doc("UTF-8", "Lluvia año")), "Lluvia año", ""},
		{"utf-8 with mark", append([]byte("\xEF\xBB\xBF"), doc("utf-8", "Crue été")...), "Crue été", ""},
		{"iso-8859-1", []byte(doc("ISO-8859-1", "Sk\xe5ne")), "Skåne", ""},
		{"windows-1252", []byte(doc("Windows-1252", "\x8atorm \x96 N")), "Štorm – N", ""},
		{"utf-16le with mark", utf16Bytes(doc("UTF-16", "水庫"), true, true), "水庫", ""},
		{"utf-16be with mark", utf16Bytes(doc("UTF-16", "水庫"), false, true), "水庫", ""},
		{"utf-16le without mark", utf16Bytes(doc("UTF-16LE", "水庫"), true, false), "水庫", ""},
		{"mislabelled", []byte(doc("utf-8", "m\xe9t\xe9o")), "météo", "not UTF-8"},
		{"pasted", []byte("This XML file has no style.\n" + doc("utf-8", "PRA")), "PRA", "text before"},
		{"says utf-16, is not", []byte(doc("utf-16", "Flut")), "Flut", "single bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, problems := mustParse(t, c.data)
			if a.Infos[0].Event != c.event {
				t.Errorf("event %q, want %q", a.Infos[0].Event, c.event)
			}
			if (c.noted == "") != (len(problems) == 0) || (c.noted != "" && !strings.Contains(problems[0].Reason, c.noted)) {
				t.Errorf("problems %v, want %q", problems, c.noted)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	bomb := `<!DOCTYPE a [<!ENTITY l "ha"><!ENTITY m "&l;&l;&l;">]>`
	outside := `<!DOCTYPE alert SYSTEM "http://127.0.0.1/x.dtd" [<!ENTITY x SYSTEM "file:///etc/passwd">]>`
	for _, c := range []struct {
		name, doc string
		opt       cap.Options
		want      error
		says      string
	}{
		{"entity bomb", bomb + string(document(head+body)), cap.Options{}, fault.ErrInvalid, "document type"},
		{"external entity", outside + string(document(head+body)), cap.Options{}, fault.ErrInvalid, "document type"},
		{"doctype behind", string(document(head+body)) + outside, cap.Options{}, fault.ErrInvalid, "document type"},
		{"undefined entity", string(document(head + body + "<note>&nbsp;</note>")), cap.Options{}, fault.ErrInvalid, "entity"},
		{"duplicated attribute", `<alert xmlns="a" xmlns="b">` + head + `</alert>`, cap.Options{}, fault.ErrInvalid, "twice"},
		{"one attribute by two prefixes", `<alert xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>`, cap.Options{}, fault.ErrInvalid, "twice"},
		{"many attributes", `<alert ` + manyAttributes(65) + `/>`, cap.Options{}, fault.ErrInvalid, "attributes"},
		{"cut off", string(document(head + body))[:120], cap.Options{}, fault.ErrInvalid, "EOF"},
		{"mismatched tags", `<alert><identifier></alert>`, cap.Options{}, fault.ErrInvalid, "line 1"},
		{"too deep", strings.Repeat("<alert>", 65), cap.Options{}, fault.ErrTooLarge, "deeper than 64"},
		{"too many infos", string(document(head + body + strings.Repeat("<info/>", 1001))), cap.Options{}, fault.ErrTooLarge, "1000 info"},
		{"too many tokens", string(document(head + body)), cap.Options{MaxTokens: 10}, fault.ErrTooLarge, "10 tokens"},
		{"too large", string(document(head + body)), cap.Options{MaxBytes: 100}, fault.ErrTooLarge, "at most 100"},
		{"no identifier", `<alert><sender>s</sender><sent>2026-01-05T10:00:00+01:00</sent></alert>`, cap.Options{}, fault.ErrInvalid, "without identifier"},
		{"no sender", `<alert><identifier>i</identifier><sent>2026-01-05T10:00:00+01:00</sent></alert>`, cap.Options{}, fault.ErrInvalid, "without sender"},
		{"bad sent", `<alert><identifier>i</identifier><sender>s</sender><sent>today</sent></alert>`, cap.Options{}, fault.ErrInvalid, "without sent"},
		{"other root", `<feed/>`, cap.Options{}, fault.ErrInvalid, "root"},
		{"empty", ``, cap.Options{}, fault.ErrInvalid, "no element"},
		{"unknown encoding", `<?xml version="1.0" encoding="utf-7"?>` + string(document(head+body)), cap.Options{}, fault.ErrInvalid, "utf-7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, _, err := cap.Parse([]byte(c.doc), c.opt)
			if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.says) || a != nil {
				t.Errorf("alert %v, error %v; want %v saying %q", a, err, c.want, c.says)
			}
		})
	}
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` a%d="x"`, i)
	}
	return b.String()
}

func TestParseReaderStopsAtTheLimit(t *testing.T) {
	t.Parallel()
	endless := bytes.NewReader(bytes.Repeat([]byte(" "), 4096))
	_, _, err := cap.ParseReader(endless, cap.Options{MaxBytes: 1000})
	if !errors.Is(err, fault.ErrTooLarge) {
		t.Errorf("error %v, want %v", err, fault.ErrTooLarge)
	}
	if left := endless.Len(); left != 4096-1001 {
		t.Errorf("%d bytes left unread, want %d", left, 4096-1001)
	}
}

func TestParseCAP10(t *testing.T) {
	t.Parallel()
	doc := `<alert xmlns="http://www.incident.com/cap/1.0">` + head + `<status>Actual</status><scope>Public</scope>
		<msgType>Update</msgType><references>old-1/a@example</references><info><event>Heat</event><urgency>Future</urgency><severity>Minor</severity>
		<certainty>Very Likely</certainty><parameter>HSAS=ORANGE</parameter></info></alert>`
	a, problems := mustParse(t, []byte(doc))
	if len(problems) != 0 {
		t.Errorf("problems: %v", problems)
	}
	if got := a.Infos[0].Certainty; got != cap.CertaintyLikely {
		t.Errorf("certainty %q", got)
	}
	if diff := cmp.Diff([]cap.Pair{{Name: "HSAS", Value: "ORANGE"}}, a.Infos[0].Parameters); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]cap.Reference{{Sender: "a@example", Identifier: "old-1"}}, a.References); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
}
