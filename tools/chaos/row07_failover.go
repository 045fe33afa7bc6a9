package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"watchfire.dev/internal/store/pgtest"
)

// failover: the primary of two PostgreSQL servers is killed under load, its synchronous
// standby is promoted, and the old one comes back as if nothing had been.
var failover = row{n: 7, name: "PostgreSQL failover", must: "back within 60 s, 0 lost, the old primary confirms nothing", play: playFailover}

// standby is a copy of a cluster that follows it.
type standby struct {
	dir     string
	port    int
	process *exec.Cmd
}

// follow copies the cluster and starts the copy as its synchronous standby.
func follow(c *pgtest.Cluster) (*standby, error) {
	bin, err := pgtest.Bin()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "chaos-standby-")
	if err != nil {
		return nil, err
	}
	s := &standby{dir: dir}
	as, err := postgresUser(dir)
	if err != nil {
		return s, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return s, err
	}
	s.port = ln.Addr().(*net.TCPAddr).Port
	ln.Close() //nolint:errcheck // only its number was wanted
	data := filepath.Join(dir, "data")
	copied := exec.Command(filepath.Join(bin, "pg_basebackup"), "-D", data, "-R", "-c", "fast", "-X", "stream",
		"-d", fmt.Sprintf("host=127.0.0.1 port=%d user=watchfire application_name=chaos", c.Port))
	copied.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	if out, err := copied.CombinedOutput(); err != nil {
		return s, fmt.Errorf("copy the cluster: %w: %s", err, out)
	}
	s.process = exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-p", strconv.Itoa(s.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "max_connections=300", "-c", "log_min_messages=fatal")
	s.process.SysProcAttr = copied.SysProcAttr
	return s, s.process.Start()
}

func postgresUser(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid) //nolint:gosec // ids of the system
}

func (s *standby) stop() {
	if s.process != nil && s.process.Process != nil {
		s.process.Process.Signal(syscall.SIGQUIT) //nolint:errcheck // it may be gone
		s.process.Wait()                          //nolint:errcheck // it was told to
	}
	os.RemoveAll(s.dir) //nolint:errcheck // a temporary folder
}

// sql runs a statement on a server, as itself.
func sql(port int, database, statement string, limit time.Duration) (string, error) {
	bin, err := pgtest.Bin()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "psql"), "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-U", "watchfire", "-d", database, "-Atc", statement).CombinedOutput()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", statement, err, out)
	}
	return string(out), nil
}

// synchronous makes a standby without which the cluster confirms nothing.
func (l *lab) synchronous() (*standby, error) {
	second, err := follow(l.cluster)
	if second != nil {
		l.undo = append(l.undo, second.stop)
	}
	if err != nil {
		return second, err
	}
	for _, s := range []string{"ALTER SYSTEM SET synchronous_standby_names = 'chaos'", "SELECT pg_reload_conf()"} {
		if _, err := sql(l.cluster.Port, "postgres", s, 10*time.Second); err != nil {
			return second, err
		}
	}
	return second, until(30*time.Second, text("the standby does not follow synchronously"), func() bool {
		out, err := sql(l.cluster.Port, "postgres", "SELECT sync_state FROM pg_stat_replication", 5*time.Second)
		return err == nil && out == "sync\n"
	})
}

func playFailover(l *lab) error {
	ctx := context.Background()
	var way *proxy
	var second *standby
	if err := l.setUpOnPostgres(60, func(p *proxy) (err error) { way = p; second, err = l.synchronous(); return err }); err != nil {
		return err
	}
	pushed := l.pushing(0, 60, 20*time.Millisecond)
	<-time.After(l.soon(200, 600))
	l.doubt++
	l.cluster.Halt(true)
	way.cut()
	gone := takeMark()
	l.say("the primary is gone")
	<-time.After(2 * time.Second) // somebody notices
	if _, err := sql(second.port, "postgres", "SELECT pg_promote()", 30*time.Second); err != nil {
		return err
	}
	way.target.Store(fmt.Sprintf("127.0.0.1:%d", second.port))
	l.say("the standby is promoted")
	if err := l.within(time.Minute, gone, text("not ready"), func() bool {
		return l.revive() == nil && l.status(l.desk, "/readyz", time.Second) == 200
	}); err != nil {
		return err
	}
	back := time.Since(gone.at)
	l.note("ready %.1f s after the primary was gone", back.Seconds())
	// The old primary comes back and believes that it is one. It has no standby that confirms, so
	// that nothing written there is ever answered.
	if err := l.cluster.Begin(ctx); err != nil {
		return err
	}
	u, err := url.Parse(l.url)
	if err != nil {
		return err
	}
	if _, err := sql(l.cluster.Port, u.Path[1:], "INSERT INTO setting (name, value) VALUES ('chaos', 'old')", 3*time.Second); !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the old primary confirmed a write (%v)", err)
	}
	if err := l.waitReviving(60, 90*time.Second); err != nil {
		return err
	}
	if err := <-pushed; err != nil {
		return err
	}
	l.note("%d restarts of the program", len(l.starts)-1)
	return l.judge()
}
