package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"watchfire.dev/internal/delivery"
)

// batch is how many updates one poll asks for: few enough that the answer is read whole.
const batch = 20

// Listen implements delivery.Listener. With a hook it tells Telegram where to call and waits;
// without one it polls. An update is forgotten at Telegram only once heard has taken it.
func (c *Channel) Listen(ctx context.Context, heard func(context.Context, delivery.Heard) error) error {
	if c.cfg.Hook != "" {
		return c.register(ctx)
	}
	var next int64 // 0 = whatever Telegram still holds
	defer func() {
		if next == 0 {
			return
		}
		// What was taken must not come again to the one who listens next.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if _, err := c.updates(last, next, 0); err != nil {
			c.cfg.Log.Warn("telegram: leave", "error", err)
		}
	}()
	for ctx.Err() == nil {
		list, err := c.updates(ctx, next, c.cfg.Wait)
		if err != nil {
			c.troubled(ctx, err)
			continue
		}
		for _, u := range list {
			if !c.take(ctx, u, heard) {
				return nil
			}
			next = u.ID + 1
		}
	}
	return nil
}

// take brings one update to disk, however long that takes; false = ctx has ended first.
func (c *Channel) take(ctx context.Context, u update, heard func(context.Context, delivery.Heard) error) bool {
	h, then := c.read(u, c.cfg.Now())
	for told := false; ; {
		err := heard(ctx, h)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return false
		}
		c.cfg.Log.Error("telegram: keep what was heard", "error", err)
		if then.no != nil && !told { // who pressed must not believe that it is done
			told = true
			c.do(ctx, then.method, then.no)
		}
		if !c.pause(ctx, c.cfg.Pause) {
			return false
		}
	}
	if then.method != "" {
		c.do(context.WithoutCancel(ctx), then.method, then.yes)
	}
	return true
}

// do calls what only makes things nicer: its failure is noted.
func (c *Channel) do(ctx context.Context, method string, body object) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if _, err := c.call(ctx, method, body, c.cfg.Client); err != nil {
		c.cfg.Log.Warn("telegram: answer a person", "error", veiled(err))
	}
}

func (c *Channel) updates(ctx context.Context, next int64, wait time.Duration) ([]update, error) {
	body := object{"timeout": int(wait / time.Second), "limit": batch, "allowed_updates": []string{"message", "callback_query"}}
	if next != 0 {
		body["offset"] = next
	}
	raw, err := c.call(ctx, "getUpdates", body, c.cfg.Client)
	if err != nil {
		return nil, err
	}
	var list []update
	err = json.Unmarshal(raw, &list)
	return list, err
}

// troubled waits after a failure; a hook that an earlier set-up left is taken away.
func (c *Channel) troubled(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	c.cfg.Log.Warn("telegram: ask for updates", "error", err)
	var r *refusal
	if errors.As(err, &r) && r.Code == http.StatusConflict && r.says("webhook") {
		c.do(ctx, "deleteWebhook", object{"drop_pending_updates": false})
		return
	}
	wait := c.cfg.Pause
	var f *delivery.Fault
	if errors.As(err, &f) {
		wait = max(wait, f.After)
	}
	c.pause(ctx, wait)
}

// register tells Telegram where to call, again until it has worked, and waits for the end.
func (c *Channel) register(ctx context.Context) error {
	for ctx.Err() == nil {
		secret, err := c.cfg.Secret()
		if err == nil {
			_, err = c.call(ctx, "setWebhook", object{
				"url": c.cfg.Hook, "secret_token": secret, "allowed_updates": []string{"message", "callback_query"},
			}, c.cfg.Client)
		}
		if err == nil {
			<-ctx.Done()
			return nil
		}
		if ctx.Err() == nil {
			c.cfg.Log.Error("telegram: set the hook", "error", err)
		}
		c.pause(ctx, c.cfg.Pause)
	}
	return nil
}

// pause waits; false = ctx has ended.
func (c *Channel) pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
