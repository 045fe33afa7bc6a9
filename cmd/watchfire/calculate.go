package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/exposure/calc"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
)

// The calculator's commands take words as people write them, so they read their arguments
// themselves: what they do not take is an error of theirs, with its key, and never a flag.

type impactCmd struct {
	Args []string `arg:"" optional:"" name:"hazard key=value…"`
}

// Run prints one JSON object, or the help.
func (c *impactCmd) Run(e *env) error {
	a, err := ask(c.Args)
	if err != nil {
		return err
	}
	args, m := a.rest, a.method
	if len(args) == 0 {
		if a.help {
			return hazardsHelp(e.stdout, m)
		}
		return fmt.Errorf("name a hazard: %s; --help tells more: %w", strings.Join(calc.Names(m), ", "), fault.ErrInvalid)
	}
	if a.help {
		return hazardHelp(e.stdout, m, args[0])
	}
	given, err := calc.Pairs(args[1:])
	if err != nil {
		return err
	}
	answer, err := calc.Impact(m, a.matrix, args[0], given)
	if err != nil {
		return err
	}
	return printJSON(e.stdout, answer)
}

type levelCmd struct {
	Args []string `arg:"" optional:"" name:"key=value…"`
}

// Run prints one JSON object, or the help.
func (c *levelCmd) Run(e *env) error {
	a, err := ask(c.Args)
	if err != nil {
		return err
	}
	if a.help {
		return fieldsHelp(e.stdout, "level", "level.help", "I1=0.9 I2=0.3 I3=0.06 I4=0 observed=I2", calc.LevelFields())
	}
	given, err := calc.Pairs(a.rest)
	if err != nil {
		return err
	}
	answer, err := calc.Level(a.matrix, given)
	if err != nil {
		return err
	}
	return printJSON(e.stdout, answer)
}

type weighCmd struct {
	Args []string `arg:"" optional:"" name:"base=p code…"`
}

// Run prints one JSON object, or the help.
func (c *weighCmd) Run(e *env) error {
	a, err := ask(c.Args)
	if err != nil {
		return err
	}
	if a.help {
		say, err := english()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.stdout, "Usage: watchfire weigh base=P CODE…\n\n%s\n\nExample:\n  watchfire weigh base=0.01 A1 B2 C3+same\n", say.T("calc.weigh.help"))
		return err
	}
	answer, err := calc.Weigh(a.method, a.rest)
	if err != nil {
		return err
	}
	return printJSON(e.stdout, answer)
}

// asked is what the arguments of the calculator say beside its inputs.
type asked struct {
	rest   []string
	help   bool
	method *impact.Method
	matrix level.Matrix
}

// ask takes --help, --method FILE and --levels FILE out of the arguments.
func ask(args []string) (a asked, err error) {
	files := map[string]string{"--method": "", "--levels": ""}
	for i := 0; i < len(args); i++ {
		flag, file, given := strings.Cut(args[i], "=")
		_, known := files[flag]
		switch {
		case flag == "--help" || flag == "-h":
			a.help = true
		case known && !given && i+1 < len(args):
			i++
			files[flag] = args[i]
		case known && given:
			files[flag] = file
		case strings.HasPrefix(flag, "-"):
			return a, fmt.Errorf("%.40q: want --help, --method FILE or --levels FILE: %w", args[i], fault.ErrInvalid)
		default:
			a.rest = append(a.rest, args[i])
		}
	}
	if a.method, err = loadMethod(files["--method"]); err != nil {
		return a, err
	}
	a.matrix, err = loadMatrix(files["--levels"])
	return a, err
}

// loadMatrix reads a matrix file; "" = the built-in matrix.
func loadMatrix(name string) (level.Matrix, error) {
	p, err := app.PolicyOf(config.Config{Method: config.Method{Levels: name}})
	return p.Matrix, err
}

// loadMethod reads a tenant's method file; "" = the built-in method.
func loadMethod(name string) (*impact.Method, error) {
	return app.MethodOf(config.Config{Method: config.Method{Impact: name}})
}

// printJSON writes a value as one line; nothing is written when it cannot be marshalled.
func printJSON(w io.Writer, v any) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // people read it, no page does
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}

// english is the language of the command line.
func english() (phrase.Speaker, error) {
	book, err := phrase.New()
	if err != nil {
		return phrase.Speaker{}, err
	}
	return book.For("en"), nil
}

func hazardsHelp(w io.Writer, m *impact.Method) error {
	say, err := english()
	if err != nil {
		return err
	}
	fmt.Fprint(w, "Usage: watchfire impact HAZARD key=value… [--method FILE] [--levels FILE]\n\n", say.T("calc.impact.help"), "\n\nHazards (watchfire impact HAZARD --help lists the inputs):\n")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range calc.Names(m) {
		fmt.Fprintf(t, "  %s\t%s\n", name, say.T("calc.hazard."+name))
	}
	return t.Flush()
}

func hazardHelp(w io.Writer, m *impact.Method, name string) error {
	h, ok := calc.Find(m, name)
	if !ok {
		return calc.Problem{Why: "hazard", Got: name, Want: strings.Join(calc.Names(m), ", ")}
	}
	return fieldsHelp(w, "impact "+h.Name, "hazard."+h.Name, h.Example, h.Fields)
}

// fieldsHelp lists inputs with unit, range and default.
func fieldsHelp(w io.Writer, command, about, example string, fields []calc.Field) error {
	say, err := english()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Usage: watchfire %s key=value…\n\n%s\n\nInputs:\n", command, say.T("calc."+about))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range fields {
		def := "optional"
		switch {
		case f.Required:
			def = "required"
		case f.Default != "":
			def = "default " + f.Default
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", f.Name, f.Wants(), def, say.T("calc.in."+f.Name))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nExample:\n  watchfire %s %s\n", command, example)
	return err
}
