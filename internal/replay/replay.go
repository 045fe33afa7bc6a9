// Package replay runs the decision core over recorded inputs on their own clock and writes
// the decision log: one JSON line a decision. The same inputs give the same bytes, on any
// machine and with any number of processors, and they are the bytes that the live watch
// decided when it took the same inputs at the same instants. It fetches, sends and stores
// nothing.
//
// A line is a watch.Decision as encoding/json writes it, with each thing said once. What all
// rows of a line have in common stands in "shared" beside "exposures": a row is shared joined
// with the row. Of the inputs, when not all are in common, those that every row has at the
// same place stand in shared with their "place" (counted from 0), and the row's own ones fill
// the other places in their order. A line of one row has no "shared". The rows of a warning
// stand earlier in the log, in the newest line of their event: the warning names event,
// revision, asset and level, and where sources are silent ("blind") the chances that this
// moved. "rows_of" says that all rows are those of an earlier revision of the warning, which
// may be older than the newest line of the event. Expand undoes all that.
package replay

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// A Step is one input at an instant: signals, or an act of a person.
type Step struct {
	At        time.Time
	Signals   []event.Signal
	Act       *watch.Act
	Portfolio *portfolio.Portfolio // with an act "portfolio"
	Rules     []watch.RuleVersion  // with an act "rules": all rules as they stood then
}

// Config is what a Replay needs.
type Config struct {
	Org       string
	Policy    warning.Policy
	Portfolio portfolio.Portfolio // at the start
	Matcher   func(portfolio.Portfolio) watch.Matcher
	Rater     func([]watch.RuleVersion) (watch.Rater, error)
	Rules     []watch.RuleVersion // at the start
	Until     time.Time           // let time pass until then after the last input; zero = not
	Workers   int                 // goroutines that match and encode; 0 = one. It changes no byte
}

// A Summary says what a replay did.
type Summary struct {
	Inputs, Signals, Decisions, Events, Warnings int
	SHA256                                       string // of the decision log
	From, To                                     time.Time
}

// Run is Stream over a list of steps.
func Run(cfg Config, steps []Step, w io.Writer) (Summary, error) {
	return Stream(cfg, slices.Values(steps), w)
}

func apply(core *watch.Core, cfg Config, s Step) ([]watch.Decision, error) {
	switch {
	case s.Act == nil:
		return core.Observe(s.At, s.Signals), nil
	case s.Act.What == "portfolio" && s.Portfolio != nil:
		return core.SetPortfolio(s.At, cfg.Matcher(*s.Portfolio)), nil
	case s.Act.What == "rules":
		rater, err := cfg.Rater(s.Rules)
		if err != nil {
			return nil, err
		}
		return core.SetRules(s.At, rater), nil
	case s.Act.What == "silent" || s.Act.What == "seen":
		return core.Silence(s.At, *s.Act), nil
	case s.Act.What == "judged":
		return core.Judge(s.At, *s.Act), nil
	case s.Act.What == "detach":
		return core.Detach(s.At, s.Act.Subject, s.Act.Signals)
	default:
		return core.ByHand(s.At, s.Act.Subject, warning.Act(s.Act.What), s.Act.Actor, s.Act.Reason)
	}
}

// maxLine bounds one signal in a file.
const maxLine = 16 << 20

// ReadSignals reads signals, one JSON object a line, and groups them into steps: signals
// with the same instant and record came together. A signal's instant is Received, or
// Published where it was never received. Steps are sorted by instant; the file's order
// decides among equals. An error names the line and wraps fault.ErrInvalid.
func ReadSignals(r io.Reader) ([]Step, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), maxLine)
	var signals []event.Signal
	for line := 1; in.Scan(); line++ {
		if len(in.Bytes()) == 0 {
			continue
		}
		var s event.Signal
		if err := json.Unmarshal(in.Bytes(), &s); err != nil {
			return nil, fmt.Errorf("line %d: %w: %w", line, err, fault.ErrInvalid)
		}
		if s.Key == "" || !s.Hazard.Known() {
			return nil, fmt.Errorf("line %d: no signal: key %q, hazard %q: %w", line, s.Key, s.Hazard, fault.ErrInvalid)
		}
		if s.ID == "" {
			s.ID = event.SignalID(s)
		}
		if s.Received.IsZero() {
			s.Received = s.Published
		}
		signals = append(signals, s)
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("read signals: %w: %w", err, fault.ErrInvalid)
	}
	return Steps(signals, nil), nil
}

// Steps groups signals and joins them with other steps, in the order of their instants.
func Steps(signals []event.Signal, others []Step) []Step {
	slices.SortStableFunc(signals, func(a, b event.Signal) int { return a.Received.Compare(b.Received) })
	out := slices.Clone(others)
	for i := 0; i < len(signals); {
		j := i + 1
		for j < len(signals) && signals[j].Received.Equal(signals[i].Received) && signals[j].Record == signals[i].Record {
			j++
		}
		out = append(out, Step{At: signals[i].Received, Signals: signals[i:j]})
		i = j
	}
	slices.SortStableFunc(out, func(a, b Step) int { return cmp.Or(a.At.Compare(b.At)) })
	return out
}
