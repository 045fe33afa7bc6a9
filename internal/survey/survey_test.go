package survey

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
)

var start = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

func day(n int) time.Time { return start.AddDate(0, 0, n) }

func sample() Survey {
	return Survey{
		Code: "S1", Title: "October", Project: "rail", Asked: []Respondent{{Who: "ann"}, {Who: "ben"}, {Who: "eva"}}, Deadlines: []time.Time{day(7), day(14)},
		Questions: []Question{
			{Code: "q1", Text: "Days of fuel?", Kind: Number, Unit: "d", High: 90, Indicator: "stock.fuel"},
			{Code: "q2", Text: "Chance of a strike?", Kind: Chance, High: 1, Indicator: "chance.strike"},
			{Code: "q3", Text: "What else?", Kind: Text},
		},
	}
}

func said(who, grade, q string, round int, v float64, at time.Time) Answer {
	return Answer{Respondent: who, Grade: grade, Question: q, Round: round, Value: v, At: at}
}

// TestDelphi: two rounds, a changed mind, the spread that the next round sees, and what
// becomes of it.
func TestDelphi(t *testing.T) {
	t.Parallel()
	s := sample()
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	answers := []Answer{
		said("ann", "A", "q1", 1, 10, day(1)), said("ben", "B", "q1", 1, 30, day(2)), said("eva", "D", "q1", 1, 20, day(3)), said("ann", "A", "q1", 1, 14, day(4)),
		said("ann", "A", "q2", 1, .2, day(1)), said("ben", "B", "q2", 1, .5, day(1)), said("ann", "A", "q1", 2, 18, day(9)),
	}
	answers[1].Reason, answers[2].Reason = "the road is open", "a truck came"
	g := s.Of(answers, "q1", 1)
	if want := (Group{Question: "q1", Round: 1, N: 3, Value: 20, Median: 20, Low: 17, High: 25, Grade: "B"}); g != want || !g.Shown() {
		t.Errorf("%+v, want %+v", g, want)
	}
	// Log-odds of 0.2 are −ln 4, of 0.5 none: the mean is −ln 2, a chance of a third.
	if p := s.Of(answers, "q2", 1); math.Abs(p.Value-1./3) > 1e-12 || p.Shown() {
		t.Errorf("pooled %+v; two must not be shown", p)
	}
	if got := s.Reasons(answers, "q1", 1); !slices.Equal(got, []string{"a truck came", "the road is open"}) {
		t.Errorf("reasons %v", got)
	}
	if got := s.Missing(answers, 1); !slices.Equal(got, []string{"eva"}) {
		t.Errorf("to remind: %v", got)
	}
	if got := s.Missing(answers, 2); len(got) != 3 {
		t.Errorf("to remind in the second round: %v", got)
	}
	obs, thin := s.Observations(answers, s.Over(day(8)))
	turned := slices.Clone(answers)
	slices.Reverse(turned)
	again, _ := s.Observations(turned, 1)
	if len(obs) != 2 || obs[0].Value != 20 || obs[0].Grade != "B" || obs[0].N != 3 || obs[0].Project != "rail" || len(thin) != 0 || !reflect.DeepEqual(obs, again) {
		t.Errorf("after the first round: %+v, %v", obs, thin)
	}
	if obs, thin := s.Observations(answers, s.Over(day(20))); len(obs) != 1 || obs[0].Value != 18 || obs[0].Source != "survey S1, round 2, 1 answers" || len(thin) != 1 {
		t.Errorf("at the end: %+v, %v", obs, thin)
	}
	if obs, _ := s.Observations(answers, s.Over(day(2))); len(obs) != 0 {
		t.Errorf("before the first round is over: %+v", obs)
	}
	s.Quorum = 4
	if obs, thin := s.Observations(answers, 1); len(obs) != 0 || len(thin) != 2 {
		t.Errorf("below the quorum: %+v, %v", obs, thin)
	}
}

