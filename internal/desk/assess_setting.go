package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/register"
)

// An AssessSetting is one version of what an organisation has made its own: weights of
// dimensions and a method file. Version 0 is the program's.
type AssessSetting struct {
	Version int64               `json:"version"`
	Made    time.Time           `json:"made,omitzero"`
	By      string              `json:"by,omitempty"`   // account
	Name    string              `json:"name,omitempty"` // of its author
	Reason  string              `json:"reason,omitempty"`
	Undoes  int64               `json:"undoes,omitempty"` // version that it takes back
	Weights []assessment.Weight `json:"weights"`          // none = those of the method
	// Method is the SHA-256 of method file and reference, "" = the program's own.
	Method        string `json:"method,omitempty"`
	MethodVersion string `json:"method_version,omitempty"`
}

// A MethodFile is a method as it was given, with its reference.
type MethodFile struct {
	Hash      string
	Version   string
	Method    []byte
	Reference []byte
}

// An AssessChange asks for another setting. Weights replace those that stand; Method and
// Reference replace the method where Method is not empty (without a reference it rests on the
// program's own). BuiltIn goes back to the program's method, Restore to an earlier version.
type AssessChange struct {
	Base      int64               `json:"base"`             // version that it was made from
	Reason    string              `json:"reason,omitempty"` // a preview needs none
	Weights   []assessment.Weight `json:"weights"`
	Method    string              `json:"method,omitempty"`
	Reference string              `json:"reference,omitempty"`
	BuiltIn   bool                `json:"built_in,omitempty"`
	Restore   *int64              `json:"restore,omitempty"`
	// Years are how many ends of years before are reckoned again by it, at least LeastYears.
	Years int `json:"years,omitempty"`
}

// LeastYears is how many years are reckoned again when the method changes, at least.
const LeastYears = 5

// AssessSettings are the setting that counts and those before it, with the weights in force.
type AssessSettings struct {
	Now     AssessSetting       `json:"now"`
	Basis   string              `json:"basis"` // name of method and weights, as it stands at runs
	Weights []assessment.Weight `json:"weights"`
	Method  string              `json:"method"`
	Hash    string              `json:"method_sha256"`
	Note    string              `json:"note"`
	Before  []AssessSetting     `json:"before"` // all versions, the newest first
}

// An AssessPreview is what a change would do to today's scores.
type AssessPreview struct {
	From    string              `json:"from"` // basis
	To      string              `json:"to"`
	Weights []assessment.Weight `json:"weights"`
	Units   int                 `json:"units"`
	Moved   int                 `json:"moved"` // by a tenth of a point or more
	Classes int                 `json:"classes"`
	Rows    []PreviewRow        `json:"rows"` // own units first, then the widest moves
}

// A PreviewRow is one unit before and after.
type PreviewRow struct {
	Unit        string  `json:"unit"`
	Kind        string  `json:"kind"`
	Name        string  `json:"name"`
	Before      float64 `json:"before"`
	After       float64 `json:"after"`
	ClassBefore string  `json:"class_before"`
	ClassAfter  string  `json:"class_after"`
}

// AssessSettingStore keeps settings and method files; both are added and never changed.
type AssessSettingStore interface {
	// AssessSettings lists versions, the newest first.
	AssessSettings(ctx context.Context, org string) ([]AssessSetting, error)
	// PutAssessSetting adds a version; one of its number is fault.ErrConflict.
	PutAssessSetting(ctx context.Context, org string, s AssessSetting, file *MethodFile, entries ...journal.Draft) error
	KeepMethodFile(ctx context.Context, org string, f MethodFile, now time.Time) error
	// MethodFile by its hash; fault.ErrNotFound.
	MethodFile(ctx context.Context, org, hash string) (MethodFile, error)
}

// A basis is what an organisation's assessments rest on: the setting in force, the zero one
// where there is none, its method, and every version, the newest first.
type basis struct {
	now    AssessSetting
	method *assessment.Method
	all    []AssessSetting
}

