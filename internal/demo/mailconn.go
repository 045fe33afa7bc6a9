package demo

import (
	"net"
	"sync"
	"time"
)

// conns is a listener that can cut its connections off. The SMTP server itself waits for
// clients that keep a connection open between messages, which a mail channel does.
type conns struct {
	net.Listener

	mu   sync.Mutex
	open map[*conn]bool
	over bool
}

// conn is a connection whose deadlines no longer move once it has been cut off.
type conn struct {
	net.Conn

	from *conns
	mu   sync.Mutex
	over bool
}

// Accept implements net.Listener.
func (l *conns) Accept() (net.Conn, error) {
	inner, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: inner, from: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = true
	if l.over {
		c.cut()
	}
	return c, nil
}

// cut ends what every connection is reading or writing.
func (l *conns) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	for c := range l.open {
		c.cut()
	}
}

func (c *conn) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	_ = c.Conn.SetDeadline(time.Unix(1, 0)) // long ago; an error means that it is closed already
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.from.mu.Lock()
	delete(c.from.open, c)
	c.from.mu.Unlock()
	return c.Conn.Close()
}

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error { return c.move(t, c.Conn.SetDeadline) }

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error { return c.move(t, c.Conn.SetReadDeadline) }

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.move(t, c.Conn.SetWriteDeadline) }

func (c *conn) move(t time.Time, set func(time.Time) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return nil
	}
	return set(t)
}
