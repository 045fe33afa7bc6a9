// Package web serves the pages: server-rendered HTML that works without script, in every
// language of the catalogues, light, dark and on paper. It shows what desk.Reads gives and
// does what desk.Commands allows; every effect is a POST that comes from our own pages. It
// promises that each page names what we cannot see, how old its picture is and whether it
// is simulated, that nothing of another organisation is told apart from nothing at all, and
// that no page needs a script, a style or a byte from elsewhere. It decides nothing, keeps
// no session and stores nothing: Auth, Answers and the desk do.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// Auth knows who asks. Cookies are made by it and only carried by the pages.
type Auth interface {
	// Principal is who the request comes from; fault.ErrUnauthorised when nobody is signed in.
	Principal(*http.Request) (desk.Principal, error)
	// SignIn answers the session cookie, or fault.ErrUnauthorised, fault.ErrUnavailable when
	// there were too many tries from remote.
	SignIn(ctx context.Context, email, password, remote string) (*http.Cookie, error)
	// Invite looks at a one-time link without using it up; fault.ErrGone when it was used or
	// is too old.
	Invite(ctx context.Context, token string) (Invite, error)
	// Redeem uses a one-time link up. password is set when the invite asks for one.
	Redeem(ctx context.Context, token, password, remote string) (*http.Cookie, error)
	// SignOut ends the session and answers the cookie that clears it.
	SignOut(ctx context.Context, r *http.Request) (*http.Cookie, error)
	SetPrefs(ctx context.Context, who desk.Principal, p Prefs) error
	// SetPassword changes the own password; other sessions of the account end.
	SetPassword(ctx context.Context, who desk.Principal, old, fresh string) error
}

// An Invite is what a one-time sign-in link opens.
type Invite struct {
	Name, Email string
	SetPassword bool // first start, or a forgotten password: the link asks for a new one
	Language    string
}

// Prefs is what a person sets for the own screen.
type Prefs struct {
	Language string // BCP 47
	Zone     string // IANA
	Theme    string // "light", "dark", "" = as the device says
}

// Answers holds the one-tap links. A token opens one notification for one person.
type Answers interface {
	// Open shows; it has no effect. fault.ErrGone when the link is too old.
	Open(ctx context.Context, token string) (AnswerView, error)
	// Answer records "have_it", "need_help" or "cannot".
	Answer(ctx context.Context, token, kind, note string) error
}

// An AnswerView is what the person with the link sees.
type AnswerView struct {
	Warning  warning.Warning
	Project  portfolio.Project
	Name     string // of the person
	Language string
	Zone     string
	Own      *desk.Answer  // what this person has answered before
	Others   []desk.Answer // what others have answered, newest first
	Next     string        // who is told when nobody answers, "" = nobody is left
	NextAt   time.Time
	Sources  []string // names
}

// Leave holds the links behind List-Unsubscribe. A token stands for one contact and one
// project.
type Leave interface {
	// Open shows; it has no effect. fault.ErrGone when contact or project is no more.
	Open(ctx context.Context, token string) (LeaveView, error)
	Mute(ctx context.Context, token string) error
	Unmute(ctx context.Context, token string) error
}

// A LeaveView is what the person with the link sees.
type LeaveView struct {
	Project  portfolio.Project
	Name     string // of the person
	Language string
	Zone     string
	Muted    *response.Mute // nil = not muted
	Alone    bool           // nobody else hears of warnings below red, once this person does not
}

// Live tells an organisation's screens what has changed: "queue", "sources", "portfolio".
// The channel is closed when ctx ends, and when the desk wants the screens to come back.
type Live interface {
	Subscribe(ctx context.Context, org string) <-chan string
}

// Outline draws the world behind the maps: lines of degrees that never cross 180°.
type Outline interface {
	Lines(fine bool) [][]geo.Point
}

