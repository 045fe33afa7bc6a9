package desk

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
)

// States of a task. What is waiting or running is not over, and an organisation has one such
// task at most.
const (
	TaskWaiting   = "waiting"
	TaskRunning   = "running"
	TaskDone      = "done"
	TaskFailed    = "failed"
	TaskCancelled = "cancelled"
)

// Why a task ended without publishing anything, where no error says it.
const (
	NoteCutOff   = "cut_off"  // the process that worked it died, and nobody was to take it up
	NoteAttempts = "attempts" // it was cut off too often
)

// An AssessTask is the way from asking for assessments to their publication. Nothing is
// published before its last step, and that publishes everything at once.
type AssessTask struct {
	ID      string        `json:"id"`
	Org     string        `json:"-"`
	State   string        `json:"state"`
	Options AssessOptions `json:"options"`
	Asked   time.Time     `json:"asked"`
	By      string        `json:"by"`   // account
	Name    string        `json:"name"` // of who asked
	Began   time.Time     `json:"began,omitzero"`
	Ended   time.Time     `json:"ended,omitzero"`
	Beat    time.Time     `json:"beat"` // last sign of life
	Attempt int           `json:"attempt"`
	// Step is "gather", the year that is reckoned again, or "publish"; Done of Total units of it
	// are done.
	Step  string `json:"step,omitempty"`
	Done  int    `json:"done"`
	Total int    `json:"total"`
	Note  string `json:"note,omitempty"` // why it failed, or who cancelled it
	Run   string `json:"run,omitempty"`  // what it published
	// Attended tells that somebody waits for it: it is not taken up again when its process dies.
	Attended bool   `json:"attended"`
	Owner    string `json:"-"` // process
}

// Over tells whether nothing more happens.
func (t AssessTask) Over() bool { return t.State != TaskWaiting && t.State != TaskRunning }

// Share is how much of the step is done, in per cent.
func (t AssessTask) Share() int {
	if t.Total <= 0 {
		return 0
	}
	return 100 * t.Done / t.Total
}

// An AssessFence ties what is written to one attempt of a task: whoever has lost the task
// writes nothing.
type AssessFence struct {
	Task    string // "" = no task
	Attempt int
	End     bool // the task is done with it
	At      time.Time
}

// AssessTaskStore keeps tasks.
type AssessTaskStore interface {
	// BeginAssessTask stores a task; with one that is not over it is fault.ErrConflict. What was
	// attended and gave no sign of life since quiet counts as cut off.
	BeginAssessTask(ctx context.Context, t AssessTask, quiet time.Time, entries ...journal.Draft) error
	// TakeAssessTask begins the next attempt of a task; false = it is over.
	TakeAssessTask(ctx context.Context, org, id string, now time.Time) (AssessTask, bool, error)
	// BeatAssessTask notes how far an attempt is; false = it is not the task's any more.
	BeatAssessTask(ctx context.Context, org, id string, attempt int, step string, done, total int, now time.Time) (bool, error)
	// EndAssessTask ends a task without publishing, attempt 0 = whichever; false = it was over.
	EndAssessTask(ctx context.Context, org, id string, attempt int, state, note string, now time.Time, entries ...journal.Draft) (bool, error)
	AssessTasks(ctx context.Context, org string, limit int) ([]AssessTask, error)
	AssessTask(ctx context.Context, org, id string) (AssessTask, error)
}

const (
	// quietFor is after how long without a sign of life an attended task counts as cut off.
	quietFor = 2 * time.Minute
	// mostAttempts is how often a task is taken up.
	mostAttempts = 5
	// beats is about how many signs of life one run gives.
	beats = 20
)

// errGone ends the work on a task that somebody cancelled or took over.
var errGone = errors.New("the task is over or another process works it")

// AskAssessment asks for a run that is reckoned in the background. Asking again for the same
// returns what is under way; for something else it is fault.ErrConflict.
func (d *Desk) AskAssessment(ctx context.Context, who Principal, o AssessOptions) (AssessTask, error) {
	t, err := d.beginTask(ctx, who, o, false)
	if !errors.Is(err, fault.ErrConflict) {
		return t, err
	}
	list, readErr := d.cfg.Assess.AssessTasks(ctx, who.Org, 1)
	if readErr == nil && len(list) == 1 && !list[0].Over() && reflect.DeepEqual(list[0].Options, t.Options) {
		return list[0], nil
	}
	return t, err
}

