package lifetime

import (
	"fmt"
	"math"
)

// Buyer is what the models know of a person, their first order apart.
//
// Recency here is the opposite of what marketing calls by that name: it is the
// age of the buyer at their last order, not the time that has passed since. A
// buyer who ordered once has Repeat and Recency zero.
type Buyer struct {
	Repeat  int     // days with an order after the first such day
	Recency float64 // from the first order to the last
	Age     float64 // from the first order to the end of the data
	Mean    float64 // money of a repeat day, the first one left out; 0 without any
}

// check refuses what cannot be a buyer.
func (b *Buyer) check() error {
	switch {
	case math.IsNaN(b.Recency) || math.IsNaN(b.Age) || math.IsInf(b.Age, 0):
		return fmt.Errorf("a buyer's times are %v and %v", b.Recency, b.Age)
	case b.Repeat < 0 || b.Recency < 0 || b.Age < b.Recency:
		return fmt.Errorf("a buyer with %d repeat orders, the last at %v, is %v old", b.Repeat, b.Recency, b.Age)
	case b.Repeat == 0 && b.Recency > 0:
		return fmt.Errorf("a buyer without repeat orders has the last one at %v", b.Recency)
	}
	return nil
}
