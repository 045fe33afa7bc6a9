package slack

import (
	"strings"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/room"
)

// escape keeps the three signs that Slack's own markup is written with out of the fallback
// text; blocks are plain text, which has no markup.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// body is a message of blocks, with a text for notifications and screen readers.
func (c *Channel) body(card room.Card, back bool) map[string]any {
	var blocks []map[string]any
	if card.Title != "" {
		blocks = append(blocks, map[string]any{"type": "header", "text": plain(card.Title)})
	}
	if text := card.Text(); text != "" {
		blocks = append(blocks, map[string]any{"type": "section", "text": plain(text)})
	}
	var buttons []map[string]any
	for _, b := range card.Buttons {
		if x := button(b, back); x != nil {
			buttons = append(buttons, x)
		}
	}
	if len(buttons) > 0 {
		blocks = append(blocks, map[string]any{"type": "actions", "block_id": "answers", "elements": buttons})
	}
	text := strings.TrimSpace(card.Title + "\n" + card.Text())
	if text == "" {
		text = "Watchfire"
	}
	out := map[string]any{"text": escape.Replace(text)}
	if len(blocks) > 0 {
		out["blocks"] = blocks
	}
	return out
}

// button calls back where it can, and opens its page where it cannot.
func button(b room.Button, back bool) map[string]any {
	x := map[string]any{"type": "button", "text": plain(b.Label), "action_id": "open"}
	switch {
	case b.Said != "":
		x["action_id"] = "answer_" + string(b.Said)
	case b.URL == "":
		return nil
	}
	switch {
	case back && b.Value != "":
		x["value"] = b.Value
	case b.URL != "":
		x["url"] = b.URL
	default:
		return nil
	}
	switch b.Said {
	case delivery.SaidHaveIt:
		x["style"] = "primary"
	case delivery.SaidHelp:
		x["style"] = "danger"
	}
	return x
}

func plain(text string) map[string]any {
	return map[string]any{"type": "plain_text", "text": text, "emoji": false}
}
