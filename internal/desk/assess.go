package desk

import (
	"context"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/register"
)

// Purposes of a run.
const (
	Published  = "published"  // what people are told
	Recomputed = "recomputed" // the past by today's method and numbers
	Then       = "then"       // the past by what was known then; stands in no series
)

// An AssessRun is one run over all units of an organisation.
type AssessRun struct {
	ID         string    `json:"id"`
	Org        string    `json:"-"`
	Snapshot   string    `json:"snapshot"` // SHA-256 of the inputs
	Method     string    `json:"method"`
	MethodHash string    `json:"method_hash"`
	Purpose    string    `json:"purpose"`
	AsOf       time.Time `json:"as_of"`
	Known      time.Time `json:"known"`
	Made       time.Time `json:"made"`
	By         string    `json:"by"`
	Units      int       `json:"units"`
	Results    string    `json:"results"` // SHA-256 of the results, one a line by unit
}

// A StoredAssessment is one result as it is kept: Body holds its canonical JSON.
type StoredAssessment struct {
	ID      string    `json:"id"`
	Run     string    `json:"run"`
	Unit    string    `json:"unit"`
	Kind    string    `json:"kind"`
	Purpose string    `json:"purpose"`
	AsOf    time.Time `json:"as_of"`
	Made    time.Time `json:"made"`
	Score   float64   `json:"score"`
	Class   string    `json:"class"`
	Method  string    `json:"method"`
	Hash    string    `json:"hash"` // SHA-256 of Body
	Body    []byte    `json:"-"`
}

// A ScorePoint is one score of one unit.
type ScorePoint struct {
	Unit  string    `json:"unit"`
	At    time.Time `json:"at"`
	Score float64   `json:"score"`
	Class string    `json:"class"`
	ID    string    `json:"id"` // of the assessment
	// Method names method and weights, Purpose says whether it was published or recomputed.
	Method  string `json:"method,omitempty"`
	Purpose string `json:"purpose,omitempty"`
}

// A StoredScenario is a what-if that was kept: Body is the JSON of a WhatIf.
type StoredScenario struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	Unit string    `json:"unit"`
	Made time.Time `json:"made"`
	By   string    `json:"by"`
	Body []byte    `json:"-"`
}

// AssessStore keeps indicators and assessments. Every method names its organisation.
type AssessStore interface {
	AddObservations(ctx context.Context, org, by string, now time.Time, list []indicator.Observation, entries ...journal.Draft) (int, error)
	Observations(ctx context.Context, org, name, place string, known time.Time) ([]indicator.Observation, error)
	AssessTaskStore
	AssessSettingStore
	// PutAssessRun stores a run whole or not at all. Where the fence's task is not the attempt's
	// any more it is fault.ErrConflict.
	PutAssessRun(ctx context.Context, run AssessRun, snapshot []byte, results []StoredAssessment, f AssessFence, entries ...journal.Draft) error
	AssessRuns(ctx context.Context, org, purpose string, limit int) ([]AssessRun, error)
	AssessRun(ctx context.Context, org, id string) (AssessRun, []byte, error)
	AssessmentsOf(ctx context.Context, org, run string) ([]StoredAssessment, error)
	Assessment(ctx context.Context, org, id string) (StoredAssessment, error)
	Scores(ctx context.Context, org, method string, since time.Time) ([]ScorePoint, error)
	// ScoresOf are the scores of one unit by every method.
	ScoresOf(ctx context.Context, org, unit string, since time.Time) ([]ScorePoint, error)
	PutScenario(ctx context.Context, org string, s StoredScenario, entries ...journal.Draft) error
	Scenarios(ctx context.Context, org string) ([]StoredScenario, error)
	LastPublished(ctx context.Context, org string) (time.Time, error)
}

// AssessOptions say how a run is made; zero = published, as of now, with all that is known.
type AssessOptions struct {
	AsOf    time.Time           `json:"as_of,omitzero"`
	Known   time.Time           `json:"known,omitzero"`
	Seed    uint64              `json:"seed,omitempty"`
	Draws   int                 `json:"draws,omitempty"`
	Weights []assessment.Weight `json:"weights,omitempty"`
	Purpose string              `json:"purpose,omitempty"`
	// Years are how many ends of years before are reckoned as well, by today's method and numbers.
	Years int `json:"years,omitempty"`
}

// An IndicatorImport says what became of a table of numbers.
type IndicatorImport struct {
	Report indicator.Report `json:"report"`
	Added  int              `json:"added"` // not known before
}

// An AssessView is one assessment with what a page shows around it.
type AssessView struct {
	Stored StoredAssessment  `json:"stored"`
	Result assessment.Result `json:"result"`
	Scores []ScorePoint      `json:"scores"` // by the same method and weights
	// Earlier are scores by other methods and weights, as they were published then.
	Earlier []ScorePoint `json:"earlier,omitempty"`
}

// An AssessPick says which run is meant: one by its id, or the newest that had been published
// at an instant, zero = now.
type AssessPick struct {
	Run string
	On  time.Time
}

// An AssessList is a run with its results.
type AssessList struct {
	Run     AssessRun           `json:"run"`
	IDs     map[string]string   `json:"ids"` // assessment by unit
	Results []assessment.Result `json:"results"`
}

