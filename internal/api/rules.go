package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/rule"
)

// A RuleBody is a rule as a client writes it.
type RuleBody struct {
	Name string `json:"name" minLength:"1" maxLength:"200"`
	When string `json:"when" minLength:"1" maxLength:"4000" doc:"CEL over event, exposure and asset."`
	Then string `json:"then" enum:"suppress,raise,lower,route"`
	To   string `json:"to,omitempty" maxLength:"100" doc:"Code of a contact, with route."`
	Mode string `json:"mode,omitempty" enum:"off,shadow,on" default:"shadow" doc:"A new rule, and one whose condition or effect changes, starts in shadow whatever is asked for, unless off."`
}

func (r RuleBody) row(id string, version int) desk.RuleRow {
	return desk.RuleRow{ID: id, Name: r.Name, When: r.When, Then: r.Then, To: r.To, Mode: r.Mode, Version: version}
}

// newRule is a rule that may bring its id along.
type newRule struct {
	ID string `json:"id,omitempty" maxLength:"64" doc:"Your own name for it; missing = made. One that is there already is replaced."`
	RuleBody
}

type ruleInput struct{ Body newRule }

type ruleEdit struct {
	ByID
	OnlyIf
	Body RuleBody
}

type modeInput struct {
	ByID
	OnlyIf
	Body struct {
		Mode string `json:"mode" enum:"off,shadow,on"`
	}
}

// verdict says whether rules are right.
type verdict struct {
	OK       bool          `json:"ok"`
	Problems []ruleProblem `json:"problems"`
}

// ruleProblem is one thing that is wrong with a rule or a file of rules.
type ruleProblem rule.Problem

type testInput struct {
	Name    string `query:"name" maxLength:"200" default:"rules.yaml" doc:"Name of the file, for messages."`
	RawBody []byte `contentType:"application/yaml"`
}

// tested is what the cases of a file showed.
type tested struct {
	Passed   int           `json:"passed"`
	Failed   int           `json:"failed"`
	Report   string        `json:"report,omitempty" doc:"A line for each case and, for one that fails, why."`
	Problems []ruleProblem `json:"problems" doc:"Mistakes of the file; with one of them no case was run."`
}

func ruleExample() any {
	return map[string]any{"name": "Noise", "when": "event.magnitude < 5.0 && exposure.distance_km > 80.0", "then": "suppress"}
}

