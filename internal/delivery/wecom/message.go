package wecom

import (
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/id"
)

// Bounds of a template card, in runes: what WeCom's clients show whole.
const (
	maxMain   = 64
	maxSub    = 500
	maxButton = 10
	maxJump   = 13
	maxJumps  = 3 // links under a card
)

// message is a message of the application: a template card with buttons that call back, one
// with links where nothing can, or markdown where there is nothing to open.
func (c *Channel) message(r Room, m delivery.Message) map[string]any {
	body := map[string]any{
		"touser": strings.Join(r.Users, "|"), "toparty": strings.Join(r.Parties, "|"), "totag": strings.Join(r.Tags, "|"),
		"agentid": c.app.Agent, "enable_duplicate_check": 1, "duplicate_check_interval": 4 * 3600,
	}
	card := c.set.Set(m)
	page, back, links := "", []map[string]any{}, []map[string]any{}
	for _, b := range card.Buttons {
		if b.Said == "" {
			page = b.URL
		}
		if b.Said != "" && c.calledBack() && b.Value != "" {
			back = append(back, map[string]any{"text": httpfault.Line(b.Label, maxButton), "style": style(b.Said), "key": b.Value})
		}
		if b.URL != "" && len(links) < maxJumps {
			links = append(links, map[string]any{"type": 1, "title": httpfault.Line(b.Label, maxJump), "url": b.URL})
		}
	}
	template := map[string]any{
		"source": map[string]any{"desc": "Watchfire", "desc_color": colour(card)}, "task_id": task(m.Key),
		"main_title": map[string]string{"title": httpfault.Line(card.Title, maxMain)}, "sub_title_text": sub(card),
	}
	if page != "" {
		template["card_action"] = map[string]any{"type": 1, "url": page}
	}
	switch {
	case len(back) > 0:
		template["card_type"], template["button_list"] = "button_interaction", back
	case page != "": // such a card must open something as a whole
		template["card_type"], template["jump_list"] = "text_notice", links
	default:
		body["msgtype"], body["markdown"] = "markdown", map[string]string{"content": card.Markdown(2048, true)}
		return body
	}
	body["msgtype"], body["template_card"] = "template_card", template
	return body
}

// sub is the text under the title: what of the title did not fit, then the lines.
func sub(c room.Card) string {
	var parts []string
	if len([]rune(c.Title)) > maxMain {
		parts = append(parts, c.Title)
	}
	text := []rune(strings.Join(append(parts, c.Lines...), "\n"))
	if len(text) > maxSub {
		return string(text[:maxSub-1]) + "…"
	}
	return string(text)
}

// task is the card's id: WeCom takes 128 of these letters, and no id twice.
func task(key string) string {
	if key == "" || len(key) > 128 || strings.Trim(strings.ToLower(key), "abcdefghijklmnopqrstuvwxyz0123456789_-@") != "" {
		return id.Derived("ntf", key)
	}
	return key
}

func style(s delivery.Said) int {
	switch s {
	case delivery.SaidHaveIt:
		return 1 // blue
	case delivery.SaidHelp:
		return 3 // red
	default:
		return 4 // grey
	}
}

// colour is that of the source's line: grey, black, red or green; text never carries it.
func colour(c room.Card) int {
	if c.Active && c.Level >= 2 {
		return 2
	}
	return 0
}

func everybody(r Room) bool { return slices.Contains(r.Users, "@all") }

// numbers reads ids that one interface wants as text and another as numbers.
func numbers(ids []string) []int {
	out := []int{}
	for _, s := range ids {
		if n, err := strconv.Atoi(s); err == nil {
			out = append(out, n)
		}
	}
	return out
}
