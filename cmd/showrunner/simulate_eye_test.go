package main

import (
	"testing"

	"showrunner/live"
)

// see shows events to an eye in one frame.
func see(e *simEye, offset uint64, ids ...string) {
	f := simEvents{Epoch: "e", Offset: offset}
	for _, id := range ids {
		f.Events = append(f.Events, simEvent{Type: string(live.CommentSent), EventID: id})
	}
	e.events(f)
}

// hide shows an eye that a role hid a comment.
func hide(e *simEye, by live.Role, comment string) {
	x := simEvent{Type: string(live.CommentHidden), EventID: "hidden " + comment, Data: []byte(`{"comment_id":"` + comment + `"}`)}
	x.Actor.Role = by
	e.events(simEvents{Epoch: "e", Offset: 3, Events: []simEvent{x}})
}

func TestSight(t *testing.T) {
	for _, tc := range []struct {
		name     string
		operator func(*simEye)
		viewer   func(*simEye)
		said     []string
		want     simSight
	}{
		{"all the same", func(e *simEye) { see(e, 1, "a", "b"); see(e, 2, "c") }, func(e *simEye) { see(e, 2, "b", "c") }, []string{"a", "c"}, simSight{Events: 3}},
		{"one missing", func(e *simEye) { see(e, 3, "a", "b", "c") }, func(e *simEye) { see(e, 3, "a", "c") }, nil, simSight{Events: 3, Missing: 1}},
		{"one doubled", func(e *simEye) { see(e, 2, "a", "b") }, func(e *simEye) { see(e, 1, "a"); see(e, 2, "a", "b") }, nil, simSight{Events: 2, Doubled: 1}},
		{"out of order", func(e *simEye) { see(e, 2, "a", "b") }, func(e *simEye) { see(e, 2, "b", "a") }, nil, simSight{Events: 2, Disorder: 1}},
		{"offset goes back", func(e *simEye) { see(e, 2, "a", "b") }, func(e *simEye) { see(e, 2, "a"); see(e, 1, "b") }, nil, simSight{Events: 2, Backwards: 1}},
		{"announced gap", func(e *simEye) { see(e, 3, "a", "b", "c") }, func(e *simEye) { see(e, 1, "a"); e.gap(1); see(e, 3, "c") }, nil, simSight{Events: 3, Gaps: 1}},
		{"comment that nobody saw", func(e *simEye) { see(e, 1, "a") }, func(e *simEye) { see(e, 1, "a") }, []string{"x"}, simSight{Events: 1, Unseen: 1}},
		{"comment that the system hid", func(e *simEye) { see(e, 1, "a"); hide(e, live.RoleSystem, "c-x") }, func(e *simEye) { see(e, 1, "a"); hide(e, live.RoleSystem, "c-x") }, []string{"x"}, simSight{Events: 2}},
		{"comment that nobody saw, hidden later", func(e *simEye) { see(e, 1, "a"); hide(e, live.RoleModerator, "c-x") }, func(e *simEye) { see(e, 1, "a"); hide(e, live.RoleModerator, "c-x") }, []string{"x"}, simSight{Events: 2, Unseen: 1}},
		{"seen by the viewer alone", func(e *simEye) { see(e, 1, "a") }, func(e *simEye) { see(e, 2, "a", "z") }, nil, simSight{Events: 1, Foreign: 1}},
		{"state resent", func(e *simEye) { see(e, 3, "a", "b", "c") }, func(e *simEye) {
			see(e, 1, "a")
			e.welcome(simWelcome{Epoch: "e", Offset: 2})
			see(e, 3, "c")
		}, nil, simSight{Events: 3, Gaps: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var eyes simEyes
			tc.operator(eyes.open("operator"))
			tc.viewer(eyes.open("viewer"))
			for _, id := range tc.said {
				eyes.said(simComment{id, "c-" + id})
			}
			tc.want.Eyes = 2
			if got := eyes.verdict(); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			if got, want := eyes.verdict().fault(), tc.want.Doubled+tc.want.Missing+tc.want.Disorder+tc.want.Backwards+tc.want.Unseen+tc.want.Foreign > 0; got != want {
				t.Errorf("fault: got %v, want %v", got, want)
			}
		})
	}
}
