package app

import (
	"context"
	"fmt"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/wording"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/phrase"
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

// Preview words a sample without a desk, for the command line.
func Preview(ctx context.Context, x delivery.Sample) (delivery.Preview, error) {
	book, err := phrase.New()
	if err != nil {
		return delivery.Preview{}, err
	}
	return wording.Preview(ctx, book, x, nil)
}

// Previews is Preview in every language of messages.
func Previews(ctx context.Context, x delivery.Sample) ([]delivery.Preview, error) {
	book, err := phrase.New()
	if err != nil {
		return nil, err
	}
	var out []delivery.Preview
	for _, x.Language = range phrase.MessageLanguages() {
		p, err := wording.Preview(ctx, book, x, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}
