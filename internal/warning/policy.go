package warning

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

//go:embed data/policy.json
var policyJSON []byte

// A Policy holds the figures of the life cycle (METHOD.md 1.4, 1.8). It is a value.
type Policy struct {
	Version       string
	Matrix        level.Matrix
	Playbook      Playbook
	Margin        float64       // a level falls only when p < Margin × lower edge of its bin
	ReviewShare   float64       // share of the time to live after which a person is asked
	Confirm       time.Duration // how long a proposed red waits for a signature
	MaterialShare float64       // change of area or window that is told again
	MaterialETA   time.Duration
	// Silence widens: the half-life of a chance whose sources are all silent is HalfIntervals
	// times their usual interval, at least HalfLeast.
	HalfIntervals float64
	HalfLeast     time.Duration
	families      map[event.Hazard]familyPolicy
}

type familyPolicy struct{ Dwell, TTL time.Duration }

// DefaultPolicy is the policy that is part of the program, with its matrix and playbook.
func DefaultPolicy() Policy { return loadPolicy() }

// loadPolicy is computed once from the embedded file; it is a constant in all but name.
var loadPolicy = sync.OnceValue(func() Policy {
	p, err := ParsePolicy(nil)
	if err != nil {
		panic(err) // a bug of ours: the file is part of the program
	}
	return p
})

// policyFile is a policy as it is written: spans like "72h", shares between 0 and 1.
type policyFile struct {
	Version       string                      `json:"version"`
	Provenance    string                      `json:"provenance"`
	Margin        float64                     `json:"margin"`
	ReviewShare   float64                     `json:"review_share"`
	Confirm       string                      `json:"confirm"`
	MaterialShare float64                     `json:"material_share"`
	MaterialETA   string                      `json:"material_eta"`
	HalfIntervals float64                     `json:"blind_half_intervals"`
	HalfLeast     string                      `json:"blind_half_least"`
	Families      map[event.Hazard]familyFile `json:"families"`
}

type familyFile struct {
	Dwell string `json:"dwell"`
	TTL   string `json:"ttl"`
}

// ParsePolicy reads the built-in policy and over it a file of the operator's own (nil =
// none): JSON with the fields that differ; a file must name a version of its own. The error
// wraps fault.ErrInvalid and names the field. Matrix and playbook are the built-in ones: set
// Policy.Matrix and Policy.Playbook from level.ParseMatrix and ParsePlaybook.
func ParsePolicy(own []byte) (Policy, error) {
	var f policyFile
	if err := strict(policyJSON, &f); err != nil {
		return Policy{}, fmt.Errorf("built-in warning policy: %w", err)
	}
	if len(own) > 0 {
		built := f.Version
		f.Version = ""
		if err := strict(own, &f); err != nil {
			return Policy{}, fmt.Errorf("warning policy: %w", err)
		}
		if f.Version == "" || f.Version == built {
			return Policy{}, fmt.Errorf("warning policy: version is %q, want a name that is not the built-in %q: %w", f.Version, built, fault.ErrInvalid)
		}
	}
	p, err := f.policy()
	if err != nil {
		return Policy{}, err
	}
	p.Matrix = level.Default()
	p.Playbook, err = ParsePlaybook(nil)
	return p, err
}

// strict reads JSON into v; unknown fields are errors.
func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", fault.ErrInvalid, err)
	}
	return nil
}

func (f *policyFile) policy() (Policy, error) {
	p := Policy{
		Version: f.Version, Margin: f.Margin, ReviewShare: f.ReviewShare, MaterialShare: f.MaterialShare,
		HalfIntervals: f.HalfIntervals, families: map[event.Hazard]familyPolicy{},
	}
	var wrong []string
	span := func(name, s string) time.Duration {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			wrong = append(wrong, fmt.Sprintf("%s is %q, want a duration such as 72h", name, s))
		}
		return d
	}
	share := func(name string, v, least, most float64) {
		if !(v > least && v <= most) {
			wrong = append(wrong, fmt.Sprintf("%s is %v, want above %v and at most %v", name, v, least, most))
		}
	}
	share("margin", f.Margin, 0, 1)
	share("review_share", f.ReviewShare, 0, 1)
	share("material_share", f.MaterialShare, 0, 10)
	share("blind_half_intervals", f.HalfIntervals, 0, 1e6)
	p.Confirm, p.MaterialETA, p.HalfLeast = span("confirm", f.Confirm), span("material_eta", f.MaterialETA), span("blind_half_least", f.HalfLeast)
	for _, h := range event.Hazards() {
		if x, ok := f.Families[h]; ok {
			p.families[h] = familyPolicy{span("families."+string(h)+".dwell", x.Dwell), span("families."+string(h)+".ttl", x.TTL)}
		}
	}
	for h := range f.Families {
		if !h.Known() || h.Family() != h {
			wrong = append(wrong, fmt.Sprintf("families.%s is no family of hazards", h))
		}
	}
	if _, ok := p.families[event.Other]; !ok {
		wrong = append(wrong, "families.other is missing")
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return p, fmt.Errorf("warning policy: %s: %w", strings.Join(wrong, "; "), fault.ErrInvalid)
	}
	return p, nil
}

func (p Policy) family(f event.Hazard) familyPolicy {
	if x, ok := p.families[f]; ok {
		return x
	}
	return p.families[event.Other]
}

// Dwell is how long a lower cell must hold before the level falls.
func (p Policy) Dwell(family event.Hazard) time.Duration { return p.family(family).Dwell }

// TTL is the time to live without fresh evidence.
func (p Policy) TTL(family event.Hazard) time.Duration { return p.family(family).TTL }

// HalfLife is the span in which silence halves what a silent source's word is worth.
func (p Policy) HalfLife(every time.Duration) time.Duration {
	return max(p.HalfLeast, time.Duration(p.HalfIntervals*float64(every)))
}

// methods names the versions that decided, with those of the rows' impact functions.
func (p Policy) methods(rows []exposure.Exposure) Methods {
	m := Methods{Policy: p.Version, Matrix: p.Matrix.Version, Playbook: p.Playbook.Version}
	for i := range rows {
		if v := rows[i].Method; v != "" {
			if j, ok := slices.BinarySearch(m.Impact, v); !ok {
				m.Impact = slices.Insert(m.Impact, j, v)
			}
		}
	}
	return m
}
