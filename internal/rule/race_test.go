//go:build race

package rule

// slower is how much the race detector slows a condition down, generously.
const slower = 20
