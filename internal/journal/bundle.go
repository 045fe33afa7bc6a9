package journal

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/fault"
)

// A Bundle is an exported journal, opened for verification. It is a Source and reads tile
// by tile, so that memory does not grow with the number of entries.
type Bundle struct {
	Manifest Manifest
	Keys     []string // public keys that came with it; see VerifyBundle on their worth

	r     io.ReaderAt
	files map[string]extent
	tiles map[int][]tlog.Tile // by level, -1 for data, by rising N
	pages []string            // names of the checkpoint files, in order
}

type extent struct{ offset, size int64 }

// OpenBundle reads the list of files, the manifest and the keys of a bundle of the given
// size in bytes. The error wraps fault.ErrInvalid or fault.ErrTooLarge and names the file.
// Anything that Export would not have written (links, other names, doubled or oversized
// files) is refused before content is read.
func OpenBundle(r io.ReaderAt, size int64) (*Bundle, error) {
	b := &Bundle{r: r, files: map[string]extent{}, tiles: map[int][]tlog.Tile{}}
	if err := b.index(size); err != nil {
		return nil, err
	}
	raw, err := b.read(manifestName)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b.Manifest); err != nil {
		return nil, fmt.Errorf("bundle: %s: %w: %w", manifestName, err, fault.ErrInvalid)
	}
	if b.Manifest.Format != bundleFormat || b.Manifest.Version != bundleVersion {
		return nil, fmt.Errorf("bundle: format %.40q version %d: %w", b.Manifest.Format, b.Manifest.Version, fault.ErrInvalid)
	}
	raw, err = b.read(keysName)
	if err != nil {
		return nil, err
	}
	b.Keys = strings.Fields(string(raw))
	if len(b.Keys) > maxKeys {
		return nil, fmt.Errorf("bundle: %d keys: %w", len(b.Keys), fault.ErrTooLarge)
	}
	return b, nil
}

func (b *Bundle) index(size int64) error {
	sr := io.NewSectionReader(b.r, 0, size)
	tr := tar.NewReader(sr)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("bundle: not a tar archive after %d files: %w: %w", len(b.files), err, fault.ErrInvalid)
		}
		// The reader stands at the content now, as it does not read ahead.
		offset, err := sr.Seek(0, io.SeekCurrent)
		if err != nil {
			return fmt.Errorf("bundle: %w", err)
		}
		if err := b.admit(h, offset, size); err != nil {
			return err
		}
	}
	for level := range b.tiles {
		slices.SortFunc(b.tiles[level], func(a, c tlog.Tile) int { return cmp.Compare(a.N, c.N) })
		for i := 1; i < len(b.tiles[level]); i++ {
			if t := b.tiles[level][i]; t.N == b.tiles[level][i-1].N {
				return fmt.Errorf("bundle: %s comes in two widths: %w", t.Path(), fault.ErrInvalid)
			}
		}
	}
	slices.Sort(b.pages)
	return nil
}

// admit takes one file into the index or says why not.
func (b *Bundle) admit(h *tar.Header, offset, total int64) error {
	if h.Typeflag != tar.TypeReg || h.Format != tar.FormatUSTAR {
		return fmt.Errorf("bundle: %.100q is not a plain USTAR file: %w", h.Name, fault.ErrInvalid)
	}
	limit, err := fileLimit(h.Name)
	if err != nil {
		return err
	}
	if h.Size > total-offset {
		return fmt.Errorf("bundle: %s is cut off: %w", h.Name, fault.ErrInvalid)
	}
	if h.Size > limit {
		return fmt.Errorf("bundle: %s of %d bytes: %w", h.Name, h.Size, fault.ErrTooLarge)
	}
	if _, twice := b.files[h.Name]; twice {
		return fmt.Errorf("bundle: %s comes twice: %w", h.Name, fault.ErrInvalid)
	}
	if len(b.files) == MaxBundleFiles {
		return fmt.Errorf("bundle: more than %d files: %w", MaxBundleFiles, fault.ErrTooLarge)
	}
	b.files[h.Name] = extent{offset, h.Size}
	if checkpointPattern.MatchString(h.Name) {
		b.pages = append(b.pages, h.Name)
		return nil
	}
	t, err := tlog.ParseTilePath(h.Name)
	if err != nil {
		return nil //nolint:nilerr // one of the named files, which fileLimit let pass
	}
	if t.L >= 0 && h.Size != int64(t.W)*tlog.HashSize {
		return fmt.Errorf("bundle: %s of %d bytes: %w", h.Name, h.Size, fault.ErrInvalid)
	}
	b.tiles[t.L] = append(b.tiles[t.L], t)
	return nil
}

