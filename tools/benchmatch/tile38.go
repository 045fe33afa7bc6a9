package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"watchfire.dev/internal/exposure/match"
)

// tile38 asks a Tile38 server in its protocol, which is that of Redis.
type tile38 struct {
	key   string
	conns []*talk
	asked *query // the first of those whose commands the connections hold
}

// talk is one connection.
type talk struct {
	c net.Conn
	r *bufio.Reader
	w *bufio.Writer

	share []byte // commands that this connection sends in one round
	ids   []int32
}

func loadTile38(ctx context.Context, addr, key string, places []match.Place) (*tile38, error) {
	t := &tile38{key: key}
	for range clients {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		t.conns = append(t.conns, &talk{c: c, r: bufio.NewReaderSize(c, 1<<20), w: bufio.NewWriterSize(c, 1<<20)})
	}
	one := t.conns[0]
	if _, err := one.do("DROP", key); err != nil {
		return nil, err
	}
	const batch = 5000
	for from := 0; from < len(places); from += batch {
		part := places[from:min(from+batch, len(places))]
		for _, p := range part {
			one.send("SET", key, strconv.Itoa(int(p.ID)), "POINT", float(p.Lat), float(p.Lon))
		}
		if err := one.w.Flush(); err != nil {
			return nil, err
		}
		for range part {
			if _, err := one.reply(nil); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

func float(v float64) string { return strconv.FormatFloat(v, 'g', 17, 64) }

func (t *talk) send(words ...string) {
	fmt.Fprintf(t.w, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(t.w, "$%d\r\n%s\r\n", len(w), w)
	}
}

func (t *talk) do(words ...string) ([]int32, error) {
	t.send(words...)
	if err := t.w.Flush(); err != nil {
		return nil, err
	}
	return t.reply(nil)
}

// line reads one line and returns its kind and what follows.
func (t *talk) line() (kind byte, rest []byte, err error) {
	line, err := t.r.ReadSlice('\n')
	if err != nil || len(line) < 3 {
		return 0, nil, errors.Join(err, io.ErrUnexpectedEOF)
	}
	return line[0], line[1 : len(line)-2], nil
}

// reply reads one answer and appends the ids in it: strings of digits below the top level.
// It allocates nothing for them, for the client's work counts against the server.
func (t *talk) reply(ids []int32) ([]int32, error) {
	kind, rest, err := t.line()
	if err != nil {
		return ids, err
	}
	switch kind {
	case '-':
		return ids, errors.New(string(rest))
	case '$':
		n, ok := digits(rest)
		if !ok { // -1: nothing
			return ids, nil
		}
		raw, err := t.r.Peek(int(n) + 2)
		if err != nil {
			return ids, err
		}
		if id, ok := digits(raw[:n]); ok {
			ids = append(ids, id)
		}
		_, err = t.r.Discard(int(n) + 2)
		return ids, err
	case '*':
		n, _ := digits(rest)
		for range n {
			if ids, err = t.reply(ids); err != nil {
				return ids, err
			}
		}
	}
	return ids, nil
}

// digits is a number without a sign.
func digits(raw []byte) (n int32, ok bool) {
	for _, c := range raw {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int32(c-'0')
	}
	return n, len(raw) > 0
}

func (t *tile38) close() {
	for _, c := range t.conns {
		c.c.Close() //nolint:errcheck // nothing is under way
	}
}

func (t *tile38) name() string { return "tile38" }

// exact is false: Tile38's Earth has another radius, and its polygons are flat.
func (t *tile38) exact() bool { return false }

// words is the command for a query. Tile38 has no lines with a width: it is asked for the
// line's box, which is the least it has to do.
func (t *tile38) words(q *query) []string {
	switch {
	case q.json != "":
		return []string{"WITHIN", t.key, "LIMIT", "10000000", "IDS", "OBJECT", q.json}
	case len(q.shape.Points) > 1:
		b := boxes(q.region, 0)[0]
		return []string{"WITHIN", t.key, "LIMIT", "10000000", "IDS", "BOUNDS", float(b[1]), float(b[0]), float(b[3]), float(b[2])}
	}
	return []string{"WITHIN", t.key, "LIMIT", "10000000", "IDS", "CIRCLE", float(q.centre.Lat), float(q.centre.Lon), float(q.km * 1000)}
}

func (t *tile38) ask(_ context.Context, q *query) ([]int32, error) {
	return t.conns[0].do(t.words(q)...)
}

// rate lets all clients ask at once, each its share of the queries without waiting for the
// answers in between: that is Tile38 at its best. Whole rounds are counted, as for the others:
// the queries differ in what they find.
func (t *tile38) rate(_ context.Context, b *bench, qs []query) (float64, error) {
	if t.asked != &qs[0] {
		t.asked = &qs[0]
		for w, c := range t.conns {
			var raw bytes.Buffer
			out := c.w
			c.w = bufio.NewWriter(&raw)
			for i := w; i < len(qs); i += len(t.conns) {
				c.send(t.words(&qs[i])...)
			}
			err := c.w.Flush()
			if c.w, c.share = out, raw.Bytes(); err != nil {
				return 0, err
			}
		}
	}
	errs := make([]error, 2*len(t.conns))
	rounds := 0
	began := time.Now()
	for ; rounds == 0 || time.Since(began) < 4*b.length; rounds++ {
		var wg sync.WaitGroup
		for w, c := range t.conns {
			wg.Go(func() { _, errs[2*w] = c.c.Write(c.share) })
			wg.Go(func() {
				for i := w; i < len(qs) && errs[2*w+1] == nil; i += len(t.conns) {
					c.ids, errs[2*w+1] = c.reply(c.ids[:0])
				}
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(began).Nanoseconds()) / float64(rounds*len(qs)), nil
}
