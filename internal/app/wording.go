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
	options := []wording.Option{wording.Waits(waitsOf(p.cfg)), wording.Able(p.serving.able)}
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

// able is what a channel that is set up says of itself; false when it is not set up or says
// nothing.
func (s *serving) able(channel string) (delivery.Ability, bool) {
	list := s.channels.Load()
	if list == nil {
		return delivery.Ability{}, false
	}
	for _, c := range *list {
		if a, ok := c.(delivery.Abled); ok && c.Name() == channel {
			return a.Able(), true
		}
	}
	return delivery.Ability{}, false
}
