package survey

import (
	"bytes"
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio/sheet"
)

// columns are those of a questionnaire's file; "text_zh" and the like hold other languages.
func columns() []string {
	return []string{"code", "section", "text", "kind", "unit", "low", "high", "indicator", "help"}
}

// MaxFile bounds a questionnaire's file in bytes.
const MaxFile = 1 << 20

// ReadQuestions reads a questionnaire from a table: one question a row, columns in any order.
// What is wrong is named by line and column in a Problems, and then nothing is returned.
func ReadQuestions(raw []byte) ([]Question, error) {
	var p Problems
	if len(raw) > MaxFile {
		p.add(0, "file", "%d bytes, at most %d", len(raw), MaxFile)
		return nil, p
	}
	text, err := sheet.Text(raw)
	if err != nil {
		p.add(0, "file", "%v", err)
		return nil, p
	}
	in := sheet.NewRows(text)
	head, _, err := in.Next()
	if err != nil {
		p.add(1, "file", "has no head: want the columns %s", strings.Join(columns(), ","))
		return nil, p
	}
	for i, name := range head {
		head[i] = strings.ToLower(strings.TrimSpace(name))
		if lang, ok := strings.CutPrefix(head[i], "text_"); !slices.Contains(columns(), head[i]) && (!ok || lang == "") || slices.Index(head, head[i]) < i {
			p.add(1, head[i], "is no column of a questionnaire, or stands twice")
		}
	}
	if len(p) > 0 {
		return nil, p
	}
	var out []Question
	lines := map[string]int{}
	for {
		cells, line, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			p.add(line, "file", "quotation marks do not match")
			break
		}
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue
		}
		q := questionOf(head, cells, line, &p)
		if q.check(line, &p); lines[q.Code] > 0 {
			p.add(line, "code", "question %.40q stands in line %d too", q.Code, lines[q.Code])
		}
		lines[q.Code] = line
		if out = append(out, q); len(out) > MaxQuestions {
			p.add(line, "file", "more than %d questions", MaxQuestions)
			break
		}
	}
	if len(out) == 0 && len(p) == 0 {
		p.add(1, "file", "holds no question")
	}
	if len(p) > 0 {
		return nil, p
	}
	return out, nil
}

func questionOf(head, cells []string, line int, p *Problems) Question {
	q := Question{Kind: Number}
	low, high := "", ""
	if len(cells) > len(head) {
		p.add(line, "file", "%d cells under %d columns", len(cells), len(head))
	}
	for i := range min(len(cells), len(head)) {
		v := sheet.Unquote(strings.TrimSpace(cells[i]))
		switch head[i] {
		case "code":
			q.Code = v
		case "section":
			q.Section = v
		case "text":
			q.Text = v
		case "kind":
			if v != "" {
				q.Kind = Kind(strings.ToLower(v))
			}
		case "unit":
			q.Unit = v
		case "low":
			low = v
		case "high":
			high = v
		case "indicator":
			q.Indicator = v
		case "help":
			q.Help = v
		default:
			if lang, ok := strings.CutPrefix(head[i], "text_"); ok && v != "" {
				if q.Texts == nil {
					q.Texts = map[string]string{}
				}
				q.Texts[lang] = v
			}
		}
	}
	q.Low, q.High = q.Kind.Bounds()
	bound := func(column, text string, at *float64) {
		if text == "" {
			return
		}
		x, err := strconv.ParseFloat(strings.ReplaceAll(text, " ", ""), 64)
		if err != nil {
			p.add(line, column, "%.30q is no number", text)
		}
		*at = x
	}
	bound("low", low, &q.Low)
	bound("high", high, &q.High)
	return q
}

// Bounds are those of a question of a kind that names none.
func (k Kind) Bounds() (low, high float64) {
	switch k {
	case Chance, YesNo:
		return 0, 1
	case Scale:
		return 1, 5
	default:
		return 0, 1e6
	}
}

