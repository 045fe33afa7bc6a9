package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"

	"watchfire.dev/tools/outside"
)

// floor is the least that anybody can do who has a signal on disk before telling of it: it takes
// the request, appends the body to a file, waits until it is durable, together with what came
// meanwhile, and calls the webhook. It decides nothing, indexes nothing and keeps no journal, and
// it runs in this process, so that nothing is scheduled between the two. Whoever is faster does
// not wait for the disk.
func (b bench) floor() (*party, func(), error) {
	f, err := os.CreateTemp("", "watchfire-bench-floor-")
	if err != nil {
		return nil, nil, err
	}
	clock := outside.NewClock()
	receiver := clock.Receiver()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	queue := make(chan durable, 1024)
	var writer sync.WaitGroup
	writer.Go(func() { appendAll(f, queue) })
	taker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			d := durable{body, make(chan error, 1)}
			queue <- d
			err = <-d.done
		}
		if err == nil {
			err = outside.Post(r.Context(), client, receiver.URL+r.URL.Path, body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
	push := func(ctx context.Context, i int) error {
		name := "p" + strconv.Itoa(i)
		body, err := outside.Signal(fmt.Sprintf("bench-%d", i), i)
		if err != nil {
			return err
		}
		clock.Sent(name)
		return outside.Post(ctx, client, taker.URL+"/"+name, body)
	}
	stop := func() {
		taker.Close()
		close(queue)
		writer.Wait()
		receiver.Close()
		f.Close()           //nolint:errcheck // nobody reads it
		os.Remove(f.Name()) //nolint:errcheck // a temporary file
	}
	return &party{name: "floor", clock: clock, push: push}, stop, nil
}

// durable is a body that is to be on disk before its sender goes on.
type durable struct {
	body []byte
	done chan error
}

// appendAll writes what has come and makes it durable at once.
func appendAll(f *os.File, queue <-chan durable) {
	for first := range queue {
		list := []durable{first}
		for more := true; more; {
			select {
			case d, open := <-queue:
				if more = open; open {
					list = append(list, d)
				}
			default:
				more = false
			}
		}
		var err error
		for _, d := range list {
			if _, e := f.Write(d.body); e != nil {
				err = e
			}
		}
		if err == nil {
			err = f.Sync()
		}
		for _, d := range list {
			d.done <- err
		}
	}
}
