package watch

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// decided puts a core's decisions into the batch with their journal entries, notifications
// and escalations.
func (t *turn) decided(org string, decisions []Decision) {
	for _, d := range decisions {
		one, here := t.share.own(org, d)
		if !here {
			continue
		}
		t.dirty[org] = true
		if d.Warning != nil || d.Event != nil && t.keeps(org) {
			t.batch.Journal = append(t.batch.Journal, draft(org, d))
			one.entry, one.rowsOfAll = len(t.batch.Journal), rowsOfAll(d, t.share)
		}
		t.batch.Decisions = append(t.batch.Decisions, one)
		for _, s := range d.Suppressed {
			t.batch.Journal = append(t.batch.Journal, draftSuppressed(org, s))
		}
		if d.Warning != nil {
			t.told(org, *d.Warning)
		}
	}
}

// told queues what a warning revision must tell, or closes its escalation.
func (t *turn) told(org string, w warning.Warning) {
	people := t.people(t.desks[org], w, w.At)
	switch {
	case w.Reason == warning.ReviewDue: // a question to whoever is asked first, not news to everybody
		first := people.Contacts
		people.Contacts = slices.DeleteFunc(slices.Clone(first), func(c portfolio.Contact) bool { return c.Step > first[0].Step })
		notes, esc := response.Plan(w, people, nil, t.cfg.Waits)
		t.queue(w, notes, esc)
		return
	case !w.Notify:
		return
	}
	notes, esc := response.Plan(w, people, t.asked(w), t.cfg.Waits)
	t.queue(w, notes, esc)
	if esc.State == response.Exhausted { // nobody at all can be told: said at once, not after a wait
		t.exhausted(w, esc.Step)
	}
}

// people is whom a warning may be told to at an instant.
func (t *turn) people(d *desk, w warning.Warning, at time.Time) response.People {
	arranged, p := t.arranged(w.Org), d.portfolio
	if len(arranged.Book.Policies)+len(w.Route) == 0 { // nobody of another project can be named
		p.Contacts = d.contactsOf(w.Project)
	}
	return arranged.PeopleFor(p, w, at)
}

// contactsOf are the contacts of a project and of the whole organisation: looked up and not looked for, since each warning asks.
func (d *desk) contactsOf(project string) []portfolio.Contact {
	if d.contacts == nil || d.contactsAt != d.portfolio.Version {
		d.contacts, d.contactsAt = map[string][]portfolio.Contact{}, d.portfolio.Version
		for _, c := range d.portfolio.Contacts {
			d.contacts[c.Project] = append(d.contacts[c.Project], c)
		}
	}
	if project == "" {
		return d.contacts[""]
	}
	return slices.Concat(d.contacts[project], d.contacts[""])
}

// arranged is what the organisation's people have arranged and chosen: for everything that
// is decided in one pass the same.
func (t *turn) arranged(org string) response.Duty {
	if t.cfg.Duty == nil {
		return response.Duty{}
	}
	d, ok := t.duty[org]
	if !ok {
		var err error
		if d, err = t.cfg.Duty(t.ctx, org); err != nil { // telling too many is better than none
			t.cfg.Log.Error("rotas, policies and mutes are unknown and do not count", "org", org, "error", err)
		}
		t.duty[org] = d
	}
	return d
}

func (t *turn) exhausted(w warning.Warning, step int) {
	t.batch.Journal = append(t.batch.Journal, journal.Draft{
		At: t.now, Org: w.Org, Kind: journal.EscalationDone, Actor: "system", Subject: w.ID,
		Body: body(map[string]any{"revision": w.Revision, "step": step}),
	})
}

