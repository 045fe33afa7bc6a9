package poll_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/fetch"
	"watchfire.dev/internal/feed/intake"
	"watchfire.dev/internal/feed/poll"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/watch"
)

// world is a source whose documents are lines "link URL KEY", and everything around it.
type world struct {
	now       time.Time
	documents map[string]string
	asked     []string
	followed  map[string]bool
	state     poll.State
}

func (w *world) Fetch(_ context.Context, r fetch.Request) (fetch.Response, error) {
	w.asked = append(w.asked, r.URL)
	body := []byte(w.documents[r.URL])
	return fetch.Response{Status: 200, Body: body, Hash: id.Hash(body), FetchedAt: w.now}, nil
}

func (w *world) SourceState(context.Context, string) (poll.State, error) { return w.state, nil }

func (w *world) SaveSource(_ context.Context, _ string, s poll.State) error {
	w.state = s
	return nil
}

func (w *world) Followed(_ context.Context, source, url string) (bool, error) {
	return w.followed[source+" "+url], nil
}

func (w *world) Follow(_ context.Context, source, url string, _ time.Time) error {
	w.followed[source+" "+url] = true
	return nil
}

func (w *world) Store(context.Context, intake.Record) (int64, error) { return 1, nil }

func (w *world) Open(context.Context, int) ([]intake.Record, error) { return nil, nil }

func (w *world) Observe(context.Context, watch.Observation) ([]string, error) { return nil, nil }

func parse(in feed.Input) (feed.Result, error) {
	var r feed.Result
	for line := range strings.Lines(string(in.Body)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "link" {
			r.Links = append(r.Links, feed.Link{URL: f[1], Kind: "lines", Key: strings.Join(f[2:], " ")})
		}
	}
	return r, nil
}

// TestLinksAreFollowedTwoSteps: an index names details, details name maps, and there it ends;
// a document that changes at one address is fetched again under its new key.
func TestLinksAreFollowedTwoSteps(t *testing.T) {
	t.Parallel()
	w := &world{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), followed: map[string]bool{}, documents: map[string]string{
		"index":  "link detail one@1",
		"detail": "link map one@1/grid\nlink map2",
		"map":    "link beyond",
		"map2":   "nothing",
		"beyond": "nothing",
	}}
	log := slog.New(slog.DiscardHandler)
	p := poll.New(poll.Config{
		Store: w, Fetch: w, Now: func() time.Time { return w.now }, Chance: func() float64 { return 0 }, Changed: func() {}, Log: log,
		Intake: intake.New(intake.Config{Archive: w, Watch: w, Formats: []feed.Format{{Kind: "lines", Parse: parse}}, Now: func() time.Time { return w.now }, Log: log}),
	})
	ask := func(want ...string) {
		t.Helper()
		w.asked = nil
		w.now = w.now.Add(time.Hour)
		if _, err := p.Poll(t.Context(), feed.Source{ID: "s", Kind: "lines", URL: "index", Every: time.Minute, Follow: true}, true); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(w.asked, want) {
			t.Errorf("asked for %v, want %v", fmt.Sprint(w.asked), want)
		}
	}
	ask("index", "detail", "map", "map2")
	w.documents["index"] += "\n\n"
	ask("index")
	w.documents["index"] = "link detail one@2"
	w.documents["detail"] = "link map one@2/grid\nlink map2"
	ask("index", "detail", "map")
}
