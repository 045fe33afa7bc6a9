package journal

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/fault"
)

// A bundle is a USTAR archive of plain files:
//
//	README.txt              what this is and how to check it
//	keys.txt                public keys, one a line
//	tile/8/data/NNN[.p/W]   entries, 256 a file, each one line and an empty line
//	tile/8/L/NNN[.p/W]      hashes of level 8·L, 32 bytes each
//	checkpoints/NNNNNN.txt  signed checkpoints, 1,000 a file, with an empty line between
//	manifest.json           Manifest, the last file
//
// The tile files have the names and the form of tlog.Tile. A withheld entry is the line "-".
const (
	readmeName   = "README.txt"
	keysName     = "keys.txt"
	manifestName = "manifest.json"

	tileHeight         = 8
	tileWidth          = 1 << tileHeight
	maxTileLevel       = 7
	maxTileNumber      = 1 << 40
	checkpointsPerFile = 1000
	withheldLine       = "-"
)

// Limits on reading a bundle, which may come from anywhere.
const (
	MaxBundleFiles = 100_000 // files of a bundle: about 12 million entries
	maxSmallFile   = 64 << 10
	maxPointFile   = checkpointsPerFile * (MaxCheckpoint + 1)
	maxKeys        = 100
)

const (
	bundleFormat  = "watchfire-journal-bundle"
	bundleVersion = 1
)

// A Manifest says what a bundle holds.
type Manifest struct {
	Format      string    `json:"format"`  // "watchfire-journal-bundle"
	Version     int       `json:"version"` // 1
	Made        time.Time `json:"made"`    // UTC
	Size        int64     `json:"size"`    // entries, withheld ones included
	Root        tlog.Hash `json:"root"`    // root of the tree over them, base64
	Withheld    int64     `json:"withheld"`
	Filter      string    `json:"filter"` // why entries are withheld, in words
	Checkpoints int       `json:"checkpoints"`
}

func (m Manifest) encode() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", "  ")
	return append(b, '\n'), err
}

func checkpointName(n int) string { return fmt.Sprintf("checkpoints/%06d.txt", n) }

var checkpointPattern = regexp.MustCompile(`^checkpoints/[0-9]{6}\.txt$`)

// fileLimit returns how many bytes a file of a bundle may have. A name that is not part of
// the layout is refused, which leaves no room for paths that climb.
func fileLimit(name string) (limit int64, err error) {
	switch {
	case name == readmeName, name == keysName, name == manifestName:
		return maxSmallFile, nil
	case checkpointPattern.MatchString(name):
		return maxPointFile, nil
	}
	t, err := tlog.ParseTilePath(name)
	if err != nil || t.H != tileHeight || t.L > maxTileLevel || t.N >= maxTileNumber || t.N < 0 {
		return 0, fmt.Errorf("bundle: unexpected file %.100q: %w", name, fault.ErrInvalid)
	}
	if t.L < 0 {
		return int64(t.W) * (MaxEncoded + 2), nil
	}
	return int64(t.W) * tlog.HashSize, nil
}

const readmeText = `Journal of a Watchfire installation

This archive holds a journal (or the entries of it that an export gave out) in a form that
can be checked without the installation:

  watchfire-verify THIS-FILE --witness CHECKPOINTS --key KEY

CHECKPOINTS is a file of signed checkpoints that a witness outside of the installation
kept, for instance your mailbox or another disk. Without it the check proves little: whoever
holds the database and the signing key could have rewritten everything. KEY is the public
key that you were given when the installation was set up; the one in keys.txt comes from
whoever made this archive.

tile/8/data/   entries, one JSON object a line with an empty line after it, 256 a file;
               a line with only "-" is an entry that was not given out
tile/8/0/ ...  hashes of the Merkle tree (RFC 6962), 32 bytes each; tiles of height 8
checkpoints/   signed checkpoints (C2SP tlog-checkpoint, signed note)
keys.txt       public keys of the checkpoints
manifest.json  what this archive says it holds

By hand: the leaf hash of an entry is SHA-256(0x00, line without its newline), a node is
SHA-256(0x01, left, right), and "prev" of an entry is the SHA-256 of the line before it.
`
