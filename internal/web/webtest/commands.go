package webtest

import (
	"context"
	"fmt"
	"io"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/warning"
)

// Acknowledge records an answer and shows it in the row.
func (d *Desk) Acknowledge(_ context.Context, who desk.Principal, id string, a desk.Answer) (desk.Answer, error) {
	if _, err := d.row(who, id); err != nil {
		return a, err
	}
	a.At, a.By = Now, who.Name
	if a.For > 0 {
		a.Until = Now.Add(a.For)
	}
	if err := d.did(who, desk.CanAnswer, "acknowledge %s %s %q", id, a.Kind, a.Note); err != nil {
		return a, err
	}
	for i := range d.Rows {
		if d.Rows[i].Warning.ID == id {
			d.Rows[i].Answer = &a
		}
	}
	return a, nil
}

// Escalate records the command.
func (d *Desk) Escalate(_ context.Context, who desk.Principal, id, note string) error {
	if _, err := d.row(who, id); err != nil {
		return err
	}
	return d.did(who, desk.CanAnswer, "escalate %s", id)
}

// End records the command.
func (d *Desk) End(_ context.Context, who desk.Principal, id, reason string) (warning.Warning, error) {
	r, err := d.row(who, id)
	if err == nil {
		err = d.did(who, desk.CanDecide, "end %s %q", id, reason)
	}
	r.Warning.State = warning.Ended
	return r.Warning, err
}

// Cancel records the command; a red one only asks.
func (d *Desk) Cancel(_ context.Context, who desk.Principal, id, reason string) (warning.Warning, error) {
	r, err := d.row(who, id)
	if err == nil {
		err = d.did(who, desk.CanDecide, "cancel %s %q", id, reason)
	}
	if r.Warning.Level < level.Red {
		r.Warning.State = warning.Cancelled
	}
	return r.Warning, err
}

// Sign records the command.
func (d *Desk) Sign(_ context.Context, who desk.Principal, id string) (warning.Warning, error) {
	r, err := d.row(who, id)
	if err == nil {
		err = d.did(who, desk.CanDecide, "sign %s", id)
	}
	return r.Warning, err
}

// Detach records the command.
func (d *Desk) Detach(ctx context.Context, who desk.Principal, id, signal string) error {
	if _, _, err := d.Event(ctx, who, id); err != nil {
		return err
	}
	return d.did(who, desk.CanDecide, "detach %s %s", id, signal)
}

// Split records the command.
func (d *Desk) Split(ctx context.Context, who desk.Principal, id string, signals []string) error {
	if _, _, err := d.Event(ctx, who, id); err != nil {
		return err
	}
	return d.did(who, desk.CanDecide, "split %s %v", id, signals)
}

// Push records the command.
func (d *Desk) Push(_ context.Context, who desk.Principal, source string, _ []byte, _ string) (desk.Pushed, error) {
	return desk.Pushed{Record: "rec_1"}, d.did(who, desk.CanPush, "push %s", source)
}

// Field records the command.
func (d *Desk) Field(_ context.Context, who desk.Principal, r desk.FieldReport) (desk.Pushed, error) {
	return desk.Pushed{Record: "rec_1"}, d.did(who, desk.CanPush, "field %s %s %q", r.Project, r.Hazard, r.What)
}

// Preview answers the prepared preview.
func (d *Desk) Preview(_ context.Context, who desk.Principal, name string, r io.Reader) (desk.ImportPreview, error) {
	n, err := io.Copy(io.Discard, r)
	if err != nil {
		return desk.ImportPreview{}, err
	}
	return d.Import, d.did(who, desk.CanPortfolio, "preview %s %d", name, n)
}

// Commit records the command.
func (d *Desk) Commit(_ context.Context, who desk.Principal, token string) (desk.VersionRow, error) {
	return desk.VersionRow{Version: 8}, d.did(who, desk.CanPortfolio, "commit %s", token)
}

// Undo records the command.
func (d *Desk) Undo(_ context.Context, who desk.Principal, version int64) (desk.VersionRow, error) {
	return desk.VersionRow{Version: 8, Undoes: version}, d.did(who, desk.CanPortfolio, "undo %d", version)
}

// SetSource records the command.
func (d *Desk) SetSource(_ context.Context, who desk.Principal, id string, on bool) error {
	return d.did(who, desk.CanAdmin, "source %s %t", id, on)
}

// PollNow records the command.
func (d *Desk) PollNow(_ context.Context, who desk.Principal, id string) error {
	return d.did(who, desk.CanAdmin, "poll %s", id)
}

// PutRule records the command; a rule without a condition is invalid.
func (d *Desk) PutRule(_ context.Context, who desk.Principal, r desk.RuleRow) (desk.RuleRow, error) {
	if r.When == "" {
		return r, fmt.Errorf("rule: when is empty: %w", fault.ErrInvalid)
	}
	return r, d.did(who, desk.CanRules, "rule %s %s", r.Name, r.Mode)
}