// TestEachForTheirOwnSite: without a project of its own a survey gives each project what its
// own people say.
func TestEachForTheirOwnSite(t *testing.T) {
	t.Parallel()
	s := sample()
	s.Project, s.Asked[0].Project, s.Asked[1].Project = "", "rail", "port"
	answers := []Answer{said("ann", "A", "q1", 1, 10, day(1)), said("ben", "F", "q1", 1, 30, day(2)), said("eva", "C", "q1", 1, 5, day(2))}
	obs, _ := s.Observations(answers, 1)
	var got []string
	for _, o := range obs {
		got = append(got, o.Project+" "+number(o.Value)+" "+o.Grade)
	}
	if want := []string{" 5 C", "port 30 F", "rail 10 A"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestGradesAreLearned: five resolved answers outweigh what was assigned; fewer do not; and a
// good record draws the pool of chances.
func TestGradesAreLearned(t *testing.T) {
	t.Parallel()
	s := sample()
	s.Outcomes = []Outcome{{Question: "q1", Project: "rail", Value: 18}}
	records := map[string]Record{}
	s.Records([]Answer{said("ann", "C", "q1", 1, 90, day(1)), said("ann", "C", "q1", 2, 18, day(9)), said("ben", "C", "q1", 2, 63, day(9))}, records)
	if r := records["ann"]; r.Resolved != 1 || r.Error != 0 {
		t.Errorf("the last round counts: %+v", r)
	}
	if r := records["ben"]; r.Error != .5 {
		t.Errorf("half of what was possible: %+v", r)
	}
	if g, learned := Grade("B", records["ann"]); g != "B" || learned {
		t.Errorf("one answer taught %s", g)
	}
	var good, coinToss Record
	q := s.Questions[1]
	for range 5 {
		good, coinToss = good.Add(q, .95, 1), coinToss.Add(q, .5, 1)
	}
	if g, learned := Grade("F", good); g != "A" || !learned {
		t.Errorf("who is right is %s", g)
	}
	if g, _ := Grade("A", coinToss); g != "E" {
		t.Errorf("who tosses a coin is %s", g)
	}
	if g, _ := Grade("", Record{}); g != "F" {
		t.Errorf("a stranger is %s", g)
	}
	two := []Answer{said("ann", "A", "q2", 1, .9, day(1)), said("ben", "A", "q2", 1, .1, day(1))}
	if p := s.Of(two, "q2", 1).Value; math.Abs(p-.5) > 1e-12 {
		t.Errorf("alike they pool to %g", p)
	}
	two[0].Brier, two[0].Resolved = .05, 40
	if p := s.Of(two, "q2", 1).Value; p < .55 || p > .9 {
		t.Errorf("the one with the record pulls it to %g", p)
	}
}

// TestTake refuses what is late, foreign or impossible.
func TestTake(t *testing.T) {
	t.Parallel()
	s := sample()
	s.Questions = append(s.Questions, Question{Code: "q4", Text: "How well?", Kind: Scale, Low: 1, High: 5})
	for _, c := range []struct {
		a    Answer
		want error
	}{
		{said("ann", "A", "q1", 1, 10, day(1)), nil},
		{said("ann", "A", "q3", 1, 0, day(1)), nil},
		{said("ann", "A", "q4", 1, 3, day(1)), nil},
		{said("ann", "A", "q4", 1, 3.5, day(1)), fault.ErrInvalid},
		{said("ann", "A", "q1", 1, 10, day(7)), fault.ErrGone},
		{said("ann", "A", "q1", 2, 10, day(1)), fault.ErrGone},
		{said("ann", "A", "q1", 0, 10, day(15)), fault.ErrGone},
		{said("zoe", "A", "q1", 1, 10, day(1)), fault.ErrForbidden},
		{said("ann", "A", "q9", 1, 10, day(1)), fault.ErrNotFound},
		{said("ann", "A", "q2", 1, 1.1, day(1)), fault.ErrInvalid},
		{said("ann", "A", "q1", 1, math.NaN(), day(1)), fault.ErrInvalid},
		{said("ann", "G", "q1", 1, 1, day(1)), fault.ErrInvalid},
	} {
		if err := s.Take(c.a); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.a, err, c.want)
		}
	}
	skipped := said("ann", "A", "q1", 1, 5000, day(1))
	skipped.Skip = true
	if err := s.Take(skipped); err != nil {
		t.Errorf("who cannot say: %v", err)
	}
	bad := sample()
	bad.Deadlines = []time.Time{day(9), day(3)}
	if err := bad.Check(); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("rounds out of order: %v", err)
	}
	if err := sample().Ready(day(8)); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("opened after the first deadline: %v", err)
	}
}

// TestReminders stand before their deadline and after the round began.
func TestReminders(t *testing.T) {
	t.Parallel()
	s := sample()
	s.Remind = []int{12, 48, 24 * 10}
	if got := s.Reminders(1, day(0)); !slices.Equal(got, []time.Time{day(5), day(6).Add(12 * time.Hour)}) {
		t.Errorf("%v", got)
	}
	if got := s.Reminders(2, day(0)); len(got) != 2 || got[0] != day(12) {
		t.Errorf("%v", got)
	}
	if got := s.Reminders(3, day(0)); got != nil {
		t.Errorf("%v", got)
	}
}

