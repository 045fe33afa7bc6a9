package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"watchfire.dev/tools/outside"
)

// reordered: two installations get the same messages, one in order, the other in a chance
// order with a third of them twice. Both must come to the same.
var reordered = row{n: 17, name: "30 % doubled, reordered", must: "equal levels at the end", fast: true, play: playReordered}

func playReordered(l *lab) error {
	const n = 30
	if err := l.setUp(n, ""); err != nil {
		return err
	}
	type message struct {
		source string
		body   []byte
	}
	var list []message
	for i := range n {
		// What happened has one time in both; a second report of the same raises or keeps it.
		for _, severity := range []string{"Severe", "Extreme"}[:1+i%2] {
			source, key := "push", keyOf(i)
			if severity == "Extreme" {
				source, key = "net", keyOf(i)+"-again"
			}
			body, err := shelling(key, i, severity)
			if err != nil {
				return err
			}
			list = append(list, message{source, body})
		}
		l.accept(i)
	}
	send := func(list []message) error {
		for _, m := range list {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			err := outside.Post(ctx, l.desk.Client, l.desk.Base+"/api/v1/signals?source="+m.source, m.body)
			cancel()
			if err != nil {
				return err
			}
		}
		return l.wait(n, 60*time.Second)
	}
	if err := send(list); err != nil {
		return err
	}
	if err := l.judge(); err != nil {
		return err
	}
	first, err := l.levels()
	if err != nil {
		return err
	}
	other := &lab{settings: l.settings, row: l.row, chance: l.chance, began: l.began, from: l.from, yes: l.yes}
	defer func() { other.close(false) }()
	inOrder := len(list)
	for _, m := range list {
		if l.chance.IntN(10) < 3 {
			list = append(list, m)
		}
	}
	l.chance.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	if err := other.setUp(n, ""); err != nil {
		return err
	}
	mine := l.desk
	l.desk, l.got = other.desk, swap(&other.got, l.got)
	err = send(list)
	l.desk, l.got = mine, swap(&other.got, l.got)
	if err != nil {
		return err
	}
	if err := other.judge(); err != nil {
		return err
	}
	second, err := other.levels()
	if err != nil {
		return err
	}
	l.note("%d messages in order, %d in any order: %s", inOrder, len(list), strings.Join(slices.Sorted(maps.Values(count(first))), " "))
	if !maps.Equal(first, second) {
		return fmt.Errorf("levels differ: %v and %v", first, second)
	}
	return nil
}

func swap[T any](a *T, b T) T { old := *a; *a = b; return old }

func count(levels map[string]int) map[int]string {
	n := map[int]int{}
	for _, l := range levels {
		n[l]++
	}
	out := map[int]string{}
	for l, k := range n {
		out[l] = fmt.Sprintf("level %d: %d", l, k)
	}
	return out
}

// levels are the levels of the open warnings by the path of their project.
func (l *lab) levels() (map[string]int, error) {
	db, err := l.open(context.Background())
	if err != nil {
		return nil, err
	}
	defer db.Close() //nolint:errcheck // it was only read
	out := map[string]int{}
	err = each(context.Background(), db, "SELECT n.address, w.family, w.level FROM notification n JOIN warning w ON w.id = n.warning WHERE w.state = 'issued'", func(scan func(...any) error) error {
		var address, family string
		var level int
		err := scan(&address, &family, &level)
		out[address[strings.LastIndexByte(address, '/')+1:]+" "+family] = level
		return err
	})
	return out, err
}
