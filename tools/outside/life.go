package outside

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrEnded says that the server ended before it was ready.
var ErrEnded = errors.New("the server ended")

// lines keeps what the server prints.
type lines struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	desk *Desk
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.desk.Log != nil {
		if _, err := l.desk.Log.Write(p); err != nil {
			return 0, err
		}
	}
	return l.buf.Write(p)
}

// String is what was printed so far.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Printed is what the server printed since it was started.
func (d *Desk) Printed() string { return d.out.String() }

// Start runs the server and returns when it says that it is ready. The error is ErrEnded when
// it ended before.
func (d *Desk) Start() error {
	if err := d.Launch(); err != nil {
		return err
	}
	return d.Ready(60 * time.Second)
}

// Ready waits until the server says that it is ready.
func (d *Desk) Ready(limit time.Duration) error {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		resp, err := d.Client.Get(d.Base + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-d.ended:
			return fmt.Errorf("%w:\n%s", ErrEnded, d.out)
		case <-time.After(2 * time.Millisecond):
		}
	}
	return fmt.Errorf("the server does not answer:\n%s", d.out)
}

// Launch runs the server and does not wait for it.
func (d *Desk) Launch() error {
	d.out = &lines{desk: d}
	d.server = d.Command("serve", "--config", d.File("config.yaml"))
	if len(d.Wrap) > 0 {
		d.server = d.wrapped(d.server)
	}
	d.server.Stdout, d.server.Stderr = d.out, d.out
	if err := d.server.Start(); err != nil {
		return err
	}
	server, ended := d.server, make(chan struct{})
	d.ended = ended
	go func() {
		server.Wait() //nolint:errcheck // how it ended is the caller's business
		close(ended)
	}()
	return nil
}

func (d *Desk) wrapped(cmd *exec.Cmd) *exec.Cmd {
	line := slices.Concat(d.Wrap, cmd.Args)
	out := exec.Command(line[0], line[1:]...)
	out.Env = cmd.Env
	return out
}

// PID is the process of the server; 0 = it does not run.
func (d *Desk) PID() int {
	if d.server == nil || d.server.Process == nil {
		return 0
	}
	return d.server.Process.Pid
}

// Stop ends the server and waits for it; one that does not stop for half a minute is killed.
func (d *Desk) Stop() {
	if d.server == nil {
		return
	}
	if err := d.server.Process.Signal(syscall.SIGTERM); err == nil {
		select {
		case <-d.ended:
		case <-time.After(30 * time.Second):
			d.server.Process.Kill() //nolint:errcheck // it may have ended just now
		}
	}
	d.Died()
}

// Signal sends a signal to the server; SIGKILL is waited for.
func (d *Desk) Signal(s syscall.Signal) error {
	if d.server == nil {
		return os.ErrProcessDone
	}
	if err := d.server.Process.Signal(s); err != nil {
		return err
	}
	if s == syscall.SIGKILL {
		d.Died()
	}
	return nil
}

// Died waits until the server has ended by itself or was killed.
func (d *Desk) Died() {
	if d.server != nil {
		<-d.ended
	}
	d.server = nil
}

// Ended is closed when the server has ended.
func (d *Desk) Ended() <-chan struct{} { return d.ended }

// Crash kills the server without mercy; to what was on disk a kill is the same as a power cut
// that loses nothing.
func (d *Desk) Crash() {
	if d.server != nil {
		d.server.Process.Kill() //nolint:errcheck // it may have ended just now
	}
	d.Died()
}

// Run runs another command of the program to its end and returns what it said.
func (d *Desk) Run(args ...string) (string, error) {
	out, err := d.Command(args...).CombinedOutput()
	return string(out), err
}

// Move sets the data folder in the configuration.
func (d *Desk) Move(from, to string) error {
	raw, err := os.ReadFile(d.File("config.yaml"))
	if err != nil {
		return err
	}
	next := strings.Replace(string(raw), "data: "+d.File(from)+"\n", "data: "+d.File(to)+"\n", 1)
	return os.WriteFile(d.File("config.yaml"), []byte(next), 0o600)
}

// Command prepares another command of the program on this installation.
func (d *Desk) Command(args ...string) *exec.Cmd {
	cmd := exec.Command(d.Binary, args...)
	cmd.Env = append(os.Environ(), "BENCH_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	cmd.Env = append(cmd.Env, d.Env...)
	return cmd
}
