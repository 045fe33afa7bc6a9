package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/portfolio/sheet"
)

// versionRow is one version of the portfolio.
type versionRow struct {
	Version int64     `json:"version"`
	At      time.Time `json:"at,omitzero"`
	Actor   string    `json:"actor,omitempty" doc:"Account that made it."`
	File    string    `json:"file,omitempty"`
	Note    string    `json:"note,omitempty"`
	Changes int       `json:"changes"`
	Undoes  int64     `json:"undoes,omitempty" doc:"The version that this one undid."`
}

func versionOf(v desk.VersionRow) versionRow { return versionRow(v) }

// projectRow is one project with how it stands.
type projectRow struct {
	portfolio.Project
	Assets int         `json:"assets"`
	People int         `json:"people" doc:"At its assets now, by their shifts."`
	Open   int         `json:"open" doc:"Open warnings."`
	Level  level.Level `json:"level"`
	Blind  int         `json:"blind" doc:"Hazard families that nobody sees there."`
}

func projectOf(p desk.ProjectSummary) projectRow {
	return projectRow{Project: p.Project, Assets: p.Assets, People: p.People, Open: p.Open, Level: p.Level, Blind: p.Blind}
}

type ofProject struct {
	Project string `query:"project" maxLength:"100" doc:"Id of a project; missing = all."`
	Paging
}

// preview is what an import would do.
type preview struct {
	Changes  []portfolio.Change  `json:"changes"`
	Problems []portfolio.Problem `json:"problems" doc:"With one of them nothing can be imported."`
	Base     int64               `json:"base" doc:"Version that it was reckoned against."`
	Token    string              `json:"token,omitempty" doc:"Names the stored upload: its import is /portfolio/imports/{token}/commit."`
}

type previewInput struct {
	Name    string `query:"name" maxLength:"200" default:"upload.csv" doc:"Name of the file; its ending names the form: csv, xlsx or geojson."`
	RawBody []byte
}

type exportInput struct {
	Format string `query:"format" enum:"csv,xlsx,geojson" default:"csv"`
}

type undoInput struct {
	OnlyIf
	Body struct {
		Version int64 `json:"version" minimum:"1" doc:"The newest version: another one cannot be undone."`
	}
}

func (s *server) portfolio() {
	addVersioned(s, operation{
		verb: http.MethodGet, path: "/portfolio", id: "get-portfolio", tag: "portfolio", scope: desk.CanRead,
		summary: "Projects, assets and contacts, whole", about: "The ETag begins with the version and is what If-Match of an edit takes.",
	}, func(ctx context.Context, who desk.Principal, _ *none) (portfolio.Portfolio, int64, error) {
		p, err := s.Reads.Portfolio(ctx, who)
		p.Projects, p.Assets, p.Contacts = full(p.Projects), full(p.Assets), full(p.Contacts)
		return p, p.Version, err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/projects", id: "list-projects", tag: "portfolio", scope: desk.CanRead, summary: "Projects with how they stand, by id",
	}, func(ctx context.Context, who desk.Principal, in *Paging) (List[projectRow], error) {
		rows, err := s.Reads.Projects(ctx, who)
		return cut(*in, mapped(rows, projectOf), func(p projectRow) string { return p.ID }), err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/projects/{id}", id: "get-project", tag: "portfolio", scope: desk.CanRead, summary: "One project with how it stands",
	}, s.project)
	add(s, operation{
		verb: http.MethodGet, path: "/assets", id: "list-assets", tag: "portfolio", scope: desk.CanRead, summary: "Assets by id",
	}, func(ctx context.Context, who desk.Principal, in *ofProject) (List[portfolio.Asset], error) {
		p, err := s.Reads.Portfolio(ctx, who)
		assets := only(p.Assets, func(a portfolio.Asset) bool { return in.Project == "" || a.Project == in.Project })
		return cut(in.Paging, assets, func(a portfolio.Asset) string { return a.ID }), err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/contacts", id: "list-contacts", tag: "portfolio", scope: desk.CanRead, summary: "Contacts by id",
		about: "With a project: those who are told about it, those of the whole organisation included.",
	}, func(ctx context.Context, who desk.Principal, in *ofProject) (List[portfolio.Contact], error) {
		p, err := s.Reads.Portfolio(ctx, who)
		contacts := only(p.Contacts, func(c portfolio.Contact) bool {
			return in.Project == "" || c.Project == "" || c.Project == in.Project
		})
		return cut(in.Paging, contacts, func(c portfolio.Contact) string { return c.ID }), err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/portfolio/versions", id: "list-versions", tag: "portfolio", scope: desk.CanRead, summary: "Versions of the portfolio, newest first",
		about: "The newest 200.",
	}, func(ctx context.Context, who desk.Principal, _ *none) (List[versionRow], error) {
		rows, err := s.Reads.Versions(ctx, who)
		return listOf(mapped(rows, versionOf), ""), err
	})
	s.portfolioFiles()
}

