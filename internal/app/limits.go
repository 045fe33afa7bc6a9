package app

import (
	"time"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/delivery"
)

// limitsOf lays the configuration over the default limits.
func limitsOf(c config.Limits) delivery.Limits {
	out := delivery.DefaultLimits()
	for name, set := range c.Channels {
		l := out.Channels[name]
		for _, x := range []struct {
			from *config.Rate
			to   *delivery.Limit
		}{{set.Rate, &l.Rate}, {set.Budget, &l.Budget}, {set.Recipient, &l.Recipient}} {
			if x.from != nil {
				*x.to = delivery.Limit{N: x.from.N, Per: x.from.Per}
			}
		}
		out.Channels[name] = l
	}
	f := &out.Flood
	for _, x := range []struct {
		from int
		to   *int
	}{{c.Flood.Enter, &f.Enter}, {c.Flood.Leave, &f.Leave}} {
		if x.from != 0 {
			*x.to = x.from
		}
	}
	for _, x := range []struct {
		from config.Duration
		to   *time.Duration
	}{{c.Flood.Window, &f.Window}, {c.Flood.First, &f.First}, {c.Flood.Every, &f.Every}} {
		if x.from > 0 {
			*x.to = time.Duration(x.from)
		}
	}
	return out
}
