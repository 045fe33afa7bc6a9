// Package corpus reads a folder of stored feeds with every format and says what became of
// them: how many items each holds, counted here by means of its own and not by the parser,
// how many became signals, how many were quarantined and why, how long the slowest file
// took and what it cost in memory. It promises to fail when an item is lost, a parser
// panics, takes longer than two seconds or more memory than a record may cost, or refuses a
// file that it should read. It judges no content: whether a signal is right is for the
// tests of the formats. The samples themselves are no part of the project.
package corpus

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/formats"
)

// The limits of one file.
const (
	maxTime   = 2 * time.Second
	maxMemory = 64 << 20 // bytes of heap, or maxRatio times the file when that is more
	maxRatio  = 10
)

// Run reads every sample below dir/feeds, writes the table in markdown to w, and returns an
// error that names every file in which something went wrong.
func Run(dir string, w io.Writer) error {
	table, err := Table(dir)
	if table != "" {
		if _, writeErr := io.WriteString(w, table); writeErr != nil {
			return fmt.Errorf("write table: %w", writeErr)
		}
	}
	return err
}

// Write is Run that also puts the table into the document at doc.
func Write(dir, doc string, w io.Writer) error {
	table, err := Table(dir)
	if err != nil {
		return errors.Join(err, printed(w, table))
	}
	if err := UpdateDoc(doc, table); err != nil {
		return err
	}
	return printed(w, table)
}

func printed(w io.Writer, table string) error {
	if _, err := io.WriteString(w, table); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// Table reads every sample below dir/feeds and returns the table; beside an error it holds
// what was read.
func Table(dir string) (string, error) {
	root := filepath.Join(dir, "feeds")
	folders, err := os.ReadDir(root)
	if err != nil {
		return "", fmt.Errorf("read samples: %w", err)
	}
	var rows []*row
	var silent []string
	var all []error
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		files, err := os.ReadDir(filepath.Join(root, folder.Name()))
		if err != nil {
			return "", fmt.Errorf("read samples: %w", err)
		}
		byKind := map[string]*row{}
		unread := 0
		for _, file := range files {
			path := filepath.Join(root, folder.Name(), file.Name())
			kind := kindOf(folder.Name(), file.Name())
			if kind == "" {
				unread++
				continue
			}
			r := byKind[kind]
			if r == nil {
				r = &row{folder: folder.Name(), kind: kind, reasons: map[string]int{}}
				byKind[kind], rows = r, append(rows, r)
			}
			if err := r.read(path); err != nil {
				all = append(all, fmt.Errorf("%s as %s: %w", filepath.Join(folder.Name(), file.Name()), kind, err))
			}
		}
		if unread > 0 {
			silent = append(silent, fmt.Sprintf("%s (%d)", folder.Name(), unread))
		}
	}
	return markdown(rows, silent), errors.Join(all...)
}

// row is what became of the files of one folder and kind.
type row struct {
	folder, kind                string
	files, items, signals, quar int
	refused                     []string
	reasons                     map[string]int
	slowest                     time.Duration
	ratio                       float64 // largest cost in memory per byte, of files above 64 KiB
}

// read takes one file and returns what is wrong with how it was read.
func (r *row) read(path string) error {
	body, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read sample: %w", err)
	}
	format, ok := formats.ByKind(r.kind)
	if !ok {
		return fmt.Errorf("no format %s", r.kind)
	}
	in := feed.Input{Source: feed.Source{ID: r.folder, Kind: r.kind, Follow: true}, Record: "sample", URL: "https://corpus.example/" + r.kind, Body: body}
	run := measure(format.Parse, in)
	if run.took > maxTime { // once more: the machine may have been busy
		run = measure(format.Parse, in)
	}
	r.files++
	r.slowest = max(r.slowest, run.took)
	if len(body) >= 64<<10 {
		r.ratio = max(r.ratio, float64(run.heap)/float64(len(body)))
	}
	why, refusable := refusals[filepath.Base(path)]
	switch {
	case run.panicked != nil:
		return fmt.Errorf("panic: %v", run.panicked)
	case run.took > maxTime:
		return fmt.Errorf("took %v, at most %v", run.took.Round(time.Millisecond), maxTime)
	case run.heap > maxMemory && run.heap > maxRatio*uint64(len(body)):
		return fmt.Errorf("cost %d MB of memory for %d MB", run.heap>>20, len(body)>>20)
	case run.err != nil && refusable:
		r.refused = append(r.refused, fmt.Sprintf("%s (%s)", filepath.Base(path), why))
		return nil
	case run.err != nil:
		return fmt.Errorf("refused: %w", run.err)
	case refusable:
		return errors.New("read, though it must be refused: " + why)
	}
	return r.account(filepath.Base(path), body, run.res)
}

// account holds what the parser returned against the count made here.
func (r *row) account(name string, body []byte, res feed.Result) error {
	want, err := count(r.kind, name, body)
	if err != nil {
		return fmt.Errorf("count items: %w", err)
	}
	r.items += want.items
	r.signals += len(res.Signals)
	r.quar += len(res.Quarantined)
	for _, q := range res.Quarantined {
		r.reasons[gist(q.Reason)]++
	}
	if want.groups > 0 { // several items make one signal
		switch got := len(res.Signals); {
		case res.Items != want.items:
			return fmt.Errorf("%d items, counted %d", res.Items, want.items)
		case got > want.groups || (got < want.groups && len(res.Quarantined) == 0):
			return fmt.Errorf("%d signals of %d events, %d items quarantined", got, want.groups, len(res.Quarantined))
		}
		return nil
	}
	if used := used(r.kind, res); used+len(res.Quarantined) != want.items {
		return fmt.Errorf("%d items, of which %d used and %d quarantined", want.items, used, len(res.Quarantined))
	}
	return nil
}

// gist makes reasons that differ in numbers and names only one.
func gist(reason string) string {
	var b strings.Builder
	quoted, digit := false, false
	for _, c := range reason {
		switch {
		case c == '"':
			quoted = !quoted
			if quoted {
				b.WriteString("…")
			}
		case quoted:
		case c >= '0' && c <= '9':
			if !digit {
				b.WriteByte('#')
			}
		default:
			b.WriteRune(c)
		}
		digit = c >= '0' && c <= '9'
	}
	words := strings.Fields(b.String())
	words = slices.DeleteFunc(words, func(w string) bool { return strings.HasPrefix(w, "/") })
	text := []rune(strings.Join(words, " "))
	if len(text) > 90 {
		text = append(text[:90], '…')
	}
	return string(text)
}
