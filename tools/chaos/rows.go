package main

import "slices"

// rows are those of TRUST, in its order.
func rows() []row {
	out := []row{
		killed, killedPostgres, diskFull, diskReadOnly, slowDisk, corrupt, failover, replicaCut,
		postgresRestart, postgresDrop,
		commitLost, answerLost,
		leaderDies, leaderPaused,
		dnsFails, badFeeds, huge, slow,
		flooded, worlds, orders, reordered,
		provider, later, greylist, poison, memoryCap, halfImport, operators, allDown, cutOff,
	}
	slices.SortStableFunc(out, func(a, b row) int { return a.n - b.n })
	return out
}
