package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"watchfire.dev/tools/outside"
)

// replicas is how many processes of the fleet share one PostgreSQL.
const replicas = 3

// fleet measures three processes on one PostgreSQL, each with every role, which get the
// signals in turn: from the moment before the bytes are sent to one of them to the moment the
// webhook comes in from whoever decided, at 100/s, and flat out.
func (b bench) fleet() (err error) {
	if b.cluster == nil {
		return nil
	}
	address, err := b.address()
	if err != nil {
		return err
	}
	b.rates = []int{100}
	extra := "database: '" + address + "'\n"
	first, err := b.ours("postgres3", extra)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, first.close()) }()
	desks := []*outside.Desk{first.desk}
	for range replicas - 1 {
		d, err := outside.New(b.binary)
		if err != nil {
			return err
		}
		defer d.Close() //nolint:errcheck // a temporary folder
		d.Extra = extra + fmt.Sprintf("journal: {key: 'file:%s'}\n", first.desk.File("data/journal.key"))
		d.Client = first.desk.Client
		if err := errors.Join(d.Configure(), d.Start()); err != nil {
			return err
		}
		desks = append(desks, d)
	}
	<-time.After(4 * time.Second) // until the projects are divided: shares are balanced each second
	p := first.party
	p.push = func(ctx context.Context, i int) error { return desks[i%replicas].Push(ctx, p.clock, i) }
	if err := p.steady(warm, 100); err != nil {
		return err
	}
	p.took = map[int][]time.Duration{}
	for range b.rounds {
		if err := p.steady(100*int(b.length.Seconds()), 100); err != nil {
			return err
		}
	}
	if err := p.flatOut(b.flat); err != nil {
		return fmt.Errorf("flat out: %w", err)
	}
	outside.Figure("deliver.postgres3.first_call_p50_ms", outside.MS(outside.Quantile(p.took[100], .5)), "ms")
	outside.Figure("deliver.postgres3.first_call_p99_ms", outside.MS(outside.Quantile(p.took[100], .99)), "ms")
	outside.Figure("deliver.postgres3.sustained_per_s", p.flat, "1/s")
	return nil
}
