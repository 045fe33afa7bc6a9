package main

import (
	"context"
	"net/http"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/phrase"
)

// spoken is a command that says what it read in words, or as JSON.
type spoken struct {
	where
	JSON     bool   `help:"Print one JSON object."`
	Language string `help:"Of the words: en or zh." default:"en"`
}

// speaker prints v where JSON is wanted: done. Otherwise it returns who says it in words.
func (s *spoken) speaker(e *env, v any) (say phrase.Speaker, done bool, err error) {
	if s.JSON {
		return say, true, printJSON(e.stdout, v)
	}
	book, err := phrase.New()
	if err != nil {
		return say, false, err
	}
	return book.ForPage(s.Language), false, nil
}

// read asks a server, or the data folder of an installation.
func (w *where) read(e *env, path string, into any, local func(context.Context, *desk.Desk, desk.Principal) error) error {
	if w.URL != "" {
		return w.call(e.ctx, http.MethodGet, path, "", nil, into)
	}
	return w.local(e.ctx, func(ctx context.Context, a *app.App, who desk.Principal) error { return local(ctx, a.Desk(), who) })
}
