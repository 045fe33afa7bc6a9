// Package api is the desk for programs: everything that the pages show and do, as JSON over
// HTTP with an OpenAPI 3.1 description made from the code. It promises that errors are
// problem+json with the status of their meaning, that what belongs to another organisation
// is answered like what does not exist, that unknown fields and parameters are refused, that
// lists have cursors and reads a strong ETag, and that a POST with an Idempotency-Key has one
// effect. It holds no rules and checks no rights of its own where the desk does: a call here
// is one call there, for the principal's organisation only.
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
)

// Auth tells who asks: by bearer token or by session cookie. Its error is
// fault.ErrUnauthorised when nobody does.
type Auth interface {
	Principal(*http.Request) (desk.Principal, error)
}

// Denials journals that a right was missing (TRUST.md S37).
type Denials interface {
	Denied(ctx context.Context, who desk.Principal, operation string) error
}

// Requests keeps the answers to requests that carry an Idempotency-Key for a day.
type Requests interface {
	// BeginRequest claims the key; status 0 = go ahead. fault.ErrConflict when the key stands
	// for another request, or for one whose fate is not known.
	BeginRequest(ctx context.Context, org, key, request string, now time.Time) (status int, body []byte, err error)
	// FinishRequest stores the answer; status 0 gives the key free, because nothing was done.
	FinishRequest(ctx context.Context, org, key string, status int, body []byte) error
}

// Names puts a name to an account of an organisation.
type Names interface {
	NameOf(ctx context.Context, org, account string) (string, error)
}

// Config is what the API needs. Reads, Do, Auth, Requests and Now are required; an
// operation whose part is missing is neither served nor described.
type Config struct {
	Reads    desk.Reads
	Do       desk.Commands
	Auth     Auth
	Requests Requests
	Denials  Denials // nil = Auth, when it can
	Names    Names   // nil = Auth, when it can
	Accounts Accounts
	Own      Own
	Tokens   Tokens
	Edits    Edits
	Archive  Archive
	Journal  Journal
	Alerts   Alerts
	Partners Partners
	People   desk.People
	OnCall   desk.OnCall
	Risks    desk.Risks // nil = there is no register
	Assess   desk.Assessments
	Reports  desk.Reports   // nil = there are none
	Ahead    desk.Forecasts // nil = there are none
	// ReportForms writes reports as files.
	ReportForms ReportForms
	Health      desk.Health
	Release     desk.Releaser // nil = nothing is ever muted
	Channels    Channels      // nil = no channel has a hook
	Live        Live
	Previews    Previews       // of messages
	Method      *impact.Method // of the calculator; nil = the built-in one
	Matrix      *level.Matrix  // of the calculator; nil = the built-in one
	RuleCheck   func(desk.RuleRow) error
	// RuleTest runs the cases of a file of rules and reports on each; a file with mistakes is
	// a rule.Problems.
	RuleTest func(name string, file []byte) (passed, failed int, report string, err error)
	Ready    func(context.Context) error
	Schema   []byte // JSON Schema of a signal
	Now      clock.Clock
	Version  string
	BaseURL  string       // as providers were given it, without a slash at the end
	Log      *slog.Logger // nil = silent
}

type server struct {
	Config
	mux *http.ServeMux
	api huma.API
}

