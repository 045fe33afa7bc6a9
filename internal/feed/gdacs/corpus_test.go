package gdacs

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/feed"
)

// TestCorpus reads every stored sample, counted independently of the parser, within two
// seconds a record: each item is in a signal or quarantined.
func TestCorpus(t *testing.T) {
	t.Parallel()
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	files, err := filepath.Glob(filepath.Join(root, "feeds", "gdacs", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples in %s: %v", root, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { // one after the other: each is timed
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			r, used, want := parseSample(t, file, body)
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
			if r.Items != want || used+len(r.Quarantined) != want || len(r.Signals) == 0 {
				t.Errorf("%d items, %d used, %d quarantined; counted %d", r.Items, used, len(r.Quarantined), want)
			}
			if len(r.Quarantined) > 0 {
				t.Errorf("quarantined %d, first: %+v", len(r.Quarantined), r.Quarantined[0].Reason)
			}
			if r.Content.IsZero() {
				t.Error("no time of content")
			}
			for _, s := range r.Signals {
				if s.Order == 0 || len(s.Footprints) == 0 || s.Texts[0].Headline == "" {
					t.Fatalf("incomplete: %s %s", s.Key, s.Version)
				}
				for _, n := range s.Notes {
					if strings.Contains(n, "unknown class") {
						t.Error(n)
					}
				}
			}
		})
	}
}

func parseSample(t *testing.T, file string, body []byte) (r feed.Result, used, want int) {
	t.Helper()
	var err error
	if !strings.HasSuffix(file, ".geojson") {
		if !SniffRSS(body) {
			t.Error("not recognised")
		}
		if r, err = ParseRSS(input(body)); err != nil {
			t.Fatal(err)
		}
		return r, len(r.Signals), len(regexp.MustCompile(`<item>`).FindAll(body, -1))
	}
	if !SniffGeoJSON(body) {
		t.Error("not recognised")
	}
	if r, used, err = parseGeoJSON(input(body)); err != nil {
		t.Fatal(err)
	}
	var doc struct{ Features []any }
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), &doc); err != nil {
		t.Fatal(err)
	}
	return r, used, len(doc.Features)
}
