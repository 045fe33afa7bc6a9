package journal

// A Kind says what an entry records: lower-case words, joined by dots or underscores, at
// most MaxKind bytes. Kinds are for ever; a word that turns out badly gets a successor.
type Kind string

// The kinds. Routine input is not journalled (the archive keeps it, with its hash);
// decisions, messages, answers and changes are.
const (
	EventOpened        Kind = "event.opened"               // signals became a new event
	EventRevised       Kind = "event.revised"              // an event got a new revision
	EventMerged        Kind = "event.merged"               // a person or the merger joined two events
	EventSplit         Kind = "event.split"                // a person detached signals from an event
	EventEnded         Kind = "event.ended"                // an event ended or was cancelled by its source
	WarningIssued      Kind = "warning.issued"             // a project got a new warning
	WarningRevised     Kind = "warning.revised"            // a warning changed level or content
	WarningEnded       Kind = "warning.ended"              // the hazard is over; all-clear
	WarningCancelled   Kind = "warning.cancelled"          // it was wrong; named persons took it back
	WarningExpired     Kind = "warning.expired"            // no news within its life time
	WarningAcked       Kind = "warning.acknowledged"       // somebody answered
	WarningSilenced    Kind = "warning.silenced"           // a person shelved it, until when and why
	WarningSuppressed  Kind = "warning.suppressed"         // a rule kept it from being sent
	Queued             Kind = "notification.queued"        // a message to a contact was decided
	Attempted          Kind = "notification.attempted"     // it was handed to its channel, with what result
	Receipt            Kind = "notification.receipt"       // the channel told what became of it
	Undeliverable      Kind = "notification.undeliverable" // every way to a contact failed
	Superseded         Kind = "notification.superseded"    // a newer revision took its place unsent
	Skipped            Kind = "notification.skipped"       // not sent, because the contact has muted the channel
	ContactMuted       Kind = "contact.muted"              // a contact muted a channel for a project, until when
	ContactUnmuted     Kind = "contact.unmuted"            // a mute was lifted before its end
	ContactTested      Kind = "contact.tested"             // a test message went to a contact, with what result
	DutyChanged        Kind = "duty.changed"               // rotas, policies, absences or swaps; a new version of the duty book
	DutyAlarm          Kind = "duty.alarm"                 // nobody on duty, a shift not taken over, a mute that has outlived its reason
	ShiftTaken         Kind = "shift.taken"                // somebody took a shift over by name
	ChoiceMade         Kind = "contact.choice"             // a receiver set quiet hours, digest, levels, language
	RegisterChanged    Kind = "register.changed"           // a risk, its controls, actions or exceptions, or an appetite line; a new version
	RegisterRun        Kind = "register.run"               // the register was simulated and the run kept
	RegisterDue        Kind = "register.due"               // an action, test, review or exception of the register is overdue
	AddressDead        Kind = "contact.address_dead"       // a contact's address does not exist, its provider says
	AddressBack        Kind = "contact.address_back"       // an address that was dead took a message
	FloodBegan         Kind = "flood.began"                // a contact gets more than can be read: digests from now on
	FloodEnded         Kind = "flood.ended"                // the contact gets single messages again
	RedLate            Kind = "notification.red_late"      // nobody tried a red within a minute; the watchdog did
	WarningNoted       Kind = "warning.noted"              // somebody said something that is no acknowledgement
	ContactDevice      Kind = "contact.device"             // a browser was subscribed to show a contact's notifications, or removed
	AlertLeftOut       Kind = "alert.left_out"             // a warning could not be told in the public CAP feed
	EscalationDue      Kind = "escalation.due"             // nobody answered in time; the next contact
	EscalationDone     Kind = "escalation.exhausted"       // nobody is left to ask
	PortfolioChanged   Kind = "portfolio.changed"          // assets, contacts or projects changed; new version
	RuleChanged        Kind = "rule.changed"               // a rule was written, switched on or off
	IndicatorsAdded    Kind = "indicator.added"            // numbers that assessments rest on came in, from where, how many
	AssessPublished    Kind = "assessment.published"       // a run of assessments, with the hash of its inputs and of its results
	AssessAsked        Kind = "assessment.task"            // a run was asked for, cancelled, or failed
	AssessMethod       Kind = "assessment.method"          // an organisation's weights or method changed: version, reason, hash
	ScenarioSaved      Kind = "assessment.scenario"        // a what-if was kept for a report
	ReportMade         Kind = "report.made"                // a report was frozen: hashes of its inputs and of its forms
	ReportApproved     Kind = "report.approved"            // somebody stands behind a report by name
	ReportSent         Kind = "report.sent"                // a report went out to its readers: which edition, how many
	ReportOrdered      Kind = "report.ordered"             // a schedule or a template of reports changed
	ReportLate         Kind = "report.late"                // a report was not there, or not approved, when it had to be
	ForecastPanel      Kind = "forecast.panel"             // a panel of deaths came in that forecasts are made from
	ForecastKept       Kind = "forecast.kept"              // a model's forecasts were kept before anybody could know, with the hash of what they said
	ForecastSaid       Kind = "forecast.said"              // a person's forecast was kept beside the model's
	ForecastOverridden Kind = "forecast.overridden"        // a person's forecast stands in the place of the model's, until when and why
	ForecastResolved   Kind = "forecast.resolved"          // outcomes were added to forecasts that were kept
	ForecastLate       Kind = "forecast.late"              // a forecast was not kept when it had to be, or its panel has no new month
	SourceChanged      Kind = "source.changed"             // a source was added, changed, paused
	SourceBlind        Kind = "source.blind"               // a source went past its content-age limit
	SourceSeen         Kind = "source.seen"                // a blind source is live again
	AccountChanged     Kind = "account.changed"            // an account or its rights changed
	TokenChanged       Kind = "token.changed"              // an API token was made or withdrawn
	Login              Kind = "login"                      // somebody signed in
	LoginRefused       Kind = "login.refused"              // somebody could not sign in
	Logout             Kind = "logout"                     // a session was ended
	Denied             Kind = "denied"                     // a right was missing
	PersonRead         Kind = "person.read"                // whereabouts or health were read, by whom and what for
	PersonErased       Kind = "person.erased"              // a person's data were erased; commitments stay
	Exported           Kind = "export"                     // data left the program, what and to whom
	ConfigChanged      Kind = "config.changed"             // the program started with other settings
	Started            Kind = "system.started"             // the program started, which version
	Stopped            Kind = "system.stopped"             // the program stopped in good order
	Restored           Kind = "system.restored"            // the database came from a backup, of when
	Released           Kind = "system.released"            // a person let a muted, restored program send again
	CheckpointMade     Kind = "checkpoint.made"            // a person asked for a checkpoint; the timed ones are not entries
	KeyChanged         Kind = "key.changed"                // the signing key of the journal was replaced
	WitnessUnreachable Kind = "witness.unreachable"        // an outside witness did not take checkpoints
	Gap                Kind = "gap"                        // something known to be missing, what and why
)

