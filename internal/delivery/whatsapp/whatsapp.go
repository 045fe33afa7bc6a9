// Package whatsapp sends through the WhatsApp Cloud API: an approved template outside the 24
// hours in which a person has written to us, a message with buttons within them. It promises
// that a refused window falls back to the template in the same attempt, that callbacks count
// only with Meta's signature, and that neither the token nor a telephone number gets into an
// error. It remembers who wrote lately in memory alone: a restart costs a template, no message.
package whatsapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

// Base is Meta's address with the version of the interface that this package was written for.
const Base = "https://graph.facebook.com/v23.0"

// window is how long a person's message lets us write freely; a little less than the 24
// hours, because our clock is not theirs.
const window = 24*time.Hour - 10*time.Minute

// maxOpen bounds the memory of open windows; when it is full, templates are sent.
const maxOpen = 20_000

// A Template is approved at Meta beforehand.
type Template struct {
	Name       string
	Languages  map[string]string // our language code → theirs: zh → zh_CN; "" key = for all others
	Parameters []string          // of the body, in order: subject, lines, text, link, level, project
	Buttons    []delivery.Said   // its quick replies, in order
}

// Config describes the number that sends.
type Config struct {
	Base     string // "" = Base
	Number   string // phone number id
	Token    func() (string, error)
	Secret   func() (string, error) // of the app: signs callbacks; nil = there are none
	Verify   func() (string, error) // the word that Meta repeats when the hook is set up
	Template Template
	Over     Template // for what needs no answer; no name = Template
	Client   *http.Client
	Now      clock.Clock
}

// A Channel sends messages. It is safe for use by many goroutines.
type Channel struct {
	cfg Config
	mu  sync.Mutex
	// wrote is when a number last wrote to us.
	wrote map[string]time.Time
}

// New returns the channel "whatsapp". The error wraps fault.ErrInvalid.
func New(cfg Config) (*Channel, error) {
	if cfg.Number == "" || cfg.Token == nil {
		return nil, fmt.Errorf("whatsapp: number and token are needed: %w", fault.ErrInvalid)
	}
	if strings.Trim(cfg.Number, "0123456789") != "" {
		return nil, fmt.Errorf("whatsapp: number: want the phone number id, digits alone: %w", fault.ErrInvalid)
	}
	if cfg.Over.Name == "" {
		cfg.Over = cfg.Template
		cfg.Over.Buttons = nil
	}
	for where, t := range map[string]Template{"template": cfg.Template, "over": cfg.Over} {
		if err := t.check(); err != nil {
			return nil, fmt.Errorf("whatsapp: %s: %w", where, err)
		}
	}
	if cfg.Base == "" {
		cfg.Base = Base
	}
	return &Channel{cfg: cfg, wrote: map[string]time.Time{}}, nil
}

func (t Template) check() error {
	if t.Name == "" {
		return fmt.Errorf("the name of an approved template is needed: %w", fault.ErrInvalid)
	}
	for _, p := range t.Parameters {
		switch p {
		case "subject", "lines", "text", "link", "level", "project":
		default:
			return fmt.Errorf("parameter %q, want subject, lines, text, link, level or project: %w", p, fault.ErrInvalid)
		}
	}
	for _, b := range t.Buttons {
		switch b {
		case delivery.SaidHaveIt, delivery.SaidHelp, delivery.SaidCannot, delivery.SaidSafe, delivery.SaidLeave:
		default:
			return fmt.Errorf("button %q, want have_it, need_help, cannot, safe or leave: %w", b, fault.ErrInvalid)
		}
	}
	return nil
}

// Name is "whatsapp".
func (c *Channel) Name() string { return "whatsapp" }

// Able implements delivery.Abled.
func (c *Channel) Able() delivery.Ability {
	heard := c.cfg.Secret != nil
	return delivery.Ability{Form: delivery.Chat, Receipts: heard, Answers: heard, Threads: true, Personal: true}
}

var number = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// Send implements delivery.Channel. Queued means that Meta has the message.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	to := strings.TrimSpace(m.Address)
	if !number.MatchString(to) {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Dead, Err: fmt.Errorf("the address is no telephone number with its country: %w", fault.ErrInvalid)}
	}
	if line(m.Subject, maxParameter) == "" {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Refused, Err: fmt.Errorf("message without text: %w", fault.ErrInvalid)}
	}
	if c.open(to) {
		got, err := c.post(ctx, c.free(m, to))
		var closed *shut
		if err == nil || !errors.As(err, &closed) {
			return got, err
		}
	}
	return c.post(ctx, c.template(m, to))
}

// Test implements delivery.Tester: the template that needs no answer.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	return c.Send(ctx, m)
}

// open tells whether the number has written to us lately.
func (c *Channel) open(to string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.wrote[to]
	return ok && c.cfg.Now().Sub(at) < window
}

func (c *Channel) heardFrom(from string, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.wrote) >= maxOpen {
		now := c.cfg.Now()
		for n, t := range c.wrote {
			if now.Sub(t) >= window {
				delete(c.wrote, n)
			}
		}
	}
	if _, known := c.wrote[from]; known || len(c.wrote) < maxOpen {
		c.wrote[from] = later(c.wrote[from], at)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// shut says that the 24 hours are over.
type shut struct{ error }

func (c *Channel) post(ctx context.Context, body any) (delivery.Receipt, error) {
	token, err := c.cfg.Token()
	if err != nil {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Misset, Err: fmt.Errorf("token of whatsapp: %w", err)}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Refused, Err: fmt.Errorf("write the message: %w", err)}
	}
	h := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token}}
	got, err := httpfault.Call(ctx, c.cfg.Client, http.MethodPost, strings.TrimSuffix(c.cfg.Base, "/")+"/"+url.PathEscape(c.cfg.Number)+"/messages", h, raw)
	if err != nil {
		return delivery.Receipt{}, err
	}
	if !got.Good() {
		return delivery.Receipt{}, judge(got, c.cfg.Now())
	}
	var made struct {
		Messages []struct {
			ID     string `json:"id"`
			Status string `json:"message_status"`
		} `json:"messages"`
	}
	r := delivery.Receipt{State: response.Queued, Detail: fmt.Sprintf("%d %s", got.Status, http.StatusText(got.Status))}
	if c.cfg.Secret == nil { // nobody will ever tell more
		r.State = response.Sent
	}
	if json.Unmarshal(got.Body, &made) == nil && len(made.Messages) > 0 {
		r.Remote = httpfault.Line(made.Messages[0].ID, 200)
	}
	return r, nil
}
