package corpus

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
)

const doc = "../../../docs/sources.md"

// TestCorpus reads every stored sample and holds docs/sources.md against the outcome.
func TestCorpus(t *testing.T) { // alone: it measures time and memory
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	table, err := Table(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := Current(doc, table); err != nil {
		t.Errorf("%v; renew it with: watchfire corpus --doc docs/sources.md FOLDER", err)
	}
	t.Log("\n" + table)
}

// small makes a folder of samples from the look-alikes of the formats.
func small(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for from, to := range map[string]string{
		"../push/testdata/delivery.json": "unknown/b.json", "../capfeed/testdata/alert.xml": "cap/a.xml",
		"../capfeed/testdata/index.atom": "meteoalarm/a.xml", "../nhc/testdata/deck.dat": "nhc/a.dat",
		"../nws/testdata/alerts.json": "nws/a.json", "../news/testdata/feed.rss": "news/a.rss",
	} {
		body, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "feeds", to), body)
	}
	write(t, filepath.Join(dir, "feeds", "unknown", "a.bin"), []byte("?"))
	return dir
}

func write(t *testing.T, path string, body []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := Run(small(t), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| meteoalarm | cap-index | 1 | 4 | 1 | 1 |", "| cap | cap | 1 | 1 | 1 | 0 |", "| **all** | | 5 |", "by folder: unknown (2)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestRunNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := small(t)
	write(t, filepath.Join(dir, "feeds", "usgs", "b.json"), []byte(`{"nothing":"here"}`))
	write(t, filepath.Join(dir, "feeds", "cap", "google__xee.cap"), []byte(`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier><sender>s</sender><sent>2026-01-01T00:00:00Z</sent><status>Actual</status></alert>`))
	err := Run(dir, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "usgs/b.json as usgs: refused") || !strings.Contains(err.Error(), "must be refused") {
		t.Errorf("error %v", err)
	}
	if err := Run(t.TempDir(), &bytes.Buffer{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no samples: %v", err)
	}
}

func TestLostItemsAreFound(t *testing.T) {
	t.Parallel()
	body := []byte("<rss><channel><item/><item/><item/></channel></rss>")
	signals := func(n int, notes ...string) feed.Result {
		return feed.Result{Items: n, Signals: append(make([]event.Signal, n-1), event.Signal{Notes: notes})}
	}
	for name, c := range map[string]struct {
		kind string
		res  feed.Result
		ok   bool
	}{
		"all there":     {"news", signals(3), true},
		"one lost":      {"news", signals(2), false},
		"one too many":  {"news", signals(4), false},
		"merged":        {"cap-index", signals(1, "told by 3 entries of an index"), true},
		"merged, lost":  {"cap-index", signals(1, "told by 2 entries of an index"), false},
		"not its kind":  {"news", signals(1, "told by 3 entries of an index"), false},
		"behind a link": {"cap-index", feed.Result{Links: make([]feed.Link, 3)}, true},
	} {
		r := &row{kind: c.kind, reasons: map[string]int{}}
		if err := r.account("a", body, c.res); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind, file, body string
		want             tally
	}{
		"alerts with prefix": {"cap", "a", `<x:alert a="1"/><alerts><alert/></alerts>`, tally{items: 2}},
		"csv":                {"usgs", "a.csv", "time,place\n1,\"a\nb\"\n2,c\n", tally{items: 2}},
		"callback":           {"usgs", "a", `eqfeed_callback({"features":[{},{}]});`, tally{items: 2}},
		"one feature":        {"usgs", "a", `{"type":"Feature"}`, tally{items: 1}},
		"observations":       {"eonet", "a", `{"features":[{"properties":{"id":1}},{"properties":{"id":1}},{"properties":{"id":2}}]}`, tally{3, 2}},
		"map":                {"gdacs-geojson", "a", `{"features":[{"properties":{"eventtype":"TC","eventid":"7","episodeid":"1"}},{"properties":{"eventid":null}}]}`, tally{2, 1}},
		"track":              {"atcf", "a", "AL, 06, 1\nAL, 06, 2\n\nEP, 01, 1\n", tally{3, 2}},
		"countries":          {"advice-canada", "a", `{"data":{"KE":{},"ML":{}}}`, tally{items: 2}},
	} {
		if got, err := count(c.kind, c.file, []byte(c.body)); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
		}
	}
}

func TestMeasureSeesPanicAndMemory(t *testing.T) {
	in := feed.Input{}
	if out := measure(func(feed.Input) (feed.Result, error) { panic("no") }, in); out.panicked == nil {
		t.Error("a panic went unseen")
	}
	var keep []byte
	out := measure(func(feed.Input) (feed.Result, error) {
		keep = make([]byte, 80<<20)
		return feed.Result{}, nil
	}, in)
	if keep[0]++; out.heap < 70<<20 {
		t.Errorf("80 MB were seen as %d", out.heap)
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "doc.md")
	write(t, path, []byte("before\n"+begin+"former\n"+end+"\nafter\n"))
	first := markdown([]*row{{folder: "a", kind: "news", files: 1, slowest: time.Second}}, nil)
	second := markdown([]*row{{folder: "a", kind: "news", files: 1, slowest: 2 * time.Second, ratio: 3}}, nil)
	other := markdown([]*row{{folder: "a", kind: "news", files: 2}}, nil)
	if err := UpdateDoc(path, first); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(path)
	if s := string(text); !strings.HasPrefix(s, "before\n") || !strings.HasSuffix(s, end+"\nafter\n") || strings.Contains(s, "former") {
		t.Errorf("document %s", s)
	}
	if err := Current(path, second); err != nil {
		t.Errorf("only time and memory differ: %v", err)
	}
	if err := Current(path, other); err == nil {
		t.Error("another table counts as current")
	}
	write(t, path, []byte("no marks"))
	if err := UpdateDoc(path, first); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("no marks: %v", err)
	}
}
