package account

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"io"
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/survey"
)

// A SurveyLink lets one respondent answer one survey. Hash is the SHA-256 of its token.
type SurveyLink struct{ Hash, Org, Survey, Respondent string }

// SurveyLinkStore is what the links of surveys need of a database.
type SurveyLinkStore interface {
	Settings
	// SurveyLinkByHash fails with fault.ErrNotFound when there is none.
	SurveyLinkByHash(ctx context.Context, hash string) (SurveyLink, error)
}

// SheetDesk is what the desk does for a respondent whose signed link was shown.
type SheetDesk interface {
	Sheet(ctx context.Context, org, code, respondent string) (desk.SheetCard, error)
	PutSheet(ctx context.Context, org, code, respondent string, sheet survey.Sheet) error
}

// SurveyLinks makes and opens the links of surveys. A token is an HMAC-SHA256 over its one
// purpose, the survey and the respondent, cut to 128 bits: the same two always give the same
// link in every round and reminder, nobody can make one without the key, and it says nothing
// about either. It opens one sheet and nothing else, and what it can do ends with the round.
type SurveyLinks struct {
	store SurveyLinkStore
	desk  SheetDesk
	base  string
	key   []byte
}

// NewSurveyLinks reads the signing key, or makes it at the first start. baseURL is as in
// Config; d may be nil where links are made and not opened.
func NewSurveyLinks(ctx context.Context, store SurveyLinkStore, d SheetDesk, random io.Reader, baseURL string) (*SurveyLinks, error) {
	key, err := signingKey(ctx, store, "survey_link_key", random)
	if err != nil {
		return nil, fmt.Errorf("survey links: %w", err)
	}
	return &SurveyLinks{store, d, strings.TrimRight(baseURL, "/"), key}, nil
}

func (l *SurveyLinks) token(org, code, respondent string) string {
	return tokenOf(l.key, "watchfire survey link v1", org, code, respondent)
}

// Link is the address at which a respondent answers, and the hash that is kept of its token.
func (l *SurveyLinks) Link(org, code, respondent string) (url, hash string) {
	token := l.token(org, code, respondent)
	return l.base + "/s/" + token, hashOf(token)
}

// open finds what a token stands for. The signature is checked too, so that whoever can write
// to the database alone cannot make a link.
func (l *SurveyLinks) open(ctx context.Context, token string) (SurveyLink, error) {
	link, err := l.store.SurveyLinkByHash(ctx, hashOf(token))
	if errors.Is(err, fault.ErrNotFound) || err == nil && !hmac.Equal([]byte(token), []byte(l.token(link.Org, link.Survey, link.Respondent))) {
		return link, fmt.Errorf("survey link: %w", fault.ErrNotFound)
	}
	return link, err
}

// Open shows the sheet and has no effect: mail scanners and previews fetch links.
func (l *SurveyLinks) Open(ctx context.Context, token string) (desk.SheetCard, error) {
	link, err := l.open(ctx, token)
	if err != nil {
		return desk.SheetCard{}, err
	}
	return l.desk.Sheet(ctx, link.Org, link.Survey, link.Respondent)
}

// Save keeps a draft, or sends the sheet.
func (l *SurveyLinks) Save(ctx context.Context, token string, sheet survey.Sheet) error {
	link, err := l.open(ctx, token)
	if err != nil {
		return err
	}
	return l.desk.PutSheet(ctx, link.Org, link.Survey, link.Respondent, sheet)
}
