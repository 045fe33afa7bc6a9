package storetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

func taskOf(id string, attended bool, now time.Time) desk.AssessTask {
	return desk.AssessTask{ID: id, Org: "o", State: desk.TaskWaiting, Options: desk.AssessOptions{Years: 5, Purpose: desk.Published}, Asked: now, Beat: now, By: "acc", Name: "Ann", Attended: attended}
}

// TestAssessTasks: an organisation has one task at a time; whoever has lost it by a later
// attempt or a cancellation publishes nothing; the last write ends it.
func TestAssessTasks(t *testing.T, empty Maker) {
	b := start(t, empty(t), time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	ctx, now := t.Context(), b.clock()
	entry := journal.Draft{At: now, Org: "o", Kind: journal.AssessAsked, Actor: "acc", Subject: "t", Body: []byte(`{}`)}
	if err := b.db.BeginAssessTask(ctx, taskOf("t1", false, now), now.Add(-time.Minute), entry); err != nil {
		t.Fatal(err)
	}
	if err := b.db.BeginAssessTask(ctx, taskOf("t2", false, now), now.Add(time.Hour), entry); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("a second task beside the first: %v", err)
	}
	if b.kinds(journal.AssessAsked) != 1 {
		t.Error("what was refused stands in the journal")
	}
	first, ok, err := b.db.TakeAssessTask(ctx, "o", "t1", now)
	if err != nil || !ok || first.Attempt != 1 || first.State != desk.TaskRunning || first.Options.Years != 5 || !first.Began.Equal(now) {
		t.Fatalf("%+v %t %v", first, ok, err)
	}
	if _, ok, err := b.db.TakeAssessTask(ctx, "elsewhere", "t1", now); err != nil || ok {
		t.Errorf("another organisation took it: %v", err)
	}
	second, ok, err := b.db.TakeAssessTask(ctx, "o", "t1", now.Add(time.Minute))
	if err != nil || !ok || second.Attempt != 2 || !second.Began.Equal(now) {
		t.Fatalf("%+v %t %v", second, ok, err)
	}
	if alive, err := b.db.BeatAssessTask(ctx, "o", "t1", 1, "publish", 3, 9, now); err != nil || alive {
		t.Errorf("the attempt that lost the task beats: %t %v", alive, err)
	}
	if alive, err := b.db.BeatAssessTask(ctx, "o", "t1", 2, "publish", 3, 9, now.Add(2*time.Minute)); err != nil || !alive {
		t.Errorf("%t %v", alive, err)
	}
	put := func(id, task string, attempt int, end bool) error {
		a := desk.StoredAssessment{ID: "a" + id, Run: id, Unit: "country:KE", Kind: "country", Score: 4, Class: "medium", Method: "m", Hash: "h", Body: []byte(`{}`)}
		run := desk.AssessRun{ID: id, Org: "o", Method: "m", Purpose: desk.Published, AsOf: now, Known: now, Made: now, Units: 1}
		return b.db.PutAssessRun(ctx, run, []byte(`{}`), []desk.StoredAssessment{a}, desk.AssessFence{Task: task, Attempt: attempt, End: end, At: now.Add(3 * time.Minute)}, journal.Draft{At: now, Org: "o", Kind: journal.AssessPublished, Actor: "acc", Subject: id, Body: []byte(`{}`)})
	}
	if err := put("r1", "t1", 1, true); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("the attempt that lost the task publishes: %v", err)
	}
	if err := put("r0", "t1", 2, false); err != nil {
		t.Error(err)
	}
	if got, err := b.db.AssessTask(ctx, "o", "t1"); err != nil || got.Over() || got.Done != 3 || got.Total != 9 || got.Step != "publish" {
		t.Errorf("between: %+v %v", got, err)
	}
	if err := put("r2", "t1", 2, true); err != nil {
		t.Error(err)
	}
	got, err := b.db.AssessTask(ctx, "o", "t1")
	if err != nil || got.State != desk.TaskDone || got.Run != "r2" || got.Done != 9 || !got.Ended.Equal(now.Add(3*time.Minute)) {
		t.Errorf("done: %+v %v", got, err)
	}
	if ended, err := b.db.EndAssessTask(ctx, "o", "t1", 0, desk.TaskCancelled, "Ann", now, entry); err != nil || ended {
		t.Errorf("what is done was cancelled: %t %v", ended, err)
	}

	// The next one is cancelled while it runs.
	if err := b.db.BeginAssessTask(ctx, taskOf("t3", false, now.Add(time.Hour)), now, entry); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.db.TakeAssessTask(ctx, "o", "t3", now); err != nil {
		t.Fatal(err)
	}
	if ended, err := b.db.EndAssessTask(ctx, "o", "t3", 0, desk.TaskCancelled, "Ann", now, entry); err != nil || !ended {
		t.Errorf("cancel: %t %v", ended, err)
	}
	if err := put("r3", "t3", 1, true); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("what was cancelled publishes: %v", err)
	}
	runs, err := b.db.AssessRuns(ctx, "o", "", 10)
	if err != nil || len(runs) != 2 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
	list, err := b.db.AssessTasks(ctx, "o", 10)
	if err != nil || len(list) != 2 || list[0].ID != "t3" || list[0].Note != "Ann" {
		t.Errorf("%+v %v", list, err)
	}
	if b.kinds(journal.AssessAsked) != 3 || b.kinds(journal.AssessPublished) != 2 {
		t.Errorf("journal: %d asked, %d published", b.kinds(journal.AssessAsked), b.kinds(journal.AssessPublished))
	}
	b.verifyJournal()
}

