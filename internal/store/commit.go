package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// Commit writes a batch of the watch in one transaction, under its leases (SetFence).
func (db *DB) Commit(ctx context.Context, b *watch.Batch) error {
	do := func(ctx context.Context, tx *Tx) error {
		if err := db.fenced(ctx, tx, b); err != nil {
			return err
		}
		if err := db.decided(ctx, tx, b); err != nil {
			return err
		}
		w := batchWriter{ctx: ctx, tx: tx}
		w.receipts(append(w.records(b.Records), b.Receipts...))
		w.delivered(b.Delivered)
		w.links(b.Links)
		w.signals(b.Signals)
		w.quarantined(b.Quarantined)
		for _, d := range b.Decisions {
			w.decision(d)
		}
		w.notifications(b.Notifications)
		w.escalations(b.Escalations)
		for _, id := range b.Woken {
			w.exec("UPDATE warning SET answered_revision = 0 WHERE id = ?", id)
		}
		w.answers(b.Answers)
		w.people(b)
		w.left(b.Left)
		if err := w.end(); err != nil {
			return fmt.Errorf("write the batch: %w", err)
		}
		if err := tx.Journal(b.Journal...); err != nil {
			return err
		}
		return db.enqueueJobs(ctx, tx, b.Jobs)
	}
	err := db.put(ctx, piece{do: do, done: make(chan error, 1), tells: len(b.Notifications)})
	if err == nil {
		db.keepJobs(b.Jobs)
		db.remember(b)
		for _, v := range b.Portfolios { // every notification needs it, and reading it back takes long
			p := v.Portfolio
			p.Projects, p.Assets, p.Contacts = slices.Clip(p.Projects), slices.Clip(p.Assets), slices.Clip(p.Contacts)
			db.folios.put(p.Org, p)
		}
	}
	return err
}

// rushFrom is how many notifications of one commit tell of a rush.
const rushFrom = 2

// remember keeps the revisions that are told now, and their links.
func (db *DB) remember(b *watch.Batch) {
	for _, l := range b.Links {
		db.links.put(l.Hash, l.Expires)
	}
	if len(b.Notifications) == 0 {
		return
	}
	told := make(map[revisionKey]bool, len(b.Notifications))
	for _, n := range b.Notifications {
		told[revisionKey{n.Warning, n.Revision}] = true
	}
	for _, d := range b.Decisions {
		if d.Warning != nil && told[revisionKey{d.Warning.ID, d.Warning.Revision}] {
			db.recent.put(*d.Warning)
		}
	}
}

// batchWriter runs statements until the first error, and writes rows together that stand next
// to one another (row). Its last call is end.
type batchWriter struct {
	ctx  context.Context
	tx   *Tx
	rows []gathered
	err  error
}

// exec runs a statement after what was gathered before it.
func (w *batchWriter) exec(q string, args ...any) {
	w.flush()
	w.aside(q, args...)
}

// aside runs a statement at once, which neither sees nor changes what is gathered.
func (w *batchWriter) aside(q string, args ...any) {
	if w.err == nil {
		_, w.err = w.tx.ExecContext(w.ctx, q, args...)
	}
}

func (w *batchWriter) json(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil && w.err == nil {
		w.err = err
	}
	return raw
}

var keepReceipt = inserting("receipt (source, org, record, url, kind, at, content_type, state, items, signals)", 0, "")

// records keeps the bytes of deliveries with their receipts, and returns what else these say.
func (w *batchWriter) records(list []watch.Raw) (done []watch.ReceiptDone) {
	done = make([]watch.ReceiptDone, len(list))
	for i, r := range list {
		body, packed, err := pack(r.Body)
		if err != nil && w.err == nil {
			w.err = err
		}
		w.row(keepRecord, r.Hash, len(r.Body), body, packed, at(r.At))
		w.row(keepReceipt, r.Source, r.Org, r.Hash, r.URL, r.Kind, at(r.At), r.ContentType, stateOf(r.Done), r.Done.Items, r.Done.Signals)
		r.Done.ID = 0
		done[i] = r.Done
	}
	return done
}

// delivered keeps what deliveries are answered with.
func (w *batchWriter) delivered(list []watch.Delivered) {
	for _, d := range list {
		w.row(keepDelivered, d.Org, pushKey+d.Key, d.Request, 202, d.Answer, at(d.At))
	}
}

// links keeps the one-tap links of messages.
func (w *batchWriter) links(list []watch.Link) {
	for _, l := range list {
		w.row(keepLink, l.Hash, l.Org, l.Warning, l.Contact, at(l.Expires))
	}
}

