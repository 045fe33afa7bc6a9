package witness

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// Store is what the Keeper needs of the database.
type Store interface {
	// Size returns the number of committed entries.
	Size(ctx context.Context) (int64, error)
	// ReadHashes returns stored hashes as journal.Tx does.
	ReadHashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error)
	// LastCheckpoint returns the signed checkpoint saved last, nil if there is none.
	LastCheckpoint(ctx context.Context) ([]byte, error)
	// SaveCheckpoint keeps a checkpoint. It is never called twice for one size by one Keeper.
	SaveCheckpoint(ctx context.Context, c journal.Checkpoint) error
}

// Options tune a Keeper. The zero value of each field means its default.
type Options struct {
	Now     clock.Clock   // default clock.System
	Every   time.Duration // longest time between checkpoints while entries come; default 60 s
	Entries int64         // or after so many entries; default 1,000
	Timeout time.Duration // of one Publish; default 30 s
	// OldKeys are public keys that signed before the present one; the last saved
	// checkpoint may be theirs.
	OldKeys []string
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = clock.System
	}
	if o.Every <= 0 {
		o.Every = 60 * time.Second
	}
	if o.Entries <= 0 {
		o.Entries = 1000
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	return o
}

// A Keeper signs checkpoints and sees to it that the witnesses get them. Checkpoint, Moved
// and State may be called at any time from anywhere; Run once.
type Keeper struct {
	store    Store
	signer   *journal.Signer
	keys     journal.Verifiers
	opts     Options
	couriers []*courier
	wake     chan struct{}

	making sync.Mutex // one checkpoint at a time; guards loaded
	loaded bool       // last is what the store has

	mu      sync.Mutex // guards what follows
	last    journal.Checkpoint
	lastErr error
}

// NewKeeper returns a Keeper for the witnesses. With no witness it still signs and saves;
// verification then says that there is no outside anchor.
func NewKeeper(store Store, signer *journal.Signer, witnesses []Publisher, opts Options) (*Keeper, error) {
	keys, err := journal.NewVerifiers(append([]string{signer.PublicKey()}, opts.OldKeys...))
	if err != nil {
		return nil, fmt.Errorf("keeper of the journal: %w", err)
	}
	k := &Keeper{store: store, signer: signer, keys: keys, opts: opts.withDefaults(), wake: make(chan struct{}, 1)}
	for _, w := range witnesses {
		k.couriers = append(k.couriers, newCourier(w, k.opts))
	}
	return k, nil
}

// Run makes checkpoints until ctx ends: at once, then whenever the head moved within Every
// or by Entries. It waits for its goroutines and returns nil. Errors stand in State, and
// the next turn tries again.
func (k *Keeper) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, p := range k.couriers {
		wg.Go(func() { p.run(ctx) })
	}
	ticker := time.NewTicker(k.opts.Every)
	defer ticker.Stop()
	if made := k.turn(ctx); !made {
		// What the witnesses have is not kept over a restart; a repeat is harmless.
		if c := k.lastCheckpoint(); c.Signed != nil {
			k.publish(c)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-k.wake:
		}
		k.turn(ctx)
	}
}

// turn makes a checkpoint if there is something to sign and keeps the error for State.
func (k *Keeper) turn(ctx context.Context) (made bool) {
	_, made, err := k.Checkpoint(ctx)
	if err != nil && ctx.Err() == nil {
		k.mu.Lock()
		k.lastErr = err
		k.mu.Unlock()
	}
	return made
}

// Moved tells the Keeper the size of the journal after a commit. It never blocks.
func (k *Keeper) Moved(size int64) {
	if size-k.lastCheckpoint().Size < k.opts.Entries {
		return
	}
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Checkpoint signs, saves and begins to publish a checkpoint of the present head. It
// reports false if the head has not moved since the last one. If the journal contradicts
// the last checkpoint, because it is shorter or has another root at that size, the error
// wraps fault.ErrConflict and nothing is signed: the signature must not cover up a change.
func (k *Keeper) Checkpoint(ctx context.Context) (journal.Checkpoint, bool, error) {
	k.making.Lock()
	defer k.making.Unlock()
	last, err := k.load(ctx)
	if err != nil {
		return journal.Checkpoint{}, false, err
	}
	size, err := k.store.Size(ctx)
	if err != nil {
		return journal.Checkpoint{}, false, fmt.Errorf("checkpoint of the journal: %w", err)
	}
	if err := k.agrees(ctx, last, size); err != nil {
		return journal.Checkpoint{}, false, err
	}
	if size == last.Size {
		k.remember(last)
		return last, false, nil
	}
	root, err := k.root(ctx, size)
	if err != nil {
		return journal.Checkpoint{}, false, err
	}
	c, err := k.signer.Sign(size, root, k.opts.Now())
	if err != nil {
		return journal.Checkpoint{}, false, err
	}
	if err := k.store.SaveCheckpoint(ctx, c); err != nil {
		return journal.Checkpoint{}, false, fmt.Errorf("save checkpoint of %d entries: %w", size, err)
	}
	k.remember(c)
	k.publish(c)
	return c, true, nil
}

// load reads the last checkpoint from the store, once; after that memory is the better
// witness.
func (k *Keeper) load(ctx context.Context) (journal.Checkpoint, error) {
	if k.loaded {
		return k.lastCheckpoint(), nil
	}
	signed, err := k.store.LastCheckpoint(ctx)
	if err != nil {
		return journal.Checkpoint{}, fmt.Errorf("read last checkpoint: %w", err)
	}
	var c journal.Checkpoint
	if signed != nil {
		if c, err = k.keys.Open(signed); err != nil {
			return journal.Checkpoint{}, fmt.Errorf("last checkpoint in the store: %w: %w", err, fault.ErrConflict)
		}
	}
	k.loaded = true
	k.remember(c)
	return c, nil
}

func (k *Keeper) agrees(ctx context.Context, last journal.Checkpoint, size int64) error {
	if size < last.Size {
		return fmt.Errorf("journal has %d entries, the last checkpoint counts %d: %w", size, last.Size, fault.ErrConflict)
	}
	if last.Size == 0 {
		return nil
	}
	root, err := k.root(ctx, last.Size)
	if err != nil {
		return err
	}
	if root != last.Root {
		return fmt.Errorf("journal contradicts the last checkpoint, of %d entries: %w", last.Size, fault.ErrConflict)
	}
	return nil
}

func (k *Keeper) root(ctx context.Context, size int64) (tlog.Hash, error) {
	root, err := tlog.TreeHash(size, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		return k.store.ReadHashes(ctx, indexes)
	}))
	if err != nil {
		return tlog.Hash{}, fmt.Errorf("root of the journal at %d entries: %w", size, err)
	}
	return root, nil
}

func (k *Keeper) remember(c journal.Checkpoint) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last, k.lastErr = c, nil
}

func (k *Keeper) lastCheckpoint() journal.Checkpoint {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last
}

func (k *Keeper) publish(c journal.Checkpoint) {
	for _, p := range k.couriers {
		p.offer(c)
	}
}
