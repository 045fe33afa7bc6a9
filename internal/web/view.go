package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
)

// A handler serves one request of somebody who is signed in; an error becomes a page.
type handler func(w http.ResponseWriter, r *http.Request, v *View) error

// signedIn finds who asks and the state of the whole, then calls h.
func (s *server) signedIn(h handler) http.HandlerFunc {
	return s.open(func(w http.ResponseWriter, r *http.Request) error {
		who, err := s.Auth.Principal(r)
		if err != nil {
			return fmt.Errorf("page %s: %w", r.URL.Path, err)
		}
		if !who.May(desk.CanRead) {
			return fmt.Errorf("page %s: %w", r.URL.Path, fault.ErrForbidden)
		}
		v, err := s.view(r, who)
		if err != nil {
			return err
		}
		return h(w, r, v)
	})
}

// open serves a page that needs no session.
func (s *server) open(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

// A View is what every template gets: the words of the reader's language, who reads, the
// state of the whole, and the page's own data in D.
type View struct {
	phrase.Speaker
	Who     desk.Principal
	Status  desk.Status
	Now     time.Time
	Zone    string
	Theme   string
	Path    string
	Nav     string
	Title   string // message key
	Done    string // message key of what was just done, "" = nothing
	Version string
	Live    bool
	Tongues []tongue // in which a receiver's page can be read; none on other pages
	Files   static
	D       any
}

// done lists what may stand in ?done=; anything else is ignored.
var doneWords = map[string]bool{
	"answered": true, "escalated": true, "ended": true, "cancelled": true, "cancel_asked": true, "signed": true,
	"detached": true, "split": true, "committed": true, "undone": true, "switched": true, "polled": true,
	"rule": true, "reported": true, "prefs": true, "password": true, "tested": true, "test_failed": true, "unmuted": true, "subscribed": true, "unsubscribed": true,
	"account": true, "token": true, "duty": true, "snoozed": true, "taken_over": true, "released": true, "register": true, "simulated": true, "asked": true, "assess_cancelled": true, "assess_settings": true, "scenario": true, "indicator": true, "report_made": true, "report_approved": true, "report_sent": true, "report_schedule": true, "report_template": true, "said": true, "panel": true,
}

// plainView is for pages without a session: language and nothing else is known.
func (s *server) plainView(r *http.Request) *View {
	return &View{
		Speaker: s.Book.ForPage(s.language(r)), Now: s.Now(), Zone: "UTC", Path: r.URL.Path, Version: s.Version, Files: s.static,
	}
}

// receiverView is for the pages behind the links of a message: they exist in all the
// languages in which people are told. The address may ask for another than the receiver's.
func (s *server) receiverView(r *http.Request, language string) *View {
	v := s.plainView(r)
	if language == "" || r.URL.Query().Get("lang") != "" {
		language = s.language(r)
	}
	v.Speaker = s.Book.For(language)
	for _, l := range phrase.MessageLanguages() {
		v.Tongues = append(v.Tongues, tongue{l, s.Book.For(l).T("language.own")})
	}
	return v
}

// Tongue is the own name of a language.
func (v *View) Tongue(code string) string { return v.Speaker.Book().For(code).T("language.own") }

// A tongue is a language by its own name.
type tongue struct{ Code, Name string }

// language is what the address asks for, else what the browser likes.
func (s *server) language(r *http.Request) string {
	if l := r.URL.Query().Get("lang"); l != "" && len(l) <= 35 {
		return l
	}
	accept := r.Header.Get("Accept-Language")
	if len(accept) > 200 {
		return ""
	}
	return accept
}

func (s *server) view(r *http.Request, who desk.Principal) (*View, error) {
	v := s.plainView(r)
	status, err := s.Reads.Status(r.Context(), who)
	if err != nil {
		return nil, fmt.Errorf("read status: %w", err)
	}
	v.Who, v.Status, v.Live = who, status, s.Config.Live != nil
	if who.Language != "" {
		v.Speaker = s.Book.ForPage(who.Language)
	}
	if who.Zone != "" {
		v.Zone = who.Zone
	}
	if who.Theme == "light" || who.Theme == "dark" {
		v.Theme = who.Theme
	}
	if d := r.URL.Query().Get("done"); doneWords[d] {
		v.Done = "done." + d
	}
	v.Nav = "/" + strings.SplitN(strings.TrimPrefix(r.URL.Path, "/"), "/", 2)[0]
	if v.Nav == "/warnings" {
		v.Nav = "/"
	}
	return v, nil
}

// with gives a copy of the view for one page.
func (v *View) with(title string, data any) *View {
	c := *v
	c.Title, c.D = title, data
	return &c
}

// Word is the text of prefix.value, or value itself when the catalogues do not know it:
// kinds and states may be newer than the words.
func (v *View) Word(prefix string, value any) string {
	key := prefix + "." + fmt.Sprint(value)
	if v.Has(key) {
		return v.T(key)
	}
	return fmt.Sprint(value)
}

// Ago is the age of an instant: "12 min"; a dash when it is not known.
func (v *View) Ago(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return v.Age(v.Now.Sub(t))
}

// Machine is an instant for the datetime attribute.
func (v *View) Machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// At is date, clock and zone in the reader's zone.
func (v *View) At(t time.Time) string { return v.Time(t, v.Zone) }

// Short is clock and zone in the reader's zone.
func (v *View) Short(t time.Time) string { return v.Clock(t, v.Zone) }

// Line is the time of a timeline's line.
func (v *View) Line(t time.Time) string { return v.Moment(t, v.Now, v.Zone) }

// Brief is the time of a row: the clock today, the day before.
func (v *View) Brief(t time.Time) string { return v.Minute(t, v.Now, v.Zone) }

// Seconds is a span of whole seconds in words.
func (v *View) Seconds(n int) string { return v.Age(time.Duration(n) * time.Second) }

// HHMM is the bare clock in UTC; the template writes the zone beside it.
func (v *View) HHMM() string { return v.Now.UTC().Format("15:04") }

// Here names the reader's zone, as timelines and tables do in their heads.
func (v *View) Here() string { return v.Speaker.Zone(v.Now, v.Zone) }

// Levels lists the levels that a filter offers, highest first.
func (v *View) Levels() []level.Level { return []level.Level{level.Red, level.Orange, level.Yellow} }

// item joins the view with one thing for a sub-template.
type item struct {
	*View
	It any
}

func sub(v *View, it any) item { return item{v, it} }

// More is how many of n a list of the first few leaves out.
func (v *View) More(n, few int) int { return n - few }
