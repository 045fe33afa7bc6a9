package indicator

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
)

// A Quarantined row was put aside.
type Quarantined struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// An Unmatched place is a name or code that is no country we know.
type Unmatched struct {
	Code string `json:"code,omitempty"`
	Name string `json:"name,omitempty"`
	Rows int    `json:"rows"`
}

// A Report says what became of every row of a panel.
type Report struct {
	Panel       string        `json:"panel"`
	Rows        int           `json:"rows"` // below the header
	Taken       int           `json:"taken"`
	Missing     int           `json:"missing"`    // values that the panel itself marks as missing
	Aggregates  int           `json:"aggregates"` // rows of regions and the world
	Repeated    int           `json:"repeated"`   // the same number twice
	Quarantined []Quarantined `json:"quarantined,omitempty"`
	Unmatched   []Unmatched   `json:"unmatched,omitempty"`
}

// The share of bad rows from which a panel is refused as a whole: it is not the panel that
// the contract describes.
const (
	mostBad       = 0.2
	mostUnmatched = 0.5
	enoughRows    = 10 // below, a share says nothing
)

// Read reads a panel by its mapping. known is when its edition was published, zero = as the
// mapping says. A panel whose header, unit or most rows break the contract is refused as a
// whole (fault.ErrInvalid); single bad rows are put aside in the report.
func Read(m Mapping, raw []byte, known time.Time) ([]Observation, Report, error) {
	rep := Report{Panel: m.ID}
	if known.IsZero() {
		known, _ = time.Parse(time.DateOnly, m.Published)
	}
	list, err := rows(raw, m.Encoding, m.Comma)
	if err != nil {
		return nil, rep, fmt.Errorf("panel %s: %w", m.ID, err)
	}
	p := &panelReader{m: m, known: known.UTC(), rep: &rep, places: newResolver(), unmatched: map[[2]string]int{}, cells: map[cellKey]cell{}, series: map[cellKey][]float64{}}
	if err := p.header(list); err != nil {
		return nil, rep, fmt.Errorf("panel %s: %w", m.ID, err)
	}
	list = list[1:]
	if m.Tags && len(list) > 0 {
		list = list[1:]
	}
	for _, r := range list {
		if r.why == nil && strings.Join(r.cells, "") == "" {
			continue
		}
		p.row(r)
	}
	out := p.result()
	if err := p.verdict(out); err != nil {
		return nil, rep, fmt.Errorf("panel %s: %w", m.ID, err)
	}
	return out, rep, nil
}

type cellKey struct{ place, indicator, period string }

type cell struct {
	line  int
	value float64
	torn  bool // two different numbers
}

type panelReader struct {
	m         Mapping
	known     time.Time
	rep       *Report
	places    *resolver
	unmatched map[[2]string]int
	at        map[string]int // column by name
	years     map[int]string // column by index
	cells     map[cellKey]cell
	series    map[cellKey][]float64
	order     []cellKey
	badRows   int
	spare     int // columns at the end without a name: rows may leave them out
}

// header holds the first row against the contract.
func (p *panelReader) header(list []row) error {
	if len(list) == 0 {
		return refuse(ReasonColumns, "it is empty")
	}
	if list[0].why != nil {
		return list[0].why
	}
	got := list[0].cells
	for i, want := range p.m.Header {
		if i >= len(got) || strings.TrimSpace(got[i]) != want {
			have := ""
			if i < len(got) {
				have = got[i]
			}
			return refuse(ReasonColumns, "column %d is %.60q, want %.60q", i+1, have, want)
		}
	}
	for i := len(p.m.Header) - 1; i >= 0 && p.m.Header[i] == ""; i-- {
		p.spare++
	}
	p.at = map[string]int{}
	for i, name := range got {
		p.at[strings.TrimSpace(name)] = i
	}
	if !p.m.Years {
		if len(got) != len(p.m.Header) {
			return refuse(ReasonColumns, "%d columns, want %d", len(got), len(p.m.Header))
		}
		return nil
	}
	p.years = map[int]string{}
	for i := len(p.m.Header); i < len(got); i++ {
		y, err := periodOf(got[i], "")
		if err != nil {
			return refuse(ReasonColumns, "column %d is %.40q, want a year", i+1, got[i])
		}
		p.years[i] = y
	}
	return nil
}

func (p *panelReader) bad(line int, err error) {
	q := Quarantined{Line: line, Reason: ReasonColumns, Detail: err.Error()}
	if r, ok := err.(*refusal); ok { //nolint:errorlint // made here, never wrapped
		q.Reason, q.Detail = r.reason, r.detail
	}
	p.rep.Quarantined = append(p.rep.Quarantined, q)
}