// stateOf is the state of a receipt that is worked through.
func stateOf(r watch.ReceiptDone) string {
	if r.Poison != "" {
		return "poison"
	}
	return "parsed"
}

func (w *batchWriter) receipts(list []watch.ReceiptDone) {
	type sum struct {
		signals, records int
		newest           time.Time
	}
	sums, order := map[string]sum{}, []string(nil)
	for _, r := range list {
		if r.ID != 0 {
			w.exec("UPDATE receipt SET state = ?, items = ?, signals = ? WHERE id = ?", stateOf(r), r.Items, r.Signals, r.ID)
		}
		content := r.Content
		if content.IsZero() || content.After(r.At) { // a wrong clock elsewhere must not hide silence
			content = r.At
		}
		s, known := sums[r.Source]
		if !known {
			order = append(order, r.Source)
		}
		if content.After(s.newest) {
			s.newest = content
		}
		s.signals, s.records = s.signals+r.Signals, s.records+1
		sums[r.Source] = s
	}
	for _, id := range order {
		s := sums[id]
		w.exec(`UPDATE source SET signals = signals + ?1, records = records + ?2, last_content = CASE WHEN last_content > ?3 THEN last_content ELSE ?3 END WHERE id = ?4`,
			s.signals, s.records, at(s.newest), id)
	}
}

var keepSignal = inserting("signal (id, org, source, record, key, received_at, body)", 0, "ON CONFLICT (id) DO NOTHING")

func (w *batchWriter) signals(list []event.Signal) {
	for _, s := range list {
		w.row(keepSignal, s.ID, s.Org, s.Source, s.Record, s.Key, at(s.Received), w.json(s))
	}
}

var keepQuarantined = inserting("quarantine (id, source, org, record, at, place, reason, raw)", 0, "ON CONFLICT (id) DO NOTHING")

func (w *batchWriter) quarantined(list []watch.Quarantined) {
	for _, q := range list {
		w.row(keepQuarantined, q.ID, q.Source, q.Org, q.Record, at(q.At), q.Place, q.Reason, q.Raw)
		w.aside("UPDATE source SET quarantined = quarantined + 1 WHERE id = ?", q.Source)
	}
}

func (w *batchWriter) decision(d watch.OrgDecision) {
	switch {
	case d.Event != nil && d.Rows != nil:
		w.some(d)
	case d.Event != nil:
		w.event(d, d.At)
		if d.Replaces() {
			w.unexposed(d, "DELETE FROM exposure WHERE org = ? AND event = ? AND revision = ?")
		}
		w.exposures(d)
	}
	if d.Warning != nil {
		w.warning(*d.Warning, d.Encoded)
	}
	for _, s := range d.Suppressed {
		w.suppressed(d.Org, s)
	}
	for _, rule := range d.Would {
		w.aside(`INSERT INTO rule_would (org, rule, version, n) VALUES (?, ?, 0, 1) ON CONFLICT (org, rule, version) DO UPDATE SET n = rule_would.n + 1`, d.Org, rule)
	}
}

// suppressed keeps what rules hold back now; what is lifted stands in the journal alone.
func (w *batchWriter) suppressed(org string, s watch.Suppression) {
	if s.Lifted {
		w.aside("DELETE FROM suppression WHERE org = ? AND event = ? AND project = ? AND family = ?", org, s.Event, s.Project, string(s.Family))
		return
	}
	w.aside(`INSERT INTO suppression (org, event, project, family, level, since_at, body) VALUES (?,?,?,?,?,?,?)
		ON CONFLICT (org, event, project, family) DO UPDATE SET level = excluded.level, since_at = excluded.since_at, body = excluded.body`,
		org, s.Event, s.Project, string(s.Family), int(s.Level), at(s.Since), w.json(s))
}

var (
	keepEvent = inserting("event (org, id, revision, state, hazard, updated_at, matched_at, body)", 2, `ON CONFLICT (org, id) DO UPDATE SET revision = excluded.revision,
		state = excluded.state, hazard = excluded.hazard, updated_at = excluded.updated_at, matched_at = excluded.matched_at, body = excluded.body`)
	keepEventRevision = inserting("event_revision (org, id, revision, at, body)", 0, "ON CONFLICT (org, id, revision) DO NOTHING")
	keepEventSignal   = inserting("event_signal (org, event, signal)", 0, "ON CONFLICT DO NOTHING")
	keepExposure      = inserting("exposure (org, event, revision, project, rows, body)", 0, "")
)

