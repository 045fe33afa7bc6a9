package app

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"strings"
	"time"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/phrase"
)

// Bare serves what is left when the installation cannot be opened: a page that says that
// nobody watches, why, and what to do; and behind a link that only the administrator gets what
// was open last. It tells the administrator by mail, reads and writes no database, sends no
// heartbeat, and lasts until ctx ends: a supervisor that starts us over and over would help
// nobody.
func Bare(ctx context.Context, cfg config.Config, opts Options, cause error) (err error) {
	a := &App{cfg: cfg, opts: opts.withDefaults()}
	if a.guard, err = cfg.Guard(); err != nil {
		return errors.Join(cause, err)
	}
	if a.book, err = phrase.New(); err != nil {
		return errors.Join(cause, err)
	}
	var secret [18]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return errors.Join(cause, err)
	}
	b := &bare{App: a, since: a.opts.Now(), key: base64.RawURLEncoding.EncodeToString(secret[:])}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return errors.Join(cause, fmt.Errorf("listen on %s: %w", cfg.Listen, err))
	}
	a.opts.Log.Error("nobody watches: the installation cannot be opened", "error", cause)
	link := cfg.BaseURL + "/known?key=" + b.key
	fmt.Fprintf(a.opts.Out, "Watchfire does NOT watch: %v\nWhat was open last: %s\n", cause, link)
	a.alarms = newAlarms(a)
	say := a.book.ForPage(cfg.Language)
	one := told{"bare", say.T("alarm.subject", "Name", cfg.Name, "What", say.T("bare.title")), say.T("bare.mail", "Why", cause.Error(), "URL", link)}
	if err := a.alarms.send(ctx, one); err != nil {
		a.opts.Log.Error("alarm", "error", err)
	}
	srv := &http.Server{Handler: b, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() {
		if cfg.TLS.Certificate != "" {
			done <- srv.ServeTLS(l, cfg.TLS.Certificate, cfg.TLS.Key)
			return
		}
		done <- srv.Serve(l)
	}()
	select {
	case err := <-done:
		return errors.Join(cause, err)
	case <-ctx.Done():
	}
	err = srv.Close()
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// bare answers every request with the same page.
type bare struct {
	*App
	since time.Time
	key   string
}

// ServeHTTP implements http.Handler. Only the process is healthy: it is not ready for anything.
func (b *bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	say := b.book.ForPage(r.Header.Get("Accept-Language"))
	text := []string{say.T("bare.what", "Time", b.since.UTC().Format(time.RFC3339)), say.T("bare.do")}
	switch {
	case r.URL.Path == "/healthz":
		h.Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, "safe mode: nobody watches")
		return
	case r.URL.Path == "/readyz" || strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/hooks/"):
		h.Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, `{"status":503,"title":"Service Unavailable","detail":"safe mode: nobody watches"}`)
		return
	case r.URL.Path == "/known" && subtle.ConstantTimeCompare([]byte(r.URL.Query().Get("key")), []byte(b.key)) == 1:
		text = append(text, b.open(say)...)
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Retry-After", "60")
	w.WriteHeader(http.StatusServiceUnavailable)
	title := html.EscapeString(say.T("bare.title"))
	fmt.Fprintf(w, "<!doctype html>\n<html lang=%q><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>%s</title>\n<main><h1>%s</h1>\n", say.Language(), title, title)
	for _, t := range text {
		fmt.Fprintf(w, "<p>%s</p>\n", html.EscapeString(t))
	}
	fmt.Fprintln(w, "</main></html>")
}

// open says what was open when it could last be read.
func (b *bare) open(say phrase.Speaker) []string {
	k, err := lastKnown(b.cfg)
	if err != nil {
		return []string{say.T("bare.unknown")}
	}
	out := []string{say.T("bare.known", "Time", k.At.UTC().Format(time.RFC3339), "N", len(k.Warnings))}
	for _, w := range k.Warnings {
		out = append(out, say.Level(w.Level)+" · "+w.Project+" · "+say.T("hazard."+w.Hazard)+" · "+w.Since.UTC().Format(time.RFC3339))
	}
	return out
}
