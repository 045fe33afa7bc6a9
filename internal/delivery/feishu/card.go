package feishu

import (
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/level"
)

// card is an interactive card. All of it is plain text, which has no markup and calls nobody.
func card(c room.Card, back bool) map[string]any {
	title := c.Title
	if title == "" {
		title = "Watchfire"
	}
	elements := []map[string]any{}
	for _, l := range c.Lines {
		elements = append(elements, map[string]any{"tag": "div", "text": plain(l)})
	}
	var buttons []map[string]any
	for _, b := range c.Buttons {
		if x := button(b, back); x != nil {
			buttons = append(buttons, x)
		}
	}
	if len(buttons) > 0 {
		elements = append(elements, map[string]any{"tag": "action", "actions": buttons})
	}
	return map[string]any{
		"config": map[string]any{"wide_screen_mode": true, "update_multi": true}, // one card for all, else it could not be renewed
		"header": map[string]any{"title": plain(title), "template": template(c)}, "elements": elements,
	}
}

func plain(text string) map[string]string {
	return map[string]string{"tag": "plain_text", "content": text}
}

// button calls back where it can, and opens its page where it cannot.
func button(b room.Button, back bool) map[string]any {
	x := map[string]any{"tag": "button", "text": plain(b.Label), "type": "default"}
	switch {
	case back && b.Value != "":
		x["value"] = map[string]string{"press": b.Value}
	case b.URL != "":
		x["url"] = b.URL
	default:
		return nil
	}
	switch b.Said {
	case delivery.SaidHaveIt:
		x["type"] = "primary"
	case delivery.SaidHelp:
		x["type"] = "danger"
	}
	return x
}

// template is the colour of the head; the title's first word says the level.
func template(c room.Card) string {
	switch {
	case !c.Active:
		return "grey"
	case c.Level == level.Red:
		return "red"
	case c.Level == level.Orange:
		return "orange"
	case c.Level == level.Yellow:
		return "yellow"
	default:
		return "grey"
	}
}
