// Package witness carries signed checkpoints of the journal out of the reach of whoever
// holds the database: to a file on another disk, to an HTTP endpoint, to a mailbox. Its
// Keeper signs a checkpoint each minute or each thousand entries and publishes it to all
// witnesses, each with its own retries.
//
// It promises that the Keeper never signs a journal that contradicts the last checkpoint it
// signed, that a slow or dead witness delays neither the journal nor the other witnesses,
// and that State tells for each witness what it last took and why it did not take more.
//
// It does not verify journals (package journal does), and it cannot make a witness honest:
// use more than one, in more than one hand.
package witness
