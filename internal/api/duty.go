package api

import (
	"context"
	"net/http"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
)

type onDutyInput struct {
	Project string `query:"project" required:"true" minLength:"1" maxLength:"100" doc:"Id or code of the project."`
	At      string `query:"at" maxLength:"60" doc:"RFC 3339, or as people write it: \"Sunday 03:00\", \"2026-03-08 03:00\", \"03:00\", by the project's clock; missing = now."`
}

type shiftsInput struct {
	Rota string    `query:"rota" required:"true" minLength:"1" maxLength:"64"`
	From time.Time `query:"from" doc:"Missing = now."`
	Days int       `query:"days" minimum:"1" maximum:"400" default:"7"`
}

// A DutyBook is the part of the book that is written whole; absences and swaps included.
type DutyBook struct {
	Rotas     []rota.Rota     `json:"rotas,omitempty" maxItems:"500"`
	Overrides []rota.Override `json:"overrides,omitempty" maxItems:"20000"`
	Absences  []rota.Absence  `json:"absences,omitempty" maxItems:"20000"`
	Policies  []rota.Policy   `json:"policies,omitempty" maxItems:"500"`
	Bounds    rota.Bounds     `json:"bounds,omitzero"`
}

type bookInput struct {
	OnlyIf
	Body DutyBook
}

type swapInput struct {
	Body struct {
		Rota   string      `json:"rota" minLength:"1" maxLength:"64"`
		Asker  rota.Member `json:"asker" doc:"Yourself, as the rota names you."`
		Other  rota.Member `json:"other"`
		From   time.Time   `json:"from"`
		To     time.Time   `json:"to"`
		Back   time.Time   `json:"back,omitzero" doc:"Begin of the stretch that you take in return."`
		BackTo time.Time   `json:"back_to,omitzero"`
		Note   string      `json:"note,omitempty" maxLength:"200"`
	}
}

type swapAnswer struct {
	ByID
	Body struct {
		State rota.SwapState `json:"state" enum:"accepted,declined,withdrawn"`
	}
}

type takeInput struct {
	ByID
	Body struct {
		Shift time.Time `json:"shift" doc:"When the shift began that is taken over: shift.from of the hand-over."`
		Note  string    `json:"note,omitempty" maxLength:"2000"`
	}
}

// A ChoiceBody is what a receiver chooses. Everything that is missing is as it was made.
type ChoiceBody struct {
	Language string                  `json:"language,omitempty" maxLength:"35"`
	Zone     string                  `json:"zone,omitempty" maxLength:"64"`
	Quiet    []rota.Window           `json:"quiet,omitempty" maxItems:"21"`
	Digest   response.Rhythm         `json:"digest,omitempty" enum:",hourly,daily"`
	DigestAt string                  `json:"digest_at,omitempty" maxLength:"5"`
	Least    []response.ChannelLeast `json:"least,omitempty" maxItems:"30"`
}

type choiceInput struct {
	ByID
	OnlyIf
	Body ChoiceBody
}

type snoozeInput struct {
	ByID
	Body struct {
		Contact string `json:"contact,omitempty" maxLength:"100" doc:"Id of the contact; missing = your own."`
		For     int    `json:"for_s" minimum:"0" maximum:"86400" doc:"Whole seconds; 0 lifts the snooze."`
	}
}

