package cap_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/fault"
)

// corpusFiles gives the files of the corpus below the folders, or skips.
func corpusFiles(t *testing.T, folders ...string) []string {
	t.Helper()
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	var files []string
	for _, folder := range folders {
		found, err := filepath.Glob(filepath.Join(root, "feeds", folder, "*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			t.Errorf("no files in %s", folder)
		}
		files = append(files, found...)
	}
	return files
}

// countAlerts counts the start tags with the local name alert by looking at bytes alone:
// its own few lines, so that it can disagree with the package.
func countAlerts(doc string) int {
	n := 0
	for i, c := range doc {
		if c != '<' {
			continue
		}
		name := doc[i+1:]
		if end := strings.IndexAny(name, " \t\r\n/>"); end >= 0 {
			name = name[:end]
		}
		if name == "alert" || strings.HasSuffix(name, ":alert") {
			n++
		}
	}
	return n
}

func TestCorpusLosesNoAlert(t *testing.T) {
	t.Parallel()
	refused := map[string]bool{"google__xee.cap": true, "google__xee.atom": true}
	total, usable := 0, 0
	for _, file := range corpusFiles(t, "cap", "cap-sources", "meteoalarm", "nws") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		start := time.Now()
		pieces, err := cap.ParseAll(data)
		_, indexErr := cap.ParseIndex(data)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		want := countAlerts(string(data))
		if refused[name] {
			if !errors.Is(err, fault.ErrInvalid) || !errors.Is(indexErr, fault.ErrInvalid) || len(pieces) != 0 {
				t.Errorf("%s: %d pieces, errors %v and %v, want refusal", name, len(pieces), err, indexErr)
			}
			continue
		}
		if strings.HasSuffix(name, ".json") && strings.HasPrefix(name, "ashuttl__meteoalarm") {
			want = strings.Count(string(data), `"alert":`)
		}
		if len(pieces) != want {
			t.Errorf("%s: %d pieces for %d alerts: %v", name, len(pieces), want, err)
		}
		total += want
		for _, p := range pieces {
			if p.Err == nil {
				usable++
				continue
			}
			t.Logf("%s %s: %v", name, p.Path, p.Err)
		}
	}
	t.Logf("%d alerts, %d usable", total, usable)
	if total < 170 || usable < total-1 {
		t.Errorf("%d of %d alerts usable", usable, total)
	}
}
