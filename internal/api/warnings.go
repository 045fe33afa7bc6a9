package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// A QueueRow is one warning of the queue.
type QueueRow struct {
	ID        string            `json:"id"`
	Level     level.Level       `json:"level"`
	State     string            `json:"state" enum:"draft,issued,ended,cancelled,expired"`
	Emergency bool              `json:"emergency,omitempty"`
	Revision  int               `json:"revision"`
	Project   portfolio.Project `json:"project"`
	Family    event.Hazard      `json:"family"`
	People    int               `json:"people"`
	Since     time.Time         `json:"since" doc:"Since when the level has stood."`
	Newest    time.Time         `json:"newest,omitzero" doc:"Newest evidence."`
	Told      int               `json:"told" doc:"Contacts told so far."`
	Contacts  int               `json:"contacts" doc:"Contacts that the escalation knows."`
	Delivered int               `json:"delivered"`
	Failed    int               `json:"failed"`
	Answer    *answer           `json:"answer,omitempty" doc:"Who has answered the newest level; missing = nobody."`
	Sources   []string          `json:"sources,omitempty"`
	Warning   warning.Warning   `json:"warning"`
}

// answer is a person's answer to a warning.
type answer struct {
	At      time.Time `json:"at,omitzero"`
	Kind    string    `json:"kind" enum:"have_it,need_help,cannot,done,automatic"`
	By      string    `json:"by,omitempty"`
	Contact string    `json:"contact,omitempty"`
	Account string    `json:"account,omitempty"`
	Via     string    `json:"via,omitempty" doc:"link, page or api."`
	Note    string    `json:"note,omitempty"`
	Revised int       `json:"revision,omitempty" doc:"Revision of the warning that was answered."`
	Until   time.Time `json:"until,omitzero" doc:"When the acknowledgement wakes again."`
}

func answerOf(a desk.Answer) answer {
	return answer{a.At, a.Kind, a.By, a.Contact, a.Account, a.Via, a.Note, a.Revised, a.Until}
}

func rowOf(r desk.Row) QueueRow {
	w := r.Warning
	out := QueueRow{
		ID: w.ID, Level: w.Level, State: string(w.State), Emergency: w.Emergency, Revision: w.Revision, Project: r.Project, Family: w.Family,
		People: r.People, Since: r.Since, Newest: r.Newest, Told: r.Told, Contacts: r.Contacts, Delivered: r.Delivered, Failed: r.Failed,
		Sources: r.Sources, Warning: w,
	}
	if r.Answer != nil {
		a := answerOf(*r.Answer)
		out.Answer = &a
	}
	return out
}

// moment is one line of a warning's timeline.
type moment struct {
	At      time.Time      `json:"at"`
	Kind    string         `json:"kind" doc:"revision, queued, attempt, receipt, answer, escalation or signal."`
	Who     string         `json:"who,omitempty"`
	Channel string         `json:"channel,omitempty"`
	State   string         `json:"state,omitempty"`
	Detail  string         `json:"detail,omitempty"`
	Level   level.Level    `json:"level"`
	Reason  warning.Reason `json:"reason,omitempty"`
	Rev     int            `json:"revision,omitempty"`
	Late    bool           `json:"late,omitempty" doc:"Due and not yet done."`
}

func momentOf(m desk.Moment) moment { return moment(m) }

// story is everything about one warning.
type story struct {
	QueueRow
	Active    bool              `json:"active"`
	Revisions []warning.Warning `json:"revisions" doc:"Oldest first, without rows."`
	Events    []event.Event     `json:"events"`
	Signals   []event.Signal    `json:"signals" doc:"The evidence, newest first."`
	Moments   []moment          `json:"moments" doc:"Who was told, who answered, what changed: newest first."`
	NextStep  *moment           `json:"next_step,omitempty" doc:"What happens when nobody answers."`
	Blind     []blindSpot       `json:"blind" doc:"Where silence must not be taken for safety."`
	SourcesOf []source          `json:"sources_now" doc:"How the sources that speak in it are doing."`
	// Explanation holds all but what would change it: that takes a while, see the explanation's own call.
	Explanation warning.Explanation `json:"explanation" doc:"The chain from signals to level."`
	Suppressed  []desk.Suppressed   `json:"suppressed" doc:"What users' rules keep out of the same project and family."`
}

func storyOf(s desk.Story) story {
	out := story{
		QueueRow: rowOf(s.Row), Active: warning.Active(s.Warning), Revisions: full(s.Revisions), Events: full(s.Events), Signals: full(s.Signals),
		Moments: mapped(s.Moments, momentOf), Blind: mapped(s.Blind, blindSpotOf), SourcesOf: mapped(s.Sources, sourceOf),
		Explanation: s.Explanation, Suppressed: full(s.Suppressed),
	}
	if s.NextStep != nil {
		m := momentOf(*s.NextStep)
		out.NextStep = &m
	}
	return out
}

