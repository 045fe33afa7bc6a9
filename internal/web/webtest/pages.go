package webtest

// Pages lists every page of the invented world by name: what tests and screenshots open.
// Those of open need no session.
func Pages() map[string]string {
	return map[string]string{
		"queue": "/", "queue-empty": "/?level=red&family=crime", "queue-closed": "/?show=closed", "warning": "/warnings/wrn_00", "warning-draft": "/warnings/wrn_01",
		"warning-over": "/warnings/wrn_13", "end": "/warnings/wrn_00/end", "cancel": "/warnings/wrn_00/cancel", "map": "/map", "map-project": "/map?project=prj_quetta-rail-3",
		"events": "/events", "event": "/events/evt_00", "event-track": "/events/evt_02", "portfolio": "/portfolio", "project": "/portfolio/prj_quetta-rail-3",
		"sources": "/sources", "source": "/sources/src_13", "journal": "/journal", "rules": "/rules", "suppressed": "/suppressed", "report": "/report", "account": "/account", "help": "/help",
		"error": "/warnings/nowhere", "sign-in": "/sign-in", "set-up": "/sign-in/first", "link": "/sign-in/link", "phone": "/a/tap-wrn_00", "phone-zh": "/a/tap-zh-wrn_01", "link-used": "/sign-in/used",
	}
}
