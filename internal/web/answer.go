package web

import (
	"fmt"
	"net/http"
	"strings"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/warning"
)

// A phonePage is what somebody with a one-tap link sees: what, what to do, three answers.
type phonePage struct {
	AnswerView
	Token  string
	Words  phrase.Words
	Level  level.Level
	Active bool
	Said   string // the answer that the link's button names; it is only shown first
}

// answerPage shows and has no effect: mail scanners and previews fetch links (S17).
func (s *server) answerPage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Answers.Open(r.Context(), r.PathValue("token"))
	if err != nil {
		return fmt.Errorf("open answer link: %w", err)
	}
	v := s.receiverView(r, a.Language)
	v.Zone = a.Zone
	if v.Zone == "" {
		v.Zone = a.Project.Zone
	}
	p := phonePage{AnswerView: a, Token: r.PathValue("token"), Level: a.Warning.Level, Active: warning.Active(a.Warning)}
	if said := r.URL.Query().Get("answer"); said == "need_help" || said == "cannot" {
		p.Said = said
	}
	if p.Words, err = v.Speaker.Warning(a.Warning, a.Project, v.Zone); err != nil {
		return err
	}
	return s.ok(w, "answer", "title.answer", v, p)
}

func (s *server) answer(w http.ResponseWriter, r *http.Request) error {
	token, kind, note := r.PathValue("token"), r.FormValue("kind"), strings.TrimSpace(r.FormValue("note"))
	if err := checkAnswer(kind, note); err != nil {
		return err
	}
	if err := s.Answers.Answer(r.Context(), token, kind, note); err != nil {
		return fmt.Errorf("answer by link: %w", err)
	}
	return seeOther(w, r, "/a/"+token, "")
}
