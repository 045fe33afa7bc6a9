package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A mark is how much processor time the machine and this run had given out at an instant. The
// promises are about the program; a neighbour that takes the processors makes a bound longer
// in proportion, and the row says so. What the program itself uses, with its database and with
// this command, never does.
type mark struct {
	at   time.Time
	busy float64 // seconds of processor, of everybody
	ours float64 // of this process and of what it started
	all  int     // processors
}

// ticks is how many of the kernel's units make a second (USER_HZ, the same on every Linux).
const ticks = 100

// takeMark reads the counters of the kernel. Where there are none nothing is known of others.
func takeMark() mark {
	m := mark{at: time.Now()}
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return m
	}
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		switch {
		case len(f) > 8 && f[0] == "cpu":
			for i, v := range f[1:9] {
				if n, err := strconv.ParseFloat(v, 64); err == nil && i != 3 && i != 4 { // not idle, not waiting for a disk
					m.busy += n / ticks
				}
			}
		case len(f) > 0 && strings.HasPrefix(f[0], "cpu"):
			m.all++
		}
	}
	m.ours = family(os.Getpid())
	return m
}

// family is the processor time of a process and of everything that it started and that has
// not left it.
func family(root int) float64 {
	list, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	type process struct {
		parent int
		used   float64
	}
	all := map[int]process{}
	for _, path := range list {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		text := string(raw)
		f := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
		if len(f) < 15 {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		p := process{}
		p.parent, _ = strconv.Atoi(f[1]) //nolint:errcheck // the kernel wrote it
		for _, v := range f[11:15] {     // its own, and that of its children that have ended
			n, _ := strconv.ParseFloat(v, 64) //nolint:errcheck // the kernel wrote it
			p.used += n / ticks
		}
		all[pid] = p
	}
	sum := 0.0
	for pid, p := range all {
		for up, steps := pid, 0; up > 1 && steps < 64; up, steps = all[up].parent, steps+1 {
			if up == root {
				sum += p.used
				break
			}
		}
	}
	return sum
}

// mostOthers bounds how far a neighbour can stretch a bound: by four.
const mostOthers = 0.75

// others is the share of the machine that others have taken since, 0 to mostOthers.
func (m mark) others(now mark) float64 {
	span := now.at.Sub(m.at).Seconds() * float64(m.all)
	if span <= 0 {
		return 0
	}
	return min(mostOthers, max(0, (now.busy-m.busy-(now.ours-m.ours))/span))
}

// allow is a bound with what neighbours have taken since a mark.
func (l *lab) allow(bound time.Duration, since mark) time.Duration {
	share := since.others(takeMark())
	l.neighbours = max(l.neighbours, share)
	return time.Duration(float64(bound) / (1 - share))
}

// within waits until something is so, for as long as the bound allows on this machine.
func (l *lab) within(bound time.Duration, since mark, what func() string, is func() bool) error {
	for !is() {
		if time.Since(since.at) > bound && time.Since(since.at) > l.allow(bound, since) {
			return fmt.Errorf("after %.1f s (at most %s): %s", time.Since(since.at).Seconds(), l.allow(bound, since).Round(time.Second/10), what())
		}
		<-time.After(20 * time.Millisecond)
	}
	return nil
}

// late tells whether something that took as long since a mark was late on this machine.
func (l *lab) late(took, bound time.Duration, since mark) bool {
	return took > bound && took > l.allow(bound, since)
}
