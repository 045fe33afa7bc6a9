package app

import (
	"context"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/wording"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/register"
	"watchfire.dev/internal/response"
)

// digests words digests and leaves everything else to the wording.
type digests struct {
	worded
	app *App
}

// Word implements delivery.Worder.
func (d digests) Word(ctx context.Context, c delivery.Claimed, f delivery.Facts) (delivery.Message, error) {
	switch c.Purpose {
	case response.Notice:
		return d.noticed(ctx, c, f)
	case response.Letter:
		return d.lettered(ctx, c, f)
	case response.Digest:
	default:
		return d.Wording.Word(ctx, c, f)
	}
	rows, err := d.app.db.DigestOf(ctx, c.Notification)
	if err != nil {
		return delivery.Message{}, err
	}
	p, err := d.app.db.PortfolioAt(ctx, c.Org, 0)
	if err != nil {
		return delivery.Message{}, err
	}
	index := p.Index()
	items := make([]wording.Item, len(rows))
	for i, r := range rows {
		pr, ok := index.Project(r.Head.Project)
		if !ok {
			pr = portfolio.Project{ID: r.Head.Project, Name: r.Head.Project, Zone: "UTC"}
		}
		items[i] = wording.Item{Warning: r.Head, Project: pr}
	}
	due, _ := c.DigestInstant()
	return d.Wording.Digest(ctx, wording.Batch{
		Key: c.ID, Org: c.Org, Channel: c.Channel, Address: c.Address, Purpose: response.Digest, Contact: f.Contact, Items: items, At: due,
	})
}

// overlooked is how often people on duty are looked at: a shift that is not taken over is an
// alarm after fifteen minutes.
const overlooked = 30 * time.Second

// overlook journals what is wrong with people on duty, in every organisation.
func (a *App) overlook(ctx context.Context) error {
	tick := time.NewTicker(overlooked)
	defer tick.Stop()
	reminded := register.Day("") // the day on which what is overdue in the register was last looked for
	for {
		orgs, err := a.db.Orgs(ctx)
		today := register.DayOf(a.opts.Now())
		if err == nil {
			for _, org := range orgs {
				if err = a.surveysDue(ctx, org); err != nil && ctx.Err() == nil { // must not keep the others
					a.opts.Log.Error("look at surveys", "error", err)
				}
				if err = a.desk.Overlook(ctx, org); err == nil && reminded != today {
					err = a.desk.RemindRegister(ctx, org)
				}
				if err != nil {
					break
				}
			}
		}
		if err == nil {
			reminded = today
		}
		if err != nil && ctx.Err() == nil {
			a.opts.Log.Error("look at people on duty", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
