package journal

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/fault"
)

// ExportOptions says what goes into a bundle.
type ExportOptions struct {
	PublicKeys []string         // keys of the checkpoints, old ones included
	Made       time.Time        // when, for the manifest
	Keep       func(Entry) bool // entries to give out; nil gives all
	Filter     string           // Keep in words, for the reader
}

// OnlyOrg keeps the entries of one organisation: what its own auditor may see.
func OnlyOrg(org string) func(Entry) bool {
	return func(e Entry) bool { return e.Org == org }
}

// Export writes the journal as a bundle. Equal journals and options give equal bytes. Of
// entries that Keep refuses only the hash goes out, so that the tree can still be checked.
// It reads the source once and holds one tile of each level in memory.
//
// A journal with a missing or unreadable entry cannot be laid out in tiles; Export then
// names the entry and returns fault.ErrConflict: verify it in place first.
func Export(ctx context.Context, src Source, w io.Writer, opts ExportOptions) (Manifest, error) {
	x := &exporter{tar: tar.NewWriter(w), opts: opts, manifest: Manifest{
		Format: bundleFormat, Version: bundleVersion, Made: opts.Made.UTC().Truncate(time.Microsecond), Filter: opts.Filter,
	}}
	if err := x.run(ctx, src); err != nil {
		return Manifest{}, fmt.Errorf("export journal: %w", err)
	}
	return x.manifest, nil
}

type exporter struct {
	tar      *tar.Writer
	opts     ExportOptions
	manifest Manifest
	files    int
	tree     edge
	data     bytes.Buffer // the data tile being filled
	tiles    [maxTileLevel + 1][]byte
	numbers  [maxTileLevel + 1]int64
	buffer   []tlog.Hash
}

func (x *exporter) run(ctx context.Context, src Source) error {
	if err := x.file(readmeName, []byte(readmeText)); err != nil {
		return err
	}
	keys := strings.Join(x.opts.PublicKeys, "\n") + "\n"
	if err := x.file(keysName, []byte(keys)); err != nil {
		return err
	}
	for rec, err := range src.Records(ctx) {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = x.record(rec)
		}
		if err != nil {
			return fmt.Errorf("entry %d: %w", x.tree.size, err)
		}
	}
	if err := x.flush(); err != nil {
		return err
	}
	if err := x.checkpoints(ctx, src); err != nil {
		return err
	}
	x.manifest.Size, x.manifest.Root = x.tree.size, x.tree.root()
	b, err := x.manifest.encode()
	if err != nil {
		return err
	}
	if err := x.file(manifestName, b); err != nil {
		return err
	}
	return x.tar.Close()
}

func (x *exporter) record(rec Record) error {
	switch {
	case rec.Seq != x.tree.size:
		return fmt.Errorf("is missing, %d comes next: %w", rec.Seq, fault.ErrConflict)
	case len(rec.Encoded) > MaxEncoded || bytes.IndexByte(rec.Encoded, '\n') >= 0:
		return fmt.Errorf("cannot be written as a line: %w", fault.ErrConflict)
	}
	if rec.Withheld || !x.keeps(rec.Encoded) {
		x.manifest.Withheld++
		x.data.WriteString(withheldLine)
	} else {
		x.data.Write(rec.Encoded)
	}
	x.data.WriteString("\n\n")
	n := x.tree.size
	x.buffer = x.tree.push(rec.Leaf, x.buffer[:0])
	for level, h := range x.buffer {
		if level%tileHeight == 0 && level/tileHeight <= maxTileLevel {
			x.tiles[level/tileHeight] = append(x.tiles[level/tileHeight], h[:]...)
		}
	}
	if (n+1)%tileWidth != 0 {
		return nil
	}
	return x.fullTiles()
}

// keeps fails closed: an entry that cannot be read belongs to nobody known.
func (x *exporter) keeps(encoded []byte) bool {
	if x.opts.Keep == nil {
		return true
	}
	e, err := Decode(encoded)
	return err == nil && x.opts.Keep(e)
}

// fullTiles writes the tiles that have just become full.
func (x *exporter) fullTiles() error {
	if err := x.dataTile(tileWidth); err != nil {
		return err
	}
	for level := range x.tiles {
		if len(x.tiles[level]) < tileWidth*tlog.HashSize {
			return nil
		}
		if err := x.hashTile(level); err != nil {
			return err
		}
	}
	return nil
}

// flush writes the partial tiles at the end.
func (x *exporter) flush() error {
	if w := int(x.tree.size % tileWidth); w > 0 {
		if err := x.dataTile(w); err != nil {
			return err
		}
	}
	for level := range x.tiles {
		if len(x.tiles[level]) == 0 {
			continue
		}
		if err := x.hashTile(level); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) dataTile(width int) error {
	t := tlog.Tile{H: tileHeight, L: -1, N: x.numbers[0], W: width}
	defer x.data.Reset()
	return x.file(t.Path(), x.data.Bytes())
}

// hashTile writes the hashes of a level and begins its next tile. The data tile of the same
// number was written before, because level 0 counts for both.
func (x *exporter) hashTile(level int) error {
	t := tlog.Tile{H: tileHeight, L: level, N: x.numbers[level], W: len(x.tiles[level]) / tlog.HashSize}
	err := x.file(t.Path(), x.tiles[level])
	x.tiles[level] = x.tiles[level][:0]
	x.numbers[level]++
	return err
}

func (x *exporter) checkpoints(ctx context.Context, src Source) error {
	var block bytes.Buffer
	files, inBlock := 0, 0
	flush := func() error {
		defer block.Reset()
		files, inBlock = files+1, 0
		return x.file(checkpointName(files-1), block.Bytes())
	}
	for signed, err := range src.Checkpoints(ctx) {
		if err != nil {
			return fmt.Errorf("checkpoint %d: %w", x.manifest.Checkpoints, err)
		}
		if len(signed) > MaxCheckpoint {
			return fmt.Errorf("checkpoint %d of %d bytes: %w", x.manifest.Checkpoints, len(signed), fault.ErrConflict)
		}
		block.Write(signed)
		block.WriteByte('\n')
		x.manifest.Checkpoints++
		if inBlock++; inBlock == checkpointsPerFile {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if inBlock > 0 {
		return flush()
	}
	return nil
}

// file writes one file with nothing in its head that differs from run to run.
func (x *exporter) file(name string, content []byte) error {
	if x.files++; x.files > MaxBundleFiles {
		return fmt.Errorf("bundle of more than %d files: %w", MaxBundleFiles, fault.ErrTooLarge)
	}
	h := &tar.Header{
		Typeflag: tar.TypeReg, Name: name, Size: int64(len(content)), Mode: 0o644,
		ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR,
	}
	if err := x.tar.WriteHeader(h); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if _, err := x.tar.Write(content); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
