package api

import (
	"context"
	"net/http"

	"watchfire.dev/internal/desk"
)

// A Trial is what became of one test message.
type Trial struct {
	Channel string `json:"channel"`
	State   string `json:"state" doc:"sent, delivered, failed, or skipped when the channel has no test messages."`
	Detail  string `json:"detail,omitempty" doc:"What the channel said."`
}

// Testing sends a contact a message that says that it is a test, over each of its channels.
// A contact of another organisation is fault.ErrNotFound.
type Testing interface {
	TestContact(ctx context.Context, who desk.Principal, contact string) ([]Trial, error)
}

func (s *server) contacts() {
	if s.Testing == nil {
		return
	}
	add(s, operation{
		verb: http.MethodPost, path: "/contacts/{id}/test", id: "test-contact", tag: "portfolio", scope: desk.CanPortfolio,
		summary: "Send a contact a test message over each channel", about: "The message says that it is a test and asks for nothing. Once a minute for each contact.",
		errors: []int{http.StatusTooManyRequests},
	}, func(ctx context.Context, who desk.Principal, in *ByID) (List[Trial], error) {
		got, err := s.Testing.TestContact(ctx, who, in.ID)
		return listOf(got, ""), err
	})
}
