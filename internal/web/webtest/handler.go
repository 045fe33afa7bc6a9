package webtest

import (
	"log/slog"
	"net/http"
	"os"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/web"
)

// Handler serves the pages over a desk.
func Handler(d *Desk) (http.Handler, error) {
	book, err := phrase.New()
	if err != nil {
		return nil, err
	}
	return web.New(web.Config{
		Reads: d, Do: d, People: d, Health: d, OnCall: d, Calendars: Calendars{}, Own: Own{d}, Leave: Leave{d}, Auth: Auth{}, Answers: Answers{d}, Accounts: Accounts{d}, Live: d, Book: book,
		Now: clock.Fixed(Now), Version: "0.1.0",
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}
