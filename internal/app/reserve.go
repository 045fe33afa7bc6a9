package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"watchfire.dev/internal/pulse"
)

// A reserve is a file that keeps room on the disk of the database. When there is none left it
// is given back, so that reds, receipts, the journal and a stop in order can still be written
// (TRUST.md row 3), and it is taken again when somebody has made room.
type reserve struct {
	path string
	size int64
	room func(folder string) pulse.DiskFact
}

// reserveSize is 64 MB.
const reserveSize = 64 << 20

func newReserve(folder string) *reserve {
	return &reserve{filepath.Join(folder, "reserve"), reserveSize, room}
}

// look gives the room back when writes are refused or little is left, and takes it again when
// there is plenty. held tells whether the reserve stands.
func (r *reserve) look(refused bool) (held bool, err error) {
	info, err := os.Stat(r.path)
	held = err == nil && info.Size() == r.size
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	d := r.room(filepath.Dir(r.path))
	size := uint64(r.size) //nolint:gosec // a constant
	switch {
	case held && (refused || d.Known && d.Free < size/4):
		return false, os.Remove(r.path)
	case !held && !refused && d.Known && d.Free > 3*size:
		err := r.take()
		return err == nil, err
	}
	return held, nil
}

// take fills the file with room that is really there: a sparse one would keep nothing.
func (r *reserve) take() error {
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("keep room on the disk: %w", err)
	}
	err = syscall.Fallocate(int(f.Fd()), 0, 0, r.size)
	if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
		err = fill(f, r.size)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("keep room on the disk: %w", err), os.Remove(r.path))
	}
	return nil
}

// fill writes zeros where the file system cannot set room aside.
func fill(f *os.File, size int64) error {
	block := make([]byte, 1<<20)
	for at := int64(0); at < size; at += int64(len(block)) {
		if _, err := f.WriteAt(block[:min(int64(len(block)), size-at)], at); err != nil {
			return err
		}
	}
	return nil
}
