package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/journal"
)

// Journal hands the journal to an auditor.
type Journal interface {
	// Export writes a bundle with the entries of the organisation. Nothing is written when it
	// refuses.
	Export(ctx context.Context, who desk.Principal, w io.Writer) error
	// Verify reads the whole journal and reports what is wrong with it.
	Verify(ctx context.Context, who desk.Principal) (*journal.Report, error)
}

// entry is one entry of the journal.
type entry struct {
	Seq     int64           `json:"seq"`
	At      time.Time       `json:"at"`
	Kind    string          `json:"kind"`
	Actor   string          `json:"actor"`
	Name    string          `json:"name,omitempty" doc:"Of the account that actor names."`
	Subject string          `json:"subject,omitempty"`
	Body    json.RawMessage `json:"body"`
	Hash    string          `json:"hash" doc:"Leaf hash in the tree, hex."`
}

// witnessState is how far one outside witness has followed.
type witnessState struct {
	Name  string    `json:"name"`
	Size  int64     `json:"size"`
	At    time.Time `json:"at,omitzero"`
	Error string    `json:"error,omitempty"`
}

type journalBody struct {
	List[entry]
	Size       int64          `json:"size" doc:"Entries of the whole journal."`
	Checkpoint int64          `json:"checkpoint" doc:"Size of the newest signed checkpoint."`
	At         time.Time      `json:"checkpoint_at,omitzero"`
	Witnesses  []witnessState `json:"witnesses"`
}

type journalInput struct {
	Kind string `query:"kind" maxLength:"64"`
	Cursor
}

func (s *server) journal() {
	add(s, operation{
		verb: http.MethodGet, path: "/journal", id: "list-entries", tag: "journal", scope: desk.CanRead, summary: "Entries of the journal, newest first",
	}, func(ctx context.Context, who desk.Principal, in *journalInput) (journalBody, error) {
		page, err := s.Reads.Journal(ctx, who, in.Kind, in.page())
		rows := mapped(page.Rows, func(r desk.JournalRow) entry {
			return entry{r.Seq, r.At, r.Kind, r.Actor, r.Name, r.Subject, jsonOf(r.Body), r.Hash}
		})
		return journalBody{
			List: listOf(rows, page.Next), Size: page.Size, Checkpoint: page.Checkpoint, At: page.At,
			Witnesses: mapped(page.Witnesses, func(w desk.WitnessState) witnessState { return witnessState(w) }),
		}, err
	})
	if s.Journal == nil {
		return
	}
	add(s, operation{
		verb: http.MethodGet, path: "/journal/verify", id: "verify-journal", tag: "journal", scope: desk.CanAdmin,
		summary: "Read the whole journal and report what is wrong with it",
		about:   "It is held against our own checkpoints; to hold it against a witness, export it and use watchfire-verify.",
	}, func(ctx context.Context, who desk.Principal, _ *none) (journal.Report, error) {
		r, err := s.Journal.Verify(ctx, who)
		if err != nil {
			return journal.Report{}, err
		}
		return *r, nil
	})
	s.journalExport()
}

// stream is an answer that is written while it is made.
type stream struct {
	Body func(huma.Context)
}

// journalExport streams: a bundle may be larger than memory. What goes wrong before the first
// byte is a problem like any other; later the connection is cut, so that nobody takes a part
// for the whole.
func (s *server) journalExport() {
	o := operation{
		verb: http.MethodGet, path: "/journal/export", id: "export-journal", tag: "journal", scope: desk.CanAdmin, file: "application/x-tar",
		summary: "The organisation's entries as a bundle that watchfire-verify checks", about: "The export is itself an entry.",
	}
	huma.Register(s.api, o.huma(), func(ctx context.Context, _ *none) (*stream, error) {
		who := whoOf(ctx)
		return &stream{func(out huma.Context) {
			w := &lateWriter{ctx: out}
			err := s.Journal.Export(ctx, who, w)
			if err == nil {
				return
			}
			if w.began {
				s.Log.ErrorContext(ctx, "export the journal", "error", err)
				panic(http.ErrAbortHandler)
			}
			p, header := s.described(ctx, who, err)
			if p.Status == http.StatusForbidden {
				s.denied(ctx, who, o.id)
			}
			for k, values := range header {
				for _, v := range values {
					out.SetHeader(k, v)
				}
			}
			out.SetHeader("Content-Type", "application/problem+json")
			out.SetStatus(p.Status)
			json.NewEncoder(out.BodyWriter()).Encode(p) //nolint:errcheck // the client has gone
		}}, nil
	})
}

// lateWriter sends status and headers with the first byte.
type lateWriter struct {
	ctx   huma.Context
	began bool
}

// Write implements io.Writer.
func (w *lateWriter) Write(b []byte) (int, error) {
	if !w.began {
		w.began = true
		w.ctx.SetHeader("Content-Type", "application/x-tar")
		w.ctx.SetHeader("Content-Disposition", attachment("journal.tar"))
		w.ctx.SetStatus(http.StatusOK)
	}
	n, err := w.ctx.BodyWriter().Write(b)
	if err != nil {
		return n, fmt.Errorf("send the bundle: %w", err)
	}
	return n, nil
}

// jsonOf keeps stored JSON as it is; what is no JSON becomes a text.
func jsonOf(raw string) json.RawMessage {
	if json.Valid([]byte(raw)) {
		return json.RawMessage(raw)
	}
	text, err := json.Marshal(raw)
	if err != nil {
		return json.RawMessage("null") // a string always marshals
	}
	return text
}