func (b *Bundle) read(name string) ([]byte, error) {
	x, ok := b.files[name]
	if !ok {
		return nil, fmt.Errorf("bundle: no %s: %w", name, fault.ErrInvalid)
	}
	out := make([]byte, x.size)
	if _, err := io.ReadFull(io.NewSectionReader(b.r, x.offset, x.size), out); err != nil {
		return nil, fmt.Errorf("bundle: read %s: %w", name, err)
	}
	return out, nil
}

// tile returns the tile of a level and number, if the bundle has it in some width.
func (b *Bundle) tile(level int, n int64) (tlog.Tile, bool) {
	list := b.tiles[level]
	i, ok := slices.BinarySearchFunc(list, n, func(t tlog.Tile, n int64) int { return cmp.Compare(t.N, n) })
	if !ok {
		return tlog.Tile{}, false
	}
	return list[i], true
}

// Records yields the entries of all data tiles. A missing tile shows as a gap.
func (b *Bundle) Records(ctx context.Context) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		hashes := tileCursor{bundle: b, level: 0}
		for _, t := range b.tiles[-1] {
			data, err := b.read(t.Path())
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(Record{}, err)
				return
			}
			for seq := t.N * tileWidth; len(data) > 0; seq++ {
				line, rest, _ := bytes.Cut(data, []byte("\n\n"))
				data = rest
				// A leaf that is not there stays zero, which no content fits.
				rec := Record{Seq: seq, Encoded: line}
				if rec.Leaf, _, err = hashes.at(seq); err != nil {
					yield(Record{}, err)
					return
				}
				if string(line) == withheldLine {
					rec.Encoded, rec.Withheld = nil, true
				}
				if !yield(rec, nil) {
					return
				}
			}
		}
	}
}

// Hashes yields all hashes of the tree: those of the tiles, and the levels in between as
// they follow from the leaves.
func (b *Bundle) Hashes(ctx context.Context) iter.Seq2[StoredHash, error] {
	return func(yield func(StoredHash, error) bool) {
		var tree edge
		var buffer []tlog.Hash
		cursors := make([]tileCursor, maxTileLevel+1)
		for level := range cursors {
			cursors[level] = tileCursor{bundle: b, level: level}
		}
		for index := int64(0); ; {
			leaf, ok, err := cursors[0].at(tree.size)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(StoredHash{}, err)
				return
			}
			if !ok {
				return
			}
			n := tree.size
			buffer = tree.push(leaf, buffer[:0])
			for level, h := range buffer {
				if level > 0 && level%tileHeight == 0 && level/tileHeight <= maxTileLevel {
					if h, ok, err = cursors[level/tileHeight].at(n >> level); err != nil || !ok {
						yield(StoredHash{Index: -1}, err)
						return
					}
				}
				if !yield(StoredHash{Index: index, Hash: h}, nil) {
					return
				}
				index++
			}
		}
	}
}

// Checkpoints yields the stored checkpoints.
func (b *Bundle) Checkpoints(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, name := range b.pages {
			text, err := b.read(name)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			signed, skipped := SplitCheckpoints(text)
			for range skipped {
				// Export writes nothing else, so a piece that is none is a damaged one.
				signed = append(signed, nil)
			}
			for _, s := range signed {
				if !yield(s, nil) {
					return
				}
			}
		}
	}
}

// tileCursor reads hashes of one level by rising number and keeps the tile it is in.
type tileCursor struct {
	bundle *Bundle
	level  int
	number int64
	data   []byte
	loaded bool
}

// at returns hash n of the level, or false if the bundle does not have it.
func (c *tileCursor) at(n int64) (tlog.Hash, bool, error) {
	if !c.loaded || c.number != n/tileWidth {
		c.loaded, c.number, c.data = true, n/tileWidth, nil
		if t, ok := c.bundle.tile(c.level, c.number); ok {
			var err error
			if c.data, err = c.bundle.read(t.Path()); err != nil {
				return tlog.Hash{}, false, err
			}
		}
	}
	i := n % tileWidth * tlog.HashSize
	if i+tlog.HashSize > int64(len(c.data)) {
		return tlog.Hash{}, false, nil
	}
	return tlog.Hash(c.data[i : i+tlog.HashSize]), true, nil
}
