package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/gazetteer"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/journal/witness"
)

// Serve runs the whole program until ctx ends: pages and API, sources, decisions,
// deliveries, escalations, checkpoints. ready, if not nil, is called with the address once
// requests are answered.
func (a *App) Serve(ctx context.Context, ready func(address string)) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", a.cfg.Listen, err)
	}
	defer listener.Close() //nolint:errcheck // the web server has closed it, unless it never started
	return a.core(ctx, a.cfg.RoleList(), func(ctx context.Context, g *errgroup.Group) error {
		if err := a.start(ctx, g, listener, ready); err != nil {
			return errors.Join(err, listener.Close())
		}
		<-ctx.Done()
		return nil
	})
}

// start brings the parts up in the order in which they need each other. What was left from
// before a restart is worked through first.
func (a *App) start(ctx context.Context, g *errgroup.Group, listener net.Listener, ready func(string)) error {
	if err := a.recognise(ctx); err != nil {
		return err
	}
	if _, err := a.EnsureFirst(ctx); err != nil {
		return err
	}
	for _, s := range a.sources.Sources() {
		if err := a.db.DefineSource(ctx, s); err != nil {
			return fmt.Errorf("define source %s: %w", s.ID, err)
		}
	}
	dispatcher, err := a.newDispatcher(ctx)
	if err != nil {
		return err
	}
	if a.does(config.Deliver) {
		a.serving.dispatcher.Store(dispatcher)
	}
	if err := a.freeClaims(ctx); err != nil {
		return fmt.Errorf("give back what a dead process had in hand: %w", err)
	}
	if err := a.keepKey(ctx); err != nil {
		return err
	}
	switch {
	case !a.does(config.Poll):
	case a.db.Shared():
		g.Go(func() error { return a.leftovers(ctx) })
	default:
		if err := a.resume(ctx); err != nil {
			return err
		}
	}
	if err := a.db.MuteBefore(ctx, a.opts.Now()); err != nil {
		return err
	}
	keeper, err := a.newKeeper()
	if err != nil {
		return err
	}
	a.serving.keeper.Store(keeper)
	queue, err := a.newQueue(ctx, g, dispatcher)
	if err != nil {
		return err
	}
	handler, err := a.handler(ctx)
	if err != nil {
		return err
	}
	named, err := proxiesOf(a.cfg.Proxies)
	if err != nil {
		return err
	}
	if err := a.journalStart(ctx); err != nil {
		return err
	}
	a.copyLog(ctx, g)
	g.Go(func() error {
		return a.alone(ctx, houseLease, func(ctx context.Context) error { return a.house(ctx, keeper) })
	})
	g.Go(func() error { return queue.Run(ctx) })
	if a.does(config.Deliver) {
		g.Go(func() error { return dispatcher.Run(ctx) })
		g.Go(func() error { return a.serving.watchdog.Load().Run(ctx) })
		g.Go(func() error {
			return a.alone(ctx, heardLease, func(ctx context.Context) error {
				err := a.serving.inbox.Load().Run(ctx)
				<-ctx.Done() // where no channel listens there is nothing to do, and nothing to hand on
				return err
			})
		})
		g.Go(func() error { return a.escalator().Run(ctx) })
	}
	g.Go(func() error { return a.last(ctx) })
	if err := a.self.start(ctx, g); err != nil {
		return err
	}
	if a.link != "" {
		fmt.Fprintf(a.opts.Out, "First start. Sign in as the administrator once with this link (24 hours):\n  %s\n", a.link)
	}
	fmt.Fprintf(a.opts.Out, "Watchfire is watching: %s\n", a.cfg.BaseURL)
	if !gazetteer.Drawn(gazetteer.Country) {
		fmt.Fprintln(a.opts.Out, "This program was built without the outlines of countries (make assets): areas that are only named are matched by codes alone, and imports fill in no country.")
	}
	if !a.does(config.Web) {
		handler = onlyHealth(handler)
	}
	g.Go(func() error { return a.http(ctx, listener, named.believe(handler)) })
	if ready != nil {
		ready(listener.Addr().String())
	}
	return nil
}

// resume takes up what lies half done, but for a process that it may have ended.
func (a *App) resume(ctx context.Context) error {
	if a.opts.Safe.Blind {
		return nil
	}
	return a.intake.Resume(ctx)
}

