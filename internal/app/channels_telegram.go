package app

import (
	"context"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/telegram"
)

// telegramChannel makes the channel of the Telegram bot.
func (a *App) telegramChannel(context.Context) (delivery.Channel, error) {
	t := a.cfg.Channels.Telegram
	if t == nil {
		return nil, nil //nolint:nilnil // not set up
	}
	cfg := telegram.Config{
		Base: t.Base, Token: t.Token.Value, Client: a.client(), Now: a.opts.Now, Log: a.opts.Log,
		Words: func(language, key string, args ...any) string { return a.book.For(language).T(key, args...) },
	}
	if t.Hook {
		cfg.Hook, cfg.Secret = a.hookURL("telegram"), t.Secret.Value
	}
	return telegram.New(cfg)
}
