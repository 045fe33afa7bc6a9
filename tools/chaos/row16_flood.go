package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"watchfire.dev/tools/outside"
)

// flooded: 10,000 events a minute; memoryCap is the same in a memory cgroup of 512 MB.
var (
	flooded   = row{n: 16, name: "flood of 10,000 events a minute", must: "queued p99 < 5 s, p50 < 0.5 s, < 480 MB", play: func(l *lab) error { return playFlood(l, nil, usual) }}
	memoryCap = row{n: 23, name: "memory cap of 512 MB", must: "peak < 480 MB in the flood, not killed", play: playMemoryCap}
)

const perMinute = 10_000

// floodSpan is how long the flood lasts.
func (l *lab) floodSpan() time.Duration {
	if l.whole {
		return time.Hour
	}
	return 15 * time.Second
}

const mostMB = 480

// bound is how long it may take from sending to being told.
type bound struct{ p50, p99 time.Duration }

// usual is load 5.1 of TRUST.
var usual = bound{500 * time.Millisecond, 5 * time.Second}

func playMemoryCap(l *lab) error {
	group := filepath.Join("/sys/fs/cgroup/memory", fmt.Sprintf("watchfire-chaos-%d", os.Getpid()))
	if err := os.Mkdir(group, 0o755); err != nil {
		return fmt.Errorf("no memory cgroup can be made here (%w): %w", err, errNotRun)
	}
	l.undo = append(l.undo, func() { os.Remove(group) }) //nolint:errcheck // it goes with the machine
	if err := os.WriteFile(filepath.Join(group, "memory.limit_in_bytes"), []byte("512M"), 0o600); err != nil {
		return fmt.Errorf("no limit of memory can be set here (%w): %w", err, errNotRun)
	}
	return playFlood(l, []string{"sh", "-c", `echo $$ >"$0"/cgroup.procs && exec "$@"`, group}, usual)
}

func playFlood(l *lab, wrap []string, most bound) error {
	n := int(l.floodSpan().Seconds() * perMinute / 60)
	projects := min(n, 2500)
	l.got = newReceiver()
	if err := l.install(l.portfolio(projects), "", ""); err != nil {
		return err
	}
	if wrap != nil {
		l.desk.Wrap, l.desk.Env = wrap, []string{"GOMEMLIMIT=400MiB"}
		if _, err := exec.LookPath(wrap[0]); err != nil {
			return fmt.Errorf("%w: %w", err, errNotRun)
		}
	}
	if err := l.open1(); err != nil {
		return err
	}
	from := takeMark()
	sent, err := l.flood(n, projects)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := l.wait(projects, 180*time.Second); err != nil {
		return err
	}
	var took []time.Duration
	for i, at := range sent {
		if i < projects {
			took = append(took, l.got.at(pathOf(i)).Sub(at))
		}
	}
	mb, err := l.desk.ResidentMB()
	if err != nil {
		return err
	}
	p50, p99 := outside.Quantile(slices.Clone(took), .5), outside.Quantile(took, .99)
	l.note("%d events in %s, told p50 %.2f s, p99 %.2f s, the last %.1f s after the last came; peak %.0f MB", n, l.floodSpan(), p50.Seconds(), p99.Seconds(), time.Since(began).Seconds(), mb)
	if mb >= mostMB {
		return fmt.Errorf("peak %.0f MB", mb)
	}
	if l.late(p50, most.p50, from) || l.late(p99, most.p99, from) {
		return fmt.Errorf("p50 %s or p99 %s is too slow (at most %s, %s)", p50, p99, l.allow(most.p50, from), l.allow(most.p99, from))
	}
	return l.judge()
}

// flood sends n events at their pace over the projects, and says when each was sent.
func (l *lab) flood(n, projects int) ([]time.Time, error) {
	sent := make([]time.Time, n)
	err := outside.Pace(0, n, perMinute/60, func(ctx context.Context, i int) error {
		key := keyOf(i % projects)
		if i >= projects {
			key += "-" + strconv.Itoa(i/projects)
		}
		source, body, err := signal(key, i%projects)
		if err != nil {
			return err
		}
		sent[i] = time.Now()
		if err = outside.Post(ctx, l.desk.Client, l.desk.Base+"/api/v1/signals?source="+source, body); err == nil {
			l.accept(i % projects)
		}
		return err
	})
	return sent, err
}
