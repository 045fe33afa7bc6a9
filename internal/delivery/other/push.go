package other

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/level"
)

// maxPush is what a push service shows of a message, in bytes.
const maxPush = 3500

// rank picks by level: for what is over or calm, yellow, orange, red.
func rank(c room.Card, of [4]int) int {
	if !c.Active {
		return of[0]
	}
	return of[min(int(c.Level), int(level.Red))]
}

// scheme is that of the service itself; http only where the address asks for it.
func scheme(u *url.URL) string {
	q := u.Query()
	if q.Get("scheme") == "http" || yes(q.Get("disabletls")) || yes(q.Get("disableTLS")) {
		return "http://"
	}
	return "https://"
}

func yes(v string) bool { return v == "yes" || v == "true" || v == "1" }

// text is the lines of a card as plain text within the bound.
func text(c room.Card) string {
	out := c.Text()
	for len(out) > maxPush {
		out = strings.ToValidUTF8(out[:maxPush-3], "") + "…"
	}
	if out == "" {
		out = c.Title
	}
	if out == "" {
		out = "Watchfire"
	}
	return out
}

// page is where a tap leads: the first answer if any is asked for, else the warning.
func page(c room.Card) string {
	for _, b := range c.Buttons {
		if b.Said == "" && b.URL != "" {
			return b.URL
		}
	}
	return ""
}

// ntfy reads ntfy://[user:password@ or :token@]host/topic.
func ntfy(u *url.URL, m delivery.Message, c room.Card) (ask, bool) {
	topic := strings.Trim(u.Path, "/")
	if u.Host == "" || topic == "" || strings.Contains(topic, "/") {
		return ask{}, false
	}
	h := http.Header{"Idempotency-Key": {httpfault.Line(m.Key, 200)}}
	if password, ok := u.User.Password(); ok && u.User.Username() == "" {
		h.Set("Authorization", "Bearer "+password)
	} else if ok {
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
	}
	body := map[string]any{"topic": topic, "title": c.Title, "message": text(c), "priority": rank(c, [4]int{3, 4, 5, 5})}
	if p := page(c); p != "" {
		body["click"] = p
	}
	actions := []map[string]any{}
	for _, b := range c.Buttons {
		if b.URL != "" && b.Said != "" && len(actions) < 3 { // ntfy shows three
			actions = append(actions, map[string]any{"action": "view", "label": b.Label, "url": b.URL, "clear": true})
		}
	}
	body["actions"] = actions
	return ask{http.MethodPost, scheme(u) + u.Host + "/", h, body, ""}, true
}

func ntfyJudge(status int, _ map[string]any) (delivery.FaultKind, time.Duration) {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return delivery.Misset, 0
	case http.StatusNotFound:
		return delivery.Dead, 0
	default:
		return "", 0
	}
}

// gotify reads gotify://host[:port][/path]/token.
func gotify(u *url.URL, m delivery.Message, c room.Card) (ask, bool) {
	dir, token := path.Split(strings.TrimSuffix(u.Path, "/"))
	if u.Host == "" || token == "" {
		return ask{}, false
	}
	h := http.Header{"X-Gotify-Key": {token}, "Idempotency-Key": {httpfault.Line(m.Key, 200)}}
	extras := map[string]any{"client::display": map[string]string{"contentType": "text/plain"}}
	if p := page(c); p != "" {
		extras["client::notification"] = map[string]any{"click": map[string]string{"url": p}}
	}
	message := text(c)
	for _, b := range c.Buttons {
		if b.URL != "" {
			message += "\n\n" + b.Label + ": " + b.URL
		}
	}
	body := map[string]any{"title": c.Title, "message": message, "priority": rank(c, [4]int{4, 5, 8, 10}), "extras": extras}
	return ask{http.MethodPost, scheme(u) + u.Host + strings.TrimSuffix(dir, "/") + "/message", h, body, ""}, true
}

func gotifyJudge(status int, _ map[string]any) (delivery.FaultKind, time.Duration) {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound: // the token is its application's; no Gotify there
		return delivery.Misset, 0
	default:
		return "", 0
	}
}

// pushover reads pushover://[name]:token@user/[?devices=a,b].
func pushover(u *url.URL, m delivery.Message, c room.Card) (ask, bool) {
	token, ok := u.User.Password()
	if !ok || token == "" || u.Host == "" {
		return ask{}, false
	}
	title := []rune(c.Title)
	body := map[string]any{
		"token": token, "user": u.Host, "title": string(title[:min(len(title), 250)]), "message": clip(text(c), 1024), "priority": rank(c, [4]int{0, 0, 1, 1}),
	}
	if d := u.Query().Get("devices"); d != "" {
		body["device"] = d
	}
	if !m.At.IsZero() {
		body["timestamp"] = m.At.Unix()
	}
	if p := page(c); p != "" && len(p) <= 512 {
		body["url"], body["url_title"] = p, "Watchfire"
	}
	return ask{http.MethodPost, "https://api.pushover.net/1/messages.json", http.Header{"Idempotency-Key": {httpfault.Line(m.Key, 200)}}, body, ""}, true
}

func clip(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// pushoverJudge: the service names the parameter that is invalid.
func pushoverJudge(status int, said map[string]any) (delivery.FaultKind, time.Duration) {
	switch {
	case status == http.StatusTooManyRequests: // the month's quota
		return delivery.Overload, time.Hour
	case said["token"] == "invalid":
		return delivery.Misset, 0
	case said["user"] == "invalid" || said["device"] == "invalid":
		return delivery.Dead, 0
	default:
		return "", 0
	}
}
