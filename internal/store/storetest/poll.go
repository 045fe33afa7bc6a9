package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/fetch"
	"watchfire.dev/internal/feed/intake"
	"watchfire.dev/internal/feed/poll"
	"watchfire.dev/internal/id"
)

// web is a feed server: the body of each address, "" = does not answer, missing = 404. An
// unchanged body is answered with 304 when tags is set.
type web struct {
	now   func() time.Time
	pages map[string]string
	tags  bool
	asked []string
}

func (w *web) Fetch(_ context.Context, r fetch.Request) (fetch.Response, error) {
	w.asked = append(w.asked, r.URL)
	body, ok := w.pages[r.URL]
	switch {
	case !ok:
		return fetch.Response{}, &fetch.Error{Kind: fetch.Status, Status: 404, Reason: "no such page"}
	case body == "":
		return fetch.Response{}, &fetch.Error{Kind: fetch.Connect, Reason: "no connection"}
	}
	resp := fetch.Response{Status: 200, Body: []byte(body), Hash: id.Hash([]byte(body)), FetchedAt: w.now(), ETag: id.Hash([]byte(body))}
	if w.tags && r.ETag == resp.ETag {
		return fetch.Response{Status: 304, NotModified: true, ETag: r.ETag, FetchedAt: w.now()}, nil
	}
	return resp, nil
}

// documents asked for since the last call, by the end of their address.
func (w *web) documents() []string {
	var out []string
	for _, u := range w.asked {
		if _, doc, ok := strings.Cut(u, "/doc/"); ok {
			out = append(out, doc)
		}
	}
	w.asked = nil
	return out
}

// listed is the test's own format: {"made": time, "items": [time], "links": [url]}.
func listed(in feed.Input) (feed.Result, error) {
	var list struct {
		Made  time.Time
		Items []time.Time
		Links []string
		Key   string
	}
	if err := json.Unmarshal(in.Body, &list); err != nil {
		return feed.Result{}, fmt.Errorf("%w: %w", fault.ErrInvalid, err)
	}
	r := feed.Result{Items: len(list.Items), Content: list.Made}
	for _, t := range list.Items {
		if t.After(r.Content) {
			r.Content = t
		}
	}
	for _, l := range list.Links {
		r.Links = append(r.Links, feed.Link{URL: l, Kind: "list", Key: list.Key})
	}
	return r, nil
}

type pollBench struct {
	*bench
	web  *web
	poll *poll.Poller
	src  feed.Source
}

func startPoll(t *testing.T, path Place, w *web, now time.Time) *pollBench {
	t.Helper()
	b := &pollBench{bench: start(t, path, now), web: w, src: feed.Source{
		ID: "s", Name: "S", Kind: "list", URL: "https://x.example/index", Every: 10 * time.Minute, AtLeast: 5 * time.Minute, AgeLimit: 2 * time.Hour, Follow: true,
	}}
	w.now = b.clock
	if err := b.db.DefineSource(t.Context(), b.src); err != nil {
		t.Fatal(err)
	}
	in := intake.New(intake.Config{
		Archive: b.db, Watch: b.watch, Formats: []feed.Format{{Kind: "list", Parse: listed}}, Now: b.clock, Log: slog.New(slog.DiscardHandler),
		Source: func(string) (feed.Source, bool) { return b.src, true },
	})
	b.poll = poll.New(poll.Config{
		Store: b.db, Fetch: w, Intake: in, Now: b.clock, Chance: func() float64 { return 0 }, Changed: func() {}, Log: slog.New(slog.DiscardHandler),
	})
	return b
}

// round polls once the time has come, and returns when the next poll is due.
func (b *pollBench) round() time.Time {
	b.Helper()
	next, err := b.poll.Poll(b.Context(), b.src, false)
	if err != nil {
		b.Fatal(err)
	}
	return next
}

