package desk

import (
	"context"
	"testing"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/journal"
)

// settingShelf keeps settings in memory and counts how often they are read.
type settingShelf struct {
	AssessStore
	kept  []AssessSetting // the newest first
	reads int
}

func (s *settingShelf) AssessSettings(context.Context, string) ([]AssessSetting, error) {
	s.reads++
	return s.kept, nil
}

func (s *settingShelf) PutAssessSetting(_ context.Context, _ string, x AssessSetting, _ *MethodFile, _ ...journal.Draft) error {
	s.kept = append([]AssessSetting{x}, s.kept...)
	return nil
}

func (s *settingShelf) Observations(context.Context, string, string, string, time.Time) ([]indicator.Observation, error) {
	return nil, nil
}

func (s *settingShelf) BeginAssessTask(context.Context, AssessTask, time.Time, ...journal.Draft) error {
	return nil
}

// TestSettingsAreReadOnce: whatever is done with weights and method reads them once, so that one
// operation goes by one version.
func TestSettingsAreReadOnce(t *testing.T) {
	t.Parallel()
	s := &settingShelf{}
	now := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	d := New(Config{Store: &riskShelf{}, Assess: s, Now: func() time.Time { return now }})
	who := Principal{Account: "acc_1", Org: "o", Name: "Ann", Scopes: Administrator.Scopes()}
	change := AssessChange{Reason: "board of May", Weights: []assessment.Weight{{Dimension: "security", Weight: 9}}}
	zero := int64(0)
	for _, c := range []struct {
		name string
		do   func() error
	}{
		{"show", func() error { _, err := d.AssessmentSettings(t.Context(), who); return err }},
		{"method", func() error { _, err := d.AssessmentMethod(t.Context(), who); return err }},
		{"preview", func() error { _, err := d.PreviewAssessSettings(t.Context(), who, change); return err }},
		{"put", func() error { _, _, err := d.PutAssessSettings(t.Context(), who, change); return err }},
		{"restore", func() error {
			_, _, err := d.PutAssessSettings(t.Context(), who, AssessChange{Base: 1, Reason: "back again", Restore: &zero})
			return err
		}},
	} {
		before := s.reads
		if err := c.do(); err != nil || s.reads != before+1 {
			t.Errorf("%s: settings were read %d times, want once (%v)", c.name, s.reads-before, err)
		}
	}
	if len(s.kept) != 2 || s.kept[1].Weights[0].Weight != 9 || len(s.kept[0].Weights) != 0 || s.kept[0].Undoes != 1 {
		t.Errorf("%+v", s.kept)
	}
}