// asked joins what the store knows with what this batch has queued.
func (t *turn) asked(w warning.Warning) []response.Asked {
	var out []response.Asked
	if w.Revision > 1 {
		t.settle()
		stored, err := t.cfg.Store.Asked(t.ctx, w.ID)
		if err != nil { // telling too many is better than none: the plan falls back to the first step
			t.cfg.Log.Error("who was told before is unknown", "warning", w.ID, "error", err)
		}
		out = stored
	}
	for _, b := range t.batches() {
		for _, n := range b.Notifications {
			if n.Warning == w.ID {
				out = append(out, response.Asked{Contact: n.Contact, Step: n.Step, Channel: n.Channel, Address: n.Address, State: n.State, Held: n.Held, Due: n.Due})
			}
		}
	}
	return out
}

func (t *turn) queue(w warning.Warning, notes []response.Notification, esc response.EscalationState) {
	for _, n := range notes {
		if t.cfg.Link != nil && warning.Active(w) && (n.State == response.Pending || n.State == response.Sending) {
			if l, ok := t.cfg.Link(w, n); ok {
				t.batch.Links = append(t.batch.Links, l)
			}
		}
		kind := journal.Queued
		if n.State == response.Muted || n.State == response.Superseded {
			kind = journal.Skipped
		}
		t.batch.Journal = append(t.batch.Journal, journal.Draft{
			At: n.QueuedAt(), Org: n.Org, Kind: kind, Actor: "system", Subject: n.ID, Body: body(queuedBody(n)),
		})
	}
	t.batch.Notifications = append(t.batch.Notifications, notes...)
	t.batch.Escalations = append(t.batch.Escalations, esc)
	if len(notes) > 0 {
		t.batch.Jobs = append(t.batch.Jobs, Job{Kind: "deliver", Key: esc.Warning, At: notes[0].Due})
	}
	t.later(esc)
}

// later makes the job that looks at an escalation when its time has come.
func (t *turn) later(esc response.EscalationState) {
	if !esc.Due.IsZero() {
		key := esc.Warning + " " + strconv.Itoa(esc.Revision) + " " + strconv.Itoa(esc.Step)
		t.batch.Jobs = append(t.batch.Jobs, Job{Kind: "escalate", Key: key, At: esc.Due})
	}
}

// queuedBody says what was decided about one notification; what is held says why and until
// when.
func queuedBody(n response.Notification) map[string]any {
	out := map[string]any{
		"warning": n.Warning, "revision": n.Revision, "contact": n.Contact, "step": n.Step,
		"channel": n.Channel, "purpose": n.Purpose, "level": n.Level.String(),
	}
	if n.Held != response.NotHeld {
		out["held"], out["due"] = n.Held, n.Due
	}
	return out
}

// draft is the journal entry of a decision, but for what it says: that is made when the batch
// is encoded.
func draft(org string, d Decision) journal.Draft {
	out := journal.Draft{At: d.At, Org: org, Actor: "system"}
	if d.Event != nil {
		out.Kind, out.Subject = eventKind(*d.Event), d.Event.ID
		return out
	}
	out.Kind, out.Subject = warningKind(*d.Warning), d.Warning.ID
	if d.Warning.Actor != "" {
		out.Actor = d.Warning.Actor
	}
	return out
}

// rowsOfAll is the number of an event's rows, -1 where nobody knows those of all projects.
func rowsOfAll(d Decision, s *share) int {
	if !s.whole() {
		return -1
	}
	return len(d.Exposures)
}

// said fills a decision's journal entry: what was decided, on what evidence, and the hash of
// the whole, which is stored beside it and returned.
func said(out *journal.Draft, d *OrgDecision) (raw []byte) {
	if e := d.Event; e != nil {
		raw = encoded(e)
		says := saidOfEvent{Revision: e.Revision, State: e.State, Hazard: e.Hazard, Reports: len(e.Reports), SHA256: id.Hash(raw)}
		if d.rowsOfAll >= 0 {
			says.Exposures = &d.rowsOfAll
		}
		out.Body = body(says)
		return raw
	}
	w := d.Warning
	raw = encoded(w)
	out.Body = body(saidOfWarning{
		Revision: w.Revision, State: w.State, Level: w.Level.String(), Reason: w.Reason, Project: w.Project,
		Family: w.Family, P: w.P, Emergency: w.Emergency, Evidence: w.Evidence, Method: w.Method,
		Rules: w.Rules, Notify: w.Notify, Note: noteHash(w.Note), SHA256: id.Hash(raw),
	})
	return raw
}

