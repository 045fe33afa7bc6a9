package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/desk"
)

// Tokens keeps the tokens of programs. Each call needs the right admin and is journalled.
type Tokens interface {
	TokenList(ctx context.Context, who desk.Principal) ([]account.Token, error)
	// AddToken returns the secret, which is shown once.
	AddToken(ctx context.Context, who desk.Principal, name string, scopes []desk.Scope, expires time.Time) (account.Token, string, error)
	RevokeToken(ctx context.Context, who desk.Principal, tokenID string) error
}

// A TokenRow is a token without its secret.
type TokenRow struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Account string       `json:"account" doc:"Account that it acts for."`
	Scopes  []desk.Scope `json:"scopes" doc:"It may do these, as long as its account may."`
	Created time.Time    `json:"created,omitzero"`
	Expires time.Time    `json:"expires,omitzero" doc:"Missing = never."`
	Used    time.Time    `json:"used,omitzero" doc:"To the minute."`
	Revoked time.Time    `json:"revoked,omitzero"`
}

func tokenOf(t account.Token) TokenRow {
	return TokenRow{t.ID, t.Name, t.Account, full(t.Scopes), t.Created, t.Expires, t.Used, t.Revoked}
}

// newToken is a token with its secret.
type newToken struct {
	TokenRow
	Token string `json:"token" doc:"The secret (wf_…). It is shown this once."`
}

type tokenInput struct {
	Body struct {
		Name    string       `json:"name" minLength:"1" maxLength:"200"`
		Scopes  []desk.Scope `json:"scopes" minItems:"1" maxItems:"10" nullable:"false" enum:"read,answer,decide,push,portfolio,rules,admin"`
		Expires time.Time    `json:"expires,omitzero" doc:"Within the next 366 days; missing = never."`
	}
}

func (s *server) tokens() {
	if s.Tokens == nil {
		return
	}
	add(s, operation{
		verb: http.MethodGet, path: "/tokens", id: "list-tokens", tag: "accounts", scope: desk.CanAdmin, summary: "Tokens of the organisation, by id",
	}, func(ctx context.Context, who desk.Principal, in *Paging) (List[TokenRow], error) {
		rows, err := s.Tokens.TokenList(ctx, who)
		slices.SortFunc(rows, func(a, b account.Token) int { return strings.Compare(a.ID, b.ID) })
		return cut(*in, mapped(rows, tokenOf), func(t TokenRow) string { return t.ID }), err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/tokens", id: "add-token", tag: "accounts", scope: desk.CanAdmin, status: http.StatusCreated,
		summary: "Make a token", about: "Its scopes must be among the caller's own.",
		example: map[string]any{"name": "gauge 7", "scopes": []any{"push"}, "expires": "2027-06-30T00:00:00Z"},
	}, func(ctx context.Context, who desk.Principal, in *tokenInput) (newToken, error) {
		t, plain, err := s.Tokens.AddToken(ctx, who, in.Body.Name, in.Body.Scopes, in.Body.Expires)
		return newToken{tokenOf(t), plain}, err
	})
	add(s, operation{
		verb: http.MethodDelete, path: "/tokens/{id}", id: "revoke-token", tag: "accounts", scope: desk.CanAdmin, summary: "Make a token useless at once",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (done, error) {
		return done{true}, s.Tokens.RevokeToken(ctx, who, in.ID)
	})
}
