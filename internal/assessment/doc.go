// Package assessment turns a snapshot of indicators into scores that anybody can recompute:
// eleven dimensions of 0 to 10 for a country, division, site, route, project or portfolio,
// each of hazard, vulnerability and lack of coping, joined to one score with its class,
// interval, confidence, trend and drivers. Assess is a pure function of a snapshot, a method
// file and a seed; it gives the same bytes for any order of rows and any number of processors,
// and sums in a fixed order with logarithms of its own, so that a fused multiplication or
// another machine's library cannot change a digit. The numbers of the method stand in data
// files with a version, which an organisation may override. The package stores nothing, reads
// no clock and writes no sentence: words for people are made by phrase.
package assessment
