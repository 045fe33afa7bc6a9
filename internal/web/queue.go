package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

// A queuePage is the watch queue with the story of the selected warning beside it.
type queuePage struct {
	Filter   desk.Filter
	Sort     string
	Queue    desk.Queue
	Groups   []group
	Selected string
	Story    *storyPage // nil = nothing is selected
	query    url.Values
}

// A group of rows stands under one heading.
type group struct {
	Key  string // message key
	N    int
	Rows []desk.Row
	Open bool // nobody has answered
}

func (s *server) queue(w http.ResponseWriter, r *http.Request, v *View) error {
	f, order, err := readFilter(r.URL.Query())
	if err != nil {
		return err
	}
	q, err := s.Reads.Queue(r.Context(), v.Who, f)
	if err != nil {
		return fmt.Errorf("read queue: %w", err)
	}
	sortRows(q.Rows, order)
	p := &queuePage{Filter: f, Sort: order, Queue: q, Groups: groups(q, f.Show), query: r.URL.Query()}
	p.Selected = p.query.Get("w")
	if p.Selected == "" {
		for _, g := range p.Groups {
			if len(g.Rows) > 0 {
				p.Selected = g.Rows[0].Warning.ID
				break
			}
		}
	}
	if p.Selected != "" {
		story, err := s.story(r, v, p.Selected)
		switch {
		case errors.Is(err, fault.ErrNotFound): // the list is worth showing without it
			p.Selected = ""
		case err != nil:
			return err
		default:
			p.Story = story
		}
	}
	return s.ok(w, "queue", "title.queue", v, p)
}

// readFilter reads the address of the queue. What it does not know is an error: a filter
// that is silently dropped would show another list than the one asked for.
func readFilter(q url.Values) (desk.Filter, string, error) {
	f := desk.Filter{Show: desk.Show(q.Get("show")), Project: q.Get("project"), Text: q.Get("q"), Family: event.Hazard(q.Get("family"))}
	f.After = q.Get("after")
	if f.Show == "" {
		f.Show = desk.Open
	}
	if !slices.Contains([]desk.Show{desk.NeedsAnswer, desk.Open, desk.Mine, desk.Closed}, f.Show) {
		return f, "", fmt.Errorf("show %.20q: %w", f.Show, fault.ErrInvalid)
	}
	if f.Family != "" && !f.Family.Known() {
		return f, "", fmt.Errorf("hazard %.20q: %w", f.Family, fault.ErrInvalid)
	}
	if len(f.Text) > 200 || len(f.Project) > 64 || len(f.After) > 400 {
		return f, "", fmt.Errorf("a filter is too long: %w", fault.ErrInvalid)
	}
	if l := q.Get("level"); l != "" {
		var err error
		if f.Level, err = level.Parse(l); err != nil {
			return f, "", err
		}
	}
	if n := q.Get("limit"); n != "" {
		limit, err := strconv.Atoi(n)
		if err != nil || limit < 1 || limit > 1000 {
			return f, "", fmt.Errorf("limit %.20q, want 1 to 1000: %w", n, fault.ErrInvalid)
		}
		f.Limit = limit
	}
	order := q.Get("sort")
	if order != "" && !slices.Contains(sortNames(), strings.TrimPrefix(order, "-")) {
		return f, "", fmt.Errorf("sort %.20q: %w", order, fault.ErrInvalid)
	}
	f.Sort = order
	return f, order, nil
}

func sortNames() []string { return []string{"level", "impact", "project", "people", "newest"} }

// sortRows orders the rows of this page as asked; without a wish the desk's order stands.
func sortRows(rows []desk.Row, order string) {
	name, down := strings.CutPrefix(order, "-")
	by := map[string]func(a, b desk.Row) int{
		"level":   func(a, b desk.Row) int { return cmp.Compare(a.Warning.Level, b.Warning.Level) },
		"impact":  func(a, b desk.Row) int { return a.Warning.ETA.Compare(b.Warning.ETA) },
		"project": func(a, b desk.Row) int { return cmp.Compare(a.Project.Name, b.Project.Name) },
		"people":  func(a, b desk.Row) int { return cmp.Compare(a.People, b.People) },
		"newest":  func(a, b desk.Row) int { return a.Newest.Compare(b.Newest) },
	}[name]
	if by == nil {
		return
	}
	slices.SortStableFunc(rows, func(a, b desk.Row) int {
		if down {
			return by(b, a)
		}
		return by(a, b)
	})
}

// groups parts the rows: what needs an answer stands first whatever the order.
func groups(q desk.Queue, show desk.Show) []group {
	if show == desk.Closed {
		return []group{{Key: "queue.group_closed", N: len(q.Rows), Rows: q.Rows}}
	}
	needs := group{Key: "queue.group_needs", N: q.Needs, Open: true}
	answered := group{Key: "queue.group_answered", N: q.Open - q.Needs}
	for _, r := range q.Rows {
		if r.Answer == nil {
			needs.Rows = append(needs.Rows, r)
		} else {
			answered.Rows = append(answered.Rows, r)
		}
	}
	var out []group
	for _, g := range []group{needs, answered} {
		if len(g.Rows) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// Link is the address of this list with some parameters changed; an empty value drops one.
func (p *queuePage) Link(pairs ...string) string {
	q := url.Values{}
	for k, vs := range p.query {
		if k != "after" && k != "done" && len(vs) > 0 {
			q.Set(k, vs[0])
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return "/"
	}
	return "/?" + q.Encode()
}

// SortLink is the value of a column's sort button: the other way when it sorts already.
func (p *queuePage) SortLink(name string) string {
	if p.Sort == "-"+name {
		return name
	}
	return "-" + name
}

// AriaSort is the aria-sort of a column, "" when the list is not sorted by it.
func (p *queuePage) AriaSort(name string) string {
	switch p.Sort {
	case name:
		return "ascending"
	case "-" + name:
		return "descending"
	default:
		return ""
	}
}

// A param is one hidden field of a GET form.
type param struct{ Name, Value string }

// Params keeps the filter in a form, without the field that the form sets itself.
func (p *queuePage) Params(except ...string) []param {
	var out []param
	for _, k := range []string{"show", "level", "family", "project", "q", "sort", "w"} {
		if v := p.query.Get(k); v != "" && !slices.Contains(except, k) {
			out = append(out, param{k, v})
		}
	}
	return out
}

// Narrowed tells whether the list leaves open warnings out.
func (p *queuePage) Narrowed() bool {
	return p.Filter.Level > level.Green || p.Filter.Family != "" || p.Filter.Project != "" || p.Filter.Text != "" || p.Filter.Show != desk.Open
}
