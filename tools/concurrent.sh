#!/usr/bin/env bash
# Prints the packages whose own code starts goroutines or shares state between them: those
# that the race detector is worth its time for. The rest is pure.
set -euo pipefail

grep -rlE --include='*.go' --exclude='*_test.go' \
	'^\s+go |errgroup\.|\.Go\(|sync\.(Mutex|RWMutex|WaitGroup|Map|Pool|Cond)|atomic\.|make\(chan |http\.Handler|database/sql' \
	internal cmd | xargs -n1 dirname | sort -u | sed 's|^|./|'
