package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/register"
)

// Risks is what can be seen and done about the risk register. Every method answers for the
// principal's organisation; a risk of another one is fault.ErrNotFound.
type Risks interface {
	Register(ctx context.Context, who Principal) (RegisterCard, error)
	Risk(ctx context.Context, who Principal, code string) (RiskCard, error)
	// PutRisk writes a risk. base is the version that the caller saw (another one by now is a
	// *fault.Changed), NewRisk = there must be none yet, 0 = whatever stands.
	PutRisk(ctx context.Context, who Principal, base int64, e register.Entry) (StoredRisk, error)
	// RestoreRisk writes an earlier version again, as a new one; version 0 takes the risk out
	// of the register. base is as in PutRisk.
	RestoreRisk(ctx context.Context, who Principal, code string, base, version int64) (StoredRisk, error)
	PutRiskContext(ctx context.Context, who Principal, base int64, c register.Context) (register.Context, error)
	// ImportRisks takes every risk of a file or none: what is wrong is a register.Problems.
	ImportRisks(ctx context.Context, who Principal, name string, file []byte) (ImportedRisks, error)
	ExportRisks(ctx context.Context, who Principal) ([]byte, error)
	// RunRegister simulates the register and keeps the run.
	RunRegister(ctx context.Context, who Principal, o register.Options) (RiskRun, error)
}

var _ Risks = (*Desk)(nil)

// NewRisk is the base of a risk that must not exist yet.
const NewRisk = -1

// RiskStore is what the desk keeps of the register.
type RiskStore interface {
	Risks(ctx context.Context, org string) ([]StoredRisk, error)
	RiskVersions(ctx context.Context, org, code string) ([]StoredRisk, error)
	PutRisks(ctx context.Context, org string, risks []StoredRisk, entries ...journal.Draft) error
	RiskContext(ctx context.Context, org string) (register.Context, error)
	PutRiskContext(ctx context.Context, org, actor string, c register.Context, entry journal.Draft) error
	PutRiskRun(ctx context.Context, org string, r RiskRun, entry journal.Draft) error
	RiskRuns(ctx context.Context, org string, limit int) ([]RiskRun, error)
}

// A StoredRisk is one version of a risk.
type StoredRisk struct {
	Entry   register.Entry `json:"entry"`
	Version int64          `json:"version"`
	At      time.Time      `json:"at"`
	Actor   string         `json:"actor"`
	What    string         `json:"what"` // "written", "restored", "removed", or the name of a file
	Undoes  int64          `json:"undoes,omitempty"`
	Gone    bool           `json:"gone,omitempty"` // taken out of the register
}

// A RiskRun is a kept simulation.
type RiskRun struct {
	ID    string       `json:"id"`
	Actor string       `json:"actor"`
	Run   register.Run `json:"run"`
	// Stale tells that the register or its context has changed since; not stored.
	Stale bool `json:"stale"`
}

// A RegisterCard is the whole register as it stands now.
type RegisterCard struct {
	Rows     []register.Row    `json:"rows"` // the highest residual score first
	Context  register.Context  `json:"context"`
	Due      []register.Due    `json:"due"`
	Gaps     int               `json:"gaps"`
	Breaches int               `json:"breaches"` // above the line and not accepted
	Run      *RiskRun          `json:"run,omitempty"`
	Projects map[string]string `json:"projects"` // names by code
	// Units says who must and who checks, by enterprise and department.
	Units []register.UnitDuties `json:"units,omitempty"`
	// Strangers are owners and checkers whom no reminder finds.
	Strangers []string `json:"strangers,omitempty"`
}

// A RiskCard is one risk with everything around it.
type RiskCard struct {
	register.Row
	ProjectName string         `json:"project_name,omitempty"`
	Scope       register.Scope `json:"scope"`
	Run         register.Run   `json:"run"` // of this risk alone
	Versions    []StoredRisk   `json:"versions"`
}

// ImportedRisks is what became of a file.
type ImportedRisks struct {
	Written   []string `json:"written"`   // codes
	Unchanged []string `json:"unchanged"` // they are as the file has them
}

