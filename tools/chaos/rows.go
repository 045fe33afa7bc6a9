package main

import "slices"

// rows are those of TRUST, in its order.
func rows() []row {
	out := []row{
		killed, killedPostgres,
		postgresRestart, postgresDrop,
		commitLost, answerLost,
		leaderDies, leaderPaused,
		dnsFails, badFeeds, huge, slow,
		provider, later, greylist,
	}
	slices.SortStableFunc(out, func(a, b row) int { return a.n - b.n })
	return out
}