// basis reads the settings of an organisation.
func (d *Desk) basis(ctx context.Context, org string) (b basis, err error) {
	if b.all, err = d.cfg.Assess.AssessSettings(ctx, org); err != nil {
		return b, err
	}
	if len(b.all) > 0 {
		b.now = b.all[0]
	}
	b.method, err = d.methodOf(ctx, org, b.now.Method)
	return b, err
}

// methodOf finds a method by its hash: the program's, an earlier one of the program's, or what
// the organisation gave or once published with.
func (d *Desk) methodOf(ctx context.Context, org, hash string) (*assessment.Method, error) {
	if m := d.method(); hash == "" || hash == m.Hash {
		return m, nil
	}
	if m, ok := assessment.BuiltIn(hash); ok {
		return m, nil
	}
	f, err := d.cfg.Assess.MethodFile(ctx, org, hash)
	if err != nil {
		return nil, fmt.Errorf("method %.12s: %w", hash, err)
	}
	return assessment.Load(f.Method, f.Reference)
}

// basisName names method and weights: scores of one name can be compared.
func basisName(m *assessment.Method, weights []assessment.Weight) string {
	if len(weights) == 0 {
		return m.Version
	}
	raw, err := json.Marshal(weights)
	if err != nil {
		return m.Version // weights are numbers: they always encode
	}
	return m.Version + " w:" + id.Hash(raw)[:8]
}

// AssessmentSettings are the weights and the method of the organisation.
func (d *Desk) AssessmentSettings(ctx context.Context, who Principal) (AssessSettings, error) {
	out := AssessSettings{Before: []AssessSetting{}}
	if err := d.mayAssess(who, CanRead); err != nil {
		return out, err
	}
	b, err := d.basis(ctx, who.Org)
	if err != nil {
		return out, err
	}
	m, now := b.method, b.now
	out.Before = append(out.Before, b.all...)
	out.Now, out.Basis, out.Method, out.Hash, out.Note = now, basisName(m, now.Weights), m.Version, m.Hash, m.Note
	for _, dim := range m.Dimensions {
		w := assessment.Weight{Dimension: dim.ID, Weight: dim.Weight}
		if i := slices.IndexFunc(now.Weights, func(x assessment.Weight) bool { return x.Dimension == dim.ID }); i >= 0 {
			w.Weight = now.Weights[i].Weight
		}
		out.Weights = append(out.Weights, w)
	}
	return out, nil
}

// proposed checks a change of a basis and makes the setting that it asks for.
func (d *Desk) proposed(ctx context.Context, who Principal, b basis, c AssessChange) (s AssessSetting, m *assessment.Method, file *MethodFile, err error) {
	now := b.now
	if c.Base != now.Version {
		return s, nil, nil, &fault.Changed{What: "weights and method", Version: now.Version, By: now.Name, At: now.Made}
	}
	s = AssessSetting{Version: now.Version + 1, Made: d.cfg.Now().UTC().Truncate(time.Microsecond), By: who.Account, Name: firstOf(who.Name, who.Account), Reason: strings.TrimSpace(c.Reason), Weights: c.Weights, Method: now.Method, MethodVersion: now.MethodVersion}
	switch {
	case c.Restore != nil:
		var old AssessSetting // version 0 is the program's
		if i := slices.IndexFunc(b.all, func(x AssessSetting) bool { return x.Version == *c.Restore }); i >= 0 {
			old = b.all[i]
		} else if *c.Restore != 0 {
			return s, nil, nil, fmt.Errorf("setting %d: %w", *c.Restore, fault.ErrNotFound)
		}
		s.Weights, s.Method, s.MethodVersion, s.Undoes = old.Weights, old.Method, old.MethodVersion, now.Version
	case c.BuiltIn:
		s.Method, s.MethodVersion = "", ""
	case c.Method != "":
		if m, file, err = d.ownMethod(c, b.all); err != nil {
			return s, nil, nil, err
		}
		s.Method, s.MethodVersion = m.Hash, m.Version
	}
	switch {
	case m != nil:
	case s.Method == now.Method:
		m = b.method
	default:
		if m, err = d.methodOf(ctx, who.Org, s.Method); err != nil {
			return s, nil, nil, err
		}
	}
	s.Weights, err = ownWeights(m, s.Weights)
	return s, m, file, err
}

