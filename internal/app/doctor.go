package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/pulse"
)

// Examine judges an installation from outside of its serving process, which may run or not:
// its database, sources, channels, journal and room. It changes nothing.
func Examine(ctx context.Context, cfg config.Config, now clock.Clock) ([]pulse.Check, error) {
	a := &App{cfg: cfg, opts: Options{Now: now}.withDefaults(), serving: &serving{}}
	if err := a.loadSources(cfg); err != nil {
		return nil, err
	}
	db, err := OpenExisting(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer db.Close() //nolint:errcheck // reading only
	if _, err := db.LoadMute(ctx); err != nil {
		return nil, err
	}
	f, err := db.Vitals(ctx, now())
	if err != nil {
		return nil, err
	}
	rows, err := db.SourceRows(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the sources: %w", err)
	}
	f.Sources = desk.SourceFacts(desk.Statuses(a.sources.Sources(), rows, "", now()))
	f.Disk, f.Backup = room(cfg.Data), backupFact(ctx, cfg, db)
	f.Certificate = certificateEnd(cfg)
	checks := pulse.Assess(f, pulse.DefaultLimits())
	process := pulse.Check{Name: pulse.Replica, Subject: cfg.Listen, State: pulse.OK}
	if err := Ask(ctx, cfg, "/readyz"); err != nil {
		process.State, process.Detail, process.Urgent = pulse.Down, err.Error(), true
	}
	return pulse.Sorted(append(checks, process)), nil
}

// Ask asks the serving process of a configuration on this machine; nil = it answers 200.
func Ask(ctx context.Context, cfg config.Config, path string) error {
	host, port, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen %q: %w: %w", cfg.Listen, fault.ErrInvalid, err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme, transport := "http", &http.Transport{}
	if cfg.TLS.Certificate != "" {
		scheme = "https"
		// The certificate is for the name that people use; this is the same machine.
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // loopback to ourselves
	}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+path, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", cfg.Listen, err)
	}
	res, err := (&http.Client{Transport: transport, Timeout: 5 * time.Second}).Do(req)
	if err != nil {
		return fmt.Errorf("nothing answers on %s: %w", cfg.Listen, fault.ErrUnavailable)
	}
	defer res.Body.Close() //nolint:errcheck // reading only
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %w", strings.TrimPrefix(path, "/"), res.Status, fault.ErrUnavailable)
	}
	return nil
}