func (d *Desk) beginTask(ctx context.Context, who Principal, o AssessOptions, attended bool) (AssessTask, error) {
	if err := d.mayAssess(who, CanRules); err != nil {
		return AssessTask{}, err
	}
	now := d.cfg.Now().UTC().Truncate(time.Microsecond)
	o, err := o.checked(now)
	if err != nil {
		return AssessTask{}, err
	}
	t := AssessTask{ID: id.Random("ast"), Org: who.Org, State: TaskWaiting, Options: o, Asked: now, Beat: now, By: who.Account, Name: firstOf(who.Name, who.Account), Attended: attended}
	entry, err := d.assessEntry(who, journal.AssessAsked, t.ID, map[string]any{"years": o.Years, "purpose": o.Purpose})
	if err != nil {
		return t, err
	}
	if err := d.cfg.Assess.BeginAssessTask(ctx, t, now.Add(-quietFor), entry); err != nil {
		return t, fmt.Errorf("begin an assessment: %w", err)
	}
	d.assessing(who.Org)
	return t, nil
}

// Assess reckons every unit, stores the run and returns when it is there. One run at a time:
// while another is under way it is fault.ErrConflict.
func (d *Desk) Assess(ctx context.Context, who Principal, o AssessOptions) (AssessRun, error) {
	t, err := d.beginTask(ctx, who, o, true)
	if err != nil {
		return AssessRun{}, err
	}
	run, err := d.workTask(ctx, who, t.ID)
	if err != nil && ctx.Err() != nil { // nobody takes it up again
		_, endErr := d.cfg.Assess.EndAssessTask(context.WithoutCancel(ctx), who.Org, t.ID, 0, TaskCancelled, NoteCutOff, d.cfg.Now())
		err = errors.Join(err, endErr)
	}
	return run, err
}

// WorkAssessment works a task that was asked for: called by the job that stands for it, again
// after a restart. What is over stays as it is.
func (d *Desk) WorkAssessment(ctx context.Context, org, task string) error {
	t, err := d.cfg.Assess.AssessTask(ctx, org, task)
	if err != nil || t.Over() {
		return err
	}
	who := Principal{Account: t.By, Org: org, Name: t.Name, Role: Analyst, Scopes: Analyst.Scopes()}
	_, err = d.workTask(ctx, who, task)
	if err != nil && ctx.Err() == nil {
		return nil // it stands at the task why, and trying again would give the same
	}
	return err
}

// workTask makes one attempt at a task.
func (d *Desk) workTask(parent context.Context, who Principal, task string) (AssessRun, error) {
	t, mine, err := d.cfg.Assess.TakeAssessTask(parent, who.Org, task, d.cfg.Now())
	switch {
	case err != nil:
		return AssessRun{}, err
	case !mine:
		return AssessRun{}, fmt.Errorf("assessment %s: %w: %w", task, errGone, fault.ErrConflict)
	}
	ctx, lose := context.WithCancelCause(parent)
	defer lose(nil)
	if t.Attempt > mostAttempts {
		return AssessRun{}, d.failTask(parent, who, t, NoteAttempts, fmt.Errorf("assessment %s was cut off %d times: %w", task, mostAttempts, fault.ErrUnavailable))
	}
	beat := func(step string, done, total int) {
		alive, err := d.cfg.Assess.BeatAssessTask(ctx, who.Org, task, t.Attempt, step, done, total, d.cfg.Now())
		if err == nil && !alive {
			lose(errGone)
			return
		}
		d.assessing(who.Org)
	}
	run, err := d.stepsOf(ctx, who, t, beat)
	switch {
	case err == nil:
		d.assessing(who.Org)
		return run, nil
	case errors.Is(context.Cause(ctx), errGone):
		return AssessRun{}, fmt.Errorf("assessment %s: %w: %w", task, errGone, fault.ErrConflict)
	case parent.Err() != nil:
		return AssessRun{}, err // the process stops: whoever comes takes it up
	}
	return AssessRun{}, d.failTask(parent, who, t, err.Error(), err)
}

func (d *Desk) failTask(ctx context.Context, who Principal, t AssessTask, note string, cause error) error {
	entry, err := d.assessEntry(who, journal.AssessAsked, t.ID, map[string]any{"state": TaskFailed, "note": note})
	if err == nil {
		_, err = d.cfg.Assess.EndAssessTask(ctx, who.Org, t.ID, t.Attempt, TaskFailed, note, d.cfg.Now(), entry)
	}
	d.assessing(who.Org)
	return errors.Join(cause, err)
}

