package api

import (
	"context"
	"net/http"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/register"
)

type riskInput struct {
	ByID
	OnlyIf
	Body register.Entry
}

type restoreInput struct {
	ByID
	OnlyIf
	Body struct {
		Version int64 `json:"version" minimum:"0" doc:"Version that is written again; 0 takes the risk out of the register."`
	}
}

type contextInput struct {
	OnlyIf
	Body register.Context
}

type riskFile struct {
	Name    string `query:"name" maxLength:"200" default:"register.csv" doc:"Name of the file, for the history."`
	RawBody []byte `contentType:"text/csv"`
}

type riskRunInput struct {
	Body struct {
		Seed  uint64 `json:"seed,omitempty" doc:"Missing = the day as a number, such as 20261031."`
		Draws int    `json:"draws,omitempty" minimum:"0" maximum:"1000000" doc:"Years drawn, at least 100; missing = 10,000."`
	}
}

func riskExample() map[string]any {
	return map[string]any{
		"code": "MH-01", "title": "Attack on a convoy", "dimension": "security",
		"frequency": map[string]any{"prior_events": 1, "prior_years": 4, "events": 2, "years": 3},
		"impact":    map[string]any{"people": map[string]any{"p50": 0.5, "p90": 4}, "usd": map[string]any{"p50": 200000, "p90": 1500000}},
	}
}

func (s *server) register() {
	if s.Risks == nil {
		return
	}
	add(s, operation{
		verb: http.MethodGet, path: "/register", id: "get-register", tag: "register", scope: desk.CanRead,
		summary: "The risk register with its figures of today, what is due, and the newest kept simulation",
		about:   "Chances are of 12 months, people are persons killed, kidnapped or missing (five in hospital count as one), money is USD. A run that is stale was drawn before the last change.",
	}, func(ctx context.Context, who desk.Principal, _ *none) (desk.RegisterCard, error) {
		return s.Risks.Register(ctx, who)
	})
	s.risks()
	addVersioned(s, operation{
		verb: http.MethodPut, path: "/register/context", id: "set-register-context", tag: "register", scope: desk.CanPortfolio,
		summary: "Replace the contexts of projects and the appetite lines", errors: []int{http.StatusPreconditionFailed, http.StatusConflict},
		example: map[string]any{"version": 0, "scopes": []any{map[string]any{"contract_value_usd": 120000000}}, "appetite": []any{map[string]any{"score": 9, "approver": "Board"}}},
	}, func(ctx context.Context, who desk.Principal, in *contextInput) (register.Context, int64, error) {
		version, err := in.version()
		if err != nil {
			return register.Context{}, 0, err
		}
		c, err := s.Risks.PutRiskContext(ctx, who, version, in.Body)
		return c, c.Version, in.hold(err)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/register/import", id: "import-register", tag: "register", scope: desk.CanPortfolio, takes: "text/csv", max: 8 << 20,
		summary: "Take every risk of a file, or none", about: "What is wrong is named by row and field; then nothing is changed. A risk that is as it was makes no version.",
	}, func(ctx context.Context, who desk.Principal, in *riskFile) (desk.ImportedRisks, error) {
		return s.Risks.ImportRisks(ctx, who, in.Name, in.RawBody)
	})
	addFile(s, operation{
		verb: http.MethodGet, path: "/register/export", id: "export-register", tag: "register", scope: desk.CanRead, file: "text/csv",
		summary: "The register in the file format that an import takes",
	}, func(ctx context.Context, who desk.Principal, _ *none) (file, error) {
		raw, err := s.Risks.ExportRisks(ctx, who)
		return file{ContentType: "text/csv; charset=utf-8", Disposition: attachment("register.csv"), Body: raw}, err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/register/runs", id: "run-register", tag: "register", scope: desk.CanPortfolio, status: http.StatusCreated,
		summary: "Simulate the register and keep the run", about: "The same entries, context, day and seed give the same run.", example: map[string]any{"seed": 20261101},
	}, func(ctx context.Context, who desk.Principal, in *riskRunInput) (desk.RiskRun, error) {
		return s.Risks.RunRegister(ctx, who, register.Options{Seed: in.Body.Seed, Draws: in.Body.Draws})
	})
}

func (s *server) risks() {
	addVersioned(s, operation{
		verb: http.MethodGet, path: "/register/risks/{id}", id: "get-risk", tag: "register", scope: desk.CanRead,
		summary: "One risk with its figures, its own simulation and its history",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (desk.RiskCard, int64, error) {
		card, err := s.Risks.Risk(ctx, who, in.ID)
		return card, card.Version, err
	})
	addVersioned(s, operation{
		verb: http.MethodPut, path: "/register/risks/{id}", id: "set-risk", tag: "register", scope: desk.CanPortfolio,
		summary: "Write a risk; a new version", errors: []int{http.StatusPreconditionFailed, http.StatusConflict}, example: riskExample(),
	}, func(ctx context.Context, who desk.Principal, in *riskInput) (desk.StoredRisk, int64, error) {
		version, err := in.version()
		if err != nil {
			return desk.StoredRisk{}, 0, err
		}
		in.Body.Code = in.ID
		r, err := s.Risks.PutRisk(ctx, who, version, in.Body)
		return r, r.Version, in.hold(err)
	})
	addVersioned(s, operation{
		verb: http.MethodPost, path: "/register/risks/{id}/restore", id: "restore-risk", tag: "register", scope: desk.CanPortfolio,
		summary: "Write an earlier version of a risk again, or take it out", errors: []int{http.StatusPreconditionFailed, http.StatusConflict}, example: map[string]any{"version": 3},
	}, func(ctx context.Context, who desk.Principal, in *restoreInput) (desk.StoredRisk, int64, error) {
		version, err := in.version()
		if err != nil {
			return desk.StoredRisk{}, 0, err
		}
		r, err := s.Risks.RestoreRisk(ctx, who, in.ID, version, in.Body.Version)
		return r, r.Version, in.hold(err)
	})
}
