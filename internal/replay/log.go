package replay

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

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
}

// A page is some decisions on their way to becoming bytes.
type page struct {
	decisions []watch.Decision
	text      encoder
	err       error
	ready     chan struct{}
}

func newLog(w io.Writer, tasks chan<- func()) *log {
	return &log{
		out: w, hash: sha256.New(), tasks: tasks, lines: make(chan *page, waiting), spare: make(chan *page, 4*waiting), bad: make(chan error, 1),
	}
}

// put hands decisions over; the error is that of an earlier write.
func (l *log) put(decisions []watch.Decision) error {
	if len(decisions) == 0 {
		return nil
	}
	for i := range decisions {
		l.sum.Decisions++
		switch {
		case decisions[i].Event != nil:
			l.sum.Events++
		case decisions[i].Warning != nil:
			l.sum.Warnings++
		}
	}
	var p *page
	select {
	case p = <-l.spare:
	default:
		p = &page{}
	}
	p.decisions, p.ready = decisions, make(chan struct{})
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
	for i := range p.decisions {
		if p.err = p.text.decision(&p.decisions[i]); p.err != nil {
			break
		}
	}
	p.decisions = nil
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
