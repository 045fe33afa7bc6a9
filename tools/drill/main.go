// Command drill plays a disaster on this machine with the built binary: it fills an
// installation to a size, lets it be served with the copy of the log on, pushes signals, kills
// the server in the middle, restores from the copy into an empty folder, verifies, starts what
// was restored, and says what was lost and how long each step took. Figures of time are
// printed as measured and scaled to 10 GB in proportion to the bytes. It fails when something
// that was answered more than 10 s before the crash is missing, when the journal does not
// verify, or when the restored watch is not muted. It speaks to loopback addresses only.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"watchfire.dev/tools/outside"
)

func main() {
	d := drill{}
	flag.StringVar(&d.binary, "binary", "bin/watchfire", "program to drill with")
	flag.IntVar(&d.megabytes, "mb", 512, "size of the database to begin with")
	flag.IntVar(&d.rate, "rate", 20, "signals a second until the crash")
	flag.DurationVar(&d.length, "for", 20*time.Second, "how long signals are pushed before the crash")
	flag.Uint64Var(&d.seed, "seed", 1, "of the moment of the crash and of what fills the database")
	flag.Parse()
	if err := d.run(); err != nil {
		fmt.Fprintln(os.Stderr, "drill:", err)
		os.Exit(1)
	}
}

// Limits of TRUST.md promise 10, and the size that it speaks of.
const (
	maxLost   = 10 * time.Second
	fullSize  = 10 << 30
	maxToLive = 15 * time.Minute
)

type drill struct {
	binary          string
	megabytes, rate int
	length          time.Duration
	seed            uint64
	desk            *outside.Desk
	chance          *rand.Rand

	mu       sync.Mutex
	answered map[string]time.Time // by key, when the yes came
}

func (d *drill) run() (err error) {
	d.chance = rand.New(rand.NewPCG(d.seed, 10))
	d.answered = map[string]time.Time{}
	if d.desk, err = outside.New(d.binary); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.desk.Close()) }()
	clock := outside.NewClock()
	receiver := clock.Receiver()
	defer receiver.Close()
	d.desk.Extra = "backup: {to: '" + d.desk.File("copies") + "', every: 24h, log: true}\n"
	signals := int(d.length.Seconds()) * d.rate
	if err := d.desk.Import(outside.Portfolio(signals, 2, receiver.URL)); err != nil {
		return err
	}
	began := time.Now()
	if err := d.fill(); err != nil {
		return fmt.Errorf("fill the database: %w", err)
	}
	fmt.Printf("filled to %d MB in %s\n", d.megabytes, time.Since(began).Round(time.Second))
	if err := errors.Join(d.desk.Start(), d.desk.SignIn()); err != nil {
		return err
	}
	began = time.Now()
	if err := d.whole(5 * time.Minute); err != nil {
		return err
	}
	fmt.Printf("the first copy and backup were whole after %s\n", time.Since(began).Round(time.Second))

	crashed := d.untilCrash(clock, signals)
	return d.recover(crashed)
}

// whole waits until the copy has all that is committed now, and a first backup is proven.
func (d *drill) whole(limit time.Duration) error {
	from := time.Now()
	for time.Since(from) < limit {
		c, errC := os.ReadFile(d.desk.File("data/copy.json"))
		b, errB := os.ReadFile(d.desk.File("data/backup.json"))
		at := regexp.MustCompile(`"whole":"([^"]+)"`).FindSubmatch(c)
		if errC == nil && errB == nil && at != nil && bytes.Contains(b, []byte(`"proven"`)) {
			if t, err := time.Parse(time.RFC3339Nano, string(at[1])); err == nil && t.After(from) {
				return nil
			}
		}
		<-time.After(50 * time.Millisecond)
	}
	return fmt.Errorf("the copy is not whole after %s:\n%s", limit, d.desk.Printed())
}

