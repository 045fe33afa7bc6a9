package api

import (
	"context"
	"net/http"

	"watchfire.dev/internal/desk"
)

type testContact struct {
	ByID
	Body struct {
		Channel string `json:"channel" enum:"email,webhook,cap"`
	}
}

type unmute struct {
	ByID
	Body struct {
		Project string `json:"project" minLength:"1" maxLength:"100" doc:"Id of the project that was muted."`
		Channel string `json:"channel" minLength:"1" maxLength:"40"`
	}
}

func (s *server) contacts() {
	if s.People == nil {
		return
	}
	add(s, operation{
		verb: http.MethodGet, path: "/contacts/{id}", id: "get-contact", tag: "portfolio", scope: desk.CanRead,
		summary: "One contact: how each channel is doing, what was muted",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (desk.ContactCard, error) {
		return s.People.Contact(ctx, who, in.ID)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/contacts/{id}/test", id: "test-contact", tag: "portfolio", scope: desk.CanAnswer,
		summary: "Send a contact a test message over a channel", example: map[string]any{"channel": "email"},
		about: "The message says that it is a test and asks for nothing; ok says whether the channel took it. Once a minute: 409 before.",
	}, func(ctx context.Context, who desk.Principal, in *testContact) (desk.Probe, error) {
		return s.People.TestContact(ctx, who, in.ID, in.Body.Channel)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/contacts/{id}/unmute", id: "unmute-contact", tag: "portfolio", scope: desk.CanAnswer,
		summary: "Lift a mute before its end",
		example: map[string]any{"project": "prj_0123456789abcdef", "channel": "email"},
	}, func(ctx context.Context, who desk.Principal, in *unmute) (done, error) {
		return done{true}, s.People.Unmute(ctx, who, in.ID, in.Body.Project, in.Body.Channel)
	})
	add(s, operation{
		verb: http.MethodGet, path: "/mutes", id: "list-mutes", tag: "portfolio", scope: desk.CanRead,
		summary: "Mutes that hold now, the one that ends first at the top", about: "What goes out at red is never muted.",
	}, func(ctx context.Context, who desk.Principal, _ *none) (List[desk.MuteRow], error) {
		rows, err := s.People.Mutes(ctx, who)
		return listOf(rows, ""), err
	})
}
