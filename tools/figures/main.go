// Command figures turns what benchmarks print into lines "figure NAME VALUE UNIT", which a
// script can compare between runs, and writes such lines into docs/figures.md. It measures
// nothing itself and keeps no older runs: the document's history is the repository's. A run
// without a single figure is an error, so that a broken benchmark cannot pass for a fast one.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	fromBench := flag.Bool("from-bench", false, "read the output of go test -bench, repeat it, end with figures")
	write := flag.String("write", "", "read figures and write this document")
	flag.Parse()
	var err error
	switch {
	case *fromBench:
		err = convert(os.Stdin, os.Stdout)
	case *write != "":
		err = document(os.Stdin, *write, time.Now().UTC())
	default:
		flag.Usage()
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

// convert repeats the output of go test -bench and ends with its figures:
// BenchmarkParse-2 in package cap becomes "figure bench.cap.Parse_ns 1234 ns". A metric whose
// unit is written "ratio:x" names its figure itself: "figure cap.ratio 3.9 x".
func convert(in io.Reader, out io.Writer) error {
	pkg, failed := "", false
	var figures []string
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		f := strings.Fields(line)
		switch {
		case len(f) == 0:
		case f[0] == "pkg:" && len(f) == 2:
			pkg = path.Base(f[1])
		case f[0] == "FAIL" || f[0] == "---" && len(f) > 1 && f[1] == "FAIL:":
			failed = true
		case strings.HasPrefix(f[0], "Benchmark") && len(f) >= 4:
			figures = append(figures, benchFigures(pkg, f)...)
		}
		if len(f) > 0 && f[0] != "ok" && f[0] != "?" && f[0] != "PASS" || failed {
			fmt.Fprintln(out, line)
		}
	}
	for _, f := range figures {
		fmt.Fprintln(out, f)
	}
	if failed {
		return errors.New("a benchmark failed")
	}
	return none(figures, lines.Err())
}

// benchFigures reads the pairs of value and unit behind a benchmark's name and count.
func benchFigures(pkg string, f []string) []string {
	name := strings.TrimPrefix(f[0], "Benchmark")
	if i := strings.LastIndex(name, "-"); i > 0 { // the number of processors
		name = name[:i]
	}
	name = strings.NewReplacer("/", ".", "=", "_").Replace(name)
	units := map[string]string{"ns/op": "ns", "B/op": "B", "allocs/op": "allocs", "MB/s": "MB_per_s"}
	var out []string
	for i := 2; i+1 < len(f); i += 2 {
		if figure, unit, named := strings.Cut(f[i+1], ":"); named { // b.ReportMetric(v, "ratio:x")
			out = append(out, fmt.Sprintf("figure %s.%s %s %s", pkg, figure, f[i], unit))
			continue
		}
		unit, known := units[f[i+1]]
		if !known {
			unit = strings.NewReplacer("/", "_per_", " ", "_").Replace(f[i+1])
		}
		out = append(out, fmt.Sprintf("figure bench.%s.%s_%s %s %s", pkg, name, unit, f[i], unit))
	}
	return out
}

func none(figures []string, err error) error {
	if err == nil && len(figures) == 0 {
		return errors.New("the input holds no figure")
	}
	return err
}

// document writes the figures of in as a table, with when, what and where they were measured.
func document(in io.Reader, file string, now time.Time) error {
	var rows []string
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) == 4 && f[0] == "figure" {
			rows = append(rows, strings.Join(f, " "))
		}
	}
	if err := none(rows, lines.Err()); err != nil {
		return err
	}
	slices.Sort(rows)
	var b strings.Builder
	fmt.Fprintf(&b, "# Figures\n\nWritten by `make figures`; do not edit. Absolute values belong to the machine: compare runs on one.\n\n")
	fmt.Fprintf(&b, "- date: %s\n- commit: %s\n- machine: %s, %d processors, %s, %s/%s\n\n```\n%s\n```\n",
		now.Format(time.RFC3339), commit(), processor(), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, strings.Join(rows, "\n"))
	return os.WriteFile(file, []byte(b.String()), 0o644)
}

func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// processor is the model that Linux names; elsewhere it is unknown.
func processor() string {
	raw, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
