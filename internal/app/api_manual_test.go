package app

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// words cuts a line of a shell into words: quotes of both kinds, variables outside of '…'.
func words(t *testing.T, line string, vars map[string]string) []string {
	t.Helper()
	var out []string
	var word strings.Builder
	quote, in := rune(0), false
	for _, c := range os.Expand(mask(line), func(name string) string {
		v, ok := vars[name]
		if !ok {
			t.Errorf("the manual uses $%s, which the test does not know", name)
		}
		return v
	}) {
		switch {
		case quote == 0 && (c == '\'' || c == '"'):
			quote, in = c, true
		case c == quote:
			quote = 0
		case quote == 0 && (c == ' ' || c == '\n'):
			if in {
				out = append(out, word.String())
			}
			word.Reset()
			in = false
		default:
			word.WriteRune(c)
			in = true
		}
	}
	if in {
		out = append(out, word.String())
	}
	return out
}

// mask checks that no $ stands inside '…', where a shell would leave it.
func mask(line string) string {
	if regexp.MustCompile(`'[^']*\$[^']*'`).MatchString(regexp.MustCompile(`'\$[A-Z]+'`).ReplaceAllString(line, "")) {
		return "a $VARIABLE_IN_QUOTES"
	}
	return line
}

// TestManual runs every example of docs/api.md.
func TestManual(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	inWorld(t, func(_ context.Context, w *world) {
		o := w.ours
		vars := map[string]string{
			"BASE": "", "TOKEN": "x", "PROJECT": o.project, "WARNING": o.warning, "EVENT": o.event, "SIGNAL": o.signals[1], "IMPORT": o.up,
			"CONTACT": o.contact, "RECORD": o.record, "RULE": o.rule, "ACCOUNT": o.victim, "OLDTOKEN": o.victimToken, "ORG": o.id,
		}
		ran, upload := 0, regexp.MustCompile(`upl_[a-z0-9]+`)
		for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(raw), -1) {
			for _, line := range regexp.MustCompile(`(?m)^curl `).Split(strings.ReplaceAll(block[1], "\\\n", " "), -1)[1:] {
				got := w.example(words(t, line, vars))
				if m := upload.FindString(got); m != "" { // what the manual says to commit
					vars["IMPORT"] = m
				}
				ran++
			}
		}
		if ran < 25 {
			t.Errorf("%d examples", ran)
		}
	})
}

// example does what curl would do and returns the answer's body.
func (w *world) example(args []string) string {
	t := w.t
	t.Helper()
	verb, path, kind := "", "", "application/x-www-form-urlencoded"
	var body []byte
	who := actor{}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if strings.HasPrefix(arg, "/") {
			path = arg
			continue
		}
		i++
		if i == len(args) {
			t.Errorf("curl %v: %s has no value", args, arg)
			return ""
		}
		switch arg {
		case "-X":
			verb = args[i]
		case "-H":
			name, value, _ := strings.Cut(args[i], ": ")
			if name == "Authorization" && value == "Bearer x" {
				who = w.ours.chief()
			}
			if name == "Content-Type" {
				kind = value
			}
		case "-d":
			body = []byte(args[i])
		case "--data-binary":
			raw, err := os.ReadFile(filepath.Join("../..", strings.TrimPrefix(args[i], "@")))
			if err != nil {
				t.Errorf("curl %v: %v", args, err)
			}
			body = raw
		case "-o":
		default:
			t.Errorf("curl %v: %s is not understood", args, arg)
		}
	}
	if verb == "" {
		verb = "GET"
		if body != nil {
			verb = "POST"
		}
	}
	got := w.ask(who, verb, path, kind, body)
	if got.Code < 200 || got.Code > 299 {
		t.Errorf("%s %s: %d %.300s", verb, path, got.Code, got.Body)
	}
	return got.Body.String()
}
