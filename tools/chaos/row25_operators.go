package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
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
	return l.judge()
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