func only[T any](all []T, keep func(T) bool) []T {
	var out []T
	for _, v := range all {
		if keep(v) {
			out = append(out, v)
		}
	}
	return out
}

func (s *server) project(ctx context.Context, who desk.Principal, in *ByID) (projectRow, error) {
	rows, err := s.Reads.Projects(ctx, who)
	if err != nil {
		return projectRow{}, err
	}
	for _, r := range rows {
		if r.ID == in.ID {
			return projectOf(r), nil
		}
	}
	return projectRow{}, fmt.Errorf("project %.40q: %w", in.ID, fault.ErrNotFound)
}

func (s *server) portfolioFiles() {
	addFile(s, operation{
		verb: http.MethodGet, path: "/portfolio/export", id: "export-portfolio", tag: "portfolio", scope: desk.CanRead, summary: "The portfolio as a file that imports again",
		file: "text/csv,application/geo+json," + sheet.WorkbookType,
	}, s.export)
	add(s, operation{
		verb: http.MethodPost, path: "/portfolio/imports", id: "preview-import", tag: "portfolio", scope: desk.CanPortfolio, max: maxBody,
		summary: "Send a file in and see what it would change", about: "Nothing changes. Problems are named by sheet, row and column.", takes: "application/octet-stream",
	}, func(ctx context.Context, who desk.Principal, in *previewInput) (preview, error) {
		p, err := s.Do.Preview(ctx, who, in.Name, bytes.NewReader(in.RawBody))
		return preview{full(p.Changes), full(p.Problems), p.Base, p.Token}, err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/portfolio/imports/{id}/commit", id: "commit-import", tag: "portfolio", scope: desk.CanPortfolio,
		summary: "Carry out a previewed import: all or nothing", about: "409 when the portfolio has changed since the preview; the answer says who changed it, and when.",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (versionRow, error) {
		v, err := s.Do.Commit(ctx, who, in.ID)
		return versionOf(v), err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/portfolio/undo", id: "undo-version", tag: "portfolio", scope: desk.CanPortfolio,
		summary: "Restore what stood before the newest version", errors: []int{http.StatusPreconditionFailed}, example: map[string]any{"version": 7},
	}, func(ctx context.Context, who desk.Principal, in *undoInput) (versionRow, error) {
		seen, err := in.version()
		if err != nil {
			return versionRow{}, err
		}
		if seen != 0 && seen != in.Body.Version {
			return versionRow{}, &unmet{fmt.Errorf("If-Match names version %d, the body %d: %w", seen, in.Body.Version, fault.ErrConflict)}
		}
		v, err := s.Do.Undo(ctx, who, in.Body.Version)
		return versionOf(v), in.hold(err)
	})
}

func (s *server) export(ctx context.Context, who desk.Principal, in *exportInput) (file, error) {
	kind := map[string]string{
		"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json",
		"xlsx": sheet.WorkbookType,
	}[in.Format]
	p, err := s.Reads.Portfolio(ctx, who)
	if err != nil {
		return file{}, err
	}
	var out bytes.Buffer
	if err := sheet.Write(&out, p, sheet.Format(in.Format)); err != nil {
		return file{}, fmt.Errorf("write the portfolio as %s: %w", in.Format, err)
	}
	return file{ContentType: kind, Disposition: attachment(fmt.Sprintf("portfolio-%d.%s", p.Version, in.Format)), Body: out.Bytes()}, nil
}
