package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync/atomic"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/response"
)

// surveyLinks makes and opens the links by which respondents answer.
func (a *App) surveyLinks(ctx context.Context) (*account.SurveyLinks, error) {
	return once(&a.serving.sheets, func() (*account.SurveyLinks, error) {
		return account.NewSurveyLinks(ctx, a.db, a.desk, rand.Reader, a.cfg.BaseURL)
	})
}

// once returns what is kept, or makes and keeps it; what fails is tried again.
func once[T any](kept *atomic.Pointer[T], build func() (*T, error)) (*T, error) {
	if t := kept.Load(); t != nil {
		return t, nil
	}
	t, err := build()
	if err != nil {
		return nil, err
	}
	kept.Store(t)
	return t, nil
}

// surveyConfig is what the desk needs for surveys and notices.
func (a *App) surveyConfig() desk.SurveyConfig {
	return desk.SurveyConfig{
		Surveys: a.db, Notices: a.db, Carries: a.carries,
		SheetLink: func(ctx context.Context, org, survey, respondent string) (string, error) {
			links, err := a.surveyLinks(ctx)
			if err != nil {
				return "", err
			}
			_, hash := links.Link(org, survey, respondent)
			return hash, nil
		},
	}
}

// noticed words a message that belongs to no warning; a survey's has its respondent's link.
func (d digests) noticed(ctx context.Context, c delivery.Claimed, f delivery.Facts) (delivery.Message, error) {
	p, name, ok := response.Brought(c.Warning)
	if !ok || p != response.Notice {
		return delivery.Message{}, fmt.Errorf("notification %s names no notice", c.ID)
	}
	n, err := d.app.db.Notice(ctx, c.Org, name)
	if err != nil {
		return delivery.Message{}, err
	}
	url := ""
	if n.Survey != "" {
		links, err := d.app.surveyLinks(ctx)
		if err != nil {
			return delivery.Message{}, err
		}
		url, _ = links.Link(c.Org, n.Survey, n.Respondent)
	}
	return d.Wording.Notice(c, n, f.Contact, url)
}

// carries tells whether a notice can go over a channel: it reaches one person in writing, and
// is set up here.
func (a *App) carries(channel string) bool {
	known := a.serving.channels.Load()
	if known == nil { // a command that sends nothing itself
		return channel == "email" || channel == "sms" || channel == "whatsapp"
	}
	for _, c := range *known {
		if c.Name() != channel {
			continue
		}
		able, ok := c.(delivery.Abled)
		if !ok {
			return false
		}
		x := able.Able()
		return x.Personal && x.Form != delivery.Spoken && x.Form != delivery.Data
	}
	return false
}

// surveysDue opens, reminds and closes what the clock asks of an organisation's surveys.
func (a *App) surveysDue(ctx context.Context, org string) error {
	if err := a.desk.SurveysDue(ctx, org); err != nil {
		return fmt.Errorf("surveys of %s: %w", org, err)
	}
	return nil
}
