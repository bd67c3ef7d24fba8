package console

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"showrunner/live"
)

// TestSubscriptionsOffer: what the page of webhooks offers to send is what may
// leave, and reports by schedule, which are no facts.
func TestSubscriptionsOffer(t *testing.T) {
	text, err := os.ReadFile("app/src/pages/deliveries/deliveries.ts")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, m := range regexp.MustCompile(`"([a-z]+(?:_[a-z]+)+)"`).FindAllStringSubmatch(string(text), -1) {
		got[m[1]] = true
	}
	delete(got, "report_due")
	delete(got, "paused_until")
	for _, k := range live.Outgoing {
		if !got[string(k)] {
			t.Errorf("%s may leave, and the page does not offer it", k)
		}
	}
	for name := range got {
		if !slices.Contains(live.Outgoing, live.Kind(name)) {
			t.Errorf("the page offers %s, which does not leave", name)
		}
	}
}
