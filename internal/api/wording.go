package api

import (
	"context"
	"fmt"
	"net/http"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

// Previews words a message before anybody gets it. fault.ErrInvalid when the sample cannot be.
type Previews interface {
	Preview(ctx context.Context, who desk.Principal, x delivery.Sample) (delivery.Preview, error)
}

// sampleInput is delivery.Sample as parameters of an address.
type sampleInput struct {
	Warning  string `query:"warning" maxLength:"80" doc:"Id of a warning of yours; without it the built-in example of the hazard."`
	Hazard   string `query:"hazard" default:"earthquake" maxLength:"40"`
	Level    string `query:"level" default:"red" enum:"yellow,orange,red"`
	Language string `query:"language" default:"en" enum:"en,zh,fr,es,pt,ru,ar,sw,id"`
	Channel  string `query:"channel" default:"sms" maxLength:"40" doc:"Decides whether names of persons, answers by key and labelled content may go over it."`
	TLP      string `query:"tlp" maxLength:"20" doc:"CLEAR, GREEN, AMBER, AMBER+STRICT or RED; empty = no label."`
	Purpose  string `query:"purpose" default:"alarm" enum:"alarm,update,escalation,proposed,emergency,ended,cancelled,expired,digest,test"`
}

// wording registers the preview of messages.
func (s *server) wording(p Previews) {
	if p == nil {
		return
	}
	add(s, operation{
		verb: http.MethodGet, path: "/wording/preview", id: "preview-wording", tag: "portfolio", scope: desk.CanRules,
		summary: "Word a message as its receiver would get it", about: "Sends nothing. Every form at once: mail, SMS with its count of segments, chat, voice.",
	}, func(ctx context.Context, who desk.Principal, in *sampleInput) (delivery.Preview, error) {
		var l level.Level
		if err := l.UnmarshalText([]byte(in.Level)); err != nil {
			return delivery.Preview{}, fmt.Errorf("level %.20q: %w", in.Level, fault.ErrInvalid)
		}
		return p.Preview(ctx, who, delivery.Sample{
			Warning: in.Warning, Hazard: event.Hazard(in.Hazard), Level: l, Language: in.Language, Channel: in.Channel, TLP: in.TLP, Purpose: in.Purpose,
		})
	})
}