func (s *server) duty() {
	if s.OnCall == nil {
		return
	}
	add(s, operation{
		verb: http.MethodGet, path: "/duty", id: "get-duty", tag: "duty", scope: desk.CanRead, errors: []int{http.StatusNotFound},
		summary: "Who is on duty for a project at an instant, and the whole chain of who is asked",
	}, func(ctx context.Context, who desk.Principal, in *onDutyInput) (desk.Watchbill, error) {
		return s.OnCall.OnDuty(ctx, who, in.Project, in.At)
	})
	add(s, operation{
		verb: http.MethodGet, path: "/duty/shifts", id: "list-shifts", tag: "duty", scope: desk.CanRead, errors: []int{http.StatusNotFound},
		summary: "Shifts of a rota, gaps included", about: "A shift without a member is a gap: nobody is on duty then.",
	}, func(ctx context.Context, who desk.Principal, in *shiftsInput) (List[desk.ShiftRow], error) {
		from := in.From
		if from.IsZero() {
			from = s.Now()
		}
		rows, err := s.OnCall.Shifts(ctx, who, in.Rota, from, in.Days)
		return listOf(rows, ""), err
	})
	s.dutyBook()
	add(s, operation{
		verb: http.MethodGet, path: "/duty/hand-overs", id: "list-hand-overs", tag: "duty", scope: desk.CanRead,
		summary: "What each shift of the desk hands over, and whether it was taken over by name",
	}, func(ctx context.Context, who desk.Principal, _ *none) (List[desk.HandOverCard], error) {
		cards, err := s.OnCall.HandOvers(ctx, who)
		return listOf(cards, ""), err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/duty/hand-overs/{id}/take", id: "take-shift", tag: "duty", scope: desk.CanDecide,
		summary: "Take a shift over by name", about: "The id is the code of the rota. 409 when another shift stands now, or somebody has taken it over.",
		example: map[string]any{"shift": "2026-03-08T01:00:00Z", "note": "Watch the river gauge at Sukkur."},
	}, func(ctx context.Context, who desk.Principal, in *takeInput) (done, error) {
		return done{true}, s.OnCall.TakeOver(ctx, who, in.ID, in.Body.Shift, in.Body.Note)
	})
	s.choices()
}

func (s *server) dutyBook() {
	addVersioned(s, operation{
		verb: http.MethodGet, path: "/duty/book", id: "get-duty-book", tag: "duty", scope: desk.CanRead,
		summary: "Rotas, overrides, absences, swaps, escalation policies and bounds",
	}, func(ctx context.Context, who desk.Principal, _ *none) (desk.BookCard, int64, error) {
		card, err := s.OnCall.Book(ctx, who)
		card.Versions = full(card.Versions)
		if card.Problems == nil {
			card.Problems = rota.Problems{}
		}
		return card, card.Book.Version, err
	})
	addVersioned(s, operation{
		verb: http.MethodPut, path: "/duty/book", id: "set-duty-book", tag: "duty", scope: desk.CanAdmin,
		summary: "Replace rotas, overrides, absences, policies and bounds", errors: []int{http.StatusPreconditionFailed, http.StatusConflict},
		about: "Swaps stay as they are. What is wrong is named with its place, and nothing is changed.",
		example: map[string]any{"policies": []any{map[string]any{
			"code": "all", "name": "All projects", "from": "orange", "steps": []any{map[string]any{"targets": []any{map[string]any{"step": 1}}, "wait_s": 300}},
		}}},
	}, func(ctx context.Context, who desk.Principal, in *bookInput) (rota.Book, int64, error) {
		if !who.May(desk.CanAdmin) {
			return rota.Book{}, 0, missing(desk.CanAdmin)
		}
		version, err := in.version()
		if err != nil {
			return rota.Book{}, 0, err
		}
		b, err := s.OnCall.EditBook(ctx, who, version, "book", func(old rota.Book) (rota.Book, error) {
			old.Rotas, old.Overrides, old.Absences, old.Policies, old.Bounds = in.Body.Rotas, in.Body.Overrides, in.Body.Absences, in.Body.Policies, in.Body.Bounds
			return old, nil
		})
		return b, b.Version, in.hold(err)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/duty/swaps", id: "ask-swap", tag: "duty", scope: desk.CanAnswer, status: http.StatusCreated,
		summary: "Ask somebody to take a stretch of your own duty",
		about:   "Nothing changes until the other has accepted. 403 when the duty is not your own, 409 when it is not as you say.",
		example: map[string]any{"rota": "duty-officers", "asker": map[string]any{"contact": "ann"}, "other": map[string]any{"contact": "ben"}, "from": "2026-03-08T01:00:00Z", "to": "2026-03-08T13:00:00Z"},
	}, func(ctx context.Context, who desk.Principal, in *swapInput) (rota.Swap, error) {
		b := in.Body
		return s.OnCall.AskSwap(ctx, who, rota.Swap{Rota: b.Rota, Asker: b.Asker, Other: b.Other, From: b.From, To: b.To, Back: b.Back, BackTo: b.BackTo, Note: b.Note})
	})
	add(s, operation{
		verb: http.MethodPost, path: "/duty/swaps/{id}/answer", id: "answer-swap", tag: "duty", scope: desk.CanAnswer,
		summary: "Accept or decline a swap as the other person, or withdraw your own", example: map[string]any{"state": "accepted"},
	}, func(ctx context.Context, who desk.Principal, in *swapAnswer) (done, error) {
		return done{true}, s.OnCall.AnswerSwap(ctx, who, in.ID, in.Body.State)
	})
}

