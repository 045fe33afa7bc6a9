package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/exposure/verify"
	"watchfire.dev/internal/fault"
)

type methodCmd struct {
	Show   methodShow   `cmd:"" help:"Print the method in force as a method file: coefficients with their provenance."`
	Check  methodCheck  `cmd:"" help:"Check a method file of your own; it may hold only what differs."`
	Verify methodVerify `cmd:"" help:"Reckon published cases again and print the table; exit 1 on a miss."`
}

type methodShow struct {
	Section string `arg:"" optional:"" help:"One section, such as earthquake."`
	Method  string `help:"Method file over the built-in one." type:"existingfile"`
}

// Run prints the method, or one section of it.
func (c *methodShow) Run(e *env) error {
	m, err := loadMethod(c.Method)
	if err != nil {
		return err
	}
	raw, err := m.File()
	if err != nil {
		return err
	}
	if c.Section != "" {
		var all map[string]json.RawMessage
		if err := json.Unmarshal(raw, &all); err != nil {
			return err
		}
		part, ok := all[c.Section]
		if !ok {
			return fmt.Errorf("section %.40q: want one of %s: %w", c.Section, strings.Join(m.Sections(), ", "), fault.ErrInvalid)
		}
		raw = part
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.stdout, out.String())
	return err
}

type methodCheck struct {
	File string `arg:"" type:"existingfile"`
}

// Run checks the file.
func (c *methodCheck) Run(e *env) error {
	m, err := loadMethod(c.File)
	if err != nil {
		return err
	}
	if m.Version == impact.Version {
		return fmt.Errorf("%s: version %s is that of the built-in method; give your own: %w", c.File, m.Version, fault.ErrInvalid)
	}
	_, err = fmt.Fprintf(e.stdout, "ok: version %s\n", m.Version)
	return err
}

type methodVerify struct {
	Doc    string `help:"Write the table into this document."`
	Method string `help:"Method file over the built-in one." type:"existingfile"`
}

// Run prints the table of published cases; with WATCHFIRE_CORPUS set it checks the recorded
// data of the sources as well.
func (c *methodVerify) Run(e *env) error {
	m, err := loadMethod(c.Method)
	if err != nil {
		return err
	}
	rows, err := verify.Run(m, os.Getenv("WATCHFIRE_CORPUS"))
	if err != nil {
		return err
	}
	if c.Doc != "" {
		if err := verify.Write(m, rows, c.Doc); err != nil {
			return err
		}
	}
	if err := verify.Print(e.stdout, rows); err != nil {
		return err
	}
	if n := verify.Missed(rows); n > 0 {
		fmt.Fprintf(e.stderr, "%d of %d cases missed\n", n, len(rows))
		return exit{exitWrong}
	}
	return nil
}
