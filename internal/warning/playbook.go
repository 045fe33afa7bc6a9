package warning

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

//go:embed data/playbook.json
var playbookJSON []byte

// A Playbook lists protective actions with what they cost and what they save. Acting pays
// when the chance of the impact exceeds cost divided by avoided loss (the cost–loss rule of
// decision theory, A. H. Murphy 1977, Monthly Weather Review 105, 803–816). It is data: the
// operator's own file replaces entries by family or project.
type Playbook struct {
	Version    string  `json:"version"`
	Provenance string  `json:"provenance"`
	Entries    []Entry `json:"actions"`
}

// An Entry is one protective action against one family of hazards. An entry with a project
// (its code or id) replaces the general one of the same action and family there.
type Entry struct {
	Action  string            `json:"action"`            // word of the action; the built-in ones have words in every language
	Name    map[string]string `json:"name,omitempty"`    // of an own action, by language ("en", "zh")
	Project string            `json:"project,omitempty"` // "" = every project
	Family  event.Hazard      `json:"family"`
	Class   int               `json:"class"`       // the action saves the loss when the impact reaches this class, 1 to 4
	Horizon level.Horizon     `json:"horizon"`     // how far ahead the action must be decided
	Cost    float64           `json:"cost_usd"`    // C: of acting, US dollars
	Loss    float64           `json:"avoided_usd"` // L: what acting saves when the impact comes, US dollars
}

// An Action is an entry weighed for a warning.
type Action struct {
	Action  string            `json:"action"`
	Name    map[string]string `json:"name,omitempty"`
	Class   int               `json:"class"`
	Horizon level.Horizon     `json:"horizon"`
	Cost    float64           `json:"cost_usd"`
	Loss    float64           `json:"avoided_usd"`
	P       float64           `json:"p"`         // P(impact ≥ class within the horizon)
	Trigger float64           `json:"threshold"` // C / L
	Crossed bool              `json:"crossed"`   // P > C / L: acting pays
}

// ParsePlaybook reads the built-in playbook and over it the operator's own (nil = none): an
// entry of the same action, family and project replaces, others are added. The error wraps
// fault.ErrInvalid and names the entry.
func ParsePlaybook(own []byte) (Playbook, error) {
	var p Playbook
	if err := strict(playbookJSON, &p); err != nil {
		return p, fmt.Errorf("built-in playbook: %w", err)
	}
	if len(own) > 0 {
		var o Playbook
		if err := strict(own, &o); err != nil {
			return p, fmt.Errorf("playbook: %w", err)
		}
		if o.Version == "" || o.Version == p.Version {
			return p, fmt.Errorf("playbook: version is %q, want a name that is not the built-in %q: %w", o.Version, p.Version, fault.ErrInvalid)
		}
		p.Version, p.Provenance = o.Version, o.Provenance
		for _, e := range o.Entries {
			p.Entries = slices.DeleteFunc(p.Entries, func(x Entry) bool {
				return x.Action == e.Action && x.Family == e.Family && x.Project == e.Project
			})
			p.Entries = append(p.Entries, e)
		}
	}
	for i, e := range p.Entries {
		if err := e.check(); err != nil {
			return p, fmt.Errorf("playbook: entry %d, %s against %s: %w", i+1, e.Action, e.Family, err)
		}
	}
	return p, nil
}

func (e Entry) check() error {
	switch {
	case e.Action == "" || strings.ContainsFunc(e.Action, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' && (r < '0' || r > '9') }):
		return fmt.Errorf("action %q, want small letters, digits and _: %w", e.Action, fault.ErrInvalid)
	case !e.Family.Known() || e.Family.Family() != e.Family:
		return fmt.Errorf("no family of hazards: %w", fault.ErrInvalid)
	case e.Class < 1 || e.Class > level.Classes:
		return fmt.Errorf("class is %d, want 1 to %d: %w", e.Class, level.Classes, fault.ErrInvalid)
	case !(e.Cost > 0 && e.Loss > e.Cost && e.Loss < 1e15):
		return fmt.Errorf("cost %v and avoided loss %v US dollars, want 0 < cost < loss: %w", e.Cost, e.Loss, fault.ErrInvalid)
	case e.Horizon > level.Outlook:
		return fmt.Errorf("horizon %s, want at most outlook: %w", e.Horizon, fault.ErrInvalid)
	}
	return nil
}

// weigh sets each action of the warning's family against the chance of its class: crossed
// ones first, then by threshold and word.
func (p Playbook) weigh(w Warning) []Action {
	var out []Action
	for i := range p.Entries {
		e := &p.Entries[i]
		if e.Family != w.Family || e.Project != "" && e.Project != w.Project {
			continue
		}
		if e.Project == "" && slices.ContainsFunc(p.Entries, func(x Entry) bool {
			return x.Project != "" && x.Project == w.Project && x.Action == e.Action && x.Family == e.Family
		}) {
			continue
		}
		a := Action{
			Action: e.Action, Name: e.Name, Class: e.Class, Horizon: e.Horizon, Cost: e.Cost, Loss: e.Loss,
			P: w.Horizons[e.Horizon][e.Class], Trigger: e.Cost / e.Loss,
		}
		if w.Observed >= e.Class {
			a.P = 1
		}
		a.Crossed = a.P > a.Trigger
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Action) int {
		switch {
		case a.Crossed != b.Crossed:
			if a.Crossed {
				return -1
			}
			return 1
		case a.Trigger != b.Trigger:
			if a.Trigger < b.Trigger {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Action, b.Action)
	})
	return out
}

// Crossed are the actions whose threshold is crossed.
func Crossed(w Warning) []Action {
	n := 0
	for n < len(w.Actions) && w.Actions[n].Crossed {
		n++
	}
	return w.Actions[:n]
}
