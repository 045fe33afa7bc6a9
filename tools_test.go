package watchfire_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// script runs a line of bash in the root of a copy of tools/, with nothing in bin/tools.
func script(t *testing.T, require, line string) (output string, ok bool) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("needs bash")
	}
	root := t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "tools"), os.DirFS("tools")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bash, "-c", line)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "WATCHFIRE_REQUIRE="+require, "GOPROXY=off", "GOFLAGS=-mod=mod", "CHROMIUM=")
	raw, err := cmd.CombinedOutput()
	return string(raw), err == nil
}

// TestAMissingToolIsAnErrorWhereItIsRequired: a check that cannot run must not pass in CI,
// and must be said elsewhere.
func TestAMissingToolIsAnErrorWhereItIsRequired(t *testing.T) {
	t.Parallel()
	functions := func(name string) string { // of check.sh, without the steps that run them
		raw, err := os.ReadFile("tools/check.sh")
		if err != nil {
			t.Fatal(err)
		}
		before, _, _ := strings.Cut(string(raw), "\nstep tools ")
		return before + "\n" + name
	}
	none := "git() { :; }\n" // no sources to look at
	for name, line := range map[string]string{
		"install":         "bash tools/install.sh tools.invalid/nothing@v1.0.0",
		"staticcheck":     functions("with staticcheck ./..."),
		"gofumpt":         none + functions("gofmt() { :; }\nformat"),
		"govulncheck":     functions("vulnerabilities"),
		"race detector":   functions("CC=no-such-compiler races"),
		"browser":         "PATH=/usr/bin:/bin bash tools/found.sh",
		"shared function": ". tools/missing.sh; missing here 'it is gone' 'left out'",
	} {
		if out, ok := script(t, "", line); !ok || out == "" {
			t.Errorf("%s: an error where it is not required, or nothing is said:\n%s", name, out)
		}
		if out, ok := script(t, "1", line); ok || !strings.Contains(out, "WATCHFIRE_REQUIRE=1") {
			t.Errorf("%s: passes where it is required:\n%s", name, out)
		}
	}
	// A vulnerability database that cannot be reached is said, and no error anywhere.
	unreached := functions("mkdir -p bin/tools; ln -s /bin/false bin/tools/govulncheck; GOVULNDB=http://127.0.0.1:1 vulnerabilities")
	if out, ok := script(t, "1", unreached); !ok || !strings.Contains(out, "cannot be reached; not checked") {
		t.Errorf("database out of reach: %v\n%s", ok, out)
	}
}
