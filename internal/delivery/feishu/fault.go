package feishu

import (
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
)

// said is what every call is answered.
type said struct {
	Code    int    `json:"code"`
	Message string `json:"msg"`
	Token   string `json:"tenant_access_token"`
	Expire  int    `json:"expire"` // seconds
	Data    struct {
		MessageID string `json:"message_id"`
	} `json:"data"`
}

func (s said) line() string { return fmt.Sprintf("%d %s", s.Code, httpfault.Line(s.Message, 60)) }

// expired tells whether the access token is no longer taken.
func (s said) expired() bool {
	return s.Code == 99991661 || s.Code == 99991663 || s.Code == 99991664 || s.Code == 99991668
}

// lost tells whether the message that is to be answered is not there any more: recalled,
// deleted, or never ours.
func lost(code int) bool { return code == 230011 || code == 230110 || code == 230005 || code == 230019 }

func (s said) fault(r httpfault.Answer, now time.Time) error {
	switch {
	case s.Code == 0 && r.Status < 300:
		return nil
	case s.Code == 0:
		return r.Fault(now)
	}
	kind, wait := meaning(s.Code, s.Message)
	if wait > 0 {
		wait = max(wait, httpfault.After(r.Header, now))
	}
	return httpfault.Fail(kind, wait, "%s answered %d: %s", r.Host(), s.Code, httpfault.Line(s.Message, 120))
}

// meaning says what an error code means, after Feishu's tables for robots, messages and the
// platform. 9499 is both "bad request" and "too many requests".
func meaning(code int, message string) (delivery.FaultKind, time.Duration) {
	switch code {
	case 9499:
		if strings.Contains(strings.ToLower(message), "many") {
			return delivery.Overload, 10 * time.Second
		}
		return delivery.Refused, 0
	case 11232, 11233, 11247, 230020, 99991400: // 100 a minute for a robot; 5 a second for a chat; all calls
		return delivery.Overload, 10 * time.Second
	case 230002, 230013, 230029, 232009, 19007: // the bot is out of the chat; nobody there; chat dissolved; robot taken away
		return delivery.Dead, 0
	case 19001, 19021, 19022, 19024, // token, signature or time, address, keywords of a robot
		10003, 10014, 10012, 10013, 10015, // app id or secret
		230006, 230027, 230035, // the bot is switched off or may not write here
		99991661, 99991663, 99991664, 99991668, 99991671, 99991672, 99991679:
		return delivery.Misset, 0
	case 1500, 1503, 2200, 55001, 190005, 230049, 1061045:
		return delivery.Retry, 0
	default: // 19002, 11246, 230001, 230025, 230099: the body
		return delivery.Refused, 0
	}
}