// Config is what the pages need. Log, Outline and Live may be nil.
type Config struct {
	Reads  desk.Reads
	Do     desk.Commands
	People desk.People
	Health desk.Health // nil = there is no status page
	// Release lets a restored installation speak again; nil = nothing is ever muted.
	Release desk.Releaser
	Leave   Leave // nil = there are no such links
	// OnCall is who is on duty and what receivers choose; nil = there are no such pages.
	OnCall      desk.OnCall
	Risks       desk.Risks       // the risk register; nil = there are no such pages
	Assess      desk.Assessments // nil = there are no pages of assessments
	Reports     desk.Reports     // nil = there are no pages of reports
	Ahead       desk.Forecasts   // nil = there are no pages of forecasts
	ReportFiles ReportFiles
	Surveys     desk.Surveys // questionnaires; nil = there are no such pages
	Sheets      Sheets       // the links of questionnaires; nil = there are none
	Letters     Letters      // nil = no page behind the links of letters
	Calendars   Calendars    // nil = there are no calendar feeds
	Own         Own          // nil = no page behind the links of mails
	// Devices are browsers that show notifications, PushKey is what a page gives a browser to
	// subscribe with; nil or "" = there are none.
	Devices desk.Devices
	PushKey string
	Auth    Auth
	Answers Answers
	// Accounts is the administrator's list; nil = there is no such page.
	Accounts Accounts
	Live     Live
	Previews Previews // of messages; nil = there is no such page
	Book     *phrase.Book
	Now      clock.Clock
	Method   *impact.Method // of the calculator; nil = the built-in one
	Matrix   *level.Matrix  // of the calculator; nil = the built-in one
	Outline  Outline        // nil = the embedded outline, when the build has one
	Log      *slog.Logger
	Version  string
	// Secure tells browsers to come back by HTTPS only. It is off on a loopback address
	// without certificate.
	Secure bool
}

type server struct {
	Config
	pages    pages
	static   static
	backdrop backdrop
}