// ownMethod reads an organisation's own method file. Its version must be new: scores of one
// name are made by one method.
func (d *Desk) ownMethod(c AssessChange, list []AssessSetting) (*assessment.Method, *MethodFile, error) {
	_, reference := d.method().Files()
	if c.Reference != "" {
		reference = []byte(c.Reference)
	}
	m, err := assessment.Load([]byte(c.Method), reference)
	if err != nil {
		return nil, nil, err
	}
	for _, dim := range m.Dimensions {
		if !slices.Contains(register.Dimensions(), dim.ID) {
			return nil, nil, fmt.Errorf("method %s, dimension %.40q: it is none of %s: %w", m.Version, dim.ID, strings.Join(register.Dimensions(), ", "), fault.ErrInvalid)
		}
	}
	taken := d.method().Version == m.Version && d.method().Hash != m.Hash || assessment.BuiltInVersion(m.Version)
	for _, s := range list {
		taken = taken || s.MethodVersion == m.Version && s.Method != m.Hash
	}
	if taken {
		return nil, nil, fmt.Errorf("method file, version %.40q: another method bears this name, give yours its own: %w", m.Version, fault.ErrConflict)
	}
	return m, &MethodFile{Hash: m.Hash, Version: m.Version, Method: []byte(c.Method), Reference: reference}, nil
}

// ownWeights checks weights, sorts them, and leaves out what the method has anyway.
func ownWeights(m *assessment.Method, list []assessment.Weight) ([]assessment.Weight, error) {
	out, seen, sum := []assessment.Weight{}, map[string]bool{}, 0.0
	given := map[string]float64{}
	for i, w := range list {
		_, ok := m.Dimension(w.Dimension)
		switch {
		case !ok:
			return nil, fmt.Errorf("weight %d: the method has no dimension %.40q: %w", i+1, w.Dimension, fault.ErrInvalid)
		case seen[w.Dimension]:
			return nil, fmt.Errorf("weight %d: dimension %s stands twice: %w", i+1, w.Dimension, fault.ErrInvalid)
		case !(w.Weight >= 0 && w.Weight <= 100):
			return nil, fmt.Errorf("weight of %s is %v, want 0 to 100: %w", w.Dimension, w.Weight, fault.ErrInvalid)
		}
		seen[w.Dimension], given[w.Dimension] = true, w.Weight
	}
	for _, dim := range m.Dimensions {
		w, ok := given[dim.ID]
		if !ok {
			w = dim.Weight
		}
		if sum += w; w != dim.Weight { //nolint:floatcompare // the same number, typed or read
			out = append(out, assessment.Weight{Dimension: dim.ID, Weight: w})
		}
	}
	if sum <= 0 {
		return nil, fmt.Errorf("the weights are all 0: %w", fault.ErrInvalid)
	}
	slices.SortFunc(out, func(a, b assessment.Weight) int { return strings.Compare(a.Dimension, b.Dimension) })
	return out, nil
}

// previewRows is how many units of others a preview shows.
const previewRows = 25

