package warning

import (
	"slices"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
)

// A Ceiling is how high the evidence of one event may lift a level (METHOD.md 1.6,
// promotion rule).
type Ceiling struct {
	Level level.Level `json:"level"` // highest level that may be sent on this evidence
	// AtOnce: a red on more than 80 % goes out without a signature, since an instrument or
	// the authority in charge says so.
	AtOnce bool `json:"at_once,omitempty"`
}

// CeilingOf applies the promotion rule to the standing reports of one event: yellow needs
// one source of any kind; orange one source of grade A or B, or two independent ones of C
// or better; red an instrument or official source, or two independent ones of B or better.
// News counts for yellow only. Sources of one owner are not independent.
func CeilingOf(reports []event.Standing) Ceiling {
	c := Ceiling{Level: level.Green}
	var good, fair []string // owners at B or better, at C or better
	for i := range reports {
		r := &reports[i]
		if r.Stand != event.Live {
			continue
		}
		c.Level = max(c.Level, level.Yellow)
		if r.News {
			continue
		}
		owner := r.Owner
		if owner == "" {
			owner = r.Source
		}
		switch r.Grade.Reliability {
		case "A", "B":
			good, fair = addOwner(good, owner), addOwner(fair, owner)
		case "C":
			fair = addOwner(fair, owner)
		}
		c.AtOnce = c.AtOnce || r.Instrument
	}
	if len(good) >= 1 || len(fair) >= 2 || c.AtOnce {
		c.Level = max(c.Level, level.Orange)
	}
	if c.AtOnce || len(good) >= 2 {
		c.Level = level.Red
	}
	return c
}

func addOwner(owners []string, owner string) []string {
	if slices.Contains(owners, owner) {
		return owners
	}
	return append(owners, owner)
}
