package cap_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/cap"
)

func TestProblems(t *testing.T) {
	t.Parallel()
	update := strings.Replace(body, "Alert", "Update", 1)
	for _, c := range []struct {
		name string
		doc  []byte
		want []string // path and a part of the reason
	}{
		{"good", withInfo(""), nil},
		{"no status", document(head + `<msgType>Alert</msgType><scope>Public</scope>`), []string{"/alert/status: required"}},
		{"bad status", document(head + strings.Replace(body, "Actual", "Real", 1)), []string{`/alert/status: "Real" is not in the vocabulary`}},
		{"case", document(head + strings.Replace(body, "Actual", "ACTUAL", 1)), []string{`/alert/status: "Actual" written as "ACTUAL"`}},
		{"identifier with comma", document(strings.Replace(head, "i-1", "i,1", 1) + body), []string{"/alert/identifier: "}},
		{"sender with space", document(strings.Replace(head, "a@example", "KMA OFFICE", 1) + body), []string{"/alert/sender: "}},
		{"Z time", document(strings.Replace(head, "+01:00", "Z", 1) + body), []string{"/alert/sent: time"}},
		{"no zone", document(strings.Replace(head, "+01:00", "", 1) + body), []string{"/alert/sent: time"}},
		{"bad expires", withInfo(`<expires>tomorrow</expires>`), []string{"/alert/info[1]/expires: "}},
		{"expires before sent", withInfo(`<expires>2026-01-05T09:59:59+01:00</expires>`), []string{"/alert/info[1]/expires: before sent"}},
		{"expires before onset", withInfo(`<onset>2026-01-07T00:00:00+01:00</onset><expires>2026-01-06T00:00:00+01:00</expires>`), []string{"/alert/info[1]/expires: before onset"}},
		{"update without references", document(head + update), []string{"/alert/references: missing though msgType is Update"}},
		{"empty references", document(head + update + `<references/>`), []string{"/alert/references: references is empty", "/alert/references: missing"}},
		{"malformed reference", document(head + update + `<references>a@example,i-0 b,c,2026-01-01T00:00:00+00:00</references>`), []string{`/alert/references: reference "a@example,i-0"`}},
		{"circular reference", document(head + update + `<references>a@example,i-1,2026-01-05T09:00:00-00:00</references>`), []string{"/alert/references: message refers to itself"}},
		{"later reference", document(head + update + `<references>a@example,i-0,2026-01-06T09:00:00-00:00</references>`), []string{"sent later than this message"}},
		{"restricted", document(head + strings.Replace(body, "Public", "Restricted", 1)), []string{"/alert/restriction: missing"}},
		{"restriction on public", document(head + body + `<restriction>x</restriction>`), []string{"/alert/restriction: given"}},
		{"private", document(head + strings.Replace(body, "Public", "Private", 1)), []string{"/alert/addresses: missing"}},
		{"repeated element", document(head + body + `<note>1</note><note>2</note>`), []string{"/alert/note: element given again"}},
		{"order", document(head + body + `<note>1</note><source>2</source>`), []string{"/alert/source: out of the order"}},
		{"unknown element", document(head + body + `<event>x</event>`), []string{`/alert: element "event" is not of CAP`}},
		{"text between", document(head + body + `<info>hello</info>`), append(emptyInfo(), `/alert/info[1]: text between elements left out: "hello"`)},
		{"markup in text", document(head + body + `<note>a <b>bold</b> word</note>`), []string{`/alert/note: element "b" inside text`}},
		{"empty info", document(head + body + `<info/>`), emptyInfo()},
		{"bad urgency", withInfo(`<urgency>Now</urgency>`), []string{"/alert/info[1]/urgency: out of the order", "/alert/info[1]/urgency: element given again"}},
		{"bad category", withInfo(`<category>Weather</category>`), []string{"/alert/info[1]/category[2]: out", `/alert/info[1]/category: "Weather"`}},
		{"language", withInfo(`<language>English!</language>`), []string{"/alert/info[1]/language: out", "/alert/info[1]/language: \"English!\""}},
		{"web", withInfo(`<web>www.met.example</web>`), []string{"/alert/info[1]/web: "}},
		{"pair without name", withInfo(`<parameter><value>1</value></parameter>`), []string{"/alert/info[1]/parameter[1]/valueName: required"}},
		{"resource", withInfo(`<resource><size>big</size><uri>x.png</uri><digest>00</digest></resource>`), []string{
			"/alert/info[1]/resource[1]/size:", "resource[1]/resourceDesc: required", "resource[1]/mimeType: required", "resource[1]/uri: \"x.png\" is relative", "resource[1]/digest:",
		}},
		{"not base64", withInfo(`<resource><resourceDesc>a</resourceDesc><mimeType>image/png</mimeType><derefUri>!!</derefUri></resource>`), []string{"/resource[1]/derefUri: content"}},
		{"media type", withInfo(`<resource><resourceDesc>a</resourceDesc><mimeType>picture</mimeType></resource>`), []string{"/resource[1]/mimeType: \"picture\""}},
		{"no areaDesc", withInfo(`<area/>`), []string{"/alert/info[1]/area[1]/areaDesc: required"}},
		{"ceiling alone", withArea(`<ceiling>100</ceiling>`), []string{"/area[1]/ceiling: given without altitude"}},
		{"ceiling below", withArea(`<altitude>200</altitude><ceiling>100</ceiling>`), []string{"/area[1]/ceiling: below altitude"}},
		{"altitude", withArea(`<altitude>NaN</altitude>`), []string{"/area[1]/altitude: \"NaN\""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, problems := mustParse(t, c.doc)
			checkProblems(t, problems, c.want, false)
		})
	}
}