// TestAssessTaskOfADeadProcess: what somebody waited for in a process that died does not stand
// in the way for ever, and is marked as not done.
func TestAssessTaskOfADeadProcess(t *testing.T, empty Maker) {
	b := start(t, empty(t), time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	ctx, now := t.Context(), b.clock()
	if err := b.db.BeginAssessTask(ctx, taskOf("t1", true, now), now.Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := b.db.BeginAssessTask(ctx, taskOf("t2", true, now), now.Add(-time.Minute)); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("beside one that lives: %v", err)
	}
	if err := b.db.BeginAssessTask(ctx, taskOf("t2", true, now.Add(time.Hour)), now.Add(time.Second)); err != nil {
		t.Errorf("after one that died: %v", err)
	}
	if got, err := b.db.AssessTask(ctx, "o", "t1"); err != nil || got.State != desk.TaskFailed || got.Note != desk.NoteCutOff {
		t.Errorf("%+v %v", got, err)
	}
}

// TestAssessSettings: versions are added, never changed; a method comes back to the byte.
func TestAssessSettings(t *testing.T, empty Maker) {
	b := start(t, empty(t), time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	ctx, now := t.Context(), b.clock()
	file := &desk.MethodFile{Hash: "abc", Version: "ours 1", Method: bytes.Repeat([]byte("version: ours\n"), 99), Reference: []byte("# ref\n")}
	one := desk.AssessSetting{Version: 1, Made: now, By: "acc", Name: "Ann", Reason: "board of May", Weights: []assessment.Weight{{Dimension: "health", Weight: 2.5}}}
	two := desk.AssessSetting{Version: 2, Made: now.Add(time.Minute), By: "acc", Name: "Ann", Reason: "own method", Undoes: 1, Weights: []assessment.Weight{}, Method: "abc"}
	entry := journal.Draft{At: now, Org: "o", Kind: journal.AssessMethod, Actor: "acc", Subject: "setting", Body: []byte(`{}`)}
	if err := b.db.PutAssessSetting(ctx, "o", one, nil, entry); err != nil {
		t.Fatal(err)
	}
	if err := b.db.PutAssessSetting(ctx, "o", one, nil, entry); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("the same version again: %v", err)
	}
	if err := b.db.PutAssessSetting(ctx, "o", two, file, entry); err != nil {
		t.Fatal(err)
	}
	if err := b.db.KeepMethodFile(ctx, "o", desk.MethodFile{Hash: "abc", Version: "other"}, now); err != nil {
		t.Fatal(err)
	}
	list, err := b.db.AssessSettings(ctx, "o")
	if err != nil || len(list) != 2 || list[0].MethodVersion != "ours 1" || list[0].Undoes != 1 || list[1].Weights[0] != one.Weights[0] || list[1].Reason != one.Reason || !list[1].Made.Equal(now) {
		t.Errorf("%+v %v", list, err)
	}
	got, err := b.db.MethodFile(ctx, "o", "abc")
	if err != nil || got.Version != "ours 1" || !bytes.Equal(got.Method, file.Method) || !bytes.Equal(got.Reference, file.Reference) {
		t.Errorf("%+v %v", got.Version, err)
	}
	if _, err := b.db.MethodFile(ctx, "elsewhere", "abc"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another organisation's method: %v", err)
	}
	if other, err := b.db.AssessSettings(ctx, "elsewhere"); err != nil || len(other) != 0 {
		t.Errorf("another organisation's settings: %+v %v", other, err)
	}
	b.verifyJournal()
}
