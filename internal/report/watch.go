package report

import (
	"fmt"
	"slices"
	"strings"

	"watchfire.dev/internal/country"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/report/document"
)

func (m *maker) level(l int) string { return m.say.Level(level.Level(min(max(l, 0), 3))) }

// chances are forecasts beside their base rate and what was said before.
func (m *maker) chances() ([]document.Block, string, error) {
	if len(m.s.Forecasts) == 0 {
		return []document.Block{{Text: m.t("chances.none")}}, "", nil
	}
	var rows [][]document.Cell
	for _, f := range m.s.Forecasts[:min(12, len(m.s.Forecasts))] {
		rows = append(rows, []document.Cell{cell(m.event(f)), m.chance(f.Chance), m.maybe(f.Base), m.maybe(f.Last)})
	}
	if m.p.ID == Weekly && m.s.Form >= 1 { // METHOD 2.9: with the word; elsewhere there is half a page
		for i, f := range m.s.Forecasts[:len(rows)] {
			rows[i] = slices.Insert(rows[i], 2, cell(m.say.Likelihood(f.Chance)))
		}
		return []document.Block{m.table("chances", m.cols("event", "#chance", "word", "#base", "#last"), rows)}, "", nil
	}
	return []document.Block{m.table("chances", m.cols("event", "#chance", "#base", "#last"), rows)}, "", nil
}

// event says what a forecast is about.
func (m *maker) event(f Forecast) string {
	what := f.What
	if f.Deaths > 0 {
		what = m.t("event.deaths", "N", m.say.Count(int(f.Deaths)), "Country", country.Name(f.Country, m.s.Lang))
	}
	if f.Until == "" {
		return what
	}
	return m.t("chances.until", "What", what, "Until", f.Until)
}

// fewCases is below which no rate is given (METHOD 4.1).
const fewCases = 10

// record is how good the warnings were, in counts.
func (m *maker) record() ([]document.Block, string, error) {
	if m.s.Settled != nil {
		return m.scorecard()
	}
	if len(m.s.Record) == 0 {
		return []document.Block{{Text: m.t("record.none")}}, "", nil
	}
	var rows [][]document.Cell
	hit, missed, wrong := 0, 0, 0
	count := func(n int) document.Cell { return num(fmt.Sprint(n), float64(n), "") }
	for _, r := range m.s.Record {
		lead := document.Cell{Text: "–", Dim: true}
		if r.Lead != nil {
			lead = num(m.apart(m.say.Number(*r.Lead, "h")), *r.Lead, "h")
		}
		rows = append(rows, []document.Cell{cell(m.say.Hazard(event.Hazard(r.Family))), count(r.Hit), count(r.Missed), count(r.False), lead})
		hit, missed, wrong = hit+r.Hit, missed+r.Missed, wrong+r.False
	}
	text := m.t("record.sum", "Hit", hit, "All", hit+missed, "False", wrong, "Warned", hit+wrong)
	if hit+missed < fewCases || hit+wrong < fewCases {
		text += " " + m.t("record.few")
	}
	return []document.Block{m.table("record", m.cols("family", "#hit", "#missed", "#false", "#lead"), rows), {Text: text}}, m.t("record.key"), nil
}

// hidden says what the watch cannot see.
func (m *maker) hidden(u Unseen) string {
	key := "blind." + u.Reason
	if !m.say.Has("report." + key) {
		key = "blind.other"
	}
	text := m.t(key, "Text", firstOf(u.Text, u.Reason))
	if u.Project != "" {
		text = u.Project + ": " + text
	}
	if !u.Since.IsZero() {
		text += " (" + m.t("since", "Time", m.say.Time(u.Since, m.s.Zone)) + ")"
	}
	return text
}

// shown is how many things of one kind the box names; the rest are counted, so that the
// first page holds it.
const shown = 3

// unseen is the box of what is not known: it stands in every report.
func (m *maker) unseen() ([]document.Block, string, error) {
	var list []document.Sentence
	add := func(text string) { list = append(list, document.Sentence{Text: text}) }
	if r := m.s.Result; r != nil {
		var dims []string
		counts := map[string]int{}
		for _, b := range r.Blind {
			if b.Reason == "no_hazard" {
				dims = append(dims, m.dimension(b.Dimension))
			} else {
				counts[b.Reason]++
			}
		}
		if len(dims) > 0 {
			add(m.t("unseen.dims", "List", strings.Join(dims, m.t("comma"))))
		}
		if counts["missing"]+counts["imputed"] > 0 {
			add(m.t("unseen.missing", "Missing", counts["missing"], "Borrowed", counts["imputed"]))
		}
		for _, s := range r.Stale[:min(1, len(r.Stale))] {
			add(m.t("unseen.stale", "Indicator", m.say.Indicator(s.Indicator), "Period", s.Period, "Days", int(s.Days)))
		}
		if len(r.Stale) > 1 {
			add(m.t("unseen.more_stale", "N", len(r.Stale)-1))
		}
	}
	shown := shown
	if m.dense() {
		shown--
	}
	for _, u := range m.s.Unseen[:min(shown, len(m.s.Unseen))] {
		add(m.hidden(u))
	}
	if len(m.s.Unseen) > shown {
		add(m.t("unseen.more", "N", len(m.s.Unseen)-shown))
	}
	for _, l := range m.s.Lacking {
		add(m.t("lacking." + l))
	}
	if len(m.held) > 0 {
		add(m.t("unseen.held", "List", strings.Join(m.held, m.t("comma"))))
	}
	if r := m.s.Result; r != nil && r.Assessed {
		if !r.Robust {
			add(m.t("unseen.not_robust", "Percent", m.say.Percent(r.ClassShare)))
		}
		add(m.t("unseen.confidence", "Word", m.t("confidence."+r.Confidence.Word), "Percent", m.say.Percent(r.Confidence.Coverage)))
	}
	if len(list) == 0 {
		add(m.t("unseen.none"))
	}
	return []document.Block{{Box: list}}, "", nil
}

