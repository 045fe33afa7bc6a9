package main

import (
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// slowDisk is the flood on a disk whose every fsync takes 20 ms longer.
var slowDisk = row{n: 4, name: "fsync takes 20 ms", must: "the load is held, red p99 < 10 s", play: func(l *lab) error {
	wrap, err := traced("-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_exit=20000", "-o", "/dev/null")
	if err != nil {
		return err
	}
	return playFlood(l, wrap, bound{5 * time.Second, 10 * time.Second}) // of all, not of reds alone
}}

// traced is the command line before the server that puts it under strace, which stays in the
// background so that the process is the server's own.
func traced(args ...string) ([]string, error) {
	line := append([]string{"strace", "-D", "-f", "--seccomp-bpf"}, args...)
	if out, err := exec.Command(line[0], append(line[1:len(line):len(line)], "true")...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("strace cannot trace here (%s): %w", strings.TrimSpace(string(out)), errNotRun)
	}
	return line, nil
}