func emptyInfo() []string {
	return []string{
		"/alert/info[1]/urgency: required", "/alert/info[1]/severity: required", "/alert/info[1]/certainty: required",
		"/alert/info[1]/category: required", "/alert/info[1]/event: required",
	}
}

// checkProblems wants each expected text in one problem, and no further problem.
func checkProblems(t *testing.T, problems []cap.Problem, want []string, minor bool) {
	t.Helper()
	for _, w := range want {
		found := 0
		for _, p := range problems {
			if strings.Contains(p.String(), w) && p.Minor == minor {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%d problems say %q", found, w)
		}
	}
	if len(problems) != len(want) {
		t.Errorf("problems %v, want %d", problems, len(want))
	}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	second := `</info><info><language>fr-CA</language><category>Met</category><event>Tempête</event>
		<urgency>Future</urgency><severity>Minor</severity><certainty>Likely</certainty><headline>Same</headline>`
	for _, c := range []struct {
		name string
		doc  []byte
		want []string
	}{
		{"markup", withInfo(`<description>&lt;b&gt;Run&lt;/b&gt;</description>`), []string{"/alert/info[1]/description: holds markup"}},
		{"entity", withInfo(`<description>wind&amp;nbsp;40</description>`), []string{"/alert/info[1]/description: holds markup"}},
		{"no markup", withInfo(`<description>5 &lt; 6 &amp; 7 &gt; 2; a&lt;-b</description>`), nil},
		{"untranslated", withInfo(`<headline>Same</headline>` + second), []string{"/alert/info[2]/headline: same text"}},
		{"bow tie", withArea(`<polygon>0,0 1,1 1,0 0,1 0,0</polygon>`), []string{"/polygon[1]: sides"}},
		{"over the date line", withArea(`<polygon>0,179 0,-179 1,-179 1,179 0,179</polygon>`), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, problems := mustParse(t, c.doc)
			checkProblems(t, problems, c.want, true)
			if _, err := cap.Marshal(*a); err != nil {
				t.Errorf("advice keeps the alert from being written: %v", err)
			}
		})
	}
}

func TestGeometry(t *testing.T) {
	t.Parallel()
	square := []cap.Point{{Lat: 1, Lon: 2}, {Lat: 1, Lon: 3}, {Lat: 2, Lon: 3}, {Lat: 1, Lon: 2}}
	for _, c := range []struct {
		text string
		want []cap.Point
		says string
	}{
		{"1,2 1,3 2,3 1,2", square, ""},
		{"\n 1,2\t1,3\n2,3 1,2 ", square, ""},
		{"1,2 1,3 2,3", square, "not closed"},
		{"1, 2 1, 3 2 ,3 1,2", square, "white space inside"},
		{"1,2 1,3, 2,3, 1,2", square, "comma behind"},
		{"1,2 1,3 1,2", nil, "3 positions"},
		{"1,2", nil, "1 positions"},
		{"", nil, "empty"},
		{"91,2 1,3 2,3 91,2", nil, "not on the earth"},
		{"1,2 1,3 2,361 1,2", nil, "not on the earth"},
		{"1,182 1,183 2,183 1,182", []cap.Point{{Lat: 1, Lon: -178}, {Lat: 1, Lon: -177}, {Lat: 2, Lon: -177}, {Lat: 1, Lon: -178}}, "turned"},
		{"1,2,0 1,3,0 2,3,0 1,2,0", nil, "not a list"},
		{"1 2 1 3 2 3 1 2", nil, "not a list"},
		{"NaN,2 1,3 2,3 NaN,2", nil, "not a list"},
		{"0x1p2,2 1,3 2,3 1,2", nil, "not a list"},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			a, problems := mustParse(t, withArea("<polygon>"+c.text+"</polygon>"))
			var got []cap.Point
			if rings := a.Infos[0].Areas[0].Polygons; len(rings) > 0 {
				got = rings[0]
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("ring (-want +got):\n%s", diff)
			}
			if (c.says == "") != (len(problems) == 0) || !strings.Contains(fmt.Sprint(problems), c.says) {
				t.Errorf("problems %v, want %q", problems, c.says)
			}
		})
	}
	for _, c := range []struct {
		text string
		want []cap.Circle
	}{
		{"32.9525,-115.5527 0", []cap.Circle{{Centre: cap.Point{Lat: 32.9525, Lon: -115.5527}}}},
		{"10,20 5.5", []cap.Circle{{Centre: cap.Point{Lat: 10, Lon: 20}, RadiusKm: 5.5}}},
		{"10, 20 5.5", []cap.Circle{{Centre: cap.Point{Lat: 10, Lon: 20}, RadiusKm: 5.5}}},
		{"10,20", nil},
		{"10,20 -1", nil},
		{"10,20 99999", nil},
		{"95,20 1", nil},
		{"", nil},
	} {
		t.Run("circle "+c.text, func(t *testing.T) {
			t.Parallel()
			a, problems := mustParse(t, withArea("<circle>"+c.text+"</circle>"))
			if diff := cmp.Diff(c.want, a.Infos[0].Areas[0].Circles); diff != "" {
				t.Errorf("circles (-want +got):\n%s", diff)
			}
			if c.want == nil && len(problems) != 1 {
				t.Errorf("problems %v, want one", problems)
			}
		})
	}
}

func TestProblemsAreBounded(t *testing.T) {
	t.Parallel()
	_, problems := mustParse(t, document(head+body+strings.Repeat("<x/>", 5000)))
	if len(problems) != 1001 || !strings.Contains(problems[1000].Reason, "not listed") {
		t.Errorf("%d problems", len(problems))
	}
}
