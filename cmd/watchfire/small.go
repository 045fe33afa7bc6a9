package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/corpus"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/portfolio/sheet"
	"watchfire.dev/internal/rule/rulefile"
)

type rulesCmd struct {
	Check rulesCheck `cmd:"" help:"Check a file of rules: errors name line and field."`
	Test  rulesTest  `cmd:"" help:"Run the cases of a file of rules."`
}

type rulesCheck struct {
	File      string `arg:"" type:"existingfile"`
	Portfolio string `help:"Portfolio file (CSV, XLSX, GeoJSON): every contact that a rule routes to must be in it." type:"existingfile"`
}

// Run checks the file.
func (c *rulesCheck) Run(e *env) error {
	problems := rulefile.Check(c.File)
	if c.Portfolio != "" {
		body, err := readFile(e, c.Portfolio)
		if err != nil {
			return err
		}
		p, _, wrong := sheet.Read(bytes.NewReader(body), filepath.Base(c.Portfolio), portfolio.Portfolio{Org: "check"})
		if len(wrong) > 0 {
			return fmt.Errorf("portfolio %s: %s: %w", c.Portfolio, wrong[0], fault.ErrInvalid)
		}
		problems = rulefile.CheckFor(c.File, p)
	}
	for _, p := range problems {
		fmt.Fprintln(e.stderr, p)
	}
	if len(problems) > 0 {
		return exit{exitUse}
	}
	_, err := fmt.Fprintln(e.stdout, "ok")
	return err
}

type rulesTest struct {
	File string `arg:"" type:"existingfile"`
}

// Run runs the cases.
func (c *rulesTest) Run(e *env) error {
	passed, failed, err := rulefile.Test(c.File, e.stdout)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		return exit{exitWrong}
	}
	return nil
}

type configCmd struct {
	Check configCheck `cmd:"" help:"Print the effective values; secrets stand as their references."`
}

type configCheck struct {
	File string `arg:"" optional:"" type:"existingfile"`
}

// Run prints the configuration.
func (c *configCheck) Run(e *env) error {
	cfg, err := config.Load(c.File, os.Getenv)
	if err != nil {
		return err
	}
	if _, err := app.PolicyOf(cfg); err != nil {
		return err
	}
	if err := app.CheckChannels(cfg); err != nil {
		return err
	}
	text, err := cfg.Print()
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(e.stdout, text)
	return err
}

type corpusCmd struct {
	Folder string `arg:"" help:"Folder that holds feeds/." type:"existingdir"`
	Doc    string `help:"Write the table into this document too."`
}

// Run reads every sample and prints the table; it fails when anything was lost.
func (c *corpusCmd) Run(e *env) error {
	if c.Doc != "" {
		return corpus.Write(c.Folder, c.Doc, e.stdout)
	}
	return corpus.Run(c.Folder, e.stdout)
}
