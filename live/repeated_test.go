package live_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"showrunner/live"
)

// TestRepeated: what is noted of a text is found for that text alone, whatever else
// takes its place meanwhile.
func TestRepeated(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var r live.Repeated[string]
	met := 0
	for range 200_000 {
		text := fmt.Sprintf(`{"count":%d,"x":"%s"}`, rng.IntN(40), strings.Repeat("y", rng.IntN(90)))
		if rng.IntN(3) == 0 {
			text = strings.Repeat("a", rng.IntN(6))
		}
		bytes := []byte(text)
		is, kept, known := r.Find(bytes)
		if is == nil {
			if known || len(text) > 0 && len(text) <= 96 {
				t.Fatalf("%q is not remembered", text)
			}
			continue
		}
		if string(kept) != text || !known && *is != "" || known && *is != "of "+text {
			t.Fatalf("%q is %q, kept as %q", text, *is, kept)
		}
		if known {
			met++
		}
		*is = "of " + text
		for i := range bytes {
			bytes[i] = 'z' // It keeps nothing of what it was given.
		}
	}
	if met < 20_000 {
		t.Errorf("%d texts were met", met)
	}
	var none *live.Repeated[string]
	if is, _, known := none.Find([]byte("x")); is != nil || known {
		t.Error("nothing remembers")
	}
}
