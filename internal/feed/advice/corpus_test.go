package advice

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCorpus reads every real sample and counts its rows independently.
func TestCorpus(t *testing.T) {
	t.Parallel()
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	for pattern, kind := range map[string]string{
		"travel-us/*.json": "advice-us", "travel-uk/*.json": "advice-uk", "travel-canada/*.json": "advice-canada",
		"travel-australia/*.json": "advice-australia", "travel-multi/*.json": "advice-australia",
	} {
		files, _ := filepath.Glob(filepath.Join(root, "feeds", pattern))
		if len(files) == 0 {
			t.Errorf("no %s", pattern)
		}
		for _, file := range files {
			if strings.Contains(file, "email_alert_signup") {
				continue
			}
			t.Run(filepath.Base(file), func(t *testing.T) { // one after the other: they are timed
				corpusFile(t, file, kind)
			})
		}
	}
}

func corpusFile(t *testing.T, file, kind string) {
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	res, err := parse(t, kind, body)
	if took := time.Since(start); err != nil || took > 2*time.Second {
		t.Fatalf("%v after %v", err, took)
	}
	merged := 0
	for _, s := range res.Signals {
		if !slices.ContainsFunc(s.Notes, func(n string) bool { return strings.Contains(n, "states no step") }) {
			level(t, s)
		}
		for _, n := range s.Notes {
			if strings.HasPrefix(n, "stands twice") {
				merged++
			}
		}
	}
	if want := rowsIn(t, body); want != len(res.Signals)+len(res.Quarantined)+len(res.Links)+merged {
		t.Errorf("%d rows; %d signals, %d quarantined, %d links, %d merged", want, len(res.Signals), len(res.Quarantined), len(res.Links), merged)
	}
	if len(res.Quarantined) > 10 && len(res.Quarantined)*7 > len(res.Signals) {
		t.Errorf("%d quarantined beside %d signals", len(res.Quarantined), len(res.Signals))
	}
	reasons := map[string]int{}
	for _, q := range res.Quarantined {
		reasons[q.Reason]++
	}
	t.Logf("%d signals, %d links, %d merged, quarantined %v", len(res.Signals), len(res.Links), merged, reasons)
}

// rowsIn counts the countries of a record without the parser's own types.
func rowsIn(t *testing.T, body []byte) int {
	t.Helper()
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatal(err)
	}
	if list, ok := value.([]any); ok {
		return len(list)
	}
	object := value.(map[string]any)
	for _, key := range []string{"advisories", "countries", "data"} {
		switch v := object[key].(type) {
		case []any:
			return len(v)
		case map[string]any:
			return len(v)
		}
	}
	if links, ok := object["links"].(map[string]any); ok {
		if children, ok := links["children"].([]any); ok {
			return len(children)
		}
	}
	return 1
}
