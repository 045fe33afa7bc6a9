package main

import (
	"bytes"
	"encoding/json"
	"go/build"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/journal/journaltest"
)

// files writes a bundle of 30 entries after damage was done to it, the witness's file and
// the key, and returns their paths.
func files(t *testing.T, damage func([]byte) []byte) (bundle, witness, key string) {
	t.Helper()
	dir := t.TempDir()
	m, signer := new(journaltest.Memory), journaltest.NewSigner(t, 1)
	journaltest.Add(t, m, 0, 30)
	c := journaltest.Sign(t, m, signer)
	var buf bytes.Buffer
	_, err := journal.Export(t.Context(), m.Tables(), &buf, journal.ExportOptions{
		PublicKeys: []string{signer.PublicKey()}, Made: time.Unix(0, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("bundle.tar", damage(buf.Bytes())), write("witness.txt", c.Signed), write("key.txt", []byte(signer.PublicKey()+"\n"))
}

func same(b []byte) []byte { return b }

func TestRun(t *testing.T) {
	t.Parallel()
	edit := func(b []byte) []byte {
		return bytes.Replace(b, []byte("wrn_00017"), []byte("wrn_00018"), 1)
	}
	other := journaltest.NewSigner(t, 2).PublicKey()
	for name, c := range map[string]struct {
		damage func([]byte) []byte
		args   string // BUNDLE, WITNESS and KEYFILE stand for the files
		code   int
		out    string // a part of what is written to either
	}{
		"good":               {same, "BUNDLE --witness WITNESS --key KEYFILE", 0, "good: 30 entries"},
		"flags first":        {same, "--witness WITNESS --key=KEYFILE BUNDLE", 0, "complete: yes"},
		"no anchor":          {same, "BUNDLE", 0, "NO OUTSIDE ANCHOR"},
		"anchor required":    {same, "BUNDLE --require-witness", 1, "NO OUTSIDE ANCHOR"},
		"edited":             {edit, "BUNDLE --witness WITNESS --key KEYFILE", 1, "BAD: entry 17 was changed"},
		"edited, no anchor":  {edit, "BUNDLE", 1, "BAD: entry 17 was changed"},
		"another key":        {same, "BUNDLE --key " + other, 1, "not genuine"},
		"cut off":            {func(b []byte) []byte { return b[:5000] }, "BUNDLE", 2, "cut off"},
		"no tar":             {func([]byte) []byte { return []byte("hello") }, "BUNDLE", 2, "not a tar"},
		"no bundle":          {same, "", 2, "no bundle given"},
		"two bundles":        {same, "BUNDLE BUNDLE", 2, "one bundle"},
		"no such file":       {same, "BUNDLE.no", 2, "no such file"},
		"witness not there":  {same, "BUNDLE --witness WITNESS.no", 2, "no such file"},
		"witness is no such": {same, "BUNDLE --witness KEYFILE", 2, "no signed checkpoint"},
		"key is no such":     {same, "BUNDLE --key WITNESS", 2, "public key"},
		"unknown flag":       {same, "BUNDLE --fast", 2, "fast"},
		"help":               {same, "--help", 0, "usage:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bundle, witness, key := files(t, c.damage)
			args := strings.Fields(strings.NewReplacer("BUNDLE", bundle, "WITNESS", witness, "KEYFILE", key).Replace(c.args))
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), args, &stdout, &stderr)
			if out := stdout.String() + stderr.String(); code != c.code || !strings.Contains(out, c.out) {
				t.Errorf("exit %d, want %d and %q; output:\n%s", code, c.code, c.out, out)
			}
		})
	}
}

func TestRunJSON(t *testing.T) {
	t.Parallel()
	bundle, witness, _ := files(t, same)
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{bundle, "--json", "--witness", witness}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	var r journal.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil || !r.OK || r.Size != 30 || r.Complete != journal.CompleteYes {
		t.Errorf("report = %+v, %v", r, err)
	}
}

// TestStandsAlone keeps the verifier small enough to be read: of this repository it may use
// package journal only.
func TestStandsAlone(t *testing.T) {
	t.Parallel()
	p, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range p.Imports {
		if strings.Contains(path, ".") && path != "watchfire.dev/internal/journal" {
			t.Errorf("the verifier imports %s", path)
		}
	}
}
