package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"watchfire.dev/internal/desk"
)

// Live tells what has changed: "queue", "sources", "portfolio". The channel is closed when
// ctx ends, and when the desk wants its listeners to come back.
type Live interface {
	Subscribe(ctx context.Context, org string) <-chan string
}

// beat is how often a silent stream says that it lives.
const beat = 20 * time.Second

// live streams topics, no content: who hears of a change asks for it, with the rights of
// that moment. A session or token that ends ends the stream at the next beat (TRUST.md S15).
func (s *server) live() {
	if s.Config.Live == nil {
		return
	}
	o := operation{
		verb: http.MethodGet, path: "/live", id: "follow-changes", tag: "events", scope: desk.CanRead, file: eventStream,
		summary: "Server-sent events that say what has changed",
		about:   "An event is queue, sources or portfolio, and carries no data: ask again for what you show. The stream is cut when the desk restarts.",
	}
	huma.Register(s.api, o.huma(), func(ctx context.Context, _ *none) (*stream, error) {
		who := whoOf(ctx)
		if !who.May(desk.CanRead) {
			return nil, s.failed(ctx, who, o.id, missing(desk.CanRead))
		}
		return &stream{func(out huma.Context) {
			out.SetHeader("Content-Type", eventStream)
			out.SetStatus(http.StatusOK)
			s.follow(ctx, out, s.Config.Live.Subscribe(ctx, who.Org))
		}}, nil
	})
}

func (s *server) follow(ctx context.Context, out huma.Context, topics <-chan string) {
	send := func(line string) bool {
		if _, err := fmt.Fprint(out.BodyWriter(), line); err != nil {
			return false
		}
		if w, ok := out.BodyWriter().(http.ResponseWriter); ok {
			return http.NewResponseController(w).Flush() == nil
		}
		return true
	}
	if !send("event: hello\ndata:\n\n") {
		return
	}
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case topic, open := <-topics:
			if !open || !send("event: "+topic+"\ndata:\n\n") {
				return
			}
		case <-tick.C:
			if !stillIn(ctx) || !send(": beat\n\n") {
				return
			}
		}
	}
}

type stillKey struct{}

// stillIn asks whether who began the stream could begin it now.
func stillIn(ctx context.Context) bool {
	still, ok := ctx.Value(stillKey{}).(func() bool)
	return !ok || still()
}
