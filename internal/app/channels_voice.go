package app

import (
	"context"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/voice"
)

// voiceChannel makes the channel of calls.
func (a *App) voiceChannel(context.Context) (delivery.Channel, error) {
	v := a.cfg.Channels.Voice
	if v == nil {
		return nil, nil //nolint:nilnil // not set up
	}
	voices := map[string]voice.Voice{}
	for lang, s := range v.Voices {
		voices[lang] = voice.Voice{Language: s.Language, Name: s.Name}
	}
	return voice.New(voice.Config{
		Base: v.Base, Account: v.Account, Token: v.Token.Value, From: v.From, Ring: v.Ring, Voices: voices, Callback: a.hookURL("voice"),
		Words: a.words, Client: a.client(), Now: a.opts.Now,
	})
}

// words looks a channel's own few words up in the catalogue.
func (a *App) words(language, key string) string { return a.book.For(language).T(key) }
