package nhc

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
)

var update = flag.Bool("update", false, "renew the golden files")

func input(body []byte) feed.Input {
	return feed.Input{
		Source: feed.Source{ID: "nhc", Owner: "NOAA", Reliability: "A", Credibility: 1},
		Record: "record", Received: time.Date(2026, 9, 1, 14, 0, 0, 0, time.UTC), Body: body,
	}
}

// lines writes a result as JSON lines: a head, the signals, the quarantined pieces.
func lines(t *testing.T, r feed.Result) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	put := func(v any) {
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	put(map[string]any{"items": r.Items, "content": r.Content})
	for _, s := range r.Signals {
		put(s)
	}
	for _, q := range r.Quarantined {
		put(q)
	}
	return out.Bytes()
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, format := range map[string]feed.Format{"storms.json": Format(), "deck.dat": FormatATCF()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := read(t, name)
			if Sniff(body) != (format.Kind == Kind) || SniffATCF(body) != (format.Kind == KindATCF) {
				t.Error("taken for another format")
			}
			r, err := format.Parse(input(body))
			if err != nil {
				t.Fatal(err)
			}
			got, golden := lines(t, r), filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, name+".golden"); !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestStorms(t *testing.T) {
	t.Parallel()
	r, err := Parse(input(read(t, "storms.json")))
	if err != nil || r.Items != 7 || len(r.Signals) != 3 || len(r.Quarantined) != 4 {
		t.Fatalf("%d items, %d signals, %+v, %v", r.Items, len(r.Signals), r.Quarantined, err)
	}
	if s := r.Signals[0]; s.Key != "nhc:al062026" || !strings.HasSuffix(s.Version, "/011A") || s.Track[0].WindKT != 85 || len(s.Links) != 4 {
		t.Errorf("first: %+v", s)
	}
	if p := r.Signals[1].Footprints[0].Shape.Points[0]; p.Lat != -4.6 || p.Lon != 175.5 {
		t.Errorf("hemispheres of the text: %+v", p)
	}
	if n := r.Signals[2].Notes; len(n) != 1 || !strings.Contains(n[0], "differs") {
		t.Errorf("a wrong sign in the numbers: notes %v", n)
	}
}

func TestNoStorms(t *testing.T) {
	t.Parallel()
	if r, err := Parse(input([]byte("{\n  \"activeStorms\": []\n}"))); err != nil || r.Items != 0 || len(r.Signals) != 0 || len(r.Quarantined) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestDeck(t *testing.T) {
	t.Parallel()
	r, used, err := parseDeck(input(read(t, "deck.dat")))
	if err != nil || r.Items != 14 || used != 10 || len(r.Quarantined) != 4 || len(r.Signals) != 2 {
		t.Fatalf("%d items, %d used, %+v, %v", r.Items, used, r.Quarantined, err)
	}
	al, wp := r.Signals[0], r.Signals[1]
	if al.Key != "nhc:al062026" || wp.Key != "jtwc:wp022026" || al.Texts[0].Headline != "Hurricane TESTA" {
		t.Errorf("%s, %s, %s", al.Key, wp.Key, al.Texts[0].Headline)
	}
	if len(al.Track) != 3 || al.Track[1].Forecast || !al.Track[2].Forecast || al.Track[2].WindKT != 80 {
		t.Fatalf("track %+v", al.Track)
	}
	// Nautical miles become kilometres; a row names the quadrant it begins with; AAA is all round.
	if got, want := al.Track[1].Radii, ([3][4]float64{{111.1, 92.6, 0, 74.1}, {55.6, 37, 0, 37}, {18.5, 18.5, 18.5, 18.5}}); got != want {
		t.Errorf("radii %v, want %v", got, want)
	}
	if got, want := al.Track[2].Radii[0], ([4]float64{37, 74.1, 111.1, 92.6}); got != want {
		t.Errorf("radii from the south-west on: %v, want %v", got, want)
	}
	if wp.Track[1].Place.Lon != -178.5 {
		t.Errorf("beyond the date line: %+v", wp.Track[1].Place)
	}
	if p, ok := al.Measures.Get("pressure"); !ok || p != 985 {
		t.Errorf("pressure %v", p)
	}
}

func TestWholeRecord(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		parse feed.Parser
		body  string
	}{
		"storms: nothing":  {Parse, ""},
		"storms: HTML":     {Parse, "<html/>"},
		"storms: no list":  {Parse, `{"activeStorms":null}`},
		"storms: too deep": {Parse, `{"activeStorms":` + strings.Repeat("[", 70)},
		"deck: nothing":    {ParseATCF, ""},
		"deck: prose":      {ParseATCF, "BULLETIN\nTropical Storm, Testa, Advisory, Number, 1, 2, 3, 4"},
	} {
		if _, err := c.parse(input([]byte(c.body))); !errors.Is(err, fault.ErrInvalid) && !errors.Is(err, fault.ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCorpus reads the stored samples of both formats, counted independently of the parser.
func TestCorpus(t *testing.T) {
	t.Parallel()
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	files, err := filepath.Glob(filepath.Join(root, "feeds", "nhc", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples in %s: %v", root, err)
	}
	read := 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r feed.Result
		used, want := 0, 0
		start := time.Now()
		switch {
		case strings.HasSuffix(file, ".json"):
			var doc struct{ ActiveStorms []any }
			if err := json.Unmarshal(body, &doc); err != nil {
				t.Fatal(err)
			}
			want = len(doc.ActiveStorms)
			r, err = Parse(input(body))
			used = len(r.Signals)
		case strings.HasSuffix(file, ".dat"):
			want = len(strings.Split(strings.TrimSpace(string(body)), "\n"))
			r, used, err = parseDeck(input(body))
		default:
			if Sniff(body) || SniffATCF(body) {
				t.Errorf("%s: taken for a format that it is not", filepath.Base(file))
			}
			continue
		}
		read++
		if took := time.Since(start); err != nil || took > 2*time.Second {
			t.Errorf("%s: %v after %v", filepath.Base(file), err, took)
		}
		if r.Items != want || used != want || len(r.Quarantined) != 0 {
			t.Errorf("%s: %d items, %d used, %d quarantined; counted %d", filepath.Base(file), r.Items, used, len(r.Quarantined), want)
		}
		for _, s := range r.Signals {
			if s.Hazard != event.Cyclone || len(s.Track) == 0 || s.Order == 0 {
				t.Errorf("incomplete: %+v", s)
			}
		}
	}
	if read < 4 {
		t.Errorf("only %d samples of the formats", read)
	}
}
