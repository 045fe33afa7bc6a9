package telegram

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/said"
	"watchfire.dev/internal/fault"
)

// update is what Telegram tells, as far as we read it.
type update struct {
	ID       int64     `json:"update_id"`
	Message  *message  `json:"message"`
	Callback *callback `json:"callback_query"`
}

type message struct {
	ID   int64 `json:"message_id"`
	Date int64 `json:"date"`
	Chat struct {
		ID int64 `json:"id"`
	} `json:"chat"`
	From    person   `json:"from"`
	Text    string   `json:"text"`
	ReplyTo *message `json:"reply_to_message"`
}

type person struct {
	ID       int64  `json:"id"`
	Bot      bool   `json:"is_bot"`
	Language string `json:"language_code"`
}

type callback struct {
	ID      string   `json:"id"`
	From    person   `json:"from"`
	Message *message `json:"message"`
	Data    string   `json:"data"`
}

func (m message) chat() string { return strconv.FormatInt(m.Chat.ID, 10) }

func (m message) remote() string { return m.chat() + "/" + strconv.FormatInt(m.ID, 10) }

// Hear implements delivery.Hook: one update, with the secret that we gave Telegram.
func (c *Channel) Hear(_ context.Context, r delivery.Request) (delivery.Heard, error) {
	if c.cfg.Secret == nil {
		return delivery.Heard{}, fmt.Errorf("telegram: no hook is set up: %w", fault.ErrUnauthorised)
	}
	secret, err := c.cfg.Secret()
	if err != nil || secret == "" || !hmac.Equal([]byte(secret), []byte(r.Header.Get("X-Telegram-Bot-Api-Secret-Token"))) {
		return delivery.Heard{}, fmt.Errorf("telegram: the secret is missing or wrong: %w", fault.ErrUnauthorised)
	}
	var u update
	if err := json.Unmarshal(r.Body, &u); err != nil || u.ID == 0 {
		return delivery.Heard{}, fmt.Errorf("telegram: the update is not as documented: %w", fault.ErrInvalid)
	}
	h, then := c.read(u, r.At)
	h.Yes, h.No = delivery.Answer{Status: http.StatusOK}, delivery.Answer{Status: http.StatusServiceUnavailable}
	if then.method != "" { // Telegram takes one call of a method as the answer to an update
		body := object{"method": then.method}
		for k, v := range then.yes {
			body[k] = v
		}
		raw, err := json.Marshal(body)
		if err != nil {
			return delivery.Heard{}, fmt.Errorf("telegram: write the answer: %w", err)
		}
		h.Yes.Type, h.Yes.Body = "application/json", raw
	}
	return h, nil
}

// then is what is called once an update is on disk, or could not be brought there.
type then struct {
	method  string
	yes, no object // no: nil = nothing
}

// read says what an update means.
func (c *Channel) read(u update, now time.Time) (delivery.Heard, then) {
	switch {
	case u.Callback != nil && u.Callback.Message != nil:
		return c.pressed(u.Callback, now)
	case u.Message != nil && !u.Message.From.Bot:
		return c.wrote(u.Message, now)
	}
	return delivery.Heard{}, then{}
}

func (c *Channel) pressed(q *callback, now time.Time) (delivery.Heard, then) {
	lang := q.From.Language
	what, notification := said.Unmark(q.Data)
	answer := func(key string) object {
		return object{"callback_query_id": q.ID, "text": c.cfg.Words(lang, key), "show_alert": false}
	}
	if what == delivery.SaidOther || q.ID == "" {
		return delivery.Heard{}, then{"answerCallbackQuery", answer("chat.not_known"), nil}
	}
	y := delivery.Reply{
		ID: "press/" + q.ID, Notification: notification, Remote: q.Message.remote(), From: q.Message.chat(), Said: what, Text: string(what), At: now,
	}
	return delivery.Heard{Replies: []delivery.Reply{y}}, then{"answerCallbackQuery", answer("chat.thanks." + string(what)), answer("chat.not_stored")}
}

func (c *Channel) wrote(m *message, now time.Time) (delivery.Heard, then) {
	text := said.Text(m.Text)
	if text == "" || m.ID == 0 {
		return delivery.Heard{}, then{}
	}
	if first, _, _ := strings.Cut(text, " "); first == "/start" || strings.HasPrefix(first, "/start@") {
		// Whoever sets a contact up needs the chat's number, and nothing else shows it.
		return delivery.Heard{}, then{"sendMessage", object{"chat_id": m.Chat.ID, "text": c.cfg.Words(m.From.Language, "telegram.start", "Number", m.chat())}, nil}
	}
	y := delivery.Reply{ID: m.remote(), From: m.chat(), Said: said.Of(text), Text: text, At: now}
	if at := time.Unix(m.Date, 0).UTC(); m.Date > 0 && at.Before(now) {
		y.At = at
	}
	if m.ReplyTo != nil && m.ReplyTo.ID != 0 {
		y.Remote = (&message{ID: m.ReplyTo.ID, Chat: m.Chat}).remote()
	}
	return delivery.Heard{Replies: []delivery.Reply{y}}, then{}
}
