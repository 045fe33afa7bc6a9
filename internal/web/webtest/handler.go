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
		Reads: d, Do: d, People: d, Devices: d, PushKey: PushKey, Health: d, Leave: Leave{d}, Auth: Auth{}, Answers: Answers{d}, Accounts: Accounts{d}, Live: d, Book: book,
		Now: clock.Fixed(Now), Version: "0.1.0",
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}

// PushKey is a point of P-256 that a page can give a browser: the example of RFC 8291.
const PushKey = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
