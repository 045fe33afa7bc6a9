package app

import (
	"context"
	"errors"
	"fmt"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/phrase"
)

// CheckChannels says what of the channels cannot work as it is set up: templates with places
// that do not exist, expressions that do not compile, numbers and certificates that are none.
// It connects to nobody and reads no secret.
func CheckChannels(cfg config.Config) error {
	book, err := phrase.New()
	if err != nil {
		return fmt.Errorf("message catalogues: %w", err)
	}
	guard, err := cfg.Guard()
	if err != nil {
		return fmt.Errorf("configuration: allow_networks: %w", err)
	}
	a := &App{cfg: cfg, opts: Options{}.withDefaults(), book: book, guard: guard}
	var errs []error
	makers := []func(context.Context) (delivery.Channel, error){a.smsChannel, a.voiceChannel, a.whatsappChannel, a.telegramChannel}
	for _, make := range append(makers, a.roomChannels()...) {
		if _, err := make(context.Background()); err != nil {
			errs = append(errs, fmt.Errorf("configuration: channels: %w", err))
		}
	}
	if cfg.Mail.Host != "" {
		if _, err := a.mail(nil); err != nil {
			errs = append(errs, fmt.Errorf("configuration: %w", err))
		}
	}
	return errors.Join(errs...)
}
