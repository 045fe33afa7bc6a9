package demo_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/demo"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/capfeed"
	"watchfire.dev/internal/feed/gdacs"
	"watchfire.dev/internal/feed/news"
	"watchfire.dev/internal/feed/nhc"
	"watchfire.dev/internal/feed/push"
	"watchfire.dev/internal/feed/usgs"
	"watchfire.dev/internal/id"
)

const base = "http://127.0.0.1:7999"

func start() time.Time { return time.Date(2026, 7, 14, 6, 12, 30, 0, time.UTC) }

// play returns a scenario that has run for elapsed.
func play(elapsed time.Duration) *demo.Scenario {
	return demo.NewScenario(start(), 1, clock.Fixed(start().Add(elapsed)))
}

func parsers() map[string]feed.Parser {
	out := map[string]feed.Parser{}
	for _, f := range append(append([]feed.Format{usgs.Format(), news.Format(), nhc.Format(), nhc.FormatATCF(), push.Format()},
		gdacs.Formats()...), capfeed.Formats()...) {
		out[f.Kind] = f.Parse
	}
	return out
}

func fetch(t *testing.T, s *demo.Scenario, url string) (int, []byte) {
	t.Helper()
	rec := httptest.NewRecorder()
	s.Feeds().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, url, nil))
	body, err := io.ReadAll(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	return rec.Code, body
}

func read(t *testing.T, src feed.Source, kind, url string, body []byte, at time.Time) feed.Result {
	t.Helper()
	res, err := parsers()[kind](feed.Input{Source: src, Record: id.Hash(body), URL: url, Received: at, Body: body})
	if err != nil {
		t.Fatalf("%s at %s: %v", src.ID, at, err)
	}
	if len(res.Quarantined) > 0 {
		t.Fatalf("%s at %s: quarantined %s: %s", src.ID, at, res.Quarantined[0].Place, res.Quarantined[0].Reason)
	}
	return res
}

// poll reads one source as the poller does, documents behind an index included.
func poll(t *testing.T, s *demo.Scenario, src feed.Source, elapsed time.Duration) (feed.Result, []event.Signal) {
	t.Helper()
	at := start().Add(elapsed)
	code, body := fetch(t, s, src.URL)
	if code == http.StatusNotFound && src.ID == demo.SourceDeck {
		return feed.Result{}, nil
	}
	if code != http.StatusOK {
		t.Fatalf("%s at %s: status %d", src.ID, elapsed, code)
	}
	res := read(t, src, src.Kind, src.URL, body, at)
	signals := res.Signals
	for _, l := range res.Links {
		if !src.Follow {
			continue
		}
		if code, body = fetch(t, s, l.URL); code != http.StatusOK {
			t.Fatalf("%s: status %d", l.URL, code)
		}
		signals = append(signals, read(t, src, l.Kind, l.URL, body, at).Signals...)
	}
	return res, signals
}

func source(t *testing.T, s *demo.Scenario, name string) feed.Source {
	t.Helper()
	for _, src := range s.Sources(base) {
		if src.ID == name {
			return src
		}
	}
	t.Fatalf("no source %s", name)
	return feed.Source{}
}

func TestFeedsSpeakTheirFormats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		source  string
		signals map[time.Duration]int
	}{
		{demo.SourceQuakes, map[time.Duration]int{0: 10, 19 * time.Second: 10, 20 * time.Second: 11, 100 * time.Second: 11, time.Hour: 11}},
		{demo.SourceGDACS, map[time.Duration]int{0: 1, 5 * time.Second: 2, 80 * time.Second: 2, 5 * time.Minute: 2}},
		{demo.SourceMap, map[time.Duration]int{0: 0, 5 * time.Second: 1, 80 * time.Second: 1, 150 * time.Second: 1, 220 * time.Second: 1}},
		{demo.SourceDeck, map[time.Duration]int{0: 0, 5 * time.Second: 1, 80 * time.Second: 1, 150 * time.Second: 1, 220 * time.Second: 1}},
		{demo.SourceStorms, map[time.Duration]int{0: 0, 5 * time.Second: 1, 220 * time.Second: 1}},
		{demo.SourceFlood, map[time.Duration]int{0: 0, 40 * time.Second: 1, 110 * time.Second: 2, 270 * time.Second: 3, time.Hour: 3}},
		{demo.SourceStale, map[time.Duration]int{0: 0, 59 * time.Second: 0, 5 * time.Minute: 0}},
		{demo.SourceNews, map[time.Duration]int{0: 3, 54 * time.Second: 3, 55 * time.Second: 4, 5 * time.Minute: 4}},
	} {
		t.Run(c.source, func(t *testing.T) {
			t.Parallel()
			for elapsed, want := range c.signals {
				s := play(elapsed)
				_, got := poll(t, s, source(t, s, c.source), elapsed)
				if len(got) != want {
					t.Errorf("after %s: %d signals, want %d", elapsed, len(got), want)
				}
				for _, sig := range got {
					checkSignal(t, sig, start().Add(elapsed))
				}
			}
		})
	}
}

