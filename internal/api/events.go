package api

import (
	"context"
	"net/http"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// eventBody is one event with its signals.
type eventBody struct {
	Event   event.Event    `json:"event"`
	Signals []event.Signal `json:"signals" doc:"Newest first."`
}

// mapBody is what a map draws.
type mapBody struct {
	Assets []mapAsset    `json:"assets"`
	Events []event.Event `json:"events"`
	Blind  []blindSpot   `json:"blind"`
}

// mapAsset is an asset with its level now.
type mapAsset struct {
	portfolio.Asset
	ProjectName string      `json:"project_name"`
	Level       level.Level `json:"level"`
	Warning     string      `json:"warning,omitempty" doc:"Id of the warning that gives the level."`
}

type detachInput struct {
	ByID
	Body struct {
		Signal string `json:"signal" minLength:"1" maxLength:"100" doc:"Id of the newest signal of the report that is to leave the event."`
	}
}

type splitInput struct {
	ByID
	Body struct {
		Signals []string `json:"signals" minItems:"1" maxItems:"100" nullable:"false" doc:"Ids of the newest signals of the reports that are to leave the event."`
	}
}

func (s *server) events() {
	add(s, operation{
		verb: http.MethodGet, path: "/events", id: "list-events", tag: "events", scope: desk.CanRead,
		summary: "Events of the organisation's view, newest first",
	}, func(ctx context.Context, who desk.Principal, in *Cursor) (List[event.Event], error) {
		items, next, err := s.Reads.Events(ctx, who, in.page())
		return listOf(items, next), err
	})
	addVersioned(s, operation{
		verb: http.MethodGet, path: "/events/{id}", id: "get-event", tag: "events", scope: desk.CanRead, summary: "One event with its signals",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (eventBody, int64, error) {
		e, signals, err := s.Reads.Event(ctx, who, in.ID)
		return eventBody{e, full(signals)}, int64(e.Revision), err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/events/{id}/detach", id: "detach-signal", tag: "events", scope: desk.CanDecide,
		summary: "Take one report out of an event", about: "It becomes an event of its own; one report must stay.",
		example: map[string]any{"signal": "sig_0123456789abcdef"},
	}, func(ctx context.Context, who desk.Principal, in *detachInput) (done, error) {
		return done{true}, s.Do.Detach(ctx, who, in.ID, in.Body.Signal)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/events/{id}/split", id: "split-event", tag: "events", scope: desk.CanDecide,
		summary: "Make a new event of some reports", example: map[string]any{"signals": []string{"sig_0123456789abcdef"}},
	}, func(ctx context.Context, who desk.Principal, in *splitInput) (done, error) {
		return done{true}, s.Do.Split(ctx, who, in.ID, in.Body.Signals)
	})
	add(s, operation{
		verb: http.MethodGet, path: "/map", id: "get-map", tag: "events", scope: desk.CanRead, summary: "Assets with their level, events, blind spots",
	}, func(ctx context.Context, who desk.Principal, _ *none) (mapBody, error) {
		m, err := s.Reads.Map(ctx, who)
		return mapBody{
			Assets: mapped(m.Assets, func(a desk.MapAsset) mapAsset { return mapAsset(a) }), Events: full(m.Events), Blind: mapped(m.Blind, blindSpotOf),
		}, err
	})
}
