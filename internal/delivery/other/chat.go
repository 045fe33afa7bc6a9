package other

import (
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/id"
)

// matrix reads matrix://:token@host/?rooms=!abc:host. The transaction id makes a repeat
// harmless; an update stands in the thread of the first message.
func matrix(u *url.URL, m delivery.Message, c room.Card) (ask, bool) {
	token, ok := u.User.Password()
	to := u.Query().Get("rooms")
	if to == "" {
		to = u.Query().Get("room")
	}
	if !ok || token == "" || u.Host == "" || to == "" || strings.Contains(to, ",") {
		return ask{}, false
	}
	plain := strings.TrimSpace(c.Title + "\n\n" + text(c))
	var set strings.Builder
	set.WriteString("<p><strong>" + html.EscapeString(c.Title) + "</strong></p>")
	for _, l := range c.Lines {
		set.WriteString("<p>" + html.EscapeString(l) + "</p>")
	}
	for _, b := range c.Buttons {
		if b.URL != "" {
			plain += "\n" + b.Label + ": " + b.URL
			set.WriteString(`<p><a href="` + html.EscapeString(b.URL) + `">` + html.EscapeString(b.Label) + "</a></p>")
		}
	}
	body := map[string]any{
		"msgtype": "m.text", "body": plain, "format": "org.matrix.custom.html", "formatted_body": set.String(),
		"m.mentions": map[string]any{}, // nobody is called by a word of the text
	}
	thread := ""
	if parent := room.Parent(m); strings.HasPrefix(parent, "$") {
		thread = parent
		body["m.relates_to"] = map[string]any{
			"rel_type": "m.thread", "event_id": thread, "is_falling_back": true, "m.in_reply_to": map[string]string{"event_id": thread},
		}
	}
	path := "/_matrix/client/v3/rooms/" + url.PathEscape(to) + "/send/m.room.message/" + id.Derived("txn", m.Key)
	return ask{http.MethodPut, scheme(u) + u.Host + path, http.Header{"Authorization": {"Bearer " + token}}, body, thread}, true
}

func matrixJudge(_ int, said map[string]any) (delivery.FaultKind, time.Duration) {
	switch said["errcode"] {
	case "M_LIMIT_EXCEEDED":
		ms, _ := said["retry_after_ms"].(float64)
		return delivery.Overload, min(time.Duration(max(ms, 0))*time.Millisecond, time.Hour)
	case "M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_FORBIDDEN", "M_GUEST_ACCESS_FORBIDDEN", "M_USER_DEACTIVATED", "M_UNRECOGNIZED":
		return delivery.Misset, 0 // M_FORBIDDEN: our account is not in the room
	case "M_NOT_FOUND", "M_UNKNOWN_ROOM":
		return delivery.Dead, 0
	case "M_TOO_LARGE", "M_BAD_JSON", "M_NOT_JSON", "M_INVALID_PARAM":
		return delivery.Refused, 0
	default:
		return "", 0
	}
}

// discord reads discord://token@webhook[?thread_id=…]. The body is an embed; mentions are off.
func discord(u *url.URL, m delivery.Message, c room.Card) (ask, bool) {
	token := u.User.Username()
	if token == "" || u.Host == "" || strings.Trim(u.Host, "0123456789") != "" {
		return ask{}, false
	}
	colour, _ := strconv.ParseInt(strings.TrimPrefix(c.Colour(), "#"), 16, 32)
	embed := map[string]any{"title": clip(room.Plain(c.Title), 256), "description": clip(described(c), 4096), "color": colour}
	if p := page(c); p != "" {
		embed["url"] = p
	}
	body := map[string]any{"embeds": []any{embed}, "allowed_mentions": map[string]any{"parse": []string{}}}
	q := url.Values{"wait": {"true"}}
	if t := u.Query().Get("thread_id"); t != "" {
		q.Set("thread_id", t)
	}
	address := "https://discord.com/api/webhooks/" + u.Host + "/" + url.PathEscape(token) + "?" + q.Encode()
	return ask{http.MethodPost, address, http.Header{"Idempotency-Key": {httpfault.Line(m.Key, 200)}}, body, ""}, true
}

// described sets the lines and the answers as links, in Discord's Markdown.
func described(c room.Card) string {
	var parts []string
	for _, l := range c.Lines {
		parts = append(parts, room.Plain(l))
	}
	var links []string
	for _, b := range c.Buttons {
		if b.URL != "" && len(b.URL) < 400 {
			links = append(links, "["+room.Plain(b.Label)+"]("+b.URL+")")
		}
	}
	if len(links) > 0 {
		parts = append(parts, strings.Join(links, " · "))
	}
	if len(parts) == 0 {
		return "Watchfire"
	}
	return strings.Join(parts, "\n")
}

func discordJudge(status int, said map[string]any) (delivery.FaultKind, time.Duration) {
	code, _ := said["code"].(float64)
	switch {
	case status == http.StatusTooManyRequests:
		s, _ := said["retry_after"].(float64)
		return delivery.Overload, time.Duration(min(max(s, 0), 3600) * float64(time.Second))
	case code == 10015, code == 10003, status == http.StatusNotFound: // the webhook or its channel was deleted
		return delivery.Dead, 0
	case code == 50027, status == http.StatusUnauthorized, status == http.StatusForbidden: // its token is wrong
		return delivery.Misset, 0
	default:
		return "", 0
	}
}
