package replay

import (
	"fmt"
	"io"
	"iter"
	"sync"
	"time"

	"watchfire.dev/internal/watch"
)

// A replay is a line of stations, each on a goroutine of its own: one merges signals into
// events, workers match events and write decisions as JSON, one decides, one writes and
// hashes. Batches pass each station in the order of the inputs; so the log holds the bytes
// that one goroutine alone would have written, and memory is bounded by the batches that may
// wait between two stations.
type line struct {
	cfg   Config
	core  *watch.Core
	tasks chan func()
	merge chan *batch
	log   *log
	quit  chan struct{} // closed when the decisions stop: nothing more is wanted
}

// A batch is a run of inputs, or one act of a person, which waits for all before it and is
// waited for by all behind it.
type batch struct {
	turns   []*watch.Turn
	at      []time.Time
	signals int
	act     *Step
	ready   chan struct{} // closed when the turns are assessed, or the act is decided
}

const (
	batchSize = 64 // inputs
	waiting   = 8  // batches between two stations
)

// Stream replays steps, which must come sorted by At, and writes the decision log. It holds
// a few hundred steps at a time.
func Stream(cfg Config, steps iter.Seq[Step], w io.Writer) (Summary, error) {
	rater, err := cfg.Rater(cfg.Rules)
	if err != nil {
		return Summary{}, fmt.Errorf("rules: %w", err)
	}
	l := &line{
		cfg: cfg, core: watch.NewCore(cfg.Org, cfg.Policy, cfg.Matcher(cfg.Portfolio), rater),
		tasks: make(chan func(), waiting), merge: make(chan *batch, waiting), quit: make(chan struct{}),
	}
	workers := max(1, cfg.Workers)
	var stations, hands sync.WaitGroup
	for range workers {
		hands.Go(func() {
			for task := range l.tasks {
				task()
			}
		})
	}
	l.log = newLog(w, l.tasks)
	stations.Go(l.log.run)
	stations.Go(func() { l.feed(steps) })
	err = l.decide()
	close(l.quit)
	close(l.log.lines)
	stations.Wait()
	close(l.tasks)
	hands.Wait()
	return l.log.close(err)
}

// feed merges the inputs and hands batches on.
func (l *line) feed(steps iter.Seq[Step]) {
	defer close(l.merge)
	b := &batch{}
	for s := range steps {
		if s.Act == nil {
			b.turns, b.at, b.signals = append(b.turns, l.core.Merge(s.At, s.Signals)), append(b.at, s.At), b.signals+len(s.Signals)
			if len(b.turns) == batchSize {
				if !l.pass(b) {
					return
				}
				b = &batch{}
			}
			continue
		}
		act := &batch{act: &s}
		if !l.pass(b) || !l.pass(act) {
			return
		}
		select {
		case <-act.ready:
		case <-l.quit:
			return
		}
		b = &batch{}
	}
	l.pass(b)
}

// pass hands a batch on, to be assessed on the way; it is false when nobody wants more.
func (l *line) pass(b *batch) bool {
	b.ready = make(chan struct{})
	select {
	case l.merge <- b:
	case <-l.quit:
		return false
	}
	if b.act != nil {
		return true
	}
	select {
	case l.tasks <- func() { b.assess() }:
	case <-l.quit:
		return false
	}
	return true
}

func (b *batch) assess() {
	for _, t := range b.turns {
		t.Assess()
	}
	close(b.ready)
}

// decide takes the batches in their order.
func (l *line) decide() error {
	sum := &l.log.sum
	for b := range l.merge {
		if b.act != nil {
			decisions, err := apply(l.core, l.cfg, *b.act)
			if err != nil {
				return fmt.Errorf("input %d at %s: %w", sum.Inputs+1, b.act.At.Format(time.RFC3339Nano), err)
			}
			close(b.ready)
			sum.input(b.act.At, 1, 0)
			if err := l.log.put(decisions); err != nil {
				return err
			}
			continue
		}
		<-b.ready
		var decisions []watch.Decision
		for _, t := range b.turns {
			decisions = append(decisions, l.core.Decide(t)...)
		}
		if n := len(b.at); n > 0 {
			sum.input(b.at[0], 0, 0)
			sum.input(b.at[n-1], n, b.signals)
		}
		if err := l.log.put(decisions); err != nil {
			return err
		}
	}
	if l.cfg.Until.IsZero() {
		return nil
	}
	sum.To = l.cfg.Until
	return l.log.put(l.core.Advance(l.cfg.Until))
}

func (s *Summary) input(at time.Time, inputs, signals int) {
	if s.From.IsZero() {
		s.From = at
	}
	s.To = at
	s.Inputs += inputs
	s.Signals += signals
}
