// Package attribution divides the money of orders over the touches before them.
//
// A [Model] gives every touch of a journey a whole-number weight; [Attribute]
// splits each order by those weights with largest remainder, ties to the
// earlier touch, and adds the shares up by currency, channel and stage. What no
// touch earned is reported as unattributed and never dropped, so credits plus
// unattributed equal the money of the orders to the cent, for every model.
//
// The package is pure and deterministic: the same journeys, in any order, give
// the same result.
package attribution
