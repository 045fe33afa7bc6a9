package corpus

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
)

// The marks between which the table stands in a document.
const (
	begin = "<!-- corpus:begin -->\n"
	end   = "<!-- corpus:end -->"
)

// markdown writes the rows. The two last columns differ from run to run; see Stable.
func markdown(rows []*row, silent []string) string {
	var b strings.Builder
	b.WriteString("| folder | format | files | items | signals | quarantined | refused | why quarantined | slowest | memory |\n")
	b.WriteString("|---|---|---:|---:|---:|---:|---:|---|---:|---:|\n")
	total := row{}
	var refused []string
	for _, r := range rows {
		ratio := "-"
		if r.ratio > 0 {
			ratio = fmt.Sprintf("%.1f x", r.ratio)
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d | %s | %d ms | %s |\n", r.folder, r.kind, r.files, r.items, r.signals, r.quar,
			len(r.refused), r.why(), r.slowest.Round(time.Millisecond).Milliseconds(), ratio)
		total.files, total.items, total.signals, total.quar = total.files+r.files, total.items+r.items, total.signals+r.signals, total.quar+r.quar
		refused = append(refused, r.refused...)
	}
	fmt.Fprintf(&b, "| **all** | | %d | %d | %d | %d | %d | | | |\n", total.files, total.items, total.signals, total.quar, len(refused))
	if len(refused) > 0 {
		b.WriteString("\nRefused as a whole: " + strings.Join(refused, "; ") + ".\n")
	}
	if len(silent) > 0 {
		b.WriteString("\nFiles that no format reads, by folder: " + strings.Join(silent, ", ") + ".\n")
	}
	return b.String()
}

// why lists the most frequent reasons.
func (r *row) why() string {
	names := slices.SortedFunc(maps.Keys(r.reasons), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.reasons[b], r.reasons[a]), strings.Compare(a, b))
	})
	var out []string
	for i, name := range names {
		if i == 3 {
			out = append(out, fmt.Sprintf("%d more kinds", len(names)-i))
			break
		}
		out = append(out, fmt.Sprintf("%d: %s", r.reasons[name], strings.ReplaceAll(name, "|", "/")))
	}
	return strings.Join(out, "; ")
}

// UpdateDoc puts the table between the marks <!-- corpus:begin --> and <!-- corpus:end -->
// of the document at path. The error wraps fault.ErrInvalid when the marks are missing.
func UpdateDoc(path, table string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read document: %w", err)
	}
	from, to, err := block(string(raw))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	text := string(raw[:from]) + table + string(raw[to:])
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// block finds the text between the marks.
func block(text string) (from, to int, err error) {
	from = strings.Index(text, begin)
	to = strings.Index(text, end)
	if from < 0 || to < from {
		return 0, 0, fmt.Errorf("no marks %s and %s: %w", strings.TrimSpace(begin), end, fault.ErrInvalid)
	}
	return from + len(begin), to, nil
}

// Stable returns a table without what differs from run to run: time and memory.
func Stable(table string) string {
	lines := strings.Split(table, "\n")
	for i, line := range lines {
		if cells := strings.Split(line, " | "); strings.HasPrefix(line, "|") && len(cells) > 2 {
			lines[i] = strings.Join(cells[:len(cells)-2], " | ")
		}
	}
	return strings.Join(lines, "\n")
}

// Current tells whether the document holds the table, time and memory apart.
func Current(path, table string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read document: %w", err)
	}
	from, to, err := block(string(raw))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if Stable(string(raw[from:to])) != Stable(table) {
		return errors.New("the table in " + path + " is not the one of these samples")
	}
	return nil
}
