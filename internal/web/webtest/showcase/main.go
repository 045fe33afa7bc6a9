// Command showcase serves the pages over the invented world of webtest, for looking at them
// and for the checks in a real browser. It prints its address and the session's cookie as
// one line of JSON, serves until it is interrupted, and keeps nothing. Nothing that it shows
// is real, and it must never be reachable from outside: it listens on loopback only.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/web/webtest"
)

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1; 0 = any")
	lang := flag.String("lang", "en", "language of the session")
	state := flag.String("state", "", "file for the browser checks: cookies and pages")
	real := flag.Bool("real", false, "without the banner of a simulation")
	flag.Parse()
	if err := run(*port, *lang, *state, *real); err != nil {
		fmt.Fprintln(os.Stderr, "showcase:", err)
		os.Exit(1)
	}
}

// show is what the browser checks need to know.
type show struct {
	Address string            `json:"address"`
	Cookies []cookie          `json:"cookies"`
	Pages   map[string]string `json:"pages"`
}

type cookie struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	URL   string `json:"url"`
}

func run(port int, lang, state string, real bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	d := webtest.New()
	d.Real = real
	h, err := webtest.Handler(d)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	address := "http://" + l.Addr().String()
	c := webtest.Cookie(desk.Administrator, lang, "", webtest.Org)
	out, err := json.Marshal(show{Address: address, Cookies: []cookie{{c.Name, c.Value, address}}, Pages: webtest.Pages()})
	if err != nil {
		return err
	}
	if state != "" {
		if err := os.WriteFile(state, out, 0o600); err != nil {
			return err
		}
	}
	fmt.Println(strings.TrimSpace(string(out)))
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	stopped := context.AfterFunc(ctx, func() { server.Close() }) //nolint:errcheck // the program ends
	defer stopped()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
