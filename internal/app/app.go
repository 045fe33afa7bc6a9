// Package app puts the program together: it is the only place that knows a concrete
// database, feed, channel and page, and it owns their life: what is started here is waited
// for here, and torn down in the opposite order. It promises that a program which answers
// "ready" has its state from disk, and that stopping finishes what was begun. It holds no
// rules of the watch.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/catalogue"
	"watchfire.dev/internal/feed/fetch"
	"watchfire.dev/internal/feed/formats"
	"watchfire.dev/internal/feed/intake"
	"watchfire.dev/internal/feed/poll"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/netguard"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/pulse"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rule"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/trace"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// Options are what a caller may put in place of the defaults. The zero value works.
type Options struct {
	Now       clock.Clock
	Log       *slog.Logger
	Out       io.Writer         // where the address and the first sign-in link are printed
	Failpoint func(step string) // tests kill the process there
	Portion   int               // see watch.Config; 0 = its default
	Sources   []feed.Source     // beside those of the catalogue
	Sweep     time.Duration     // see delivery.Config; 0 = its default
	Version   string
	Muted     bool // start muted, as after a restore
	// Supervised: a server that is started again when it ends; its starts are counted.
	Supervised bool
	Settings   []byte // the configuration as it was read, kept as the last good one when this start lasts
	Safe       Safe

	reached func(time.Time) // moves the clock to what is on disk; nil = the caller's clock is as it is
}

// App is one running Watchfire.
type App struct {
	cfg     config.Config
	opts    Options
	release func() error
	db      *store.DB
	book    *phrase.Book
	guard   *netguard.Guard
	hub     *hub
	watch   *watch.Service
	parts   int // into which the projects are divided among processes; 0 = this is the only one
	fleet   *fleet
	intake  *intake.Intake
	desk    *desk.Desk
	signer  *journal.Signer
	life    *delivery.Life // nil = no other process shares the database
	sources sourceSet
	method  *impact.Method // coefficients of the impact functions
	policy  warning.Policy
	serving *serving // what only a serving process has
	raters  *raters
	unsaid  *unsaid
	self    *selfcheck
	panels  sync.Map // panelLook by organisation: what was made of the configured panel
	alarms  *alarms
	trace   trace.Tracer                // nil = nobody listens
	untrace func(context.Context) error // sends what is left of the traces
	link    string                      // of the first start, until it is printed
}

// Open takes the data folder and builds everything that decides and stores. Close must be
// called.
func Open(ctx context.Context, cfg config.Config, opts Options) (a *App, err error) {
	a = &App{cfg: cfg, opts: opts.withDefaults(), hub: newHub(), serving: &serving{}, raters: newRaters(), unsaid: newUnsaid()}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
			a = nil
		}
	}()
	if a.release, err = takeFolder(cfg); err != nil {
		return a, err
	}
	if err = a.noteStart(); err != nil {
		return a, err
	}
	if a.guard, err = cfg.Guard(); err != nil {
		return a, err
	}
	if a.book, err = phrase.New(); err != nil {
		return a, fmt.Errorf("message catalogues: %w", err)
	}
	if a.db, err = OpenStore(ctx, cfg); err != nil {
		return a, err
	}
	if err = a.db.Usable(ctx); err != nil {
		return a, err
	}
	a.db.Failpoint, a.db.Owner = a.opts.Failpoint, id.Random("rep")
	if a.db.Shared() {
		a.life = delivery.NewLife(a.opts.Now(), deadAfter)
	}
	if a.signer, err = signerOf(ctx, cfg, a.db); err != nil {
		return a, err
	}
	if a.parts, err = divided(ctx, a.db); err != nil {
		return a, err
	}
	if err = a.loadSources(cfg); err != nil {
		return a, err
	}
	if a.method, err = MethodOf(cfg); err != nil {
		return a, err
	}
	if a.policy, err = PolicyOf(cfg); err != nil {
		return a, err
	}
	if err = checkForecasts(cfg); err != nil {
		return a, err
	}
	a.self, a.alarms = newSelfcheck(a), newAlarms(a)
	if err = a.startTraces(ctx); err != nil {
		return a, err
	}
	a.build()
	return a, nil
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		steady := clock.SteadySystem() // nothing waits because somebody set the machine's clock
		o.Now, o.reached = steady.Now, steady.Reach
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Failpoint == nil {
		o.Failpoint = func(string) {}
	}
	if o.Version == "" {
		o.Version = "development"
	}
	return o
}

