package web

import (
	"fmt"
	"net/http"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/pulse"
)

// A statusPage shows how alive the watch itself is.
type statusPage struct {
	desk.Vitals
	Sender desk.Sender
}

func (s *server) status(w http.ResponseWriter, r *http.Request, v *View) error {
	vitals, err := s.Health.Vitals(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read the self-check: %w", err)
	}
	sender, err := s.Health.Sender(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read the sender's meter: %w", err)
	}
	return s.ok(w, "status", "title.status", v, statusPage{vitals, sender})
}

// release lets a restored installation speak again.
func (s *server) release(w http.ResponseWriter, r *http.Request, v *View) error {
	if _, err := s.Release.Release(r.Context(), v.Who); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return seeOther(w, r, "/status", "released")
}

// Wrong are the checks that somebody must look at.
func (p statusPage) Wrong() []pulse.Check { return p.those(true) }

// Right are the others.
func (p statusPage) Right() []pulse.Check { return p.those(false) }

func (p statusPage) those(wrong bool) []pulse.Check {
	var out []pulse.Check
	for _, c := range p.Checks {
		if (c.State != pulse.OK && c.State != pulse.Unknown) == wrong {
			out = append(out, c)
		}
	}
	return out
}

// Check puts one check into words: what it is, and of what.
func (v *View) Check(c pulse.Check) string {
	name := v.T("pulse." + c.Name)
	switch {
	case c.Subject == "":
		return name
	case c.Name == pulse.Channel && v.Has("channel."+c.Subject):
		return name + " · " + v.T("channel."+c.Subject)
	case c.Name == pulse.Source && c.Detail != "":
		return name + " · " + c.Detail
	}
	return name + " · " + c.Subject
}

// CheckState says how it stands, since when and by how much.
func (v *View) CheckState(c pulse.Check) string {
	text := v.T("pulse.state." + string(c.State))
	switch {
	case c.State == pulse.Late && c.By != 0:
		text = v.T("pulse.late_by", "Age", v.Age(c.By.Abs()))
	case !c.Since.IsZero() && (c.State == pulse.Blind || c.State == pulse.Mute || c.State == pulse.Down):
		text = v.T("pulse.since", "State", text, "Time", v.At(c.Since))
	}
	return text
}

// CheckNote is what else is known: how many, or the technical reason.
func (v *View) CheckNote(c pulse.Check) string {
	switch {
	case c.Name == pulse.Disk:
		return v.T("pulse.note.disk", "GB", fmt.Sprintf("%.1f", float64(c.Count)/(1<<30)))
	case c.Count != 0 && v.Has("pulse.note."+c.Name):
		return v.T("pulse.note."+c.Name, "N", c.Count)
	case c.Name == pulse.Source:
		return ""
	case c.State == pulse.OK && !c.Since.IsZero() && v.Has("pulse.last."+c.Name):
		return v.T("pulse.last."+c.Name, "Time", v.At(c.Since))
	}
	return c.Detail
}
