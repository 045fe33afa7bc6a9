package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"watchfire.dev/tools/outside"
)

// diskFull: the file system of the data is full; diskReadOnly: it turns read-only, as one does
// that finds itself damaged.
var (
	diskFull     = row{n: 3, name: "disk full", must: "refused with 503, reads go on, alarm within 10 s, recovers within 10 s, no crash loop", play: playDiskFull}
	diskReadOnly = row{n: 3, name: "disk turns read-only", must: "refused, alarm within 10 s, 0 lost after it is mounted again", play: playReadOnly}
)

// mounted mounts a file system of its own at the installation's data folder.
func (l *lab) mounted(args ...string) error {
	if err := os.MkdirAll(l.desk.File("data"), 0o700); err != nil {
		return err
	}
	if out, err := exec.Command("mount", append(args, l.desk.File("data"))...).CombinedOutput(); err != nil {
		return fmt.Errorf("no file system can be mounted here (%s): %w", strings.TrimSpace(string(out)), errNotRun)
	}
	d := l.desk
	l.undo = append(l.undo, func() {
		d.Stop()
		exec.Command("umount", d.File("data")).Run() //nolint:errcheck // it may be gone already
	})
	return nil
}

// onDisk sets an installation up on a file system of its own and lets it take some signals.
func (l *lab) onDisk(projects, signals int, disk func() (mount []string, err error)) (err error) {
	l.got = newReceiver()
	if l.desk, err = l.newDesk(); err != nil {
		return err
	}
	args, err := disk()
	if err != nil {
		return err
	}
	if err := l.mounted(args...); err != nil {
		return err
	}
	l.desk.Sources = netSource
	if err := l.desk.Import(l.portfolio(projects)); err != nil {
		return err
	}
	if err := l.open1(); err != nil {
		return err
	}
	return <-l.pushing(0, signals, 0)
}

func playDiskFull(l *lab) error {
	const n = 30
	if err := l.onDisk(n, 10, func() ([]string, error) { return []string{"-t", "tmpfs", "-o", "size=400m", "tmpfs"}, nil }); err != nil {
		return err
	}
	if err := l.wait(10, 30*time.Second); err != nil {
		return err
	}
	reserve := l.reserved()
	if err := l.fill("ballast"); err != nil {
		return err
	}
	full := takeMark()
	l.say("full")
	refused, taken := 0, 0
	for i := 10; i < 20; i++ {
		switch err := l.once2(i); {
		case err == nil:
			taken++
		case strings.Contains(err.Error(), "503"):
			refused++
		default:
			return fmt.Errorf("on a full disk: %w", err)
		}
		if s := l.status(l.desk, "/api/v1/warnings", 5*time.Second); s != 200 {
			return fmt.Errorf("reading gives %d on a full disk", s)
		}
	}
	if err := l.within(within10, full, text("no alarm"), func() bool {
		return l.shows(l.desk, "disk", "", "down", "late") || l.status(l.desk, "/readyz", time.Second) == 503
	}); err != nil {
		return err
	}
	l.note("alarm within %.1f s; %d refused with 503, %d still taken", time.Since(full.at).Seconds(), refused, taken)
	if reserve { // it is given back so that a red can still be written
		if err := until(15*time.Second, text("no red is taken although there was a reserve"), func() bool { return l.red(21) == nil }); err != nil {
			return err
		}
		if err := l.waitOne(21, 10*time.Second); err != nil {
			return err
		}
		l.note("with the reserve a red was taken and told %.1f s after the disk was full", time.Since(full.at).Seconds())
	}
	select {
	case <-l.desk.Ended():
		return errors.New("the process ended: " + lastLine(l.desk.Printed()))
	default:
	}
	if err := os.Remove(l.desk.File("data/ballast")); err != nil {
		return err
	}
	free := takeMark()
	if err := l.within(within10, free, text("not ready though there is room"), func() bool {
		return l.once2(20) == nil && l.status(l.desk, "/readyz", time.Second) == 200
	}); err != nil {
		return err
	}
	l.note("recovered within %.1f s", time.Since(free.at).Seconds())
	for i := 10; i < n; i++ {
		if err := l.push(i); err != nil {
			return err
		}
	}
	if err := l.wait(n, 60*time.Second); err != nil {
		return err
	}
	if refused == 0 && taken < 10 {
		return errors.New("nothing was refused: the fault was not played")
	}
	return l.judge()
}