func (p *panelReader) get(r row, column string) string {
	if i, ok := p.at[column]; ok && column != "" && i < len(r.cells) {
		return strings.TrimSpace(r.cells[i])
	}
	return ""
}

// row takes one row apart.
func (p *panelReader) row(r row) {
	p.rep.Rows++
	if n := len(p.m.Header) + len(p.years); r.why == nil && (len(r.cells) > n || len(r.cells) < n-p.spare) {
		r.why = refuse(ReasonColumns, "%d cells, the header has %d", len(r.cells), n)
	}
	if r.why != nil {
		p.badRows++
		p.bad(r.line, r.why)
		return
	}
	code, name := p.get(r, p.m.Code), p.get(r, p.m.Name)
	if slices.Contains(p.m.Aggregates, code) || slices.Contains(p.m.Aggregates, name) {
		p.rep.Aggregates++
		return
	}
	iso2, err := p.places.country(code, name)
	if err != nil {
		p.unmatched[[2]string{code, name}]++
		p.bad(r.line, err)
		return
	}
	before := len(p.rep.Quarantined)
	if p.m.Years {
		for i := len(p.m.Header); i < len(r.cells); i++ {
			p.take(r, "country:"+iso2, p.years[i], p.m.Columns[0], r.cells[i])
		}
	} else {
		p.values(r, "country:"+iso2)
	}
	if len(p.rep.Quarantined) > before {
		p.badRows++
	}
}

// values takes the value columns of a row.
func (p *panelReader) values(r row, place string) {
	period := p.m.Year
	if p.m.Period != "" {
		var err error
		if period, err = periodOf(p.get(r, p.m.Period), p.m.By); err != nil {
			if y := strings.TrimSpace(p.get(r, p.m.Period)); p.m.FirstYear != "" && len(y) == len(p.m.FirstYear) && strings.Trim(y, "0123456789") == "" {
				p.rep.Missing++ // older than the program reckons with
				return
			}
			p.bad(r.line, err)
			return
		}
		if period < p.m.FirstYear {
			p.rep.Missing++
			return
		}
	}
	if p.m.SelectBy != "" {
		c, ok := p.m.of(p.get(r, p.m.SelectBy))
		if !ok {
			p.rep.Missing++ // of the panel's indicators we map some, not all
			return
		}
		if got := p.get(r, p.m.UnitIn); p.m.UnitIn != "" && got != c.Unit {
			p.bad(r.line, refuse(ReasonUnit, "%.40q, want %.40q", got, c.Unit))
			return
		}
		p.take(r, place, period, c, p.get(r, p.m.Value))
		return
	}
	for _, c := range p.m.Columns {
		p.take(r, place, period, c, p.get(r, c.From))
	}
}

// take reads one value.
func (p *panelReader) take(r row, place, period string, c MappedColumn, raw string) {
	raw = strings.TrimSpace(raw)
	if raw == "" || slices.Contains(p.m.Missing, raw) {
		p.rep.Missing++
		return
	}
	v, err := number(raw)
	if err != nil {
		p.bad(r.line, err)
		return
	}
	if c.Scale != 0 {
		v *= c.Scale
	}
	if p.m.Reduce != "" {
		k := cellKey{place, c.Indicator, period[:4]}
		p.series[k] = append(p.series[k], v)
		return
	}
	d, _ := Find(c.Indicator)
	if v < d.Low || v > d.High {
		p.bad(r.line, refuse(ReasonBounds, "%s is %v, want %v to %v %s", d.ID, v, d.Low, d.High, d.Unit))
		return
	}
	p.put(cellKey{place, c.Indicator, period}, v, r.line)
}

func (p *panelReader) put(k cellKey, v float64, line int) {
	have, twice := p.cells[k]
	switch {
	case !twice:
		p.cells[k] = cell{line: line, value: v}
		p.order = append(p.order, k)
	case have.value == v:
		p.rep.Repeated++
	default: // two numbers for one thing: neither is believed
		if !have.torn {
			p.bad(have.line, refuse(ReasonDuplicate, "%s of %s in %s is %v here and %v in line %d", k.indicator, k.place, k.period, have.value, v, line))
		}
		p.bad(line, refuse(ReasonDuplicate, "%s of %s in %s is %v here and %v in line %d", k.indicator, k.place, k.period, v, have.value, have.line))
		have.torn = true
		p.cells[k] = have
	}
}

// number reads a value; not-a-number, infinities and words are refused.
func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || strings.ContainsAny(s, "xX_pP") {
		return 0, refuse(ReasonNumber, "%.40q is no number", s)
	}
	return v, nil
}

