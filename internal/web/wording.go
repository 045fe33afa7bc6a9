package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
)

// Previews words a message before anybody gets it. fault.ErrInvalid when the sample cannot be.
type Previews interface {
	Preview(ctx context.Context, who desk.Principal, x delivery.Sample) (delivery.Preview, error)
}

// mailPolicy is what the frame with a mail may do: show its own inline styles, and nothing else.
const mailPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"

// A wordingPage shows one sample in every form, and its SMS in every language.
type wordingPage struct {
	delivery.Preview
	Hazards   []event.Hazard
	Languages []tongue
	Channels  []string
	Purposes  []string
	Labels    []string
	All       []delivery.Preview
	Mail      string // address of the frame
	Tongue    string // name of the chosen language
	API       string // the same question to the API
}

// Dir is the direction in which a preview is read.
func (wordingPage) Dir(p delivery.Preview) string {
	if p.Right {
		return "rtl"
	}
	return "ltr"
}

// sampleOf reads the form; what is not given is the first alarm of a red earthquake by SMS.
func sampleOf(v *View, q url.Values) (delivery.Sample, error) {
	x := delivery.Sample{
		Warning: strings.TrimSpace(q.Get("warning")), Hazard: event.Earthquake, Level: level.Red, Language: v.Language(), Channel: "sms", TLP: q.Get("tlp"), Purpose: "alarm",
	}
	if h := q.Get("hazard"); h != "" {
		x.Hazard = event.Hazard(h)
	}
	if l := q.Get("level"); l != "" {
		if err := x.Level.UnmarshalText([]byte(l)); err != nil {
			return x, fmt.Errorf("level %.20q: %w", l, fault.ErrInvalid)
		}
	}
	for name, at := range map[string]*string{"language": &x.Language, "channel": &x.Channel, "purpose": &x.Purpose} {
		if s := q.Get(name); s != "" {
			*at = s
		}
	}
	return x, nil
}

// previewed answers the one sample that the address asks for.
func (s *server) previewed(r *http.Request, v *View) (delivery.Preview, error) {
	if s.Previews == nil {
		return delivery.Preview{}, errNoPage
	}
	if !v.Who.May(desk.CanRules) {
		return delivery.Preview{}, fmt.Errorf("preview messages: %w", fault.ErrForbidden)
	}
	x, err := sampleOf(v, r.URL.Query())
	if err != nil {
		return delivery.Preview{}, err
	}
	return s.Previews.Preview(r.Context(), v.Who, x)
}

// wording is the page on which analysts read messages before receivers do.
func (s *server) wording(w http.ResponseWriter, r *http.Request, v *View) error {
	p := wordingPage{
		Hazards: event.Hazards(), Purposes: delivery.Purposes(), Labels: event.TLPs(),
		Channels: []string{"sms", "email", "voice", "slack", "teams", "telegram", "whatsapp", "webhook"},
	}
	var err error
	if p.Preview, err = s.previewed(r, v); err != nil {
		return err
	}
	for _, l := range phrase.MessageLanguages() {
		x := p.Sample
		x.Language = l
		one, err := s.Previews.Preview(r.Context(), v.Who, x)
		if err != nil {
			return err
		}
		p.All = append(p.All, one)
		p.Languages = append(p.Languages, tongue{l, s.Book.For(l).T("language.own")})
		if l == p.Language {
			p.Tongue = s.Book.For(l).T("language.own")
		}
	}
	query := url.Values{
		"hazard": {string(p.Hazard)}, "level": {p.Sample.Level.String()}, "language": {p.Language}, "channel": {p.Channel}, "tlp": {p.TLP}, "purpose": {p.Purpose},
	}
	if p.Warning != "" {
		query.Set("warning", p.Warning)
	}
	p.Mail, p.API = "/wording/mail?"+query.Encode(), "/api/v1/wording/preview?"+query.Encode()
	w.Header().Set("Content-Security-Policy", policy+"; frame-src 'self'")
	return s.ok(w, "wording", "title.wording", v, p)
}

// wordingMail is the mail alone, as a mail program shows it: for the frame, without links that
// lead anywhere and without any right.
func (s *server) wordingMail(w http.ResponseWriter, r *http.Request, v *View) error {
	p, err := s.previewed(r, v)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Security-Policy", mailPolicy)
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, err = w.Write([]byte(p.HTML))
	return err
}
