package scan_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/scan"
)

func TestJSONLimits(t *testing.T) {
	t.Parallel()
	nest := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	for name, c := range map[string]struct {
		body []byte
		ok   bool
	}{
		"at the limit":         {nest(scan.MaxDepth), true},
		"one deeper":           {nest(scan.MaxDepth + 1), false},
		"brackets in a string": {[]byte(`{"a":"` + strings.Repeat("[", 100) + `\"{"}`), true},
		"as large as allowed":  {make([]byte, scan.MaxBytes), true},
		"one byte too large":   {make([]byte, scan.MaxBytes+1), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := scan.JSON(c.body)
			if (err == nil) != c.ok {
				t.Fatalf("JSON: %v, want ok %v", err, c.ok)
			}
			if err != nil && !errors.Is(err, fault.ErrTooLarge) {
				t.Errorf("error %v is not ErrTooLarge", err)
			}
		})
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, key, items, frame, rest string
		bad                           bool
	}{
		"plain":         {body: `{"a":1,"f":[{"x":"],"}, 2 ,[3]],"b":2}`, key: "f", items: `{"x":"],"}|2|[3]`, frame: `{"a":1,"f":[],"b":2}`},
		"empty":         {body: `{"f": [ ] }`, key: "f", frame: `{"f": [] }`},
		"inner member":  {body: `{"a":{"f":[9]},"f":[1]}`, key: "f", items: `1`, frame: `{"a":{"f":[9]},"f":[]}`},
		"value of name": {body: `{"a":"f","f":[1]}`, key: "f", items: `1`, frame: `{"a":"f","f":[]}`},
		"outermost":     {body: `[1,2]`, items: `1|2`, frame: `[]`},
		"not a number":  {body: `{"f":[{"x":NaN},{"x":1}]}`, key: "f", items: `{"x":NaN}|{"x":1}`, frame: `{"f":[]}`},
		"cut off":       {body: `{"f":[{"x":1},{"x":`, key: "f", items: `{"x":1}`, frame: `{"f":[]}`, rest: `{"x":`},
		"no array":      {body: `{"g":[]}`, key: "f", bad: true},
		"other value":   {body: `{"f":{}}`, key: "f", bad: true},
		"twice":         {body: `{"f":[1],"f":[2]}`, key: "f", bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := scan.Split([]byte(c.body), c.key)
			if (err != nil) != c.bad {
				t.Fatalf("Split: %v", err)
			}
			var items []string
			for _, i := range p.Items {
				items = append(items, string(i))
			}
			if got := strings.Join(items, "|"); got != c.items || string(p.Frame) != c.frame || string(p.Rest) != c.rest {
				t.Errorf("items %s frame %s rest %s", got, p.Frame, p.Rest)
			}
		})
	}
}

func TestXMLLimits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"plain":               {`<?xml version="1.0"?><a x="1>2" y='"'><b/><!-- <!DOCTYPE --></a>`, nil},
		"doctype":             {`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a/>`, fault.ErrInvalid},
		"doctype lower case":  {`<!doctype html><a/>`, fault.ErrInvalid},
		"doctype behind text": {`junk <!-- --><!DOCTYPE a><a/>`, fault.ErrInvalid},
		"doctype in CDATA":    {`<a><![CDATA[<!DOCTYPE a>]]></a>`, nil},
		"deep":                {strings.Repeat("<a>", scan.MaxDepth+1), fault.ErrTooLarge},
		"deep enough":         {strings.Repeat("<a>", scan.MaxDepth) + strings.Repeat("</a>", scan.MaxDepth), nil},
		"many":                {"<r>" + strings.Repeat("<a/>", scan.MaxTokens), fault.ErrTooLarge},
		"attribute twice":     {`<a x="1" y="2" x="3"/>`, fault.ErrInvalid},
		"sixteen bits":        {"<\x00a\x00/\x00>\x00", fault.ErrInvalid},
		"not closed at all":   {`<a><b><c`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := scan.XML([]byte(c.body)); !errors.Is(err, c.want) {
				t.Errorf("XML: %v, want %v", err, c.want)
			}
		})
	}
}

