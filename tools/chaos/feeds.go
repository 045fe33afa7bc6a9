package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// feeds is a server of sources whose answers can be broken, path by path.
type feeds struct {
	*httptest.Server
	mu     sync.Mutex
	serves map[string]http.HandlerFunc
	hits   map[string][]time.Time
}

func (l *lab) newFeeds() *feeds {
	f := &feeds{serves: map[string]http.HandlerFunc{}, hits: map[string][]time.Time{}}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.hits[r.URL.Path] = append(f.hits[r.URL.Path], time.Now())
		serve := f.serves[r.URL.Path]
		f.mu.Unlock()
		if serve == nil {
			http.NotFound(w, r)
			return
		}
		serve(w, r)
	}))
	l.undo = append(l.undo, func() {
		f.CloseClientConnections()
		f.Close()
	})
	return f
}

// set says what a path serves from now on.
func (f *feeds) set(path string, serve http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.serves[path] = serve
}

// polls are the times at which a path was asked.
func (f *feeds) polls(path string) []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.hits[path])
}

// gap is the longest time between two polls of a path from an instant on.
func (f *feeds) gap(path string, from, to time.Time) time.Duration {
	last, worst := from, time.Duration(0)
	for _, at := range f.polls(path) {
		if at.Before(from) || at.After(to) {
			continue
		}
		worst = max(worst, at.Sub(last))
		last = at
	}
	return max(worst, to.Sub(last))
}

func fixed(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(body)) } //nolint:errcheck // the caller has gone
}

// definition is one source that is polled each second.
func definition(id, kind, url string, limit time.Duration) string {
	return fmt.Sprintf(`  - {id: %s, name: "Lab %s", kind: %s, url: %q, licence: test, attribution: test, every: 1s, at_least: 1s, age_limit: %s, reliability: A, credibility: 1, instrument: true, owner: %s, hazards: [earthquake]}
`, id, id, kind, url, limit, id)
}

// quake is a document of the USGS form with one strong earthquake at the place of project i.
func quake(i int, generated time.Time) string {
	lat, lon := place(i)
	at := generated.Add(-time.Minute).UnixMilli()
	id := fmt.Sprintf("us%d", i)
	raw, err := json.Marshal(map[string]any{
		"type": "FeatureCollection", "metadata": map[string]any{"generated": generated.UnixMilli(), "title": "t", "status": 200, "count": 1},
		"features": []any{map[string]any{
			"type": "Feature", "id": id, "geometry": map[string]any{"type": "Point", "coordinates": []float64{lon, lat, 10}},
			"properties": map[string]any{
				"mag": 6.1, "place": "near a site", "time": at, "updated": at, "url": "https://example.org/" + id, "status": "reviewed", "tsunami": 0, "sig": 700,
				"net": "us", "code": fmt.Sprint(i), "ids": "," + id + ",", "sources": ",us,", "types": ",origin,", "type": "earthquake", "magType": "mww", "title": "M 6.1",
			},
		}},
	})
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// fresh serves an earthquake whose document is as new as the poll.
func fresh(i int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(quake(i, time.Now()))) } //nolint:errcheck // the caller has gone
}

// seenSource is what the API says of one source.
type seenSource struct {
	ID          string    `json:"id"`
	LastError   string    `json:"last_error"`
	Quarantined int       `json:"quarantined"`
	LastContent time.Time `json:"last_content"`
	BlindSince  time.Time `json:"blind_since"`
	Seeing      bool      `json:"seeing"`
	Signals     int       `json:"signals"`
}

func (l *lab) sources() (map[string]seenSource, error) {
	var list struct{ Items []seenSource }
	err := l.get(l.desk, "/api/v1/sources", &list)
	out := map[string]seenSource{}
	for _, s := range list.Items {
		out[s.ID] = s
	}
	return out, err
}

// blind waits until each of the sources is called blind, and gives the longest that took.
func (l *lab) blind(ids []string, from time.Time, limit time.Duration) (time.Duration, error) {
	missing := slices.Clone(ids)
	worst := time.Duration(0)
	err := l.within(limit, takeMark(), func() string { return "nobody calls blind: " + strings.Join(missing, ", ") }, func() bool {
		seen, err := l.sources()
		if err != nil {
			return false
		}
		missing = slices.DeleteFunc(missing, func(id string) bool {
			if seen[id].BlindSince.IsZero() && (seen[id].Seeing || !seen[id].LastContent.IsZero()) {
				return false
			}
			worst = max(worst, time.Since(from))
			return true
		})
		return len(missing) == 0
	})
	return worst, err
}
