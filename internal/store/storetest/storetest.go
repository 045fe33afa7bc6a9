// Package storetest is the conformance suite of the store: what every engine must do, as one
// list of tests that each engine's package runs. A test gets an empty database, opens it as
// often as it likes (a restart, or another process) and speaks to it through the same
// interfaces as the program. What only one engine can show stands in that engine's tests.
package storetest

import (
	"context"
	"testing"

	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/engine"
)

// A Place is one database of a test's own, empty at first.
type Place struct {
	// Database opens it, a second time as well.
	Database func(ctx context.Context) (engine.Database, error)
	// Bytes are all bytes that it keeps, wherever they are.
	Bytes func(t *testing.T) []byte
}

// Open is the store on it.
func (p Place) Open(ctx context.Context) (*store.DB, error) {
	d, err := p.Database(ctx)
	if err != nil {
		return nil, err
	}
	return store.New(d), nil
}

// A Maker makes a place that is cleared away when the test ends.
type Maker func(t *testing.T) Place

// Run runs the suite.
func Run(t *testing.T, empty Maker) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) { c.run(t, empty) })
	}
}

type testCase struct {
	name string
	run  func(*testing.T, Maker)
}

func cases() []testCase {
	return []testCase{
		{"FirstStart", TestFirstStart},
		{"LinksEnd", TestLinksEnd},
		{"OneLinkOneSession", TestOneLinkOneSession},
		{"SessionsEnd", TestSessionsEnd},
		{"OwnPasswordKeepsOwnSession", TestOwnPasswordKeepsOwnSession},
		{"LastAdministratorStays", TestLastAdministratorStays},
		{"OrganisationsAreSeparate", TestOrganisationsAreSeparate},
		{"Tokens", TestTokens},
		{"TokenLosesWhatItsAccountLoses", TestTokenLosesWhatItsAccountLoses},
		{"SecretsAreNotStored", TestSecretsAreNotStored},
		{"AnswerLinks", TestAnswerLinks},
		{"AnswerLinkNeedsTheKey", TestAnswerLinkNeedsTheKey},
		{"Idempotency", TestIdempotency},
		{"Retention", TestRetention},
		{"History", TestHistory},
		{"LeaveLinks", TestLeaveLinks},
		{"LeaveLinksNeedTheKeyAndServeOnePurpose", TestLeaveLinksNeedTheKeyAndServeOnePurpose},
		{"ForecastsAreKept", TestForecastsAreKept},
		{"SiteForecastsAreKept", TestSiteForecastsAreKept},
		{"ForecastPanels", TestForecastPanels},
		{"ForecastState", TestForecastState},
		{"ForecastsAreReadOnceForAPage", TestForecastsAreReadOnceForAPage},
		{"MutedBelowRed", TestMutedBelowRed},
		{"Probes", TestProbes},
		{"QuietHoursOnDisk", TestQuietHoursOnDisk},
		{"DeferredRises", TestDeferredRises},
		{"DigestOnDisk", TestDigestOnDisk},
		{"AcknowledgementWakes", TestAcknowledgementWakes},
		{"CannotTakesBackOnlyItsOwn", TestCannotTakesBackOnlyItsOwn},
		{"DigestsOverARestore", TestDigestsOverARestore},
		{"AFreshDigestTellsNothingOld", TestAFreshDigestTellsNothingOld},
		{"FloodLeavesChoicesAlone", TestFloodLeavesChoicesAlone},
		{"DutyBookOnDisk", TestDutyBookOnDisk},
		{"ShiftsAndSnoozes", TestShiftsAndSnoozes},
		{"DutyIsReadAnew", TestDutyIsReadAnew},
		{"RegisterOnDisk", TestRegisterOnDisk},
		{"Surveys", TestSurveys},
		{"NoticesOnDisk", TestNoticesOnDisk},
		{"AShiftIsTakenOverByName", TestAShiftIsTakenOverByName},
		{"Devices", TestDevices},
		{"Observations", TestObservations},
		{"Assessments", TestAssessments},
		{"AssessTasks", TestAssessTasks},
		{"AssessTaskOfADeadProcess", TestAssessTaskOfADeadProcess},
		{"AssessSettings", TestAssessSettings},
		{"Reports", TestReports},
		{"Letters", TestLetters},
		{"QuietSources", TestQuietSources},
		{"KnownBodyIsReadOnceMore", TestKnownBodyIsReadOnceMore},
		{"LinkedDocumentsAreFetchedInTheEnd", TestLinkedDocumentsAreFetchedInTheEnd},
		{"NewsFirstAndNobodyStarves", TestNewsFirstAndNobodyStarves},
		{"LinkedDocumentsThatFail", TestLinkedDocumentsThatFail},
		{"DeadServerIsLeftAlone", TestDeadServerIsLeftAlone},
		{"NewRevisionAtTheSameAddress", TestNewRevisionAtTheSameAddress},
		{"OneOfManyClaims", TestOneOfManyClaims},
		{"TwoAppendToOneJournal", TestTwoAppendToOneJournal},
		{"APieceFailsAlone", TestAPieceFailsAlone},
		{"HostileTexts", TestHostileTexts},
		{"QueueReads", TestQueueReads},
		{"RowsTogether", TestRowsTogether},
		{"OutcomesTogether", TestOutcomesTogether},
		{"Leases", TestLeases},
		{"OneOfManyTakes", TestOneOfManyTakes},
		{"DeadReplicas", TestDeadReplicas},
		{"LeftRecords", TestLeftRecords},
		{"SeveralDecideLikeOne", TestSeveralDecideLikeOne},
		{"TwoBelievers", TestTwoBelievers},
		{"TwoStepsFromTheIndex", TestTwoStepsFromTheIndex},
		{"RowsOfAChangedAssetOnDisk", TestRowsOfAChangedAssetOnDisk},
		{"AnObservationInPortions", TestAnObservationInPortions},
		{"Vitals", TestVitals},
		{"Muted", TestMuted},
		{"WatchOnDisk", TestWatchOnDisk},
		{"MemoryReviewAndSilenceOnDisk", TestMemoryReviewAndSilenceOnDisk},
		{"CallbacksInAnyOrder", TestCallbacksInAnyOrder},
		{"ReceiptIsWrittenAgain", TestReceiptIsWrittenAgain},
		{"ReceiptsOfStrangers", TestReceiptsOfStrangers},
		{"ClaimedOnce", TestClaimedOnce},
		{"RedsFirst", TestRedsFirst},
		{"Unreached", TestUnreached},
		{"OneMessageForSeveral", TestOneMessageForSeveral},
		{"AddressesAndChannelsInTrouble", TestAddressesAndChannelsInTrouble},
		{"FloodsOnDisk", TestFloodsOnDisk},
		{"RepliesMeanWhatWasTold", TestRepliesMeanWhatWasTold},
		{"ThreadsKnowTheirParent", TestThreadsKnowTheirParent},
		{"ClaimedWhileQueued", TestClaimedWhileQueued},
		{"NextStepWithoutWaiting", TestNextStepWithoutWaiting},
	}
}
