package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
)

// A Device is a browser that shows notifications for a contact. The subscription is a secret:
// whoever has it can send to the device.
type Device struct {
	Contact      string
	Name         string // the address in the portfolio: webpush:NAME
	Subscription string // as the browser gave it
	Created      time.Time
	Worked       time.Time // when a push service last took a message; zero = never
}

// DeviceStore keeps devices, one for each name of a contact.
type DeviceStore interface {
	Devices(ctx context.Context, org, contact string) ([]Device, error)
	// PutDevice stores a device in place of an earlier one of the same contact and name.
	PutDevice(ctx context.Context, org string, d Device, entries ...journal.Draft) error
	// ForgetDevice is fault.ErrNotFound when there is none.
	ForgetDevice(ctx context.Context, org, contact, name string, entries ...journal.Draft) error
}

// A DeviceRow is an address of a contact at which a device can subscribe.
type DeviceRow struct {
	Name    string
	Created time.Time // zero = no device has subscribed: nothing arrives
	Worked  time.Time
}

// Devices is what can be seen and done about the devices of contacts.
type Devices interface {
	// Devices lists the contact's addresses of web push, subscribed or not.
	Devices(ctx context.Context, who Principal, contactID string) ([]DeviceRow, error)
	// SubscribeDevice lets a device stand behind a name; fault.ErrNotFound when the contact has no
	// such address, fault.ErrInvalid when the subscription cannot be used.
	SubscribeDevice(ctx context.Context, who Principal, contactID, name, subscription string) error
	RemoveDevice(ctx context.Context, who Principal, contactID, name string) error
}

var _ Devices = (*Desk)(nil)

// Devices lists the contact's addresses of web push.
func (d *Desk) Devices(ctx context.Context, who Principal, contactID string) ([]DeviceRow, error) {
	if err := need(who, CanRead); err != nil {
		return nil, err
	}
	_, c, err := d.contact(ctx, who, contactID)
	if err != nil || d.cfg.Devices == nil {
		return nil, err
	}
	stored, err := d.cfg.Devices.Devices(ctx, who.Org, c.ID)
	if err != nil {
		return nil, err
	}
	var out []DeviceRow
	for _, a := range c.Channels {
		if a.Channel != "webpush" {
			continue
		}
		row := DeviceRow{Name: a.Address}
		if i := slices.IndexFunc(stored, func(s Device) bool { return s.Name == a.Address }); i >= 0 {
			row.Created, row.Worked = stored[i].Created, stored[i].Worked
		}
		out = append(out, row)
	}
	return out, nil
}

// SubscribeDevice lets a device stand behind a name.
func (d *Desk) SubscribeDevice(ctx context.Context, who Principal, contactID, name, subscription string) error {
	c, err := d.deviceOf(ctx, who, contactID, name)
	if err != nil {
		return err
	}
	if err := d.cfg.CheckDevice(subscription); err != nil {
		return err
	}
	entry, err := d.deviceEntry(who, c.ID, "subscribed")
	if err != nil {
		return err
	}
	return d.cfg.Devices.PutDevice(ctx, who.Org, Device{Contact: c.ID, Name: name, Subscription: subscription, Created: d.cfg.Now()}, entry)
}

// RemoveDevice forgets a device.
func (d *Desk) RemoveDevice(ctx context.Context, who Principal, contactID, name string) error {
	c, err := d.deviceOf(ctx, who, contactID, name)
	if err != nil {
		return err
	}
	entry, err := d.deviceEntry(who, c.ID, "removed")
	if err != nil {
		return err
	}
	return d.cfg.Devices.ForgetDevice(ctx, who.Org, c.ID, name, entry)
}

func (d *Desk) deviceOf(ctx context.Context, who Principal, contactID, name string) (portfolio.Contact, error) {
	_, c, err := d.contact(ctx, who, contactID)
	if err != nil {
		return c, err
	}
	if err := need(who, CanAnswer); err != nil {
		return c, err
	}
	if d.cfg.Devices == nil || !slices.Contains(c.Channels, portfolio.Address{Channel: "webpush", Address: name}) {
		return c, fmt.Errorf("device %.64q of contact %s: %w", name, contactID, fault.ErrNotFound)
	}
	return c, nil
}

// deviceEntry says that a device came or went; its name may be a person's and stays out.
func (d *Desk) deviceEntry(who Principal, contact, what string) (journal.Draft, error) {
	raw, err := journal.Body(map[string]any{"channel": "webpush", "device": what})
	if err != nil {
		return journal.Draft{}, fmt.Errorf("journal a device of contact %s: %w", contact, err)
	}
	return journal.Draft{At: d.cfg.Now(), Org: who.Org, Kind: journal.ContactDevice, Actor: who.Account, Subject: contact, Body: raw}, nil
}
