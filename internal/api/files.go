package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio/sheet"
)

// Archive gives the bytes that a source sent.
type Archive interface {
	Record(ctx context.Context, hash string) ([]byte, error)
}

// JournalFiles hands the journal to an auditor.
type JournalFiles interface {
	// Export writes a bundle with the entries of the organisation.
	Export(ctx context.Context, who desk.Principal, w io.Writer) error
}

// Alerts is the organisation's own CAP 1.2 feed.
type Alerts interface {
	Feed(ctx context.Context, org string) ([]byte, error)
	Alert(ctx context.Context, org, warning string, revision int) ([]byte, error)
}

// Partners takes signed webhooks.
type Partners interface {
	// Hook verifies the signature and takes the delivery.
	Hook(ctx context.Context, source string, h http.Header, body []byte) (desk.Pushed, error)
}

// files are answers that are no JSON documents.
func (s *server) files(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/v1/schema/signal.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/schema+json")
		w.Write(s.Schema) //nolint:errcheck // the client has gone
	})
	mux.HandleFunc("GET /api/v1/portfolio/export", s.export)
	mux.HandleFunc("POST /api/v1/portfolio/imports", s.preview)
	mux.HandleFunc("GET /api/v1/records/{hash}", s.record)
	mux.HandleFunc("GET /api/v1/journal/export", s.exportJournal)
}

func (s *server) export(w http.ResponseWriter, r *http.Request) {
	format := r.URL.Query().Get("format")
	kinds := map[string]string{
		"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json",
		"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}
	if kinds[format] == "" {
		problem(w, fmt.Errorf("format %q: want csv, xlsx or geojson: %w", format, fault.ErrInvalid))
		return
	}
	p, err := s.Reads.Portfolio(r.Context(), who(r.Context()))
	var file bytes.Buffer
	if err == nil {
		err = sheet.Write(&file, p, sheet.Format(format))
	}
	if err != nil {
		problem(w, err)
		return
	}
	w.Header().Set("Content-Type", kinds[format])
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=portfolio-%d.%s", p.Version, format))
	w.Write(file.Bytes()) //nolint:errcheck // the client has gone
}

func (s *server) preview(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	if name == "" {
		name = "upload.csv"
	}
	p, err := s.Do.Preview(r.Context(), who(r.Context()), name, r.Body)
	answer(w, http.StatusOK, p, err)
}

func answer(w http.ResponseWriter, status int, v any, err error) {
	if err != nil {
		problem(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the client has gone
}

// record gives archived bytes as a download, never to be rendered: they are a stranger's.
func (s *server) record(w http.ResponseWriter, r *http.Request) {
	if !who(r.Context()).May(desk.CanRead) {
		problem(w, fault.ErrForbidden)
		return
	}
	body, err := s.Archive.Record(r.Context(), r.PathValue("hash"))
	if err != nil {
		problem(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", "attachment; filename=record.bin")
	w.Write(body) //nolint:errcheck // the client has gone
}

func (s *server) exportJournal(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-tar")
	w.Header().Set("Content-Disposition", "attachment; filename=journal.tar")
	if err := s.Journal.Export(r.Context(), who(r.Context()), w); err != nil {
		problem(w, err)
	}
}

func (s *server) hook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		problem(w, errors.Join(fault.ErrTooLarge, err))
		return
	}
	pushed, err := s.Partners.Hook(r.Context(), r.PathValue("source"), r.Header, body)
	answer(w, http.StatusAccepted, pushed, err)
}

func (s *server) capFeed(w http.ResponseWriter, r *http.Request) {
	org, ok := strings.CutSuffix(r.PathValue("org"), ".atom")
	if !ok {
		problem(w, fault.ErrNotFound)
		return
	}
	raw, err := s.Alerts.Feed(r.Context(), org)
	writeXML(w, "application/atom+xml", raw, err)
}

func (s *server) capAlert(w http.ResponseWriter, r *http.Request) {
	revision, err := strconv.Atoi(strings.TrimSuffix(r.PathValue("revision"), ".xml"))
	if err != nil {
		problem(w, fault.ErrNotFound)
		return
	}
	raw, err := s.Alerts.Alert(r.Context(), r.PathValue("org"), r.PathValue("warning"), revision)
	writeXML(w, "application/cap+xml", raw, err)
}

func writeXML(w http.ResponseWriter, kind string, raw []byte, err error) {
	if err != nil {
		problem(w, err)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Write(raw) //nolint:errcheck // the client has gone
}