func (a *App) loadSources(cfg config.Config) error {
	var overlay []byte
	if cfg.Sources != "" {
		raw, err := os.ReadFile(cfg.Sources)
		if err != nil {
			return fmt.Errorf("read source definitions: %w", err)
		}
		overlay = raw
	}
	list, err := catalogue.Load(overlay)
	if err != nil {
		return fmt.Errorf("source definitions: %w", err)
	}
	if cfg.BuiltInSources != nil && !*cfg.BuiltInSources {
		if list, err = catalogue.Own(overlay); err != nil {
			return fmt.Errorf("source definitions: %w", err)
		}
	}
	a.sources = newSourceSet(append(append(list, inward()...), a.opts.Sources...))
	return nil
}

// build makes the parts that every command needs.
func (a *App) build() {
	matching := &matchers{method: a.method, policy: a.policy}
	a.fleet = newFleet(a)
	a.watch = watch.NewService(watch.Config{
		Order: a.order(), Parts: a.parts, Nudge: a.fleet.nudge, Own: (&matchers{method: a.method, policy: a.policy}).of,
		Store: a.db, Now: a.opts.Now, Reached: a.opts.reached, Policy: a.policy, Waits: WaitsOf(a.cfg), Workers: runtime.GOMAXPROCS(0),
		Matcher:   matching.of,
		Rater:     a.raters.set,
		Duty:      a.db.Duty,
		Claim:     a.serving.claims,
		Link:      a.serving.link,
		Dispatch:  func(n []response.Notification) { a.serving.dispatch(n) },
		Changed:   func(org string) { a.hub.tell(org, "queue") },
		Failpoint: a.opts.Failpoint, Portion: a.opts.Portion, Trace: a.trace, Log: a.opts.Log,
	})
	if a.db.Shared() {
		a.fleet.decider = watch.NewDecider(a.watch)
	}
	a.intake = intake.New(intake.Config{
		Archive: archive{a.db, a}, Watch: a.watch, Formats: formats.All(), Source: a.sources.Source, Now: a.opts.Now,
		Failpoint: a.opts.Failpoint, Log: a.opts.Log,
	})
	field, _ := a.sources.Source("field")
	a.desk = desk.New(desk.Config{
		Store: a.db, Watch: a.watch, Catalogue: a.sources, Journal: a.db, Now: a.opts.Now, Simulated: a.cfg.Simulated,
		Waits: WaitsOf(a.cfg), Changed: func(org string) { a.hub.tell(org, "queue") }, Assessing: func(org string) { a.hub.tell(org, "assessments") },
		Intake:    &intake.Inbound{Intake: a.intake, Seen: a.db, Report: field, Now: a.opts.Now},
		Poll:      func(source string) error { return a.serving.pollNow(source) },
		Witnesses: func() []desk.WitnessState { return a.serving.witnesses() },
		Meter:     a.serving.meters,
		Vitals:    a.self.facts, Limits: pulse.DefaultLimits(),
		ForecastConfig: a.forecastConfig(),
		Mute:           a.db, Assess: a.db, Failpoint: a.opts.Failpoint, SurveyConfig: a.surveyConfig(), ReportConfig: a.reportConfig(), Devices: a.db, CheckDevice: checkDevice,
		RuleCheck: checkRule, RuleRoute: routeOf, RuleFaults: a.raters.faults, Probe: a.probe, Unsaid: a.unsaid.spots,
		Policy: a.policy, Index: func(p portfolio.Portfolio) desk.Assessor { return IndexOf(p, a.method, a.policy) },
	})
}

func checkRule(r desk.RuleRow) error {
	_, err := rule.Compile(ruleOf(r))
	return err
}

