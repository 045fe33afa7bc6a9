package whatsapp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
)

// reEngage is the number that says that the 24 hours are over.
const reEngage = 131047

// judge reads Meta's error: a number; its sentence may hold the telephone number, so it is
// not shown.
func judge(got httpfault.Answer, now time.Time) error {
	var said struct {
		Error struct {
			Code    int `json:"code"`
			Subcode int `json:"error_subcode"`
		} `json:"error"`
	}
	f := got.Fault(now)
	f.Err = fmt.Errorf("whatsapp: status %d", got.Status)
	if json.Unmarshal(got.Body, &said) == nil && said.Error.Code != 0 {
		code := said.Error.Code
		f.Err = fmt.Errorf("whatsapp: error %d", code)
		if kind, known := meaning(code); known {
			f.Kind = kind
		}
		if code == reEngage {
			return &delivery.Fault{Kind: f.Kind, Err: &shut{f.Err}}
		}
	} else if got.Status == http.StatusUnauthorized || got.Status == http.StatusForbidden {
		f.Kind = delivery.Misset
	}
	return f
}

// meaning says what a number of the Cloud API's error codes means for a notification.
func meaning(code int) (kind delivery.FaultKind, known bool) {
	switch code {
	case 131026: // undeliverable: no account on WhatsApp, old app, terms not accepted
		return delivery.Dead, true
	case 4, 80007, 130429, 131048, 131056, 133016: // of the app, the account, the number, for spam, for one pair
		return delivery.Overload, true
	case 1, 2, 131000, 131016, 131052, 131057, 133004: // of Meta's own making
		return delivery.Retry, true
	case 100, 131008, 131009, 131047, 131051, 131053, 130472, 130497, 131049, 131050: // this message, or to this person
		return delivery.Refused, true
	case 0, 3, 10, 190, 368, 131005, 131021, 131031, 131037, 131042, 131045, // keys, rights, account, payment
		132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 132069, // the template
		133000, 133005, 133006, 133008, 133009, 133010, 133015, 134011, 135000, 2388093: // the number
		return delivery.Misset, true
	}
	if code >= 200 && code < 300 {
		return delivery.Misset, true
	}
	return "", false
}
