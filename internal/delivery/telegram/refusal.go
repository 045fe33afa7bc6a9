package telegram

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"watchfire.dev/internal/delivery"
)

// A refusal is Telegram's no: a code of HTTP and a sentence, which is all that tells the
// reasons of one code apart.
type refusal struct {
	Method  string
	Code    int
	Text    string
	MovedTo int64 // the group's new number
}

func (r *refusal) Error() string {
	return fmt.Sprintf("telegram: %s: %d %s", r.Method, r.Code, r.Text)
}

func (r *refusal) says(parts ...string) bool {
	text := strings.ToLower(r.Text)
	for _, p := range parts {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}

// kind says what the no means for a notification.
func (r *refusal) kind() delivery.FaultKind {
	switch {
	case r.Code == http.StatusTooManyRequests:
		return delivery.Overload
	case r.Code == http.StatusUnauthorized, r.Code == http.StatusNotFound: // what a wrong token gets
		return delivery.Misset
	case r.Code == http.StatusForbidden: // blocked, kicked, deactivated, or never started
		return delivery.Dead
	case r.Code == http.StatusConflict, r.Code >= 500:
		return delivery.Retry
	case r.says("chat not found", "peer_id_invalid", "user not found", "user_deactivated", "chat_write_forbidden", "not enough rights",
		"have no rights to send", "upgraded to a supergroup", "bot was kicked", "group chat was deactivated"):
		return delivery.Dead
	}
	return delivery.Refused
}

// same tells that an edit would have changed nothing: it is there already.
func same(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.says("not modified")
}

// lost tells that a message cannot be edited any more, so that a new one must do.
func lost(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.Code == http.StatusBadRequest && !same(err)
}
