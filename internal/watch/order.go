package watch

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
)

// Where several processes share a database, whatever enters the watch is on disk before it is
// decided, in one order: the database numbers it and gives it an instant of its own. Any
// process may accept; deciders follow the order. Time passes by inputs too (ticks), so that
// all who follow it are at the same instant when they decide the same.

// An Order keeps the inputs of an installation.
type Order interface {
	// Accept puts an input at the end, on disk when it returns; with an observation its
	// receipt, signals and quarantine too. It returns the input with its number and instant,
	// or with number 0 where there is nothing to be decided. One whose Key an open input
	// has already is not put twice: that one's number is returned.
	Accept(ctx context.Context, in Input) (Input, error)
	// After returns the inputs behind a number, in their order.
	After(ctx context.Context, seq int64, limit int) ([]Input, error)
	// Verdicts returns what became of those inputs that are decided.
	Verdicts(ctx context.Context, seqs []int64) ([]Verdict, error)
	// LoadAt is Store.Load as the organisation's events, portfolio, rules and memory stood at
	// an instant; warnings and suppressions are the newest. The zero instant means now.
	LoadAt(ctx context.Context, org string, since, at time.Time) (State, error)
	// Behind is the place that every part has reached, and how far each is.
	Behind(ctx context.Context) (Point, map[int]int64, error)
	// PortfolioNow is the newest portfolio of an organisation.
	PortfolioNow(ctx context.Context, org string) (portfolio.Portfolio, error)
	// ProjectOf is the project of a warning; "" when there is none of that id.
	ProjectOf(ctx context.Context, org, warningID string) (string, error)
}

// A Point is a place in the order.
type Point struct {
	Seq int64
	At  time.Time
}

// An Input is one thing that enters the watch.
type Input struct {
	Point
	Kind string
	Org  string // "" = it concerns all
	Part int    // whoever holds it says what became of the input
	Key  string // "" = never the same as another
	Due  time.Time
	Body []byte
	// Observed is what comes with an input of kind "observe"; it is stored where it belongs,
	// and Body names what of it was new.
	Observed *Observation
}

// The kinds of inputs.
const (
	inTick      = "tick"
	inPing      = "ping"
	inObserve   = "observe"
	inByHand    = "by_hand"
	inSilence   = "silence"
	inDetach    = "detach"
	inPortfolio = "portfolio"
	inRule      = "rule"
	inAnswer    = "answer"
	inEscalate  = "escalate"
	inUnreached = "unreached"
	inOrg       = "org"
	inJudged    = judged
)

// Fresh makes the body of an observation of its new signals.
func Fresh(signals []event.Signal) ([]byte, error) { return json.Marshal(signals) }

// An Verdict is what became of an input, as JSON.
type Verdict struct {
	Seq  int64
	Body []byte
}

// A Hold is the right to decide a part.
type Hold struct {
	Part  int
	Epoch int64 // higher than that of every holder before
}

// RowsOf says of which projects an OrgDecision holds an event's rows: of some only.
type RowsOf struct {
	Event bool     // the event's revision is to be written too
	Had   []string // projects that had rows of the same revision
}

// ruling is the form of Verdict.Body.
type ruling struct {
	Fault   string          `json:"fault,omitempty"` // which sentinel of package fault; "?" = none
	Text    string          `json:"text,omitempty"`
	Changed *fault.Changed  `json:"changed,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
}

// meanings are the faults that an input's outcome may have by itself; any other is the
// machine's, and the input is decided again.
var meanings = []struct {
	name string
	err  error
}{
	{"not_found", fault.ErrNotFound},
	{"conflict", fault.ErrConflict},
	{"invalid", fault.ErrInvalid},
	{"forbidden", fault.ErrForbidden},
	{"stale", fault.ErrStale},
	{"too_large", fault.ErrTooLarge},
	{"gone", fault.ErrGone},
}

// verdictOf tells what became of an input, and whether that is so whoever decides it.
func verdictOf(seq int64, result any, err error) (o Verdict, sure bool) {
	var a ruling
	if err != nil {
		a.Fault, a.Text = "?", err.Error()
		for _, m := range meanings {
			if errors.Is(err, m.err) {
				a.Fault, sure = m.name, true
				break
			}
		}
		errors.As(err, &a.Changed)
	} else if sure = true; result != nil {
		raw, encodeErr := json.Marshal(result)
		if encodeErr != nil {
			panic(encodeErr) // a bug of ours: nouns always encode
		}
		a.Result = raw
	}
	raw, encodeErr := json.Marshal(a)
	if encodeErr != nil {
		panic(encodeErr) // a bug of ours
	}
	return Verdict{Seq: seq, Body: raw}, sure
}

// reported is an error that another process met.
type reported struct {
	text string
	err  error
}

// Error implements error.
func (r *reported) Error() string { return r.text }

// Unwrap gives the meaning.
func (r *reported) Unwrap() error { return r.err }

// read gives the result, or the error with the meaning that it had.
func (o Verdict) read(result any) error {
	var a ruling
	if err := json.Unmarshal(o.Body, &a); err != nil {
		return err
	}
	if a.Changed != nil {
		return a.Changed
	}
	for _, m := range meanings {
		if a.Fault == m.name {
			return &reported{a.Text, m.err}
		}
	}
	if a.Fault != "" {
		return &reported{a.Text, fault.ErrUnavailable}
	}
	if result == nil || a.Result == nil {
		return nil
	}
	return json.Unmarshal(a.Result, result)
}
