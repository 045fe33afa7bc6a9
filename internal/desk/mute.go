package desk

import (
	"context"
	"fmt"
	"time"

	"watchfire.dev/internal/fault"
)

// Stale is how old a message may be that still goes out when a restored installation is
// released (TRUST.md promise 10).
const Stale = 15 * time.Minute

// Muting is an installation that was restored and that nobody has released yet: it watches,
// decides and shows, and tells only what it has decided since.
type Muting struct {
	Since time.Time // zero = it is not muted
	Why   string    // a technical reason, such as the backup's name
	Held  int64     // notifications that are held back
}

// Unmuted is what a release did.
type Unmuted struct {
	At       time.Time `json:"at"`
	Sent     int64     `json:"sent"`     // were held back, are young enough, and go out now
	Withheld int64     `json:"withheld"` // are too old: not sent, and shown so
}

// MuteStore keeps whether the installation is muted. Implemented by the store.
type MuteStore interface {
	Muting(ctx context.Context) (Muting, error)
	// Unmute withholds what is older than an instant and lets go what is younger. It is
	// fault.ErrConflict where nothing is muted.
	Unmute(ctx context.Context, actor string, olderThan, now time.Time) (Unmuted, error)
}

// Releaser lets a restored installation speak again.
type Releaser interface {
	Release(ctx context.Context, who Principal) (Unmuted, error)
}

// Release implements Releaser. It is the decision of a duty officer or an administrator.
func (d *Desk) Release(ctx context.Context, who Principal) (Unmuted, error) {
	if err := need(who, CanDecide); err != nil {
		return Unmuted{}, err
	}
	if d.cfg.Mute == nil {
		return Unmuted{}, fmt.Errorf("release: %w", fault.ErrUnavailable)
	}
	now := d.cfg.Now()
	return d.cfg.Mute.Unmute(ctx, who.Account, now.Add(-Stale), now)
}
