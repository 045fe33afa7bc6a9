package warning

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

//go:embed data/policy.json
var policyJSON []byte

// A Policy holds the figures of the life cycle (METHOD.md 1.4, 1.8). It is a value.
type Policy struct {
	Version       string
	Matrix        level.Matrix
	Margin        float64       // a level falls only when p < Margin × lower edge of its bin
	ReviewShare   float64       // share of the time to live after which a person is asked
	Confirm       time.Duration // how long a proposed red waits for a signature
	MaterialShare float64       // change of area or window that is told again
	MaterialETA   time.Duration
	families      map[event.Hazard]familyPolicy
}

type familyPolicy struct{ Dwell, TTL time.Duration }

// DefaultPolicy is the policy that is part of the program.
func DefaultPolicy() Policy { return loadPolicy() }

// loadPolicy is computed once from the embedded file; it is a constant in all but name.
var loadPolicy = sync.OnceValue(func() Policy {
	p, err := ParsePolicy(policyJSON)
	if err != nil {
		panic(err) // a bug of ours: the file is part of the program
	}
	return p
})

// ParsePolicy reads a policy from JSON. The error wraps fault.ErrInvalid and names the field.
func ParsePolicy(b []byte) (Policy, error) {
	var w struct {
		Version       string  `json:"version"`
		Margin        float64 `json:"margin"`
		ReviewShare   float64 `json:"review_share"`
		Confirm       string  `json:"confirm"`
		MaterialShare float64 `json:"material_share"`
		MaterialETA   string  `json:"material_eta"`
		Families      map[event.Hazard]struct {
			Dwell string `json:"dwell"`
			TTL   string `json:"ttl"`
		} `json:"families"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return Policy{}, fmt.Errorf("parse warning policy: %w: %w", fault.ErrInvalid, err)
	}
	p := Policy{
		Version: w.Version, Matrix: level.Default(), Margin: w.Margin, ReviewShare: w.ReviewShare,
		MaterialShare: w.MaterialShare, families: map[event.Hazard]familyPolicy{},
	}
	var err error
	span := func(name, s string) time.Duration {
		d, e := time.ParseDuration(s)
		if (e != nil || d <= 0) && err == nil {
			err = fmt.Errorf("warning policy: %s is %q, want a duration: %w", name, s, fault.ErrInvalid)
		}
		return d
	}
	p.Confirm, p.MaterialETA = span("confirm", w.Confirm), span("material_eta", w.MaterialETA)
	for _, h := range event.Hazards() {
		if f, ok := w.Families[h]; ok {
			p.families[h] = familyPolicy{span(string(h)+".dwell", f.Dwell), span(string(h)+".ttl", f.TTL)}
		}
	}
	if _, ok := p.families[event.Other]; !ok && err == nil {
		err = fmt.Errorf("warning policy: family %q is missing: %w", event.Other, fault.ErrInvalid)
	}
	return p, err
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
