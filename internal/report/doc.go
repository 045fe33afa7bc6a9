// Package report makes reports: from a frozen snapshot of everything that is known, one of ten
// products as a typed document, which then becomes HTML, JSON, a workbook or a printed page.
// Compose is a pure function of a snapshot and a language's words; the same snapshot gives the
// same bytes of HTML and JSON, and Verify makes them again and compares. Every report opens
// with what changed since the last one and says in a box of its own what it does not know: a
// figure that is missing is named there and never written as zero. The package reckons when
// reports are due, in the reader's zone, but reads no clock, stores nothing and sends nothing.
package report
