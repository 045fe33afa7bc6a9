package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/fetch"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

var _ desk.Store = (*DB)(nil)

// needs is the one definition of "needs an answer": active, and nobody has answered what
// was told last.
const needs = "active = 1 AND answered_revision < told_revision"

// shown is what lists show of a warning w: its head, or the body where the head is sameAsBody.
const shown = "CASE WHEN length(w.head) = 2 THEN w.body ELSE w.head END"

// sameAsBody is the head of a warning of which a list shows everything. It is not empty, because
// the driver gives an empty body as none.
const sameAsBody = "{}"

const rowColumns = "SELECT " + shown + `, w.people, w.answered_revision,
	(SELECT CAST(json_array(a.id, a.at, a.kind, a.by_name, a.contact, a.account, a.via, a.note, a.revision, coalesce(a.until_at, '')) AS TEXT) FROM answer a WHERE a.warning = w.id AND a.kind NOT IN ('safe', 'note', 'automatic') AND (w.answered_revision = 0 OR a.kind <> 'cannot' AND NOT EXISTS (
		SELECT 1 FROM answer c WHERE c.warning = a.warning AND c.kind = 'cannot' AND c.contact = a.contact AND c.account = a.account AND c.at > a.at)) ORDER BY a.at DESC LIMIT 1),
	(SELECT count(DISTINCT contact) FROM notification n WHERE n.warning = w.id AND n.state NOT IN ('muted', 'withheld')),
	(SELECT count(*) FROM notification n WHERE n.warning = w.id AND n.state IN ('queued', 'sent', 'delivered')),
	(SELECT count(*) FROM notification n WHERE n.warning = w.id AND n.state = 'failed') FROM warning w`

func scanRow(s scanner) (desk.StoredRow, error) {
	var r desk.StoredRow
	var head []byte
	var answer sql.NullString
	if err := s.Scan(&head, &r.People, &r.AnsweredAt, &answer, &r.Told, &r.Delivered, &r.Failed); err != nil {
		return r, err
	}
	if answer.Valid {
		a, err := answerOf(answer.String)
		if err != nil {
			return r, err
		}
		r.Answer = &a
	}
	return r, json.Unmarshal(head, &r.Head)
}

func answerOf(raw string) (desk.Answer, error) {
	var id, stamped, until string
	var a desk.Answer
	err := json.Unmarshal([]byte(raw), &[]any{&id, &stamped, &a.Kind, &a.By, &a.Contact, &a.Account, &a.Via, &a.Note, &a.Revised, &until})
	a.At, a.Until = when(stamped), when(until)
	return a, err
}

// QueueRows returns one page of the queue. The cursor is the offset: a queue is short and
// moves under the reader anyway.
func (db *DB) QueueRows(ctx context.Context, org string, f desk.Filter, account string) ([]desk.StoredRow, string, error) {
	where, args := queueWhere(org, f, account)
	limit, offset := pageOf(f.Page)
	args = append(args, limit+1, offset)
	// First which, then what: else every open warning's notifications would be counted before
	// the first hundred are chosen.
	order := queueOrder(f)
	rows, err := list(ctx, db.read, scanRow, rowColumns+" WHERE w.id IN (SELECT id FROM warning w WHERE "+where+" ORDER BY "+order+" LIMIT ? OFFSET ?) ORDER BY "+order, args...)
	if err != nil {
		return nil, "", fmt.Errorf("read the queue: %w", err)
	}
	rows, next := cut(rows, limit, offset)
	return rows, next, nil
}

func queueWhere(org string, f desk.Filter, account string) (string, []any) {
	where, args := []string{"w.org = ?"}, []any{org}
	add := func(cond string, v ...any) { where, args = append(where, cond), append(args, v...) }
	switch f.Show {
	case desk.NeedsAnswer:
		add(needs)
	case desk.Closed:
		add("active = 0")
	case desk.Mine:
		add("active = 1 AND EXISTS (SELECT 1 FROM answer a WHERE a.warning = w.id AND a.account = ?)", account)
	default:
		add("active = 1")
	}
	if f.Level > level.Green {
		add("level >= ?", int(f.Level))
	}
	if f.Family != "" {
		add("family = ?", string(f.Family))
	}
	if f.Project != "" {
		add("project = ?", f.Project)
	}
	if f.Text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(f.Text) + "%"
		add(`CASE WHEN length(head) = 2 THEN CAST(body AS TEXT) LIKE ? ESCAPE '\' ELSE CAST(head AS TEXT) LIKE ? ESCAPE '\' END`, like, like)
	}
	return strings.Join(where, " AND "), args
}

