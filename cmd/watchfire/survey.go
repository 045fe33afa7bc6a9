package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/survey"
)

type surveyCmd struct {
	List    surveyList    `cmd:"" help:"List questionnaires with how many have answered."`
	Show    surveyShow    `cmd:"" help:"Show one survey: who has answered, what the group said, which indicators it gave."`
	Import  surveyImport  `cmd:"" help:"Make a draft of a questionnaire's CSV file, or of one that comes with the program."`
	Open    surveyOpen    `cmd:"" help:"Ask everybody: messages go out."`
	Remind  surveyRemind  `cmd:"" help:"Remind whoever has not answered the open round."`
	End     surveyEnd     `cmd:"" help:"End the open round now; what it gave becomes indicators."`
	Export  surveyExport  `cmd:"" help:"Write the answers of rounds that are over as CSV, without names; or the questions."`
	Samples surveySamples `cmd:"" help:"List the questionnaires that come with the program."`
}

type surveyList struct{ spoken }

// Run prints the surveys.
func (c *surveyList) Run(e *env) error {
	var rows struct {
		Items []desk.SurveyRow `json:"items"`
	}
	err := c.read(e, "/api/v1/surveys", &rows, func(ctx context.Context, d *desk.Desk, who desk.Principal) (err error) {
		rows.Items, err = d.Surveys(ctx, who)
		return err
	})
	if err != nil {
		return err
	}
	s, done, err := c.speaker(e, rows.Items)
	if done || err != nil {
		return err
	}
	w := tabwriter.NewWriter(e.stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(w, s.T("survey.code")+"\t"+s.T("survey.state")+"\t"+s.T("survey.round")+"\t"+s.T("survey.answered")+"\t"+s.T("survey.deadline")+"\t"+s.T("survey.title"))
	for _, r := range rows.Items {
		round, until := s.T("survey.rounds", "N", len(r.Survey.Deadlines)), "–"
		if r.Open > 0 {
			round, until = s.T("survey.of", "N", r.Open, "All", len(r.Survey.Deadlines)), s.Time(r.Deadline, "UTC")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d / %d\t%s\t%s\n", r.Survey.Code, s.T("survey.state."+r.State), round, r.Answered, len(r.Survey.Asked), until, r.Survey.Title)
	}
	return w.Flush()
}

type surveyShow struct {
	spoken
	Code string `arg:"" help:"Code of the survey."`
}

// Run prints one survey.
func (c *surveyShow) Run(e *env) error {
	var card desk.SurveyCard
	err := c.read(e, "/api/v1/surveys/"+url.PathEscape(c.Code), &card, func(ctx context.Context, d *desk.Desk, who desk.Principal) (err error) {
		card, err = d.Survey(ctx, who, c.Code)
		return err
	})
	if err != nil {
		return err
	}
	s, done, err := c.speaker(e, card)
	if done || err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s · %s · %s\n", card.Survey.Title, s.T("survey.state."+card.State), s.T("survey.progress", "N", card.Answered(), "All", len(card.Respondents)))
	for _, r := range card.Respondents {
		state := s.T("survey.missing")
		switch {
		case !r.Answered.IsZero():
			state = s.T("survey.sent", "Time", s.Time(r.Answered, "UTC"))
		case r.Draft:
			state = s.T("survey.begun")
		case r.Gone:
			state = s.T("survey.gone")
		}
		fmt.Fprintf(e.stdout, "  %s · %s %s · %s\n", r.Name, s.T("survey.grade"), r.Effective, state)
	}
	if n := len(card.Rounds); n > 0 {
		fmt.Fprintln(e.stdout, s.T("survey.after", "N", n))
		for _, g := range card.Rounds[n-1] {
			q, _ := card.Survey.Find(g.Question)
			if q.Kind == survey.Text {
				continue
			}
			line := fmt.Sprintf("  %s: –", q.In(s.Language()))
			if g.N > 0 {
				line = fmt.Sprintf("  %s: %.6g", q.In(s.Language()), g.Value)
			}
			if g.Shown() {
				line += fmt.Sprintf(" (%.6g – %.6g)", g.Low, g.High)
			}
			fmt.Fprintf(e.stdout, "%s · %s: %d\n", line, s.T("survey.n"), g.N)
		}
	}
	for _, o := range card.Numbers {
		fmt.Fprintf(e.stdout, "  → %s %s %.6g %s · %s %s · %s\n", o.Indicator, o.Place, o.Value, o.Unit, s.T("survey.grade"), o.Grade, o.Source)
	}
	if card.Problem != "" {
		_, err = fmt.Fprintln(e.stdout, s.T("survey.lacks"), card.Problem)
	}
	return err
}

// act does a command at a server or in the data folder.
func (w *where) act(e *env, method, path, kind string, body []byte, into any, local func(context.Context, *desk.Desk, desk.Principal) error) error {
	if w.URL != "" {
		return w.call(e.ctx, method, path, kind, body, into)
	}
	return w.local(e.ctx, func(ctx context.Context, a *app.App, who desk.Principal) error { return local(ctx, a.Desk(), who) })
}

type surveyImport struct {
	where
	File   string `arg:"" optional:"" help:"CSV file."`
	Sample string `help:"A questionnaire that comes with the program, instead of a file: see survey samples."`
	Code   string `help:"Of the survey; default the file's name."`
	Title  string `help:"Of the survey; default its code."`

	Ask     []string      `help:"Who is asked, contact:CODE or account:ID, with =PROJECT where they answer for one; may stand several times." sep:"none"`
	Project string        `help:"Code of the project that all answers are about; without it each respondent answers for their own."`
	In      time.Duration `help:"How long each round is open, from now on, such as 168h."`
	Rounds  int           `help:"How many rounds, with --in." default:"1"`
	Remind  []int         `help:"Hours before each deadline at which whoever has not answered is reminded." default:"12,48"`
}

// Run makes a draft. Exit 2 when anything is wrong with the file; each mistake is a line with
// row and column.
func (c *surveyImport) Run(e *env) error {
	x := survey.Survey{Code: c.Code, Title: c.Title, Project: c.Project, Remind: c.Remind}
	for _, who := range c.Ask {
		who, project, _ := strings.Cut(who, "=")
		x.Asked = append(x.Asked, survey.Respondent{Who: who, Project: project, Grade: "C"})
	}
	if c.In > 0 {
		x.Deadlines = survey.Rounds(clock.System().UTC().Truncate(time.Second), min(max(c.Rounds, 1), survey.MaxRounds), c.In)
	}
	switch {
	case c.Sample != "":
		sample, ok := survey.FindSample(c.Sample)
		if !ok {
			return fmt.Errorf("no questionnaire %q comes with the program: %w", c.Sample, fault.ErrInvalid)
		}
		x.Questions, x.Intro = sample.Questions, sample.Intro("en")
		if x.Code == "" {
			x.Code = sample.Code
		}
		if x.Title == "" {
			x.Title = sample.Title("en")
		}
	case c.File != "":
		raw, err := readFile(e, c.File)
		if err != nil {
			return err
		}
		if x.Questions, err = survey.ReadQuestions(raw); err != nil {
			return named(e, c.File, err)
		}
		if x.Code == "" {
			x.Code = strings.TrimSuffix(filepath.Base(c.File), filepath.Ext(c.File))
		}
		if x.Title == "" {
			x.Title = x.Code
		}
	default:
		return fmt.Errorf("name a file or a --sample: %w", fault.ErrInvalid)
	}
	body, err := json.Marshal(x)
	if err != nil {
		return err
	}
	var out desk.StoredSurvey
	err = c.act(e, http.MethodPut, "/api/v1/surveys/"+url.PathEscape(x.Code), "application/json", body, &out, func(ctx context.Context, d *desk.Desk, who desk.Principal) (err error) {
		out, err = d.PutSurvey(ctx, who, desk.NewRisk, x)
		return err
	})
	if err != nil {
		return named(e, c.File, err)
	}
	_, err = fmt.Fprintf(e.stdout, "%s: %d questions, a draft\n", x.Code, len(x.Questions))
	return err
}

// named writes each mistake on a line of its own.
func named(e *env, file string, err error) error {
	var problems survey.Problems
	if !errors.As(err, &problems) {
		return err
	}
	for _, p := range problems {
		fmt.Fprintf(e.stderr, "%s: row %d, %s: %s\n", file, p.Row, p.Field, p.What)
	}
	return fmt.Errorf("%d problems, nothing was changed: %w", len(problems), fault.ErrInvalid)
}

type surveyNamed struct {
	where
	Code string `arg:"" help:"Code of the survey."`
}

func (c *surveyNamed) path(what string) string {
	return "/api/v1/surveys/" + url.PathEscape(c.Code) + what
}

type surveyOpen struct{ surveyNamed }

// Run opens a survey.
func (c *surveyOpen) Run(e *env) error {
	var out desk.StoredSurvey
	err := c.act(e, http.MethodPost, c.path("/open"), "application/json", nil, &out, func(ctx context.Context, d *desk.Desk, who desk.Principal) (err error) {
		out, err = d.OpenSurvey(ctx, who, c.Code)
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%s is open; %d are asked\n", c.Code, len(out.Survey.Asked))
	return err
}

type surveyRemind struct{ surveyNamed }

// Run reminds.
func (c *surveyRemind) Run(e *env) error {
	var out struct {
		Reminded int `json:"reminded"`
	}
	err := c.act(e, http.MethodPost, c.path("/remind"), "application/json", nil, &out, func(ctx context.Context, d *desk.Desk, who desk.Principal) (err error) {
		out.Reminded, err = d.RemindSurvey(ctx, who, c.Code)
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%d reminded\n", out.Reminded)
	return err
}

type surveyEnd struct {
	surveyNamed
	All bool `help:"End the whole survey."`
}

// Run ends a round.
func (c *surveyEnd) Run(e *env) error {
	var out desk.StoredSurvey
	err := c.act(e, http.MethodPost, c.path("/end"), "application/json", []byte(fmt.Sprintf(`{"all":%t}`, c.All)), &out, func(ctx context.Context, d *desk.Desk, who desk.Principal) (err error) {
		out, err = d.EndRound(ctx, who, c.Code, c.All)
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "round %d of %s is closed; the survey is %s\n", out.Closed, c.Code, out.State)
	return err
}

type surveyExport struct {
	surveyNamed
	Questions bool   `help:"The questionnaire, in the form that an import takes."`
	Out       string `short:"o" help:"File to write; - is standard output." default:"-"`
}

// Run writes a CSV file.
func (c *surveyExport) Run(e *env) error {
	var raw []byte
	what := "/answers"
	if c.Questions {
		what = "/questions"
	}
	err := c.read(e, c.path(what), &raw, func(ctx context.Context, d *desk.Desk, who desk.Principal) (err error) {
		if c.Questions {
			raw, err = d.ExportQuestions(ctx, who, c.Code)
		} else {
			raw, err = d.ExportSurvey(ctx, who, c.Code)
		}
		return err
	})
	if err != nil {
		return err
	}
	return writeFile(e, c.Out, raw)
}

type surveySamples struct {
	Language string `help:"en or zh." default:"en"`
	Export   string `help:"Write one of them as CSV to standard output."`
}

// Run lists the samples, or writes one.
func (c *surveySamples) Run(e *env) error {
	for _, s := range survey.Samples() {
		if c.Export == s.Code {
			raw, err := survey.WriteQuestions(s.Questions)
			if err != nil {
				return err
			}
			_, err = e.stdout.Write(raw)
			return err
		}
		if c.Export == "" {
			fmt.Fprintf(e.stdout, "%s\t%d\t%s\n", s.Code, len(s.Questions), s.Title(c.Language))
		}
	}
	if c.Export != "" {
		return fmt.Errorf("no questionnaire %q comes with the program: %w", c.Export, fault.ErrInvalid)
	}
	return nil
}