// Number reads a value as panels and people write it. Errors wrap fault.ErrInvalid.
func Number(s string) (float64, error) { return number(strings.TrimSpace(s)) }

// result makes observations of what was read, in a fixed order.
func (p *panelReader) result() []Observation {
	p.reduce()
	for k, n := range p.unmatched {
		p.rep.Unmatched = append(p.rep.Unmatched, Unmatched{Code: k[0], Name: k[1], Rows: n})
	}
	slices.SortFunc(p.rep.Unmatched, func(a, b Unmatched) int { return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Name, b.Name)) })
	slices.SortStableFunc(p.rep.Quarantined, func(a, b Quarantined) int { return cmp.Compare(a.Line, b.Line) })
	var out []Observation
	for _, k := range p.order {
		c := p.cells[k]
		if c.torn {
			continue
		}
		d, _ := Find(k.indicator)
		o := Observation{
			Indicator: k.indicator, Unit: d.Unit, Place: k.place, Period: k.period, Value: c.value, KnownAt: p.known,
			Source: p.m.Source, Grade: p.m.Grade, Licence: p.m.Licence, Panel: p.m.ID,
		}
		if err := o.Check(); err != nil {
			p.bad(c.line, err)
			continue
		}
		out = append(out, o.WithID())
	}
	Sort(out)
	p.rep.Taken = len(out)
	return out
}

// reduce turns the rows of a year into one number.
func (p *panelReader) reduce() {
	keys := make([]cellKey, 0, len(p.series))
	for k := range p.series {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b cellKey) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.indicator, b.indicator), cmp.Compare(a.period, b.period))
	})
	for _, k := range keys {
		list := p.series[k]
		switch p.m.Reduce {
		case "count":
			p.put(k, float64(len(list)), 0)
		case "sum":
			sum := 0.0
			for _, v := range list {
				sum += v
			}
			p.put(k, sum, 0)
		case "volatility":
			if v, ok := volatility(list); ok {
				p.put(k, v, 0)
			}
		}
	}
}

// volatility is the standard deviation of the monthly changes of the logarithm, in per cent;
// seven months at least, six changes.
func volatility(list []float64) (float64, bool) {
	if len(list) < 7 {
		return 0, false
	}
	mean, n := 0.0, float64(len(list)-1)
	for i := 1; i < len(list); i++ {
		if list[i] <= 0 || list[i-1] <= 0 {
			return 0, false
		}
		mean += math.Log(list[i]/list[i-1]) / n
	}
	sum := 0.0
	for i := 1; i < len(list); i++ {
		d := math.Log(list[i]/list[i-1]) - mean
		sum += d * d
	}
	return math.Round(1e6*100*math.Sqrt(sum/(n-1))) / 1e6, true
}

// verdict refuses a panel that is not what the contract describes.
func (p *panelReader) verdict(out []Observation) error {
	lost := 0
	for _, n := range p.unmatched {
		lost += n
	}
	rows := p.rep.Rows - p.rep.Aggregates
	if rows >= enoughRows && float64(lost) > mostUnmatched*float64(rows) {
		return refuse(ReasonPlace, "%d of %d rows name no country that we know: is a column shifted?", lost, rows)
	}
	if rows >= enoughRows && float64(p.badRows) > mostBad*float64(rows) {
		return refuse(ReasonColumns, "%d of %d rows are bad, the first in line %d (%s: %s)", p.badRows, rows,
			p.rep.Quarantined[0].Line, p.rep.Quarantined[0].Reason, p.rep.Quarantined[0].Detail)
	}
	if len(out) == 0 {
		return fmt.Errorf("no usable number in %d rows: %w", p.rep.Rows, fault.ErrInvalid)
	}
	return unitsLookRight(out)
}

// unitsLookRight holds the median of each indicator against what it typically is: fractions
// for per cent, or a total for a rate, show there and nowhere else.
func unitsLookRight(out []Observation) error {
	values := map[string][]float64{}
	for _, o := range out {
		values[o.Indicator] = append(values[o.Indicator], o.Value)
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		list := values[name]
		d, _ := Find(name)
		if len(list) < 2*enoughRows || d.Typical[0] == d.Typical[1] {
			continue
		}
		slices.Sort(list)
		if mid := list[len(list)/2]; mid < d.Typical[0] || mid > d.Typical[1] {
			return refuse(ReasonUnit, "half of the values of %s lie below %v; in %s it would be %v to %v", name, mid, d.Unit, d.Typical[0], d.Typical[1])
		}
	}
	return nil
}
