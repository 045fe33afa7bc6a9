package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/delivery"
)

type tempWords struct {
	a     *App
	links *account.AnswerLinks
}

func (t tempWords) Word(ctx context.Context, c delivery.Claimed, f delivery.Facts) (delivery.Message, error) {
	w, err := t.a.book.For(f.Contact.Language).Warning(f.Warning, f.Project, f.Contact.Zone)
	if err != nil {
		return delivery.Message{}, err
	}
	u, err := t.links.Answer(ctx, c.Org, c.Warning, c.Contact, t.a.opts.Now().Add(72*time.Hour))
	if err != nil {
		return delivery.Message{}, err
	}
	return delivery.Message{Key: c.ID, Org: c.Org, Address: c.Address, Purpose: c.Purpose, Level: c.Level, Warning: f.Warning, Project: f.Project, Contact: f.Contact,
		Subject: w.Subject, Text: w.First + "\n\n" + strings.Join(w.Do, "\n") + "\n\n" + u, HTML: "<p>" + w.First + "</p><a href='" + u + "'>answer</a>", Language: "en", AnswerURL: u, PageURL: t.a.cfg.BaseURL + "/warnings/" + c.Warning, Thread: c.Warning, First: c.First, At: c.Queued}, nil
}

func (a *App) api(s *account.Service) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) {})
	return mux, nil
}
