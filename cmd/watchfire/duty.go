package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/phrase"
)

type dutyCmd struct {
	Project  string `required:"" help:"Code or id of the project."`
	At       string `help:"When: \"Sunday 03:00\", \"2026-03-08 03:00\", RFC 3339; by the project's clock. Default now."`
	Data     string `help:"Data folder; default that of the configuration. A server may be running on it." type:"existingdir"`
	Config   string `help:"Configuration file." type:"existingfile"`
	Server   string `help:"Address of a running server to ask instead."`
	Token    string `help:"Access token for --server." env:"WATCHFIRE_TOKEN"`
	JSON     bool   `help:"Print one JSON object."`
	Language string `help:"Of the words: en or zh." default:"en"`
}

// Run prints who is on duty for a project and who is asked about a warning, step by step.
func (c *dutyCmd) Run(e *env) error {
	bill, err := c.find(e)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(e.stdout)
		enc.SetEscapeHTML(false)
		return enc.Encode(bill)
	}
	book, err := phrase.New()
	if err != nil {
		return err
	}
	return printBill(e.stdout, book.ForPage(c.Language), bill)
}

func (c *dutyCmd) find(e *env) (desk.Watchbill, error) {
	var bill desk.Watchbill
	if c.Server != "" {
		at := where{URL: c.Server, Token: c.Token}
		query := url.Values{"project": {c.Project}, "at": {c.At}}
		err := at.call(e.ctx, http.MethodGet, "/api/v1/duty?"+query.Encode(), "", nil, &bill)
		return bill, err
	}
	cfg, err := config.Load(c.Config, os.Getenv)
	if err != nil {
		return bill, err
	}
	if c.Data != "" {
		cfg.Data = c.Data
	}
	db, err := app.OpenExisting(e.ctx, cfg)
	if err != nil {
		return bill, err
	}
	defer db.Close()
	d := desk.New(desk.Config{Store: db, Now: clock.System, Waits: app.WaitsOf(cfg)})
	orgs, err := db.Orgs(e.ctx)
	if err != nil {
		return bill, err
	}
	for _, org := range orgs {
		bill, err = d.OnDuty(e.ctx, desk.Principal{Org: org, Scopes: []desk.Scope{desk.CanRead}}, c.Project, c.At)
		if !errors.Is(err, fault.ErrNotFound) {
			return bill, err
		}
	}
	return bill, fmt.Errorf("project %.64q: %w", c.Project, fault.ErrNotFound)
}

// printBill prints a watchbill in words, one thing a line.
func printBill(w io.Writer, s phrase.Speaker, b desk.Watchbill) error {
	var out strings.Builder
	line := func(text string) { out.WriteString(text + "\n") }
	line(s.T("duty.title", "Project", b.Project.Name, "Time", s.Time(b.At, b.Zone)))
	for _, r := range b.Rotas {
		line("  " + r.Name + ": " + dutyShift(s, r.Now, b.Zone))
		if !r.Now.Open {
			line("    " + s.T("duty.next") + " " + dutyShift(s, r.Next, b.Zone))
		}
	}
	if len(b.Rotas) == 0 {
		line("  " + s.T("duty.no_rota"))
	}
	for _, c := range b.Chains {
		name := c.Policy
		if name == "" {
			name = s.T("duty.own_steps")
		}
		line(s.T("duty.chain", "Level", s.Level(c.Level), "Policy", name))
		for _, step := range c.Steps {
			people := make([]string, 0, len(step.People))
			for _, p := range step.People {
				people = append(people, p.Name+" ("+dutyWays(s, p.Channels, b.Zone)+")")
			}
			text := strings.Join(people, "; ")
			if len(people) == 0 {
				text = s.T("duty.nobody_here")
			}
			if step.WaitS > 0 {
				text += " · " + s.T("duty.wait", "Time", s.Age(time.Duration(step.WaitS)*time.Second))
			}
			line(fmt.Sprintf("  %d. %s", step.Step, text))
		}
		if c.Repeat > 0 {
			line("  " + s.T("duty.again", "N", c.Repeat))
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// dutyShift is a shift in words: who, from when to when.
func dutyShift(s phrase.Speaker, x desk.ShiftRow, zone string) string {
	name := x.Name
	if x.Gap() {
		name = s.T("duty.nobody")
	} else if x.Instead != "" {
		name = s.T("duty.instead", "Name", x.Name, "Other", x.Instead)
	}
	if x.Open {
		return name
	}
	return s.T("duty.span", "Name", name, "From", s.Time(x.From, zone), "To", s.Time(x.To, zone))
}

// dutyWays are the channels of somebody, with what would hold a message back.
func dutyWays(s phrase.Speaker, list []desk.ChainWay, zone string) string {
	out := make([]string, 0, len(list))
	for _, x := range list {
		text := x.Channel
		if s.Has("channel." + x.Channel) {
			text = s.T("channel." + x.Channel)
		}
		if x.Held != "" {
			text += ": " + s.T("held."+string(x.Held))
			if !x.Until.IsZero() {
				text += " " + s.T("duty.until", "Time", s.Time(x.Until, zone))
			}
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}
