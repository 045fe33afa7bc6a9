package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"

	"watchfire.dev/internal/backup"
	"watchfire.dev/internal/fault"
)

// bucket lets Litestream write into a bucket of ours, in the layout of its own S3 client.
type bucket struct{ b *backup.Bucket }

var _ litestream.ReplicaClient = (*bucket)(nil)

// Type implements litestream.ReplicaClient.
func (c *bucket) Type() string { return "s3" }

// Init implements litestream.ReplicaClient; there is nothing to prepare.
func (c *bucket) Init(context.Context) error { return nil }

// SetLogger implements litestream.ReplicaClient; errors come back to who asked.
func (c *bucket) SetLogger(*slog.Logger) {}

func level(l int) string { return fmt.Sprintf("%s/%04x/", Folder, l) }

func name(l int, from, to ltx.TXID) string { return level(l) + ltx.FormatFilename(from, to) }

// LTXFiles implements litestream.ReplicaClient. exact asks for the times that stand in the
// files, which a restore to a point in time needs; otherwise those of the store will do.
func (c *bucket) LTXFiles(ctx context.Context, l int, seek ltx.TXID, exact bool) (ltx.FileIterator, error) {
	list, err := c.b.Objects(ctx, level(l))
	if err != nil {
		return nil, err
	}
	var out []*ltx.FileInfo
	for _, o := range list {
		from, to, err := ltx.ParseFilename(path.Base(o.Name))
		if err != nil || from < seek {
			continue
		}
		info := &ltx.FileInfo{Level: l, MinTXID: from, MaxTXID: to, Size: o.Size, CreatedAt: o.At.UTC()}
		if exact {
			h, err := litestream.FetchLTXHeader(ctx, c, info)
			if err != nil {
				return nil, err
			}
			info.CreatedAt = time.UnixMilli(h.Timestamp).UTC()
		}
		out = append(out, info)
	}
	return ltx.NewFileInfoSliceIterator(out), nil
}

// OpenLTXFile implements litestream.ReplicaClient.
func (c *bucket) OpenLTXFile(ctx context.Context, l int, from, to ltx.TXID, offset, size int64) (io.ReadCloser, error) {
	n := name(l, from, to)
	r, err := c.b.Range(ctx, n, offset, size)
	if errors.Is(err, fault.ErrNotFound) {
		err = errors.Join(fs.ErrNotExist, err)
	}
	if err != nil {
		return nil, litestream.NewLTXError("open", n, l, uint64(from), uint64(to), err)
	}
	return r, nil
}

// WriteLTXFile implements litestream.ReplicaClient.
func (c *bucket) WriteLTXFile(ctx context.Context, l int, from, to ltx.TXID, r io.Reader) (*ltx.FileInfo, error) {
	var head bytes.Buffer
	h, _, err := ltx.PeekHeader(io.TeeReader(r, &head))
	if err != nil {
		return nil, fmt.Errorf("read the header of %s: %w", name(l, from, to), err)
	}
	n, err := c.b.Store(ctx, name(l, from, to), io.MultiReader(&head, r), func(int64) error { return nil })
	if err != nil {
		return nil, err
	}
	return &ltx.FileInfo{Level: l, MinTXID: from, MaxTXID: to, Size: n, CreatedAt: time.UnixMilli(h.Timestamp).UTC()}, nil
}

// DeleteLTXFiles implements litestream.ReplicaClient.
func (c *bucket) DeleteLTXFiles(ctx context.Context, list []*ltx.FileInfo) error {
	for _, f := range list {
		if err := c.b.Remove(ctx, name(f.Level, f.MinTXID, f.MaxTXID)); err != nil && !errors.Is(err, fault.ErrNotFound) {
			return err
		}
	}
	return nil
}

// DeleteAll implements litestream.ReplicaClient.
func (c *bucket) DeleteAll(ctx context.Context) error {
	list, err := c.b.List(ctx, Folder+"/")
	if err != nil {
		return err
	}
	for _, n := range list {
		if err := c.b.Remove(ctx, n); err != nil {
			return err
		}
	}
	return nil
}
