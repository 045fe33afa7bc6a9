package app

import (
	"context"
	"net/url"

	"watchfire.dev/internal/delivery"
)

// moreChannels makes the channels of the configuration's part "channels"; those that are not
// set up are left out. Each maker stands in a file of its own and gives nil then.
func (a *App) moreChannels(ctx context.Context) ([]delivery.Channel, error) {
	var out []delivery.Channel
	makers := []func(context.Context) (delivery.Channel, error){
		a.smsChannel, a.voiceChannel, a.whatsappChannel, a.telegramChannel, a.webpushChannel,
	}
	for _, make := range append(makers, a.roomChannels()...) {
		ch, err := make(ctx)
		if err != nil {
			return nil, err
		}
		if ch != nil {
			out = append(out, ch)
		}
	}
	return out, nil
}

// hookURL is the address at which a provider calls a channel of ours.
func (a *App) hookURL(channel string) string {
	return a.cfg.BaseURL + "/hooks/channel/" + url.PathEscape(channel)
}
