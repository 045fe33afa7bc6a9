// Command watchfire is the watch desk: one program that serves, and the commands around it.
// Run it without arguments for help. Exit codes: 0 done, 1 something is wrong with what was
// looked at, 2 bad input or use, 3 part of the input was put in quarantine.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones do not depend on the machine

	"github.com/alecthomas/kong"

	"watchfire.dev/internal/fault"
)

// version is set by the linker.
var version = "development"

// The exit codes.
const (
	exitWrong      = 1
	exitUse        = 2
	exitQuarantine = 3
)

// commands is the command line.
type commands struct {
	Serve     serveCmd     `cmd:"" help:"Watch: poll the sources, decide, tell people, show pages."`
	Demo      demoCmd      `cmd:"" help:"Play a five-minute scenario on invented projects, with an inbox to look into."`
	Portfolio portfolioCmd `cmd:"" help:"Import and export projects, assets and contacts."`
	Feed      feedCmd      `cmd:"" help:"Read files in the formats of the sources."`
	Duty      dutyCmd      `cmd:"" help:"Who is on duty for a project, and who is asked about a warning, step by step."`
	Survey    surveyCmd    `cmd:"" help:"Questionnaires to people at sites and in departments: list, show, import, open, remind, end, export."`
	Register  registerCmd  `cmd:"" help:"The risk register: list, show, import, export, simulate."`
	Doctor    doctorCmd    `cmd:"" help:"Look at the whole installation and say what needs somebody."`
	Replay    replayCmd    `cmd:"" help:"Decide again over recorded signals and print the decision log."`
	Explain   explainCmd   `cmd:"" help:"Show how a warning got its level, step by step, and what would change it."`
	Wording   wordingCmd   `cmd:"" help:"Read messages before anybody gets them."`
	Rules     rulesCmd     `cmd:"" help:"Check and test files of your own rules."`
	Impact    impactCmd    `cmd:"" passthrough:"" help:"Reckon the impact of a hazard at one place: impact HAZARD key=value…"`
	Level     levelCmd     `cmd:"" passthrough:"" help:"Reckon a level from probabilities: level I1=0.9 I2=0.3 I3=0.06 I4=0"`
	Weigh     weighCmd     `cmd:"" passthrough:"" help:"Reckon the probability of an event from reports: weigh base=0.01 A1 B2 C3+same"`
	Forecast  forecastCmd  `cmd:"" help:"Forecast deaths in conflict by country, and score the models on the past."`
	Method    methodCmd    `cmd:"" help:"Show, check and verify the method: coefficients, formulas, published cases."`
	Indicator indicatorCmd `cmd:"" help:"Numbers that assessments rest on: list, show, import."`
	Assess    assessCmd    `cmd:"" help:"Assess countries, projects and sites; explain, verify, compare, ask what if."`
	Report    reportCmd    `cmd:"" help:"Reports: make, show, approve, verify, export; their templates and their calendar."`
	Journal   journalCmd   `cmd:"" help:"Verify the journal, or hand it to an auditor."`
	Migrate   migrateCmd   `cmd:"" help:"Move an installation to PostgreSQL, or back to a folder, and compare both."`
	Backup    backupCmd    `cmd:"" help:"Take a snapshot of the installation and prove it; a server may be running."`
	Restore   restoreCmd   `cmd:"" help:"Put a backup into a new data folder, verified; it starts muted."`
	Release   releaseCmd   `cmd:"" help:"Let a restored installation send again."`
	Account   accountCmd   `cmd:"" help:"Ways in for who has lost theirs, and further organisations."`
	Config    configCmd    `cmd:"" help:"Look at the configuration."`
	Corpus    corpusCmd    `cmd:"" help:"Read every sample of a corpus and print what became of it." hidden:""`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

// env is what every command gets.
type env struct {
	ctx            context.Context
	in             io.Reader
	stdout, stderr io.Writer
}

// exit carries an exit code that is not an error's.
type exit struct{ code int }

// Error implements error.
func (e exit) Error() string { return fmt.Sprintf("exit %d", e.code) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	var cli commands
	code := -1
	parser, err := kong.New(&cli, kong.Name("watchfire"), kong.Description("The watch desk of an organisation that runs projects abroad."),
		kong.Writers(stdout, stderr), kong.UsageOnError(), kong.Exit(func(c int) { code = c }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(stderr, "watchfire:", err)
		return exitWrong
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	chosen, err := parser.Parse(args)
	if code >= 0 {
		return code
	}
	if err != nil {
		fmt.Fprintln(stderr, "watchfire:", err)
		return exitUse
	}
	return codeOf(chosen.Run(&env{ctx: ctx, in: in, stdout: stdout, stderr: stderr}), stderr)
}

func codeOf(err error, stderr io.Writer) int {
	var e exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.code
	}
	fmt.Fprintln(stderr, "watchfire:", err)
	if errors.Is(err, fault.ErrInvalid) || errors.Is(err, fault.ErrTooLarge) || errors.Is(err, os.ErrNotExist) {
		return exitUse
	}
	return exitWrong
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintln(e.stdout, "watchfire", version)
	return err
}
