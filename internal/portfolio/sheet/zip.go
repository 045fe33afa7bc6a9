package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"

	"watchfire.dev/internal/fault"
)

// openZip opens a workbook's archive after holding it to the limits. What the directory
// says about sizes is not believed: every file is unpacked once into nothing, counting, so
// that a bomb is found before any of it is kept. A document type declaration is refused
// (TRUST.md S1): no workbook needs one.
func openZip(data []byte) (*zip.Reader, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("this is not a workbook (.xlsx): %w", err)
	}
	if len(archive.File) > MaxFiles {
		return nil, fmt.Errorf("%d files in the workbook, at most %d: %w", len(archive.File), MaxFiles, fault.ErrTooLarge)
	}
	var total int64
	for _, f := range archive.File {
		n, err := measure(f, MaxUnpacked-total)
		if err != nil {
			return nil, fmt.Errorf("file %s in the workbook: %w", f.Name, err)
		}
		total += n
	}
	return archive, nil
}

// measure unpacks a file of an archive into nothing and returns its true size.
func measure(f *zip.File, room int64) (int64, error) {
	r, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close() //nolint:errcheck // closing a reader of memory loses nothing
	packed := max(int64(f.CompressedSize64), 1)
	limit, what := room, fmt.Errorf("unpacks to more than %d MB in all: %w", MaxUnpacked>>20, fault.ErrTooLarge)
	if byRatio := max(packed*MaxRatio, 1<<20); byRatio < limit {
		limit, what = byRatio, fmt.Errorf("unpacks to more than %d times its size: %w", MaxRatio, fault.ErrTooLarge)
	}
	var head bytes.Buffer
	n, err := io.CopyN(&head, r, min(limit+1, 1024))
	if err == nil {
		var rest int64
		rest, err = io.Copy(io.Discard, io.LimitReader(r, limit+1-n))
		n += rest
	}
	switch {
	case n > limit:
		return n, what
	case err != nil && !errors.Is(err, io.EOF):
		return n, err
	case bytes.Contains(bytes.ToUpper(head.Bytes()), []byte("<!DOCTYPE")):
		return n, fmt.Errorf("has a document type declaration: %w", fault.ErrInvalid)
	}
	return n, nil
}
