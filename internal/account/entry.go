package account

import (
	"context"
	"encoding/json"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// entry drafts a journal entry. Bodies hold ids and words of this package only: no address,
// no name (see package journal).
func (s *Service) entry(kind journal.Kind, org, actor, subject string, body map[string]any) journal.Draft {
	if body == nil {
		body = map[string]any{}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic("account: journal body of strings: " + err.Error()) // a bug of ours: maps of strings always marshal
	}
	return journal.Draft{At: s.cfg.Now(), Org: org, Kind: kind, Actor: actor, Subject: subject, Body: raw}
}

// actorOf names who acts: the account, or its token.
func actorOf(who desk.Principal) string {
	if who.Token != "" {
		return who.Token
	}
	return who.Account
}

// Denied journals that a right was missing (TRUST.md S37). what is the operation's name.
func (s *Service) Denied(ctx context.Context, who desk.Principal, what string) error {
	return s.cfg.Store.Journal(ctx, s.entry(journal.Denied, who.Org, actorOf(who), what, nil))
}

func need(who desk.Principal, scope desk.Scope) error {
	if who.May(scope) {
		return nil
	}
	return &missing{scope}
}

// missing is a right that is not there.
type missing struct{ scope desk.Scope }

func (m *missing) Error() string { return "the right " + string(m.scope) + " is missing" }

// Unwrap gives the meaning.
func (m *missing) Unwrap() error { return fault.ErrForbidden }
