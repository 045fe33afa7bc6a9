package usgs

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// plainFeature is a feature in the form that the plain reader is made for.
const plainFeature = `{"type":"Feature","properties":{"mag":4.4,"place":"3 km W of Bam, Iran","time":1772337600000,"updated":1772337700040,"tz":null,
	"url":"https://earthquake.usgs.gov/earthquakes/eventpage/us7000abcd","detail":"https://earthquake.usgs.gov/earthquakes/feed/v1.0/detail/us7000abcd.geojson",
	"felt":3,"cdi":2.5,"mmi":null,"alert":"green","status":"reviewed","tsunami":0,"sig":299,"net":"us","code":"7000abcd","ids":",us7000abcd,","sources":",us,",
	"types":",origin,","nst":41,"dmin":0.6,"rms":0.57,"gap":70,"magType":"mb","type":"earthquake","title":"M 4.4 - Bam"},
	"geometry":{"type":"Point","coordinates":[58.3,29.1,10]},"id":"us7000abcd"}`

// same holds the plain reader against encoding/json: where it takes a piece it must say the
// same. It returns whether it took it.
func same(t *testing.T, raw []byte) bool {
	t.Helper()
	var fast, slow feature
	r := plainReader{b: string(raw)}
	if !r.feature(&fast) {
		return false
	}
	if err := json.Unmarshal(raw, &slow); err != nil || !reflect.DeepEqual(fast, slow) {
		t.Errorf("%s\nplain %+v\njson %+v, %v", raw, fast, slow, err)
	}
	return true
}

func TestPlainReaderSaysTheSame(t *testing.T) {
	t.Parallel()
	if !same(t, []byte(plainFeature)) {
		t.Fatal("the plain form is not taken")
	}
	for _, raw := range []string{
		`{}`, `null`, `[]`, ``, ` {"id":"a"} `, `{"id":"a"}x`, `{"id":"a",}`, `{"id":"a" "type":"b"}`, `{"ID":"a"}`, `{"id":"a","id":"b"}`, `{"id":null,"id":"b"}`,
		`{"id":"\u0061"}`, "{\"id\":\"a\nb\"}", "{\"id\":\"\xff\"}", `{"id":"é"}`, `{"id":1}`, `{"id":true}`, `{"properties":null}`, `{"properties":[]}`, `{"properties":{"mag":"4"}}`,
		`{"properties":{"mag":04}}`, `{"properties":{"mag":-0}}`, `{"properties":{"mag":.5}}`, `{"properties":{"mag":5.}}`, `{"properties":{"mag":1e400}}`, `{"properties":{"mag":1E+2}}`, `{"properties":{"mag":+1}}`,
		`{"properties":{"mag":NaN}}`, `{"properties":{"Mag":1}}`, `{"properties":{"MAGTYPE":"x"}}`, `{"properties":{"products":{}}}`, `{"properties":{"products":null}}`, `{"properties":{"tsunami":null}}`,
		`{"properties":{"x":{"y":[1,{"z":null}],"t":true,"f":false}}}`, `{"properties":{"x":[1,]}}`, `{"properties":{"x":tru}}`, `{"properties":{"x":[[[[[[[[[[[[1]]]]]]]]]]]]}}`, `{"properties":{"ſtatus":"x"}}`,
		`{"geometry":null}`, `{"geometry":{}}`, `{"geometry":{"coordinates":[]}}`, `{"geometry":{"coordinates":null}}`, `{"geometry":{"coordinates":[1,null]}}`, `{"geometry":{"coordinates":[1,2,3,4]}}`, `{"geometry":{"coordinates":[[1]]}}`,
		`{"geometry":{"type":"Point"},"geometry":null}`, `{"a":1}`, `{"a":"b`, `{"a"`, `{`, `{"a":-}`, `{"a":1e}`, `{"Kd":1}`,
	} {
		same(t, []byte(raw))
		for cut := range raw {
			same(t, []byte(raw[:cut]))
		}
	}
}

func FuzzReadFeature(f *testing.F) {
	f.Add([]byte(plainFeature))
	f.Add([]byte(`{"id":"a","properties":{"mag":1e2,"products":{},"x":[{"y":null}]},"geometry":{"coordinates":[1,null,-3.5]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) { same(t, raw) })
}

// benchDocuments gives summaries: those of the corpus if there is one, else one made of the
// plain feature.
func benchDocuments(tb testing.TB) (docs [][]byte, quakes int) {
	tb.Helper()
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		body := `{"type":"FeatureCollection","metadata":{"generated":1772337800000},"features":[` + plainFeature
		for range 99 {
			body += "," + plainFeature
		}
		return slices.Repeat([][]byte{[]byte(body + "]}")}, 20), 2000
	}
	files, err := filepath.Glob(filepath.Join(root, "feeds", "usgs", "*.*json"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		var d document
		if json.Unmarshal(body, &d) == nil && len(d.Features) > 0 {
			docs, quakes = append(docs, body), quakes+len(d.Features)
		}
	}
	return docs, quakes
}

// document is what a program without this package would unmarshal a summary into.
type document struct {
	Metadata metadata  `json:"metadata"`
	Features []feature `json:"features"`
}

// TestCorpusFeaturesAreTheSame: every feature of the corpus, and most of them in plain form.
func TestCorpusFeaturesAreTheSame(t *testing.T) {
	t.Parallel()
	if os.Getenv("WATCHFIRE_CORPUS") == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	docs, quakes := benchDocuments(t)
	plain := 0
	for _, body := range docs {
		pieces, err := scan.Split(body, "features")
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range pieces.Items {
			if same(t, raw) {
				plain++
			}
		}
	}
	t.Logf("%d of %d features in plain form", plain, quakes)
	if plain*10 < quakes*9 {
		t.Errorf("only %d of %d features in plain form", plain, quakes)
	}
}

// BenchmarkAgainstStandard reads the same summaries in turns: cut, checked and read into
// features by this package, and by encoding/json into the same structs. Parse stands for all
// of the work, signals included.
func BenchmarkAgainstStandard(b *testing.B) {
	docs, quakes := benchDocuments(b)
	read := func(body []byte) {
		pieces, err := scan.Split(body, "features")
		if err != nil {
			b.Fatal(err)
		}
		for _, raw := range pieces.Items {
			if _, err := readFeature(raw); err != nil && !bytes.Contains(raw, []byte("NaN")) {
				b.Fatal(err)
			}
		}
	}
	block := func(read func(body []byte)) time.Duration {
		runtime.GC() // each pays for its own garbage
		begin := time.Now()
		for _, body := range docs {
			read(body)
		}
		return time.Since(begin)
	}
	var ratios, whole []float64
	for b.Loop() {
		ours := block(read)
		theirs := block(func(body []byte) {
			var d document
			if err := json.Unmarshal(body, &d); err != nil {
				b.Fatal(err)
			}
		})
		all := block(func(body []byte) {
			if _, err := Parse(feed.Input{Source: feed.Source{ID: "usgs"}, Body: body}); err != nil {
				b.Fatal(err)
			}
		})
		ratios = append(ratios, float64(theirs)/float64(ours))
		whole = append(whole, float64(all.Nanoseconds())/1000/float64(quakes))
	}
	slices.Sort(ratios)
	slices.Sort(whole)
	b.ReportMetric(ratios[len(ratios)/2], "ratio_encodingjson:x")
	b.ReportMetric(whole[len(whole)/2], "quake_us:us")
}
