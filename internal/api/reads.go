package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// of is an answer with a body.
type of[T any] struct{ Body T }

// none is a request without parameters.
type none struct{}

// ByID names one thing.
type ByID struct {
	ID string `path:"id" maxLength:"100"`
}

// Paging is the part of a list that is wanted.
type Paging struct {
	After string `query:"after" doc:"Cursor: the next of the last answer." maxLength:"100"`
	Limit int    `query:"limit" doc:"At most so many; default 100." minimum:"0" maximum:"1000"`
}

func (p Paging) desk() desk.Page { return desk.Page{After: p.After, Limit: p.Limit} }

// list is one page of things.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; missing on the last."`
}

// row is one warning of the queue.
type row struct {
	ID        string            `json:"id"`
	Level     level.Level       `json:"level" enum:"green,yellow,orange,red"`
	State     string            `json:"state"`
	Emergency bool              `json:"emergency,omitempty"`
	Revision  int               `json:"revision"`
	Project   portfolio.Project `json:"project"`
	Family    event.Hazard      `json:"family"`
	People    int               `json:"people"`
	Told      int               `json:"told"`
	Contacts  int               `json:"contacts"`
	Answer    *desk.Answer      `json:"answer,omitempty"`
	Warning   any               `json:"warning"`
}

func rowOf(r desk.Row) row {
	w := r.Warning
	return row{
		ID: w.ID, Level: w.Level, State: string(w.State), Emergency: w.Emergency, Revision: w.Revision, Project: r.Project, Family: w.Family,
		People: r.People, Told: r.Told, Contacts: r.Contacts, Answer: r.Answer, Warning: w,
	}
}

// read registers a GET.
func read[I, O any](s *server, path, summary string, do func(context.Context, *I) (O, error)) {
	huma.Register(s.api, huma.Operation{
		Method: http.MethodGet, Path: "/api/v1" + path, OperationID: operationID("get", path), Summary: summary, Tags: []string{tag(path)},
		Errors: []int{401, 403, 404, 422, 503},
	}, func(ctx context.Context, in *I) (*of[O], error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, s.failed(err)
		}
		return &of[O]{out}, nil
	})
}

type queueInput struct {
	Show    string `query:"show" enum:"needs,open,mine,closed" default:"open"`
	Level   string `query:"level" doc:"This level or above." enum:"green,yellow,orange,red" default:"green"`
	Family  string `query:"family" maxLength:"40"`
	Project string `query:"project" doc:"Project id." maxLength:"100"`
	Text    string `query:"text" maxLength:"200"`
	Sort    string `query:"sort" enum:"level,impact,project,people,newest,-level,-impact,-project,-people,-newest"`
	Paging
}

type queueOutput struct {
	list[row]
	Needs  int              `json:"needs"`
	Open   int              `json:"open"`
	Levels map[string]int   `json:"levels"`
	Blind  []desk.BlindSpot `json:"blind" doc:"Where silence must not be taken for safety."`
}

func (s *server) reads() {
	read(s, "/status", "How the whole stands: sources, blind spots, outbox, journal", func(ctx context.Context, _ *none) (desk.Status, error) {
		return s.Reads.Status(ctx, who(ctx))
	})
	read(s, "/warnings", "The watch queue", s.queue)
	read(s, "/warnings/{id}", "One warning: why, evidence, who was told, who answered", func(ctx context.Context, in *ByID) (desk.Story, error) {
		return s.Reads.Story(ctx, who(ctx), in.ID)
	})
	read(s, "/events", "Events of the organisation's view, newest first", func(ctx context.Context, in *Paging) (list[event.Event], error) {
		items, next, err := s.Reads.Events(ctx, who(ctx), in.desk())
		return list[event.Event]{items, next}, err
	})
	read(s, "/events/{id}", "One event with its signals", func(ctx context.Context, in *ByID) (eventOutput, error) {
		e, signals, err := s.Reads.Event(ctx, who(ctx), in.ID)
		return eventOutput{e, signals}, err
	})
	read(s, "/portfolio", "Projects, assets and contacts", func(ctx context.Context, _ *none) (portfolio.Portfolio, error) {
		return s.Reads.Portfolio(ctx, who(ctx))
	})
	read(s, "/projects", "Projects with how they stand", func(ctx context.Context, _ *none) ([]desk.ProjectSummary, error) {
		return s.Reads.Projects(ctx, who(ctx))
	})
	read(s, "/portfolio/versions", "Versions of the portfolio, newest first", func(ctx context.Context, _ *none) ([]desk.VersionRow, error) {
		return s.Reads.Versions(ctx, who(ctx))
	})
	read(s, "/sources", "Sources and their health", func(ctx context.Context, _ *none) ([]desk.SourceStatus, error) {
		return s.Reads.Sources(ctx, who(ctx))
	})
	read(s, "/blind", "Hazards and places that we cannot see now", func(ctx context.Context, _ *none) ([]desk.BlindSpot, error) {
		return s.Reads.Blind(ctx, who(ctx))
	})
	read(s, "/quarantine", "Pieces that could not become signals", func(ctx context.Context, in *quarantineInput) (list[desk.Quarantined], error) {
		items, next, err := s.Reads.Quarantine(ctx, who(ctx), in.Source, in.desk())
		return list[desk.Quarantined]{items, next}, err
	})
	read(s, "/journal", "Entries of the journal, newest first", func(ctx context.Context, in *journalInput) (desk.JournalPage, error) {
		return s.Reads.Journal(ctx, who(ctx), in.Kind, in.desk())
	})
	read(s, "/map", "Assets with their level, events, blind spots", func(ctx context.Context, _ *none) (desk.MapData, error) {
		return s.Reads.Map(ctx, who(ctx))
	})
	read(s, "/rules", "The organisation's own rules", func(ctx context.Context, _ *none) ([]desk.RuleRow, error) {
		return s.Reads.Rules(ctx, who(ctx))
	})
}

type eventOutput struct {
	Event   event.Event    `json:"event"`
	Signals []event.Signal `json:"signals"`
}

type quarantineInput struct {
	Source string `query:"source" maxLength:"100"`
	Paging
}

type journalInput struct {
	Kind string `query:"kind" maxLength:"100"`
	Paging
}

func (s *server) queue(ctx context.Context, in *queueInput) (queueOutput, error) {
	l, err := level.Parse(in.Level)
	if err != nil {
		return queueOutput{}, err
	}
	q, err := s.Reads.Queue(ctx, who(ctx), desk.Filter{
		Show: desk.Show(in.Show), Level: l, Family: event.Hazard(in.Family), Project: in.Project, Text: in.Text, Sort: in.Sort, Page: in.desk(),
	})
	if err != nil {
		return queueOutput{}, err
	}
	out := queueOutput{Needs: q.Needs, Open: q.Open, Levels: map[string]int{}}
	out.Items, out.Next = make([]row, len(q.Rows)), q.Next
	for i, r := range q.Rows {
		out.Items[i] = rowOf(r)
	}
	for i, n := range q.Levels {
		out.Levels[level.Level(i).String()] = n
	}
	out.Blind, err = s.Reads.Blind(ctx, who(ctx))
	return out, err
}
