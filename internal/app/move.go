package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/watch"
)

// Move moves an installation into another database: the tables, which are compared on both
// sides, the journal, which is verified on the other, and the journal's key. Nobody may serve
// the installation meanwhile. The target must be empty, and is not served before all of it is
// there and right; the source is not served any more afterwards (Reopen).
func Move(ctx context.Context, from, to config.Config, now clock.Clock, progress func(store.Moved)) (size int64, err error) {
	source, err := quiet(ctx, from, now)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, source.close()) }()
	if err := errors.Join(source.db.Usable(ctx), source.db.Decided(ctx)); err != nil {
		return 0, err
	}
	signer, err := Signer(from)
	if err != nil {
		return 0, err
	}
	if to.Database == "" {
		if _, err := os.Stat(filepath.Join(to.Data, fileName)); !errors.Is(err, os.ErrNotExist) {
			return 0, fmt.Errorf("there is an installation in %s already: %w", to.Data, errors.Join(fault.ErrConflict, err))
		}
	}
	target, err := quietly(ctx, to)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, target.close()) }()
	if _, err := store.Move(ctx, source.db, target.db, progress); err != nil {
		return 0, err
	}
	report, err := verified(ctx, target.db, signer)
	if err != nil {
		return 0, err
	}
	if err := keyTo(ctx, from, to, target.db, signer); err != nil {
		return 0, err
	}
	if err := target.db.Whole(ctx); err != nil {
		return 0, err
	}
	return report.Size, source.db.MovedTo(ctx, target.db.Name())
}

// Reopen lets an installation that has moved away be served again.
func Reopen(ctx context.Context, cfg config.Config, now clock.Clock) error {
	s, err := quiet(ctx, cfg, now)
	if err != nil {
		return err
	}
	return errors.Join(s.db.Reopen(ctx), s.close())
}

func verified(ctx context.Context, db *store.DB, signer *journal.Signer) (*journal.Report, error) {
	src, err := db.ReadJournal(ctx)
	if err != nil {
		return nil, err
	}
	defer src.Close() //nolint:errcheck // reading only
	report, err := journal.Verify(ctx, src, journal.VerifyOptions{PublicKeys: []string{signer.PublicKey()}})
	if err != nil {
		return report, err
	}
	if !report.OK {
		return report, fmt.Errorf("the journal of %s does not verify (see watchfire journal verify): %w", db.Name(), fault.ErrConflict)
	}
	return report, nil
}

// keyTo takes the journal's key along: as a file beside a file, and as a name that processes
// compare theirs with where they share a database.
func keyTo(ctx context.Context, from, to config.Config, target *store.DB, signer *journal.Signer) error {
	if target.Shared() {
		return target.PutSetting(ctx, publicKey, signer.PublicKey())
	}
	path := KeyFile(from)
	if path == "" || to.Journal.Key != "" {
		return nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("key of the journal: %w", err)
	}
	return os.WriteFile(filepath.Join(to.Data, "journal.key"), raw, 0o600)
}

// A stilled is a database that only we work on.
type stilled struct {
	db      *store.DB
	release []func() error
}

// close gives back what was taken, the last first.
func (s *stilled) close() error {
	var errs []error
	for i := len(s.release) - 1; i >= 0; i-- {
		errs = append(errs, s.release[i]())
	}
	return errors.Join(errs...)
}

// quiet opens an installation that exists and that nobody serves, and keeps it so.
func quiet(ctx context.Context, cfg config.Config, now clock.Clock) (*stilled, error) {
	if cfg.Database == "" {
		if _, err := os.Stat(filepath.Join(cfg.Data, fileName)); err != nil {
			return nil, fmt.Errorf("no installation in %s: %w", cfg.Data, err)
		}
	}
	s, err := quietly(ctx, cfg)
	if err != nil || !s.db.Shared() {
		return s, err
	}
	holds, err := s.everything(ctx, now())
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	keeping, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(partRenew)
		defer tick.Stop()
		for {
			select {
			case <-keeping.Done():
				return
			case <-tick.C:
			}
			s.db.RenewParts(keeping, s.db.Owner, holds, now(), partLength) //nolint:errcheck // it is tried again, and nobody else takes them meanwhile
		}
	})
	s.release = append(s.release, func() error {
		stop()
		wg.Wait()
		return s.db.ReleaseParts(context.WithoutCancel(ctx), s.db.Owner, holds, now())
	})
	return s, nil
}

// everything takes all parts of the projects, so that nobody decides, where nobody serves and
// everything that entered is decided.
func (s *stilled) everything(ctx context.Context, now time.Time) ([]watch.Hold, error) {
	parts, err := s.db.Parts(ctx)
	if err != nil {
		return nil, err
	}
	replicas, err := s.db.Replicas(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]int, len(parts))
	for i, p := range parts {
		all[i] = p.N
	}
	holds, err := s.db.TakeParts(ctx, s.db.Owner, all, now, partLength)
	if err != nil {
		return nil, err
	}
	served := len(holds) < len(parts) || slices.ContainsFunc(replicas, func(r store.Replica) bool { return r.Seen.Add(deadAfter).After(now) })
	left, err := s.db.Undecided(ctx)
	switch {
	case err != nil:
	case served:
		err = fmt.Errorf("%s is being served: stop every process first: %w", s.db.Name(), fault.ErrConflict)
	case left > 0:
		err = fmt.Errorf("%s holds %d inputs that nobody has decided: serve it once more and stop it in order: %w", s.db.Name(), left, fault.ErrConflict)
	}
	if err != nil {
		return nil, errors.Join(err, s.db.ReleaseParts(ctx, s.db.Owner, holds, now))
	}
	return holds, nil
}

// quietly opens a database with its writer.
func quietly(ctx context.Context, cfg config.Config) (*stilled, error) {
	unlock, err := takeFolder(cfg)
	if err != nil {
		return nil, err
	}
	s := &stilled{release: []func() error{unlock}}
	if s.db, err = OpenStore(ctx, cfg); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.release = append(s.release, s.db.Close)
	s.db.Owner = "move"
	writing, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- s.db.Run(writing) }()
	s.release = append(s.release, func() error {
		stop()
		return <-done
	})
	return s, nil
}
