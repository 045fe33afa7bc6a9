package event

import (
	"reflect"
	"testing"
	"time"
)

// advised is one government's advice for a country.
func advised(source, country string, minute, step int) Signal {
	return report(source, source+":"+country, minute, func(s *Signal) {
		s.Hazard, s.Places = Advice, []Place{{Country: country, Name: country}}
		if step > 0 {
			s.Measures = Measures{{Name: "advice_level", Value: float64(step)}}
		}
	})
}

// TestStepsOfAdvice: what a government advised before is known from its own earlier signals.
func TestStepsOfAdvice(t *testing.T) {
	since := func(minute int) time.Time { return t0.Add(time.Duration(minute) * time.Minute) }
	for _, tc := range []struct {
		name  string
		steps []int // one each minute; 0 = a signal without a step
		want  Step
	}{
		{"first sight is no change", []int{3}, Step{Now: 3}},
		{"published again", []int{3, 3, 3}, Step{Now: 3}},
		{"up", []int{2, 3}, Step{Now: 3, Before: 2, Since: since(1)}},
		{"up and published again", []int{2, 3, 3}, Step{Now: 3, Before: 2, Since: since(1)}},
		{"up twice", []int{2, 3, 4}, Step{Now: 4, Before: 3, Since: since(2)}},
		{"up and down", []int{2, 3, 2}, Step{Now: 2, Before: 3, Since: since(2)}},
		{"a signal without a step says nothing", []int{2, 0, 3, 0}, Step{Now: 3, Before: 2, Since: since(2)}},
		{"no step at all", []int{0, 0}, Step{}},
		{"no step and then the first", []int{0, 4}, Step{Now: 4}},
		{"no such step", []int{2, 9}, Step{Now: 2}},
	} {
		m := NewMerger("org")
		var last Event
		for i, step := range tc.steps {
			last = m.Observe(since(i), []Signal{advised("us", "ML", i, step)})[0]
		}
		if got := last.Reports[0].Advice; got != tc.want || m.Len() != 1 {
			t.Errorf("%s: %+v in %d events, want %+v", tc.name, got, m.Len(), tc.want)
		}
	}
}

// TestAdviceIsOneEventACountry: governments share no keys, yet speak of one country; a part
// that stands by itself is another matter.
func TestAdviceIsOneEventACountry(t *testing.T) {
	m := NewMerger("org")
	azores := advised("us", "PT", 3, 1)
	azores.Key, azores.Places[0].Admin1 = "us:PT-20", "PT-20"
	azores.ID = SignalID(azores)
	last := observe(m, advised("us", "ML", 0, 2), advised("uk", "ml", 1, 3), advised("uk", "NE", 2, 2), azores, advised("us", "PT", 4, 1), advised("ca", "ML", 5, 4))
	if m.Len() != 4 {
		t.Fatalf("%d events, want 4: ML, NE, PT, PT-20", m.Len())
	}
	e := last[0]
	if len(e.LiveReports()) != 3 {
		t.Errorf("%d governments, want 3: %+v", len(e.LiveReports()), e.Reports)
	}
	if level, _ := e.Measures.Get("advice_level"); level != 4 {
		t.Errorf("level %v, want the highest, 4", level)
	}
}

// TestDetachedAdviceStaysApart: a report that a person took out follows its own key.
func TestDetachedAdviceStaysApart(t *testing.T) {
	m := NewMerger("org")
	last := observe(m, advised("us", "ML", 0, 2), advised("uk", "ML", 1, 2))
	apart, err := m.Detach(t0.Add(time.Hour), last[0].ID, []string{last[0].Reports[1].Signal})
	if err != nil {
		t.Fatal(err)
	}
	observe(m, advised("uk", "ML", 2, 3), advised("ca", "ML", 3, 1), advised("us", "ML", 4, 3))
	from, _ := m.Event(apart[0].ID)
	to, _ := m.Event(apart[1].ID)
	if len(from.LiveReports()) != 2 || len(to.LiveReports()) != 1 || m.Len() != 2 {
		t.Errorf("%d and %d reports in %d events, want 2 and 1 in 2", len(from.LiveReports()), len(to.LiveReports()), m.Len())
	}
	if got := to.LiveReports()[0].Advice; got.Before != 2 || got.Now != 3 {
		t.Errorf("steps of the detached report %+v", got)
	}
}

// TestAdviceIsRememberedForYears: nothing is forgotten that the next word needs, and a
// restart goes on where the stored event stood.
func TestAdviceIsRememberedForYears(t *testing.T) {
	m := NewMerger("org")
	first, second := advised("us", "ML", 0, 2), advised("uk", "ML", 1, 3)
	stored := observe(m, first, second)[0]
	observe(m, report("usgs", "usgs:us1", 1, at(30, 67, 10, 6.4)))
	m.Forget(t0.AddDate(2, 0, 0), func(string) {})
	if m.Len() != 1 {
		t.Fatalf("%d events held, want the advice alone", m.Len())
	}
	again := NewMerger("org")
	again.Restore(stored, []Signal{first, second})
	later := []Signal{advised("us", "ML", 1_000_000, 3), advised("ca", "ML", 1_000_001, 1)}
	want, got := observe(m, later...), observe(again, later...)
	if !reflect.DeepEqual(want, got) {
		t.Errorf("after a restart\n%+v\nwithout\n%+v", got, want)
	}
	if a := got[0].Reports[0].Advice; a.Before != 2 || len(got[0].Reports) != 3 {
		t.Errorf("steps %+v in %d reports", a, len(got[0].Reports))
	}
}