// Register returns the register with its figures of today.
func (d *Desk) Register(ctx context.Context, who Principal) (RegisterCard, error) {
	if err := need(who, CanRead); err != nil {
		return RegisterCard{}, err
	}
	stored, c, err := d.risks(ctx, who.Org)
	if err != nil {
		return RegisterCard{}, err
	}
	card := RegisterCard{Context: c, Rows: []register.Row{}, Due: []register.Due{}}
	now := d.cfg.Now()
	for _, r := range stored {
		row := register.RowOf(r.Entry, r.Version, c, now)
		card.Rows, card.Due = append(card.Rows, row), append(card.Due, row.Due...)
		if !r.Entry.Closed {
			card.Gaps += len(row.Gaps)
		}
		if row.Breach && row.Accepted == nil {
			card.Breaches++
		}
	}
	register.SortDue(card.Due)
	slices.SortStableFunc(card.Rows, func(a, b register.Row) int {
		if a.Entry.Closed != b.Entry.Closed {
			if b.Entry.Closed {
				return -1
			}
			return 1
		}
		return b.Residual.Score - a.Residual.Score
	})
	if card.Projects, err = d.projectNames(ctx, who.Org); err != nil {
		return card, err
	}
	card.Units = register.DutiesOf(card.Rows)
	if card.Strangers, err = d.strangers(ctx, who.Org, entriesOf(stored)); err != nil {
		return card, err
	}
	runs, err := d.cfg.Store.RiskRuns(ctx, who.Org, 1)
	if err != nil || len(runs) == 0 {
		return card, err
	}
	card.Run = &runs[0]
	card.Run.Stale = runs[0].Run.Inputs != register.Hash(entriesOf(stored), c)
	return card, nil
}

func entriesOf(stored []StoredRisk) []register.Entry {
	out := make([]register.Entry, len(stored))
	for i, r := range stored {
		out[i] = r.Entry
	}
	return out
}

func (d *Desk) risks(ctx context.Context, org string) ([]StoredRisk, register.Context, error) {
	stored, err := d.cfg.Store.Risks(ctx, org)
	if err != nil {
		return nil, register.Context{}, fmt.Errorf("read the register: %w", err)
	}
	c, err := d.cfg.Store.RiskContext(ctx, org)
	return stored, c, err
}

func (d *Desk) projectNames(ctx context.Context, org string) (map[string]string, error) {
	p, err := d.portfolio(ctx, org)
	return namesOf(p), err
}

// namesOf are the names of projects by their codes.
func namesOf(p portfolio.Portfolio) map[string]string {
	out := map[string]string{}
	for _, pr := range p.Projects {
		out[pr.Code] = pr.Name
	}
	return out
}

// Risk returns one risk with its own simulation and its history.
func (d *Desk) Risk(ctx context.Context, who Principal, code string) (RiskCard, error) {
	if err := need(who, CanRead); err != nil {
		return RiskCard{}, err
	}
	versions, err := d.versionsOf(ctx, who.Org, code)
	if err != nil {
		return RiskCard{}, err
	}
	if versions[0].Gone {
		return RiskCard{}, fmt.Errorf("risk %.64q was removed: %w", code, fault.ErrNotFound)
	}
	c, err := d.cfg.Store.RiskContext(ctx, who.Org)
	if err != nil {
		return RiskCard{}, err
	}
	e := versions[0].Entry
	card := RiskCard{Row: register.RowOf(e, versions[0].Version, c, d.cfg.Now()), Scope: c.Scope(e.Project), Versions: versions}
	names, err := d.projectNames(ctx, who.Org)
	if err != nil {
		return card, err
	}
	card.ProjectName = names[e.Project]
	card.Run, err = register.SimulateOne(e, c, d.cfg.Now(), register.Options{Seed: 1})
	return card, err
}

func (d *Desk) versionsOf(ctx context.Context, org, code string) ([]StoredRisk, error) {
	versions, err := d.cfg.Store.RiskVersions(ctx, org, code)
	if err == nil && len(versions) == 0 {
		err = fmt.Errorf("risk %.64q: %w", code, fault.ErrNotFound)
	}
	return versions, err
}

// PutRisk writes a risk.
func (d *Desk) PutRisk(ctx context.Context, who Principal, base int64, e register.Entry) (StoredRisk, error) {
	if err := need(who, CanPortfolio); err != nil {
		return StoredRisk{}, err
	}
	problems := e.Check()
	names, err := d.projectNames(ctx, who.Org)
	if err != nil {
		return StoredRisk{}, err
	}
	if problems = append(problems, noProject(e, names)...); len(problems) > 0 {
		return StoredRisk{}, problems
	}
	versions, err := d.cfg.Store.RiskVersions(ctx, who.Org, e.Code)
	if err != nil {
		return StoredRisk{}, err
	}
	if err := baseOf(base, versions, e.Code); err != nil {
		return StoredRisk{}, err
	}
	r := StoredRisk{Entry: e, What: "written"}
	if len(versions) > 0 {
		r.Version = versions[0].Version
	}
	return d.putRisk(ctx, who, r)
}