// event keeps a revision, with the instant at which its rows were reckoned.
func (w *batchWriter) event(d watch.OrgDecision, matched time.Time) {
	org, e, raw := d.Org, *d.Event, d.Encoded
	if raw == nil {
		raw = w.json(e)
	}
	w.row(keepEvent, org, e.ID, e.Revision, string(e.State), string(e.Hazard), at(e.Updated), at(matched), raw)
	w.row(keepEventRevision, org, e.ID, e.Revision, at(e.Updated), raw)
	for _, r := range e.Reports {
		if r.Signal != "" {
			w.row(keepEventSignal, org, e.ID, r.Signal)
		}
	}
}

// some writes what one of several deciders writes of an event: the event where it keeps the
// organisation, and the rows of its own projects.
func (w *batchWriter) some(d watch.OrgDecision) {
	if d.Rows.Event {
		// When the rows were reckoned last stays known to those who are not as far.
		if w.holds(keepEvent, d.Org, d.Event.ID) {
			w.flush()
		}
		w.aside(`INSERT INTO event_matched (org, event, at) SELECT org, id, matched_at FROM event WHERE org = ? AND id = ? AND matched_at > updated_at
			ON CONFLICT DO NOTHING`, d.Org, d.Event.ID)
		w.event(d, d.At)
	}
	if len(d.Rows.Had) > 0 {
		had, err := array(d.Rows.Had)
		if err != nil && w.err == nil {
			w.err = err
		}
		w.unexposed(d, "DELETE FROM exposure WHERE org = ? AND event = ? AND revision = ? AND project IN (SELECT value FROM json_each(?))", had)
	}
	w.exposures(d)
}

// unexposed takes rows of an event's revision away.
func (w *batchWriter) unexposed(d watch.OrgDecision, q string, more ...any) {
	key := []any{d.Org, d.Event.ID, d.Event.Revision}
	if w.holds(keepExposure, key...) {
		w.flush()
	}
	w.aside(q, append(key, more...)...)
}

// exposures writes rows of a revision, by project. Those that a change of the portfolio
// replaces must be gone.
func (w *batchWriter) exposures(d watch.OrgDecision) {
	list := d.Split
	if list == nil {
		var err error
		if list, err = watch.Split(d.Exposures); err != nil && w.err == nil {
			w.err = err
		}
	}
	for _, p := range list {
		w.row(keepExposure, d.Org, d.Event.ID, d.Event.Revision, p.Project, p.N, p.Body)
	}
}

// headRows is how many rows a warning keeps in the form that lists show.
const headRows = 3

var (
	keepWarning = inserting(`warning (id, org, project, family, state, level, active, revision, opened_at, updated_at, fresh_at, told_at, eta_at,
		told_level, told_revision, people, head, body)`, 1,
		`ON CONFLICT (id) DO UPDATE SET state = excluded.state, level = excluded.level, active = excluded.active, revision = excluded.revision,
		updated_at = excluded.updated_at, fresh_at = excluded.fresh_at, told_at = coalesce(excluded.told_at, warning.told_at), eta_at = excluded.eta_at,
		told_level = excluded.told_level, told_revision = excluded.told_revision, people = excluded.people, head = excluded.head, body = excluded.body`)
	keepWarningRevision = inserting("warning_revision (warning, revision, at, level, state, reason, notify, body)", 0, "")
)

func (w *batchWriter) warning(v warning.Warning, raw []byte) {
	if raw == nil {
		raw = w.json(v)
	}
	active, told := 0, any(nil)
	if warning.Active(v) {
		active = 1
	}
	if v.Notify {
		told = put(v.At)
	}
	short := []byte(sameAsBody)
	if len(v.Rows) > headRows || bytes.HasPrefix(raw, folded) {
		head := v
		head.Rows = v.Rows[:min(len(v.Rows), headRows)]
		short = w.json(head)
	}
	w.row(keepWarning, v.ID, v.Org, v.Project, string(v.Family), string(v.State), int(v.Level), active, v.Revision, at(v.OpenedAt), at(v.At), at(v.Fresh), told, put(v.ETA),
		int(v.Told.Level), v.Told.Revision, v.Persons(), short, raw)
	w.row(keepWarningRevision, v.ID, v.Revision, at(v.At), int(v.Level), string(v.State), string(v.Reason), v.Notify, raw)
}

