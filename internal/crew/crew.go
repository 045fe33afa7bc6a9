// Package crew does many like pieces of work on several goroutines. Which of them does a piece
// changes nothing of what it gives, so decisions may use it. It does not bound how much is begun
// and carries no errors: pieces keep those themselves.
package crew

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Spread does the pieces 0 to n-1 on so many goroutines and returns when all are done; with one
// or fewer it does them itself, in their order.
func Spread(workers, n int, do func(i int)) {
	if workers = min(workers, n); workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	w := Begin(n, do)
	for range workers - 1 {
		go w.work(false)
	}
	w.work(false)
	w.left.Wait()
}

// Work is pieces of which whoever has time takes the next.
type Work struct {
	do   func(int)
	n    int
	next atomic.Int64
	left sync.WaitGroup
}

// Begin makes the pieces 0 to n-1 ready to be taken; none is done before Help or Finish.
func Begin(n int, do func(i int)) *Work {
	w := &Work{n: n, do: do}
	w.left.Add(n)
	return w
}

// Help takes pieces until none is left. After each it lets other goroutines go first, which the
// scheduler would else keep waiting for up to ten milliseconds.
func (w *Work) Help() { w.work(true) }

// Finish helps, and returns when all pieces are done.
func (w *Work) Finish() {
	w.Help()
	w.left.Wait()
}

func (w *Work) work(yields bool) {
	for i := int(w.next.Add(1)) - 1; i < w.n; i = int(w.next.Add(1)) - 1 {
		w.do(i)
		w.left.Done()
		if yields {
			runtime.Gosched()
		}
	}
}