// A WhatIf is a scenario with what it does.
type WhatIf struct {
	ID      string            `json:"id,omitempty"`
	Name    string            `json:"name"`
	Unit    string            `json:"unit"`
	Run     string            `json:"run"`
	Changes []assessment.What `json:"changes"`
	Before  assessment.Result `json:"before"`
	After   assessment.Result `json:"after"`
	// Stress is the set that it began from, "" = none; Made and By are of one that was kept.
	Stress string    `json:"stress,omitempty"`
	Made   time.Time `json:"made,omitzero"`
	By     string    `json:"by,omitempty"`
	// Loss is what the register says, nil where it holds no risk of the unit.
	Loss *LossMove `json:"loss,omitempty"`
}

// A LossMove is what a scenario does to the risks of the register: those of a dimension whose
// inherent score moves happen oftener or more seldom, a class (1.5 points) being twice; controls
// and heads change what they change.
type LossMove struct {
	Risks  int              `json:"risks"`
	Before register.Outlook `json:"before"`
	After  register.Outlook `json:"after"`
	// LevelBefore and LevelAfter are what the level matrix says to the chances of 90 days.
	LevelBefore level.Level `json:"level_before"`
	LevelAfter  level.Level `json:"level_after"`
	Times       []RateMove  `json:"times"` // what happens so many times as often
}

// A RateMove is one dimension's.
type RateMove struct {
	Dimension string  `json:"dimension"`
	Times     float64 `json:"times"`
}

// Assessments is what can be seen and done about indicators and assessments.
type Assessments interface {
	// Indicators lists what was known at an instant (zero = now) of an indicator and a place,
	// "" = all: the starter set and what came in.
	Indicators(ctx context.Context, who Principal, name, place string, known time.Time) ([]indicator.Observation, error)
	// ImportIndicators reads a panel by its mapping, or the organisation's own table ("own").
	ImportIndicators(ctx context.Context, who Principal, panel string, raw []byte, known time.Time) (IndicatorImport, error)
	PutIndicator(ctx context.Context, who Principal, o indicator.Observation) (indicator.Observation, error)
	// Assess reckons every unit, stores the run and returns when it is there.
	Assess(ctx context.Context, who Principal, o AssessOptions) (AssessRun, error)
	// AskAssessment asks for a run that is reckoned in the background.
	AskAssessment(ctx context.Context, who Principal, o AssessOptions) (AssessTask, error)
	AssessmentTasks(ctx context.Context, who Principal) ([]AssessTask, error)
	AssessmentTask(ctx context.Context, who Principal, id string) (AssessTask, error)
	CancelAssessment(ctx context.Context, who Principal, id string) (AssessTask, error)
	// AssessmentSettings are the organisation's own weights and method, with every version.
	AssessmentSettings(ctx context.Context, who Principal) (AssessSettings, error)
	PreviewAssessSettings(ctx context.Context, who Principal, c AssessChange) (AssessPreview, error)
	PutAssessSettings(ctx context.Context, who Principal, c AssessChange) (AssessSetting, AssessTask, error)
	AssessmentRuns(ctx context.Context, who Principal) ([]AssessRun, error)
	Assessments(ctx context.Context, who Principal) (AssessList, error)
	// AssessmentsAt is a run by its id, or the newest that had been published at an instant.
	AssessmentsAt(ctx context.Context, who Principal, p AssessPick) (AssessList, error)
	// Assessment is one of them: by its id, the newest published one of a unit, or the one that
	// had been published on a day, "project:CODE@2026-03-03".
	Assessment(ctx context.Context, who Principal, idOrUnit string) (AssessView, error)
	// AssessmentInputs are the canonical bytes of a run's snapshot.
	AssessmentInputs(ctx context.Context, who Principal, run string) ([]byte, error)
	VerifyAssessment(ctx context.Context, who Principal, run string) (assessment.Verification, error)
	// ExportAssessment is a run as an outsider can reckon it again. It is journalled.
	ExportAssessment(ctx context.Context, who Principal, run string) (assessment.Bundle, error)
	CompareAssessments(ctx context.Context, who Principal, a, b string) (assessment.Comparison, error)
	// CompareIndex sets the newest run beside a public index.
	CompareIndex(ctx context.Context, who Principal, name string) (assessment.Against, error)
	TryWhatIf(ctx context.Context, who Principal, unit, name string, changes []assessment.What) (WhatIf, error)
	SaveScenario(ctx context.Context, who Principal, unit, name string, changes []assessment.What) (WhatIf, error)
	Scenarios(ctx context.Context, who Principal) ([]WhatIf, error)
	Scenario(ctx context.Context, who Principal, id string) (WhatIf, error)
	// StressSets are the scenarios that come with the program.
	StressSets(ctx context.Context, who Principal) ([]assessment.Scenario, error)
	// WhatIfControls are the controls of the register that a scenario of a unit can change.
	WhatIfControls(ctx context.Context, who Principal, unit string) ([]assessment.Control, error)
	// AssessmentMethod is the method file in force, with its reference.
	AssessmentMethod(ctx context.Context, who Principal) (MethodFile, error)
}

var _ Assessments = (*Desk)(nil)
