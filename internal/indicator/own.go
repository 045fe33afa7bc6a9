package indicator

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
)

// ownHeader are the columns of an organisation's own table. known_at may be left empty.
var ownHeader = []string{"indicator", "unit", "place", "period", "value", "known_at", "source", "grade", "licence"}

// OwnColumns lists the columns of an organisation's own table, in their order.
func OwnColumns() []string { return slices.Clone(ownHeader) }

// ownLicence is what an organisation's own number carries unless it says otherwise.
const ownLicence = "own"

// ReadOwn reads an organisation's own table: CSV in UTF-8 with the columns of OwnColumns.
// now is when numbers become known that do not say when; a number cannot have been known
// later than now. Bad rows are put aside in the report.
func ReadOwn(raw []byte, now time.Time) ([]Observation, Report, error) {
	rep := Report{Panel: "own"}
	list, err := rows(raw, "utf-8", "")
	if err != nil {
		return nil, rep, err
	}
	if len(list) == 0 || list[0].why != nil || !slices.Equal(trimmed(list[0].cells), ownHeader) {
		return nil, rep, refuse(ReasonColumns, "want the columns %s", strings.Join(ownHeader, ","))
	}
	p := &panelReader{rep: &rep}
	seen := map[cellKey]int{} // into out
	var out []Observation
	for _, r := range list[1:] {
		rep.Rows++
		o, err := ownRow(r, now)
		if err != nil {
			p.bad(r.line, err)
			continue
		}
		k := cellKey{o.Place, o.Indicator, o.Period + " " + o.Source}
		if at, twice := seen[k]; twice {
			if out[at].Value == o.Value {
				rep.Repeated++
				continue
			}
			p.bad(r.line, refuse(ReasonDuplicate, "%s of %s in %s stands twice with different values", o.Indicator, o.Place, o.Period))
			out[at].Indicator = "" // neither is believed
			continue
		}
		seen[k] = len(out)
		out = append(out, o.WithID())
	}
	out = slices.DeleteFunc(out, func(o Observation) bool { return o.Indicator == "" })
	Sort(out)
	rep.Taken = len(out)
	return out, rep, nil
}

func trimmed(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = strings.TrimSpace(c)
	}
	return out
}

func ownRow(r row, now time.Time) (Observation, error) {
	if r.why != nil {
		return Observation{}, r.why
	}
	if len(r.cells) != len(ownHeader) {
		return Observation{}, refuse(ReasonColumns, "%d cells, want %d", len(r.cells), len(ownHeader))
	}
	c := trimmed(r.cells)
	v, err := number(c[4])
	if err != nil {
		return Observation{}, err
	}
	o := Observation{Indicator: c[0], Unit: c[1], Place: c[2], Period: c[3], Value: v, KnownAt: now.UTC(), Source: c[6], Grade: c[7], Licence: c[8]}
	if c[5] != "" {
		if o.KnownAt, err = knownAt(c[5]); err != nil {
			return o, err
		}
	}
	return Own(o, now)
}

// Own completes and checks an observation that an organisation enters itself.
func Own(o Observation, now time.Time) (Observation, error) {
	if o.Unit == "" {
		if d, ok := Find(o.Indicator); ok {
			o.Unit = d.Unit
		}
	}
	if o.Grade == "" {
		o.Grade = "B"
	}
	if o.Licence == "" {
		o.Licence = ownLicence
	}
	if o.KnownAt.IsZero() {
		o.KnownAt = now.UTC()
	}
	if o.KnownAt.After(now) {
		return o, refuse(ReasonPeriod, "known at %s, which is still to come", o.KnownAt.UTC().Format(time.RFC3339))
	}
	return o.WithID(), o.Check()
}

func knownAt(s string) (time.Time, error) {
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, refuse(ReasonPeriod, "known at %.40q, want a day or an instant of RFC 3339", s)
}

// Write writes observations as an organisation's own table; ReadOwn reads it back.
func Write(w io.Writer, list []Observation) error {
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	lines := [][]string{ownHeader}
	for _, o := range list {
		lines = append(lines, []string{
			o.Indicator, o.Unit, o.Place, o.Period, strconv.FormatFloat(o.Value, 'g', -1, 64),
			o.KnownAt.UTC().Format(time.RFC3339), o.Source, o.Grade, o.Licence,
		})
	}
	if err := c.WriteAll(lines); err != nil {
		return fmt.Errorf("write %d observations: %w: %w", len(list), fault.ErrInvalid, err)
	}
	_, err := w.Write(b.Bytes())
	return err
}
