package webtest

import (
	"context"
	"log/slog"
	"net/http"
	"os"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/wording"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/web"
)

// Previews words samples as the program does, over the invented world's warnings.
type Previews struct {
	Desk *Desk
	Book *phrase.Book
}

// Preview implements web.Previews.
func (p Previews) Preview(ctx context.Context, who desk.Principal, x delivery.Sample) (delivery.Preview, error) {
	if x.Warning == "" {
		return wording.Preview(ctx, p.Book, x, nil)
	}
	story, err := p.Desk.Story(ctx, who, x.Warning)
	if err != nil {
		return delivery.Preview{}, err
	}
	return wording.Preview(ctx, p.Book, x, &wording.Item{Warning: story.Warning, Project: story.Project})
}

// Handler serves the pages over a desk.
func Handler(d *Desk) (http.Handler, error) {
	book, err := phrase.New()
	if err != nil {
		return nil, err
	}
	return web.New(web.Config{
		Reads: d, Do: d, People: d, Devices: d, PushKey: PushKey, Health: d, Release: d, OnCall: d, Risks: d, Assess: Assess{}, Reports: Reports{}, ReportFiles: ReportFiles{}, Letters: Letters{}, Ahead: Ahead(), Calendars: Calendars{}, Own: Own{d}, Leave: Leave{d}, Auth: Auth{}, Answers: Answers{d}, Accounts: Accounts{d}, Live: d, Book: book, Previews: Previews{d, book},
		Now: clock.Fixed(Now), Version: "0.1.0",
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}

// PushKey is a point of P-256 that a page can give a browser: the example of RFC 8291.
const PushKey = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