func (s *server) choices() {
	addVersioned(s, operation{
		verb: http.MethodGet, path: "/contacts/{id}/choice", id: "get-choice", tag: "duty", scope: desk.CanRead,
		summary: "What a receiver has chosen: quiet hours, digest, lowest levels, language", about: "From the floor upwards nothing of it holds anything back.",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (desk.ChoiceCard, int64, error) {
		card, err := s.OnCall.Choice(ctx, who, in.ID)
		card.Channels = full(card.Channels)
		return card, int64(card.Choice.Version), err
	})
	addVersioned(s, operation{
		verb: http.MethodPut, path: "/contacts/{id}/choice", id: "set-choice", tag: "duty", scope: desk.CanAnswer,
		summary: "Set what a receiver gets, and when", errors: []int{http.StatusPreconditionFailed, http.StatusConflict},
		example: map[string]any{"zone": "Asia/Karachi", "quiet": []any{map[string]any{"from": "22:00", "to": "07:00"}}, "digest": "daily"},
	}, func(ctx context.Context, who desk.Principal, in *choiceInput) (response.Choice, int64, error) {
		version, err := in.version()
		if err != nil {
			return response.Choice{}, 0, err
		}
		b := in.Body
		c := response.Choice{
			Contact: in.ID, Version: int(version), Language: b.Language, Zone: b.Zone, Quiet: b.Quiet, Digest: b.Digest, DigestAt: b.DigestAt, Least: b.Least,
		}
		if version == 0 {
			c.Version = desk.AnyVersion
		}
		c, err = s.OnCall.SetChoice(ctx, who, c)
		return c, int64(c.Version), in.hold(err)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/warnings/{id}/snooze", id: "snooze-warning", tag: "duty", scope: desk.CanAnswer,
		summary: "Keep a warning from one receiver for at most 24 hours", about: "A red cannot be snoozed, and a rise ends it. What was held goes out at the end.",
		example: map[string]any{"for_s": 14400},
	}, func(ctx context.Context, who desk.Principal, in *snoozeInput) (done, error) {
		if !who.May(desk.CanAnswer) {
			return done{}, missing(desk.CanAnswer)
		}
		if in.Body.For == 0 {
			return done{true}, s.OnCall.Unsnooze(ctx, who, in.ID, in.Body.Contact)
		}
		_, err := s.OnCall.Snooze(ctx, who, in.ID, in.Body.Contact, time.Duration(in.Body.For)*time.Second)
		return done{true}, err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/held", id: "list-held", tag: "duty", scope: desk.CanRead,
		summary: "What waits because of what its receiver chose, the first to go out at the top",
	}, func(ctx context.Context, who desk.Principal, _ *none) (List[desk.HeldRow], error) {
		rows, err := s.OnCall.HeldBack(ctx, who)
		return listOf(rows, ""), err
	})
}
