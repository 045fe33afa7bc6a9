package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// operators: a hundred answers to one warning at once, and two who close it.
var operators = row{n: 25, name: "100 operators at once", must: "one closes it, 409 says who and when, each answer is in the journal", fast: true, play: playOperators}

func playOperators(l *lab) error {
	if err := l.setUp(1, ""); err != nil {
		return err
	}
	if err := l.push(0); err != nil {
		return err
	}
	if err := l.wait(1, 60*time.Second); err != nil {
		return err
	}
	resp, err := l.desk.Client.Get(l.desk.Base + "/api/v1/warnings")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil || len(list.Items) != 1 {
		return fmt.Errorf("%d warnings: %w", len(list.Items), err)
	}
	at := l.desk.Base + "/api/v1/warnings/" + list.Items[0].ID
	answered := l.together(100, at+"/answer", `{"answer":"have_it"}`)
	closed := l.together(20, at+"/end", `{"reason":"over"}`)
	l.note("100 answers: %v; 20 ends: %v", answered, closed)
	if closed[http.StatusOK] != 1 {
		return fmt.Errorf("%d closed it", closed[http.StatusOK])
	}
	if answered[http.StatusOK] != 100 {
		return fmt.Errorf("%d of 100 answers were taken", answered[http.StatusOK])
	}
	again, err := l.desk.Client.Post(at+"/end", "application/json", strings.NewReader(`{"reason":"over"}`))
	if err != nil {
		return err
	}
	defer again.Body.Close()
	raw, err := io.ReadAll(again.Body)
	if err != nil {
		return err
	}
	said := string(raw)
	l.note("409 says: %s", said[max(0, strings.Index(said, `"value"`)):])
	if !strings.Contains(said, `"by":"`) || !strings.Contains(said, `"at":"`) {
		return fmt.Errorf("409 does not say who and when: %s", said)
	}
	if err := l.judge(); err != nil {
		return err
	}
	return l.journaled(map[string]int{"warning.acknowledged": 100, "warning.ended": 1})
}

// journaled looks how many entries of a kind the journal has.
func (l *lab) journaled(want map[string]int) error {
	db, err := l.open(context.Background())
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	kinds := map[string]int{}
	err = each(context.Background(), db, "SELECT kind, count(*) FROM journal GROUP BY kind", func(scan func(...any) error) error {
		var kind string
		var n int
		err := scan(&kind, &n)
		kinds[kind] = n
		return err
	})
	for kind, n := range want {
		if err == nil && kinds[kind] != n {
			err = fmt.Errorf("%d entries %s in the journal, not %d", kinds[kind], kind, n)
		}
	}
	return err
}

// together posts the same n times at once and counts the statuses.
func (l *lab) together(n int, url, body string) map[int]int {
	out := map[int]int{}
	var mu sync.Mutex
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			status := 0
			if resp, err := l.desk.Client.Post(url, "application/json", bytes.NewReader([]byte(body))); err == nil {
				resp.Body.Close()
				status = resp.StatusCode
			}
			mu.Lock()
			defer mu.Unlock()
			out[status]++
		})
	}
	group.Wait()
	return out
}
