package main

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// proxy is a stretch of network between two programs that can be broken. It forwards TCP.
type proxy struct {
	listener net.Listener
	target   atomic.Value // string
	held     atomic.Bool  // nothing goes through; connections stay open: packets are lost
	refused  atomic.Bool  // new connections are closed at once
	delay    atomic.Int64 // of each piece, nanoseconds
	// swallow is asked about each piece that goes to the server: true = the piece is forwarded,
	// what the server answers is thrown away, and both ends are cut.
	swallow func(piece []byte) bool
	lost    atomic.Int64 // answers that were thrown away

	mu    sync.Mutex
	conns map[net.Conn]bool
	done  sync.WaitGroup
}

func newProxy(target string) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l, conns: map[net.Conn]bool{}}
	p.target.Store(target)
	p.done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.done.Go(func() { p.serve(c) })
		}
	})
	return p, nil
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) close() {
	p.listener.Close() //nolint:errcheck // the end of a row
	p.held.Store(false)
	p.cut()
	p.done.Wait()
}

// cut closes every connection: both ends see it.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close() //nolint:errcheck // that is the fault
	}
}

func (p *proxy) keep(c net.Conn, is bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if is {
		p.conns[c] = true
		return
	}
	delete(p.conns, c)
	c.Close() //nolint:errcheck // it may be closed already
}

func (p *proxy) serve(client net.Conn) {
	p.keep(client, true)
	defer p.keep(client, false)
	p.wait()
	if p.refused.Load() {
		return
	}
	server, err := net.Dial("tcp", p.target.Load().(string))
	if err != nil {
		return
	}
	p.keep(server, true)
	defer p.keep(server, false)
	var swallowing atomic.Bool
	var both sync.WaitGroup
	both.Go(func() { // to the server
		defer server.Close() //nolint:errcheck // the other direction ends too
		p.copy(server, client, func(piece []byte) bool {
			if p.swallow != nil && p.swallow(piece) {
				swallowing.Store(true)
			}
			return true
		})
	})
	both.Go(func() { // to the client
		defer client.Close() //nolint:errcheck // the other direction ends too
		p.copy(client, server, func([]byte) bool {
			if swallowing.Load() {
				p.lost.Add(1)
				return false
			}
			return true
		})
	})
	both.Wait()
}

// wait holds what would go through while nothing does.
func (p *proxy) wait() {
	for p.held.Load() {
		<-time.After(10 * time.Millisecond)
	}
}

func (p *proxy) copy(to, from net.Conn, each func(piece []byte) bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		p.wait()
		if d := p.delay.Load(); d > 0 {
			<-time.After(time.Duration(d))
		}
		if !each(buf[:n]) {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// commits tells whether a piece on its way to PostgreSQL asks for a commit.
func commits(piece []byte) bool { return bytes.Contains(piece, []byte("commit\x00")) }
