package web

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"

	"watchfire.dev/internal/fault"
)

// upload opens the file of a form; done closes it and removes what was kept of it. Errors wrap
// fault.ErrInvalid or fault.ErrTooLarge.
func upload(r *http.Request, v *View) (file multipart.File, name string, done func(), err error) {
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, "", nil, fmt.Errorf("file over %d MB: %w", maxUpload>>20, fault.ErrTooLarge)
		}
		return nil, "", nil, fmt.Errorf("read upload: %w", fault.ErrInvalid)
	}
	file, head, err := r.FormFile("file")
	if err != nil {
		r.MultipartForm.RemoveAll() //nolint:errcheck // temporary files; nothing to tell
		return nil, "", nil, fmt.Errorf("%s: %w", v.T("portfolio.no_file"), fault.ErrInvalid)
	}
	return file, head.Filename, func() {
		file.Close()                //nolint:errcheck // read only
		r.MultipartForm.RemoveAll() //nolint:errcheck // temporary files; nothing to tell
	}, nil
}

// uploaded reads the whole file of a form, of at most so many bytes. Errors are those of upload.
func uploaded(r *http.Request, v *View, most int) (raw []byte, name string, err error) {
	file, name, done, err := upload(r, v)
	if err != nil {
		return nil, "", err
	}
	defer done()
	raw, err = io.ReadAll(io.LimitReader(file, int64(most)+1))
	if err != nil {
		return nil, "", fmt.Errorf("read upload: %w", fault.ErrInvalid)
	}
	if len(raw) > most {
		return nil, "", fmt.Errorf("file over %d MB: %w", most>>20, fault.ErrTooLarge)
	}
	return raw, name, nil
}