func (b *pollBench) stored() desk.StoredSource {
	b.Helper()
	rows, err := b.db.SourceRows(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return rows["s"]
}

// TestQuietSources polls each ten minutes for ten hours what may look alike, and asks how
// old the content is at the end. The limit of the source is two hours.
func TestQuietSources(t *testing.T, empty Maker) {
	t.Parallel()
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	stamp := func(t time.Time) string { return t.Format(time.RFC3339) }
	for _, tc := range []struct {
		name  string
		tags  bool
		body  func(now time.Time) string
		alive bool
	}{
		{"empty list without a time, 200", false, func(time.Time) string { return `{"items":[]}` }, true},
		{"empty list without a time, 304", true, func(time.Time) string { return `{"items":[]}` }, true},
		{"empty list made anew each time", false, func(now time.Time) string { return `{"made":"` + stamp(now) + `","items":[]}` }, true},
		{"empty list with a time that stays", false, func(time.Time) string { return `{"made":"` + stamp(begin) + `","items":[]}` }, false},
		{"empty list with a time, 304", true, func(time.Time) string { return `{"made":"` + stamp(begin) + `","items":[]}` }, false},
		{"entries that age in a body that stays", false, func(time.Time) string { return `{"items":["` + stamp(begin) + `"]}` }, false},
		{"entries that age in a body that changes", false, func(now time.Time) string {
			return `{"items":["` + stamp(begin) + `"],"key":"` + stamp(now) + `"}`
		}, false},
		{"list that says it is of long ago", false, func(now time.Time) string {
			return `{"made":"` + stamp(begin.Add(-240*time.Hour)) + `","key":"` + stamp(now) + `"}`
		}, false},
		{"web page with status 200 after an empty list", false, func(now time.Time) string {
			if now.After(begin) {
				return "<!DOCTYPE html><title>Down for maintenance</title>"
			}
			return `{"items":[]}`
		}, false},
		{"no answer after an empty list", true, func(now time.Time) string {
			if now.After(begin) {
				return ""
			}
			return `{"items":[]}`
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := &web{pages: map[string]string{}, tags: tc.tags}
			b := startPoll(t, empty(t), w, begin)
			for now := begin; now.Before(begin.Add(10 * time.Hour)); now = b.clock() {
				w.pages[b.src.URL] = tc.body(now)
				b.pass(max(b.round().Sub(now), time.Second))
			}
			age := b.clock().Sub(b.stored().LastContent)
			if alive := age <= b.src.AgeLimit; alive != tc.alive {
				t.Errorf("content is %s old: alive %v, want %v", age, alive, tc.alive)
			}
		})
	}
}

// TestKnownBodyIsReadOnceMore: what an older version stored says nothing of what the body
// states, so that an empty list known before must not stay blind until it changes.
func TestKnownBodyIsReadOnceMore(t *testing.T, empty Maker) {
	t.Parallel()
	w := &web{pages: map[string]string{}, tags: true}
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	b := startPoll(t, empty(t), w, now)
	body := `{"items":[]}`
	w.pages[b.src.URL] = body
	old := poll.State{ETag: id.Hash([]byte(body)), BodyHash: id.Hash([]byte(body)), Health: fetch.Health{LastOK: now.Add(-time.Hour), LastContent: now.Add(-72 * time.Hour)}}
	if err := b.db.SaveSource(t.Context(), "s", old); err != nil {
		t.Fatal(err)
	}
	b.round()
	if got := b.stored().LastContent; got.Before(now) {
		t.Errorf("content of %s, want %s or later", got, now)
	}
}

// index is the body of an index of n documents, the last made first, which answers for them.
func (w *web) index(n int) {
	links := make([]string, 0, n)
	for i := n; i > 0; i-- {
		u := fmt.Sprintf("https://x.example/doc/%d", i)
		links = append(links, `"`+u+`"`)
		if _, ok := w.pages[u]; !ok {
			w.pages[u] = fmt.Sprintf(`{"items":["2026-03-01T00:00:00Z"],"key":"%d"}`, i)
		}
	}
	w.pages["https://x.example/index"] = `{"made":"2026-03-01T00:00:00Z","links":[` + strings.Join(links, ",") + `]}`
}

// TestLinkedDocumentsAreFetchedInTheEnd: 250 documents of an index that never changes again
// are fetched by three polls, across a restart, each once.
func TestLinkedDocumentsAreFetchedInTheEnd(t *testing.T, empty Maker) {
	t.Parallel()
	w := &web{pages: map[string]string{}, tags: true}
	path := empty(t)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	b := startPoll(t, path, w, now)
	w.index(250)
	var all []string
	for round, want := range []struct{ docs, left int }{{100, 150}, {100, 50}, {50, 0}, {0, 0}} {
		next := b.round()
		got := w.documents()
		all = append(all, got...)
		if left := b.stored().Linked; len(got) != want.docs || left != want.left {
			t.Fatalf("round %d: %d documents, %d left, want %+v", round+1, len(got), left, want)
		}
		pause := b.src.Every
		if want.left > 0 {
			pause = b.src.AtLeast // what waits is a blind spot
		}
		if got := next.Sub(b.clock()); got != pause {
			t.Errorf("round %d: next poll in %s, want %s", round+1, got, pause)
		}
		now = next
		b.stop()
		b = startPoll(t, path, w, now)
	}
	if slices.Sort(all); len(slices.Compact(all)) != 250 {
		t.Errorf("%d different documents, want 250", len(slices.Compact(all)))
	}
}

// TestNewsFirstAndNobodyStarves: what an index names anew goes before what waits, and a part
// of each round is kept for what waits longest.
func TestNewsFirstAndNobodyStarves(t *testing.T, empty Maker) {
	t.Parallel()
	w := &web{pages: map[string]string{}}
	b := startPoll(t, empty(t), w, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	w.index(300)
	b.round()
	w.documents()
	w.index(390) // 90 more, named first
	b.pass(b.src.Every)
	b.round()
	got := w.documents()
	if want := "390"; got[0] != want {
		t.Errorf("first document %s, want %s", got[0], want)
	}
	oldest := 0
	for _, d := range got {
		if len(d) < 3 || d <= "300" {
			oldest++
		}
	}
	if len(got) != 100 || oldest != 20 {
		t.Errorf("%d documents, %d of them of the first index, want 100 and 20", len(got), oldest)
	}
}

// TestLinkedDocumentsThatFail: a server that is down loses nothing, one that says three
// times that there is no such document is believed, and neither holds the others up.
func TestLinkedDocumentsThatFail(t *testing.T, empty Maker) {
	t.Parallel()
	w := &web{pages: map[string]string{}, tags: true}
	b := startPoll(t, empty(t), w, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	w.index(4)
	delete(w.pages, "https://x.example/doc/4")
	w.pages["https://x.example/doc/3"] = ""
	w.pages["https://x.example/doc/2"] = "<html>come back later</html>"
	b.round()
	if s := b.stored(); s.Linked != 3 || s.Lost != 0 {
		t.Fatalf("after one round: %d wait, %d lost, want 3 and 0", s.Linked, s.Lost)
	}
	for range 3 {
		b.pass(b.src.Every)
		b.round()
	}
	if s := b.stored(); s.Linked != 0 || s.Lost != 3 {
		t.Fatalf("after four rounds: %d wait, %d lost, want 0 and 3", s.Linked, s.Lost)
	}
	w.index(4)
	w.pages["https://x.example/doc/3"] = `{"items":["2026-03-01T00:00:00Z"]}`
	b.pass(6 * time.Hour)
	w.documents()
	b.round()
	if got, s := w.documents(), b.stored(); s.Lost != 2 || !slices.Contains(got, "3") || slices.Contains(got, "4") {
		t.Errorf("asked for %v, %d lost, want 3 and not 4, and 2", got, s.Lost)
	}
	b.pass(80 * time.Hour)
	b.round()
	w.documents()
	b.pass(24 * time.Hour)
	b.round()
	if got, s := w.documents(), b.stored(); s.Lost != 2 || len(got) != 0 {
		t.Errorf("after three days: asked for %v, %d lost, want none and 2", got, s.Lost)
	}
}

// TestDeadServerIsLeftAlone: five documents in a row that fail end the round, and the index
// is polled as usual.
func TestDeadServerIsLeftAlone(t *testing.T, empty Maker) {
	t.Parallel()
	w := &web{pages: map[string]string{}, tags: true}
	b := startPoll(t, empty(t), w, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	for i := range 50 {
		w.pages[fmt.Sprintf("https://x.example/doc/%d", i+1)] = ""
	}
	w.index(50)
	next := b.round()
	if got := w.documents(); len(got) != 5 {
		t.Errorf("%d documents of a dead server, want 5", len(got))
	}
	if got := next.Sub(b.clock()); got != b.src.Every {
		t.Errorf("next poll in %s, want %s", got, b.src.Every)
	}
	if s := b.stored(); s.Linked != 50 || s.Failures != 0 {
		t.Errorf("%d wait, %d failures of the source, want 50 and 0", s.Linked, s.Failures)
	}
	for range 50 { // each has failed more than three times by now
		b.pass(b.src.Every)
		b.round()
	}
	if s := b.stored(); s.Linked != 50 || s.Lost != 0 {
		t.Errorf("%d wait, %d count as lost: many dead links are a dead server", s.Linked, s.Lost)
	}
}

// TestNewRevisionAtTheSameAddress: travel advice keeps its address when it changes; the index
// says so by the key.
func TestNewRevisionAtTheSameAddress(t *testing.T, empty Maker) {
	t.Parallel()
	w := &web{pages: map[string]string{"https://x.example/doc/mali": `{"items":[]}`}}
	b := startPoll(t, empty(t), w, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	for i, want := range []int{1, 0, 1} {
		key := fmt.Sprintf("mali@%d", i/2)
		w.pages[b.src.URL] = fmt.Sprintf(`{"made":"2026-03-01T00:00:00Z","links":["https://x.example/doc/mali"],"key":%q}`, key)
		b.round()
		if got := len(w.documents()); got != want {
			t.Errorf("poll %d: %d documents, want %d", i+1, got, want)
		}
		b.pass(b.src.Every)
	}
}

// TestTwoStepsFromTheIndex: what a linked document names is fetched too (the grids of an
// earthquake's details), and nothing beyond it, however documents name each other.
func TestTwoStepsFromTheIndex(t *testing.T, empty Maker) {
	t.Parallel()
	doc := func(next string) string {
		return fmt.Sprintf(`{"items":[],"links":["https://x.example/doc/%s"]}`, next)
	}
	w := &web{pages: map[string]string{
		"https://x.example/doc/details": doc("grid"), "https://x.example/doc/grid": doc("beyond"), "https://x.example/doc/beyond": doc("details"),
	}}
	b := startPoll(t, empty(t), w, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	w.pages[b.src.URL] = `{"made":"2026-03-01T00:00:00Z","links":["https://x.example/doc/details"]}`
	var got []string
	for range 4 {
		b.round()
		got = append(got, w.documents()...)
		b.pass(b.src.Every)
	}
	if want := []string{"details", "grid"}; !slices.Equal(got, want) {
		t.Errorf("fetched %v, want %v", got, want)
	}
}
