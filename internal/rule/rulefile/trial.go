package rulefile

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/rule"
	"watchfire.dev/internal/watch"
)

// A trial is one case: an event, an exposure and an asset, and what the rules shall do.
type trial struct {
	name   string
	only   string // id of the rule that is tried alone; "" = all
	line   int
	event  event.Event
	row    exposure.Exposure
	asset  portfolio.Asset
	expect []string // sorted; nothing = empty
}

// run tries the rules and writes a line for the case, with the reasons when it fails.
func (t trial) run(all []*rule.Rule, w io.Writer) (bool, error) {
	var tried []*rule.Rule
	for _, r := range all {
		if r.Mode != rule.Off && (t.only == "" || t.only == r.ID) {
			tried = append(tried, r)
		}
	}
	rater, err := armed(tried)
	if err != nil {
		return false, err
	}
	effect, suppress, _ := rater.Rate(t.event, t.row, t.asset)
	got := deeds(effect.Delta, effect.Route, suppress)
	by := ""
	if len(effect.Rules) > 0 {
		by = " (" + strings.Join(effect.Rules, ", ") + ")"
	}
	if slices.Equal(got, t.expect) {
		fmt.Fprintf(w, "ok    %s: %s%s\n", t.name, words(got), by)
		return true, nil
	}
	fmt.Fprintf(w, "FAIL  %s: got %s, want %s%s\n", t.name, words(got), words(t.expect), by)
	fmt.Fprintf(w, "      the case stands in line %d\n", t.line)
	for _, r := range tried {
		if err := why(w, r, t); err != nil {
			return false, err
		}
	}
	return false, nil
}

// armed puts the rules in force as an installation does.
func armed(rules []*rule.Rule) (watch.Rater, error) {
	versions := make([]watch.RuleVersion, len(rules))
	for i, r := range rules {
		row := r.Row
		row.Mode = rule.On
		body, err := json.Marshal(row)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.ID, err)
		}
		versions[i] = watch.RuleVersion{ID: r.ID, Version: 1, Body: body}
	}
	return rule.Set(versions)
}

// deeds puts what the rules did into the words of a case.
func deeds(delta int, route []string, suppress bool) []string {
	if suppress {
		return []string{"suppress"} // nothing is left that could be raised or routed
	}
	var out []string
	switch {
	case delta > 0:
		out = append(out, "raise")
	case delta < 0:
		out = append(out, "lower")
	}
	for _, to := range route {
		out = append(out, "route:"+to)
	}
	slices.Sort(out)
	return out
}

func words(deeds []string) string {
	if len(deeds) == 0 {
		return "nothing"
	}
	return strings.Join(deeds, ", ")
}

// why shows a rule's condition part by part.
func why(w io.Writer, r *rule.Rule, t trial) error {
	parts, err := r.Explain(t.event, t.row, t.asset)
	if err != nil {
		return err
	}
	act := string(r.Then)
	if r.To != "" {
		act += ":" + r.To
	}
	fmt.Fprintf(w, "      %s would %s when\n", r.ID, act)
	for _, p := range parts {
		mark, note := "no ", strings.Join(p.Values, ", ")
		switch {
		case p.Error != "":
			mark, note = "?  ", p.Error
		case p.Holds:
			mark = "yes"
		}
		if note != "" {
			note = "   [" + note + "]"
		}
		fmt.Fprintf(w, "        %s %s%s\n", mark, p.Text, note)
	}
	return nil
}

// expected reads what a case expects.
func (d *decoder) expected(n *node) []string {
	var parts []string
	if n.kind == list {
		for _, item := range n.items {
			// Between [ and ] our reader of YAML takes route:duty for a key and its value.
			if len(item.entries) == 1 && item.entries[0].key == "route" {
				parts = append(parts, "route:"+d.text("expect", item.entries[0].value))
				continue
			}
			parts = append(parts, d.text("expect", item))
		}
	} else {
		parts = strings.FieldsFunc(d.text("expect", n), func(r rune) bool { return r == ',' || r == ' ' })
	}
	for _, p := range parts {
		to, routed := strings.CutPrefix(p, "route:")
		if !slices.Contains([]string{"nothing", "suppress", "raise", "lower"}, p) && (!routed || to == "") {
			d.bad(n, "expect", "%q is not known here: write nothing, suppress, raise, lower or route:CONTACT", shorten(p))
		}
	}
	slices.Sort(parts)
	parts = slices.Compact(parts)
	switch {
	case len(parts) == 0:
		d.bad(n, "expect", "write what the rules shall do: nothing, suppress, raise, lower or route:CONTACT")
	case len(parts) == 1 && parts[0] == "nothing":
		return nil
	case slices.Contains(parts, "nothing") || slices.Contains(parts, "suppress") && len(parts) > 1:
		d.bad(n, "expect", "nothing and suppress stand alone")
	}
	return parts
}

// levelOf reads a level by its name.
func (d *decoder) levelOf(field string, n *node) level.Level {
	l, err := level.Parse(d.text(field, n))
	if err != nil {
		d.bad(n, field, "%q is not a level: write green, yellow, orange or red", shorten(n.text))
	}
	return l
}
