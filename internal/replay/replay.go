// Package replay runs the decision core over recorded inputs on their own clock and writes
// the decision log: one JSON line a decision. The same inputs give the same bytes, on any
// machine and with any number of processors, and they are the bytes that the live watch
// decided when it took the same inputs at the same instants. It fetches, sends and stores
// nothing.
package replay

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
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
}

// A Summary says what a replay did.
type Summary struct {
	Inputs, Signals, Decisions, Events, Warnings int
	SHA256                                       string // of the decision log
	From, To                                     time.Time
}

// Run replays the steps, which must be sorted by At, and writes the decision log.
func Run(cfg Config, steps []Step, w io.Writer) (Summary, error) {
	rater, err := cfg.Rater(cfg.Rules)
	if err != nil {
		return Summary{}, fmt.Errorf("rules: %w", err)
	}
	core := watch.NewCore(cfg.Org, cfg.Policy, cfg.Matcher(cfg.Portfolio), rater)
	l := newLog(w)
	for i, s := range steps {
		decisions, err := apply(core, cfg, s)
		if err != nil {
			return l.sum, fmt.Errorf("input %d at %s: %w", i+1, s.At.Format(time.RFC3339Nano), err)
		}
		if err := l.write(decisions); err != nil {
			return l.sum, err
		}
		l.sum.Inputs++
		l.sum.Signals += len(s.Signals)
	}
	if len(steps) > 0 {
		l.sum.From, l.sum.To = steps[0].At, steps[len(steps)-1].At
	}
	if !cfg.Until.IsZero() {
		if err := l.write(core.Advance(cfg.Until)); err != nil {
			return l.sum, err
		}
		l.sum.To = cfg.Until
	}
	return l.close()
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
	case s.Act.What == "detach":
		return core.Detach(s.At, s.Act.Subject, s.Act.Signals)
	default:
		return core.ByHand(s.At, s.Act.Subject, warning.Act(s.Act.What), s.Act.Actor, s.Act.Reason)
	}
}

// log writes decisions and hashes what it writes.
type log struct {
	out  *bufio.Writer
	hash interface {
		io.Writer
		Sum([]byte) []byte
	}
	enc *json.Encoder
	sum Summary
}

func newLog(w io.Writer) *log {
	h := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(w, h), 1<<16)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return &log{out: out, hash: h, enc: enc}
}

func (l *log) write(decisions []watch.Decision) error {
	for i := range decisions {
		if err := l.enc.Encode(&decisions[i]); err != nil {
			return fmt.Errorf("write the decision log: %w", err)
		}
		l.sum.Decisions++
		switch {
		case decisions[i].Event != nil:
			l.sum.Events++
		case decisions[i].Warning != nil:
			l.sum.Warnings++
		}
	}
	return nil
}

func (l *log) close() (Summary, error) {
	if err := l.out.Flush(); err != nil {
		return l.sum, fmt.Errorf("write the decision log: %w", err)
	}
	l.sum.SHA256 = hex.EncodeToString(l.hash.Sum(nil))
	return l.sum, nil
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
