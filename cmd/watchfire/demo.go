package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"watchfire.dev/examples"
	"watchfire.dev/internal/app"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/demo"
	"watchfire.dev/internal/desk"
)

type demoCmd struct {
	Listen   string        `help:"Address of the pages; a taken port moves on to the next free one." default:"127.0.0.1:8080"`
	Data     string        `help:"Folder for the data; default a temporary one that is removed at the end."`
	Speed    float64       `help:"How many times faster than real the scenario runs." default:"1"`
	For      time.Duration `help:"Stop by itself after this time; 0 = run until interrupted."`
	Language string        `help:"Language of the printed timeline." default:"en" enum:"en,zh"`
}

// Run plays the scenario against the real program.
func (c *demoCmd) Run(e *env) (err error) {
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	if c.For > 0 {
		ctx, cancel = context.WithTimeout(e.ctx, c.For)
		defer cancel()
	}
	data := c.Data
	if data == "" {
		if data, err = os.MkdirTemp("", "watchfire-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	}
	stage, err := newStage(ctx, c.Speed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.close()) }()
	cfg, err := stage.config(c.Listen, data)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg, app.Options{
		Log: logger(e.stderr, "error"), Out: e.stdout, Version: version, Sources: stage.scenario.Sources(stage.feeds),
		Sweep: time.Second,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	link, err := prepare(ctx, a, cfg.Email)
	if err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return a.Serve(gctx, func(string) { announce(e, c, cfg, stage, link) })
	})
	g.Go(func() error { return stage.push(gctx, a) })
	if err := g.Wait(); err != nil {
		return err
	}
	fmt.Fprintln(e.stdout, "\nThe demonstration has stopped; nothing of it is left.")
	return nil
}

// prepare makes the organisation, imports the example portfolio and returns a link that signs
// its administrator in.
func prepare(ctx context.Context, a *app.App, email string) (link string, err error) {
	return link, a.With(ctx, func(ctx context.Context) error {
		if err := a.ClaimFirst(ctx); err != nil {
			return err
		}
		if link, err = a.SignInLink(ctx, email, false); err != nil {
			return err
		}
		who, err := administrator(ctx, a)
		if err != nil {
			return err
		}
		preview, err := a.Desk().Preview(ctx, who, "portfolio.csv", bytes.NewReader(examples.Portfolio()))
		if err != nil || preview.Token == "" {
			return err
		}
		_, err = a.Desk().Commit(ctx, who, preview.Token)
		return err
	})
}

func administrator(ctx context.Context, a *app.App) (desk.Principal, error) {
	org, err := orgOf(ctx, a.DB(), "")
	return desk.Principal{
		Account: "demo", Org: org, Name: "demonstration", Role: desk.Administrator, Scopes: desk.Administrator.Scopes(), Language: "en", Zone: "UTC",
	}, err
}

// stage is everything around the program: the feeds, the partners and the inbox.
type stage struct {
	scenario     *demo.Scenario
	sink         *demo.MailSink
	smtp         string
	feeds, inbox string
	servers      []*http.Server
}

func newStage(ctx context.Context, speed float64) (*stage, error) {
	s := &stage{scenario: demo.NewScenario(clock.System().Add(3*time.Second), speed, clock.System), sink: demo.NewMailSink(clock.System)}
	var err error
	if s.smtp, err = s.sink.Listen(ctx); err != nil {
		return nil, fmt.Errorf("mail sink: %w", err)
	}
	if s.feeds, err = s.serve(ctx, s.scenario.Feeds()); err != nil {
		return nil, err
	}
	if s.inbox, err = s.serve(ctx, s.sink.Inbox()); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *stage) serve(ctx context.Context, h http.Handler) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	s.servers = append(s.servers, srv)
	go srv.Serve(l) //nolint:errcheck // it ends with close
	return "http://" + l.Addr().String(), nil
}

func (s *stage) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	errs := []error{s.sink.Close(ctx)}
	for _, srv := range s.servers {
		errs = append(errs, srv.Close())
	}
	return errors.Join(errs...)
}

// config is the installation of the demonstration: only the simulated sources, mail into
// the sink, and short waits so that an escalation can be watched.
func (s *stage) config(listen, data string) (config.Config, error) {
	cfg, err := config.Load("", func(string) string { return "" })
	if err != nil {
		return cfg, err
	}
	if cfg.Listen, err = free(listen); err != nil {
		return cfg, err
	}
	host, port, err := net.SplitHostPort(s.smtp)
	if err != nil {
		return cfg, err
	}
	off := false
	cfg.BaseURL, cfg.Data, cfg.Name, cfg.Email, cfg.Simulated = "http://"+cfg.Listen, data, "Example Works", "admin@example.org", true
	cfg.BuiltInSources, cfg.AllowNetworks = &off, []string{"127.0.0.1/32"}
	cfg.Mail = config.Mail{Host: host, TLS: "none", From: "Watchfire <watch@example.org>"}
	if cfg.Mail.Port, err = strconv.Atoi(port); err != nil {
		return cfg, err
	}
	cfg.Wait = map[string]config.Wait{"yellow": 0, "orange": config.Duration(45 * time.Second), "red": config.Duration(25 * time.Second)}
	// A witness folder stands for another disk, so the program never makes it: an unmounted
	// one must be noticed. Here it is made by hand.
	cfg.Journal.WitnessFolders = []string{filepath.Join(data, "witness")}
	return cfg, os.MkdirAll(cfg.Journal.WitnessFolders[0], 0o700)
}

// free returns the address, or the same host with the next port that nobody uses.
func free(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("--listen %q: %w", listen, err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return "", fmt.Errorf("--listen %q: %w", listen, err)
	}
	for range 50 {
		address := net.JoinHostPort(host, strconv.Itoa(n))
		l, err := net.Listen("tcp", address)
		if err == nil {
			return l.Addr().String(), l.Close()
		}
		n++
	}
	return "", fmt.Errorf("no free port from %s on", listen)
}

// push sends what the partners send, when they send it.
func (s *stage) push(ctx context.Context, a *app.App) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	done := map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		list, err := s.scenario.Pushes(s.scenario.Elapsed())
		if err != nil {
			return err
		}
		for _, p := range list {
			if done[p.Key] {
				continue
			}
			who, err := administrator(ctx, a)
			if err != nil {
				return err
			}
			if _, err := a.Desk().Push(ctx, who, p.Source, p.Body, p.Key); err != nil {
				return fmt.Errorf("push %s: %w", p.Key, err)
			}
			done[p.Key] = true
		}
	}
}

func announce(e *env, c *demoCmd, cfg config.Config, s *stage, link string) {
	fmt.Fprintf(e.stdout, `
This is a SIMULATION: invented projects on real places, five minutes of invented trouble.
Feeds, partners and mail server run on this machine; nothing leaves it.

  sign in  %s
           (once, with one press; then the pages are at %s)
  inbox    %s
           (what the people on site get; open a message and answer it)

`, link, cfg.BaseURL, s.inbox)
	for _, step := range s.scenario.Describe(c.Language) {
		fmt.Fprintf(e.stdout, "  %s  %s\n", step.Clock(), step.Title)
	}
	fmt.Fprint(e.stdout, "\nStop with Ctrl-C.\n")
}
