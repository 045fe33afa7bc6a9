package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/phrase"
)

// A Rendered report is a document in the two forms whose bytes are kept.
type Rendered struct {
	HTML []byte
	JSON []byte
}

// Render composes a snapshot and writes both forms.
func Render(s *Snapshot, book *phrase.Book, cleared string) (Rendered, error) {
	d, err := Compose(s, book, cleared)
	if err != nil {
		return Rendered{}, err
	}
	raw, err := d.JSON()
	return Rendered{HTML: d.HTML(), JSON: raw}, err
}

// A Bundle is a report as it is handed to an outsider: its inputs and its forms as text, and
// the run of assessments that its scores come from. Who has it can make the report again with
// the program alone.
type Bundle struct {
	Report   string             `json:"report"` // id
	Snapshot string             `json:"snapshot"`
	HTML     string             `json:"html"`
	JSON     string             `json:"json"`
	Run      *assessment.Bundle `json:"run,omitempty"`
}

// A Verification says whether a report made again from its inputs has the bytes that were kept.
type Verification struct {
	Report   string `json:"report"`
	Snapshot string `json:"snapshot"` // SHA-256
	HTML     bool   `json:"html"`     // the same bytes
	JSON     bool   `json:"json"`
	// Run is whether the assessments were reckoned again, Results whether they came out the
	// same and are those that the report shows.
	Run     bool   `json:"run"`
	Results bool   `json:"results"`
	Where   string `json:"where,omitempty"` // the first difference
	Same    bool   `json:"same"`
}

// ReadBundle reads what Bundle marshals to. Errors wrap fault.ErrInvalid.
func ReadBundle(raw []byte) (Bundle, error) {
	var b Bundle
	if err := json.Unmarshal(raw, &b); err != nil {
		return b, fmt.Errorf("read the bundle of a report%s: %w: %w", spot(raw, err), fault.ErrInvalid, err)
	}
	for name, part := range map[string]string{"snapshot": b.Snapshot, "html": b.HTML, "json": b.JSON} {
		if part == "" {
			return b, fmt.Errorf("read the bundle of a report: no %q: %w", name, fault.ErrInvalid)
		}
	}
	return b, nil
}

// spot says where JSON could not be read; "" = it is not known.
func spot(raw []byte, err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	at := int64(0)
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	default:
		return ""
	}
	return fmt.Sprintf(", line %d, byte %d", 1+bytes.Count(raw[:min(int(at), len(raw))], []byte("\n")), at)
}

// Verify makes the report again and compares byte by byte; with a run it reckons the
// assessments again too.
func (b Bundle) Verify(ctx context.Context, book *phrase.Book, workers int) (Verification, error) {
	out := Verification{Report: b.Report, Snapshot: Hash([]byte(b.Snapshot))}
	s, err := ReadSnapshot([]byte(b.Snapshot))
	if err != nil {
		return out, err
	}
	again, err := s.Canonical()
	if err != nil {
		return out, err
	}
	made, err := Render(s, book, "")
	if err != nil {
		return out, err
	}
	out.HTML, out.JSON = string(made.HTML) == b.HTML, string(made.JSON) == b.JSON
	canonical := string(again) == b.Snapshot
	switch {
	case !canonical:
		out.Where = "snapshot, " + differs(again, []byte(b.Snapshot))
	case !out.JSON:
		out.Where = "JSON, " + differs(made.JSON, []byte(b.JSON))
	case !out.HTML:
		out.Where = "HTML, " + differs(made.HTML, []byte(b.HTML))
	}
	out.Same = canonical && out.HTML && out.JSON && b.Report == s.ID
	if b.Run == nil {
		return out, nil
	}
	v, err := b.Run.Verify(ctx, workers)
	if err != nil {
		return out, err
	}
	shown, err := shownIn(s, *b.Run)
	if err != nil {
		return out, err
	}
	out.Run, out.Results = true, v.Same && shown && v.Snapshot == s.Inputs && b.Run.Run == s.Run
	if out.Same = out.Same && out.Results; !out.Results && out.Where == "" {
		switch out.Where = "the assessments are not those of run " + b.Run.Run; {
		case v.Snapshot != s.Inputs:
			out.Where = "inputs of the assessments, sha256 " + v.Snapshot + ", the report says " + s.Inputs
		case len(v.Differ) > 0:
			out.Where = "assessments, " + placeOf(v.Differ[0], *b.Run, s)
		}
	}
	if !out.Same && out.Where == "" {
		out.Where = "name of the report, " + b.Report + " and " + s.ID
	}
	return out, nil
}

// placeOf is where the result of a unit in the bundle differs from the one in the snapshot.
func placeOf(unit string, run assessment.Bundle, s *Snapshot) string {
	list := s.Units
	if s.Result != nil {
		list = append([]assessment.Result{*s.Result}, list...)
	}
	for _, r := range list {
		body, err := r.Canonical()
		if r.Unit != unit || err != nil {
			continue
		}
		for i, given := range run.Results {
			var head struct{ Unit string }
			if json.Unmarshal([]byte(given), &head) == nil && head.Unit == unit {
				return fmt.Sprintf("result %d, %s, %s", i+1, unit, differs(body, []byte(given)))
			}
		}
	}
	return unit
}

// shownIn tells whether every result of a snapshot is one of the run, byte for byte.
func shownIn(s *Snapshot, run assessment.Bundle) (bool, error) {
	given := map[string]bool{}
	for _, r := range run.Results {
		given[r] = true
	}
	list := s.Units
	if s.Result != nil {
		list = append([]assessment.Result{*s.Result}, list...)
	}
	for _, r := range list {
		body, err := r.Canonical()
		if err != nil {
			return false, err
		}
		if !given[string(body)] {
			return false, nil
		}
	}
	return true, nil
}

// differs is the place of the first byte that differs, by line.
func differs(a, b []byte) string {
	line := 1
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d, byte %d", line, i+1)
		}
		if a[i] == '\n' {
			line++
		}
	}
	if len(a) == len(b) && bytes.Equal(a, b) {
		return "nothing"
	}
	return fmt.Sprintf("length %d, want %d", len(b), len(a))
}
