package hub_test

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
	"showrunner/live/hub"
)

// Who gets a comment together with what took it out of sight does not see it,
// live or after a return; who had seen it before learns of both.
func TestHiddenCommentsAreNotShownAgain(t *testing.T) {
	says := func(offset uint64, id string, author live.PersonID) hub.Message {
		m := roomMsg(offset)
		m.Effect, m.Comment, m.Author = hub.Says, id, author
		return m
	}
	about := func(offset uint64, e hub.Effect, id string, author live.PersonID) hub.Message {
		m := roomMsg(offset)
		m.Effect, m.Comment, m.Author = e, id, author
		return m
	}
	for name, tc := range map[string]struct {
		msgs []hub.Message
		want []uint64
	}{
		"hidden":                    {[]hub.Message{says(1, "a", "x"), says(2, "b", "x"), about(3, hub.Hides, "a", "")}, []uint64{2, 3}},
		"hidden and restored":       {[]hub.Message{says(1, "a", "x"), about(2, hub.Hides, "a", ""), about(3, hub.Restores, "a", "")}, []uint64{1, 2, 3}},
		"restored and hidden":       {[]hub.Message{says(1, "a", "x"), about(2, hub.Restores, "a", ""), about(3, hub.Hides, "a", "")}, []uint64{2, 3}},
		"muted":                     {[]hub.Message{says(1, "a", "x"), says(2, "b", "y"), about(3, hub.Silences, "", "x"), says(4, "c", "x")}, []uint64{2, 3, 4}},
		"muted, one restored":       {[]hub.Message{says(1, "a", "x"), says(2, "b", "x"), about(3, hub.Silences, "", "x"), about(4, hub.Restores, "b", "")}, []uint64{2, 3, 4}},
		"restored before the mute":  {[]hub.Message{says(1, "a", "x"), about(2, hub.Hides, "a", ""), about(3, hub.Restores, "a", ""), about(4, hub.Silences, "", "x")}, []uint64{2, 3, 4}},
		"nobody's comment, a mute":  {[]hub.Message{says(1, "a", ""), about(2, hub.Silences, "", "x")}, []uint64{1, 2}},
		"hidden before it was said": {[]hub.Message{about(1, hub.Hides, "a", ""), says(2, "a", "x")}, []uint64{1, 2}},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHub(t, nil)
			s, _ := join(t, h, hub.JoinOptions{})
			h.Publish("r1", tc.msgs)
			synctest.Wait()
			var got []uint64
			for _, f := range s.all(t) {
				got = append(got, f.Events...)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s, live (-want +got):\n%s", name, diff)
			}
			_, j := join(t, h, hub.JoinOptions{HasSince: true})
			got = nil
			for _, f := range h.Encode(hub.ClassViewer, "", j.Messages, j.Offset) {
				got = append(got, parse(t, f).Events...)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s, after a return (-want +got):\n%s", name, diff)
			}
		})
	}
}
