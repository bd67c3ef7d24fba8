package lifetime

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestLook(t *testing.T) {
	truth, spend := Process{0.8, 30, 0.9, 3}, Spend{4, 3, 9000}
	buyers := simulate(rand.New(rand.NewPCG(8, 9)), truth, spend, 3000)
	f, err := Look(buyers, 90)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for i, o := range f.Outlooks {
		b := buyers[o.Index]
		seen[o.Index] = true
		if o.Alive != f.Process.Alive(b) || o.Orders != f.Process.Expect(b, 90) || o.Each != f.Spend.Expect(b) || o.Value != o.Orders*o.Each {
			t.Fatalf("%+v of %+v is not what the models say", o, b)
		}
		if i > 0 && o.Value > f.Outlooks[i-1].Value {
			t.Fatalf("%+v stands after %+v", o, f.Outlooks[i-1])
		}
	}
	if len(seen) != len(buyers) {
		t.Errorf("%d of %d buyers have an outlook", len(seen), len(buyers))
	}
	// Without money there are orders all the same.
	for i := range buyers {
		buyers[i].Mean = 0
	}
	if f, err = Look(buyers, 90); err != nil || f.SpendErr == nil || !math.IsNaN(f.Outlooks[0].Value) || f.Outlooks[0].Orders <= 0 {
		t.Errorf("without money: %v %+v", err, f.Outlooks[0])
	}
}
