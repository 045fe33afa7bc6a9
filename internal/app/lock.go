package app

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"watchfire.dev/internal/fault"
)

// lockFolder takes the data folder for this process. Two processes on one embedded database
// would each decide on half of what is known; fault.ErrConflict says that another has it.
func lockFolder(dir string) (release func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder %s: %w", dir, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close() //nolint:errcheck // the lock is what failed
		return nil, fmt.Errorf("data folder %s is in use by another watchfire (stop it, or talk to it by --url): %w", dir, fault.ErrConflict)
	}
	return f.Close, nil
}
