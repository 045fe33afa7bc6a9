// Package impact turns the strength of a hazard at one place into the probability of each
// impact class there: one file and one function a hazard, from explicit inputs to a Result
// that names its intensity, steps, formula, source and method version. It is pure: no clock,
// no network, no hidden state; chance comes from a seed that the caller gives, and equal
// inputs give equal bytes in every run on one kind of processor. Inputs outside the range a
// source was fitted to are computed and noted; inputs that make no sense are refused with an
// error that wraps fault.ErrInvalid and names the field. It does not decide levels (package
// level does), does not match places (the caller gives distances) and does not judge whether
// a report is true, beyond the arithmetic of Weigh.
//
// Units are in the names: kilometres, hours, degrees, knots, metres per second. The
// coefficients stand in data/method.json and data/pager_fatality.csv with their provenance;
// a tenant may load another method file through Load.
package impact
