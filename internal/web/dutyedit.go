package web

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/rota"
)

// may asks for a right before a form is read: who may not is not told what is wrong with it.
func may(v *View, scope desk.Scope) error {
	if v.Who.May(scope) {
		return nil
	}
	return fmt.Errorf("%s may not %s: %w", v.Who.Name, scope, fault.ErrForbidden)
}

// edit changes the duty book and shows page again, with what was wrong.
func (s *server) edit(w http.ResponseWriter, r *http.Request, v *View, what, to string, do func(rota.Book) (rota.Book, error)) error {
	_, err := s.OnCall.EditBook(r.Context(), v.Who, 0, what, do)
	if errors.Is(err, fault.ErrInvalid) || errors.Is(err, fault.ErrConflict) {
		if code, is := strings.CutPrefix(to, "/duty/rotas/"); is {
			return s.showRota(w, r, v, code, err.Error())
		}
		return s.showDuty(w, r, v, err.Error())
	}
	if err != nil {
		return fmt.Errorf("change %s: %w", what, err)
	}
	return seeOther(w, r, to, "duty")
}

// putRota stores a rota from its form.
func (s *server) putRota(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanDecide); err != nil {
		return err
	}
	code := strings.TrimSpace(r.FormValue("code"))
	old := r.FormValue("old")
	back := "/duty/rotas/" + cmp.Or(old, code)
	if old == "" {
		back = "/duty/rotas/new"
	}
	fresh, err := rotaOf(r)
	if err != nil {
		return s.showRota(w, r, v, strings.TrimPrefix(back, "/duty/rotas/"), err.Error())
	}
	_, err = s.OnCall.EditBook(r.Context(), v.Who, 0, "rota "+code, func(b rota.Book) (rota.Book, error) {
		i := slices.IndexFunc(b.Rotas, func(x rota.Rota) bool { return x.Code == old })
		if i < 0 {
			b.Rotas = append(b.Rotas, fresh)
			return b, nil
		}
		fresh.Code = old // overrides and policies name it
		b.Rotas[i] = fresh
		return b, nil
	})
	if errors.Is(err, fault.ErrInvalid) || errors.Is(err, fault.ErrConflict) {
		return s.showRota(w, r, v, strings.TrimPrefix(back, "/duty/rotas/"), err.Error())
	}
	if err != nil {
		return fmt.Errorf("store rota %s: %w", code, err)
	}
	return seeOther(w, r, "/duty/rotas/"+cmp.Or(old, code), "duty")
}

// maxFormLayers bounds the layers of one form.
const maxFormLayers = 20

func rotaOf(r *http.Request) (rota.Rota, error) {
	text := func(name string) string { return strings.TrimSpace(r.FormValue(name)) }
	out := rota.Rota{Code: text("code"), Name: text("name"), Zone: text("zone"), Desk: r.FormValue("desk") != "", Projects: fields(text("projects"))}
	var err error
	if out.Holidays, err = rota.ParseHolidays(r.FormValue("holidays")); err != nil {
		return out, fmt.Errorf("holidays: %w", err)
	}
	for i := range maxFormLayers {
		at := func(name string) string { return text(fmt.Sprintf("l%d.%s", i, name)) }
		if at("members") == "" {
			continue
		}
		l := rota.Layer{
			Name: at("name"), Zone: at("zone"), Start: at("start"), HandOver: fields(at("hand_over")), Unit: rota.Unit(at("unit")),
			Until: at("until"), Holidays: at("holidays") != "", Disabled: at("disabled") != "",
		}
		l.Name = cmp.Or(l.Name, strconv.Itoa(i+1))
		if l.Length, err = strconv.Atoi(at("length")); err != nil {
			return out, fmt.Errorf("layer %s: length %.20q: %w", l.Name, at("length"), fault.ErrInvalid)
		}
		if l.Members, err = rota.ParseMembers(at("members")); err != nil {
			return out, fmt.Errorf("layer %s, people: %w", l.Name, err)
		}
		if l.Windows, err = rota.ParseWindows(at("windows")); err != nil {
			return out, fmt.Errorf("layer %s, days and hours: %w", l.Name, err)
		}
		out.Layers = append(out.Layers, l)
	}
	return out, nil
}

// fields cuts a list at commas and spaces.
func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' })
}

