package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

// A handOverPage is what each shift of the desk hands over.
type handOverPage struct{ Cards []desk.HandOverCard }

func (s *server) handOver(w http.ResponseWriter, r *http.Request, v *View) error {
	cards, err := s.OnCall.HandOvers(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read hand-overs: %w", err)
	}
	return s.ok(w, "hand-over", "title.hand_over", v, handOverPage{cards})
}

func (s *server) takeOver(w http.ResponseWriter, r *http.Request, v *View) error {
	shift, err := time.Parse(time.RFC3339, r.FormValue("shift"))
	if err != nil {
		return fmt.Errorf("shift %.40q: %w", r.FormValue("shift"), fault.ErrInvalid)
	}
	if err := s.OnCall.TakeOver(r.Context(), v.Who, r.PathValue("code"), shift, strings.TrimSpace(r.FormValue("note"))); err != nil {
		return fmt.Errorf("take a shift over: %w", err)
	}
	return seeOther(w, r, "/hand-over", "taken_over")
}
