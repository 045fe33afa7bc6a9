// Command watchfire-verify checks an exported journal without the installation that made
// it: no database, no network, no configuration. It reads a bundle, the checkpoints that
// witnesses kept outside, and the public key that the auditor was handed, and says what is
// wrong and where.
//
//	watchfire-verify BUNDLE [--witness FILE]... [--key KEY]... [--require-witness] [--json]
//
// It exits with 0 if nothing wrong was found, 1 if something was (the first line names the
// first bad entry), and 2 if it could not read what it was given. It promises no more than
// package journal does: a bundle without an outside checkpoint can agree with itself and
// still be false, which it says.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"watchfire.dev/internal/journal"
)

// Exit codes.
const (
	exitGood       = 0
	exitBad        = 1
	exitUnreadable = 2
)

// maxWitness is the largest witness file read, in bytes: ten years of checkpoints.
const maxWitness = 2 << 30

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

type options struct {
	bundle    string
	witnesses []string
	keys      []string
	require   bool
	json      bool
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opts, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitGood
	}
	if err != nil {
		fmt.Fprintln(stderr, "watchfire-verify:", err)
		return exitUnreadable
	}
	report, err := verify(ctx, opts)
	if err != nil {
		fmt.Fprintln(stderr, "watchfire-verify:", err)
		return exitUnreadable
	}
	if err := show(stdout, report, opts.json); err != nil {
		fmt.Fprintln(stderr, "watchfire-verify: write report:", err)
		return exitUnreadable
	}
	if !report.OK || opts.require && report.Witnessed == 0 {
		return exitBad
	}
	return exitGood
}

// parse reads the arguments; flags may stand before and after the bundle.
func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("watchfire-verify", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintln(stderr, "usage: watchfire-verify BUNDLE [--witness FILE]... [--key KEY]... [--require-witness] [--json]")
		fs.PrintDefaults()
	}
	fs.Func("witness", "`file` of signed checkpoints that was kept outside (repeatable)", func(s string) error {
		o.witnesses = append(o.witnesses, s)
		return nil
	})
	fs.Func("key", "public `key` that you were handed, or a file that holds it (repeatable)", func(s string) error {
		o.keys = append(o.keys, s)
		return nil
	})
	fs.BoolVar(&o.require, "require-witness", false, "exit with 1 if no outside checkpoint agrees")
	fs.BoolVar(&o.json, "json", false, "write the report as JSON")
	for {
		if err := fs.Parse(args); err != nil {
			return o, err
		}
		if fs.NArg() == 0 {
			break
		}
		if o.bundle != "" {
			return o, fmt.Errorf("one bundle, please: %q and %q", o.bundle, fs.Arg(0))
		}
		o.bundle, args = fs.Arg(0), fs.Args()[1:]
	}
	if o.bundle == "" {
		return o, errors.New("no bundle given; see --help")
	}
	return o, nil
}

func verify(ctx context.Context, o options) (*journal.Report, error) {
	f, err := os.Open(o.bundle)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	bundle, err := journal.OpenBundle(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.bundle, err)
	}
	var opts journal.VerifyOptions
	skipped := map[string]int{}
	for _, path := range o.witnesses {
		signed, n, err := readWitness(path)
		if err != nil {
			return nil, err
		}
		opts.WitnessedCheckpoints = append(opts.WitnessedCheckpoints, signed...)
		skipped[path] = n
	}
	for _, k := range o.keys {
		keys, err := readKey(k)
		if err != nil {
			return nil, err
		}
		opts.PublicKeys = append(opts.PublicKeys, keys...)
	}
	report, err := journal.VerifyBundle(ctx, bundle, opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.bundle, err)
	}
	for _, path := range o.witnesses {
		if n := skipped[path]; n > 0 {
			report.Notes = append(report.Notes, fmt.Sprintf("%d paragraphs of %s are no checkpoint", n, path))
		}
	}
	return report, nil
}

// readWitness finds the checkpoints in a witness's file. A file without any is an error and
// not an empty answer: the reader meant it to hold some.
func readWitness(path string) (signed [][]byte, skipped int, err error) {
	text, err := readLimited(path, maxWitness)
	if err != nil {
		return nil, 0, err
	}
	if signed, skipped = journal.SplitCheckpoints(text); len(signed) == 0 {
		return nil, 0, fmt.Errorf("%s: no signed checkpoint in it", path)
	}
	return signed, skipped, nil
}

// readKey takes a key as it is, or the keys in a file, one a line. Note keys always have
// plus signs, and the second field is eight hexadecimal digits; a file name hardly does.
func readKey(arg string) ([]string, error) {
	if _, err := journal.NewVerifiers([]string{arg}); err == nil {
		return []string{arg}, nil
	}
	text, err := readLimited(arg, 1<<20)
	if err != nil {
		return nil, fmt.Errorf("--key is neither a public key nor a file: %w", err)
	}
	keys := strings.Fields(string(text))
	if _, err := journal.NewVerifiers(keys); err != nil {
		return nil, fmt.Errorf("%s: %w", arg, err)
	}
	return keys, nil
}

func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, limit)
	}
	return text, nil
}

func show(w io.Writer, r *journal.Report, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	_, err := fmt.Fprintln(w, strings.Join(r.Lines(), "\n"))
	return err
}
