package app

import (
	"fmt"
	"os"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// PolicyOf is the built-in policy of levels and warnings with the operator's own files over
// it. An error names the file and wraps fault.ErrInvalid when it cannot be used as it is.
func PolicyOf(cfg config.Config) (warning.Policy, error) {
	own := func(name string) ([]byte, error) {
		if name == "" {
			return nil, nil
		}
		return os.ReadFile(name)
	}
	raw, err := own(cfg.Method.Policy)
	if err != nil {
		return warning.Policy{}, fmt.Errorf("method.policy: %w", err)
	}
	p, err := warning.ParsePolicy(raw)
	if err != nil {
		return p, fmt.Errorf("method.policy %s: %w", cfg.Method.Policy, err)
	}
	if raw, err = own(cfg.Method.Levels); err != nil {
		return p, fmt.Errorf("method.levels: %w", err)
	}
	if len(raw) > 0 {
		if p.Matrix, err = level.ParseMatrix(raw); err != nil {
			return p, fmt.Errorf("method.levels %s: %w", cfg.Method.Levels, err)
		}
	}
	if raw, err = own(cfg.Method.Playbook); err != nil {
		return p, fmt.Errorf("method.playbook: %w", err)
	}
	if p.Playbook, err = warning.ParsePlaybook(raw); err != nil {
		return p, fmt.Errorf("method.playbook %s: %w", cfg.Method.Playbook, err)
	}
	return p, nil
}

// MethodOf reads the installation's own coefficients of the impact functions over the
// built-in ones.
func MethodOf(cfg config.Config) (*impact.Method, error) {
	if cfg.Method.Impact == "" {
		return impact.Default(), nil
	}
	raw, err := os.ReadFile(cfg.Method.Impact)
	if err != nil {
		return nil, fmt.Errorf("method.impact: %w", err)
	}
	m, err := impact.Load(raw)
	if err != nil {
		return nil, fmt.Errorf("method.impact %s: %w", cfg.Method.Impact, err)
	}
	return m, nil
}

// IndexOf makes the index of a portfolio: rows are reckoned by the method and coloured by the
// policy's matrix.
func IndexOf(p portfolio.Portfolio, m *impact.Method, pol warning.Policy) *exposure.Index {
	return exposure.NewIndexWith(p, m, pol.Matrix)
}