var (
	keepBegun = inserting("attempt (notification, n, at, outcome, detail)", 0, "ON CONFLICT (notification, n) DO NOTHING")
	// A digest is as fresh as the newest that it carries.
	keepNotification = inserting(`notification (id, org, warning, revision, level, contact, step, channel, address, purpose, state, tries, claimed_at, queued_at, due_at, chosen)`, 1,
		`ON CONFLICT (id) DO UPDATE SET state = 'pending', queued_at = excluded.queued_at, due_at = excluded.due_at, done_at = NULL
			WHERE notification.purpose = 'digest' AND notification.state IN ('pending', 'withheld') AND notification.queued_at < excluded.queued_at`)
	keepEscalation = inserting("escalation (warning, org, revision, step, due_at, state, round, wake, answered_by)", 1,
		`ON CONFLICT (warning) DO UPDATE SET revision = excluded.revision, step = excluded.step, due_at = excluded.due_at, state = excluded.state,
			round = excluded.round, wake = excluded.wake, answered_by = excluded.answered_by`)
)

func (w *batchWriter) notifications(list []response.Notification) {
	for _, n := range list {
		if n.Revision > 1 && n.Purpose != response.Escalation && n.State != response.Muted { // what is not sent takes nothing's place
			if w.any(keepNotification, func(row []any) bool { return row[2] == n.Warning }) {
				w.flush()
			}
			w.aside(`UPDATE notification SET state = 'superseded', done_at = ? WHERE warning = ? AND contact = ? AND channel = ? AND address = ?
				AND state IN ('pending', 'held') AND revision < ?`, at(n.QueuedAt()), n.Warning, n.Contact, n.Channel, n.Address, n.Revision)
		}
		tries, claimed, due := 0, any(nil), at(n.Due)
		if n.State == response.Sending { // this process sends it as soon as the commit is on disk
			tries, claimed, due = 1, at(n.Due), at(delivery.FirstClaim(n.Due).Until(n.Level))
			w.row(keepBegun, n.ID, 1, at(n.Due), "began", "")
		}
		w.row(keepNotification, n.ID, n.Org, n.Warning, n.Revision, int(n.Level), n.Contact, n.Step, n.Channel, n.Address, string(n.Purpose), string(n.State),
			tries, claimed, at(n.QueuedAt()), due, string(n.Held))
	}
}

func (w *batchWriter) escalations(list []response.EscalationState) {
	for _, e := range list {
		w.row(keepEscalation, e.Warning, e.Org, e.Revision, e.Step, put(e.Due), e.State, e.Round, e.Wake, e.By)
	}
}

func (w *batchWriter) answers(list []watch.Answer) {
	for _, a := range list {
		w.exec(`INSERT INTO answer (id, org, warning, revision, at, kind, by_name, contact, account, via, note, until_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)
			ON CONFLICT (id) DO NOTHING`, a.ID, a.Org, a.Warning, a.Revision, at(a.At), string(a.Kind), a.By, a.Contact, a.Account, a.Via, a.Note, put(a.Until))
		if a.Kind == watch.HaveIt || a.Kind == watch.NeedHelp || a.Kind == watch.Done {
			w.exec("UPDATE warning SET answered_revision = CASE WHEN answered_revision > ?1 THEN answered_revision ELSE ?1 END, answered_by = ?2 WHERE id = ?3", a.Revision, a.By, a.Warning)
		}
	}
}

var keepAct = inserting("act (org, at, body)", 0, "")

func (w *batchWriter) people(b *watch.Batch) {
	for _, a := range b.Acts {
		w.row(keepAct, a.Org, at(a.At), w.json(a))
	}
	for _, v := range b.Portfolios {
		w.exec(`INSERT INTO portfolio_version (org, version, at, actor, file, note, changes, undoes, whole, body) VALUES (?,?,?,?,?,?,?,?,?,?)`,
			v.Portfolio.Org, v.Portfolio.Version, at(v.At), v.Actor, v.File, v.Note, v.Changes, v.Undoes, v.Whole, w.json(v.Portfolio))
	}
	for _, m := range b.Memories {
		if len(b.Under) > 0 { // others may still need what it was before
			w.exec("INSERT INTO memory_past (org, at, body) SELECT org, '', body FROM memory WHERE org = ?1 AND NOT EXISTS (SELECT 1 FROM memory_past x WHERE x.org = ?1)", m.Org)
			w.exec("INSERT INTO memory_past (org, at, body) VALUES (?,?,?) ON CONFLICT (org, at) DO UPDATE SET body = excluded.body", m.Org, at(m.At), m.Body)
		}
		w.exec("INSERT INTO memory (org, body) VALUES (?,?) ON CONFLICT (org) DO UPDATE SET body = excluded.body", m.Org, m.Body)
	}
	for _, r := range b.Rules {
		w.exec("INSERT INTO rule (org, id, version, at, actor, body) VALUES (?,?,?,?,?,?)", r.Org, r.ID, r.Version, at(r.At), r.Actor, r.Body)
		w.exec("DELETE FROM rule_would WHERE org = ? AND rule = ?", r.Org, r.ID)
	}
}
