package desk

import (
	"context"
	"slices"
	"strings"

	"watchfire.dev/internal/register"
)

// strangers are the names in a register that no reminder finds: owners, and who checks.
func (d *Desk) strangers(ctx context.Context, org string, entries []register.Entry) ([]string, error) {
	if d.cfg.Notices == nil {
		return nil, nil
	}
	people, err := d.crowd(ctx, org)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Closed {
			continue
		}
		names = append(names, e.Owner)
		for _, a := range e.Actions {
			if a.Done == "" {
				names = append(names, a.Owner)
			}
		}
		for _, c := range e.Controls {
			names = append(names, c.Owner)
			for _, duty := range c.Duties {
				names = append(names, duty.Checks)
			}
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool {
		_, known := people.find(name)
		return known || strings.TrimSpace(name) == ""
	}), nil
}