func (s *server) rules() {
	add(s, operation{
		verb: http.MethodGet, path: "/rules", id: "list-rules", tag: "rules", scope: desk.CanRead, summary: "The organisation's own rules",
		about: "would counts how often a rule would have acted while in shadow.",
	}, func(ctx context.Context, who desk.Principal, in *Paging) (List[desk.RuleRow], error) {
		rows, err := s.Reads.Rules(ctx, who)
		return cut(*in, rows, func(r desk.RuleRow) string { return r.ID }), err
	})
	addVersioned(s, operation{
		verb: http.MethodGet, path: "/rules/{id}", id: "get-rule", tag: "rules", scope: desk.CanRead, summary: "One rule",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (desk.RuleRow, int64, error) {
		r, err := s.rule(ctx, who, in.ID)
		return r, int64(r.Version), err
	})
	addVersioned(s, operation{
		verb: http.MethodPost, path: "/rules", id: "add-rule", tag: "rules", scope: desk.CanRules, status: http.StatusCreated,
		summary: "Make a rule; it starts in shadow", example: ruleExample(),
	}, func(ctx context.Context, who desk.Principal, in *ruleInput) (desk.RuleRow, int64, error) {
		r, err := s.Do.PutRule(ctx, who, in.Body.row(in.Body.ID, 0))
		return r, int64(r.Version), err
	})
	addVersioned(s, operation{
		verb: http.MethodPut, path: "/rules/{id}", id: "edit-rule", tag: "rules", scope: desk.CanRules, summary: "Change a rule",
		errors: []int{http.StatusPreconditionFailed}, example: ruleExample(),
	}, func(ctx context.Context, who desk.Principal, in *ruleEdit) (desk.RuleRow, int64, error) {
		return s.putRule(ctx, who, in.ID, in.OnlyIf, func(desk.RuleRow) RuleBody { return in.Body })
	})
	addVersioned(s, operation{
		verb: http.MethodPost, path: "/rules/{id}/switch", id: "switch-rule", tag: "rules", scope: desk.CanRules,
		summary: "Switch a rule off, into shadow, or on", errors: []int{http.StatusPreconditionFailed}, example: map[string]any{"mode": "on"},
	}, func(ctx context.Context, who desk.Principal, in *modeInput) (desk.RuleRow, int64, error) {
		return s.putRule(ctx, who, in.ID, in.OnlyIf, func(r desk.RuleRow) RuleBody {
			return RuleBody{Name: r.Name, When: r.When, Then: r.Then, To: r.To, Mode: in.Body.Mode}
		})
	})
	s.ruleTrials()
}

// rule finds one rule of the organisation.
func (s *server) rule(ctx context.Context, who desk.Principal, id string) (desk.RuleRow, error) {
	rows, err := s.Reads.Rules(ctx, who)
	if err != nil {
		return desk.RuleRow{}, err
	}
	for _, r := range rows {
		if r.ID == id {
			return r, nil
		}
	}
	return desk.RuleRow{}, fmt.Errorf("rule %.40q: %w", id, fault.ErrNotFound)
}

// putRule changes a rule that exists. Without a condition it changes what it has just read,
// so that a change in between is still a conflict.
func (s *server) putRule(ctx context.Context, who desk.Principal, id string, cond OnlyIf, change func(desk.RuleRow) RuleBody) (desk.RuleRow, int64, error) {
	version, err := cond.version()
	if err != nil {
		return desk.RuleRow{}, 0, err
	}
	reader := who
	reader.Scopes = append(reader.Scopes[:len(reader.Scopes):len(reader.Scopes)], desk.CanRead) // who may write a rule is told of it
	if !who.May(desk.CanRules) {
		reader = who
	}
	old, err := s.rule(ctx, reader, id)
	if err != nil {
		return desk.RuleRow{}, 0, err
	}
	if version == 0 {
		version = int64(old.Version)
	}
	r, err := s.Do.PutRule(ctx, who, change(old).row(id, int(version)))
	return r, int64(r.Version), cond.hold(err)
}

func (s *server) ruleTrials() {
	if s.RuleCheck != nil {
		add(s, operation{
			verb: http.MethodPost, path: "/rules/check", id: "check-rule", tag: "rules", scope: desk.CanRules,
			summary: "Tell whether a rule is right, and change nothing", example: ruleExample(),
		}, func(_ context.Context, who desk.Principal, in *ruleInput) (verdict, error) {
			if !who.May(desk.CanRules) {
				return verdict{}, missing(desk.CanRules)
			}
			return verdictOf(s.RuleCheck(in.Body.row(cmp.Or(in.Body.ID, "rule"), 0)))
		})
	}
	if s.RuleTest != nil {
		add(s, operation{
			verb: http.MethodPost, path: "/rules/test", id: "test-rules", tag: "rules", scope: desk.CanRules, takes: "application/yaml", max: 256 << 10,
			summary: "Run the cases of a file of rules, and change nothing", about: "The form of the file stands in docs/rules.md.",
		}, func(_ context.Context, who desk.Principal, in *testInput) (tested, error) {
			if !who.May(desk.CanRules) {
				return tested{}, missing(desk.CanRules)
			}
			passed, failed, report, err := s.RuleTest(in.Name, in.RawBody)
			v, err := verdictOf(err)
			return tested{passed, failed, report, v.Problems}, err
		})
	}
}

// verdictOf takes mistakes of a rule for an answer: to hear of them is what was asked for.
func verdictOf(err error) (verdict, error) {
	var problems rule.Problems
	if errors.As(err, &problems) {
		return verdict{Problems: mapped(problems, func(p rule.Problem) ruleProblem { return ruleProblem(p) })}, nil
	}
	return verdict{OK: err == nil, Problems: []ruleProblem{}}, err
}
