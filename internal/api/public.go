package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

// Alerts is the organisation's own CAP 1.2 feed.
type Alerts interface {
	Feed(ctx context.Context, org string) ([]byte, error)
	Alert(ctx context.Context, org, warning string, revision int) ([]byte, error)
}

// Partners takes signed webhooks.
type Partners interface {
	// Hook verifies the signature and takes the delivery.
	Hook(ctx context.Context, source string, h http.Header, body []byte) (desk.Pushed, error)
}

type hookInput struct {
	Source  string `path:"source" maxLength:"100" doc:"Id of a source whose partner the configuration names."`
	headers http.Header
	RawBody []byte `contentType:"application/json"`
}

// Resolve implements huma.Resolver: the signature is over headers too.
func (h *hookInput) Resolve(ctx huma.Context) []error {
	h.headers = http.Header{}
	ctx.EachHeader(func(name, value string) { h.headers.Add(name, value) })
	return nil
}

type feedInput struct {
	Feed string `path:"feed" maxLength:"100" doc:"ORG.atom"`
}

type alertInput struct {
	Org      string `path:"org" maxLength:"100"`
	Warning  string `path:"warning" maxLength:"100"`
	Revision string `path:"revision" maxLength:"30" doc:"REVISION.xml"`
}

// health says that the process answers.
type health struct {
	OK bool `json:"ok"`
}

func (s *server) public() {
	add(s, operation{
		verb: http.MethodGet, path: "/healthz", id: "get-health", tag: public, summary: "The process answers",
	}, func(context.Context, desk.Principal, *none) (health, error) { return health{true}, nil })
	add(s, operation{
		verb: http.MethodGet, path: "/readyz", id: "get-readiness", tag: public, summary: "The process can serve", about: "503 when the database does not answer or takes no writes, or when deciding, sending or the watchdog has stood still for 30 s.",
	}, func(ctx context.Context, _ desk.Principal, _ *none) (health, error) {
		if s.Ready == nil {
			return health{true}, nil
		}
		if err := s.Ready(ctx); err != nil {
			return health{}, fmt.Errorf("%w: %w", fault.ErrUnavailable, err)
		}
		return health{true}, nil
	})
	if s.Partners != nil {
		add(s, operation{
			verb: http.MethodPost, path: "/hooks/{source}", id: "deliver-hook", tag: public, status: http.StatusAccepted, max: maxBody,
			summary: "Deliver signals as a partner", takes: "application/json", form: schemaPath, errors: []int{http.StatusUnauthorized, http.StatusConflict},
			about: "Signed after Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature); a repeat of an id has no further effect.",
		}, func(ctx context.Context, _ desk.Principal, in *hookInput) (desk.Pushed, error) {
			if err := shallow(in.RawBody); err != nil {
				return desk.Pushed{}, err
			}
			return s.Partners.Hook(ctx, in.Source, in.headers, in.RawBody)
		})
	}
	if s.Alerts == nil {
		return
	}
	addFile(s, operation{
		verb: http.MethodGet, path: "/cap/{feed}", id: "get-cap-feed", tag: public, summary: "Warnings labelled CLEAR as an Atom feed of CAP 1.2 alerts",
		file: "application/atom+xml",
	}, func(ctx context.Context, _ desk.Principal, in *feedInput) (file, error) {
		org, ok := strings.CutSuffix(in.Feed, ".atom")
		if !ok {
			return file{}, fmt.Errorf("feed %.40q: %w", in.Feed, fault.ErrNotFound)
		}
		raw, err := s.Alerts.Feed(ctx, org)
		return file{Body: raw}, err
	})
	addFile(s, operation{
		verb: http.MethodGet, path: "/cap/{org}/{warning}/{revision}", id: "get-cap-alert", tag: public, summary: "One revision of a warning as a CAP 1.2 alert",
		file: "application/cap+xml",
	}, func(ctx context.Context, _ desk.Principal, in *alertInput) (file, error) {
		number, ok := strings.CutSuffix(in.Revision, ".xml")
		revision, err := strconv.Atoi(number)
		if err != nil || !ok {
			return file{}, fmt.Errorf("revision %.20q: %w", in.Revision, fault.ErrNotFound)
		}
		raw, err := s.Alerts.Alert(ctx, in.Org, in.Warning, revision)
		return file{Body: raw}, err
	})
}
