package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const output = `goos: linux
pkg: watchfire.dev/internal/cap
BenchmarkParse-2   	   10000	    112345 ns/op	  12.50 MB/s	   2048 B/op	      31 allocs/op
BenchmarkRead/n=10-2   	 5	  7 ns/op
PASS
ok  	watchfire.dev/internal/cap	1.2s
`

func TestConvert(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := convert(strings.NewReader(output), &b); err != nil {
		t.Fatal(err)
	}
	want := `figure bench.cap.Parse_ns 112345 ns
figure bench.cap.Parse_MB_per_s 12.50 MB_per_s
figure bench.cap.Parse_B 2048 B
figure bench.cap.Parse_allocs 31 allocs
figure bench.cap.Read.n_10_ns 7 ns
`
	if !strings.HasSuffix(b.String(), want) {
		t.Errorf("got\n%s\nwant at the end\n%s", b.String(), want)
	}
}

func TestNothingMeasuredIsAnError(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"no benchmark": "PASS\n",
		"a failure":    output + "--- FAIL: BenchmarkX\nFAIL\n",
	} {
		if err := convert(strings.NewReader(in), &strings.Builder{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := document(strings.NewReader("nothing\n"), filepath.Join(t.TempDir(), "x"), time.Time{}); err == nil {
		t.Error("a document without figures: no error")
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "figures.md")
	in := "noise\nfigure watch.start_ms 412 ms\nfigure watch.binary_mb 48 MB\n"
	if err := document(strings.NewReader(in), file, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2026-01-02T03:04:05Z", "```\nfigure watch.binary_mb 48 MB\nfigure watch.start_ms 412 ms\n```"} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%s\nlacks %q", got, want)
		}
	}
}
