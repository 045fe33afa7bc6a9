package api

import (
	"context"
	"net/http"

	"watchfire.dev/internal/desk"
)

func (s *server) vitals() {
	if s.Release != nil {
		add(s, operation{
			verb: http.MethodPost, path: "/release", id: "release", tag: "sources", scope: desk.CanDecide, errors: []int{http.StatusConflict},
			summary: "Let a restored installation speak again",
			about:   "What is older than 15 minutes is not sent and is shown so; what is younger goes out. 409 when nothing is muted.",
		}, func(ctx context.Context, who desk.Principal, _ *none) (desk.Unmuted, error) {
			return s.Release.Release(ctx, who)
		})
	}
	if s.Health == nil {
		return
	}
	add(s, operation{
		verb: http.MethodGet, path: "/vitals", id: "get-vitals", tag: "sources", scope: desk.CanRead,
		summary: "How alive the watch itself is: late, mute, blind or down, since when",
		about:   "Urgent means that the outgoing heartbeat is held back, so that somebody outside notices.",
	}, func(ctx context.Context, who desk.Principal, _ *none) (desk.Vitals, error) {
		return s.Health.Vitals(ctx, who)
	})
	add(s, operation{
		verb: http.MethodGet, path: "/sender", id: "get-sender", tag: "sources", scope: desk.CanRead,
		summary: "How the sending of notifications goes: what waits, what channels take, who gets digests, what must be corrected",
		about:   "A dead address is a task for the administrator: it ends when the contact changes or the address takes a message.",
	}, func(ctx context.Context, who desk.Principal, _ *none) (desk.Sender, error) {
		return s.Health.Sender(ctx, who)
	})
}
