package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"watchfire.dev/tools/outside"
)

// A party is one of those that are measured side by side.
type party struct {
	name  string
	clock *outside.Clock
	push  func(ctx context.Context, i int) error
	most  int // the highest rate that it is measured at; 0 = all
	next  int // the number of its next signal
	took  map[int][]time.Duration
	flat  float64 // signals a second, flat out
}

const warm = 200

func (b bench) signals() int {
	n := warm + b.flat
	for _, r := range b.rates {
		n += b.rounds * r * int(b.length.Seconds())
	}
	return n
}

// outside measures the built binary, in alternating rounds with the floor and with an
// Alertmanager if there is one.
func (b bench) outside() (err error) {
	var parties []*party
	ours, err := b.ours("sqlite", "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.close()) }()
	parties = append(parties, ours.party)
	if b.cluster != nil {
		address, err := b.address()
		if err != nil {
			return err
		}
		pg, err := b.ours("postgres", "database: '"+address+"'\n")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, pg.close()) }()
		pg.most = 100 // it cannot keep up with many more, and what it is late with would burden the others
		parties = append(parties, pg.party)
	}
	floor, end, err := b.floor()
	if err != nil {
		return err
	}
	defer end()
	parties = append(parties, floor)
	if b.alertmanager != "" {
		am, stop, err := b.theirs()
		if err != nil {
			return err
		}
		defer stop()
		parties = append(parties, am)
	}
	for _, p := range parties {
		if err := p.steady(warm, 100); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		p.took = map[int][]time.Duration{}
	}
	for _, rate := range b.rates {
		for range b.rounds {
			for _, p := range parties {
				if !p.at(rate) {
					continue
				}
				if err := p.steady(rate*int(b.length.Seconds()), rate); err != nil {
					return fmt.Errorf("%s at %d/s: %w", p.name, rate, err)
				}
			}
		}
	}
	for _, p := range parties {
		if err := p.flatOut(b.flat); err != nil {
			return fmt.Errorf("%s flat out: %w", p.name, err)
		}
	}
	b.report(parties)
	return nil
}

// at tells whether the party is measured at a rate.
func (p *party) at(rate int) bool { return p.most == 0 || rate <= p.most }

// steady pushes n signals at a rate and waits for all that they cause.
func (p *party) steady(n, rate int) error {
	from := p.next
	p.next += n
	if err := outside.Pace(from, p.next, rate, p.push); err != nil {
		return err
	}
	if missing := p.clock.Wait(60 * time.Second); missing > 0 {
		return fmt.Errorf("%d notifications never came", missing)
	}
	if p.took != nil {
		p.took[rate] = append(p.took[rate], p.clock.Took(names(from, p.next))...)
	}
	return nil
}

// flatOut pushes n signals over 64 connections as fast as they are taken.
func (p *party) flatOut(n int) error {
	from, before := p.next, p.clock.Count()
	p.next += n
	began := time.Now()
	work := make(chan int)
	errs := make(chan error, 64)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for i := range work {
				if err := p.push(context.Background(), i); err != nil {
					select {
					case errs <- err:
					default:
					}
				}
			}
		})
	}
	for i := from; i < p.next; i++ {
		work <- i
	}
	close(work)
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
	}
	for deadline := time.Now().Add(60 * time.Second); p.clock.Count() < before+n; <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d never came", before+n-p.clock.Count(), n)
		}
	}
	p.flat = float64(n) / time.Since(began).Seconds()
	return nil
}

func names(from, to int) []string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, "p"+strconv.Itoa(i))
	}
	return out
}