// untilCrash pushes signals, notes each yes, and kills the server in the last fifth.
func (d *drill) untilCrash(clock *outside.Clock, signals int) time.Time {
	at := d.length * time.Duration(80+d.chance.IntN(20)) / 100
	crashed := make(chan time.Time, 1)
	timer := time.AfterFunc(at, func() {
		now := time.Now() // what was answered before is promised
		d.desk.Crash()
		crashed <- now
	})
	defer timer.Stop()
	//nolint:errcheck // the last ones meet a dead server
	outside.Pace(0, signals, d.rate, func(ctx context.Context, i int) error {
		err := d.desk.Push(ctx, clock, i)
		if err == nil {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.answered["bench-"+strconv.Itoa(i)] = time.Now()
		}
		return err
	})
	return <-crashed
}

// recover restores, verifies, starts again and judges.
func (d *drill) recover(crashed time.Time) error {
	began := time.Now()
	out, err := d.desk.Run("restore", "--from", d.desk.File("copies"), "--to", d.desk.File("restored"), "--verify")
	if err != nil {
		return fmt.Errorf("restore: %w: %s", err, out)
	}
	restore := time.Since(began)
	said := regexp.MustCompile(`(\d+) bytes, (\d+) rows and (\d+) journal entries`).FindStringSubmatch(out)
	if said == nil || !strings.Contains(out, "with the copy of the log behind it; journal verified: good") {
		return fmt.Errorf("the restore says something else: %s", out)
	}
	var number [3]float64
	for i := range number {
		if number[i], err = strconv.ParseFloat(said[i+1], 64); err != nil {
			return err
		}
	}
	key, err := os.ReadFile(d.desk.File("data/journal.key"))
	if err == nil {
		err = os.WriteFile(d.desk.File("restored/journal.key"), key, 0o600)
	}
	if err != nil {
		return err
	}
	lost, oldest, err := d.lost(crashed)
	if err != nil {
		return err
	}
	if err := d.desk.Move("data", "restored"); err != nil {
		return err
	}
	began = time.Now()
	if out, err := d.desk.Run("journal", "verify", "--config", d.desk.File("config.yaml")); err != nil {
		return fmt.Errorf("verify: %w: %s", err, out)
	}
	verify := time.Since(began)
	began = time.Now()
	if err := d.desk.Start(); err != nil {
		return err
	}
	start := time.Since(began)
	if err := d.muted(); err != nil {
		return err
	}
	scale := fullSize / number[0]
	fmt.Printf("%d signals were answered before the crash, %d of them are lost\n", len(d.answered), lost)
	fmt.Printf("restored and verified in %s, the journal once more in %s, ready to serve after %s: muted\n", restore.Round(time.Millisecond), verify.Round(time.Millisecond), start.Round(time.Millisecond))
	fmt.Printf("in proportion, 10 GB: restore %s, verify %s, start %s\n", scaled(restore, scale), scaled(verify, scale), scaled(start, scale))
	outside.Figure("drill.mb", number[0]/1e6, "MB")
	outside.Figure("drill.rows", number[1], "rows")
	outside.Figure("drill.journal", number[2], "entries")
	outside.Figure("drill.answered", float64(len(d.answered)), "signals")
	outside.Figure("drill.lost", float64(lost), "signals")
	outside.Figure("drill.rpo_s", oldest.Seconds(), "s")
	outside.Figure("drill.restore_s", restore.Seconds(), "s")
	outside.Figure("drill.verify_s", verify.Seconds(), "s")
	outside.Figure("drill.start_s", start.Seconds(), "s")
	outside.Figure("drill.10gb_restore_s", restore.Seconds()*scale, "s")
	switch {
	case oldest > maxLost:
		return fmt.Errorf("a signal that was answered %s before the crash is lost", oldest)
	case scaled(restore+start, scale) > maxToLive:
		return fmt.Errorf("10 GB would take %s to come back", scaled(restore+start, scale))
	}
	return nil
}

func scaled(t time.Duration, by float64) time.Duration {
	return time.Duration(float64(t) * by).Round(time.Second)
}

// muted wants the restored watch to hold back what is old.
func (d *drill) muted() error {
	res, err := d.desk.Client.Get(d.desk.Base + "/api/v1/status")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		return err
	}
	if !bytes.Contains(body.Bytes(), []byte(`"muted_since":"`)) {
		return fmt.Errorf("the restored watch is not muted: %s: %.300s", res.Status, body.Bytes())
	}
	return nil
}
