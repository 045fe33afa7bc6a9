// Package verify reckons cases again whose numbers somebody else has published: each row of
// data/published.csv names hazard, source, inputs, the published number and a tolerance, and
// the impact functions must meet it. The same rows are run by the tests, printed by
// `watchfire method verify` and written into docs/method/verification.md, so that an outsider
// can check the table by hand. With a folder of recorded data it also compares the fatality
// models with those that USGS publishes, and what they estimate with the deaths of past
// earthquakes. No number here was printed by our own code first; it decides nothing and is no
// part of the path of a warning.
package verify
