package catalogue

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/country"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/formats"
)

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`)

// leastInterval keeps a typing error from becoming an attack on somebody's server.
const leastInterval = time.Second

// problems lists what is wrong with a definition, each beginning with the field.
func problems(s feed.Source) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if !idForm.MatchString(s.ID) {
		say("id: small letters, figures, dots and hyphens, at most 63")
	}
	for _, f := range [...]struct{ field, value string }{
		{"name", s.Name}, {"licence", s.Licence}, {"attribution", s.Attribution}, {"owner", s.Owner},
	} {
		if strings.TrimSpace(f.value) == "" {
			say("%s: missing", f.field)
		}
	}
	if _, ok := formats.ByKind(s.Kind); !ok {
		say("kind: %q is none of %s", s.Kind, strings.Join(formats.Kinds(), ", "))
	}
	out = append(out, address(s)...)
	out = append(out, intervals(s)...)
	out = append(out, grade(s)...)
	for _, h := range s.Hazards {
		if !h.Known() {
			say("hazards: %q is no hazard", h)
		}
	}
	for _, c := range s.Countries {
		if !country.Known(c) {
			say("countries: %q is no ISO 3166-1 alpha-2 code", c)
		}
	}
	return out
}

// pushed tells whether the source sends by itself: it has no address and no interval.
func pushed(s feed.Source) bool { return s.Kind == "push" }

func address(s feed.Source) []string {
	u, err := url.Parse(s.URL)
	switch {
	case pushed(s) && s.URL != "":
		return []string{"url: a source that pushes has none"}
	case pushed(s):
		return nil
	case s.URL == "":
		return []string{"url: missing"}
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return []string{"url: no web address"}
	case u.User != nil:
		return []string{"url: holds a password; use a header of the operator's proxy instead"}
	}
	return nil
}

func intervals(s feed.Source) []string {
	var out []string
	if s.AgeLimit <= 0 {
		out = append(out, "age_limit: missing; it says when silence counts as blindness, such as 2h")
	}
	if pushed(s) {
		return out
	}
	for _, f := range [...]struct {
		field string
		value time.Duration
	}{{"every", s.Every}, {"at_least", s.AtLeast}} {
		switch {
		case f.value == 0:
			out = append(out, f.field+": missing")
		case f.value < leastInterval:
			out = append(out, fmt.Sprintf("%s: %v is below %v; write a unit, such as 5m", f.field, f.value, leastInterval))
		}
	}
	if s.Every < s.AtLeast {
		out = append(out, fmt.Sprintf("every: %v undercuts at_least %v", s.Every, s.AtLeast))
	}
	if s.AgeLimit > 0 && s.AgeLimit < s.Every {
		out = append(out, fmt.Sprintf("age_limit: %v is shorter than every %v: the source would always be blind", s.AgeLimit, s.Every))
	}
	return out
}

func grade(s feed.Source) []string {
	var out []string
	if len(s.Reliability) != 1 || !strings.Contains("ABCDEF", s.Reliability) {
		out = append(out, fmt.Sprintf("reliability: %q is none of A to F", s.Reliability))
	}
	if s.Credibility < 1 || s.Credibility > 6 {
		out = append(out, fmt.Sprintf("credibility: %d is none of 1 to 6", s.Credibility))
	}
	if s.TLP != "" && !slices.Contains(event.TLPs(), s.TLP) {
		out = append(out, fmt.Sprintf("tlp: %q is no label of TLP 2.0", s.TLP))
	}
	return out
}
