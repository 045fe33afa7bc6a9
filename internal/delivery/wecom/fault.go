package wecom

import (
	"fmt"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
)

// said is what every call is answered.
type said struct {
	Code         int    `json:"errcode"`
	Message      string `json:"errmsg"`
	AccessToken  string `json:"access_token"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	MsgID        string `json:"msgid"`
	ResponseCode string `json:"response_code"`
	InvalidUser  string `json:"invaliduser"`
	InvalidParty string `json:"invalidparty"`
	InvalidTag   string `json:"invalidtag"`
}

// line is a good answer for the timeline. Ids that WeCom does not know are told, for the
// others have it.
func (s said) line() string {
	text := fmt.Sprintf("%d %s", s.Code, httpfault.Line(s.Message, 60))
	for _, unknown := range []string{s.InvalidUser, s.InvalidParty, s.InvalidTag} {
		if unknown != "" {
			text += "; unknown: " + httpfault.Line(unknown, 60)
		}
	}
	return text
}

// expired tells whether the access token is no longer taken.
func (s said) expired() bool { return s.Code == 40014 || s.Code == 42001 || s.Code == 41001 }

// fault says what an error code means, after WeCom's table of global codes; nil for 0.
func (s said) fault(r httpfault.Answer) error {
	if s.Code == 0 && r.Status < 300 {
		return nil
	}
	if s.Code == 0 {
		return r.Fault(time.Time{})
	}
	kind, wait := meaning(s.Code)
	return httpfault.Fail(kind, wait, "%s answered %d: %s", r.Host(), s.Code, httpfault.Line(s.Message, 120))
}

func meaning(code int) (delivery.FaultKind, time.Duration) {
	switch code {
	case -1: // busy
		return delivery.Retry, 0
	case 45009, 45033, 45047: // 20 a minute for a robot; calls at once; too often to one user
		return delivery.Overload, time.Minute
	case 93008, // the robot is not in the room
		81013,        // users, parties and tags are all unknown or may not see the application
		60111,        // no such user
		60123,        // no such party
		86003, 86216: // no such room
		return delivery.Dead, 0
	case 93000, 93004, // the robot's key is wrong; the robot was switched off
		40001, 40013, 40014, 41001, 41002, 41004, 41011, 42001, // secret, corp, token
		40056,               // agent id
		48002, 48004, 48006, // the application may not use this interface
		60011, 60020, 301002: // not allowed; our address is not on the list of trusted ones
		return delivery.Misset, 0
	default:
		return delivery.Refused, 0
	}
}
