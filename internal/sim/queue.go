package sim

import "time"

// move is one thing that happens at an instant.
type move struct {
	at  time.Duration // since the epoch
	seq int           // what was planned first comes first
	do  func()
}

func (m move) before(o move) bool { return m.at < o.at || m.at == o.at && m.seq < o.seq }

// queue is a binary heap of moves. It is written out because a world makes tens of thousands
// of moves: container/heap would box each of them twice.
type queue []move

func (q *queue) push(m move) {
	list := append(*q, m)
	i := len(list) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !m.before(list[up]) {
			break
		}
		list[i] = list[up]
		i = up
	}
	list[i] = m
	*q = list
}

// pop takes the next move; there must be one.
func (q *queue) pop() move {
	list := *q
	next, last := list[0], list[len(list)-1]
	list[len(list)-1].do = nil // what was done is let go
	list = list[:len(list)-1]
	i := 0
	for {
		down := 2*i + 1
		if down >= len(list) {
			break
		}
		if down+1 < len(list) && list[down+1].before(list[down]) {
			down++
		}
		if !list[down].before(last) {
			break
		}
		list[i] = list[down]
		i = down
	}
	if len(list) > 0 {
		list[i] = last
	}
	*q = list
	return next
}
