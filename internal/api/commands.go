package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/warning"
)

func operationID(verb, path string) string {
	return verb + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(path)
}

func tag(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return name
}

// post registers a POST with a status.
func post[I, O any](s *server, path, summary string, status int, do func(context.Context, *I) (O, error)) {
	huma.Register(s.api, huma.Operation{
		Method: http.MethodPost, Path: "/api/v1" + path, OperationID: operationID("post", path), Summary: summary, Tags: []string{tag(path)},
		DefaultStatus: status, MaxBodyBytes: maxBody, Errors: []int{401, 403, 404, 409, 413, 422, 503},
		Description: "Give an Idempotency-Key: a repeat with the same key has one effect.",
	}, func(ctx context.Context, in *I) (*of[O], error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, s.failed(err)
		}
		return &of[O]{out}, nil
	})
}

type reasonInput struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"Why; kept with the warning."`
	}
}

type answerInput struct {
	ByID
	Body struct {
		Answer string `json:"answer" enum:"have_it,need_help,cannot" default:"have_it"`
		Note   string `json:"note,omitempty" maxLength:"2000"`
	}
}

type noteInput struct {
	ByID
	Body struct {
		Note string `json:"note,omitempty" maxLength:"2000"`
	}
}

type splitInput struct {
	ByID
	Body struct {
		Signals []string `json:"signals" minItems:"1" maxItems:"100" doc:"Ids of the newest signals of the reports that are to leave the event."`
	}
}

type onInput struct {
	ByID
	Body struct {
		On bool `json:"on"`
	}
}

// done is the answer of a command that has nothing to show.
type done struct {
	Done bool `json:"done"`
}

func (s *server) commands() {
	post(s, "/warnings/{id}/answer", "Acknowledge: have it, need help, or cannot act", 200, func(ctx context.Context, in *answerInput) (desk.Answer, error) {
		return s.Do.Acknowledge(ctx, who(ctx), in.ID, desk.Answer{Kind: in.Body.Answer, Note: in.Body.Note, Via: "api"})
	})
	post(s, "/warnings/{id}/escalate", "Ask the next contact now", 200, func(ctx context.Context, in *noteInput) (done, error) {
		return done{true}, s.Do.Escalate(ctx, who(ctx), in.ID, in.Body.Note)
	})
	post(s, "/warnings/{id}/end", "It happened and has passed", 200, func(ctx context.Context, in *reasonInput) (warning.Warning, error) {
		return s.Do.End(ctx, who(ctx), in.ID, in.Body.Reason)
	})
	post(s, "/warnings/{id}/cancel", "It was wrong; a red needs a second person", 200, func(ctx context.Context, in *reasonInput) (warning.Warning, error) {
		return s.Do.Cancel(ctx, who(ctx), in.ID, in.Body.Reason)
	})
	post(s, "/warnings/{id}/sign", "Sign a proposed red", 200, func(ctx context.Context, in *ByID) (warning.Warning, error) {
		return s.Do.Sign(ctx, who(ctx), in.ID)
	})
	post(s, "/events/{id}/split", "Make a new event of some reports", 200, func(ctx context.Context, in *splitInput) (done, error) {
		return done{true}, s.Do.Split(ctx, who(ctx), in.ID, in.Body.Signals)
	})
	s.signals()
	post(s, "/field-reports", "Report what happens at a site", 202, func(ctx context.Context, in *struct{ Body desk.FieldReport }) (desk.Pushed, error) {
		return s.Do.Field(ctx, who(ctx), in.Body)
	})
	post(s, "/portfolio/imports/{id}/commit", "Carry out a previewed import: all or nothing", 200, func(ctx context.Context, in *ByID) (desk.VersionRow, error) {
		return s.Do.Commit(ctx, who(ctx), in.ID)
	})
	post(s, "/portfolio/undo", "Restore what stood before the newest version", 200, func(ctx context.Context, in *struct {
		Body struct {
			Version int64 `json:"version" minimum:"1"`
		}
	},
	) (desk.VersionRow, error) {
		return s.Do.Undo(ctx, who(ctx), in.Body.Version)
	})
	post(s, "/sources/{id}/switch", "Switch a source on or off", 200, func(ctx context.Context, in *onInput) (done, error) {
		return done{true}, s.Do.SetSource(ctx, who(ctx), in.ID, in.Body.On)
	})
	post(s, "/sources/{id}/poll", "Ask a source now", 202, func(ctx context.Context, in *ByID) (done, error) {
		return done{true}, s.Do.PollNow(ctx, who(ctx), in.ID)
	})
	post(s, "/rules", "Store a rule; a new one starts in shadow", 200, func(ctx context.Context, in *struct{ Body ruleInput }) (desk.RuleRow, error) {
		return s.Do.PutRule(ctx, who(ctx), in.Body.row())
	})
	post(s, "/tokens", "Make an API token; it is shown once", 201, s.addToken)
}

// ruleInput is a rule as a client writes it.
type ruleInput struct {
	ID   string `json:"id,omitempty" maxLength:"100"`
	Name string `json:"name" minLength:"1" maxLength:"200"`
	When string `json:"when" minLength:"1" maxLength:"4000" doc:"CEL over event, exposure and asset."`
	Then string `json:"then" enum:"suppress,raise,lower,route"`
	To   string `json:"to,omitempty" maxLength:"100" doc:"Contact code, with route."`
	Mode string `json:"mode,omitempty" enum:"off,shadow,on" default:"shadow"`
}

func (r ruleInput) row() desk.RuleRow {
	return desk.RuleRow{ID: r.ID, Name: r.Name, When: r.When, Then: r.Then, To: r.To, Mode: r.Mode}
}

// signals registers the push by itself: its body has a schema of its own, and the parser of
// pushed signals names every fault by its place.
func (s *server) signals() {
	huma.Register(s.api, huma.Operation{
		Method: http.MethodPost, Path: "/api/v1/signals", OperationID: "post-signals", Tags: []string{"signals"},
		Summary:       "Send signals in: one, a batch, or JSON lines",
		Description:   "The form of a signal is /api/v1/schema/signal.json. Give an Idempotency-Key: a repeat with the same key has one effect.",
		DefaultStatus: http.StatusAccepted, MaxBodyBytes: maxBody, SkipValidateBody: true, Errors: []int{401, 403, 404, 409, 413, 422, 503},
	}, func(ctx context.Context, in *pushInput) (*of[desk.Pushed], error) {
		out, err := s.push(ctx, in)
		if err != nil {
			return nil, s.failed(err)
		}
		return &of[desk.Pushed]{out}, nil
	})
}

type pushInput struct {
	Key     string `header:"Idempotency-Key" maxLength:"200"`
	Source  string `query:"source" doc:"Id of a source that takes pushes; default push." maxLength:"100"`
	RawBody []byte `contentType:"application/json"`
}

func (s *server) push(ctx context.Context, in *pushInput) (desk.Pushed, error) {
	return s.Do.Push(ctx, who(ctx), in.Source, in.RawBody, in.Key)
}

// A NewToken is an API token with its plain text, which is shown once.
type NewToken struct {
	ID     string       `json:"id"`
	Name   string       `json:"name"`
	Scopes []desk.Scope `json:"scopes"`
	Token  string       `json:"token"`
}

// Tokens makes API tokens.
type Tokens interface {
	AddToken(ctx context.Context, who desk.Principal, name string, scopes []desk.Scope, expires time.Time) (id, plain string, err error)
}

type tokenInput struct {
	Body struct {
		Name    string       `json:"name" minLength:"1" maxLength:"100"`
		Scopes  []desk.Scope `json:"scopes" minItems:"1" maxItems:"10"`
		Expires time.Time    `json:"expires,omitzero"`
	}
}

func (s *server) addToken(ctx context.Context, in *tokenInput) (NewToken, error) {
	id, plain, err := s.Tokens.AddToken(ctx, who(ctx), in.Body.Name, in.Body.Scopes, in.Body.Expires)
	return NewToken{ID: id, Name: in.Body.Name, Scopes: in.Body.Scopes, Token: plain}, err
}
