package slack

import (
	"net/http"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
)

// fault says what an error of the interface means; nil when it was taken.
func (s said) fault() error {
	if s.OK {
		return nil
	}
	kind, wait := meaning(s.Error)
	return httpfault.Fail(kind, wait, "Slack answered %s", httpfault.Line(s.Error, 80))
}

// lost tells whether the message that is to be answered is not there any more.
func lost(word string) bool {
	switch word {
	case "message_not_found", "thread_not_found", "cannot_reply_to_message", "invalid_thread_ts":
		return true
	default:
		return false
	}
}

func meaning(word string) (delivery.FaultKind, time.Duration) {
	switch word {
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return delivery.Overload, time.Minute
	case "channel_not_found", "is_archived", "user_not_found", "is_inactive", "channel_is_archived":
		return delivery.Dead, 0
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope", "no_permission",
		"not_allowed_token_type", "access_denied", "ekm_access_denied", "enterprise_is_restricted", "org_login_required",
		"team_access_not_granted", "not_in_channel", "two_factor_setup_required", "restricted_action", "restricted_action_thread_locked",
		"restricted_action_read_only_channel", "restricted_action_thread_only_channel", "restricted_action_non_threadable_channel":
		return delivery.Misset, 0
	case "msg_too_long", "msg_blocks_too_long", "no_text", "invalid_blocks", "invalid_blocks_format", "invalid_arguments", "invalid_json",
		"json_not_object", "too_many_attachments", "metadata_too_large", "invalid_metadata_format", "invalid_metadata_schema", "duplicate_message_not_found":
		return delivery.Refused, 0
	default: // internal_error, fatal_error, service_unavailable, request_timeout, and what is new
		return delivery.Retry, 0
	}
}

// hooked says what the answer of an incoming webhook means; "" = as its status says.
func hooked(r httpfault.Answer) delivery.FaultKind {
	word := strings.TrimSpace(string(r.Body))
	switch {
	case r.Status == http.StatusNotFound, r.Status == http.StatusGone: // no_service, no_team, channel_not_found, channel_is_archived
		return delivery.Dead
	case r.Status == http.StatusForbidden: // invalid_token, action_prohibited, posting_to_general_channel_denied
		return delivery.Misset
	case word == "no_active_hooks", word == "team_disabled":
		return delivery.Dead
	default:
		return ""
	}
}
