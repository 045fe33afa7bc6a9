package replay

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// log writes decisions, one JSON line each, and hashes what it writes. put may be called
// while run works through what was put before.
type log struct {
	out   io.Writer
	hash  hash.Hash
	tasks chan<- func()
	lines chan *page
	spare chan *page
	bad   chan error // the error that stopped run
	sum   Summary

	last map[subject]*warning.Warning // the newest revision put
}

// A subject is what has one warning at a time.
type subject struct {
	project string
	family  event.Hazard
}

// A page is some decisions on their way to becoming bytes.
type page struct {
	decisions []watch.Decision
	before    []*warning.Warning // of each decision about a warning: the subject's revision before
	text      encoder
	err       error
	ready     chan struct{}
}

func newLog(w io.Writer, tasks chan<- func()) *log {
	return &log{
		out: w, hash: sha256.New(), tasks: tasks, lines: make(chan *page, waiting), spare: make(chan *page, 4*waiting), bad: make(chan error, 1),
		last: map[subject]*warning.Warning{},
	}
}

// put hands decisions over; the error is that of an earlier write.
func (l *log) put(decisions []watch.Decision) error {
	if len(decisions) == 0 {
		return nil
	}
	var p *page
	select {
	case p = <-l.spare:
	default:
		p = &page{}
	}
	p.decisions, p.before, p.ready = decisions, p.before[:0], make(chan struct{})
	for i := range decisions {
		l.sum.Decisions++
		if decisions[i].Event != nil {
			l.sum.Events++
		}
		if w := decisions[i].Warning; w != nil {
			l.sum.Warnings++
			s := subject{w.Project, w.Family}
			p.before = append(p.before, l.last[s])
			l.last[s] = w
		}
	}
	select {
	case err := <-l.bad:
		return err
	case l.lines <- p:
	}
	l.tasks <- p.encode // workers never wait for anything but work
	return nil
}

func (p *page) encode() {
	p.text.reset()
	warnings := 0
	for i := range p.decisions {
		var before *warning.Warning
		if p.decisions[i].Warning != nil {
			before = p.before[warnings]
			warnings++
		}
		if p.err = p.text.decision(&p.decisions[i], before); p.err != nil {
			break
		}
	}
	p.decisions = nil
	clear(p.before)
	close(p.ready)
}

// run writes pages in the order in which they were put, until there are no more. After an
// error it goes on taking them, so that nobody waits for it.
func (l *log) run() {
	var failed error
	for p := range l.lines {
		<-p.ready
		if failed != nil {
			continue
		}
		if failed = p.err; failed == nil {
			l.hash.Write(p.text.b) // never fails
			_, failed = l.out.Write(p.text.b)
		}
		if failed != nil {
			failed = fmt.Errorf("write the decision log: %w", failed)
			l.bad <- failed
			continue
		}
		select {
		case l.spare <- p:
		default:
		}
	}
}

// close ends the log after run has ended; err is what stopped the decisions.
func (l *log) close(err error) (Summary, error) {
	if err == nil {
		select {
		case err = <-l.bad:
		default:
			l.sum.SHA256 = hex.EncodeToString(l.hash.Sum(nil))
		}
	}
	return l.sum, err
}
