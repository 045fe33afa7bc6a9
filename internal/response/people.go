package response

import (
	"slices"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// A Mute keeps back what a contact would get over one channel about one project, until its
// end. It never keeps back a red, an EMERGENCY, or the end of a warning whose alarm arrived;
// see docs/decisions/0014-a-mute-is-not-an-exit.md.
type Mute struct {
	Org     string    `json:"org"`
	Contact string    `json:"contact"` // id
	Project string    `json:"project"` // id
	Channel string    `json:"channel"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`
	Actor   string    `json:"actor"` // who muted: the contact's id
}

// MuteLife is how long a mute holds.
const MuteLife = 30 * 24 * time.Hour

// Mutes are the mutes of one organisation, over ones among them.
type Mutes []Mute

// At returns the mute that holds at an instant for a contact's channel and a project.
func (m Mutes) At(contact, project, channel string, at time.Time) (Mute, bool) {
	i := slices.IndexFunc(m, func(x Mute) bool {
		return x.Contact == contact && x.Project == project && x.Channel == channel && at.Before(x.Until)
	})
	if i < 0 {
		return Mute{}, false
	}
	return m[i], true
}

// Hold tells whether a warning is kept back from a contact's channel at an instant.
func (m Mutes) Hold(w warning.Warning, contact, channel string, at time.Time) bool {
	if w.Level >= level.Red || w.Emergency {
		return false
	}
	_, muted := m.At(contact, w.Project, channel, at)
	return muted
}

// People is whom a warning may be told to.
type People struct {
	Contacts []portfolio.Contact // of the project, in the order of steps
	Named    []portfolio.Contact // whom users' rules name and who are no contacts of the project
	Mutes    Mutes
}

// PeopleFor returns whom a warning may be told to.
func PeopleFor(p portfolio.Portfolio, w warning.Warning, mutes Mutes) People {
	out := People{Contacts: Contacts(p, w.Project), Mutes: mutes}
	for _, code := range w.Route {
		named := func(c portfolio.Contact) bool { return c.Code == code && len(c.Channels) > 0 }
		if i := slices.IndexFunc(p.Contacts, named); i >= 0 && !slices.ContainsFunc(out.Contacts, named) {
			out.Named = append(out.Named, p.Contacts[i])
		}
	}
	return out
}

// After is who is asked when nobody of a step answers: the first contact of a later step
// whom the warning would reach at that instant.
func (p People) After(w warning.Warning, step int, at time.Time) (portfolio.Contact, bool) {
	for _, c := range p.Contacts {
		if c.Step > step && p.reaches(w, c, at) {
			return c, true
		}
	}
	return portfolio.Contact{}, false
}

// Reaches tells whether anybody would hear of the warning at an instant.
func (p People) Reaches(w warning.Warning, at time.Time) bool {
	return slices.ContainsFunc(p.Contacts, func(c portfolio.Contact) bool { return p.reaches(w, c, at) })
}

func (p People) reaches(w warning.Warning, c portfolio.Contact, at time.Time) bool {
	return slices.ContainsFunc(c.Channels, func(a portfolio.Address) bool { return !p.Mutes.Hold(w, c.ID, a.Channel, at) })
}

// steps are the steps of the contacts, each once, upwards; 0 alone when there are none.
func (p People) steps() []int {
	out := []int{}
	for _, c := range p.Contacts { // sorted by step
		if len(out) == 0 || out[len(out)-1] != c.Step {
			out = append(out, c.Step)
		}
	}
	if len(out) == 0 {
		return []int{0}
	}
	return out
}
