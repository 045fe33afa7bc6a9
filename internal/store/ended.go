package store

import (
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/response"
)

// apart divides outcomes into runs in which no notification comes twice: what a second says of
// it builds on the first.
func apart(list []delivery.Outcome) [][]delivery.Outcome {
	var out [][]delivery.Outcome
	seen, from := map[string]bool{}, 0
	for i, o := range list {
		if seen[o.Notification] {
			out, from = append(out, list[from:i]), i
			clear(seen)
		}
		seen[o.Notification] = true
	}
	return append(out, list[from:])
}

// The columns of the rows are named so by both engines. The types of what is no text are said,
// because nothing else tells them.
var (
	endAttempts = changing("UPDATE attempt SET ended_at = v.column3, outcome = v.column4, detail = v.column5 FROM (VALUES",
		"(?,CAST(? AS BIGINT),?,?,?)", ") v WHERE notification = v.column1 AND n = v.column2")
	moveOn = changing(`UPDATE notification SET state = v.column3, due_at = v.column4, done_at = v.column5, remote = CASE WHEN v.column6 <> '' THEN v.column6 ELSE remote END,
		detail = v.column7, struck = CASE WHEN v.column8 = 1 THEN 1 ELSE struck END FROM (VALUES`,
		"(?,CAST(? AS BIGINT),?,?,?,?,?,CAST(? AS BIGINT))", ") v WHERE id = v.column1 AND state = 'sending' AND tries = v.column2 AND heard = 0 RETURNING id")
)

// ended writes how attempts ended, and moves their notifications on. moved are those that were
// still in the hands of these attempts, with nothing heard from their providers.
func (f *finisher) ended(list []delivery.Outcome) (moved map[string]bool, err error) {
	var attempts, states []any
	for _, o := range list {
		if o.Unsent {
			continue
		}
		done, due := put(o.Ended), put(o.Ended)
		if o.State == response.Pending {
			done, due = nil, put(o.NextDue)
		}
		attempts = append(attempts, o.Notification, o.Try, at(o.Ended), outcomeOf(o), o.Detail)
		states = append(states, o.Notification, o.Try, string(o.State), due, done, o.Remote, o.Detail, number(o.Struck))
	}
	err = endAttempts.each(attempts, func(q string, args []any) error {
		_, err := f.exec(q, args...)
		return err
	})
	if err != nil {
		return nil, err
	}
	moved = map[string]bool{}
	return moved, moveOn.each(states, func(q string, args []any) error {
		ids, err := listTx(f.ctx, f.tx, text, q, args...)
		for _, id := range ids {
			moved[id] = true
		}
		return err
	})
}
