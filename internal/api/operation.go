package api

import (
	"context"
	"net/http"
	"strconv"
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
	scope      desk.Scope // what the desk will ask for; "" = signed in is enough
	status     int        // of success, 0 = 200
	errors     []int      // beyond those that every call can give
	max        int64      // bytes of the body, 0 = maxCommand
	takes      string     // content type of a body that is no JSON document of ours: a POST only
	form       string     // where the form of that body is described
	file       string     // content types, with commas, of an answer that is no JSON document
	example    any        // of the request's body
	own        bool       // for whoever is signed in: no scope is asked for
}

// public is the tag of what needs no sign-in.
const public = "public"

// eventStream is the one answer that has no end, and so no ETag.
const eventStream = "text/event-stream"

// of is an answer with a body.
type of[T any] struct{ Body T }

// versioned is an answer that is one version of a thing.
type versioned[T any] struct {
	ETag string `header:"ETag" doc:"Begins with the version of the thing."`
	Body T
}

// none is a request without parameters.
type none struct{}

// A List is one page of things.
type List[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page, for after; missing on the last."`
}

func listOf[T any](items []T, next string) List[T] {
	if items == nil {
		items = []T{}
	}
	return List[T]{items, next}
}

func mapped[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// full writes an empty list as [] and not as null.
func full[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}

// ByID names one thing.
type ByID struct {
	ID string `path:"id" minLength:"1" maxLength:"100"`
}

// Paging is the part of a list by id that is wanted.
type Paging struct {
	After string `query:"after" maxLength:"100" doc:"Cursor: the next of the last answer."`
	Limit int    `query:"limit" minimum:"0" maximum:"1000" doc:"At most so many; 0 = 100."`
}

// Cursor is the part of a list that the desk cuts into pages. Its cursors are numbers: what
// is none is refused, where the desk would begin anew.
type Cursor struct {
	After string `query:"after" maxLength:"18" pattern:"^[0-9]*$" doc:"Cursor: the next of the last answer."`
	Limit int    `query:"limit" minimum:"0" maximum:"1000" doc:"At most so many; 0 = 100."`
}

func (c Cursor) page() desk.Page { return desk.Page{After: c.After, Limit: c.Limit} }

// cut takes one page out of a list that is sorted by key; the cursor is the last key.
func cut[T any](p Paging, all []T, key func(T) string) List[T] {
	limit := p.Limit
	if limit == 0 {
		limit = 100
	}
	var out []T
	for _, v := range all {
		if key(v) <= p.After {
			continue
		}
		if len(out) == limit {
			return listOf(out, key(out[limit-1]))
		}
		out = append(out, v)
	}
	return listOf(out, "")
}

// done is the answer of a command that has nothing to show.
type done struct {
	Done bool `json:"done"`
}

// add registers a call. What the desk returns is the body of the answer.
func add[I, O any](s *server, o operation, do func(ctx context.Context, who desk.Principal, in *I) (O, error)) {
	op := o.huma()
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*of[O], error) {
		who := whoOf(ctx)
		out, err := do(ctx, who, in)
		if err != nil {
			return nil, s.failed(ctx, who, o.id, err)
		}
		return &of[O]{out}, nil
	})
	o.finish(s.api.OpenAPI(), op.Path)
}

