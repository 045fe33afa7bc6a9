package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/warning"
)

// waiting are callers of this process whose inputs are not decided yet.
type waiting struct {
	mu    sync.Mutex
	bySeq map[int64][]chan Verdict
}

func (w *waiting) add(seq int64) chan Verdict {
	ch := make(chan Verdict, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bySeq == nil {
		w.bySeq = map[int64][]chan Verdict{}
	}
	w.bySeq[seq] = append(w.bySeq[seq], ch)
	return ch
}

func (w *waiting) drop(seq int64, ch chan Verdict) {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.bySeq[seq]
	for i, c := range list {
		if c == ch {
			w.bySeq[seq] = append(list[:i:i], list[i+1:]...)
		}
	}
	if len(w.bySeq[seq]) == 0 {
		delete(w.bySeq, seq)
	}
}

func (w *waiting) seqs() []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]int64, 0, len(w.bySeq))
	for seq := range w.bySeq {
		out = append(out, seq)
	}
	return out
}

func (w *waiting) resolve(list []Verdict) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range list {
		for _, ch := range w.bySeq[o.Seq] {
			select {
			case ch <- o:
			default: // it has one already
			}
		}
	}
}

const (
	// askAgain is how often a caller looks for the outcome when nobody says that it is there.
	askAgain = 250 * time.Millisecond
	// askAtMost is how long a caller waits: longer than another process takes to take over.
	askAtMost = 30 * time.Second
)

// routed tells whether inputs go through the database.
func (s *Service) routed() bool { return s.cfg.Order != nil }

// Decided tells callers of this process what became of their inputs: call it when another
// process says that something was decided.
func (s *Service) Decided(ctx context.Context) error {
	seqs := s.waiting.seqs()
	if len(seqs) == 0 {
		return nil
	}
	list, err := s.cfg.Order.Verdicts(ctx, seqs)
	if err == nil {
		s.waiting.resolve(list)
	}
	return err
}

// ask puts an input into the order and waits for what becomes of it.
func (s *Service) ask(ctx context.Context, in Input, body, result any) (Input, error) {
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return in, fmt.Errorf("input of kind %s: %w", in.Kind, err)
		}
		in.Body = raw
	}
	in.At = s.cfg.Now()
	in, err := s.cfg.Order.Accept(ctx, in)
	if err != nil || in.Seq == 0 {
		return in, err
	}
	s.cfg.Failpoint("accepted")
	ch := s.waiting.add(in.Seq)
	defer s.waiting.drop(in.Seq, ch)
	s.cfg.Nudge()
	ctx, cancel := context.WithTimeoutCause(ctx, askAtMost, fmt.Errorf("nobody has decided it for %s", askAtMost))
	defer cancel()
	tick := time.NewTicker(askAgain)
	defer tick.Stop()
	for {
		select {
		case o := <-ch:
			return in, o.read(result)
		case <-tick.C:
			if err := s.Decided(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Log.Error("ask what was decided", "error", err)
			}
		case <-ctx.Done():
			// It is on disk and will be decided: the caller must not take this for a refusal.
			return in, fmt.Errorf("wait for the decision of input %d: %w: %w", in.Seq, fault.ErrUnavailable, context.Cause(ctx))
		}
	}
}

// home is the part that answers for an organisation.
func (s *Service) home(org string) int { return PartOf(org, "", s.cfg.Parts) }

// askWarning is ask for an input about a warning: the part of its project answers.
func (s *Service) askWarning(ctx context.Context, in Input, warningID string, body, result any) (Input, error) {
	project, err := s.cfg.Order.ProjectOf(ctx, in.Org, warningID)
	if err != nil {
		return in, err
	}
	in.Part = PartOf(in.Org, project, s.cfg.Parts)
	return s.ask(ctx, in, body, result)
}

// The bodies of inputs.
type (
	byHandIn struct {
		Warning       string
		Act           warning.Act
		Actor, Reason string
	}
	detachIn struct {
		Event   string
		Signals []string
		Actor   string
	}
	escalateIn struct {
		Warning        string
		Revision, Step int
		Actor          string
		Force          bool
	}
)

func (s *Service) routeObserve(ctx context.Context, o Observation) error {
	in, err := s.ask(ctx, Input{Kind: inObserve, Org: o.Org, Part: s.home(o.Org), Observed: &o}, nil, nil)
	if err != nil && in.Seq != 0 { // it is on disk and will be decided
		s.cfg.Log.Warn("signals wait to be decided", "input", in.Seq, "error", err)
		err = nil
	}
	return err
}

func (s *Service) routePortfolio(ctx context.Context, v PortfolioVersion) (PortfolioVersion, error) {
	var out PortfolioVersion
	_, err := s.ask(ctx, Input{Kind: inPortfolio, Org: v.Portfolio.Org, Part: s.home(v.Portfolio.Org)}, v, &out)
	if err == nil {
		v.At, v.Whole = out.At, out.Whole
	}
	return v, err
}

func (s *Service) routeEscalate(ctx context.Context, kind, org string, b escalateIn) error {
	in := Input{Kind: kind, Org: org}
	if !b.Force {
		in.Key = fmt.Sprintf("%s %s %d %d", kind, b.Warning, b.Revision, b.Step)
	}
	_, err := s.askWarning(ctx, in, b.Warning, b, nil)
	return err
}

// routeAlive is an input that means nothing: whoever decides has gone round.
func (s *Service) routeAlive(ctx context.Context) error {
	_, err := s.ask(ctx, Input{Kind: inPing, Key: inPing, Part: s.home("")}, nil, nil)
	return err
}