// stepsOf reckons the years before, the oldest first, and then what is asked for. A year that
// an earlier attempt has stored is not reckoned again.
func (d *Desk) stepsOf(ctx context.Context, who Principal, t AssessTask, beat func(step string, done, total int)) (AssessRun, error) {
	o := t.Options.at(t.Asked)
	for n := o.Years; n >= 1; n-- {
		at := time.Date(o.AsOf.UTC().Year()-n, 12, 31, 0, 0, 0, 0, time.UTC)
		year := o
		year.AsOf, year.Purpose, year.Years = at, Recomputed, 0
		step := at.Format("2006")
		err := d.oneRun(ctx, who, t, id.Derived("run", t.ID, step), year, func(done, total int) { beat(step, done, total) })
		if err != nil {
			return AssessRun{}, fmt.Errorf("recompute %s: %w", step, err)
		}
	}
	name := id.Derived("run", t.ID, o.Purpose)
	err := d.oneRun(ctx, who, t, name, o, func(done, total int) { beat("publish", done, total) })
	if err != nil {
		return AssessRun{}, err
	}
	run, _, err := d.cfg.Assess.AssessRun(ctx, who.Org, name)
	return run, err
}

// oneRun reckons one instant for a task and stores it under a name; what is not a year before
// ends the task. In the background it takes one processor: the watch goes on beside it.
func (d *Desk) oneRun(ctx context.Context, who Principal, t AssessTask, name string, o AssessOptions, beat func(done, total int)) error {
	end := !o.AsOf.Before(t.Options.at(t.Asked).AsOf)
	if !end {
		if _, _, err := d.cfg.Assess.AssessRun(ctx, who.Org, name); !errors.Is(err, fault.ErrNotFound) {
			return err
		}
	}
	beat(0, 0)
	s, m, err := d.snapshot(ctx, who, o)
	if err != nil {
		return err
	}
	r := reckoning{name: name, purpose: o.Purpose, workers: 1, fence: AssessFence{Task: t.ID, Attempt: t.Attempt, End: end}, told: func(done, total int) {
		if done == total || done%max(1, total/beats) == 0 {
			beat(done, total)
		}
	}}
	if t.Attended {
		r.workers = assessWorkers
	}
	if err := d.runOf(ctx, who, s, m, r); err != nil {
		return err
	}
	if d.cfg.Failpoint != nil {
		d.cfg.Failpoint("assessed")
	}
	return nil
}

// assessing tells open pages that a task has moved.
func (d *Desk) assessing(org string) {
	if d.cfg.Assessing != nil {
		d.cfg.Assessing(org)
	}
}

// AssessmentTasks lists tasks, the newest first.
func (d *Desk) AssessmentTasks(ctx context.Context, who Principal) ([]AssessTask, error) {
	if err := d.mayAssess(who, CanRead); err != nil {
		return nil, err
	}
	return d.cfg.Assess.AssessTasks(ctx, who.Org, 50)
}

// AssessmentTask is one of them.
func (d *Desk) AssessmentTask(ctx context.Context, who Principal, name string) (AssessTask, error) {
	if err := d.mayAssess(who, CanRead); err != nil {
		return AssessTask{}, err
	}
	return d.cfg.Assess.AssessTask(ctx, who.Org, name)
}

// CancelAssessment ends a task that is not over: nothing of it is published. What is over is
// fault.ErrConflict.
func (d *Desk) CancelAssessment(ctx context.Context, who Principal, name string) (AssessTask, error) {
	if err := d.mayAssess(who, CanRules); err != nil {
		return AssessTask{}, err
	}
	if _, err := d.cfg.Assess.AssessTask(ctx, who.Org, name); err != nil {
		return AssessTask{}, err
	}
	entry, err := d.assessEntry(who, journal.AssessAsked, name, map[string]any{"state": TaskCancelled})
	if err != nil {
		return AssessTask{}, err
	}
	ended, err := d.cfg.Assess.EndAssessTask(ctx, who.Org, name, 0, TaskCancelled, firstOf(who.Name, who.Account), d.cfg.Now(), entry)
	if err != nil {
		return AssessTask{}, err
	}
	d.assessing(who.Org)
	t, err := d.cfg.Assess.AssessTask(ctx, who.Org, name)
	if err == nil && !ended {
		err = fmt.Errorf("assessment %s is %s: %w", name, t.State, fault.ErrConflict)
	}
	return t, err
}
