// Package temperature says how service feels: too hot where people are touched
// who do not answer, too cold where needs wait. It is a number around 37 whose two
// parts stand beside it always, and it is not told of too few touches.
//
// [Row] is what is counted of a person, an agent, a group or a merchant, and
// [Row.Degrees] the number. [History] counts rows by going over all facts; the
// clickhouse package answers the same question from its tables, and a test holds
// the two equal. The package is pure.
package temperature