// Kinds returns all kinds of this version in the order of their subjects, for filters and
// documentation. A journal may hold others, written by a later version.
func Kinds() []Kind {
	return []Kind{
		EventOpened, EventRevised, EventMerged, EventSplit, EventEnded,
		WarningIssued, WarningRevised, WarningEnded, WarningCancelled, WarningExpired,
		WarningAcked, WarningSilenced, WarningSuppressed,
		Queued, Attempted, Receipt, Undeliverable, Superseded, Skipped, EscalationDue, EscalationDone,
		ContactMuted, ContactUnmuted, ContactTested, ContactDevice, AddressDead, AddressBack, FloodBegan, FloodEnded, RedLate, WarningNoted,
		DutyChanged, DutyAlarm, ShiftTaken, ChoiceMade, AlertLeftOut, RegisterChanged, RegisterRun, RegisterDue,
		PortfolioChanged, RuleChanged, IndicatorsAdded, AssessPublished, AssessAsked, AssessMethod, ScenarioSaved, ReportMade, ReportApproved, ReportSent, ReportOrdered, ReportLate,
		ForecastPanel, ForecastKept, ForecastSaid, ForecastOverridden, ForecastResolved, ForecastLate, SourceChanged, SourceBlind, SourceSeen,
		AccountChanged, TokenChanged, Login, LoginRefused, Logout, Denied,
		PersonRead, PersonErased, Exported,
		ConfigChanged, Started, Stopped, Restored, Released,
		CheckpointMade, KeyChanged, WitnessUnreachable, Gap,
	}
}

func (k Kind) wellFormed() bool {
	if k == "" || len(k) > MaxKind {
		return false
	}
	for i := range len(k) {
		if c := k[i]; (c < 'a' || c > 'z') && c != '.' && c != '_' {
			return false
		}
	}
	return true
}