func (s *server) dropRota(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanDecide); err != nil {
		return err
	}
	code := r.PathValue("code")
	return s.edit(w, r, v, "rota "+code, "/duty", func(b rota.Book) (rota.Book, error) {
		n := len(b.Rotas)
		if b.Rotas = slices.DeleteFunc(b.Rotas, func(x rota.Rota) bool { return x.Code == code }); len(b.Rotas) == n {
			return b, fmt.Errorf("rota %.40q: %w", code, fault.ErrNotFound)
		}
		b.Overrides = slices.DeleteFunc(b.Overrides, func(o rota.Override) bool { return o.Rota == code })
		return b, nil
	})
}

// span reads two times of a form by the clock of a zone.
func span(r *http.Request, now time.Time, zoneName string) (from, to time.Time, err error) {
	zone, err := rota.LoadZone(zoneName)
	if err != nil {
		zone = time.UTC
	}
	if from, err = rota.ParseAt(cmp.Or(r.FormValue("from"), "?"), now, zone); err == nil {
		to, err = rota.ParseAt(cmp.Or(r.FormValue("to"), "?"), now, zone)
	}
	return from, to, err
}

func (s *server) addOverride(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanDecide); err != nil {
		return err
	}
	code := r.FormValue("rota")
	return s.edit(w, r, v, "override of "+code, "/duty/rotas/"+code, func(b rota.Book) (rota.Book, error) {
		x, ok := b.Rota(code)
		if !ok {
			return b, fmt.Errorf("rota %.40q: %w", code, fault.ErrNotFound)
		}
		from, to, err := span(r, v.Now, x.Zone)
		if err != nil {
			return b, err
		}
		b.Overrides = append(b.Overrides, rota.Override{
			ID: id.Random("ovr"), Rota: code, From: from, To: to, Member: rota.ParseMember(r.FormValue("member")), Reason: strings.TrimSpace(r.FormValue("reason")), Actor: v.Who.Account,
		})
		return b, nil
	})
}

func (s *server) dropOverride(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanDecide); err != nil {
		return err
	}
	which := r.PathValue("id")
	return s.edit(w, r, v, "override "+which, "/duty/rotas/"+r.FormValue("rota"), func(b rota.Book) (rota.Book, error) {
		n := len(b.Overrides)
		if b.Overrides = slices.DeleteFunc(b.Overrides, func(o rota.Override) bool { return o.ID == which }); len(b.Overrides) == n {
			return b, fmt.Errorf("override %.40q: %w", which, fault.ErrNotFound)
		}
		return b, nil
	})
}

func (s *server) addAbsence(w http.ResponseWriter, r *http.Request, v *View) error {
	return s.edit(w, r, v, "absence", "/duty", func(b rota.Book) (rota.Book, error) {
		from, to, err := span(r, v.Now, v.Zone)
		if err != nil {
			return b, err
		}
		b.Absences = append(b.Absences, rota.Absence{
			ID: id.Random("abs"), Member: rota.ParseMember(r.FormValue("member")), From: from, To: to, Deputy: rota.ParseMember(r.FormValue("deputy")),
			Reason: strings.TrimSpace(r.FormValue("reason")), Actor: v.Who.Account,
		})
		return b, nil
	})
}

func (s *server) dropAbsence(w http.ResponseWriter, r *http.Request, v *View) error {
	which := r.PathValue("id")
	return s.edit(w, r, v, "absence "+which, "/duty", func(b rota.Book) (rota.Book, error) {
		n := len(b.Absences)
		if b.Absences = slices.DeleteFunc(b.Absences, func(a rota.Absence) bool { return a.ID == which }); len(b.Absences) == n {
			return b, fmt.Errorf("absence %.40q: %w", which, fault.ErrNotFound)
		}
		return b, nil
	})
}

func (s *server) askSwap(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanAnswer); err != nil {
		return err
	}
	code := r.FormValue("rota")
	card, err := s.OnCall.Book(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read the duty book: %w", err)
	}
	x, ok := card.Book.Rota(code)
	if !ok {
		return fmt.Errorf("rota %.40q: %w", code, fault.ErrNotFound)
	}
	from, to, err := span(r, v.Now, x.Zone)
	if err == nil {
		_, err = s.OnCall.AskSwap(r.Context(), v.Who, rota.Swap{
			Rota: code, Asker: rota.ParseMember(r.FormValue("asker")), Other: rota.ParseMember(r.FormValue("other")), From: from, To: to, Note: strings.TrimSpace(r.FormValue("note")),
		})
	}
	if errors.Is(err, fault.ErrInvalid) || errors.Is(err, fault.ErrConflict) {
		return s.showRota(w, r, v, code, err.Error())
	}
	if err != nil {
		return fmt.Errorf("ask for a swap: %w", err)
	}
	return seeOther(w, r, "/duty/rotas/"+code, "duty")
}

