package usgs_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/feed/usgs"
)

// TestCorpus reads every stored sample: each feature becomes a signal or is quarantined,
// counted independently of the parser, within two seconds a record.
func TestCorpus(t *testing.T) {
	t.Parallel()
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	files, err := filepath.Glob(filepath.Join(root, "feeds", "usgs", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples in %s: %v", root, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { // one after the other: each is timed
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !usgs.Sniff(body) {
				t.Error("not recognised")
			}
			start := time.Now()
			r, err := usgs.Parse(input(body))
			if took := time.Since(start); err != nil || took > 2*time.Second {
				t.Fatalf("%v after %v", err, took)
			}
			want := count(t, file, body)
			if r.Items != want || len(r.Signals)+len(r.Quarantined) != want {
				t.Errorf("%d items, %d signals, %d quarantined; counted %d", r.Items, len(r.Signals), len(r.Quarantined), want)
			}
			if len(r.Quarantined) > want/100 {
				t.Errorf("quarantined %d of %d, first: %+v", len(r.Quarantined), want, r.Quarantined[0].Reason)
			}
			if want > 0 && r.Content.IsZero() {
				t.Error("no time of content")
			}
			for _, s := range r.Signals {
				if s.ID == "" || s.Key == "" || s.Version == "" || s.Order == 0 || len(s.Footprints) != 1 || s.Texts[0].Headline == "" {
					t.Fatalf("incomplete: %+v", s)
				}
			}
		})
	}
}

func count(t *testing.T, file string, body []byte) int {
	t.Helper()
	if strings.HasSuffix(file, ".csv") {
		return len(strings.Split(strings.TrimSpace(string(body)), "\n")) - 1
	}
	body = bytes.TrimSuffix(bytes.TrimPrefix(bytes.TrimSpace(body), []byte("eqfeed_callback(")), []byte(");"))
	var doc struct {
		Type     string
		Features []any
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Type == "Feature" {
		return 1
	}
	return len(doc.Features)
}
