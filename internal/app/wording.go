package app

import (
	"context"
	"fmt"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/wording"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

// previews shows analysts and administrators how a message would look.
type previews struct{ *App }

// Preview implements web.Previews and api.Previews. The warning that a sample names must be
// the principal's own organisation's.
func (p previews) Preview(ctx context.Context, who desk.Principal, x delivery.Sample) (delivery.Preview, error) {
	if !who.May(desk.CanRules) {
		return delivery.Preview{}, fmt.Errorf("preview a message: %w", fault.ErrForbidden)
	}
	options := []wording.Option{wording.Waits(WaitsOf(p.cfg)), p.able()}
	if p.cfg.Simulated {
		options = append(options, wording.Simulated())
	}
	if x.Warning == "" {
		return wording.Preview(ctx, p.book, x, nil, options...)
	}
	story, err := p.desk.Story(ctx, who, x.Warning)
	if err != nil {
		return delivery.Preview{}, err
	}
	return wording.Preview(ctx, p.book, x, &wording.Item{Warning: story.Warning, Project: story.Project}, options...)
}

// able tells of the channels that are set up what they can do.
func (p previews) able() wording.Option {
	if list := p.serving.channels.Load(); list != nil {
		return wording.Able(abilities(*list))
	}
	return wording.Able(abilities(nil))
}
