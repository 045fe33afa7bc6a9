package witness

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// A Publisher hands signed checkpoints to one outside witness. Publish returns nil only
// when the witness has it for good. The same checkpoint may come again after a restart.
type Publisher interface {
	Name() string // for people, without secrets
	Publish(ctx context.Context, signed []byte) error
}

// FileName is the file that File writes in its folder.
const FileName = "watchfire-checkpoints.txt"

// File is a witness on another disk: a file that only grows.
type File struct{ folder string }

// NewFile returns a witness that appends to FileName in an existing folder. The folder is
// never created: a disk that is not mounted must be an error and not a folder on the disk
// that it should be apart from.
func NewFile(folder string) *File { return &File{folder: folder} }

// Name tells the folder.
func (f *File) Name() string { return "file " + f.folder }

// Publish appends the checkpoint and an empty line with one write, and syncs file and
// folder. If an earlier write was cut off it marks that first.
func (f *File) Publish(_ context.Context, signed []byte) (err error) {
	path := filepath.Join(f.folder, FileName)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o640)
	if err != nil {
		return fmt.Errorf("open witness file: %w", err)
	}
	defer func() {
		if cerr := file.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("close witness file %s: %w", path, cerr)
		}
	}()
	block := append(bytes.Clone(signed), '\n')
	size, whole, err := tail(file)
	if err != nil {
		return fmt.Errorf("read witness file %s: %w", path, err)
	}
	if !whole {
		block = append([]byte("\n\n"+journal.TornMark+"\n\n"), block...)
	}
	if _, err := file.Write(block); err != nil {
		return fmt.Errorf("write witness file %s: %w", path, err)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("sync witness file %s: %w", path, err)
	}
	if size > 0 {
		return nil
	}
	folder, err := os.Open(f.folder)
	if err != nil {
		return fmt.Errorf("open witness folder: %w", err)
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("sync witness folder %s: %w", f.folder, err)
	}
	return nil
}

// tail returns the size of the file and whether it ends with a whole block.
func tail(f *os.File) (size int64, whole bool, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, false, err
	}
	if size = info.Size(); size == 0 {
		return 0, true, nil
	}
	end := make([]byte, min(2, size))
	if _, err := f.ReadAt(end, size-int64(len(end))); err != nil {
		return 0, false, err
	}
	return size, string(end) == "\n\n", nil
}

// Post is a witness behind HTTP: it takes the checkpoint as the body of a POST and answers
// with a status of 200 to 299 once it has kept it.
type Post struct {
	client *http.Client
	url    string
	host   string
}

// NewPost returns a witness at an absolute http or https URL. The client decides what may
// be dialled and how long it may take. Only the URL's host appears in Name and errors,
// because a path or query may hold a secret.
func NewPost(client *http.Client, url string) (*Post, error) {
	req, err := http.NewRequest(http.MethodPost, url, nil)
	if err != nil || req.URL.Host == "" || (req.URL.Scheme != "https" && req.URL.Scheme != "http") {
		return nil, fmt.Errorf("address of the witness is no http URL: %w", fault.ErrInvalid)
	}
	return &Post{client: client, url: url, host: req.URL.Host}, nil
}

// Name tells the host.
func (p *Post) Name() string { return "http " + p.host }

// Publish sends the checkpoint.
func (p *Post) Publish(ctx context.Context, signed []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(signed))
	if err != nil {
		return fmt.Errorf("post checkpoint to %s: %w", p.host, fault.ErrInvalid)
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	res, err := p.client.Do(req)
	if err != nil {
		return fmt.Errorf("post checkpoint to %s: %w", p.host, bare(err))
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) //nolint:errcheck // only to reuse the connection
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("post checkpoint to %s: status %d: %w", p.host, res.StatusCode, fault.ErrUnavailable)
	}
	return nil
}

// A Mailer sends a plain-text message to the address that its maker chose, and returns nil
// once the mail server took it.
type Mailer func(ctx context.Context, subject, body string) error

// A Paced publisher wants at most one checkpoint in each Pace: a mailbox that gets one a
// minute is soon read by nobody.
type Paced interface{ Pace() time.Duration }

// Mail is a witness that is a mailbox.
type Mail struct {
	send Mailer
	to   string
	pace time.Duration
}

// NewMail returns a witness that sends checkpoints with send, at most one in each pace; to
// is shown as its name.
func NewMail(send Mailer, to string, pace time.Duration) *Mail {
	return &Mail{send: send, to: to, pace: pace}
}

// Pace implements Paced.
func (m *Mail) Pace() time.Duration { return m.pace }

// Name tells the mailbox.
func (m *Mail) Name() string { return "mail " + m.to }

// Publish sends the checkpoint as the whole body, so that a saved message can be given to
// the verifier as it is.
func (m *Mail) Publish(ctx context.Context, signed []byte) error {
	if err := m.send(ctx, "Watchfire journal checkpoint", string(signed)); err != nil {
		return fmt.Errorf("mail checkpoint to %s: %w", m.to, err)
	}
	return nil
}