// saidOfEvent and saidOfWarning are what the journal says of most decisions. Their fields stand
// in the order of their names, which is the journal's: another one would be put right, slowly.
type saidOfEvent struct {
	Exposures *int         `json:"exposures,omitempty"`
	Hazard    event.Hazard `json:"hazard"`
	Reports   int          `json:"reports"`
	Revision  int          `json:"revision"`
	SHA256    string       `json:"sha256"`
	State     event.State  `json:"state"`
}

type saidOfWarning struct {
	Emergency bool           `json:"emergency"`
	Evidence  []string       `json:"evidence"`
	Family    event.Hazard   `json:"family"`
	Level     string         `json:"level"`
	Method    string         `json:"method"`
	Note      string         `json:"note_sha256"` // "" = none
	Notify    bool           `json:"notify"`
	P         level.P        `json:"p"`
	Project   string         `json:"project"`
	Reason    warning.Reason `json:"reason"`
	Revision  int            `json:"revision"`
	Rules     []string       `json:"rules"`
	SHA256    string         `json:"sha256"`
	State     warning.State  `json:"state"`
}

// draftSuppressed is the entry that says why nobody was warned.
func draftSuppressed(org string, s Suppression) journal.Draft {
	return journal.Draft{
		At: s.At, Org: org, Kind: journal.WarningSuppressed, Actor: "system", Subject: s.Event,
		Body: body(map[string]any{
			"project": s.Project, "family": s.Family, "rules": s.Rules, "would_be": s.Level.String(), "assets": s.Assets,
			"persons": s.Persons, "since": s.Since, "lifted": s.Lifted,
		}),
	}
}

func eventKind(e event.Event) journal.Kind {
	switch {
	case e.State == event.Absorbed:
		return journal.EventMerged
	case e.State != event.Ongoing:
		return journal.EventEnded
	case e.Revision == 1:
		return journal.EventOpened
	default:
		return journal.EventRevised
	}
}

func warningKind(w warning.Warning) journal.Kind {
	switch w.State {
	case warning.Ended:
		return journal.WarningEnded
	case warning.Cancelled:
		return journal.WarningCancelled
	case warning.Expired:
		return journal.WarningExpired
	}
	if w.Revision == 1 {
		return journal.WarningIssued
	}
	return journal.WarningRevised
}

func body(v any) json.RawMessage {
	raw, err := journal.Body(v)
	if err != nil {
		panic(err) // a bug of ours: the values above always encode
	}
	return raw
}

func hashOf(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // a bug of ours: nouns always encode
	}
	return id.Hash(raw)
}

// noteHash keeps people's words out of the journal, which can never be erased.
func noteHash(note string) string {
	if note == "" {
		return ""
	}
	return id.Hash([]byte(note))
}

// judge learns from what a person's act says of a warning's events.
func (t *turn) judge(d *desk, w warning.Warning) {
	a, says := Judgement(w)
	if !says {
		return
	}
	if t.share != nil { // all deciders learn it at one place in the order
		t.batch.Then = append(t.batch.Then, Input{Kind: inJudged, Org: a.Org, Part: PartOf(a.Org, "", t.share.parts), Body: encoded(a)})
		return
	}
	t.now = t.instant()
	t.judged(d, a)
}

func (t *turn) judged(d *desk, a Act) {
	a.At = t.now
	t.batch.Acts = append(t.batch.Acts, a)
	t.decided(a.Org, d.core.Judge(t.now, a))
}

func encoded(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // a bug of ours: nouns always encode
	}
	return raw
}
