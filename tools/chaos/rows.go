package main

import "slices"

// rows are those of TRUST, in its order.
func rows() []row {
	out := []row{
		killed, killedPostgres, powerCut, diskFull, diskReadOnly, slowDisk, corrupt, failover, replicaCut,
		postgresRestart, postgresDrop,
		commitLost, answerLost,
		leaderDies, leaderPaused,
		dnsFails, badFeeds, huge, slow,
		flooded, clockTurned, worlds, orders, badConfig, crashLoop, reordered,
		provider, later, greylist, poison, memoryCap, halfImport, operators, allDown, cutOff,
	}
	slices.SortStableFunc(out, func(a, b row) int { return a.n - b.n })
	for i := range out {
		same := 0
		for _, r := range out[:i] {
			if r.n == out[i].n {
				same++
			}
		}
		if same > 0 || i+1 < len(out) && out[i+1].n == out[i].n {
			out[i].part = string(rune('a' + same))
		}
	}
	return out
}
