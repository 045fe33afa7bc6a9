// Package cap reads and writes the Common Alerting Protocol, OASIS Standard CAP v1.2
// (1 July 2010), and reads its predecessors 1.0 and 1.1. It takes single alerts, the
// containers they travel in (EDXL-DE, Atom, RSS, plain lists, the MeteoAlarm JSON of
// warnings) and the Atom and RSS indexes that only point to alerts.
//
// It promises four things. Hostile input is met with limits on size, depth and tokens,
// and a document type declaration is refused, so no entity is ever expanded and nothing
// is fetched. Every departure from the standard is returned as a Problem with its place;
// an alert that can still be used is returned beside its problems. Nothing is dropped in
// silence: a broken alert inside a container becomes a Piece with an error. What Marshal
// writes is valid CAP 1.2 and the same bytes for the same alert.
//
// It does not fetch the documents an index names, verify XML signatures, keep embedded
// attachments (only their size and digest), or decide what an alert means for anyone.
// Coordinates keep the order of the document: latitude, then longitude, WGS 84 degrees.
package cap