type queueInput struct {
	Show    string `query:"show" enum:"needs,open,mine,closed" default:"open" doc:"needs = nobody has answered; mine = acknowledged by the caller."`
	Level   string `query:"level" enum:"green,yellow,orange,red" default:"green" doc:"This level or above."`
	Family  string `query:"family" maxLength:"40" doc:"Family of hazards."`
	Project string `query:"project" maxLength:"100" doc:"Id of a project."`
	Text    string `query:"text" maxLength:"200"`
	Sort    string `query:"sort" enum:"level,impact,project,people,newest,-level,-impact,-project,-people,-newest" doc:"Missing = order of urgency. What needs an answer always stands first."`
	Cursor
}

type queueOutput struct {
	List[QueueRow]
	Needs    int            `json:"needs" doc:"Warnings that nobody has answered."`
	Open     int            `json:"open"`
	Mine     int            `json:"mine"`
	Hushed   int            `json:"suppressed" doc:"How many times users' rules keep an event from a project's warning now."`
	Levels   map[string]int `json:"levels" doc:"Open warnings by level."`
	Families map[string]int `json:"families" doc:"Open warnings by family of hazards."`
	Blind    []blindSpot    `json:"blind" doc:"Where silence must not be taken for safety."`
}

// status is how the whole stands.
type status struct {
	Picture   time.Time   `json:"picture,omitzero" doc:"Time of the newest thing known."`
	Sources   int         `json:"sources"`
	Silent    int         `json:"silent" doc:"Sources that show us nothing now."`
	Queued    int         `json:"queued" doc:"Notifications that are not out yet."`
	Late      int         `json:"late"`
	Journal   int64       `json:"journal" doc:"Entries."`
	Witnessed int64       `json:"witnessed" doc:"Entries that an outside witness has seen."`
	Simulated bool        `json:"simulated" doc:"A demonstration: nothing here is real."`
	Muted     time.Time   `json:"muted_since,omitzero" doc:"Since when a restored installation tells nothing that is older than this."`
	Held      int64       `json:"held,omitempty" doc:"Notifications that are held back until somebody releases them."`
	Blind     []blindSpot `json:"blind"`
}

func statusBody(s desk.Status) status {
	return status{
		Picture: s.Picture, Sources: s.Sources, Silent: s.Silent, Queued: s.Queued, Late: s.Late, Journal: s.Journal,
		Witnessed: s.Witnessed, Simulated: s.Simulated, Muted: s.Muting.Since, Held: s.Muting.Held, Blind: mapped(s.Blind, blindSpotOf),
	}
}

type answerInput struct {
	ByID
	Body struct {
		Answer string `json:"answer,omitempty" enum:"have_it,need_help,cannot,done,automatic" default:"have_it" doc:"have_it binds until its due time; done stops asking until there is news; automatic is a machine's own answer: it is kept and stops nothing."`
		For    int    `json:"for_s,omitempty" minimum:"0" maximum:"604800" doc:"With have_it: for how many seconds you want to have it, within the organisation's limits; missing = as usual."`
		Note   string `json:"note,omitempty" maxLength:"2000"`
	}
}

type noteInput struct {
	ByID
	Body struct {
		Note string `json:"note,omitempty" maxLength:"2000"`
	}
}