// PreviewAssessSettings says what a change would do to today's scores. Nothing is stored.
func (d *Desk) PreviewAssessSettings(ctx context.Context, who Principal, c AssessChange) (AssessPreview, error) {
	out := AssessPreview{Rows: []PreviewRow{}}
	if err := d.mayAssess(who, CanRules); err != nil {
		return out, err
	}
	old, err := d.basis(ctx, who.Org)
	if err != nil {
		return out, err
	}
	s, m, _, err := d.proposed(ctx, who, old, c)
	if err != nil {
		return out, err
	}
	o, err := AssessOptions{Purpose: Recomputed, Draws: 1}.checked(d.cfg.Now().UTC())
	if err != nil {
		return out, err
	}
	o = o.at(d.cfg.Now().UTC().Truncate(time.Microsecond))
	in, err := d.inputs(ctx, who, o)
	if err != nil {
		return out, err
	}
	var results [2][]assessment.Result
	for i, b := range []struct {
		m *assessment.Method
		w []assessment.Weight
	}{{old.method, old.now.Weights}, {m, s.Weights}} {
		in.Weights = b.w
		if results[i], err = assessment.Assess(ctx, b.m, assessment.Build(b.m, in), assessWorkers); err != nil {
			return out, err
		}
	}
	out.From, out.To, out.Weights = basisName(old.method, old.now.Weights), basisName(m, s.Weights), s.Weights
	out.compare(results[0], results[1])
	return out, nil
}

func (p *AssessPreview) compare(before, after []assessment.Result) {
	was := map[string]assessment.Result{}
	for _, r := range before {
		was[r.Unit] = r
	}
	for _, r := range after {
		w := was[r.Unit]
		if !r.Assessed && !w.Assessed {
			continue
		}
		p.Units++
		if math.Abs(r.Score-w.Score) >= 0.1 {
			p.Moved++
		}
		if r.Class != w.Class {
			p.Classes++
		}
		p.Rows = append(p.Rows, PreviewRow{r.Unit, r.Kind, r.Name, w.Score, r.Score, w.Class, r.Class})
	}
	own := func(r PreviewRow) bool { return r.Kind == assessment.Project || r.Kind == assessment.Portfolio }
	slices.SortStableFunc(p.Rows, func(a, b PreviewRow) int {
		if own(a) != own(b) {
			if own(a) {
				return -1
			}
			return 1
		}
		x, y := math.Abs(a.After-a.Before), math.Abs(b.After-b.Before)
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return strings.Compare(a.Unit, b.Unit)
	})
	p.Rows = p.Rows[:min(2*previewRows, len(p.Rows))]
}

// PutAssessSettings makes a change, by name and with a reason, and asks for a run by it that
// reckons the years before as well: as a series of its own, beside what was published.
func (d *Desk) PutAssessSettings(ctx context.Context, who Principal, c AssessChange) (AssessSetting, AssessTask, error) {
	var t AssessTask
	if err := d.mayAssess(who, CanRules); err != nil {
		return AssessSetting{}, t, err
	}
	if len(strings.TrimSpace(c.Reason)) < 3 || len(c.Reason) > 1000 {
		return AssessSetting{}, t, fmt.Errorf("reason: say why, in 3 to 1,000 bytes: %w", fault.ErrInvalid)
	}
	if c.Years = max(c.Years, LeastYears); c.Years > mostYears {
		return AssessSetting{}, t, fmt.Errorf("%d years, want %d to %d: %w", c.Years, LeastYears, mostYears, fault.ErrInvalid)
	}
	old, err := d.basis(ctx, who.Org)
	if err != nil {
		return AssessSetting{}, t, err
	}
	s, m, file, err := d.proposed(ctx, who, old, c)
	if err != nil {
		return s, t, err
	}
	if old.method.Hash == m.Hash && slices.Equal(old.now.Weights, s.Weights) {
		return s, t, fmt.Errorf("weights and method are these already: %w", fault.ErrConflict)
	}
	entry, err := d.assessEntry(who, journal.AssessMethod, fmt.Sprint("setting ", s.Version), map[string]any{
		"version": s.Version, "undoes": s.Undoes, "reason": s.Reason, "method": m.Version, "method_sha256": m.Hash, "weights": s.Weights,
	})
	if err != nil {
		return s, t, err
	}
	if err := d.cfg.Assess.PutAssessSetting(ctx, who.Org, s, file, entry); err != nil {
		return s, t, err
	}
	t, err = d.AskAssessment(ctx, who, AssessOptions{Years: c.Years})
	return s, t, err
}
