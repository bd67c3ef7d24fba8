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
	var last *live.Noted[string]
	met := 0
	for range 200_000 {
		text := fmt.Sprintf(`{"count":%d,"x":"%s"}`, rng.IntN(40), strings.Repeat("y", rng.IntN(90)))
		if rng.IntN(3) == 0 {
			text = strings.Repeat("a", rng.IntN(6))
		}
		bytes := []byte(text)
		is, known := r.Find(bytes)
		if is == nil {
			if known || len(text) > 0 && len(text) <= 96 {
				t.Fatalf("%q is not remembered", text)
			}
			continue
		}
		if string(is.Text()) != text || !is.Is(bytes) || !known && is.Of != "" || known && is.Of != "of "+text {
			t.Fatalf("%q is %q, kept as %q", text, is.Of, is.Text())
		}
		if last.Is(bytes) && last != is {
			t.Fatalf("%q stands in two places", text)
		}
		last = is
		if known {
			met++
		}
		is.Of = "of " + text
		for i := range bytes {
			bytes[i] = 'z' // It keeps nothing of what it was given.
		}
	}
	if met < 20_000 {
		t.Errorf("%d texts were met", met)
	}
	var none *live.Repeated[string]
	if is, known := none.Find([]byte("x")); is != nil || known || is.Is(nil) {
		t.Error("nothing remembers")
	}
}
