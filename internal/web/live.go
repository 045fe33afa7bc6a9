package web

import (
	"fmt"
	"net/http"
	"time"

	"watchfire.dev/internal/fault"
)

// beat is how often a silent stream says that it is alive. A page that hears nothing for
// two beats says "not live" within 10 seconds.
const beat = 4 * time.Second

// recheck is how often a stream asks whether its session still stands (TRUST.md S15).
const recheck = 20 * time.Second

// live streams what has changed. It says only that something changed: the page fetches the
// new state itself, with its own rights.
func (s *server) live(w http.ResponseWriter, r *http.Request, v *View) error {
	if s.Config.Live == nil {
		return fmt.Errorf("live updates: %w", fault.ErrNotFound)
	}
	changes := s.Config.Live.Subscribe(r.Context(), v.Who.Org)
	out := http.NewResponseController(w)
	if err := out.SetWriteDeadline(time.Time{}); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	send := func(name string) bool {
		_, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, v.Machine(s.Now()))
		return err == nil && out.Flush() == nil
	}
	if !send("hello") {
		return nil
	}
	beats, checks := time.NewTicker(beat), time.NewTicker(recheck)
	defer beats.Stop()
	defer checks.Stop()
	for {
		select {
		case <-r.Context().Done():
			return nil
		case name, ok := <-changes:
			if !ok || !send(oneLine(name)) {
				return nil
			}
		case <-beats.C:
			if !send("beat") {
				return nil
			}
		case <-checks.C:
			if _, err := s.Auth.Principal(r); err != nil {
				send("over")
				return nil
			}
		}
	}
}

// oneLine keeps an event's name to letters: a line end in it would forge another event.
func oneLine(name string) string {
	for _, c := range name {
		if (c < 'a' || c > 'z') && c != '_' {
			return "queue"
		}
	}
	return name
}
