package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/sqlite"
)

// powerCut: a kill keeps what the kernel has in memory, a power cut does not. strace records
// every write and every fsync of the data; from that the disk is built as it may have been at
// each of them, with none, all, some or a torn one of the writes that were not synced, and
// opened again: everything that was accepted by then must be there.
var powerCut = row{n: 2, name: "power cut", must: "at least 1,500 states of the disk, 0 lost, 0 damaged", play: playPower}

const powerStates = 1500

// call is one call of the kernel that changes a file or brings it to the disk.
type call struct {
	began, ended time.Time
	file         string // its name in the data folder
	at           int64
	data         []byte // nil = no write
	cut          int64  // new length; -1 = it is no truncation
	sync, remove bool
}

func playPower(l *lab) error {
	const n = 160
	l.got = newReceiver()
	if err := l.install(l.portfolio(n), "", ""); err != nil {
		return err
	}
	trace := l.desk.File("trace")
	var err error
	if l.desk.Wrap, err = traced("-ttt", "-T", "-y", "-xx", "-s", "1000000", "-o", trace,
		"-e", "trace=pwrite64,write,fsync,fdatasync,ftruncate,unlink,unlinkat"); err != nil {
		return err
	}
	before := map[string][]byte{}
	for _, name := range []string{"watchfire.db", "watchfire.db-wal"} {
		if before[name], err = os.ReadFile(l.desk.File("data/" + name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := l.open1(); err != nil {
		return err
	}
	accepted := map[string]time.Time{}
	for i := range n {
		if err := l.push(i); err != nil {
			return err
		}
		accepted[keyOf(i)] = time.Now()
	}
	if err := l.wait(n, 60*time.Second); err != nil {
		return err
	}
	if err := l.judge(); err != nil {
		return err
	}
	calls, err := readTrace(trace, l.desk.File("data"))
	if err != nil {
		return err
	}
	l.say("%d writes and syncs were recorded", len(calls))
	return l.cuts(before, calls, accepted)
}

// cuts builds the disk at many instants, in each of the four ways, and looks at it.
func (l *lab) cuts(before map[string][]byte, calls []call, accepted map[string]time.Time) error {
	want := powerStates
	if l.whole {
		want *= 4
	}
	step := max(1, len(calls)*4/want)
	d := newDisk(before)
	states, held := 0, 0
	dir := l.desk.File("cut")
	for i := range calls {
		if !calls[i].sync || l.plant != "lying-disk" {
			d.play(&calls[i])
		}
		if i%step != 0 && i != len(calls)-1 {
			continue
		}
		until := time.Now()
		if i+1 < len(calls) {
			until = calls[i+1].began
		}
		for _, how := range []string{"none", "all", "some", "torn"} {
			states++
			if err := d.build(dir, how, l.chance.IntN); err != nil {
				return err
			}
			got, err := lookAt(dir, accepted, until)
			if err != nil {
				l.tally.lost++
				return fmt.Errorf("power cut after call %d of %d, %s of the unsynced writes: %w", i, len(calls), how, err)
			}
			held = max(held, got)
			if states%300 == 0 {
				l.say("%d states, %d accepted in the last", states, got)
			}
		}
	}
	l.note("%d states of the disk from %d writes and syncs, up to %d accepted in one: 0 lost, 0 damaged", states, len(calls), held)
	if states < powerStates {
		return fmt.Errorf("only %d states", states)
	}
	return nil
}

// lookAt opens a data folder as the program does and looks for what was accepted.
func lookAt(dir string, accepted map[string]time.Time, until time.Time) (int, error) {
	ctx := context.Background()
	opened, err := sqlite.Open(ctx, filepath.Join(dir, "watchfire.db"))
	if err != nil {
		return 0, err
	}
	db := store.New(opened)
	defer db.Close() //nolint:errcheck // it was only read
	h := history{accepted: map[string]string{}, stored: map[string]bool{}, redBound: time.Hour}
	for key, at := range accepted {
		if at.Before(until) {
			h.accepted[key] = ""
		}
	}
	if err := errors.Join(readInputs(ctx, db, &h), readRevisions(ctx, db, &h), readNotices(ctx, db, &h)); err != nil {
		return 0, err
	}
	h.unread = 0 // the next start works them through
	for i := range h.notices {
		h.notices[i].state = "sent" // and sends what waits
	}
	t := h.judge()
	return len(h.accepted), t.err()
}

// disk is what the files hold: what was synced, and the writes that were not.
type disk struct {
	synced  map[string][]byte
	pending map[string][]call
}

func newDisk(before map[string][]byte) *disk {
	d := &disk{synced: map[string][]byte{}, pending: map[string][]call{}}
	for name, b := range before {
		if b != nil {
			d.synced[name] = b
		}
	}
	return d
}

func (d *disk) play(c *call) {
	switch {
	case c.sync:
		d.synced[c.file] = apply(d.synced[c.file], d.pending[c.file])
		delete(d.pending, c.file)
	case c.remove:
		delete(d.synced, c.file)
		delete(d.pending, c.file)
	default:
		d.pending[c.file] = append(d.pending[c.file], *c)
	}
}

// apply does calls on the bytes of a file; it does not change those that it was given.
func apply(b []byte, list []call) []byte {
	out := append([]byte(nil), b...)
	for _, c := range list {
		if c.cut >= 0 {
			out = append(out, make([]byte, max(0, int(c.cut)-len(out)))...)[:c.cut]
			continue
		}
		if end := int(c.at) + len(c.data); end > len(out) {
			out = append(out, make([]byte, end-len(out))...)
		}
		copy(out[c.at:], c.data)
	}
	return out
}

// build writes the files as a power cut may leave them.
func (d *disk) build(dir, how string, chance func(int) int) error {
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return err
	}
	names := map[string]bool{}
	for name := range d.synced {
		names[name] = true
	}
	for name := range d.pending {
		names[name] = true
	}
	for name := range names {
		if strings.HasSuffix(name, "-shm") {
			continue // it is made anew
		}
		b := apply(d.synced[name], survivors(d.pending[name], how, chance))
		if b == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// survivors are the unsynced calls that reached the disk all the same.
func survivors(list []call, how string, chance func(int) int) []call {
	switch how {
	case "none":
		return nil
	case "all":
		return list
	}
	var out []call
	for _, c := range list {
		if chance(2) == 0 {
			continue
		}
		if how == "torn" && len(c.data) > 512 { // whole sectors of it
			c.data = c.data[:512*(1+chance(len(c.data)/512))]
		}
		out = append(out, c)
	}
	return out
}

// line is one finished call in strace's words; part its beginning and its end where another
// thread's call came between.
var (
	line   = regexp.MustCompile(`^(\d+)\s+(\d+\.\d+) (\w+)\((.*)\)\s+= (-?\d+).*<(\d+\.\d+)>$`)
	part   = regexp.MustCompile(`^(\d+)\s+(\d+\.\d+) (.*) <unfinished \.\.\.>$`)
	rest   = regexp.MustCompile(`^(\d+)\s+(\d+\.\d+) <\.\.\. \w+ resumed>(.*)$`)
	atFile = regexp.MustCompile(`^\d+<([^>]+)>`)
)

// readTrace reads what strace wrote about the files of a folder, in the order in which the
// calls ended.
func readTrace(path, folder string) ([]call, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it is only read
	var out []call
	open := map[string]string{}
	s := bufio.NewScanner(f)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		text := s.Text()
		if m := part.FindStringSubmatch(text); m != nil {
			open[m[1]] = m[1] + " " + m[2] + " " + m[3]
			continue
		}
		if m := rest.FindStringSubmatch(text); m != nil {
			text = open[m[1]] + m[3]
		}
		c, err := readCall(text, folder)
		if err != nil {
			return nil, err
		}
		if c != nil {
			out = append(out, *c)
		}
	}
	return out, s.Err()
}

func readCall(text, folder string) (*call, error) {
	m := line.FindStringSubmatch(text)
	if m == nil || strings.HasPrefix(m[5], "-") {
		return nil, nil
	}
	began, err := strconv.ParseFloat(m[2], 64)
	if err != nil {
		return nil, err
	}
	took, err := strconv.ParseFloat(m[6], 64)
	if err != nil {
		return nil, err
	}
	c := &call{began: seconds(began), ended: seconds(began + took), cut: -1}
	name, args := m[3], m[4]
	if strings.HasPrefix(name, "unlink") {
		quoted := args[strings.IndexByte(args, '"'):]
		c.file, c.remove = local(string(unescape(quoted[1:strings.LastIndexByte(quoted, '"')])), folder), true
	} else if at := atFile.FindStringSubmatch(args); at != nil {
		c.file = local(string(unescape(at[1])), folder)
	}
	if c.file == "" || strings.HasSuffix(c.file, "-shm") {
		return nil, nil
	}
	switch name {
	case "fsync", "fdatasync":
		c.sync = true
	case "ftruncate":
		c.cut, err = strconv.ParseInt(strings.TrimSpace(args[strings.LastIndexByte(args, ',')+1:]), 10, 64)
	case "pwrite64":
		from, to := strings.IndexByte(args, '"'), strings.LastIndexByte(args, '"')
		c.data = unescape(args[from+1 : to])
		c.at, err = strconv.ParseInt(strings.TrimSpace(args[strings.LastIndexByte(args, ',')+1:]), 10, 64)
		if want, e := strconv.Atoi(m[5]); e != nil || want != len(c.data) {
			return nil, fmt.Errorf("strace kept %d of %s bytes of a write", len(c.data), m[5])
		}
	case "write":
		if strings.HasPrefix(c.file, "watchfire.db") {
			return nil, fmt.Errorf("a write without a place: %.200s", text)
		}
		return nil, nil
	}
	return c, err
}

func seconds(s float64) time.Time { return time.UnixMicro(int64(s * 1e6)) }

// local is a name inside the folder; "" = it is elsewhere, or no part of the database.
func local(path, folder string) string {
	name, ok := strings.CutPrefix(path, folder+"/")
	if !ok || !strings.HasPrefix(name, "watchfire.db") {
		return ""
	}
	return name
}

// unescape reads bytes that strace wrote as \x hexadecimals; what is not written so stays.
func unescape(s string) []byte {
	out := make([]byte, 0, len(s)/4)
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x' {
			if v, err := strconv.ParseUint(s[i+2:i+4], 16, 8); err == nil {
				out = append(out, byte(v))
				i += 3
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}
