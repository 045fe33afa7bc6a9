package web

import (
	"fmt"
	"net/http"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

// contact shows one contact: how each channel is doing, and what is muted.
func (s *server) contact(w http.ResponseWriter, r *http.Request, v *View) error {
	card, err := s.People.Contact(r.Context(), v.Who, r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("read contact: %w", err)
	}
	devices, err := s.devices(r.Context(), v, r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("read devices: %w", err)
	}
	return s.ok(w, "contact", "title.contact", v, contactPage{card, devices, s.PushKey})
}

// A contactPage is one contact.
type contactPage struct {
	desk.ContactCard
	Devices []desk.DeviceRow
	PushKey string
}

func (s *server) testContact(w http.ResponseWriter, r *http.Request, v *View) error {
	id := r.PathValue("id")
	p, err := s.People.TestContact(r.Context(), v.Who, id, r.FormValue("channel"))
	if err != nil {
		return fmt.Errorf("test contact: %w", err)
	}
	done := "tested"
	if !p.OK {
		done = "test_failed"
	}
	return seeOther(w, r, "/contacts/"+id, done)
}

func (s *server) unmute(w http.ResponseWriter, r *http.Request, v *View) error {
	id := r.PathValue("id")
	if err := s.People.Unmute(r.Context(), v.Who, id, r.FormValue("project"), r.FormValue("channel")); err != nil {
		return fmt.Errorf("unmute contact: %w", err)
	}
	return seeOther(w, r, "/contacts/"+id, "unmuted")
}

// A leaveForm is what somebody with the link behind List-Unsubscribe sees.
type leaveForm struct {
	LeaveView
	Token string
}

// leavePage shows and has no effect: mail scanners and previews fetch links (RFC 8058, 3.2).
func (s *server) leavePage(w http.ResponseWriter, r *http.Request) error {
	if s.Leave == nil {
		return errNoPage
	}
	l, err := s.Leave.Open(r.Context(), r.PathValue("token"))
	if err != nil {
		return fmt.Errorf("open leave link: %w", err)
	}
	v := s.receiverView(r, l.Language)
	v.Zone = l.Zone
	if v.Zone == "" {
		v.Zone = l.Project.Zone
	}
	return s.ok(w, "leave", "title.leave", v, leaveForm{l, r.PathValue("token")})
}

// leave mutes, for a mail provider's robot as for a person, or takes that back. It answers
// with the page itself: a robot must not be redirected (RFC 8058, 3.1).
func (s *server) leave(w http.ResponseWriter, r *http.Request) error {
	if s.Leave == nil {
		return errNoPage
	}
	token := r.PathValue("token")
	act := s.Leave.Mute
	switch {
	case r.FormValue("List-Unsubscribe") == "One-Click":
	case r.FormValue("act") == "unmute":
		act = s.Leave.Unmute
	default:
		return fmt.Errorf("neither List-Unsubscribe=One-Click nor act=unmute: %w", fault.ErrInvalid)
	}
	if err := act(r.Context(), token); err != nil {
		return fmt.Errorf("leave by link: %w", err)
	}
	return s.leavePage(w, r)
}