func (b bench) report(parties []*party) {
	for _, p := range parties {
		for _, rate := range b.rates {
			if !p.at(rate) {
				continue
			}
			p50, p99 := outside.MS(outside.Quantile(p.took[rate], .5)), outside.MS(outside.Quantile(p.took[rate], .99))
			switch p.name {
			case "alertmanager", "floor":
				outside.Figure("deliver."+p.name+"_p50_ms"+at(rate), p50, "ms")
				outside.Figure("deliver."+p.name+"_p99_ms"+at(rate), p99, "ms")
			default:
				outside.Figure("deliver."+p.name+".first_call_p50_ms"+at(rate), p50, "ms")
				outside.Figure("deliver."+p.name+".first_call_p99_ms"+at(rate), p99, "ms")
			}
		}
		switch p.name {
		case "alertmanager", "floor":
			outside.Figure("deliver."+p.name+"_per_s", p.flat, "1/s")
		default:
			outside.Figure("deliver."+p.name+".sustained_per_s", p.flat, "1/s")
		}
	}
	for _, base := range parties {
		if base.name != "floor" && base.name != "alertmanager" {
			continue
		}
		for _, p := range parties {
			if p != base && p.name != "alertmanager" {
				b.compare(p, base)
			}
		}
	}
}

// compare prints how many times another's time, and of its rate, a party has.
func (b bench) compare(p, base *party) {
	to := "deliver." + p.name + ".to_" + base.name + "_"
	for _, rate := range b.rates {
		if !p.at(rate) || !base.at(rate) {
			continue
		}
		for q, name := range map[float64]string{.5: "p50", .99: "p99"} {
			ratio := float64(outside.Quantile(p.took[rate], q)) / float64(max(1, outside.Quantile(base.took[rate], q)))
			outside.Figure(to+name+at(rate), ratio, "x")
		}
	}
	outside.Figure(to+"sustained", p.flat/base.flat, "x")
}

// at names the rate of a figure; 100/s is the usual one.
func at(rate int) string {
	if rate == 100 {
		return ""
	}
	return "_at_" + strconv.Itoa(rate)
}

// program is Watchfire as a party.
type program struct {
	*party
	desk  *outside.Desk
	close func() error
}

func (b bench) ours(name, extra string) (*program, error) {
	desk, err := outside.New(b.binary)
	if err != nil {
		return nil, err
	}
	desk.Extra = b.extra + "\n" + extra
	clock := outside.NewClock()
	receiver := clock.Receiver()
	p := &program{desk: desk, party: &party{name: name, clock: clock}, close: func() error { receiver.Close(); return desk.Close() }}
	p.push = func(ctx context.Context, i int) error { return desk.Push(ctx, clock, i) }
	err = desk.Import(outside.Portfolio(b.signals(), 1, receiver.URL))
	if err == nil {
		err = desk.Start()
	}
	if err == nil {
		err = desk.SignIn()
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// theirs is an Alertmanager as a party, over its API v2.
func (b bench) theirs() (p *party, stop func(), err error) {
	clock := outside.NewClock()
	l, err := net.Listen("tcp", b.receiver)
	if err != nil {
		return nil, nil, fmt.Errorf("receive from Alertmanager: %w", err)
	}
	srv := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		now := time.Now()
		var in struct {
			Alerts []struct{ Labels map[string]string }
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err == nil {
			for _, a := range in.Alerts {
				clock.Got(a.Labels["n"], now)
			}
		}
	})}
	go srv.Serve(l) //nolint:errcheck // it ends with Close
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	run := strconv.FormatInt(time.Now().Unix(), 36) // a second run must not meet the groups of the first
	push := func(ctx context.Context, i int) error {
		name := "p" + strconv.Itoa(i)
		body, err := json.Marshal([]map[string]any{{
			"labels":      map[string]string{"alertname": "clash", "n": name, "run": run, "severity": "severe"},
			"annotations": map[string]string{"summary": fmt.Sprintf("Clash %d near a site", i)},
			"startsAt":    time.Now().UTC(),
		}})
		if err != nil {
			return err
		}
		clock.Sent(name)
		return outside.Post(ctx, client, "http://"+b.alertmanager+"/api/v2/alerts", body)
	}
	return &party{name: "alertmanager", clock: clock, push: push}, func() { srv.Close() }, nil //nolint:errcheck // it is over
}
