package journal_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/journal/journaltest"
)

// export writes the journal of a fixture and fails the test if that does not work.
func export(tb testing.TB, src journal.Source, f fixture, keep func(journal.Entry) bool) []byte {
	tb.Helper()
	var buf bytes.Buffer
	_, err := journal.Export(tb.Context(), src, &buf, journal.ExportOptions{
		PublicKeys: []string{f.signer.PublicKey()}, Made: noon, Keep: keep, Filter: "one organisation",
	})
	if err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

func openBundle(b []byte) (*journal.Bundle, error) {
	return journal.OpenBundle(bytes.NewReader(b), int64(len(b)))
}

// bigFixture has full tiles, a second level and a partial tile: 600 entries.
func bigFixture(tb testing.TB) fixture {
	tb.Helper()
	m := new(journaltest.Memory)
	f := fixture{signer: journaltest.NewSigner(tb, 1)}
	for i := range 3 {
		journaltest.Add(tb, m, i*200, 200)
		f.witness = append(f.witness, journaltest.Sign(tb, m, f.signer).Signed)
	}
	f.tables = m.Tables()
	return f
}

func TestBundleRoundTrip(t *testing.T) {
	t.Parallel()
	f := bigFixture(t)
	raw := export(t, f.tables, f, nil)
	if !bytes.Equal(raw, export(t, f.tables, f, nil)) {
		t.Error("two exports of one journal differ")
	}
	b, err := openBundle(raw)
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	for rec, err := range b.Records(t.Context()) {
		want := f.tables.Rows[i]
		if err != nil || !bytes.Equal(rec.Encoded, journal.Encode(want.Entry)) || rec.Leaf != want.Leaf || rec.Seq != int64(i) {
			t.Fatalf("record %d = %+v, %v", i, rec, err)
		}
		i++
	}
	j := 0
	for h, err := range b.Hashes(t.Context()) {
		if err != nil || h != f.tables.Tree[j] {
			t.Fatalf("hash %d = %+v, %v", j, h, err)
		}
		j++
	}
	if i != 600 || j != len(f.tables.Tree) {
		t.Errorf("%d records and %d hashes, want 600 and %d", i, j, len(f.tables.Tree))
	}
	r, err := journal.VerifyBundle(t.Context(), b, f.options())
	if err != nil || !r.OK || r.Complete != journal.CompleteYes || r.Size != 600 || r.Checkpoints != 6 || len(r.Notes) != 0 {
		t.Errorf("report = %+v, %v", r, err)
	}
	if b.Manifest.Root.String() != r.Root || b.Manifest.Checkpoints != 3 {
		t.Errorf("manifest = %+v", b.Manifest)
	}
}

func TestBundleSizes(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 255, 256, 257, 512} {
		m := new(journaltest.Memory)
		f := fixture{signer: journaltest.NewSigner(t, 1)}
		journaltest.Add(t, m, 0, n)
		f.witness = append(f.witness, journaltest.Sign(t, m, f.signer).Signed)
		b, err := openBundle(export(t, m.Tables(), f, nil))
		if err != nil {
			t.Fatal(err)
		}
		r, err := journal.VerifyBundle(t.Context(), b, f.options())
		if err != nil || !r.OK || r.Size != int64(n) || r.Witnessed != 1 {
			t.Errorf("%d entries: %+v, %v", n, r, err)
		}
	}
}

// TestBundleOfOneOrganisation: an auditor of one organisation learns nothing of another and
// can still check the tree.
func TestBundleOfOneOrganisation(t *testing.T) {
	t.Parallel()
	f := bigFixture(t)
	raw := export(t, f.tables, f, journal.OnlyOrg("org_1"))
	for _, other := range []string{"org_0", "org_2"} {
		if bytes.Contains(raw, []byte(other)) {
			t.Errorf("the bundle of org_1 speaks of %s", other)
		}
	}
	b, err := openBundle(raw)
	if err != nil {
		t.Fatal(err)
	}
	r, err := journal.VerifyBundle(t.Context(), b, f.options())
	if err != nil || !r.OK || r.Withheld != 400 || r.Complete != journal.CompleteNo {
		t.Errorf("report = %+v, %v", r, err)
	}
	if text := strings.Join(r.Lines(), "\n"); !strings.Contains(text, `filter "one organisation"`) {
		t.Errorf("the filter is not told:\n%s", text)
	}
}

func TestExportNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	j := f.tables.Clone()
	j.Rows = append(j.Rows[:7:7], j.Rows[8:]...)
	_, err := journal.Export(t.Context(), j, io.Discard, journal.ExportOptions{})
	if !errors.Is(err, fault.ErrConflict) || !strings.Contains(err.Error(), "entry 7") {
		t.Errorf("Export = %v, want ErrConflict at entry 7", err)
	}
}

