package app

import (
	"context"
	"sync"
)

// hub tells open pages of an organisation that something has changed. It never blocks: a
// page that is slow is told once, however often things changed meanwhile.
type hub struct {
	mu     sync.Mutex
	subs   map[string]map[chan string]struct{}
	closed bool
}

func newHub() *hub { return &hub{subs: map[string]map[chan string]struct{}{}} }

// Subscribe returns a channel of topics for one organisation; it is closed when ctx ends or
// the hub does.
func (h *hub) Subscribe(ctx context.Context, org string) <-chan string {
	ch := make(chan string, 4)
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		close(ch)
		return ch
	}
	if h.subs[org] == nil {
		h.subs[org] = map[chan string]struct{}{}
	}
	h.subs[org][ch] = struct{}{}
	h.mu.Unlock()
	context.AfterFunc(ctx, func() { h.drop(org, ch) })
	return ch
}

func (h *hub) drop(org string, ch chan string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.subs[org][ch]; ok {
		delete(h.subs[org], ch)
		close(ch)
	}
}

// tell says that a topic of an organisation has changed; org "" means all.
func (h *hub) tell(org, topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for o, subs := range h.subs {
		if org != "" && o != org {
			continue
		}
		for ch := range subs {
			select {
			case ch <- topic:
			default: // it has not read the last ones: it will look anyway
			}
		}
	}
}

// close ends every subscription: pages come back when the program does.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for org, subs := range h.subs {
		for ch := range subs {
			close(ch)
		}
		delete(h.subs, org)
	}
}