// reserved tells whether the program keeps room for bad times; it takes it within seconds.
func (l *lab) reserved() bool {
	return until(12*time.Second, text("no reserve"), func() bool {
		_, err := os.Stat(l.desk.File("data/reserve"))
		return err == nil
	}) == nil
}

// fill writes a file until there is no room.
func (l *lab) fill(name string) error {
	f, err := os.Create(l.desk.File("data/" + name))
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it is full
	piece := make([]byte, 1<<20)
	for len(piece) > 0 {
		if _, err := f.Write(piece); err != nil {
			piece = piece[:len(piece)/2]
		}
	}
	return nil
}

// once2 sends the signal of a project once, within five seconds.
func (l *lab) once2(i int) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return l.try(ctx, i, l.desk)
}

// ext4 makes a file system in a file and says how it is mounted.
func (l *lab) ext4(size int64) (mount []string, err error) {
	image := l.desk.File("disk")
	f, err := os.Create(image)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Truncate(size), f.Close()); err != nil {
		return nil, err
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", image).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("no ext4 can be made here (%s): %w", strings.TrimSpace(string(out)), errNotRun)
	}
	return []string{"-o", "loop,errors=remount-ro", image}, nil
}

func playReadOnly(l *lab) error {
	const n = 20
	var loop []string
	if err := l.onDisk(n, 8, func() (_ []string, err error) { loop, err = l.ext4(256 << 20); return loop, err }); err != nil {
		return err
	}
	if err := l.wait(8, 30*time.Second); err != nil {
		return err
	}
	l.doubt++ // the process ends of it, maybe between a yes outside and its own receipt
	if out, err := exec.Command("mount", "-o", "remount,abort", l.desk.File("data")).CombinedOutput(); err != nil {
		return fmt.Errorf("the file system cannot be made to fail here (%s): %w", strings.TrimSpace(string(out)), errNotRun)
	}
	from := takeMark()
	l.say("read-only")
	if err := l.once2(8); err == nil {
		return errors.New("a read-only disk took a signal")
	}
	ended := false
	if err := l.within(within10, from, text("no alarm"), func() bool {
		select {
		case <-l.desk.Ended():
			ended = true
		default:
		}
		return ended || l.status(l.desk, "/readyz", time.Second) == 503
	}); err != nil {
		return err
	}
	l.note("alarm within %.1f s (the process ended: %v)", time.Since(from.at).Seconds(), ended)
	if err := l.desk.Launch(); ended && err != nil {
		return err
	}
	if ended { // a supervisor starts it again on the same disk
		l.note("started on the read-only disk: %s", l.howItServes())
	}
	l.desk.Stop()
	if out, err := exec.Command("umount", l.desk.File("data")).CombinedOutput(); err != nil {
		return fmt.Errorf("umount: %w: %s", err, out)
	}
	if out, err := exec.Command("mount", append(loop, l.desk.File("data"))...).CombinedOutput(); err != nil {
		return fmt.Errorf("mount again: %w: %s", err, out)
	}
	back := time.Now()
	if err := l.start(); err != nil {
		return err
	}
	l.note("ready %.1f s after the disk was back", time.Since(back).Seconds())
	for i := range n {
		if err := l.push(i); err != nil {
			return err
		}
	}
	if err := l.wait(n, 60*time.Second); err != nil {
		return err
	}
	return l.judge()
}

// howItServes says what a process does that may not be able to start.
func (l *lab) howItServes() string {
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); {
		select {
		case <-l.desk.Ended():
			return "it ends: " + lastLine(l.desk.Printed())
		case <-time.After(100 * time.Millisecond):
		}
		if l.status(l.desk, "/healthz", time.Second) == 200 {
			return fmt.Sprintf("it answers (healthz 200, readyz %d, warnings %d)", l.status(l.desk, "/readyz", time.Second), l.status(l.desk, "/api/v1/warnings", time.Second))
		}
	}
	return outside.ErrEnded.Error() + " or hangs"
}
