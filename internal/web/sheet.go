package web

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/survey"
)

// Sheets holds the links of surveys. A token opens one sheet for one respondent.
type Sheets interface {
	// Open shows; it has no effect. fault.ErrGone when the survey or the respondent is no more.
	Open(ctx context.Context, token string) (desk.SheetCard, error)
	Save(ctx context.Context, token string, sheet survey.Sheet) error
}

// A sheetPage is what a respondent with the link sees: every question with what the group
// said before, and what was typed, right or wrong.
type sheetPage struct {
	desk.SheetCard
	Token string
	Typed map[string]typedAnswer
	Wrong map[string]string // question → what is wrong: "missing", "bad"
	Lang  string
}

// A typedAnswer is what stands in the fields of a question.
type typedAnswer struct {
	Value, Reason string
	Skip          bool
}

// A section is a heading with its questions.
type section struct {
	Title     string
	Questions []survey.Question
}

// Sections are the questions under their headings, in their order.
func (p sheetPage) Sections() []section {
	var out []section
	for _, q := range p.Survey.Questions {
		if len(out) == 0 || out[len(out)-1].Title != q.Section {
			out = append(out, section{Title: q.Section})
		}
		last := &out[len(out)-1]
		last.Questions = append(last.Questions, q)
	}
	return out
}

// Text is a question in the reader's language.
func (p sheetPage) Text(q survey.Question) string { return q.In(p.Lang) }

// Choices are the whole numbers of a scale.
func (p sheetPage) Choices(q survey.Question) []string {
	var out []string
	for x := q.Low; x <= q.High; x++ {
		out = append(out, strconv.FormatFloat(x, 'f', -1, 64))
	}
	return out
}

// Num writes a bound of a question.
func (p sheetPage) Num(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// Shown writes an answer as its reader sees it.
func (p sheetPage) Shown(q survey.Question, x float64) string { return answerText(q, x) }

// Said is what the respondent said to a question in the round before; "" = nothing.
func (p sheetPage) Said(q survey.Question) string {
	a, ok := p.Mine.Find(q.Code)
	if !ok || a.Skip || q.Kind == survey.Text {
		return ""
	}
	return answerText(q, a.Value)
}

// Shows is what the group said before; nil where it is too small.
func (p sheetPage) Shows(q survey.Question) *survey.Group {
	if g, ok := p.Group(q.Code); ok {
		return &g
	}
	return nil
}

// typed reads a number as people type it: a comma for the point, chances in per cent.
func typed(q survey.Question, text string) (float64, bool) {
	text = strings.TrimSuffix(strings.ReplaceAll(strings.TrimSpace(text), " ", ""), "%")
	if strings.Count(text, ",") == 1 && !strings.Contains(text, ".") && len(text)-strings.Index(text, ",") != 4 {
		text = strings.Replace(text, ",", ".", 1) // 2,5; but 1,000 is a thousand
	}
	x, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, false
	}
	if q.Kind == survey.Chance {
		x /= 100
	}
	return x, true
}

// typedText is a value as it is typed.
func typedText(q survey.Question, x float64) string {
	if q.Kind == survey.Chance {
		x = math.Round(x*1e6) / 1e4
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

func (s *server) sheetPage(w http.ResponseWriter, r *http.Request) error {
	card, err := s.Sheets.Open(r.Context(), r.PathValue("token"))
	if err != nil {
		return fmt.Errorf("open a survey's link: %w", err)
	}
	p := sheetPage{SheetCard: card, Token: r.PathValue("token"), Typed: map[string]typedAnswer{}}
	for _, a := range card.Sheet.Answers {
		q, _ := card.Survey.Find(a.Question)
		t := typedAnswer{Reason: a.Reason, Skip: a.Skip}
		if !a.Skip && q.Kind != survey.Text {
			t.Value = typedText(q, a.Value)
		}
		p.Typed[a.Question] = t
	}
	return s.showSheet(w, r, http.StatusOK, p)
}

func (s *server) showSheet(w http.ResponseWriter, r *http.Request, status int, p sheetPage) error {
	v := s.receiverView(r, p.Language)
	if v.Zone = p.Zone; v.Zone == "" {
		v.Zone = "UTC"
	}
	p.Lang = v.Language()
	s.render(w, status, "sheet", v.with("title.sheet", p))
	return nil
}

// saveSheet keeps a draft or sends the sheet. What is wrong is shown at its question above
// what was typed, and what is right is kept as a draft, so that nothing is lost.
func (s *server) saveSheet(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	card, err := s.Sheets.Open(r.Context(), token)
	if err != nil {
		return fmt.Errorf("open a survey's link: %w", err)
	}
	round, err := strconv.Atoi(r.FormValue("round"))
	if err != nil || round != card.Round || card.Round == 0 {
		return fmt.Errorf("round %.10q of survey %s is over: %w", r.FormValue("round"), card.Survey.Code, fault.ErrGone)
	}
	send := r.FormValue("do") == "send"
	p := sheetPage{SheetCard: card, Token: token, Typed: map[string]typedAnswer{}, Wrong: map[string]string{}}
	sheet := survey.Sheet{Round: round, Sent: send}
	for _, q := range card.Survey.Questions {
		t := typedAnswer{Value: strings.TrimSpace(r.FormValue("v." + q.Code)), Reason: strings.TrimSpace(r.FormValue("r." + q.Code)), Skip: r.FormValue("k."+q.Code) != ""}
		p.Typed[q.Code] = t
		a := survey.Answer{Question: q.Code, Reason: t.Reason, Skip: t.Skip}
		x, ok := typed(q, t.Value)
		switch {
		case q.Kind == survey.Text && t.Reason == "" || q.Kind != survey.Text && !t.Skip && t.Value == "" && !send && t.Reason == "":
			continue
		case q.Kind == survey.Text, t.Skip:
		case t.Value == "":
			p.Wrong[q.Code] = "missing"
			continue
		case !ok || x < q.Low || x > q.High || (q.Kind == survey.Scale || q.Kind == survey.YesNo) && x != math.Trunc(x):
			p.Wrong[q.Code] = "bad"
			continue
		default:
			a.Value = x
		}
		sheet.Answers = append(sheet.Answers, a)
	}
	sheet.Sent = send && len(p.Wrong) == 0
	err = s.Sheets.Save(r.Context(), token, sheet)
	var problems survey.Problems
	switch {
	case errors.As(err, &problems):
		for _, x := range problems {
			p.Wrong[x.Field] = "bad"
		}
	case err != nil:
		return fmt.Errorf("keep a survey's answers: %w", err)
	}
	if !send { // a draft may lack what it lacks
		for code, why := range p.Wrong {
			if why == "missing" {
				delete(p.Wrong, code)
			}
		}
	}
	if len(p.Wrong) > 0 {
		return s.showSheet(w, r, http.StatusUnprocessableEntity, p)
	}
	to := "/s/" + token
	if l := r.URL.Query().Get("lang"); l != "" && len(l) <= 35 {
		to += "?lang=" + url.QueryEscape(l)
	}
	return seeOther(w, r, to, "")
}