func checkSignal(t *testing.T, s event.Signal, now time.Time) {
	t.Helper()
	for _, text := range s.Texts {
		if !strings.Contains(text.Headline, "SIMULATED") {
			t.Errorf("%s: headline %q does not say that it is simulated", s.Key, text.Headline)
		}
	}
	if s.Status != event.Actual || s.Order == 0 || s.Published.After(now) {
		t.Errorf("%s: status %s, order %d, published %s", s.Key, s.Status, s.Order, s.Published)
	}
	for _, link := range s.Links {
		if !strings.HasPrefix(link, base) {
			t.Errorf("%s: link %s leads elsewhere", s.Key, link)
		}
	}
}

func TestSamePollSameBytes(t *testing.T) {
	t.Parallel()
	for _, elapsed := range []time.Duration{0, 95 * time.Second, 5 * time.Minute} {
		a, b := play(elapsed), play(elapsed)
		for _, src := range a.Sources(base) {
			if src.URL == "" {
				continue
			}
			_, x := fetch(t, a, src.URL)
			_, y := fetch(t, b, src.URL)
			if string(x) != string(y) {
				t.Errorf("%s after %s: two answers differ", src.ID, elapsed)
			}
		}
	}
}

// TestSecondPollTellsNothingNew polls between two steps: ids stay, so the watch sees no
// revision that the scenario does not mean.
func TestSecondPollTellsNothingNew(t *testing.T) {
	t.Parallel()
	first, second := 225*time.Second, 260*time.Second
	for _, src := range play(first).Sources(base) {
		if src.URL == "" {
			continue
		}
		_, a := poll(t, play(first), src, first)
		_, b := poll(t, play(second), src, second)
		if len(a) != len(b) {
			t.Fatalf("%s: %d signals, then %d", src.ID, len(a), len(b))
		}
		for i := range a {
			if a[i].ID != b[i].ID {
				t.Errorf("%s: %s came again as another revision", src.ID, a[i].Key)
			}
		}
	}
}

func TestDocumentsBeforeTheirTime(t *testing.T) {
	t.Parallel()
	if code, _ := fetch(t, play(50*time.Second), base+"/flood.example/cap/2.xml"); code != http.StatusNotFound {
		t.Errorf("update before its time: status %d", code)
	}
	if code, body := fetch(t, play(0), base+"/anything/else"); code != http.StatusOK || !strings.Contains(string(body), "Simulated scenario") {
		t.Errorf("other addresses: status %d", code)
	}
}

func TestSpeed(t *testing.T) {
	t.Parallel()
	s := demo.NewScenario(start(), 10, clock.Fixed(start().Add(6*time.Second)))
	if got := s.Elapsed(); got != time.Minute {
		t.Errorf("elapsed %s", got)
	}
	for _, bad := range []float64{0, -1} {
		if got := demo.NewScenario(start(), bad, clock.Fixed(start().Add(time.Minute))).Elapsed(); got != time.Minute {
			t.Errorf("speed %v: elapsed %s", bad, got)
		}
	}
	if got := demo.NewScenario(start(), 1, clock.Fixed(start().Add(-time.Minute))).Elapsed(); got != 0 {
		t.Errorf("before the beginning: %s", got)
	}
	if steps := s.Describe("en"); steps[1].Clock() != "00:02" {
		t.Errorf("second step at %s", steps[1].Clock())
	}
}

func TestDescribeIsInOrderAndInBothLanguages(t *testing.T) {
	t.Parallel()
	en, zh := play(0).Describe("en"), play(0).Describe("zh-Hans")
	if len(en) != len(zh) || len(en) < 10 {
		t.Fatalf("%d and %d steps", len(en), len(zh))
	}
	for i := range en {
		if en[i].Title == "" || en[i].Text == "" || zh[i].Title == "" || zh[i].Text == "" || en[i].Title == zh[i].Title {
			t.Errorf("step %d: %+v %+v", i, en[i], zh[i])
		}
		if i > 0 && en[i].At <= en[i-1].At || en[i].At > demo.Length {
			t.Errorf("step %d at %s", i, en[i].At)
		}
	}
}

// TestAnyBeginning starts at the edges of hour, day, month, year and season, where decks
// and event maps leave parts of their times out.
func TestAnyBeginning(t *testing.T) {
	t.Parallel()
	for _, from := range []time.Time{
		time.Date(2026, 12, 31, 23, 58, 59, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2028, 2, 28, 23, 57, 1, 0, time.UTC), time.Date(2026, 6, 30, 23, 59, 30, 0, time.UTC),
		time.Date(2026, 7, 1, 5, 59, 56, 500, time.UTC),
	} {
		for _, elapsed := range []time.Duration{10 * time.Second, 80 * time.Second, 150 * time.Second, 4 * time.Minute} {
			now := from.Add(elapsed)
			s := demo.NewScenario(from, 1, clock.Fixed(now))
			for _, src := range s.Sources(base) {
				if src.URL == "" {
					continue
				}
				code, body := fetch(t, s, src.URL)
				if code != http.StatusOK {
					t.Fatalf("%s from %s: status %d", src.ID, from, code)
				}
				for _, sig := range read(t, src, src.Kind, src.URL, body, now).Signals {
					checkSignal(t, sig, now)
					if n := len(sig.Track); src.ID == demo.SourceMap && (n < 8 || !sig.Track[n-1].At.After(now) || sig.Track[0].At.After(now)) {
						t.Errorf("map from %s: track of %d fixes from %s", from, n, sig.Track[0].At)
					}
				}
			}
		}
	}
}
