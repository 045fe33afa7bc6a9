package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

// An assessSettingsPage shows weights and method, and what a change would do.
type assessSettingsPage struct {
	desk.AssessSettings
	Form    desk.AssessChange // as it was sent
	Typed   map[string]string // weights as they were typed
	Restore string
	Preview *desk.AssessPreview
	Problem string
}

// Weight is what stands in the field of a dimension.
func (p assessSettingsPage) Weight(w assessment.Weight) string {
	if x, ok := p.Typed[w.Dimension]; ok {
		return x
	}
	return strconv.FormatFloat(w.Weight, 'g', -1, 64)
}

func (s *server) assessSettings(w http.ResponseWriter, r *http.Request, v *View) error {
	set, err := s.Assess.AssessmentSettings(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read weights and method: %w", err)
	}
	p := assessSettingsPage{AssessSettings: set, Form: desk.AssessChange{Base: set.Now.Version, Years: desk.LeastYears}}
	return s.ok(w, "assess_settings", "title.assess_settings", v, p)
}

// maxMethod bounds an uploaded method file and its reference, in bytes.
const maxMethod = 5 << 20

// changeOf reads the form of a change: weights by dimension, files or the text that an earlier
// preview read from them.
func changeOf(r *http.Request, set desk.AssessSettings) (c desk.AssessChange, typed map[string]string, err error) {
	if err := r.ParseMultipartForm(maxMethod); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return c, nil, fmt.Errorf("weights and method: %w: %w", fault.ErrInvalid, err)
	}
	c = desk.AssessChange{Reason: r.FormValue("reason"), BuiltIn: r.FormValue("built_in") != "", Method: r.FormValue("method_text"), Reference: r.FormValue("reference_text")}
	if c.Base, err = strconv.ParseInt(r.FormValue("base"), 10, 64); err != nil {
		return c, nil, fmt.Errorf("base %.20q: %w", r.FormValue("base"), fault.ErrInvalid)
	}
	typed = map[string]string{}
	for _, w := range set.Weights {
		text := strings.TrimSpace(r.FormValue("w." + w.Dimension))
		if text == "" {
			continue
		}
		typed[w.Dimension] = text
		x, parseErr := strconv.ParseFloat(text, 64)
		if parseErr != nil {
			err = fmt.Errorf("weight of %s: %.20q is no number: %w", w.Dimension, text, fault.ErrInvalid)
			continue
		}
		c.Weights = append(c.Weights, assessment.Weight{Dimension: w.Dimension, Weight: x})
	}
	if c.Years, _ = strconv.Atoi(r.FormValue("years")); c.Years == 0 {
		c.Years = desk.LeastYears
	}
	if text := r.FormValue("restore"); text != "" {
		n, parseErr := strconv.ParseInt(text, 10, 64)
		if parseErr != nil {
			err = fmt.Errorf("version %.20q: %w", text, fault.ErrInvalid)
		}
		c.Restore = &n
	}
	for name, into := range map[string]*string{"method": &c.Method, "reference": &c.Reference} {
		raw, fileErr := formFile(r, name)
		if fileErr != nil {
			err = fileErr
		} else if raw != "" {
			*into = raw
		}
	}
	return c, typed, err
}

// formFile is the text of an uploaded file; "" = none came.
func formFile(r *http.Request, name string) (string, error) {
	if r.MultipartForm == nil || len(r.MultipartForm.File[name]) == 0 {
		return "", nil
	}
	file, err := r.MultipartForm.File[name][0].Open()
	if err != nil {
		return "", fmt.Errorf("read the file of %s: %w: %w", name, fault.ErrInvalid, err)
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxMethod))
	if err != nil {
		return "", fmt.Errorf("read the file of %s: %w: %w", name, fault.ErrInvalid, err)
	}
	return string(raw), nil
}

// putAssessSettings previews a change, or makes it.
func (s *server) putAssessSettings(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanRules); err != nil {
		return err
	}
	set, err := s.Assess.AssessmentSettings(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read weights and method: %w", err)
	}
	p := assessSettingsPage{AssessSettings: set}
	p.Form, p.Typed, err = changeOf(r, set)
	p.Restore = r.FormValue("restore")
	if err == nil && r.FormValue("act") == "preview" {
		var got desk.AssessPreview
		if got, err = s.Assess.PreviewAssessSettings(r.Context(), v.Who, p.Form); err == nil {
			p.Preview = &got
			return s.ok(w, "assess_settings", "title.assess_settings", v, p)
		}
	}
	if err == nil {
		if _, _, err = s.Assess.PutAssessSettings(r.Context(), v.Who, p.Form); err == nil {
			return seeOther(w, r, "/assessments", "assess_settings")
		}
	}
	m := meaningOf(err)
	if m.status != http.StatusUnprocessableEntity && m.status != http.StatusConflict {
		return fmt.Errorf("change weights or method: %w", err)
	}
	p.Problem = err.Error()
	s.render(w, m.status, "assess_settings", v.with("title.assess_settings", p))
	return nil
}

// assessMethod gives the method file in force, or its reference, to be changed and sent back.
func (s *server) assessMethod(w http.ResponseWriter, r *http.Request, v *View) error {
	f, err := s.Assess.AssessmentMethod(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read the method: %w", err)
	}
	raw, ok := map[string][]byte{"method.yaml": f.Method, "reference.tsv": f.Reference}[r.PathValue("file")]
	if !ok {
		return fmt.Errorf("file %.40q: %w", r.PathValue("file"), fault.ErrNotFound)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+r.PathValue("file")+`"`)
	w.Write(raw) //nolint:errcheck // the client has gone
	return nil
}