func routeOf(r desk.RuleRow, p portfolio.Portfolio) error {
	if ps := rule.CheckContact(ruleOf(r), p); len(ps) > 0 {
		return ps
	}
	return nil
}

func ruleOf(r desk.RuleRow) rule.Row {
	return rule.Row{ID: r.ID, Name: r.Name, When: r.When, Then: rule.Then(r.Then), To: r.To, Mode: rule.Mode(r.Mode), Version: r.Version}
}

// WaitsOf is how long each level waits for an answer.
func WaitsOf(cfg config.Config) response.Waits {
	w := response.DefaultWaits()
	for name, d := range cfg.Wait {
		if l, err := level.Parse(name); err == nil {
			w[l] = time.Duration(d)
		}
	}
	return w
}

// Desk is the desk of this process.
func (a *App) Desk() *desk.Desk { return a.desk }

// DB is the database, for commands that export and verify.
func (a *App) DB() *store.DB { return a.db }

// Close gives everything back. Run must have returned.
func (a *App) Close() error {
	var errs []error
	a.hub.close()
	if a.untrace != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if err := a.untrace(ctx); err != nil {
			a.opts.Log.Warn("the last traces were not sent", "error", err)
		}
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	if a.release != nil {
		errs = append(errs, a.release())
	}
	return errors.Join(errs...)
}

// With runs do while the writer and the watch work, without feeds, channels and pages: for
// commands on the installation. Where processes share the database it decides beside them.
func (a *App) With(ctx context.Context, do func(context.Context) error) error {
	return a.core(ctx, []string{command}, func(ctx context.Context, g *errgroup.Group) error { return do(ctx) })
}

// core runs writer and watch around do. When do returns, the watch stops before the writer,
// so that nothing decided is left unwritten. roles are what this process does where several
// share the database.
func (a *App) core(ctx context.Context, roles []string, do func(context.Context, *errgroup.Group) error) error {
	writer, stopWriter := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWriter()
	var disk sync.WaitGroup
	var diskErr error
	failed := make(chan struct{})
	disk.Go(func() {
		if diskErr = a.db.Run(writer); diskErr != nil {
			close(failed)
		}
	})
	a.fleet.roles = roles
	run := a.watch.Run
	var err error
	if a.db.Shared() {
		run, err = a.fleet.decide, a.fleet.begin(ctx)
	} else if err = a.db.Alone(ctx); err == nil {
		err = a.watch.Load(ctx)
	}
	if err != nil {
		stopWriter()
		disk.Wait()
		return errors.Join(err, diskErr)
	}
	watching, stopWatch := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWatch()
	var deciding sync.WaitGroup
	var watchErr error
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	deciding.Go(func() {
		if watchErr = run(watching); watchErr != nil {
			cancel()
		}
	})
	var guard sync.WaitGroup
	guard.Go(func() { // a writer that stopped takes the rest with it
		select {
		case <-failed:
			cancel()
		case <-inner.Done():
		}
	})
	g, gctx := errgroup.WithContext(inner)
	err = do(gctx, g)
	cancel()
	err = errors.Join(err, g.Wait())
	guard.Wait()
	stopWatch()
	deciding.Wait()
	stopWriter()
	disk.Wait()
	return errors.Join(err, watchErr, diskErr)
}

// newPoller makes what asks the sources.
func (a *App) newPoller() *poll.Poller {
	return poll.New(poll.Config{
		Store: a.db, Intake: a.intake, Now: a.opts.Now, Chance: mathrand.Float64, Log: a.opts.Log,
		Fetch:   fetch.New(fetch.Options{Net: netguard.Options{Guard: a.guard}, UserAgent: a.userAgent(), Clock: a.opts.Now}),
		Changed: func() { a.hub.tell("", "sources") },
	})
}

func (a *App) userAgent() string {
	if a.cfg.UserAgent != "" {
		return a.cfg.UserAgent
	}
	return "Watchfire/" + a.opts.Version + " (" + a.cfg.Email + ")"
}

// notServing is what a process without feeds and channels answers.
func notServing(what string) error {
	return fmt.Errorf("%s: this process does not serve: %w", what, fault.ErrUnavailable)
}