func noProject(e register.Entry, names map[string]string) register.Problems {
	if _, ok := names[e.Project]; ok || e.Project == "" {
		return nil
	}
	return register.Problems{{Field: "project", What: fmt.Sprintf("the portfolio has no project %.64q", e.Project)}}
}

// baseOf holds what the caller saw against what stands.
func baseOf(base int64, versions []StoredRisk, code string) error {
	there := len(versions) > 0 && !versions[0].Gone
	switch {
	case base == NewRisk && !there, base == 0, base > 0 && there && versions[0].Version == base:
		return nil
	case !there:
		return fmt.Errorf("risk %.64q: %w", code, fault.ErrNotFound)
	}
	v := versions[0]
	return &fault.Changed{What: "risk " + code, Version: v.Version, By: v.Actor, At: v.At}
}

// putRisk stores the version after r.Version.
func (d *Desk) putRisk(ctx context.Context, who Principal, r StoredRisk) (StoredRisk, error) {
	r.Version, r.At, r.Actor = r.Version+1, d.cfg.Now(), who.Account
	entry, err := d.riskDraft(who, r)
	if err != nil {
		return r, err
	}
	if err := d.cfg.Store.PutRisks(ctx, who.Org, []StoredRisk{r}, entry); err != nil {
		return r, err
	}
	d.changed(who.Org)
	return r, nil
}

func (d *Desk) riskDraft(who Principal, r StoredRisk) (journal.Draft, error) {
	raw, err := json.Marshal(r.Entry)
	if err != nil {
		return journal.Draft{}, err
	}
	return d.assessEntry(who, journal.RegisterChanged, r.Entry.Code, map[string]any{"version": r.Version, "what": r.What, "undoes": r.Undoes, "sha256": id.Hash(raw)})
}

// RestoreRisk writes an earlier version again, or takes the risk out.
func (d *Desk) RestoreRisk(ctx context.Context, who Principal, code string, base, version int64) (StoredRisk, error) {
	if err := need(who, CanPortfolio); err != nil {
		return StoredRisk{}, err
	}
	versions, err := d.versionsOf(ctx, who.Org, code)
	if err != nil {
		return StoredRisk{}, err
	}
	if base > 0 && versions[0].Version != base {
		return StoredRisk{}, &fault.Changed{What: "risk " + code, Version: versions[0].Version, By: versions[0].Actor, At: versions[0].At}
	}
	r := StoredRisk{Entry: versions[0].Entry, Version: versions[0].Version, Undoes: versions[0].Version, What: "removed", Gone: true}
	if version != 0 {
		i := slices.IndexFunc(versions, func(v StoredRisk) bool { return v.Version == version })
		if i < 0 || versions[i].Gone {
			return StoredRisk{}, fmt.Errorf("risk %.64q version %d: %w", code, version, fault.ErrNotFound)
		}
		r.Entry, r.What, r.Gone = versions[i].Entry, "restored", false
	} else if versions[0].Gone {
		return StoredRisk{}, fmt.Errorf("risk %.64q was removed: %w", code, fault.ErrNotFound)
	}
	return d.putRisk(ctx, who, r)
}

// PutRiskContext writes contexts and appetite lines.
func (d *Desk) PutRiskContext(ctx context.Context, who Principal, base int64, c register.Context) (register.Context, error) {
	if err := need(who, CanPortfolio); err != nil {
		return c, err
	}
	if p := c.Check(); len(p) > 0 {
		return c, p
	}
	old, err := d.cfg.Store.RiskContext(ctx, who.Org)
	if err != nil {
		return c, err
	}
	if base > 0 && base != old.Version {
		return c, &fault.Changed{What: "context of the register", Version: old.Version}
	}
	c.Version = old.Version + 1
	raw, err := json.Marshal(c)
	if err != nil {
		return c, err
	}
	entry, err := d.assessEntry(who, journal.RegisterChanged, "context", map[string]any{"version": c.Version, "what": "context", "sha256": id.Hash(raw)})
	if err != nil {
		return c, err
	}
	err = d.cfg.Store.PutRiskContext(ctx, who.Org, who.Account, c, entry)
	d.changed(who.Org)
	return c, err
}

