package survey

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
)

var start = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

func day(n int) time.Time { return start.AddDate(0, 0, n) }

func sample() Survey {
	return Survey{
		Code: "S1", Title: "October", Project: "rail", Asked: []string{"ann", "ben", "eva"}, Deadlines: []time.Time{day(7), day(14)},
		Questions: []Question{{Code: "q1", Text: "Days of fuel?", Kind: Number, Unit: "d", High: 90, Indicator: "stock.fuel"}, {Code: "q2", Text: "Chance of a strike?", Kind: Chance, High: 1, Indicator: "chance.strike"}},
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
	g := s.Of(answers, "q1", 1)
	if want := (Group{"q1", 1, 3, 20, 20, 17, 25, "B"}); g != want {
		t.Errorf("%+v, want %+v", g, want)
	}
	// Log-odds of 0.2 are −ln 4, of 0.5 none: the mean is −ln 2, a chance of a third.
	if p := s.Of(answers, "q2", 1).Value; math.Abs(p-1./3) > 1e-12 {
		t.Errorf("pooled %g", p)
	}
	if got := s.Missing(answers, 1); !slices.Equal(got, []string{"eva"}) {
		t.Errorf("to remind: %v", got)
	}
	obs := s.Observations(answers, day(8))
	turned := slices.Clone(answers)
	slices.Reverse(turned)
	if len(obs) != 2 || obs[0].Value != 20 || obs[0].Grade != "B" || !obs[0].KnownAt.Equal(day(7)) || !reflect.DeepEqual(obs, s.Observations(turned, day(8))) {
		t.Errorf("after the first round: %+v", obs)
	}
	if obs := s.Observations(answers, day(20)); len(obs) != 1 || obs[0].Value != 18 || obs[0].Source != "survey S1, round 2" {
		t.Errorf("at the end: %+v", obs)
	}
	if obs := s.Observations(answers, day(2)); len(obs) != 0 {
		t.Errorf("before the first round is over: %+v", obs)
	}
}

// TestTake refuses what is late, foreign or impossible.
func TestTake(t *testing.T) {
	t.Parallel()
	s := sample()
	for _, c := range []struct {
		a    Answer
		want error
	}{
		{said("ann", "A", "q1", 1, 10, day(1)), nil},
		{said("ann", "A", "q1", 1, 10, day(7)), fault.ErrGone},
		{said("ann", "A", "q1", 2, 10, day(1)), fault.ErrGone},
		{said("ann", "A", "q1", 0, 10, day(15)), nil},
		{said("zoe", "A", "q1", 1, 10, day(1)), fault.ErrForbidden},
		{said("ann", "A", "q9", 1, 10, day(1)), fault.ErrNotFound},
		{said("ann", "A", "q2", 1, 1.1, day(1)), fault.ErrInvalid},
		{said("ann", "A", "q1", 1, math.NaN(), day(1)), fault.ErrInvalid},
		{said("ann", "G", "q1", 1, 1, day(1)), fault.ErrInvalid},
	} {
		if c.a.Round == 0 {
			c.want = fault.ErrGone
		}
		if err := s.Take(c.a); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.a, err, c.want)
		}
	}
	bad := sample()
	bad.Deadlines = []time.Time{day(9), day(3)}
	if err := bad.Check(); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("rounds out of order: %v", err)
	}
}
