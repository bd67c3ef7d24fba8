package live_test

import (
	"strings"
	"testing"

	"showrunner/live"
)

// TestOutgoing: every kind that may leave exists, and every fact of an order
// or commission among them counts as money.
func TestOutgoing(t *testing.T) {
	for _, k := range live.Outgoing {
		if _, ok := live.SpecOf(k); !ok {
			t.Errorf("%s may leave and is no kind", k)
		}
		if !k.MayLeave() {
			t.Errorf("%s is listed and may not leave", k)
		}
	}
	for _, s := range live.Kinds {
		if s.From&live.FromViewer != 0 && s.Kind.MayLeave() {
			t.Errorf("%s is what a viewer did and may leave", s.Kind)
		}
		if (live.OrderFactKind(s.Kind) || strings.HasPrefix(string(s.Kind), "commission_") || s.Kind == live.ReferralConverted) != s.Kind.TellsMoney() {
			t.Errorf("%s: tells money = %v", s.Kind, s.Kind.TellsMoney())
		}
	}
	for _, k := range []live.Kind{live.PromptSent, live.ViewerMuted, live.CommentSent, ""} {
		if k.MayLeave() {
			t.Errorf("%q may leave", k)
		}
	}
}