type reasonInput struct {
	ByID
	OnlyIf
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"Why; kept with the warning."`
	}
}

type signInput struct {
	ByID
	OnlyIf
}

func (s *server) warnings() {
	add(s, operation{
		verb: http.MethodGet, path: "/status", id: "get-status", tag: "warnings", scope: desk.CanRead,
		summary: "How the whole stands: sources, blind spots, outbox, journal",
	}, func(ctx context.Context, who desk.Principal, _ *none) (status, error) {
		if !who.May(desk.CanRead) {
			return status{}, missing(desk.CanRead)
		}
		st, err := s.Reads.Status(ctx, who)
		return statusBody(st), err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/warnings", id: "list-warnings", tag: "warnings", scope: desk.CanRead, summary: "The watch queue",
	}, s.queue)
	addVersioned(s, operation{
		verb: http.MethodGet, path: "/warnings/{id}", id: "get-warning", tag: "warnings", scope: desk.CanRead,
		summary: "One warning: why, evidence, who was told, who answered",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (story, int64, error) {
		st, err := s.Reads.Story(ctx, who, in.ID)
		return storyOf(st), int64(st.Warning.Revision), err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/warnings/{id}/answer", id: "answer-warning", tag: "warnings", scope: desk.CanAnswer,
		summary: "Acknowledge: have it, need help, or cannot act", about: "Answering twice, or what is already over, does no harm and is stored.",
		example: map[string]any{"answer": "have_it", "note": "Team informed, gate closed."},
	}, func(ctx context.Context, who desk.Principal, in *answerInput) (answer, error) {
		a, err := s.Do.Acknowledge(ctx, who, in.ID, desk.Answer{Kind: in.Body.Answer, Note: in.Body.Note, Via: "api", For: time.Duration(in.Body.For) * time.Second})
		return answerOf(a), err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/warnings/{id}/escalate", id: "escalate-warning", tag: "warnings", scope: desk.CanAnswer,
		summary: "Ask the next contact now", example: map[string]any{"note": "Nobody picks up."},
	}, func(ctx context.Context, who desk.Principal, in *noteInput) (done, error) {
		return done{true}, s.Do.Escalate(ctx, who, in.ID, in.Body.Note)
	})
	add(s, operation{
		verb: http.MethodGet, path: "/warnings/{id}/explanation", id: "explain-warning", tag: "warnings", scope: desk.CanRead,
		summary: "The chain from signals to level, with what would change it",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (warning.Explanation, error) {
		return s.Reads.Explain(ctx, who, in.ID)
	})
	add(s, operation{
		verb: http.MethodGet, path: "/suppressed", id: "list-suppressed", tag: "warnings", scope: desk.CanRead,
		summary: "What users' rules keep from being told now, the highest level first",
	}, func(ctx context.Context, who desk.Principal, in *suppressedInput) (List[desk.Suppressed], error) {
		rows, err := s.Reads.Suppressed(ctx, who, in.Event, in.Project)
		return listOf(rows, ""), err
	})
	s.warningActs()
}

type suppressedInput struct {
	Event   string `query:"event" maxLength:"100" doc:"Id of an event; missing = of all."`
	Project string `query:"project" maxLength:"100" doc:"Id of a project; missing = of all."`
}

func (s *server) warningActs() {
	act := func(id, summary, about string, example any) operation {
		return operation{
			verb: http.MethodPost, path: "/warnings/{id}/" + id, id: id + "-warning", tag: "warnings", scope: desk.CanDecide,
			summary: summary, about: about, errors: []int{http.StatusPreconditionFailed}, example: example,
		}
	}
	reason := map[string]any{"reason": "Water has fallen below the mark."}
	add(s, act("end", "It happened and has passed", "", reason), func(ctx context.Context, who desk.Principal, in *reasonInput) (warning.Warning, error) {
		return s.onWarning(ctx, who, in.ID, in.OnlyIf, func() (warning.Warning, error) { return s.Do.End(ctx, who, in.ID, in.Body.Reason) })
	})
	add(s, act("cancel", "It was wrong", "For a red the first call asks, and a second person's call cancels.", reason), func(ctx context.Context, who desk.Principal, in *reasonInput) (warning.Warning, error) {
		return s.onWarning(ctx, who, in.ID, in.OnlyIf, func() (warning.Warning, error) { return s.Do.Cancel(ctx, who, in.ID, in.Body.Reason) })
	})
	add(s, act("sign", "Sign a proposed red", "", nil), func(ctx context.Context, who desk.Principal, in *signInput) (warning.Warning, error) {
		return s.onWarning(ctx, who, in.ID, in.OnlyIf, func() (warning.Warning, error) { return s.Do.Sign(ctx, who, in.ID) })
	})
}

// onWarning acts on a warning if it is as the caller saw it. Who comes too late learns who
// was quicker. Between the look and the act a source may still revise the warning; what must
// not happen twice, the act itself refuses.
func (s *server) onWarning(ctx context.Context, who desk.Principal, id string, cond OnlyIf, act func() (warning.Warning, error)) (warning.Warning, error) {
	version, err := cond.version()
	if err != nil {
		return warning.Warning{}, err
	}
	now := func() (*fault.Changed, error) {
		st, err := s.Reads.Story(ctx, who, id)
		w := st.Warning
		return &fault.Changed{What: "warning " + id + " (" + string(w.State) + ", " + string(w.Reason) + ")", Version: int64(w.Revision), By: w.Actor, At: w.At}, err
	}
	if version != 0 && who.May(desk.CanRead) {
		changed, err := now()
		if err != nil {
			return warning.Warning{}, err
		}
		if changed.Version != version {
			return warning.Warning{}, cond.hold(changed)
		}
	}
	w, err := act()
	if errors.Is(err, fault.ErrConflict) && who.May(desk.CanRead) {
		if changed, readErr := now(); readErr == nil {
			return w, fmt.Errorf("%w; %w", err, changed)
		}
	}
	return w, err
}

func (s *server) queue(ctx context.Context, who desk.Principal, in *queueInput) (queueOutput, error) {
	l, err := level.Parse(in.Level)
	if err != nil {
		return queueOutput{}, err
	}
	q, err := s.Reads.Queue(ctx, who, desk.Filter{
		Show: desk.Show(in.Show), Level: l, Family: event.Hazard(in.Family), Project: in.Project, Text: in.Text, Sort: in.Sort, Page: in.page(),
	})
	if err != nil {
		return queueOutput{}, err
	}
	out := queueOutput{
		List: listOf(mapped(q.Rows, rowOf), q.Next), Needs: q.Needs, Open: q.Open, Mine: q.Mine, Hushed: q.Suppressed, Levels: map[string]int{}, Families: map[string]int{},
	}
	for i, n := range q.Levels {
		out.Levels[level.Level(i).String()] = n
	}
	for _, c := range q.Family {
		out.Families[c.Name] = c.N
	}
	blind, err := s.Reads.Blind(ctx, who)
	out.Blind = mapped(blind, blindSpotOf)
	return out, err
}

// missing is a right that the principal does not hold, where the desk does not ask for it.
func missing(scope desk.Scope) error {
	return fmt.Errorf("the right %s is missing: %w", scope, fault.ErrForbidden)
}
