package config

import (
	"fmt"
	"slices"
	"strings"
)

// Roles are what a process does for its installation: a list of Poll, Decide, Deliver and Web;
// empty = all of them. Only where several processes share a PostgreSQL may one do less.
type Roles []string

// The roles.
const (
	Poll    = "poll"    // asks the sources, and makes what goes by the calendar
	Decide  = "decide"  // decides for its share of the projects
	Deliver = "deliver" // sends, hears what comes back, escalates
	Web     = "web"     // pages, API and hooks
)

// RoleList is what this process does.
func (c *Config) RoleList() []string {
	if len(c.Roles) == 0 {
		return []string{Poll, Decide, Deliver, Web}
	}
	return slices.Clone(c.Roles)
}

// Does tells whether this process has a role.
func (c *Config) Does(role string) bool { return len(c.Roles) == 0 || slices.Contains(c.Roles, role) }

// SetRoles sets the roles from a list with commas and checks them against the rest.
func (c *Config) SetRoles(list string) error {
	c.Roles = nil
	for _, r := range strings.Split(list, ",") {
		c.Roles = append(c.Roles, strings.TrimSpace(r))
	}
	return c.check()
}

func (c *Config) checkRoles() string {
	all := []string{Poll, Decide, Deliver, Web}
	for _, r := range c.Roles {
		if !slices.Contains(all, r) {
			return fmt.Sprintf("%q: want %s", r, strings.Join(all, ", "))
		}
	}
	if c.Database == "" && len(c.Roles) > 0 {
		for _, r := range all {
			if !slices.Contains(c.Roles, r) {
				return fmt.Sprintf("%q is missing: a process with its database in a file does everything", r)
			}
		}
	}
	return ""
}
