package web

import (
	"fmt"
	"net/http"
	"net/url"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
)

// A listPage is a list with a cursor to what is older.
type listPage[T any] struct {
	Rows []T
	Next string // address of the next page, "" = this is the last
}

// page reads the cursor of a list.
func page(r *http.Request) (desk.Page, error) {
	after := r.URL.Query().Get("after")
	if len(after) > 400 {
		return desk.Page{}, fmt.Errorf("cursor of %d bytes: %w", len(after), fault.ErrInvalid)
	}
	return desk.Page{After: after}, nil
}

// nextLink is the address of the page behind a cursor, other parameters kept.
func nextLink(r *http.Request, cursor string) string {
	if cursor == "" {
		return ""
	}
	q := url.Values{"after": {cursor}}
	if k := r.URL.Query().Get("kind"); k != "" {
		q.Set("kind", k)
	}
	return r.URL.Path + "?" + q.Encode()
}

func (s *server) events(w http.ResponseWriter, r *http.Request, v *View) error {
	p, err := page(r)
	if err != nil {
		return err
	}
	rows, next, err := s.Reads.Events(r.Context(), v.Who, p)
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	return s.ok(w, "events", "title.events", v, listPage[event.Event]{rows, nextLink(r, next)})
}

// An eventPage is one event with its signals, newest first.
type eventPage struct {
	Event   event.Event
	Signals []event.Signal
	Map     *drawing
	Hushed  []desk.Suppressed // whom users' rules keep from being warned of it
}

func (s *server) event(w http.ResponseWriter, r *http.Request, v *View) error {
	e, signals, err := s.Reads.Event(r.Context(), v.Who, r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("read event %s: %w", r.PathValue("id"), err)
	}
	hushed, err := s.Reads.Suppressed(r.Context(), v.Who, e.ID, "")
	if err != nil {
		return fmt.Errorf("read what rules suppress of event %s: %w", e.ID, err)
	}
	return s.ok(w, "event", "title.event", v, eventPage{e, signals, s.eventMap(v, e), hushed})
}

// suppressed lists everything that users' rules keep from being told now.
func (s *server) suppressed(w http.ResponseWriter, r *http.Request, v *View) error {
	list, err := s.Reads.Suppressed(r.Context(), v.Who, "", "")
	if err != nil {
		return fmt.Errorf("read what rules suppress: %w", err)
	}
	return s.ok(w, "suppressed", "title.suppressed", v, list)
}

// MayPart tells whether signals can be taken out: one must stay.
func (p eventPage) MayPart() bool { return len(p.Signals) > 1 }

func (s *server) detach(w http.ResponseWriter, r *http.Request, v *View) error {
	id := r.PathValue("id")
	if err := s.Do.Detach(r.Context(), v.Who, id, r.FormValue("signal")); err != nil {
		return fmt.Errorf("detach signal from event %s: %w", id, err)
	}
	return seeOther(w, r, "/events/"+id, "detached")
}

func (s *server) split(w http.ResponseWriter, r *http.Request, v *View) error {
	id := r.PathValue("id")
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("read form: %w: %w", fault.ErrInvalid, err)
	}
	signals := r.PostForm["signal"]
	if len(signals) == 0 {
		return fmt.Errorf("%s: %w", v.T("event.split_none"), fault.ErrInvalid)
	}
	if err := s.Do.Split(r.Context(), v.Who, id, signals); err != nil {
		return fmt.Errorf("split event %s: %w", id, err)
	}
	return seeOther(w, r, "/events/"+id, "split")
}
