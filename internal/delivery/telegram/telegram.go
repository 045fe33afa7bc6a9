// Package telegram sends through the Telegram Bot API with buttons under the message, and
// hears what people press and write, by hook or by long polling where nobody can reach us. It
// promises that only news that need not wake anybody replaces an earlier message in silence,
// that a button is answered once its answer is on disk, and that the bot's token gets into no
// error. Telegram knows no idempotency key: a message whose fate is unknown may come twice.
package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

// Base is Telegram's own address; a local Bot API server has another.
const Base = "https://api.telegram.org"

// Config describes the bot.
type Config struct {
	Base  string // "" = Base
	Token func() (string, error)
	// Hook is our address for updates; "" = ask by long polling. With it Secret is needed.
	Hook   string
	Secret func() (string, error) // Telegram shows it in a header of each update
	Words  func(language, key string, args ...any) string
	Client *http.Client // its time limit must be above Wait
	Now    clock.Clock
	Wait   time.Duration // how long one poll waits; 0 = 15 s
	Pause  time.Duration // after a failure while listening; 0 = 5 s
	Log    *slog.Logger
}

// A Channel speaks for one bot. It is safe for use by many goroutines.
type Channel struct{ cfg Config }

// New returns the channel "telegram". The error wraps fault.ErrInvalid.
func New(cfg Config) (*Channel, error) {
	if cfg.Token == nil || cfg.Words == nil {
		return nil, fmt.Errorf("telegram: token and words are needed: %w", fault.ErrInvalid)
	}
	if cfg.Hook != "" && cfg.Secret == nil {
		return nil, fmt.Errorf("telegram: a hook needs a secret: %w", fault.ErrInvalid)
	}
	if cfg.Base == "" {
		cfg.Base = Base
	}
	if cfg.Wait <= 0 {
		cfg.Wait = 15 * time.Second
	}
	if cfg.Pause <= 0 {
		cfg.Pause = 5 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Channel{cfg}, nil
}

// Name is "telegram".
func (c *Channel) Name() string { return "telegram" }

// Able implements delivery.Abled. Whether a chat is a person's or a group's its number tells,
// but not the channel: so no names of persons go over it.
func (c *Channel) Able() delivery.Ability {
	return delivery.Ability{Form: delivery.Chat, Answers: true, Threads: true, Edits: true}
}

var chatNumber = regexp.MustCompile(`^-?[0-9]{1,20}$`)

// Send implements delivery.Channel. Sent means that Telegram has the message; Remote is the
// chat's number and the message's, parted by a slash. A group that has moved is followed, and
// the receipt says so.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	chat := strings.TrimSpace(m.Address)
	if !chatNumber.MatchString(chat) {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Dead, Err: fmt.Errorf("the address is no chat's number: %w", fault.ErrInvalid)}
	}
	text, bold := c.text(m)
	if text == "" {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Refused, Err: fmt.Errorf("message without text: %w", fault.ErrInvalid)}
	}
	body := c.body(m, text, bold)
	parentChat, parent := split(m.Parent)
	if parent != 0 && quiet(m) {
		body["chat_id"], body["message_id"] = parentChat, parent
		if made, err := c.call(ctx, "editMessageText", body, c.cfg.Client); err == nil {
			return receipt(made, "edited"), nil
		} else if same(err) {
			return delivery.Receipt{State: response.Sent, Remote: m.Parent, Detail: "the same as before"}, nil
		} else if !lost(err) {
			return delivery.Receipt{}, veiled(err)
		}
		delete(body, "message_id")
	}
	body["chat_id"] = chat
	if parent != 0 {
		body["reply_parameters"] = object{"message_id": parent, "allow_sending_without_reply": true}
		if parentChat != chat {
			delete(body, "reply_parameters")
		}
	}
	made, err := c.call(ctx, "sendMessage", body, c.cfg.Client)
	var moved *refusal
	if errors.As(err, &moved) && moved.MovedTo != 0 {
		body["chat_id"] = strconv.FormatInt(moved.MovedTo, 10)
		delete(body, "reply_parameters")
		if made, err = c.call(ctx, "sendMessage", body, c.cfg.Client); err == nil {
			return receipt(made, "the group has a new number, the first part of the message's id: change the contact's address"), nil
		}
	}
	if err != nil {
		return delivery.Receipt{}, veiled(err)
	}
	return receipt(made, "200 OK"), nil
}

// Test implements delivery.Tester.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	return c.Send(ctx, m)
}

func receipt(raw json.RawMessage, detail string) delivery.Receipt {
	r := delivery.Receipt{State: response.Sent, Detail: detail}
	var made message
	if json.Unmarshal(raw, &made) == nil && made.ID != 0 {
		r.Remote = made.remote()
	}
	return r
}

// split reads the id that Send gave a message; 0 = it is none of ours.
func split(remote string) (chat string, id int64) {
	chat, text, ok := strings.Cut(remote, "/")
	id, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil || id <= 0 || !chatNumber.MatchString(chat) {
		return "", 0
	}
	return chat, id
}

// call asks one method of the bot. Its error is a *delivery.Fault around a *refusal when
// Telegram gave a reason.
func (c *Channel) call(ctx context.Context, method string, body object, client *http.Client) (json.RawMessage, error) {
	token, err := c.cfg.Token()
	if err != nil || token == "" || strings.ContainsAny(token, "/?# \r\n") {
		return nil, &delivery.Fault{Kind: delivery.Misset, Err: fmt.Errorf("telegram: the bot's token cannot be used: %w", fault.ErrInvalid)}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, &delivery.Fault{Kind: delivery.Refused, Err: fmt.Errorf("telegram: write %s: %w", method, err)}
	}
	h := http.Header{"Content-Type": {"application/json"}}
	got, err := httpfault.Call(ctx, client, http.MethodPost, strings.TrimSuffix(c.cfg.Base, "/")+"/bot"+token+"/"+method, h, raw)
	if err != nil {
		return nil, err
	}
	var answer struct {
		OK         bool            `json:"ok"`
		Result     json.RawMessage `json:"result"`
		Code       int             `json:"error_code"`
		Text       string          `json:"description"`
		Parameters struct {
			MovedTo    int64 `json:"migrate_to_chat_id"`
			RetryAfter int64 `json:"retry_after"`
		} `json:"parameters"`
	}
	if err := json.Unmarshal(got.Body, &answer); err != nil || !got.Good() && answer.Code == 0 {
		f := got.Fault(c.cfg.Now())
		if got.Good() {
			f.Kind = delivery.Retry
		}
		f.Err = fmt.Errorf("telegram: %s: status %d without the documented answer", method, got.Status)
		return nil, f
	}
	if answer.OK {
		return answer.Result, nil
	}
	r := &refusal{Method: method, Code: answer.Code, Text: strings.ReplaceAll(httpfault.Line(answer.Text, 200), token, "‹token›"), MovedTo: answer.Parameters.MovedTo}
	after := time.Duration(min(max(answer.Parameters.RetryAfter, 0), 3600)) * time.Second
	return nil, &delivery.Fault{Kind: r.kind(), After: after, Err: r}
}

// veiled takes what may be a chat's number out of a refusal.
func veiled(err error) error {
	var f *delivery.Fault
	var r *refusal
	if errors.As(err, &f) && errors.As(err, &r) {
		shown := *r
		shown.Text = digits.ReplaceAllString(shown.Text, "‹number›")
		return &delivery.Fault{Kind: f.Kind, After: f.After, Err: &shown}
	}
	return err
}

var digits = regexp.MustCompile(`-?[0-9]{5,}`)