// told is a text with the label of its evidence, which a copy of a lower label does not hold.
func (m *maker) told(text, tlp string) string {
	if May(m.label, tlp) {
		return text
	}
	return m.t("withheld", "Label", tlp)
}

// mostWarnings is how many a daily brief names: it has one page.
const mostWarnings = 4

// warnings are those that are open, the highest level first, unanswered ones named as such.
func (m *maker) warnings() ([]document.Block, string, error) {
	if len(m.s.Warnings) == 0 {
		return []document.Block{{Text: m.t("warnings.none")}}, "", nil
	}
	var rows [][]document.Cell
	open := 0
	for _, w := range m.s.Warnings {
		answered := cell(w.Answered)
		if w.Answered == "" {
			open++
			answered = cell(m.t("unanswered", "Age", m.say.Age(m.s.AsOf.Sub(w.Since))))
		}
		eta := document.Cell{Text: "–", Dim: true}
		if !w.ETA.IsZero() {
			eta = cell(m.say.Time(w.ETA, m.s.Zone))
		}
		rows = append(rows, []document.Cell{{Text: m.level(w.Level), Band: w.Level}, cell(m.told(w.Headline, w.TLP)), cell(w.Project), eta, answered})
	}
	aside := m.t("warnings.open", "N", open, "All", len(rows))
	if m.dense() {
		return m.briefly(rows), aside + m.t("comma") + m.say.Zone(m.s.AsOf, m.s.Zone), nil
	}
	return []document.Block{m.table("warnings", m.cols("level", "warning", "project", "eta", "answered"), rows)}, aside, nil
}

// briefly is the table of warnings of a daily brief: the first few, without the project that it
// is about, and with times whose zone stands beside the heading.
func (m *maker) briefly(rows [][]document.Cell) []document.Block {
	for i, w := range m.s.Warnings {
		if !w.ETA.IsZero() {
			rows[i][3].Text = m.say.Minute(w.ETA, m.s.AsOf, m.s.Zone)
		}
		rows[i] = slices.Delete(rows[i], 2, 3)
	}
	blocks := []document.Block{m.table("warnings", m.cols("level", "warning", "eta", "answered"), rows[:min(mostWarnings, len(rows))])}
	if len(rows) > mostWarnings {
		blocks = append(blocks, document.Block{Text: m.t("due.more", "N", len(rows)-mostWarnings)})
	}
	return blocks
}

// people counts who is where orange or red is warned.
func (m *maker) people() ([]document.Block, string, error) {
	at := map[int]int{}
	for _, w := range m.s.Warnings {
		if w.Level >= 2 {
			at[w.Level] += w.People
		}
	}
	var rows [][]document.Cell
	for _, l := range []int{3, 2} {
		rows = append(rows, []document.Cell{{Text: m.level(l), Band: l}, num(m.say.Count(at[l]), float64(at[l]), "people")})
	}
	return []document.Block{m.table("people", m.cols("level", "#people"), rows)}, m.t("people.key"), nil
}

func (m *maker) muted() ([]document.Block, string, error) {
	if len(m.s.Muted) == 0 {
		return []document.Block{{Text: m.t("muted.none")}}, "", nil
	}
	var rows [][]document.Cell
	for _, x := range m.s.Muted {
		rows = append(rows, []document.Cell{cell(x.Name), cell(m.say.Time(x.Since, m.s.Zone))})
	}
	return []document.Block{m.table("muted", m.cols("what", "since"), rows)}, "", nil
}

func (m *maker) decisions() ([]document.Block, string, error) {
	var list []document.Sentence
	for _, d := range m.s.Decisions {
		list = append(list, document.Sentence{Text: d})
	}
	for _, r := range m.rows {
		if r.Breach && r.Accepted == nil {
			list = append(list, document.Sentence{Text: m.t("decisions.breach", "Risk", r.Entry.Code+" "+r.Entry.Title), Evidence: []string{r.Entry.Code}})
		}
	}
	if len(list) == 0 {
		list = append(list, document.Sentence{Text: m.t("decisions.none")})
	}
	return []document.Block{{List: list}}, "", nil
}

func (m *maker) timeline() ([]document.Block, string, error) {
	if len(m.s.Timeline) == 0 {
		return []document.Block{{Text: m.t("timeline.none")}}, "", nil
	}
	var rows [][]document.Cell
	for _, x := range m.s.Timeline {
		rows = append(rows, []document.Cell{cell(m.say.Time(x.At, m.s.Zone)), cell(x.Text), {Text: x.Evidence, Dim: true}})
	}
	return []document.Block{m.table("timeline", m.cols("when", "what", "evidence"), rows)}, "", nil
}