func queueOrder(f desk.Filter) string {
	first := "CASE WHEN " + needs + " THEN 0 ELSE 1 END, "
	key, down := strings.CutPrefix(f.Sort, "-")
	column := map[string]string{
		"level": "level", "impact": "coalesce(eta_at, opened_at)", "project": "project", "people": "people", "newest": "fresh_at",
	}[key]
	if column == "" {
		return first + "level DESC, coalesce(eta_at, opened_at), updated_at DESC, id"
	}
	if down {
		column += " DESC"
	}
	return first + column + ", level DESC, id"
}

func pageOf(p desk.Page) (limit, offset int) {
	limit = p.Limit
	if limit <= 0 {
		limit = 100
	}
	offset, err := strconv.Atoi(p.After)
	if err != nil || offset < 0 {
		offset = 0
	}
	return min(limit, 1000), offset
}

func cut[T any](rows []T, limit, offset int) ([]T, string) {
	if len(rows) <= limit {
		return rows, ""
	}
	return rows[:limit], strconv.Itoa(offset + limit)
}

// QueueCounts counts what the filters show.
func (db *DB) QueueCounts(ctx context.Context, org, account string) (desk.Counts, error) {
	var c desk.Counts
	err := db.read.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE `+needs+`), count(*), count(*) FILTER (WHERE level = 1), count(*) FILTER (WHERE level = 2),
		count(*) FILTER (WHERE level = 3), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM answer a WHERE a.warning = w.id AND a.account = ?1)),
		(SELECT count(*) FROM suppression WHERE org = ?2) FROM warning w WHERE org = ?2 AND active = 1`, account, org).
		Scan(&c.Needs, &c.Open, &c.Levels[1], &c.Levels[2], &c.Levels[3], &c.Mine, &c.Suppressed)
	if err != nil {
		return c, fmt.Errorf("count the queue: %w", err)
	}
	c.Family, err = list(ctx, db.read, func(s scanner) (desk.Count, error) {
		var x desk.Count
		return x, s.Scan(&x.Name, &x.N)
	}, "SELECT family, count(*) FROM warning WHERE org = ? AND active = 1 GROUP BY family ORDER BY family", org)
	return c, err
}

// WarningRow returns one warning, whole, with its row of the queue.
func (db *DB) WarningRow(ctx context.Context, org, id string) (desk.StoredRow, warning.Warning, error) {
	r, err := scanRow(db.read.QueryRowContext(ctx, rowColumns+" WHERE w.org = ? AND w.id = ?", org, id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, warning.Warning{}, fmt.Errorf("warning %s: %w", id, fault.ErrNotFound)
	}
	if err != nil {
		return r, warning.Warning{}, err
	}
	w, err := decoded[warning.Warning](db.read.QueryRowContext(ctx, "SELECT body FROM warning WHERE org = ? AND id = ?", org, id))
	return r, w, err
}

// WarningRevisions returns the revisions of a warning, oldest first, without rows.
func (db *DB) WarningRevisions(ctx context.Context, org, id string) ([]warning.Warning, error) {
	return list(ctx, db.read, func(s scanner) (warning.Warning, error) {
		w, err := decoded[warning.Warning](s)
		w.Rows = nil
		return w, err
	}, "SELECT r.body FROM warning_revision r JOIN warning w ON w.id = r.warning WHERE w.org = ? AND r.warning = ? ORDER BY r.revision", org, id)
}

// WarningMoments returns what happened around a warning, oldest first: notifications with
// their attempts, answers, escalations.
func (db *DB) WarningMoments(ctx context.Context, org, id string) ([]desk.Moment, error) {
	return list(ctx, db.read, func(s scanner) (desk.Moment, error) {
		var m desk.Moment
		var stamped string
		err := s.Scan(&stamped, &m.Kind, &m.Who, &m.Channel, &m.State, &m.Detail, &m.Level, &m.Rev)
		m.At = when(stamped)
		return m, err
	}, `SELECT queued_at, 'queued', contact, channel, CASE WHEN state = 'pending' AND held <> '' THEN 'held_' || held WHEN state = 'pending' AND chosen <> '' THEN 'chosen_' || chosen ELSE state END, purpose, level, revision FROM notification WHERE org = ?1 AND warning = ?2
		UNION ALL SELECT coalesce(a.ended_at, a.at), 'attempt', n.contact, n.channel, a.outcome, a.detail, n.level, n.revision FROM attempt a JOIN notification n ON n.id = a.notification WHERE n.org = ?1 AND n.warning = ?2
		UNION ALL SELECT at, 'answer', by_name, via, kind, note, 0, revision FROM answer WHERE org = ?1 AND warning = ?2
		UNION ALL SELECT at, 'unsaid', '', 'cap', '', coalesce(json_extract(body, '$.reason'), ''), 0, coalesce(CAST(json_extract(body, '$.revision') AS INTEGER), 0) FROM journal WHERE org = ?1 AND subject = ?2 AND kind = 'alert.left_out'
		UNION ALL SELECT at, 'escalation', actor, '', kind, '', 0, coalesce(CAST(json_extract(body, '$.revision') AS INTEGER), 0) FROM journal WHERE org = ?1 AND subject = ?2 AND kind LIKE 'escalation.%'
		ORDER BY 1`, org, id)
}

// EventList returns the events of an organisation's view, newest first.
func (db *DB) EventList(ctx context.Context, org string, p desk.Page) ([]event.Event, string, error) {
	limit, offset := pageOf(p)
	rows, err := list(ctx, db.read, decoded[event.Event], "SELECT body FROM event WHERE org = ? ORDER BY updated_at DESC, id LIMIT ? OFFSET ?", org, limit+1, offset)
	if err != nil {
		return nil, "", fmt.Errorf("read events: %w", err)
	}
	rows, next := cut(rows, limit, offset)
	return rows, next, nil
}

// EventByID returns an event with every signal that was ever attached to it.
func (db *DB) EventByID(ctx context.Context, org, id string) (event.Event, []event.Signal, error) {
	e, err := decoded[event.Event](db.read.QueryRowContext(ctx, "SELECT body FROM event WHERE org = ? AND id = ?", org, id))
	if errors.Is(err, sql.ErrNoRows) {
		return e, nil, fmt.Errorf("event %s: %w", id, fault.ErrNotFound)
	}
	if err != nil {
		return e, nil, err
	}
	signals, err := list(ctx, db.read, decoded[event.Signal],
		"SELECT s.body FROM event_signal es JOIN signal s ON s.id = es.signal WHERE es.org = ? AND es.event = ? AND s.org IN ('', es.org) ORDER BY s.seq DESC LIMIT 500", org, id)
	return e, signals, err
}

// SignalsByID returns signals that the organisation may see, newest first.
func (db *DB) SignalsByID(ctx context.Context, org string, ids []string) ([]event.Signal, error) {
	wanted, err := array(ids)
	if err != nil {
		return nil, err
	}
	return list(ctx, db.read, decoded[event.Signal],
		"SELECT body FROM signal WHERE org IN ('', ?) AND id IN (SELECT value FROM json_each(?)) ORDER BY seq DESC", org, wanted)
}

// PortfolioAt returns one version of a portfolio; 0 = the newest.
func (db *DB) PortfolioAt(ctx context.Context, org string, version int64) (portfolio.Portfolio, error) {
	return db.portfolio(ctx, org, version)
}

// PortfolioVersions lists the versions, newest first.
func (db *DB) PortfolioVersions(ctx context.Context, org string) ([]desk.VersionRow, error) {
	return list(ctx, db.read, func(s scanner) (desk.VersionRow, error) {
		var v desk.VersionRow
		var stamped string
		err := s.Scan(&v.Version, &stamped, &v.Actor, &v.File, &v.Note, &v.Changes, &v.Undoes)
		v.At = when(stamped)
		return v, err
	}, "SELECT version, at, actor, file, note, changes, undoes FROM portfolio_version WHERE org = ? ORDER BY version DESC LIMIT 200", org)
}

// ProjectLevels returns open warnings and the highest level by project.
func (db *DB) ProjectLevels(ctx context.Context, org string) (map[string]desk.ProjectLevel, error) {
	rows, err := db.read.QueryContext(ctx, "SELECT project, count(*), max(level) FROM warning WHERE org = ? AND active = 1 GROUP BY project", org)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]desk.ProjectLevel{}
	for rows.Next() {
		var project string
		var l desk.ProjectLevel
		if err := rows.Scan(&project, &l.Open, &l.Level); err != nil {
			return nil, err
		}
		out[project] = l
	}
	return out, rows.Err()
}

// ToldLevel is the highest level of a project that people have been told and that still holds:
// what a siren obeys. A draft, which waits for a signature, is no reason to sound it.
func (db *DB) ToldLevel(ctx context.Context, org, project string) (int, error) {
	var l int
	err := db.read.QueryRowContext(ctx, `SELECT coalesce(max(CASE WHEN told_level < level THEN told_level ELSE level END), 0) FROM warning
		WHERE org = ? AND project = ? AND active = 1 AND told_revision > 0`, org, project).Scan(&l)
	if err != nil {
		return 0, fmt.Errorf("level of project %s: %w: %w", project, fault.ErrUnavailable, err)
	}
	return l, nil
}

// AssetLevels returns the level and the warning of every asset in an active warning.
func (db *DB) AssetLevels(ctx context.Context, org string) (map[string]desk.MapAsset, error) {
	open, err := list(ctx, db.read, decoded[warning.Warning], "SELECT body FROM warning WHERE org = ? AND active = 1 ORDER BY level DESC LIMIT 1000", org)
	if err != nil {
		return nil, err
	}
	out := map[string]desk.MapAsset{}
	for _, w := range open {
		for _, x := range w.Rows {
			if l := min(x.Level, w.Level); l > out[x.Asset].Level {
				out[x.Asset] = desk.MapAsset{Level: l, Warning: w.ID}
			}
		}
	}
	return out, nil
}

// SourceRows returns what is remembered of every source.
func (db *DB) SourceRows(ctx context.Context) (map[string]desk.StoredSource, error) {
	all, err := list(ctx, db.read, func(s scanner) (desk.StoredSource, error) {
		var x desk.StoredSource
		var health []byte
		var last, next, content sql.NullString
		var waiting, failing, lost int
		if err := s.Scan(&x.ID, &x.On, &health, &last, &next, &content, &x.Records, &x.Signals, &x.Quarantined, &waiting, &failing, &lost); err != nil {
			return x, err
		}
		var h fetch.Health
		err := json.Unmarshal(health, &h)
		x.LastPoll, x.NextPoll, x.LastContent = got(last), got(next), got(content)
		x.Failures, x.OpenUntil, x.LastOK, x.LastError, x.LastErrorAt = h.Failures, h.OpenUntil, h.LastOK, h.LastError, h.LastErrorAt
		x.Linked, x.Lost = backlog(waiting, failing, lost)
		if c := h.Content(); c.After(x.LastContent) {
			x.LastContent = c
		}
		return x, err
	}, `SELECT id, is_on, health, last_poll, next_poll, last_content, records, signals, quarantined,
		(SELECT count(*) FROM linked l WHERE l.source = source.id AND l.lost = 0 AND l.tries < 3),
		(SELECT count(*) FROM linked l WHERE l.source = source.id AND l.lost = 0 AND l.tries >= 3),
		(SELECT count(*) FROM linked l WHERE l.source = source.id AND l.lost = 1) FROM source`)
	out := make(map[string]desk.StoredSource, len(all))
	for _, x := range all {
		out[x.ID] = x
	}
	return out, err
}

// QuarantineRows lists quarantined pieces of one source ("" = all), newest first.
func (db *DB) QuarantineRows(ctx context.Context, org, source string, p desk.Page) ([]desk.Quarantined, string, error) {
	limit, offset := pageOf(p)
	rows, err := list(ctx, db.read, func(s scanner) (desk.Quarantined, error) {
		var q desk.Quarantined
		var stamped string
		var raw []byte
		err := s.Scan(&q.ID, &q.Source, &q.Record, &stamped, &q.Place, &q.Reason, &raw)
		q.At, q.Raw = when(stamped), strings.ToValidUTF8(string(raw[:min(len(raw), 4096)]), "\uFFFD")
		return q, err
	}, "SELECT id, source, record, at, place, reason, raw FROM quarantine WHERE org IN ('', ?) AND (? = '' OR source = ?) ORDER BY at DESC, id LIMIT ? OFFSET ?",
		org, source, source, limit+1, offset)
	if err != nil {
		return nil, "", err
	}
	rows, next := cut(rows, limit, offset)
	return rows, next, nil
}

// JournalRows lists the entries of an organisation, newest first.
func (db *DB) JournalRows(ctx context.Context, org, kind string, p desk.Page) (desk.JournalPage, error) {
	var page desk.JournalPage
	limit, _ := pageOf(p)
	before, err := strconv.ParseInt(p.After, 10, 64)
	if err != nil {
		before = 1 << 62
	}
	page.Rows, err = list(ctx, db.read, func(s scanner) (desk.JournalRow, error) {
		var r desk.JournalRow
		var stamped string
		var body, leaf []byte
		err := s.Scan(&r.Seq, &stamped, &r.Kind, &r.Actor, &r.Name, &r.Subject, &body, &leaf)
		r.At, r.Body, r.Hash = when(stamped), string(body), fmt.Sprintf("%x", leaf)
		return r, err
	}, `SELECT seq, at, kind, actor, coalesce((SELECT name FROM account a WHERE a.id = actor AND a.org = ?), ''), subject, body, leaf
		FROM journal WHERE org IN ('', ?) AND (? = '' OR kind = ?) AND seq < ? ORDER BY seq DESC LIMIT ?`, org, org, kind, kind, before, limit)
	if err != nil {
		return page, err
	}
	if len(page.Rows) == limit && limit > 0 {
		page.Next = strconv.FormatInt(page.Rows[limit-1].Seq, 10)
	}
	if page.Size, err = db.JournalSize(ctx); err != nil {
		return page, err
	}
	var stamped sql.NullString
	if err := db.read.QueryRowContext(ctx, "SELECT coalesce(max(size), 0), max(at) FROM checkpoint").Scan(&page.Checkpoint, &stamped); err != nil {
		return page, err
	}
	page.At = got(stamped)
	return page, nil
}

// RuleRows lists the newest version of each rule with its count in shadow.
func (db *DB) RuleRows(ctx context.Context, org string) ([]desk.RuleRow, error) {
	stored, err := db.rules(ctx, org)
	if err != nil {
		return nil, err
	}
	would, err := db.would(ctx, org)
	if err != nil {
		return nil, err
	}
	out := make([]desk.RuleRow, 0, len(stored))
	for _, v := range stored {
		var r desk.RuleRow
		if err := json.Unmarshal(v.Body, &r); err != nil { // one that cannot be read must not hide the others
			r = desk.RuleRow{Name: v.ID, Fault: err.Error(), Broken: true}
		}
		r.ID, r.Version, r.Would, r.Since = v.ID, v.Version, would[v.ID], v.At
		out = append(out, r)
	}
	return slices.Clip(out), nil
}

// would counts by rule how often it would have acted in shadow.
func (db *DB) would(ctx context.Context, org string) (map[string]int, error) {
	rows, err := db.read.QueryContext(ctx, "SELECT rule, sum(n) FROM rule_would WHERE org = ? GROUP BY rule", org)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var rule string
		var n int
		if err := rows.Scan(&rule, &n); err != nil {
			return nil, err
		}
		out[rule] = n
	}
	return out, rows.Err()
}

// Outbox counts notifications that are not out yet, and those of them that are late.
func (db *DB) Outbox(ctx context.Context, now time.Time) (queued, late int, err error) {
	allowed, bounds := db.loud() // what a mute holds back is told beside it, and is not late
	err = db.read.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE queued_at < ?) FROM
		(SELECT queued_at FROM notification WHERE state IN ('pending', 'sending')`+allowed+" LIMIT 100000) x",
		append([]any{at(now.Add(-time.Minute))}, bounds...)...).Scan(&queued, &late)
	return queued, late, err
}

