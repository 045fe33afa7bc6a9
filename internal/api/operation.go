package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"watchfire.dev/internal/desk"
)

// operation is what one call is called and what it takes.
type operation struct {
	verb, path string // path below /api/v1 unless public
	id         string
	tag        string
	summary    string
	about      string     // more than the summary, "" = nothing
	scope      desk.Scope // what the desk will ask for; "" = needs no sign-in
	status     int        // of success, 0 = 200
	errors     []int      // beyond those that every call can give
	max        int64      // bytes of the body, 0 = maxCommand
	file       string     // content type of an answer that is no JSON document
	example    any        // of the request's body
}

// of is an answer with a body.
type of[T any] struct{ Body T }

// none is a request without parameters.
type none struct{}

// list is one page of things.
type list[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page, for after; missing on the last."`
}

func listOf[T any](items []T, next string) list[T] {
	if items == nil {
		items = []T{}
	}
	return list[T]{items, next}
}

func mapped[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// byID names one thing.
type byID struct {
	ID string `path:"id" minLength:"1" maxLength:"100"`
}

// paging is the part of a list that is wanted.
type paging struct {
	After string `query:"after" maxLength:"100" doc:"Cursor: the next of the last answer."`
	Limit int    `query:"limit" minimum:"0" maximum:"1000" doc:"At most so many; 0 = 100."`
}

func (p paging) desk() desk.Page { return desk.Page{After: p.After, Limit: p.Limit} }

// done is the answer of a command that has nothing to show.
type done struct {
	Done bool `json:"done"`
}

// add registers a call. What the desk returns is the body of the answer.
func add[I, O any](s *server, o operation, do func(ctx context.Context, who desk.Principal, in *I) (O, error)) {
	huma.Register(s.api, o.huma(), func(ctx context.Context, in *I) (*of[O], error) {
		who := whoOf(ctx)
		out, err := do(ctx, who, in)
		if err != nil {
			return nil, s.failed(ctx, who, o.id, err)
		}
		return &of[O]{out}, nil
	})
}

// file is an answer that is no JSON document.
type file struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// attachment makes browsers store a file instead of showing it.
func attachment(name string) string { return `attachment; filename="` + name + `"` }

func addFile[I any](s *server, o operation, do func(ctx context.Context, who desk.Principal, in *I) (file, error)) {
	huma.Register(s.api, o.huma(), func(ctx context.Context, in *I) (*file, error) {
		who := whoOf(ctx)
		out, err := do(ctx, who, in)
		if err != nil {
			return nil, s.failed(ctx, who, o.id, err)
		}
		if out.ContentType == "" {
			out.ContentType = o.file
		}
		return &out, nil
	})
}

func (o operation) huma() huma.Operation {
	op := huma.Operation{
		Method: o.verb, Path: "/api/v1" + o.path, OperationID: o.id, Tags: []string{o.tag}, Summary: o.summary, Description: o.about,
		DefaultStatus: o.status, MaxBodyBytes: o.max + 1, BodyReadTimeout: time.Minute, Errors: o.errors,
		Security: []map[string][]string{{"token": {}}, {"session": {}}},
	}
	if o.tag == "public" {
		op.Path, op.Security = o.path, []map[string][]string{}
		op.Errors = append(op.Errors, http.StatusServiceUnavailable)
	} else {
		op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable)
		op.Description = strings.TrimSpace(op.Description + " Needs the scope " + string(o.scope) + ".")
	}
	if o.max == 0 {
		op.MaxBodyBytes = maxCommand
	}
	if o.verb != http.MethodGet {
		op.Errors = append(op.Errors, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity)
	}
	if o.verb == http.MethodPost && o.tag != "public" {
		op.Errors = append(op.Errors, http.StatusConflict)
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header", Description: "A repeat with the same key and the same request has no further effect.",
			Schema: &huma.Schema{Type: huma.TypeString}, Example: "5f0c1d7e-2f7a-4f9f-9d0a-0d5c1c6a1a11",
		})
	}
	if strings.Contains(op.Path, "{") {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	if o.example != nil {
		op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Example: o.example}}}
	}
	if o.file != "" {
		op.Responses = map[string]*huma.Response{"200": {
			Description: http.StatusText(http.StatusOK),
			Content:     map[string]*huma.MediaType{o.file: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
		}}
	}
	return op
}
