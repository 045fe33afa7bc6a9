package store

import (
	"sync"
	"time"

	"watchfire.dev/internal/watch"
)

// promises are the jobs that stand in the queue already. A job says when to look and not what
// for: whoever works it finds everything that is due. So one of a kind in each second is
// enough, whatever many transactions want; each costs the writer several statements when it
// is put there and as many when it is worked.
type promises struct {
	mu   sync.Mutex
	kept map[promise]bool
}

type promise struct {
	kind   string
	second int64
}

// mostPromises bounds what is remembered: a job too many does no harm.
const mostPromises = 8192

// promised is the second at whose end a job looks.
func promised(j watch.Job) promise { return promise{j.Kind, j.At.Add(time.Second - 1).Unix()} }

// missing returns the jobs that do not stand in the queue, one of a kind in each second, at
// the end of it.
func (p *promises) missing(jobs []watch.Job) []watch.Job {
	if len(jobs) == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []watch.Job
	seen := map[promise]bool{}
	for _, j := range jobs {
		k := promised(j)
		if p.kept[k] || seen[k] {
			continue
		}
		seen[k] = true
		j.At = time.Unix(k.second, 0).UTC()
		out = append(out, j)
	}
	return out
}

// keep notes jobs whose transaction is on disk.
func (p *promises) keep(jobs []watch.Job) {
	if len(jobs) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil || len(p.kept) > mostPromises {
		p.kept = map[promise]bool{}
	}
	for _, j := range jobs {
		p.kept[promised(j)] = true
	}
}
