package storetest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/replay"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// stub matches every event with every asset: its magnitude is the chance of I3 in tenths.
type stub struct{ p portfolio.Portfolio }

func (s stub) Asset(assetID string) (portfolio.Asset, bool) { return s.p.Index().Asset(assetID) }

func (s stub) Assess(e event.Event, now time.Time) []exposure.Exposure {
	m, _ := e.Measures.Get("magnitude")
	p := level.P{1, 0, 0, m / 10, 0}.Monotone()
	l, _ := level.Default().LevelOf(p, 0)
	var out []exposure.Exposure
	for _, a := range s.p.Assets {
		out = append(out, exposure.Exposure{
			Event: e.ID, Revision: e.Revision, Hazard: e.Hazard, Project: a.Project, Asset: a.ID, Name: a.Name, P: p, Level: l, PEvent: 1,
		})
	}
	return out
}

// bench is a running store and watch on one file.
type bench struct {
	*testing.T
	db    *store.DB
	watch *watch.Service
	now   time.Time
	mu    sync.Mutex
	sent  []response.Notification
	stop  func()

	matcher func(portfolio.Portfolio) watch.Matcher
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func start(t *testing.T, path Place, now time.Time) *bench {
	t.Helper()
	return startWith(t, path, now, func(p portfolio.Portfolio) watch.Matcher { return stub{p} })
}

func startWith(t *testing.T, path Place, now time.Time, matcher func(portfolio.Portfolio) watch.Matcher) *bench {
	t.Helper()
	return startAs(t, path, now, matcher, func(*watch.Config) {})
}

func startAs(t *testing.T, path Place, now time.Time, matcher func(portfolio.Portfolio) watch.Matcher, as func(*watch.Config)) *bench {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	db, err := path.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, db: db, now: now, matcher: matcher}
	cfg := watch.Config{
		Store: db, Now: b.clock, Policy: warning.DefaultPolicy(),
		Matcher: matcher,
		Rater:   func([]watch.RuleVersion) (watch.Rater, error) { return nil, nil },
		Duty:    db.Duty,
		Dispatch: func(n []response.Notification) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.sent = append(b.sent, n...)
		},
		Changed: func(string) {},
	}
	as(&cfg)
	b.watch = watch.NewService(cfg)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := db.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	if err := db.Do(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO organisation (id, name, language, zone, created_at) VALUES ('o', 'O', 'en', 'UTC', '') ON CONFLICT DO NOTHING")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := b.watch.Load(ctx); err != nil {
		t.Fatal(err)
	}
	watching, stopWatch := context.WithCancel(t.Context())
	var deciding sync.WaitGroup
	deciding.Go(func() {
		if err := b.watch.Run(watching); err != nil {
			t.Error(err)
		}
	})
	b.stop = sync.OnceFunc(func() {
		stopWatch()
		deciding.Wait()
		cancel()
		wg.Wait()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(b.stop)
	return b
}

func example() portfolio.Portfolio {
	return portfolio.Portfolio{
		Org: "o", Version: 1,
		Projects: []portfolio.Project{{ID: "p", Code: "p", Name: "P", Zone: "UTC", Country: "PK"}},
		Assets:   []portfolio.Asset{{ID: "a", Project: "p", Kind: portfolio.Site, Code: "a", Name: "A", Country: "PK", Shape: geo.At(30, 67, 0)}},
		Contacts: []portfolio.Contact{
			{ID: "c1", Project: "p", Code: "c1", Name: "One", Step: 1, Channels: []portfolio.Address{{Channel: "email", Address: "one@example.org"}}},
			{ID: "c2", Project: "p", Code: "c2", Name: "Two", Step: 2, Channels: []portfolio.Address{{Channel: "email", Address: "two@example.org"}}},
		},
	}
}

func quake(key string, minute int, magnitude float64) event.Signal {
	s := event.Signal{
		Source: "usgs", Key: key, Version: fmt.Sprint(minute), Order: int64(minute), Act: event.Report, Status: event.Actual, Hazard: event.Earthquake,
		Texts: []event.Text{{Language: "en", Headline: "quake"}}, Instrument: true, Grade: event.Grade{Reliability: "A", Credibility: 1}, Owner: "usgs",
		Measures: event.Measures{{Name: "magnitude", Value: magnitude}}, Record: id.Hash([]byte(key + fmt.Sprint(minute))),
		Footprints: []event.Footprint{{Shape: geo.At(30, 67, 5), Role: event.Centre}},
	}
	s.ID = event.SignalID(s)
	return s
}

func (b *bench) take(signals ...event.Signal) {
	b.Helper()
	if _, err := b.watch.Observe(b.Context(), watch.Observation{Signals: signals}); err != nil {
		b.Fatal(err)
	}
}

func TestWatchOnDisk(t *testing.T, empty Maker) {
	path := empty(t)
	b := start(t, path, time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	if _, err := b.watch.SetPortfolio(t.Context(), watch.PortfolioVersion{Actor: "ann", Changes: 4, Portfolio: example()}); err != nil {
		t.Fatal(err)
	}
	b.take(quake("usgs:1", 1, 4)) // 40 % of I3: orange
	b.take(quake("usgs:1", 1, 4)) // the same message again
	if len(b.sent) != 1 || b.sent[0].Contact != "c1" || b.sent[0].Level != level.Orange {
		t.Fatalf("told %+v, want the first contact once at orange", b.sent)
	}
	warningID := b.sent[0].Warning

	b.pass(16 * time.Minute)
	due, err := b.db.DueEscalations(t.Context(), b.clock(), 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("due escalations %v, %v", due, err)
	}
	for range 2 { // the second finder does nothing
		if err := b.watch.Escalate(t.Context(), "o", warningID, due[0].Revision, "system", false); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.sent) != 2 || b.sent[1].Contact != "c2" {
		t.Fatalf("told %+v, want the second contact once", b.sent)
	}
	if _, err := b.watch.Answer(t.Context(), watch.Answer{Org: "o", Warning: warningID, Kind: watch.HaveIt, By: "Two", Contact: "c2", Via: "link"}); err != nil {
		t.Fatal(err)
	}
	b.stop()

	// After a restart it goes on where it stopped.
	b = start(t, path, b.clock().Add(time.Minute))
	b.take(quake("usgs:1", 1, 4))
	if len(b.sent) != 0 {
		t.Fatalf("a message from before the restart was told again: %+v", b.sent)
	}
	b.take(quake("usgs:1", 9, 9.5))
	if len(b.sent) != 2 || b.sent[0].Level != level.Red || b.sent[0].Warning != warningID {
		t.Fatalf("told %+v; want both who were told, at red, in the same warning", b.sent)
	}
	if _, err := b.watch.ByHand(t.Context(), "o", warningID, warning.DoEnd, "ann", "it is over"); err != nil {
		t.Fatal(err)
	}
	if n := len(b.sent); n != 4 || b.sent[3].Purpose != response.AllClear {
		t.Fatalf("%d told, want an all-clear for both", n)
	}
	if _, err := b.watch.ByHand(t.Context(), "o", "wrn_none", warning.DoEnd, "ann", "x"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("ended a warning that is not there: %v", err)
	}
	b.verifyJournal()
	b.replaysAlike()
	b.noOrphans()
}

// verifyJournal reads the journal whole.
func (b *bench) verifyJournal() {
	b.Helper()
	src, err := b.db.ReadJournal(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	_, public, err := journal.GenerateKey(rand.Reader, "example.org/test")
	if err != nil {
		b.Fatal(err)
	}
	report, err := journal.Verify(b.Context(), src, journal.VerifyOptions{PublicKeys: []string{public}})
	if err != nil || !report.OK || report.Size == 0 {
		b.Errorf("journal: %v %+v", err, report)
	}
}

// replaysAlike decides again over the stored inputs and compares with what was stored live.
func (b *bench) replaysAlike() {
	b.Helper()
	steps, err := b.db.Inputs(b.Context(), "o")
	if err != nil {
		b.Fatal(err)
	}
	cfg := replay.Config{
		Org: "o", Policy: warning.DefaultPolicy(), Portfolio: portfolio.Portfolio{Org: "o"},
		Matcher: b.matcher,
		Rater:   func([]watch.RuleVersion) (watch.Rater, error) { return nil, nil },
	}
	var log bytes.Buffer
	if _, err := replay.Run(cfg, steps, &log); err != nil {
		b.Fatal(err)
	}
	_, stored, err := b.db.Decisions(b.Context(), "o")
	if err != nil {
		b.Fatal(err)
	}
	var full bytes.Buffer
	if err := replay.Expand(&log, &full); err != nil {
		b.Fatal(err)
	}
	var replayed []json.RawMessage
	for d := json.NewDecoder(&full); d.More(); {
		var line struct{ Warning json.RawMessage }
		if err := d.Decode(&line); err != nil {
			b.Fatal(err)
		}
		if line.Warning != nil {
			replayed = append(replayed, line.Warning)
		}
	}
	if len(stored) != len(replayed) || len(stored) == 0 {
		b.Fatalf("%d warning revisions live, %d replayed", len(stored), len(replayed))
	}
	slices.SortStableFunc(replayed, func(a, b json.RawMessage) int { // of one instant the stored ones come by id
		var x, y struct {
			ID string
			At time.Time
		}
		if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
			panic(err)
		}
		return cmp.Or(x.At.Compare(y.At), strings.Compare(x.ID, y.ID))
	})
	for i := range stored {
		if !bytes.Equal(stored[i], replayed[i]) {
			b.Errorf("revision %d differs\nlive   %s\nreplay %s", i, stored[i], replayed[i])
		}
	}
}

// noOrphans is promise 3: no revision that must be told without journal entry and
// notifications, and no notification without its revision.
func (b *bench) noOrphans() {
	b.Helper()
	for name, q := range map[string]string{
		"revision without journal": `SELECT count(*) FROM warning_revision r WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.subject = r.warning AND CAST(json_extract(j.body, '$.revision') AS INTEGER) = r.revision AND j.kind LIKE 'warning.%')`,
		"revision without notice":  `SELECT count(*) FROM warning_revision r WHERE r.notify = 1 AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.warning = r.warning AND n.revision = r.revision)`,
		"notice without revision":  `SELECT count(*) FROM notification n WHERE n.purpose NOT IN ('digest', 'letter', 'notice') AND NOT EXISTS (SELECT 1 FROM warning_revision r WHERE n.warning = r.warning AND n.revision = r.revision)`,
		"notice without journal":   `SELECT count(*) FROM notification n WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.subject = n.id)`,
		"event without signal":     `SELECT count(*) FROM event e WHERE NOT EXISTS (SELECT 1 FROM event_signal s WHERE s.event = e.id)`,
	} {
		var n int
		if err := b.db.Reader().QueryRowContext(b.Context(), q).Scan(&n); err != nil || n != 0 {
			b.Errorf("%s: %d, %v", name, n, err)
		}
	}
}

// TestMemoryReviewAndSilenceOnDisk: what is learned and what rules hold back survive a
// restart, a question of time goes to the first step alone, and all of it replays alike.
func TestMemoryReviewAndSilenceOnDisk(t *testing.T, empty Maker) {
	path := empty(t)
	b := start(t, path, time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	if _, err := b.watch.SetPortfolio(t.Context(), watch.PortfolioVersion{Actor: "ann", Changes: 4, Portfolio: example()}); err != nil {
		t.Fatal(err)
	}
	passed := quake("usgs:0", 1, 2)
	b.take(passed)
	over := passed
	over.Version, over.Order, over.Act = "2", 2, event.End
	over.ID = event.SignalID(over)
	b.take(over)
	b.take(quake("usgs:1", 1, 9.5)) // red at once
	red := b.sent[len(b.sent)-1]
	if red.Level != level.Red {
		t.Fatalf("told at %s, want red", red.Level)
	}
	if err := b.watch.Escalate(t.Context(), "o", red.Warning, red.Revision, "ann", true); err != nil {
		t.Fatal(err)
	}
	before := len(b.sent)
	b.pass(20 * time.Hour) // more than 80 % of a day
	if err := b.watch.Silent(t.Context(), "usgs", b.clock().Add(-time.Hour), time.Minute); err != nil {
		t.Fatal(err)
	}
	asked := b.sent[before:]
	if len(asked) != 1 || asked[0].Contact != "c1" || asked[0].Purpose != response.Alarm {
		t.Fatalf("asked whether it is still so: %+v; want the first contact alone", asked)
	}
	b.stop()

	b = start(t, path, b.clock().Add(time.Minute))
	m, err := b.db.Memory(t.Context(), "o")
	if got := m.Record("usgs"); err != nil || got.Hits != 1 || len(m.Silent) != 1 {
		t.Errorf("memory after a restart: %+v, silent %v, %v", got, m.Silent, err)
	}
	if err := b.watch.Silent(t.Context(), "usgs", m.Silent["usgs"].Since, time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := b.watch.Seen(t.Context(), "usgs"); err != nil {
		t.Fatal(err)
	}
	steps, err := b.db.Inputs(t.Context(), "o")
	if err != nil || len(steps) != 6 {
		t.Errorf("%d inputs, %v; want portfolio, three reports, silent and seen", len(steps), err)
	}
	b.verifyJournal()
	b.replaysAlike()
}
