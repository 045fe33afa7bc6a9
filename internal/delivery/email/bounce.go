package email

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/response"
)

// groups reads the fields of a delivery report: one group for the message, one for each
// recipient, parted by empty lines (RFC 3464, 2.1).
func groups(raw []byte) []textproto.MIMEHeader {
	r := textproto.NewReader(bufio.NewReader(io.MultiReader(bytes.NewReader(raw), strings.NewReader("\r\n\r\n"))))
	var out []textproto.MIMEHeader
	for len(out) < 20 {
		h, err := r.ReadMIMEHeader()
		if len(h) > 0 {
			out = append(out, h)
		}
		if err != nil && (errors.Is(err, io.EOF) || len(h) == 0) {
			break
		}
	}
	return out
}

// bounced says what a report means for the message that it is about. The recipient's address
// in it stays out of what we keep.
func (c *Channel) bounced(l *parts, h textproto.MIMEHeader, now time.Time) delivery.Heard {
	key := ""
	if l.original != nil {
		key = c.ours(l.original.Get("Message-Id"))
	}
	if key == "" {
		key = c.answers(h)
	}
	if key == "" {
		return delivery.Heard{}
	}
	for _, g := range l.status {
		action := strings.ToLower(strings.TrimSpace(g.Get("Action")))
		if action == "" {
			continue
		}
		late := delivery.Late{Notification: key, Remote: "<" + c.messageID(key) + ">", At: now}
		status := enhanced(strings.TrimSpace(g.Get("Status")))
		late.Detail = line(fmt.Sprintf("report: %s %s", token(action), status), maxSaid)
		switch action {
		case "failed":
			late.State, late.Kind = response.Failed, reportKind(status)
		case "delivered", "relayed", "expanded":
			late.State = response.Delivered
			if action != "delivered" {
				late.State = response.Sent
			}
		case "delayed":
			late.State = response.Queued
		default:
			continue
		}
		return delivery.Heard{Receipts: []delivery.Late{late}}
	}
	return delivery.Heard{}
}

// reportKind says what an enhanced status means once a server has given up (RFC 3463).
func reportKind(status string) delivery.FaultKind {
	switch {
	case strings.HasPrefix(status, "4."): // time ran out: another try may find the way
		return delivery.Retry
	case strings.HasPrefix(status, "5.1."), status == "5.2.1", status == "5.4.4": // no such mailbox, disabled, no such domain
		return delivery.Dead
	default:
		return delivery.Refused
	}
}
