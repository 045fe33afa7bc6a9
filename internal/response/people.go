package response

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/rota"
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
	Contacts []portfolio.Contact // who is asked, in the order of steps; with a policy one may stand in several
	Named    []portfolio.Contact // whom users' rules name and who are not asked in any step
	Mutes    Mutes
	Policy   string // code of the policy that orders the steps; "" = the portfolio's own steps
	Repeat   int    // how often the steps are gone through again

	waits   []time.Duration // by step, from 1; 0 = the level's
	choices map[string]Choice
	snoozes []Snooze
	floor   level.Level
	zone    string // of the project
}

// PeopleFor returns whom a warning may be told to where nothing but mutes is arranged.
func PeopleFor(p portfolio.Portfolio, w warning.Warning, mutes Mutes) People {
	return Duty{Mutes: mutes}.PeopleFor(p, w, w.At)
}

// PeopleFor returns whom a warning may be told to at an instant: by the policy of its project
// and level, with whoever is on duty then, or else the contacts in the order of their steps.
func (d Duty) PeopleFor(p portfolio.Portfolio, w warning.Warning, at time.Time) People {
	out := People{Contacts: Contacts(p, w.Project), Mutes: d.Mutes, snoozes: d.Snoozes, floor: d.Book.Bounds.NoChoice()}
	if len(d.Choices) > 0 {
		out.choices = make(map[string]Choice, len(d.Choices))
		for _, c := range d.Choices {
			out.choices[c.Contact] = c
		}
	}
	if len(d.Choices) > 0 || len(d.Book.Policies) > 0 {
		if pr, ok := projectOf(p, w.Project); ok {
			out.zone = pr.Zone
			d.order(&out, p, pr, w, at)
		}
	}
	for _, code := range w.Route {
		named := func(c portfolio.Contact) bool { return c.Code == code && len(c.Channels) > 0 }
		if i := slices.IndexFunc(p.Contacts, named); i >= 0 && !slices.ContainsFunc(out.Contacts, named) {
			out.Named = append(out.Named, p.Contacts[i])
		}
	}
	return out
}

// projectOf finds a project; portfolios are sorted by id.
func projectOf(p portfolio.Portfolio, id string) (portfolio.Project, bool) {
	i, ok := slices.BinarySearchFunc(p.Projects, id, func(x portfolio.Project, id string) int { return strings.Compare(x.ID, id) })
	if !ok {
		return portfolio.Project{}, false
	}
	return p.Projects[i], true
}

// order puts the people into the steps of the policy. A policy that names nobody who can be
// reached, in any of its steps, does not count: the portfolio's own steps hold, so that a
// slip in a policy silences nothing.
func (d Duty) order(out *People, p portfolio.Portfolio, pr portfolio.Project, w warning.Warning, at time.Time) {
	policy, ok := d.Book.PolicyFor(pr.Code, w.Level)
	if !ok {
		return
	}
	var list []portfolio.Contact
	for i, s := range policy.Steps {
		for _, c := range d.Asked(p, pr, s, at) {
			c.Step = i + 1
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return
	}
	out.Contacts, out.Policy, out.Repeat, out.waits = list, policy.Code, policy.Repeat, make([]time.Duration, len(policy.Steps))
	for i, s := range policy.Steps {
		out.waits[i] = time.Duration(s.Wait) * time.Second
	}
}

// Asked is who is asked in a step of a policy at an instant, each once, in a fixed order:
// those with an address, with a deputy for whoever is absent.
func (d Duty) Asked(p portfolio.Portfolio, pr portfolio.Project, s rota.Step, at time.Time) []portfolio.Contact {
	var out []portfolio.Contact
	add := func(m rota.Member) {
		c, ok := d.Reach(p, d.Book.Present(m, at))
		if ok && !slices.ContainsFunc(out, func(x portfolio.Contact) bool { return x.ID == c.ID }) {
			out = append(out, c)
		}
	}
	for _, t := range s.Targets {
		switch {
		case t.Contact != "":
			add(rota.Member{Contact: t.Contact})
		case t.Rota != "":
			add(d.onDuty(t.Rota, at))
		default:
			for _, c := range Contacts(p, pr.ID) {
				if t.Step != 0 && c.Step == t.Step || t.Role != "" && strings.EqualFold(c.Role, t.Role) {
					add(rota.Member{Contact: c.Code})
				}
			}
		}
	}
	return out
}

// Reach is how a member is reached: the contact with that code; of an account the contact
// with the same mail address, else the account's own. ok is false for nobody, for a stranger
// and for one without any address.
func (d Duty) Reach(p portfolio.Portfolio, m rota.Member) (portfolio.Contact, bool) {
	if m.Contact != "" {
		i := slices.IndexFunc(p.Contacts, func(c portfolio.Contact) bool { return c.Code == m.Contact && len(c.Channels) > 0 })
		if i < 0 {
			return portfolio.Contact{}, false
		}
		return p.Contacts[i], true
	}
	i := slices.IndexFunc(d.Accounts, func(c portfolio.Contact) bool { return c.ID == m.Account && m.Account != "" })
	if i < 0 {
		return portfolio.Contact{}, false
	}
	a := d.Accounts[i]
	for _, c := range p.Contacts {
		for _, to := range c.Channels {
			if to.Channel == "email" && len(a.Channels) > 0 && strings.EqualFold(to.Address, a.Channels[0].Address) {
				return c, true
			}
		}
	}
	return a, len(a.Channels) > 0
}

// After is who is asked when nobody answers: the first contact of a later step whom the
// warning would sound for at that instant; where the steps are repeated, after the last one
// the first again.
func (p People) After(w warning.Warning, esc EscalationState, at time.Time) (portfolio.Contact, bool) {
	for round := esc.Round; round <= max(p.Repeat, esc.Round); round++ {
		for _, c := range p.Contacts {
			if (c.Step > esc.Step || round > esc.Round) && p.sounds(w, c, at) {
				return c, true
			}
		}
	}
	return portfolio.Contact{}, false
}

// Reaches tells whether anybody would hear of the warning, queued at an instant, at once or
// later.
func (p People) Reaches(w warning.Warning, at time.Time) bool {
	return slices.ContainsFunc(p.Contacts, func(c portfolio.Contact) bool {
		return slices.ContainsFunc(c.Channels, func(a portfolio.Address) bool {
			f := p.fate(w, c, a.Channel, at)
			return f.sounds() || f.later()
		})
	})
}

func (p People) sounds(w warning.Warning, c portfolio.Contact, at time.Time) bool {
	return slices.ContainsFunc(c.Channels, func(a portfolio.Address) bool { return p.fate(w, c, a.Channel, at).sounds() })
}

// wait is how long an answer to a step is waited for.
func (p People) wait(step int, l level.Level, waits Waits) time.Duration {
	if step >= 1 && step <= len(p.waits) {
		return cmp.Or(p.waits[step-1], waits[l])
	}
	return waits[l]
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
