package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"watchfire.dev/internal/fault"
)

// A Folder is a place on this machine or on what is mounted there.
type Folder struct{ path string }

// NewFolder makes the folder if it is not there.
func NewFolder(path string) (Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return Folder{}, fmt.Errorf("make the folder of the backups: %w", err)
	}
	return Folder{path}, nil
}

// String is the path.
func (f Folder) String() string { return f.path }

// Put implements Place: the file appears under its name when all of it is on disk.
func (f Folder) Put(_ context.Context, name string, r io.Reader, size int64) (err error) {
	part := filepath.Join(f.path, name+".part")
	w, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	n, err := io.Copy(w, r)
	if err = errors.Join(err, w.Sync(), w.Close()); err != nil {
		return err
	}
	if n != size {
		return fmt.Errorf("%s: %d bytes of %d came: %w", name, n, size, fault.ErrUnavailable)
	}
	if err := os.Rename(part, filepath.Join(f.path, name)); err != nil {
		return err
	}
	d, err := os.Open(f.path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get implements Place.
func (f Folder) Get(_ context.Context, name string) (io.ReadCloser, error) {
	r, err := os.Open(filepath.Join(f.path, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, fault.ErrNotFound)
	}
	return r, err
}

// List implements Place.
func (f Folder) List(_ context.Context, prefix string) ([]string, error) {
	list, err := os.ReadDir(f.path)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range list {
		if strings.HasPrefix(e.Name(), prefix) && !e.IsDir() && !strings.HasSuffix(e.Name(), ".part") {
			out = append(out, e.Name())
		}
	}
	slices.Sort(out)
	return out, nil
}

// Remove implements Place.
func (f Folder) Remove(_ context.Context, name string) error {
	return os.Remove(filepath.Join(f.path, name))
}