func TestElements(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, want string }{
		"two":           {`<r><item>a</item>,<item x="y">b</item></r>`, `<item>a</item>|<item x="y">b</item>`},
		"prefix":        {`<rss:item>a</rss:item><items/><item/>`, `<rss:item>a</rss:item>|<item/>`},
		"in a comment":  {`<!--<item>no</item>--><item>a</item>`, `<item>a</item>`},
		"in CDATA":      {`<item><![CDATA[</item><item>]]></item>`, `<item><![CDATA[</item><item>]]></item>`},
		"not closed":    {`<item>a<item>b</item><item>c`, `!<item>a|<item>b</item>|!<item>c`},
		"open CDATA":    {`<item><![CDATA[a</item><item>b</item>`, `<item><![CDATA[a</item>|<item>b</item>`},
		"broken tag":    {`<item a="x<item>b</item>`, `<item>b</item>`},
		"none":          {`<rss/>`, ``},
		"end tag alone": {`</item><item/>`, `<item/>`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, e := range scan.Elements([]byte(c.body), "item") {
				s := string(e.Raw)
				if c.body[e.Offset:e.Offset+len(s)] != s {
					t.Errorf("offset %d is not that of %s", e.Offset, s)
				}
				if !e.Whole {
					s = "!" + s
				}
				got = append(got, s)
			}
			if s := strings.Join(got, "|"); s != c.want {
				t.Errorf("got  %s\nwant %s", s, c.want)
			}
		})
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	got, err := scan.Time(" 2026-05-27T14:51:04+02:00 ", time.RFC3339)
	if want := time.Date(2026, 5, 27, 12, 51, 4, 0, time.UTC); err != nil || !got.Equal(want) || got.Location() != time.UTC {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "yesterday", "1899-12-31T00:00:00Z", "2201-01-01T00:00:00Z"} {
		if _, err := scan.Time(bad, time.RFC3339); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := scan.Millis(9e15); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("Millis of a far time: %v", err)
	}
	if got, err := scan.Millis(1527102821000); err != nil || got.Year() != 2018 {
		t.Errorf("Millis: %v, %v", got, err)
	}
}

func TestTextAndTrim(t *testing.T) {
	t.Parallel()
	if got := scan.Text(" a\x00b \n\t c\xff "); got != "a b c\uFFFD" {
		t.Errorf("Text: %q", got)
	}
	if got := len(scan.Text(strings.Repeat("x", scan.MaxText+5))); got != scan.MaxText {
		t.Errorf("Text keeps %d characters", got)
	}
	if got := string(scan.Trim([]byte("\xc3\xaf\xc2\xbb\xc2\xbf\xef\xbb\xbf \n<a>"))); got != "<a>" {
		t.Errorf("Trim: %q", got)
	}
}

// TestLinear feeds constructs that make careless scanners quadratic; each must end far
// below the limit of two seconds for a record even on a busy machine.
func TestLinear(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{`<a "`, `<![CDATA[`, `<!--`, `<a a=`, `a=`, `<?`, `{"a":[`, `"\`, `<item `} {
		body := []byte("<a " + strings.Repeat(unit, (1<<20)/len(unit)))
		start := time.Now()
		_ = scan.XML(body)
		_ = scan.JSON(body)
		scan.Elements(body, "item")
		_, _ = scan.Split(body, "a")
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%q repeated took %v", unit, d)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{`{"f":[1,{"a":"\""}]}`, `[1,`, `<item a="b">c</item>`, `<!--<item>`, `<![CDATA[`, `<a x="1" x="2">`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		_ = scan.XML(body)
		_ = scan.JSON(body)
		scan.Text(string(scan.Trim(body)))
		for _, e := range scan.Elements(body, "item") {
			if string(body[e.Offset:e.Offset+len(e.Raw)]) != string(e.Raw) {
				t.Fatal("element is not at its offset")
			}
		}
		for _, key := range []string{"", "f"} {
			if p, err := scan.Split(body, key); err == nil && len(p.Frame) > len(body)+3 {
				t.Fatal("frame longer than the document")
			}
		}
	})
}

// TestStringsOfEscapes: where a string ends does not depend on how many escapes it has, and
// a long row of them is walked once.
func TestStringsOfEscapes(t *testing.T) {
	t.Parallel()
	for n := range 7 {
		body := `{"a":["` + strings.Repeat(`\`, n) + `","x"]}`
		want := 2
		if n%2 == 1 {
			want = 0 // the quote is escaped: the string goes on to the next one, and the array never ends
		}
		p, err := scan.Split([]byte(body), "a")
		if err != nil || len(p.Items) != want || (p.Rest != nil) != (want == 0) {
			t.Errorf("%d backslashes: %q, rest %q, %v", n, p.Items, p.Rest, err)
		}
	}
	long := []byte(`["` + strings.Repeat(`\\`, 8<<20) + `"]`)
	if p, err := scan.Split(long, ""); err != nil || len(p.Items) != 1 || len(p.Items[0]) != len(long)-2 {
		t.Errorf("a long string gives %d items, %v", len(p.Items), err)
	}
}

// TestSplitHoldsTheLimits: whatever Split cuts, JSON would have let pass.
func TestSplitHoldsTheLimits(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for n := range scan.MaxDepth + 4 {
		for _, body := range []string{
			`{"b":` + deep(n) + `,"a":[1]}`, `{"a":[` + deep(n) + `]}`, `{"a":[],"b":` + deep(n) + `}`, `{"a":[{"c":` + deep(n) + `}],"b":1}`, `{"a":[` + deep(n),
		} {
			_, err := scan.Split([]byte(body), "a")
			if want := scan.JSON([]byte(body)); (want == nil) != (err == nil) || (want != nil && !errors.Is(err, fault.ErrTooLarge)) {
				t.Errorf("%d deep, %.40s…: %v, want %v", n, body, err, want)
			}
		}
	}
}