// http serves until ctx ends, then lets requests under way finish.
func (a *App) http(ctx context.Context, listener net.Listener, handler http.Handler) error {
	srv := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 60 * time.Second, IdleTimeout: 120 * time.Second,
		MaxHeaderBytes: 64 << 10, BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	done := make(chan error, 1)
	go func() {
		if a.cfg.TLS.Certificate != "" {
			done <- srv.ServeTLS(listener, a.cfg.TLS.Certificate, a.cfg.TLS.Key)
			return
		}
		done <- srv.Serve(listener)
	}()
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	a.hub.close() // open pages come back when we do
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
	defer cancel()
	err := srv.Shutdown(stop)
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

func (a *App) journalStart(ctx context.Context) error {
	raw, err := journal.Body(map[string]any{"version": a.opts.Version})
	if err != nil {
		return err
	}
	return a.db.Journal(ctx, journal.Draft{At: a.opts.Now(), Kind: journal.Started, Actor: "system", Body: raw})
}

// newKeeper makes what signs checkpoints and brings them to the witnesses.
func (a *App) newKeeper() (*witness.Keeper, error) {
	var to []witness.Publisher
	for _, folder := range a.cfg.Journal.WitnessFolders {
		to = append(to, witness.NewFile(folder))
	}
	for _, url := range a.cfg.Journal.WitnessURLs {
		p, err := witness.NewPost(a.client(), url)
		if err != nil {
			return nil, fmt.Errorf("witness: %w", err)
		}
		to = append(to, p)
	}
	mails, err := a.mailWitnesses()
	if err != nil {
		return nil, err
	}
	to = append(to, mails...)
	return witness.NewKeeper(checkpointStore{a}, a.signer, to, witness.Options{Now: a.opts.Now, Every: time.Duration(a.cfg.Journal.Every)})
}

// checkpointStore is the database with a fail point where a checkpoint is kept.
type checkpointStore struct{ *App }

// Size implements witness.Store.
func (s checkpointStore) Size(ctx context.Context) (int64, error) { return s.db.Size(ctx) }

// ReadHashes implements witness.Store.
func (s checkpointStore) ReadHashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	return s.db.ReadHashes(ctx, indexes)
}

// LastCheckpoint implements witness.Store.
func (s checkpointStore) LastCheckpoint(ctx context.Context) ([]byte, error) {
	return s.db.LastCheckpoint(ctx)
}

// SaveCheckpoint implements witness.Store.
func (s checkpointStore) SaveCheckpoint(ctx context.Context, c journal.Checkpoint) error {
	if err := s.db.SaveCheckpoint(ctx, c); err != nil {
		return err
	}
	s.opts.Failpoint("checkpoint")
	return nil
}

// freeClaims frees what dead processes had in hand: any other one, where there is but one at a
// time.
func (a *App) freeClaims(ctx context.Context) error {
	now := a.opts.Now()
	if !a.db.Shared() {
		return a.db.ReleaseClaims(ctx, now, now)
	}
	return a.alive(ctx, now)
}

// house does what one process does for all: checkpoints, and what comes round.
func (a *App) house(ctx context.Context, keeper *witness.Keeper) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return keeper.Run(ctx) })
	g.Go(func() error { return a.housekeeping(ctx, keeper) })
	g.Go(func() error { return a.backups(ctx) })
	g.Go(func() error { return a.checkPages(ctx) })
	g.Go(func() error { return a.overlook(ctx) })
	g.Go(func() error { return a.keepKnown(ctx) })
	return g.Wait()
}

// cleanEvery is how often old things are removed, and inputsKept how long inputs are kept that
// all have decided: whoever waits for what became of one has given up long before.
const (
	cleanEvery = time.Hour
	inputsKept = 10 * time.Minute
)

// onlyHealth answers whether this process is alive and ready, and nothing else: it has not the
// role web.
func onlyHealth(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
			h.ServeHTTP(w, r)
			return
		}
		http.Error(w, "this process does not serve pages", http.StatusNotFound)
	})
}

// housekeeping does what comes round: old bytes go, blind sources are journalled, the
// keeper hears how far the journal is.
func (a *App) housekeeping(ctx context.Context, keeper *witness.Keeper) error {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	blind := map[string]bool{}
	var cleaned time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if size, err := a.db.Size(ctx); err == nil {
			keeper.Moved(size)
		}
		a.noteBlind(ctx, blind)
		if now := a.opts.Now(); now.Sub(cleaned) > cleanEvery {
			cleaned = now
			if err := a.db.Retain(ctx, now.Add(-time.Duration(a.cfg.Retention))); err != nil {
				a.opts.Log.Error("retention", "error", err)
			}
			if a.db.Shared() {
				if err := a.db.DropInputs(ctx, now.Add(-inputsKept)); err != nil {
					a.opts.Log.Error("remove old inputs", "error", err)
				}
			}
			if err := a.forget(ctx, now); err != nil && ctx.Err() == nil {
				a.opts.Log.Error("forget details, pack old documents", "error", err)
			}
			if err := a.dropCopies(now); err != nil {
				a.opts.Log.Error("remove copies from before migrations", "error", err)
			}
			if err := a.tidy(ctx); err != nil {
				a.opts.Log.Error("remove old sessions, links and answers", "error", err)
			}
		}
	}
}

// tidy removes sessions and links that can no longer be used, and stored answers to requests
// that nobody may repeat any more.
func (a *App) tidy(ctx context.Context) error {
	accounts, err := a.accounts()
	if err != nil {
		return err
	}
	return errors.Join(accounts.Tidy(ctx), a.db.DropRequests(ctx, a.opts.Now()))
}
