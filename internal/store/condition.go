package store

import (
	"context"
	"database/sql"
	"time"

	"watchfire.dev/internal/desk"
)

// DeadAddresses lists what a provider says does not exist, the oldest first.
func (db *DB) DeadAddresses(ctx context.Context, org string) ([]desk.DeadAddress, error) {
	return list(ctx, db.read, func(s scanner) (desk.DeadAddress, error) {
		var d desk.DeadAddress
		var since, last string
		err := s.Scan(&d.Contact, &d.Channel, &d.Address, &since, &last, &d.Detail)
		d.Since, d.Last = when(since), when(last)
		return d, err
	}, "SELECT contact, channel, address, since_at, last_at, detail FROM dead_address WHERE org = ? ORDER BY since_at, contact, channel", org)
}

// ChannelFaults lists the channels that our own configuration keeps from sending.
func (db *DB) ChannelFaults(ctx context.Context) ([]desk.ChannelFault, error) {
	return list(ctx, db.read, func(s scanner) (desk.ChannelFault, error) {
		var c desk.ChannelFault
		var since, last string
		err := s.Scan(&c.Channel, &since, &last, &c.Detail)
		c.Since, c.Last = when(since), when(last)
		return c, err
	}, "SELECT channel, since_at, last_at, detail FROM channel_fault ORDER BY channel")
}

// Waiting counts what is not out yet by level, at most so many of each, with the oldest due
// time of each level and how many were put off.
func (db *DB) Waiting(ctx context.Context, now time.Time, most int) (desk.Waiting, error) {
	var out desk.Waiting
	for l := range out.Levels {
		var oldest sql.NullString
		err := db.read.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE due_at > ?), min(due_at) FROM
			(SELECT due_at FROM notification WHERE state IN ('pending', 'sending') AND level = ? ORDER BY due_at LIMIT ?) x`, at(now), l, most).
			Scan(&out.Levels[l], &out.Later[l], &oldest)
		if err != nil {
			return out, err
		}
		if due := got(oldest); !due.IsZero() && due.Before(now) {
			out.Late[l] = now.Sub(due)
		}
	}
	return out, nil
}
