// Package pgtest starts a PostgreSQL of a test's own with the programs that are installed: a
// cluster in a temporary folder, reached by a socket there and by a loopback port, without
// fsync, gone when the test binary ends. A database of its own for each test costs some ten
// milliseconds. Without the programs the tests that need them are skipped; with
// WATCHFIRE_REQUIRE=1, which CI sets, their lack is a failure.
package pgtest

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
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNone says that no PostgreSQL programs are installed.
var ErrNone = errors.New("no PostgreSQL programs found in /usr/lib/postgresql/*/bin")

// A Cluster is a running PostgreSQL.
type Cluster struct {
	// Dir holds its socket.
	Dir  string
	Port int
	post *exec.Cmd
	bin  string
	as   *syscall.Credential
	args []string
	next atomic.Int64

	mu       sync.Mutex
	template string
}

// Bin finds the folder of the newest installed programs. The error is ErrNone without any.
func Bin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", ErrNone
	}
	slices.SortFunc(found, func(a, b string) int { return major(a) - major(b) })
	return filepath.Dir(found[len(found)-1]), nil
}

func major(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // what is no number comes first
	return n
}

// Start makes a cluster and starts it with settings ("name=value") beside the usual ones. bin
// is the folder of the programs, "" = Bin. initdb refuses the superuser, so that one hands
// over to the user "postgres".
func Start(ctx context.Context, bin string, settings ...string) (*Cluster, error) {
	return startIn(ctx, "", bin, settings...)
}

// memory is the folder in which the clusters of tests live where there is one: many small
// databases come and go.
const memory = "/dev/shm"

func startIn(ctx context.Context, folder, bin string, settings ...string) (_ *Cluster, err error) {
	if bin == "" {
		if bin, err = Bin(); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
		return nil, ErrNone
	}
	c := &Cluster{bin: bin}
	if c.Dir, err = os.MkdirTemp(folder, "pgtest-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			c.Stop()
		}
	}()
	if c.as, err = unprivileged(c.Dir); err != nil {
		return nil, err
	}
	if c.Port, err = freePort(); err != nil {
		return nil, err
	}
	data := filepath.Join(c.Dir, "data")
	// A locale whose order is not that of bytes: what leans on the database's own order shows.
	if out, err := c.command("initdb", "-D", data, "-U", "watchfire", "-A", "trust", "-E", "UTF8", "--no-sync",
		"--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out[max(0, len(out)-300):])
	}
	c.args = []string{
		"-D", data, "-k", c.Dir, "-p", strconv.Itoa(c.Port), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off",
		"-c", "max_connections=300", "-c", "jit=off", "-c", "log_min_messages=fatal",
	}
	for _, s := range settings {
		c.args = append(c.args, "-c", s)
	}
	return c, c.Begin(ctx)
}

// unprivileged is the user that the programs run as; nil = ourselves. The folder becomes its.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("we are the superuser and there is no user postgres: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir, cmd.SysProcAttr = c.Dir, &syscall.SysProcAttr{Credential: c.as}
	return cmd
}

// Begin starts the server, at first or after Halt, and waits until it answers.
func (c *Cluster) Begin(ctx context.Context) error {
	c.post = c.command("postgres", c.args...)
	if err := c.post.Start(); err != nil {
		return err
	}
	var last error
	for range 600 {
		conn, err := pgx.Connect(ctx, c.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		last = err
		<-time.After(50 * time.Millisecond)
	}
	return fmt.Errorf("the cluster does not answer: %w", last)
}

// Halt ends the server: at once and without a word to its clients (kill), or in order.
func (c *Cluster) Halt(kill bool) {
	if c.post == nil || c.post.Process == nil {
		return
	}
	how := syscall.SIGINT
	if kill {
		how = syscall.SIGQUIT
	}
	if err := c.post.Process.Signal(how); err == nil {
		c.post.Wait() //nolint:errcheck // it was told to stop
	}
	c.post = nil
}

// Stop ends the server and removes its folder.
func (c *Cluster) Stop() {
	c.Halt(true)
	os.RemoveAll(c.Dir) //nolint:errcheck // a temporary folder
}

// URL is the address of a database over the loopback port.
func (c *Cluster) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User("watchfire"), Host: "127.0.0.1:" + strconv.Itoa(c.Port), Path: "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Socket is the address of a database over the socket.
func (c *Cluster) Socket(database string) string {
	return fmt.Sprintf("host=%s port=%d user=watchfire dbname=%s", c.Dir, c.Port, database)
}

// Create makes a database, a copy of the one named, and returns its address. "template0" is
// empty.
func (c *Cluster) Create(ctx context.Context, from string) (string, error) {
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("t%d", c.next.Add(1))
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE "+pgx.Identifier{from}.Sanitize()+" STRATEGY file_copy")
	return c.URL(name), errors.Join(err, conn.Close(ctx))
}

// prepared makes, once, the database that those of the tests are copies of.
func (c *Cluster) prepared(ctx context.Context, prepare func(ctx context.Context, address string) error) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.template != "" {
		return c.template, nil
	}
	address, err := c.Create(ctx, "template0")
	if err != nil {
		return "", err
	}
	if err := prepare(ctx, address); err != nil {
		return "", err
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	c.template = u.Path[1:]
	return c.template, nil
}

// shared is the cluster of this test binary.
var shared struct {
	once    sync.Once
	cluster *Cluster
	err     error
}

// Main is for TestMain: it runs the tests and clears the cluster away.
func Main(m *testing.M) { os.Exit(Tests{m}.Run()) }

// Tests is a testing.M, or what stands in for one, that clears the cluster away at its end.
type Tests struct{ M interface{ Run() int } }

// Run runs the tests.
func (t Tests) Run() int {
	code := t.M.Run()
	if shared.cluster != nil {
		shared.cluster.Stop()
	}
	return code
}

// Sharing is the cluster of the test binary, started when it is asked for first. TestMain uses
// Main or Tests.
func Sharing() (*Cluster, error) {
	shared.once.Do(func() {
		folder := memory
		if info, err := os.Stat(memory); err != nil || !info.IsDir() {
			folder = ""
		}
		shared.cluster, shared.err = startIn(context.Background(), folder, "", "shared_buffers=64MB")
	})
	return shared.cluster, shared.err
}

// Shared is Sharing for a test, which is skipped where there is no PostgreSQL.
func Shared(t testing.TB) *Cluster {
	t.Helper()
	c, err := Sharing()
	if errors.Is(err, ErrNone) && os.Getenv("WATCHFIRE_REQUIRE") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Empty is the address of an empty database for one test.
func Empty(t testing.TB) string { return made(t, nil) }

// Database is the address of a database for one test, a copy of one that prepare made ready
// once for the whole binary, so that the tests do not pay for the schema again and again.
func Database(t testing.TB, prepare func(ctx context.Context, address string) error) string {
	return made(t, prepare)
}

func made(t testing.TB, prepare func(context.Context, string) error) string {
	t.Helper()
	ctx, c, from := context.Background(), Shared(t), "template0"
	var err error
	if prepare != nil {
		if from, err = c.prepared(ctx, prepare); err != nil {
			t.Fatal(err)
		}
	}
	address, err := c.Create(ctx, from)
	if err != nil {
		t.Fatal(err)
	}
	return address
}