// TestFile: a questionnaire goes out and comes back; each mistake is named by line and column;
// what a spreadsheet would run is quoted.
func TestFile(t *testing.T) {
	t.Parallel()
	for _, x := range Samples() {
		raw, err := WriteQuestions(x.Questions)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ReadQuestions(raw)
		if err != nil || !reflect.DeepEqual(back, x.Questions) {
			t.Errorf("%s: %v\n%+v", x.Code, err, back)
		}
		zh := Translated(x.Questions, "zh")
		if x.Titles["zh"] == "" || x.Intros["zh"] == "" || zh[0].Text == x.Questions[0].Text || zh[0].In("en") != x.Questions[0].Text || zh[0].In("zh-CN") != x.Questions[0].Texts["zh"] {
			t.Errorf("%s in Chinese: %+v", x.Code, zh[0])
		}
		for _, q := range x.Questions {
			if d, ok := indicator.Find(q.Indicator); q.Indicator != "" && (!ok || d.Unit != q.Unit || q.Low < d.Low || q.High > d.High) {
				t.Errorf("%s: %s becomes %s in %q: %+v", x.Code, q.Code, q.Indicator, q.Unit, d)
			}
			if q.Texts["zh"] == "" {
				t.Errorf("%s: %s has no Chinese", x.Code, q.Code)
			}
		}
	}
	_, err := ReadQuestions([]byte("code;text;kind;low;high\nq1;How many?;number;5;1\nq1;;chance;;\nq 3;Why?;song;;\n"))
	for _, want := range []string{"2, low: 5 to 1 is no range", "3, text: is missing", "3, code: question \"q1\" stands in line 2 too", "4, code: \"q 3\"", "4, kind: \"song\""} {
		if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%v\n  want %s", err, want)
		}
	}
	for _, bad := range []string{"", "code,text\n", "code,what\n", "code,code\n", "code,text\n\xff\xff\xff\xff\n", "code,text,kind,low\nq1,Why?,text,NaN\n", "code,text\n\"q1"} {
		if _, err := ReadQuestions([]byte(bad)); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	raw, err := WriteQuestions([]Question{{Code: "q1", Text: "=cmd()", Kind: Text, Low: -1, High: 1}})
	if err != nil || !strings.Contains(string(raw), "'=cmd()") || !strings.Contains(string(raw), ",-1,1,") {
		t.Errorf("%s %v", raw, err)
	}
}

// TestFileGoesRound: what is quoted for spreadsheets comes back as it was, an apostrophe of
// our own with it.
func TestFileGoesRound(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"=cmd()", "'", "'=cmd()", "''", "'tis", "-5", "'-5", "@site", "+1 road", "plain"} {
		list := []Question{{Code: "q1", Section: text, Text: text, Texts: map[string]string{"zh": text}, Help: text, Kind: Number, Unit: text, Low: -5, High: 5}}
		raw, err := WriteQuestions(list)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ReadQuestions(raw); err != nil || !reflect.DeepEqual(back, list) {
			t.Errorf("%q comes back as %+v, %v", text, back, err)
		}
	}
}

// TestAnswersNameNobody: the export tells one respondent from another and names none.
func TestAnswersNameNobody(t *testing.T) {
	t.Parallel()
	s := sample()
	answers := []Answer{said("ann", "A", "q1", 1, 10, day(1)), said("ben", "B", "q1", 1, 30, day(2)), said("eva", "D", "q1", 1, 20, day(3))}
	answers[1].Reason = "+1 road"
	answers[0].Value, answers[1].Value = 30, 10 // the order of names is not that of what they said
	raw, err := s.WriteAnswers(answers)
	want := "group,1,q1,Days of fuel?,,B,20,20,15,25,3,0,\nanswer,1,q1,,1,,10,,,,,,'+1 road\nanswer,1,q1,,2,,20,,,,,,\nanswer,1,q1,,3,,30,,,,,,\n"
	if err != nil || !strings.HasSuffix(string(raw), want) {
		t.Errorf("%s\nwant %s, %v", raw, want, err)
	}
	if raw, err := s.WriteAnswers(answers[:2]); err != nil || strings.Contains(string(raw), "answer,") || !strings.Contains(string(raw), "group,1,q1") {
		t.Errorf("two can be told apart: %s %v", raw, err)
	}
}

// FuzzReadQuestions: no file breaks the reader, and what it takes can be written.
func FuzzReadQuestions(f *testing.F) {
	f.Add([]byte("code,text,kind,low,high\nq1,How many?,number,0,9\n"))
	f.Add([]byte("code,text\n\"q1"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := ReadQuestions(raw)
		if err != nil {
			return
		}
		raw, err = WriteQuestions(list)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsRune(raw, '\r') { // ends of lines become one kind, as in every CSV
			return
		}
		if back, err := ReadQuestions(raw); err != nil || !reflect.DeepEqual(back, list) {
			t.Errorf("%+v\ncomes back as %+v, %v", list, back, err)
		}
	})
}