// addVersioned is add for a thing that counts its versions: its ETag begins with the number,
// and If-Match is held against it. Version 0 has no ETag of its own.
func addVersioned[I, O any](s *server, o operation, do func(ctx context.Context, who desk.Principal, in *I) (O, int64, error)) {
	huma.Register(s.api, o.huma(), func(ctx context.Context, in *I) (*versioned[O], error) {
		who := whoOf(ctx)
		out, version, err := do(ctx, who, in)
		if err != nil {
			return nil, s.failed(ctx, who, o.id, err)
		}
		answer := &versioned[O]{Body: out}
		if version > 0 {
			answer.ETag = versionTag(version)
		}
		return answer, nil
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

// huma is the operation as the description and the router take it.
func (o operation) huma() huma.Operation {
	op := huma.Operation{
		Method: o.verb, Path: "/api/v1" + o.path, OperationID: o.id, Tags: []string{o.tag}, Summary: o.summary, Description: o.about,
		DefaultStatus: o.status, MaxBodyBytes: maxCommand, BodyReadTimeout: time.Minute, Errors: o.errors, Responses: map[string]*huma.Response{},
		Security: []map[string][]string{{"token": {}}, {"session": {}}},
	}
	if o.max != 0 {
		op.MaxBodyBytes = o.max + 1
	}
	op.Errors = append(op.Errors, http.StatusServiceUnavailable, http.StatusInternalServerError, http.StatusUnprocessableEntity)
	o.rights(&op)
	if strings.Contains(op.Path, "{") {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	o.body(&op)
	if o.verb == http.MethodGet && o.tag != public && o.file != eventStream {
		op.Responses["200"] = &huma.Response{Headers: map[string]*huma.Param{"ETag": {
			Description: "Of the answer's bytes; missing on a very long one.", Schema: &huma.Schema{Type: huma.TypeString},
		}}}
		op.Responses["304"] = &huma.Response{Description: "Not changed since the answer whose ETag was given."}
		op.Parameters = append(op.Parameters, header("If-None-Match", "An ETag of an earlier answer; when nothing has changed, the answer is 304.", `"5f0c1d7e2f7a4f9f9d0a0d5c1c6a1a11"`))
	}
	if o.verb == http.MethodPost && o.tag != public {
		op.Errors = append(op.Errors, http.StatusConflict)
		op.Parameters = append(op.Parameters, header("Idempotency-Key", "A repeat with the same key and the same request has no further effect.", "5f0c1d7e-2f7a-4f9f-9d0a-0d5c1c6a1a11"))
	}
	if o.file != "" {
		status := o.status
		if status == 0 {
			status = http.StatusOK
		}
		answer := op.Responses[strconv.Itoa(status)]
		if answer == nil {
			answer = &huma.Response{}
			op.Responses[strconv.Itoa(status)] = answer
		}
		answer.Description = http.StatusText(status)
		answer.Content = map[string]*huma.MediaType{}
		for kind := range strings.SplitSeq(o.file, ",") {
			answer.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
		}
	}
	return op
}

func header(name, about, example string) *huma.Param {
	return &huma.Param{Name: name, In: "header", Description: about, Schema: &huma.Schema{Type: huma.TypeString}, Example: example}
}

// rights says who may call.
func (o operation) rights(op *huma.Operation) {
	switch {
	case o.tag == public:
		op.Path, op.Security = o.path, []map[string][]string{}
		op.Description = strings.TrimSpace(op.Description + " Needs no sign-in.")
	case o.own:
		op.Errors = append(op.Errors, http.StatusUnauthorized)
		op.Description = strings.TrimSpace(op.Description + " Everybody who is signed in may.")
	default:
		op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden)
		op.Description = strings.TrimSpace(op.Description + " Needs the scope " + string(o.scope) + ".")
		op.Extensions = map[string]any{"x-scope": string(o.scope)}
	}
}

// body says what is taken and what can be wrong with it.
func (o operation) body(op *huma.Operation) {
	if o.verb == http.MethodGet {
		return
	}
	op.Errors = append(op.Errors, http.StatusRequestEntityTooLarge, http.StatusBadRequest)
	op.SkipValidateBody = o.takes != "" // its reader names every fault by its place
	if o.takes == "" && o.example != nil {
		op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Example: o.example}}}
	}
}

// finish describes a body that is no JSON document of ours: huma knows it as bytes only.
func (o operation) finish(d *huma.OpenAPI, path string) {
	if o.takes == "" {
		return
	}
	media := d.Paths[path].Post.RequestBody.Content[o.takes]
	if o.form != "" {
		media.Schema = &huma.Schema{Description: "The form is " + o.form + "."}
	}
	media.Example = o.example
}