// PutUpload keeps a previewed file; older ones of the account are dropped.
func (db *DB) PutUpload(ctx context.Context, u desk.Upload) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		w := batchWriter{ctx: ctx, tx: tx}
		w.exec("DELETE FROM upload WHERE account = ? OR at < ?", u.Account, at(u.At.Add(-24*time.Hour)))
		w.exec("INSERT INTO upload (token, org, account, at, base, file, body) VALUES (?,?,?,?,?,?,?)", u.Token, u.Org, u.Account, at(u.At), u.Base, u.File, u.Body)
		return w.end()
	})
}

// TakeUpload returns a previewed file.
func (db *DB) TakeUpload(ctx context.Context, org, token string) (desk.Upload, error) {
	u := desk.Upload{Org: org, Token: token}
	var stamped string
	err := db.read.QueryRowContext(ctx, "SELECT account, at, base, file, body FROM upload WHERE org = ? AND token = ?", org, token).Scan(&u.Account, &stamped, &u.Base, &u.File, &u.Body)
	u.At = when(stamped)
	if errors.Is(err, sql.ErrNoRows) {
		return u, fmt.Errorf("upload: it is older than a day or was replaced by another: %w", fault.ErrNotFound)
	}
	return u, err
}

// SetSourceOn switches a source on or off.
func (db *DB) SetSourceOn(ctx context.Context, id string, on bool) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE source SET is_on = ? WHERE id = ?", on, id)
		return err
	})
}
