package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// A sourcesPage lists the sources and what cannot be seen.
type sourcesPage struct {
	Sources []desk.SourceStatus
	Blind   []desk.BlindSpot
}

func (s *server) sources(w http.ResponseWriter, r *http.Request, v *View) error {
	list, err := s.Reads.Sources(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	blind, err := s.Reads.Blind(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read blind spots: %w", err)
	}
	return s.ok(w, "sources", "title.sources", v, sourcesPage{list, blind})
}

// A sourcePage is one source with the pieces that could not be read.
type sourcePage struct {
	Source     desk.SourceStatus
	Quarantine listPage[desk.Quarantined]
}

func (s *server) source(w http.ResponseWriter, r *http.Request, v *View) error {
	id := r.PathValue("id")
	list, err := s.Reads.Sources(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	p, err := page(r)
	if err != nil {
		return err
	}
	for _, src := range list {
		if src.ID != id {
			continue
		}
		rows, next, err := s.Reads.Quarantine(r.Context(), v.Who, id, p)
		if err != nil {
			return fmt.Errorf("read quarantine of %s: %w", id, err)
		}
		return s.ok(w, "source", "title.source", v, sourcePage{src, listPage[desk.Quarantined]{rows, nextLink(r, next)}})
	}
	return fmt.Errorf("source %.40q: %w", id, fault.ErrNotFound)
}

// Health is the state of a source in one word, a message key's end.
func (v *View) Health(s desk.SourceStatus) string {
	switch {
	case !s.On:
		return "off"
	case !s.BlindSince.IsZero():
		return "blind"
	case s.OpenUntil.After(v.Now):
		return "resting"
	case s.Inward():
		return "inward"
	case s.LastOK.IsZero():
		return "waiting"
	case s.Failures > 0:
		return "failing"
	default:
		return "ok"
	}
}

func (s *server) switchSource(w http.ResponseWriter, r *http.Request, v *View) error {
	id := r.PathValue("id")
	on, err := strconv.ParseBool(r.FormValue("on"))
	if err != nil {
		return fmt.Errorf("on %.10q: %w", r.FormValue("on"), fault.ErrInvalid)
	}
	if err := s.Do.SetSource(r.Context(), v.Who, id, on); err != nil {
		return fmt.Errorf("switch source %s: %w", id, err)
	}
	return seeOther(w, r, "/sources/"+id, "switched")
}

func (s *server) pollNow(w http.ResponseWriter, r *http.Request, v *View) error {
	id := r.PathValue("id")
	if err := s.Do.PollNow(r.Context(), v.Who, id); err != nil {
		return fmt.Errorf("poll source %s: %w", id, err)
	}
	return seeOther(w, r, "/sources/"+id, "polled")
}

// A journalPage is a page of the journal with the state of the chain.
type journalPage struct {
	desk.JournalPage
	Kind  string
	Older string
}

func (s *server) journal(w http.ResponseWriter, r *http.Request, v *View) error {
	p, err := page(r)
	if err != nil {
		return err
	}
	kind := r.URL.Query().Get("kind")
	if len(kind) > 64 {
		return fmt.Errorf("kind of %d bytes: %w", len(kind), fault.ErrInvalid)
	}
	j, err := s.Reads.Journal(r.Context(), v.Who, kind, p)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	return s.ok(w, "journal", "title.journal", v, journalPage{j, kind, nextLink(r, j.Next)})
}

// Kinds are the kinds of entries to choose from; one that an address names and we do not know
// is kept, so that the form says what is shown.
func (p journalPage) Kinds() []string {
	var out []string
	for _, k := range journal.Kinds() {
		out = append(out, string(k))
	}
	if p.Kind != "" && !slices.Contains(out, p.Kind) {
		out = append(out, p.Kind)
	}
	return out
}

// Page is where an entry's subject can be looked at; "" = nowhere.
func (p journalPage) Page(r desk.JournalRow) string {
	switch kind, _, _ := strings.Cut(r.Subject, "_"); kind {
	case "wrn":
		return "/warnings/" + r.Subject
	case "evt":
		return "/events/" + r.Subject
	}
	return ""
}

// Lag is how many entries a witness has not seen.
func (p journalPage) Lag(w desk.WitnessState) int64 { return max(0, p.Size-w.Size) }

func (s *server) rules(w http.ResponseWriter, r *http.Request, v *View) error {
	rows, err := s.Reads.Rules(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read rules: %w", err)
	}
	return s.ok(w, "rules", "title.rules", v, rulesPage{Rows: rows, New: desk.RuleRow{Mode: "shadow", Then: "suppress"}})
}

// A rulesPage lists the rules; New is the form's content, kept when it did not do.
type rulesPage struct {
	Rows    []desk.RuleRow
	New     desk.RuleRow
	Problem string
}

// Modes are the modes of a rule in the order of daring.
func (p rulesPage) Modes() []string { return []string{"off", "shadow", "on"} }

// Deeds are what a rule can do.
func (p rulesPage) Deeds() []string { return []string{"suppress", "raise", "lower", "route"} }

func (s *server) putRule(w http.ResponseWriter, r *http.Request, v *View) error {
	version, _ := strconv.Atoi(r.FormValue("version")) // "" = a new rule, version 0
	rule := desk.RuleRow{
		ID: r.FormValue("id"), Name: strings.TrimSpace(r.FormValue("name")), When: strings.TrimSpace(r.FormValue("when")),
		Then: r.FormValue("then"), To: strings.TrimSpace(r.FormValue("to")), Mode: r.FormValue("mode"), Version: version,
	}
	_, err := s.Do.PutRule(r.Context(), v.Who, rule)
	m := meaningOf(err)
	switch {
	case err == nil:
		return seeOther(w, r, "/rules", "rule")
	case m.status != http.StatusUnprocessableEntity:
		return fmt.Errorf("put rule: %w", err)
	}
	rows, readErr := s.Reads.Rules(r.Context(), v.Who)
	if readErr != nil {
		return fmt.Errorf("read rules: %w", readErr)
	}
	s.render(w, m.status, "rules", v.with("title.rules", rulesPage{rows, rule, err.Error()}))
	return nil
}

// A reportForm is the field-report form with what was typed.
type reportForm struct {
	desk.FieldReport
	LatText, LonText string
	Projects         []desk.ProjectSummary
	Problem          string
}

// Hazards lists the hazards of the form.
func (f reportForm) Hazards() []event.Hazard { return event.Hazards() }

// Severities are CAP's words, mildest first.
func (f reportForm) Severities() []string { return []string{"Minor", "Moderate", "Severe", "Extreme"} }

func (s *server) reportPage(w http.ResponseWriter, r *http.Request, v *View) error {
	return s.reportForm(w, r, v, http.StatusOK, reportForm{})
}

func (s *server) reportForm(w http.ResponseWriter, r *http.Request, v *View, status int, f reportForm) error {
	var err error
	if f.Projects, err = s.Reads.Projects(r.Context(), v.Who); err != nil {
		return fmt.Errorf("read projects: %w", err)
	}
	s.render(w, status, "report", v.with("title.report", f))
	return nil
}

func (s *server) report(w http.ResponseWriter, r *http.Request, v *View) error {
	f := reportForm{LatText: strings.TrimSpace(r.FormValue("lat")), LonText: strings.TrimSpace(r.FormValue("lon"))}
	f.FieldReport = desk.FieldReport{
		Project: r.FormValue("project"), Asset: strings.TrimSpace(r.FormValue("asset")), Hazard: event.Hazard(r.FormValue("hazard")),
		What: strings.TrimSpace(r.FormValue("what")), Severity: r.FormValue("severity"), When: strings.TrimSpace(r.FormValue("when")),
		Help: r.FormValue("help") != "",
	}
	if key := f.read(); key != "" {
		f.Problem = v.T(key)
		return s.reportForm(w, r, v, http.StatusUnprocessableEntity, f)
	}
	if _, err := s.Do.Field(r.Context(), v.Who, f.FieldReport); err != nil {
		if m := meaningOf(err); m.status == http.StatusUnprocessableEntity {
			f.Problem = err.Error()
			return s.reportForm(w, r, v, m.status, f)
		}
		return fmt.Errorf("field report: %w", err)
	}
	return seeOther(w, r, "/report", "reported")
}

// read checks what the form alone can tell and reads the coordinates; it returns the
// message key of what is wrong.
func (f *reportForm) read() string {
	switch {
	case !f.Hazard.Known():
		return "report.hazard_missing"
	case f.What == "" || len(f.What) > 4000:
		return "report.what_missing"
	case f.Project == "":
		return "report.project_missing"
	case (f.LatText == "") != (f.LonText == ""):
		return "report.place_half"
	case f.LatText == "":
		return ""
	}
	lat, errLat := strconv.ParseFloat(f.LatText, 64)
	lon, errLon := strconv.ParseFloat(f.LonText, 64)
	if errLat != nil || errLon != nil || !(lat >= -90 && lat <= 90) || !(lon >= -180 && lon <= 180) {
		return "report.place_wrong"
	}
	f.Lat, f.Lon = &lat, &lon
	return ""
}
