package account

import (
	"context"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
)

// Chooser is what the desk does for a contact whose signed link was shown.
type Chooser interface {
	ChoiceOf(ctx context.Context, org string, c portfolio.Contact) (desk.ChoiceCard, error)
	PutChoice(ctx context.Context, org, actor string, c response.Choice, undoes int) (response.Choice, error)
	TakeBackChoice(ctx context.Context, org, actor, contact string) (response.Choice, error)
	SwapByLink(ctx context.Context, org string, c portfolio.Contact, swapID string, state rota.SwapState) error
}

// OwnLinks opens a contact's own page with the link that every mail to it carries: the token
// of the leave link. What can be done with it is of the same kind: it can only hold back what
// is below the organisation's floor, it is visible at the desk, and it is undone by one click.
type OwnLinks struct {
	Leave  *LeaveLinks
	Choose Chooser
}

// Link is the address of a contact's own page.
func (l OwnLinks) Link(_ context.Context, org, contact, project string) (string, error) {
	if org == "" || contact == "" || project == "" {
		return "", nil // a test, or somebody who is no contact: no page
	}
	return l.Leave.cfg.BaseURL + "/me/" + l.Leave.token(org, contact, project), nil
}

// Open shows what the contact has chosen and has no effect.
func (l OwnLinks) Open(ctx context.Context, token string) (desk.ChoiceCard, error) {
	o, err := l.Leave.open(ctx, token)
	if err != nil {
		return desk.ChoiceCard{}, err
	}
	return l.Choose.ChoiceOf(ctx, o.org, o.contact)
}

// Set stores what the contact wants.
func (l OwnLinks) Set(ctx context.Context, token string, c response.Choice) error {
	o, err := l.Leave.open(ctx, token)
	if err != nil {
		return err
	}
	c.Contact = o.contact.ID
	_, err = l.Choose.PutChoice(ctx, o.org, o.contact.ID, c, 0)
	return err
}

// Undo restores what the contact had chosen before.
func (l OwnLinks) Undo(ctx context.Context, token string) error {
	o, err := l.Leave.open(ctx, token)
	if err != nil {
		return err
	}
	_, err = l.Choose.TakeBackChoice(ctx, o.org, o.contact.ID, o.contact.ID)
	return err
}

// Swap answers a request to swap a shift as the contact.
func (l OwnLinks) Swap(ctx context.Context, token, swap string, state rota.SwapState) error {
	o, err := l.Leave.open(ctx, token)
	if err != nil {
		return err
	}
	return l.Choose.SwapByLink(ctx, o.org, o.contact, swap, state)
}
