package usgs

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// parseCSV reads the CSV form: a header line, then one event a line. The source never breaks
// a line inside a field, so a quote left open spoils its own line and not the rest.
func parseCSV(in feed.Input, body []byte) (feed.Result, error) {
	var r feed.Result
	var column map[string]int
	line := 0
	for raw := range bytes.Lines(body) {
		line++
		raw = bytes.TrimRight(raw, "\r\n")
		if len(bytes.TrimSpace(raw)) == 0 {
			continue
		}
		record, err := split(string(raw))
		if column == nil {
			if err != nil {
				return feed.Result{}, fmt.Errorf("header: %w", err)
			}
			column = make(map[string]int, len(record))
			for i, name := range record {
				column[strings.TrimSpace(name)] = i
			}
			continue
		}
		r.Items++
		if err == nil {
			err = addRecord(&r, in, column, record, raw)
		}
		if err != nil {
			r.Quarantined = append(r.Quarantined, quarantine(fmt.Sprintf("line %d", line), err, raw))
		}
	}
	return r, nil
}

func addRecord(r *feed.Result, in feed.Input, column map[string]int, record []string, raw []byte) error {
	if len(record) != len(column) {
		return fmt.Errorf("%d fields, the header has %d: %w", len(record), len(column), fault.ErrInvalid)
	}
	f, err := fromRecord(func(name string) string {
		if i, ok := column[name]; ok {
			return strings.TrimSpace(record[i])
		}
		return ""
	})
	if err != nil {
		return err
	}
	s, err := adapt(f, raw)
	if err != nil {
		return err
	}
	r.Content = newest(r.Content, s.Published)
	r.Signals = append(r.Signals, feed.Fill(in, s))
	return nil
}

// split cuts one line at the commas outside of quotes (RFC 4180).
func split(line string) ([]string, error) {
	var out []string
	for {
		if !strings.HasPrefix(line, `"`) {
			field, rest, more := strings.Cut(line, ",")
			out = append(out, field)
			if !more {
				return out, nil
			}
			line = rest
			continue
		}
		var field strings.Builder
		for line = line[1:]; ; {
			part, rest, closed := strings.Cut(line, `"`)
			if !closed {
				return nil, fmt.Errorf("a quote is left open: %w", fault.ErrInvalid)
			}
			field.WriteString(part)
			if line = rest; !strings.HasPrefix(line, `"`) {
				break
			}
			field.WriteByte('"')
			line = line[1:]
		}
		out = append(out, field.String())
		if line == "" {
			return out, nil
		}
		if line[0] != ',' {
			return nil, fmt.Errorf("text after a closing quote: %w", fault.ErrInvalid)
		}
		line = line[1:]
	}
}

// fromRecord brings one CSV record into the shape of a feature.
func fromRecord(field func(string) string) (feature, error) {
	var f feature
	p := &f.Properties
	f.ID, p.Net, p.Place, p.Type, p.Status, p.MagType = field("id"), field("net"),
		field("place"), field("type"), field("status"), field("magType")
	var err error
	numbers := func(name string) *float64 {
		text := field(name)
		if text == "" || err != nil {
			return nil
		}
		v, parseErr := strconv.ParseFloat(text, 64)
		if parseErr != nil || !scan.Finite(v) {
			err = fmt.Errorf("%s is no number: %q: %w", name, scan.Printable([]byte(text)), fault.ErrInvalid)
			return nil
		}
		return &v
	}
	moment := func(name string) *float64 {
		text := field(name)
		if text == "" || err != nil {
			return nil
		}
		t, parseErr := scan.Time(text, time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05")
		if parseErr != nil {
			err = fmt.Errorf("%s: %w", name, parseErr)
			return nil
		}
		ms := float64(t.UnixMilli())
		return &ms
	}
	p.Time, p.Updated, p.Mag = moment("time"), moment("updated"), numbers("mag")
	coordinates := []*float64{numbers("longitude"), numbers("latitude"), numbers("depth")}
	if err != nil {
		return feature{}, err
	}
	f.Geometry = &struct {
		Type        string     `json:"type"`
		Coordinates []*float64 `json:"coordinates"`
	}{"Point", coordinates}
	p.horizontalKM, p.magError, p.depthError = number(field("horizontalError")), number(field("magError")), number(field("depthError"))
	return f, nil
}
