package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"watchfire.dev/internal/exposure/match"
)

// tile38 asks a Tile38 server in its protocol, which is that of Redis.
type tile38 struct {
	key   string
	conns []*talk
}

// talk is one connection.
type talk struct {
	c net.Conn
	r *bufio.Reader
	w *bufio.Writer
}

func loadTile38(ctx context.Context, addr, key string, places []match.Place) (*tile38, error) {
	t := &tile38{key: key}
	for range clients {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		t.conns = append(t.conns, &talk{c, bufio.NewReaderSize(c, 1<<20), bufio.NewWriterSize(c, 1<<20)})
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

// reply reads one answer and appends the ids in it: strings of digits below the top level.
func (t *talk) reply(ids []int32) ([]int32, error) {
	line, err := t.r.ReadSlice('\n')
	if err != nil {
		return ids, err
	}
	kind, rest := line[0], strings.TrimRight(string(line[1:]), "\r\n")
	switch kind {
	case '-':
		return ids, errors.New(rest)
	case '$':
		n, err := strconv.Atoi(rest)
		if err != nil || n < 0 {
			return ids, err
		}
		raw := make([]byte, n+2)
		if _, err := io.ReadFull(t.r, raw); err != nil {
			return ids, err
		}
		if id, err := strconv.Atoi(string(raw[:n])); err == nil {
			ids = append(ids, int32(id))
		}
	case '*':
		n, err := strconv.Atoi(rest)
		if err != nil {
			return ids, err
		}
		for range n {
			if ids, err = t.reply(ids); err != nil {
				return ids, err
			}
		}
	}
	return ids, nil
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

func (t *tile38) rate(_ context.Context, b *bench, qs []query) (float64, error) {
	words := make([][]string, len(qs))
	for i := range qs {
		words[i] = t.words(&qs[i])
	}
	return crowd(qs, 4*b.length, func(w int, q *query) error {
		_, err := t.conns[w].do(words[q.number]...)
		return err
	})
}