// New builds the handler of all pages. It fails when a needed part is missing.
func New(c Config) (http.Handler, error) {
	if c.Reads == nil || c.Do == nil || c.People == nil || c.Auth == nil || c.Answers == nil || c.Book == nil || c.Now == nil {
		return nil, errors.New("web: Reads, Do, People, Auth, Answers, Book and Now are needed")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{Config: c}
	var err error
	if s.static, err = loadStatic(); err != nil {
		return nil, fmt.Errorf("load static files: %w", err)
	}
	if s.pages, err = loadPages(s.static); err != nil {
		return nil, fmt.Errorf("load templates: %w", err)
	}
	if s.Outline == nil {
		if s.Outline, err = embeddedOutline(); err != nil {
			return nil, fmt.Errorf("load world outline: %w", err)
		}
	}
	s.backdrop = newBackdrop(s.Outline)
	return s.secure(s.routes()), nil
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/", s.serveStatic)
	mux.HandleFunc("GET /favicon.ico", s.favicon)
	mux.HandleFunc("GET /worker.js", s.serviceWorker)
	mux.HandleFunc("GET /sign-in", s.open(s.signInPage))
	mux.HandleFunc("POST /sign-in", s.open(s.signIn))
	mux.HandleFunc("GET /sign-in/{token}", s.open(s.invitePage))
	mux.HandleFunc("POST /sign-in/{token}", s.open(s.redeem))
	mux.HandleFunc("GET /a/{token}", s.open(s.answerPage))
	mux.HandleFunc("POST /a/{token}", s.open(s.answer))
	mux.HandleFunc("GET /r/{token}", s.open(s.letterPage))
	s.sheetRoutes(mux)
	mux.HandleFunc("GET /leave/{token}", s.open(s.leavePage))
	mux.HandleFunc("POST /leave/{token}", s.open(s.leave))
	mux.HandleFunc("GET /me/{token}", s.open(s.ownPage))
	mux.HandleFunc("POST /me/{token}", s.open(s.setOwn))
	mux.HandleFunc("GET /duty/calendar/{token}", s.open(s.calendar))
	mux.HandleFunc("POST /sign-out", s.open(s.signOut))

	for pattern, h := range map[string]handler{
		"GET /{$}":                                s.queue,
		"GET /live":                               s.live,
		"GET /warnings/{id}":                      s.warning,
		"POST /warnings/{id}/answer":              s.acknowledge,
		"POST /warnings/{id}/escalate":            s.escalate,
		"POST /warnings/{id}/sign":                s.sign,
		"GET /warnings/{id}/end":                  s.finishPage("end"),
		"POST /warnings/{id}/end":                 s.finish("end"),
		"GET /warnings/{id}/cancel":               s.finishPage("cancel"),
		"POST /warnings/{id}/cancel":              s.finish("cancel"),
		"GET /events":                             s.events,
		"GET /events/{id}":                        s.event,
		"POST /events/{id}/detach":                s.detach,
		"POST /events/{id}/split":                 s.split,
		"GET /map":                                s.mapPage,
		"GET /map.json":                           s.mapData,
		"GET /outline.json":                       s.outlineData,
		"GET /portfolio":                          s.portfolio,
		"GET /portfolio/{project}":                s.project,
		"POST /portfolio/preview":                 s.preview,
		"POST /portfolio/commit":                  s.commit,
		"POST /portfolio/versions/{version}/undo": s.undo,
		"GET /contacts/{id}":                      s.contact,
		"POST /contacts/{id}/test":                s.testContact,
		"POST /contacts/{id}/unmute":              s.unmute,
		"POST /contacts/{id}/devices":             s.subscribe,
		"POST /contacts/{id}/devices/remove":      s.unsubscribe,
		"GET /sources":                            s.sources,
		"GET /sources/{id}":                       s.source,
		"POST /sources/{id}/switch":               s.switchSource,
		"POST /sources/{id}/poll":                 s.pollNow,
		"GET /journal":                            s.journal,
		"GET /suppressed":                         s.suppressed,
		"GET /rules":                              s.rules,
		"POST /rules":                             s.putRule,
		"GET /report":                             s.reportPage,
		"POST /report":                            s.report,
		"GET /account":                            s.account,
		"POST /account":                           s.setPrefs,
		"POST /account/password":                  s.setPassword,
		"GET /help":                               s.help,
		"GET /calculator":                         s.calculator,
		"GET /wording":                            s.wording,
		"GET /wording/mail":                       s.wordingMail,
	} {
		mux.HandleFunc(pattern, s.signedIn(h))
	}
	if s.Health != nil {
		mux.HandleFunc("GET /status", s.signedIn(s.status))
	}
	add := func(there bool, routes func() map[string]handler) {
		if there {
			for pattern, h := range routes() {
				mux.HandleFunc(pattern, s.signedIn(h))
			}
		}
	}
	add(s.Release != nil, func() map[string]handler { return map[string]handler{"POST /release": s.release} })
	add(s.OnCall != nil, s.dutyRoutes)
	add(s.Risks != nil, s.registerRoutes)
	add(s.Assess != nil, s.assessRoutes)
	add(s.Reports != nil, s.reportRoutes)
	add(s.Surveys != nil, s.surveyRoutes)
	s.addForecasts(mux)
	if s.Accounts != nil {
		for pattern, h := range map[string]handler{
			"GET /accounts":            s.accounts,
			"POST /accounts":           s.addAccount,
			"POST /accounts/{id}":      s.changeAccount,
			"POST /accounts/{id}/link": s.resetAccount,
			"POST /tokens":             s.addToken,
			"POST /tokens/{id}/revoke": s.revokeToken,
		} {
			mux.HandleFunc(pattern, s.signedIn(h))
		}
	}
	mux.HandleFunc("/", s.open(func(w http.ResponseWriter, r *http.Request) error { return errNoPage }))
	return mux
}