// WriteQuestions writes a questionnaire in the file format; ReadQuestions reads it back.
func WriteQuestions(list []Question) ([]byte, error) {
	tongues := map[string]bool{}
	for _, q := range list {
		for l := range q.Texts {
			tongues[l] = true
		}
	}
	head := columns()
	extra := slices.Sorted(maps.Keys(tongues))
	for _, l := range extra {
		head = append(head, "text_"+l)
	}
	rows := [][]string{head}
	for _, q := range list {
		row := []string{q.Code, q.Section, q.Text, string(q.Kind), q.Unit, number(q.Low), number(q.High), q.Indicator, q.Help}
		for _, l := range extra {
			row = append(row, q.Texts[l])
		}
		rows = append(rows, row)
	}
	return table(rows)
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func table(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, r := range rows {
		for i, c := range r {
			if _, err := strconv.ParseFloat(c, 64); err != nil {
				r[i] = sheet.Quote(c) // a spreadsheet would run it (OWASP, CSV injection)
			}
		}
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write a table: %w: %w", fault.ErrInvalid, err)
	}
	return b.Bytes(), nil
}

// WriteAnswers writes what was answered, one answer a row, in rounds and questions. Nobody is
// named: a respondent is a number, the same in all rounds, in the order of what was answered,
// which says nothing of names; grades stand at the group alone. Where fewer than Least people
// answered at all, the rows are left out and only the group's lines remain.
func (s Survey) WriteAnswers(answers []Answer) ([]byte, error) {
	rows := [][]string{{"what", "round", "question", "text", "respondent", "grade", "value", "median", "low", "high", "n", "cannot_say", "reason"}}
	who := map[string]string{} // respondent → everything that they answered
	for round := 1; round <= len(s.Deadlines); round++ {
		for _, q := range s.Questions {
			for _, a := range latest(answers, q.Code, round) {
				who[a.Respondent] += fmt.Sprintf("%02d %s %020.6f %t %q\n", round, q.Code, a.Value, a.Skip, a.Reason)
			}
		}
	}
	numbers := map[string]int{}
	for i, r := range slices.SortedFunc(maps.Keys(who), func(a, b string) int { return strings.Compare(who[a], who[b]) }) {
		numbers[r] = i + 1
	}
	for round := 1; round <= len(s.Deadlines); round++ {
		for _, q := range s.Questions {
			said := latest(answers, q.Code, round)
			g := s.sum(said, q.Code, round)
			if len(said) == 0 {
				continue
			}
			group := []string{"group", strconv.Itoa(round), q.Code, q.Text, "", g.Grade, "", "", "", "", strconv.Itoa(g.N), strconv.Itoa(g.Skipped), ""}
			if q.Kind != Text && g.N > 0 {
				group[6], group[7] = number(g.Value), number(g.Median)
				if g.Shown() {
					group[8], group[9] = number(g.Low), number(g.High)
				}
			}
			rows = append(rows, group)
			if len(who) < Least {
				continue
			}
			slices.SortFunc(said, func(a, b Answer) int { return numbers[a.Respondent] - numbers[b.Respondent] })
			for _, a := range said {
				row := []string{"answer", strconv.Itoa(round), q.Code, "", strconv.Itoa(numbers[a.Respondent]), "", "", "", "", "", "", "", a.Reason}
				if a.Skip {
					row[11] = "1"
				} else if q.Kind != Text {
					row[6] = number(a.Value)
				}
				rows = append(rows, row)
			}
		}
	}
	return table(rows)
}

//go:embed sample/*.csv
var samples embed.FS

// A Sample is a questionnaire that comes with the program.
type Sample struct {
	Code      string
	Titles    map[string]string // by language, "en" and "zh"
	Intros    map[string]string
	Questions []Question
}

// Title is the title in a language, English where there is none.
func (s Sample) Title(lang string) string { return first(s.Titles, lang) }

// Intro is the introduction in a language, English where there is none.
func (s Sample) Intro(lang string) string { return first(s.Intros, lang) }

func first(m map[string]string, lang string) string {
	if t := m[lang]; t != "" {
		return t
	}
	return m["en"]
}

// Samples are the questionnaires that come with the program.
func Samples() []Sample {
	out := []Sample{
		{
			Code:   "site-security",
			Titles: map[string]string{"en": "Security of the site", "zh": "现场安全"},
			Intros: map[string]string{
				"en": "For site managers, each for their own site, every month. The numbers become indicators of the project; nobody outside the security department sees who said what.",
				"zh": "由各现场经理每月为本现场填写。数字将成为项目指标；安全部门以外的人看不到是谁填写的。",
			},
		},
		{
			Code:   "departmental-duty",
			Titles: map[string]string{"en": "Duties of departments", "zh": "部门职责履行"},
			Intros: map[string]string{
				"en": "For heads of departments, every quarter: what each department must do about risk abroad, and whether it is done.",
				"zh": "由各部门负责人每季度填写：本部门在海外风险方面的职责及履行情况。",
			},
		},
		{
			Code:   "local-needs",
			Titles: map[string]string{"en": "Local needs and community", "zh": "当地需求与社区"},
			Intros: map[string]string{
				"en": "For site managers and community liaison officers, every quarter: what neighbours ask for, what is promised, and what may go wrong.",
				"zh": "由现场经理和社区联络员每季度填写：周边社区的诉求、已作承诺以及可能出现的问题。",
			},
		},
	}
	for i := range out {
		raw, err := samples.ReadFile("sample/" + out[i].Code + ".csv")
		if err == nil {
			out[i].Questions, err = ReadQuestions(raw)
		}
		if err != nil {
			panic(fmt.Errorf("sample %s: %w", out[i].Code, err)) // a bug of ours: the file is part of the program
		}
	}
	return out
}

// FindSample returns a questionnaire that comes with the program.
func FindSample(code string) (Sample, bool) {
	list := Samples()
	i := slices.IndexFunc(list, func(s Sample) bool { return s.Code == code })
	if i < 0 {
		return Sample{}, false
	}
	return list[i], true
}

// Translated gives the questions with a language's text first: a survey that is written for
// people of that language shows it to whoever has none of the others.
func Translated(list []Question, lang string) []Question {
	out := slices.Clone(list)
	for i, q := range out {
		if t := q.Texts[lang]; t != "" && lang != "en" {
			texts := maps.Clone(q.Texts)
			texts["en"], out[i].Text = q.Text, t
			delete(texts, lang)
			out[i].Texts = texts
		}
	}
	return out
}

// Rounds are deadlines at even distances: n of them, the first one gap after from.
func Rounds(from time.Time, n int, gap time.Duration) []time.Time {
	out := make([]time.Time, n)
	for i := range out {
		out[i] = from.Add(time.Duration(i+1) * gap)
	}
	return out
}
