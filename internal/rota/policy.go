package rota

import (
	"strconv"

	"watchfire.dev/internal/level"
)

// A Target is who is asked in a step. Exactly one field is set.
type Target struct {
	Contact string `json:"contact,omitempty"` // code
	Role    string `json:"role,omitempty"`    // every contact of the project with this role
	Rota    string `json:"rota,omitempty"`    // code: whoever is on duty at the instant
	Step    int    `json:"step,omitempty"`    // every contact of the project with this step in the portfolio
}

// String is the target as files and commands write it: "rota:duty-officers".
func (t Target) String() string {
	switch {
	case t.Contact != "":
		return "contact:" + t.Contact
	case t.Role != "":
		return "role:" + t.Role
	case t.Rota != "":
		return "rota:" + t.Rota
	case t.Step != 0:
		return "step:" + strconv.Itoa(t.Step)
	default:
		return ""
	}
}

// A Step is who is asked at once, and how long an answer is waited for.
type Step struct {
	Targets []Target `json:"targets"`
	Wait    int      `json:"wait_s,omitempty"` // whole seconds; 0 = as long as the level waits
}

// A Policy is the order in which people are asked about warnings of some projects from a
// level upwards. Without one the contacts of the portfolio are asked in the order of their
// steps.
type Policy struct {
	Code     string      `json:"code"`
	Name     string      `json:"name"`
	Projects []string    `json:"projects,omitempty"` // codes; empty = all
	From     level.Level `json:"from"`               // yellow, orange or red
	Steps    []Step      `json:"steps"`
	Repeat   int         `json:"repeat,omitempty"` // how often the steps are gone through again, at most 9
}

// PolicyFor is the policy of a project's warnings of a level: one that names the project
// before one for all, then the one with the highest level, then the first by its place.
func (b Book) PolicyFor(project string, l level.Level) (Policy, bool) {
	best := -1
	rank := func(p Policy) int {
		n := int(p.From)
		if len(p.Projects) > 0 {
			n += 10
		}
		return n
	}
	for i, p := range b.Policies {
		if p.From > l || len(p.Projects) > 0 && !contains(p.Projects, project) {
			continue
		}
		if best < 0 || rank(p) > rank(b.Policies[best]) {
			best = i
		}
	}
	if best < 0 {
		return Policy{}, false
	}
	return b.Policies[best], true
}
