package replay

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/warning"
)

// A written line is a line of the log with its parts as they stand there.
type written struct {
	At         json.RawMessage   `json:"at"`
	Event      json.RawMessage   `json:"event,omitempty"`
	Shared     json.RawMessage   `json:"shared,omitempty"`
	Exposures  []json.RawMessage `json:"exposures,omitempty"`
	Warning    json.RawMessage   `json:"warning,omitempty"`
	Would      json.RawMessage   `json:"would,omitempty"`
	Suppressed json.RawMessage   `json:"suppressed,omitempty"`
}

// An expanded line is what encoding/json writes of a watch.Decision.
type expanded struct {
	At         json.RawMessage     `json:"at"`
	Event      json.RawMessage     `json:"event,omitempty"`
	Exposures  []exposure.Exposure `json:"exposures,omitempty"`
	Warning    *warning.Warning    `json:"warning,omitempty"`
	Would      json.RawMessage     `json:"would,omitempty"`
	Suppressed json.RawMessage     `json:"suppressed,omitempty"`
}

// A spot is where a row stands under its event.
type spot struct{ project, asset string }

// An expander knows what the lines before said.
type expander struct {
	rows     map[string]map[spot]exposure.Exposure // newest, by event
	warnings map[subject]warning.Warning           // newest revision
}

// Expand reads a decision log and writes it with every row whole and in every place: each
// line is then what encoding/json writes of the watch.Decision, ten times as long. It holds
// the newest rows of every event that the log names. A log that is damaged or not whole from
// its beginning is refused with the line's number; the error wraps fault.ErrInvalid.
func Expand(log io.Reader, w io.Writer) error {
	x := expander{rows: map[string]map[spot]exposure.Exposure{}, warnings: map[subject]warning.Warning{}}
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	in := json.NewDecoder(log)
	for n := 1; ; n++ {
		var l written
		err := in.Decode(&l)
		if err == io.EOF {
			return out.Flush()
		}
		var full expanded
		if err == nil {
			full, err = x.line(&l)
		}
		if err != nil {
			return fmt.Errorf("decision log, line %d: %w: %w", n, err, fault.ErrInvalid)
		}
		if err := enc.Encode(full); err != nil {
			return fmt.Errorf("write the expanded log: %w", err)
		}
	}
}

func (x *expander) line(l *written) (expanded, error) {
	out := expanded{At: l.At, Event: l.Event, Would: l.Would, Suppressed: l.Suppressed}
	var err error
	if out.Exposures, err = merged(l); err != nil {
		return out, err
	}
	for i := range out.Exposures {
		r := &out.Exposures[i]
		if i == 0 || r.Event != out.Exposures[i-1].Event {
			x.rows[r.Event] = map[spot]exposure.Exposure{}
		}
		x.rows[r.Event][spot{r.Project, r.Asset}] = *r
	}
	if l.Warning != nil {
		out.Warning, err = x.warning(l.Warning)
	}
	return out, err
}

// A placed input is one that all rows of a line have, and its place among a row's inputs;
// without a place all inputs are in common.
type placed struct {
	exposure.Input
	Place *int `json:"place"`
}

// merged joins what is shared with each row.
func merged(l *written) ([]exposure.Exposure, error) {
	var shared struct {
		exposure.Exposure
		Inputs []placed `json:"inputs"`
	}
	if l.Shared != nil {
		if err := json.Unmarshal(l.Shared, &shared); err != nil {
			return nil, fmt.Errorf("shared: %w", err)
		}
	}
	var rows []exposure.Exposure
	for i, raw := range l.Exposures {
		row := shared.Exposure
		if err := json.Unmarshal(raw, &row); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
		if shared.Inputs != nil {
			var err error
			if row.Inputs, err = joined(shared.Inputs, row.Inputs); err != nil {
				return nil, fmt.Errorf("row %d: %w", i, err)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// joined puts shared inputs at their places; the row's own fill the others in their order.
func joined(shared []placed, own []exposure.Input) ([]exposure.Input, error) {
	out := make([]exposure.Input, 0, len(shared)+len(own))
	for _, s := range shared {
		for s.Place != nil && len(out) < *s.Place && len(own) > 0 {
			out, own = append(out, own[0]), own[1:]
		}
		if s.Place != nil && len(out) != *s.Place {
			return nil, fmt.Errorf("input %q has no place %d", s.Name, *s.Place)
		}
		out = append(out, s.Input)
	}
	return append(out, own...), nil
}

// warning finds a warning's rows: those of its revision before when they are the same, else
// each as it stands in the newest line of its event.
func (x *expander) warning(raw json.RawMessage) (*warning.Warning, error) {
	var w struct {
		warning.Warning
		Of *int `json:"rows_of"`
	}
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, fmt.Errorf("warning: %w", err)
	}
	s := subject{w.Project, w.Family}
	if w.Of != nil {
		last := x.warnings[s]
		if last.ID != w.ID || last.Revision != *w.Of || len(last.Rows) != len(w.Rows) {
			return nil, fmt.Errorf("warning %s has the rows of revision %d, which is not the one before", w.ID, *w.Of)
		}
		w.Rows = last.Rows
	} else {
		for i := range w.Rows {
			r := &w.Rows[i]
			whole, ok := x.rows[r.Event][spot{w.Project, r.Asset}]
			if !ok || whole.Revision != r.Revision {
				return nil, fmt.Errorf("warning %s: no row of event %s, revision %d, for asset %s before", w.ID, r.Event, r.Revision, r.Asset)
			}
			whole.Level = r.Level
			if len(w.Blind) > 0 {
				whole.PEvent, whole.P = r.PEvent, r.P
			}
			*r = whole
		}
	}
	x.warnings[s] = w.Warning
	return &w.Warning, nil
}