// New returns the handler of /api/, /hooks/, /cap/, /healthz and /readyz. It panics when a
// required part is missing: that is a bug of the program that calls it.
func New(c Config) http.Handler {
	if c.Reads == nil || c.Do == nil || c.Auth == nil || c.Requests == nil || c.Now == nil {
		panic("api: Reads, Do, Auth, Requests and Now are needed")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Denials == nil {
		c.Denials, _ = c.Auth.(Denials)
	}
	if c.Names == nil {
		c.Names, _ = c.Auth.(Names)
	}
	mux := http.NewServeMux()
	s := &server{Config: c, mux: mux, api: humago.New(mux, description(c.Version))}
	for _, register := range s.parts() {
		register()
	}
	s.describe()
	return s.guard(mux)
}

// parts are the areas of the API, each in a file of its own. A new area is one more line.
func (s *server) parts() []func() {
	return []func(){
		s.warnings, s.events, s.signals, s.portfolio, s.edits, s.contacts, s.duty, s.register, s.sources, s.journal, s.rules, s.assessments, s.reports, s.forecasts, s.account, s.accounts, s.tokens, s.public, s.live, s.vitals, s.hooks,
		func() { s.calculate(s.Method, s.Matrix) }, func() { s.wording(s.Previews) },
	}
}

// description is the head of the OpenAPI document. huma's own pages are off: they load
// scripts from elsewhere (TRUST.md S28).
func description(version string) huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	registry.RegisterTypeAlias(reflect.TypeFor[geo.Shape](), reflect.TypeFor[Shape]())
	registry.RegisterTypeAlias(reflect.TypeFor[level.Level](), reflect.TypeFor[Level]())
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Watchfire", Version: version,
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
				Description: "The watch desk for programs. Times are RFC 3339 in UTC, spans are whole seconds, levels are green, yellow, orange " +
					"and red. A list answers with items and, when there is more, next: give it back as after. A GET answers with a strong ETag " +
					"and understands If-None-Match. A POST with an Idempotency-Key has one effect for 24 hours, however often it is sent.",
			},
			Servers: []*huma.Server{{URL: "/", Description: "This installation."}},
			Tags:    tags(),
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token":   {Type: "http", Scheme: "bearer", Description: "API token (wf_…), made by an administrator; it has scopes and may end."},
					"session": {Type: "apiKey", In: "cookie", Name: "__Host-watchfire", Description: "Session of the pages (named watchfire on a loopback address without certificate). Requests with an effect must come from our own pages."},
				},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": asJSON(), "json": asJSON()}, // "json" also stands for +json
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{discreet},
	}
}

func tags() []*huma.Tag {
	return []*huma.Tag{
		{Name: "warnings", Description: "What projects are told, and what people do about it."},
		{Name: "events", Description: "What happens, merged from signals."},
		{Name: "signals", Description: "What sources, partners and people at sites say."},
		{Name: "portfolio", Description: "Projects, assets and contacts, with versions."},
		{Name: "duty", Description: "Who is on duty, who is asked next, and what receivers have chosen."},
		{Name: "register", Description: "Risks, what is done against them, and what is left."},
		{Name: "sources", Description: "Where signals come from, and where we are blind."},
		{Name: "journal", Description: "Who knew what, and when."},
		{Name: "rules", Description: "The organisation's own rules."},
		{Name: "forecasts", Description: "Chances of conflict by country and month and of incidents by project and week, kept before anybody could know, and how good they were."},
		{Name: "assessments", Description: "How dangerous each country, project and site is, from which numbers, and how sure that is."},
		{Name: "reports", Description: "What readers get on a calendar, and how to make it again."},
		{Name: "accounts", Description: "People and programs that may come in."},
		{Name: "calculate", Description: "What an analyst reckons by hand; nothing of the organisation's is read."},
		{Name: "public", Description: "What needs no sign-in."},
	}
}

// describe serves the description, made once.
func (s *server) describe() {
	asJSON, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		panic(fmt.Sprintf("api: describe: %v", err)) // the description is made of our own types
	}
	asYAML, err := s.api.OpenAPI().YAML()
	if err != nil {
		panic(fmt.Sprintf("api: describe: %v", err))
	}
	s.mux.HandleFunc("GET "+descriptionPath+"json", fixed("application/openapi+json", asJSON))
	s.mux.HandleFunc("GET "+descriptionPath+"yaml", fixed("application/openapi+yaml", asYAML))
}

func fixed(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Write(body) //nolint:errcheck // the client has gone
	}
}
