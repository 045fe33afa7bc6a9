package app

import (
	"context"
	"crypto/rand"
	"fmt"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/webpush"
)

// settingPushKey is where the key of web push is kept, the same for all replicas.
const settingPushKey = "webpush_key"

// pushKey reads the key of web push, or makes it at the first start; empty when it is off.
func (a *App) pushKey(ctx context.Context) (webpush.Key, error) {
	w := a.cfg.Channels.WebPush
	if w != nil && w.Off {
		return webpush.Key{}, nil
	}
	if w != nil && w.Key != "" {
		text, err := w.Key.Value()
		if err != nil {
			return webpush.Key{}, err
		}
		return webpush.ParseKey(text)
	}
	text, err := a.db.Setting(ctx, settingPushKey)
	if err != nil {
		return webpush.Key{}, fmt.Errorf("read the key of web push: %w", err)
	}
	if text != "" {
		return webpush.ParseKey(text)
	}
	key, err := webpush.NewKey(rand.Reader)
	if err != nil {
		return key, err
	}
	if err := a.db.PutSetting(ctx, settingPushKey, key.Text()); err != nil {
		return key, fmt.Errorf("keep the key of web push: %w", err)
	}
	return key, nil
}

// webpushChannel makes the channel of browsers.
func (a *App) webpushChannel(ctx context.Context) (delivery.Channel, error) {
	key, err := a.pushKey(ctx)
	if err != nil || key.Public == "" {
		return nil, err
	}
	contact := a.cfg.Email
	if w := a.cfg.Channels.WebPush; w != nil && w.Contact != "" {
		contact = w.Contact
	}
	return webpush.New(webpush.Config{Devices: a.db, Key: key, Contact: contact, Client: a.client(), Now: a.opts.Now})
}

func checkDevice(subscription string) error {
	_, err := webpush.Check(subscription)
	return err
}