func (s *server) answerSwap(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := s.OnCall.AnswerSwap(r.Context(), v.Who, r.PathValue("id"), rota.SwapState(r.FormValue("state"))); err != nil {
		return fmt.Errorf("answer a swap: %w", err)
	}
	return seeOther(w, r, "/duty/rotas/"+r.FormValue("rota"), "duty")
}

// putPolicy stores an escalation policy from its form.
func (s *server) putPolicy(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanAdmin); err != nil {
		return err
	}
	code := strings.TrimSpace(r.FormValue("code"))
	return s.edit(w, r, v, "policy "+code, "/duty", func(b rota.Book) (rota.Book, error) {
		p := rota.Policy{Code: code, Name: strings.TrimSpace(r.FormValue("name")), Projects: fields(r.FormValue("projects"))}
		var err error
		if p.From, err = level.Parse(r.FormValue("level")); err != nil {
			return b, fmt.Errorf("level: %w: %w", fault.ErrInvalid, err)
		}
		if p.Repeat, err = strconv.Atoi(cmp.Or(r.FormValue("repeat"), "0")); err != nil {
			return b, fmt.Errorf("repeats %.10q: %w", r.FormValue("repeat"), fault.ErrInvalid)
		}
		if p.Steps, err = rota.ParseSteps(r.FormValue("steps")); err != nil {
			return b, err
		}
		if i := slices.IndexFunc(b.Policies, func(x rota.Policy) bool { return x.Code == code }); i >= 0 {
			b.Policies[i] = p
		} else {
			b.Policies = append(b.Policies, p)
		}
		return b, nil
	})
}

func (s *server) dropPolicy(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanAdmin); err != nil {
		return err
	}
	code := r.PathValue("code")
	return s.edit(w, r, v, "policy "+code, "/duty", func(b rota.Book) (rota.Book, error) {
		n := len(b.Policies)
		if b.Policies = slices.DeleteFunc(b.Policies, func(p rota.Policy) bool { return p.Code == code }); len(b.Policies) == n {
			return b, fmt.Errorf("policy %.40q: %w", code, fault.ErrNotFound)
		}
		return b, nil
	})
}

func (s *server) putBounds(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanAdmin); err != nil {
		return err
	}
	return s.edit(w, r, v, "bounds", "/duty", func(b rota.Book) (rota.Book, error) {
		l, err := level.Parse(r.FormValue("floor"))
		if err != nil {
			return b, fmt.Errorf("level: %w: %w", fault.ErrInvalid, err)
		}
		b.Bounds.Floor = l
		return b, nil
	})
}

func (s *server) undoBook(w http.ResponseWriter, r *http.Request, v *View) error {
	version, err := strconv.ParseInt(r.FormValue("version"), 10, 64)
	if err != nil {
		return fmt.Errorf("version %.20q: %w", r.FormValue("version"), fault.ErrInvalid)
	}
	if _, err := s.OnCall.UndoBook(r.Context(), v.Who, version); err != nil {
		return fmt.Errorf("undo: %w", err)
	}
	return seeOther(w, r, "/duty", "undone")
}

// maxCalendar bounds an uploaded calendar, in bytes.
const maxCalendar = 2 << 20

// importCalendar takes a calendar file as absences or, with a rota, as overrides.
func (s *server) importCalendar(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanAnswer); err != nil {
		return err
	}
	file, _, err := r.FormFile("file")
	if err != nil {
		return fmt.Errorf("calendar file: %w: %w", fault.ErrInvalid, err)
	}
	defer file.Close()
	body, err := io.ReadAll(io.LimitReader(file, maxCalendar+1))
	if err != nil {
		return fmt.Errorf("calendar file: %w: %w", fault.ErrInvalid, err)
	}
	got, err := s.OnCall.ImportCalendar(r.Context(), v.Who, desk.CalendarImport{
		Rota: r.FormValue("rota"), Member: rota.ParseMember(r.FormValue("member")), Deputy: rota.ParseMember(r.FormValue("deputy")),
	}, body)
	if errors.Is(err, fault.ErrInvalid) || errors.Is(err, fault.ErrTooLarge) {
		return s.showDuty(w, r, v, err.Error())
	}
	if err != nil {
		return fmt.Errorf("import a calendar: %w", err)
	}
	if len(got.Skipped) > 0 {
		return s.showDuty(w, r, v, v.T("duty.import_skipped", "N", got.Taken, "Skipped", len(got.Skipped), "Why", got.Skipped[0].Why))
	}
	return seeOther(w, r, "/duty", "duty")
}
