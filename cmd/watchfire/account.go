package main

import (
	"context"
	"fmt"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/desk"
)

type accountCmd struct {
	Link         accountLink         `cmd:"" help:"Print a one-time sign-in link (24 hours) for an account."`
	Organisation accountOrganisation `cmd:"" help:"Make a further organisation and print its administrator's one-time link."`
}

type accountLink struct {
	Config   string `help:"Configuration file." type:"existingfile"`
	Email    string `arg:"" help:"Address of the account."`
	Password bool   `help:"The link asks for a new password."`
}

// Run prints the link. Whoever may open the data folder may come in; the journal has it.
func (c *accountLink) Run(e *env) error {
	return (&where{Config: c.Config}).local(e.ctx, func(ctx context.Context, a *app.App, _ desk.Principal) error {
		link, err := a.SignInLink(ctx, c.Email, c.Password)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(e.stdout, link)
		return err
	})
}

type accountOrganisation struct {
	Config string `help:"Configuration file." type:"existingfile"`
	Name   string `arg:"" help:"Name of the organisation."`
	Email  string `arg:"" help:"Address of its administrator."`
}

// Run makes the organisation and prints the link.
func (c *accountOrganisation) Run(e *env) error {
	return (&where{Config: c.Config}).local(e.ctx, func(ctx context.Context, a *app.App, _ desk.Principal) error {
		link, err := a.AddOrganisation(ctx, c.Name, c.Email)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(e.stdout, link)
		return err
	})
}