// TestBundleMutations flips bits in the content of tiles and checkpoints and drops whole
// files: each is either refused or found.
func TestBundleMutations(t *testing.T) {
	t.Parallel()
	f := bigFixture(t)
	files := unpack(t, export(t, f.tables, f, nil))
	for i := range 120 {
		r := rand.New(rand.NewPCG(10, uint64(i)))
		n := 2 + r.IntN(len(files)-3) // not the readme, the keys and the manifest
		damaged := append([]file(nil), files...)
		if i%10 == 0 {
			damaged = append(damaged[:n], damaged[n+1:]...)
			if strings.HasPrefix(files[n].name, "checkpoints/") {
				continue // the witness has them; that the copy is gone is no damage to the journal
			}
		} else {
			content := bytes.Clone(files[n].content)
			content[r.IntN(len(content))] ^= 1 << r.IntN(8)
			damaged[n].content = content
		}
		b, err := openBundle(pack(t, damaged))
		if err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
		report, err := journal.VerifyBundle(t.Context(), b, f.options())
		if err == nil && report.OK {
			t.Errorf("round %d: damage in %s not found", i, files[n].name)
		}
	}
}

func TestBundleManifestIsHeldAgainstContent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	files := unpack(t, export(t, f.tables, f, nil))
	last := &files[len(files)-1]
	last.content = bytes.Replace(last.content, []byte(`"size": 60`), []byte(`"size": 61`), 1)
	b, err := openBundle(pack(t, files))
	if err != nil {
		t.Fatal(err)
	}
	r, err := journal.VerifyBundle(t.Context(), b, journal.VerifyOptions{})
	if err != nil || r.OK || r.First.Verdict != journal.BadManifest || r.Complete != journal.CompleteNo {
		t.Errorf("report = %+v, %v", r, err)
	}
	if !strings.Contains(strings.Join(r.Notes, "\n"), "taken from the bundle itself") {
		t.Errorf("notes = %q", r.Notes)
	}
}

func TestHostileBundles(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	good := unpack(t, export(t, f.tables, f, nil))
	with := func(extra ...file) []byte { return pack(t, append(append([]file(nil), good...), extra...)) }
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"empty":              {nil, fault.ErrInvalid},
		"not a tar":          {bytes.Repeat([]byte("x"), 2048), fault.ErrInvalid},
		"climbing path":      {with(file{name: "../etc/passwd"}), fault.ErrInvalid},
		"absolute path":      {with(file{name: "/tile/8/0/000"}), fault.ErrInvalid},
		"other name":         {with(file{name: "run.sh"}), fault.ErrInvalid},
		"link":               {with(file{name: "README.txt", link: "/etc/passwd"}), fault.ErrInvalid},
		"twice":              {with(good[0]), fault.ErrInvalid},
		"other tile height":  {with(file{name: "tile/4/0/000"}), fault.ErrInvalid},
		"two widths":         {with(file{name: "tile/8/data/000.p/7"}), fault.ErrInvalid},
		"short hash tile":    {with(file{name: "tile/8/0/001", content: make([]byte, 31)}), fault.ErrInvalid},
		"large readme":       {pack(t, append([]file{{name: "README.txt", content: make([]byte, 1<<17)}}, good[1:]...)), fault.ErrTooLarge},
		"cut off":            {with()[:5000], fault.ErrInvalid},
		"no manifest":        {pack(t, good[:len(good)-1]), fault.ErrInvalid},
		"manifest no JSON":   {pack(t, append(append([]file(nil), good[:len(good)-1]...), file{name: "manifest.json", content: []byte("{")})), fault.ErrInvalid},
		"manifest of others": {pack(t, append(append([]file(nil), good[:len(good)-1]...), file{name: "manifest.json", content: []byte("{}")})), fault.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := openBundle(c.raw); !errors.Is(err, c.want) {
				t.Errorf("OpenBundle = %v, want %v", err, c.want)
			}
		})
	}
}

func FuzzBundle(f *testing.F) {
	x := newFixture(f)
	f.Add(export(f, x.tables, x, nil))
	f.Add(export(f, x.tables, x, journal.OnlyOrg("org_1")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := openBundle(raw)
		if err != nil {
			return
		}
		r, err := journal.VerifyBundle(t.Context(), b, x.options())
		if err == nil && r.OK && r.Size < 60 {
			t.Errorf("a bundle of %d entries passed before a checkpoint of 60", r.Size)
		}
	})
}

// FuzzBundleContent leaves the archive whole and mutates what is in its files, which FuzzBundle
// hardly reaches because of the archive's own checksums.
func FuzzBundleContent(f *testing.F) {
	m := new(journaltest.Memory)
	x := fixture{signer: journaltest.NewSigner(f, 1)}
	journaltest.Add(f, m, 0, 3)
	x.witness = [][]byte{journaltest.Sign(f, m, x.signer).Signed}
	good := unpack(f, export(f, m.Tables(), x, nil))
	// readme, keys, data tile, hash tile, checkpoints, manifest
	f.Add(good[2].content, good[3].content, good[4].content, good[5].content)
	f.Fuzz(func(t *testing.T, data, hashes, points, manifest []byte) {
		files := append([]file(nil), good...)
		for i, content := range [][]byte{data, hashes, points, manifest} {
			files[2+i].content = content
		}
		b, err := openBundle(pack(t, files))
		if err != nil {
			return
		}
		r, err := journal.VerifyBundle(t.Context(), b, x.options())
		if err == nil && r.OK && r.Withheld == 0 && string(bytes.TrimRight(data, "\n")) != string(bytes.TrimRight(good[2].content, "\n")) {
			t.Errorf("other entries passed before a witnessed checkpoint: %q", data)
		}
	})
}
