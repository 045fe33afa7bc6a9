package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// receiver is the provider's end of the webhooks. The path of a call names who hears.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	ids      map[string]int             // calls that were taken, by idempotency key
	versions map[string]map[string]bool // keys of one path, warning, revision and purpose
	paths    map[string]time.Time       // when each was first told
	plant    string                     // a bug that must be found
	answer   func(path string, w http.ResponseWriter) (taken bool)
}

func newReceiver() *receiver {
	r := &receiver{ids: map[string]int{}, versions: map[string]map[string]bool{}, paths: map[string]time.Time{}}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	return r
}

func (r *receiver) take(w http.ResponseWriter, q *http.Request) {
	now := time.Now()
	raw, err := io.ReadAll(q.Body)
	path := strings.TrimPrefix(q.URL.Path, "/")
	r.mu.Lock()
	answer := r.answer
	r.mu.Unlock()
	if err != nil || answer != nil && !answer(path, w) {
		return // it has not come whole, or is not taken
	}
	var body struct {
		Data struct {
			Purpose string `json:"purpose"`
			Warning struct {
				ID       string `json:"id"`
				Revision int    `json:"revision"`
			} `json:"warning"`
		} `json:"data"`
	}
	known := json.Unmarshal(raw, &body) == nil && body.Data.Warning.ID != ""
	r.mu.Lock()
	defer r.mu.Unlock()
	id := q.Header.Get("webhook-id")
	r.ids[id]++
	switch {
	case r.plant == "twice":
		r.ids[id]++
	case r.plant == "deaf" && path == "p1":
		return
	}
	if known {
		what := fmt.Sprintf("%s %s/%d %s", path, body.Data.Warning.ID, body.Data.Warning.Revision, body.Data.Purpose)
		if r.versions[what] == nil {
			r.versions[what] = map[string]bool{}
		}
		r.versions[what][id] = true
	}
	if r.paths[path].IsZero() {
		r.paths[path] = now
	}
}

// answering sets what is answered from now on; nil = everything is taken.
func (r *receiver) answering(how func(path string, w http.ResponseWriter) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = how
}

// refusing answers a status to every path that matches.
func refusing(status int, match func(path string) bool) func(string, http.ResponseWriter) bool {
	return func(path string, w http.ResponseWriter) bool {
		if match(path) {
			w.WriteHeader(status)
			return false
		}
		return true
	}
}

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.paths)
}

// at is when a path was first told; zero = not yet.
func (r *receiver) at(path string) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.paths[path]
}

// heard is everything for the judgement.
func (r *receiver) heard() (calls, versions map[string]int, told map[string]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	versions, told = map[string]int{}, map[string]bool{}
	for what, keys := range r.versions {
		versions[what] = len(keys)
	}
	for path := range r.paths {
		told[path] = true
	}
	return maps.Clone(r.ids), versions, told
}