// ImportRisks takes every risk of a file or none.
func (d *Desk) ImportRisks(ctx context.Context, who Principal, name string, file []byte) (ImportedRisks, error) {
	out := ImportedRisks{Written: []string{}, Unchanged: []string{}}
	if err := need(who, CanPortfolio); err != nil {
		return out, err
	}
	entries, problems := register.ReadCSV(file)
	names, err := d.projectNames(ctx, who.Org)
	if err != nil {
		return out, err
	}
	for _, e := range entries {
		for _, p := range noProject(e, names) {
			p.Field = "entry " + e.Code + ", " + p.Field
			problems = append(problems, p)
		}
	}
	if len(problems) > 0 {
		return out, problems
	}
	var risks []StoredRisk
	var drafts []journal.Draft
	for _, e := range entries {
		versions, err := d.cfg.Store.RiskVersions(ctx, who.Org, e.Code)
		if err != nil {
			return out, err
		}
		r := StoredRisk{Entry: e, Version: 1, At: d.cfg.Now(), Actor: who.Account, What: firstOf(name, "import")}
		if len(versions) > 0 {
			if !versions[0].Gone && alike(versions[0].Entry, e) {
				out.Unchanged = append(out.Unchanged, e.Code)
				continue
			}
			r.Version = versions[0].Version + 1
		}
		draft, err := d.riskDraft(who, r)
		if err != nil {
			return out, err
		}
		risks, drafts, out.Written = append(risks, r), append(drafts, draft), append(out.Written, e.Code)
	}
	if len(risks) == 0 {
		return out, nil
	}
	if err := d.cfg.Store.PutRisks(ctx, who.Org, risks, drafts...); err != nil {
		out.Written = []string{}
		return out, err
	}
	d.changed(who.Org)
	return out, nil
}

// ExportRisks writes the register in the file format.
func (d *Desk) ExportRisks(ctx context.Context, who Principal) ([]byte, error) {
	if err := need(who, CanRead); err != nil {
		return nil, err
	}
	stored, _, err := d.risks(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	return register.WriteCSV(entriesOf(stored))
}

// RunRegister simulates the register and keeps the run. Seed 0 takes the day as the seed.
func (d *Desk) RunRegister(ctx context.Context, who Principal, o register.Options) (RiskRun, error) {
	if err := need(who, CanPortfolio); err != nil {
		return RiskRun{}, err
	}
	stored, c, err := d.risks(ctx, who.Org)
	if err != nil {
		return RiskRun{}, err
	}
	now := d.cfg.Now().UTC()
	if o.Seed == 0 {
		y, m, day := now.Date()
		o.Seed = uint64(y*10000 + int(m)*100 + day) //nolint:gosec // a date is not negative
	}
	if len(stored) == 0 {
		return RiskRun{}, fmt.Errorf("the register holds no risk: %w", fault.ErrConflict)
	}
	run, err := register.Simulate(entriesOf(stored), c, now, o)
	if err != nil {
		return RiskRun{}, err
	}
	r := RiskRun{ID: id.Random("rsk"), Actor: who.Account, Run: run}
	entry, err := d.assessEntry(who, journal.RegisterRun, r.ID, map[string]any{"seed": fmt.Sprint(o.Seed), "draws": run.Draws, "method": run.Method, "inputs": run.Inputs, "entries": run.Open})
	if err != nil {
		return r, err
	}
	return r, d.cfg.Store.PutRiskRun(ctx, who.Org, r, entry)
}

// RemindRegister writes what is overdue in the register into the journal, each thing once, and
// sends owners what is due and whoever checks what is overdue. It is called once a day by
// whoever serves.
func (d *Desk) RemindRegister(ctx context.Context, org string) error {
	stored, c, err := d.risks(ctx, org)
	if err != nil {
		return err
	}
	now := d.cfg.Now()
	rows := make([]register.Row, len(stored))
	var failed error
	for i, r := range stored {
		rows[i] = register.RowOf(r.Entry, r.Version, c, now)
		for _, due := range rows[i].Due {
			if !due.Late {
				continue
			}
			body, err := journal.Body(map[string]any{"kind": string(due.Kind), "thing": due.Thing, "owner": due.Owner, "day": string(due.Day)})
			if err != nil {
				return err
			}
			key := fmt.Sprint("register ", due.Kind, " ", due.Entry, " ", due.Thing, " ", due.Day)
			_, err = d.cfg.Store.PutAlarm(ctx, org, key, journal.Draft{At: now, Org: org, Kind: journal.RegisterDue, Actor: "system", Subject: due.Entry, Body: body})
			failed = errors.Join(failed, err)
		}
	}
	return errors.Join(failed, d.noticeRegister(ctx, org, rows, now))
}
