package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/formats"
	"watchfire.dev/internal/id"
)

type feedCmd struct {
	Parse feedParseCmd `cmd:"" help:"Print the signals of files, one JSON object a line; quarantined pieces go to standard error."`
}

type feedParseCmd struct {
	Kind  string   `help:"Format of the files; auto recognises it." default:"auto"`
	Files []string `arg:"" name:"file" help:"Files to read; - is standard input."`
}

// maxFile bounds a file given on the command line; the formats have limits of their own.
const maxFile = 64 << 20

// Run parses the files. Exit 0: all was read; 3: something was quarantined; 2: a file could
// not be read as that kind.
func (c *feedParseCmd) Run(e *env) error {
	worst := 0
	enc := json.NewEncoder(e.stdout)
	enc.SetEscapeHTML(false)
	for _, name := range c.Files {
		body, err := readFile(e, name)
		if err != nil {
			return err
		}
		res, err := parseAs(c.Kind, name, body)
		if err != nil {
			fmt.Fprintf(e.stderr, "%s: %v\n", name, err)
			worst = exitUse
			continue
		}
		for _, s := range res.Signals {
			if err := enc.Encode(s); err != nil {
				return err
			}
		}
		for _, q := range res.Quarantined {
			fmt.Fprintf(e.stderr, "%s: quarantined %s: %s\n", name, q.Place, q.Reason)
		}
		if len(res.Quarantined) > 0 && worst == 0 {
			worst = exitQuarantine
		}
	}
	if worst != 0 {
		return exit{worst}
	}
	return nil
}

// writeFile writes to a file, or to standard output: "-".
func writeFile(e *env, name string, raw []byte) error {
	if name == "-" {
		_, err := e.stdout.Write(raw)
		return err
	}
	return os.WriteFile(name, raw, 0o600)
}

func readFile(e *env, name string) ([]byte, error) {
	in := e.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	body, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(body) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d MB: %w", name, maxFile>>20, fault.ErrTooLarge)
	}
	return body, nil
}

// parseAs reads a body as one kind, or as the first of the recognised kinds that accepts it.
func parseAs(kind, name string, body []byte) (feed.Result, error) {
	kinds := []string{kind}
	if kind == "auto" {
		if kinds = formats.Sniff(body); len(kinds) == 0 {
			return feed.Result{}, fmt.Errorf("format not recognised; give --kind: %w", fault.ErrInvalid)
		}
	}
	var errs []error
	for _, k := range kinds {
		f, ok := formats.ByKind(k)
		if !ok {
			return feed.Result{}, fmt.Errorf("kind %q is unknown: %w", k, fault.ErrInvalid)
		}
		res, err := f.Parse(feed.Input{Source: feed.Source{ID: "file", Kind: k, Owner: "file"}, Record: id.Hash(body), URL: name, Body: body})
		if err == nil {
			return res, nil
		}
		errs = append(errs, err)
	}
	return feed.Result{}, errors.Join(errs...)
}
