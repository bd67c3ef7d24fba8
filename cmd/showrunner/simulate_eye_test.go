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

// say shows an eye the comment c-x of somebody, event x.
func say(e *simEye, author string) {
	x := simEvent{Type: string(live.CommentSent), EventID: "x", Data: []byte(`{"comment_id":"c-x","text":"hello"}`)}
	x.Actor.ID = author
	e.events(simEvents{Epoch: "e", Offset: 3, Events: []simEvent{x}})
}

// silence shows an eye that somebody was muted.
func silence(e *simEye, viewer string) {
	e.events(simEvents{Epoch: "e", Offset: 3, Events: []simEvent{{Type: string(live.ViewerMuted), EventID: "muted " + viewer, Data: []byte(`{"viewer_id":"` + viewer + `"}`)}}})
}

// restore shows an eye that the comment c-x is back.
func restore(e *simEye) {
	e.events(simEvents{Epoch: "e", Offset: 3, Events: []simEvent{{Type: string(live.CommentRestored), EventID: "restored", Data: []byte(`{"comment_id":"c-x"}`)}}})
}

// back has an eye return with everything it missed to follow.
func back(e *simEye) { e.welcome(simWelcome{Epoch: "e", Offset: 3, Recovered: true}) }

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
		{"hidden while the viewer was away", func(e *simEye) {
			see(e, 1, "a")
			say(e, "p")
			see(e, 3, "b")
			hide(e, live.RoleModerator, "c-x")
			see(e, 3, "c")
		}, func(e *simEye) {
			see(e, 1, "a")
			back(e)
			see(e, 3, "b")
			hide(e, live.RoleModerator, "c-x")
			see(e, 3, "c")
		}, nil, simSight{Events: 5}},
		{"hidden before the viewer was away again", func(e *simEye) { see(e, 1, "a"); say(e, "p"); hide(e, live.RoleModerator, "c-x"); see(e, 3, "c") }, func(e *simEye) {
			back(e)
			see(e, 1, "a")
			hide(e, live.RoleModerator, "c-x")
			back(e)
			see(e, 3, "c")
		}, nil, simSight{Events: 4}},
		{"hidden after the viewer was away once more", func(e *simEye) { see(e, 1, "a"); say(e, "p"); see(e, 3, "b"); hide(e, live.RoleModerator, "c-x") }, func(e *simEye) {
			back(e)
			see(e, 1, "a")
			see(e, 3, "b")
			back(e)
			hide(e, live.RoleModerator, "c-x")
		}, nil, simSight{Events: 4, Missing: 1}},
		{"hidden, and the viewer was never away", func(e *simEye) { see(e, 1, "a"); say(e, "p"); hide(e, live.RoleModerator, "c-x") }, func(e *simEye) {
			see(e, 1, "a")
			hide(e, live.RoleModerator, "c-x")
		}, nil, simSight{Events: 3, Missing: 1}},
		{"hidden and brought back while the viewer was away", func(e *simEye) { see(e, 1, "a"); say(e, "p"); hide(e, live.RoleModerator, "c-x"); restore(e) }, func(e *simEye) {
			see(e, 1, "a")
			back(e)
			hide(e, live.RoleModerator, "c-x")
			restore(e)
		}, nil, simSight{Events: 4, Missing: 1}},
		{"author silenced while the viewer was away", func(e *simEye) { see(e, 1, "a"); say(e, "p"); silence(e, "p"); see(e, 3, "b") }, func(e *simEye) {
			see(e, 1, "a")
			back(e)
			silence(e, "p")
			see(e, 3, "b")
		}, nil, simSight{Events: 4}},
		{"another silenced while the viewer was away", func(e *simEye) { see(e, 1, "a"); say(e, "p"); silence(e, "q"); see(e, 3, "b") }, func(e *simEye) {
			see(e, 1, "a")
			back(e)
			silence(e, "q")
			see(e, 3, "b")
		}, nil, simSight{Events: 4, Missing: 1}},
		{"not a comment, while the viewer was away", func(e *simEye) { see(e, 1, "a", "b"); silence(e, "p"); see(e, 3, "c") }, func(e *simEye) {
			see(e, 1, "a")
			back(e)
			silence(e, "p")
			see(e, 3, "c")
		}, nil, simSight{Events: 4, Missing: 1}},
		{"hidden while the operator was away", func(e *simEye) { see(e, 1, "a"); back(e); hide(e, live.RoleModerator, "c-x"); see(e, 3, "b") }, func(e *simEye) {
			see(e, 1, "a")
			say(e, "p")
			hide(e, live.RoleModerator, "c-x")
			see(e, 3, "b")
		}, nil, simSight{Events: 3}},
		{"seen by the viewer alone, and the operator was never away", func(e *simEye) { see(e, 1, "a"); hide(e, live.RoleModerator, "c-x") }, func(e *simEye) {
			see(e, 1, "a")
			say(e, "p")
			hide(e, live.RoleModerator, "c-x")
		}, nil, simSight{Events: 2, Foreign: 1}},
		{"author silenced in the moment of the comment", func(e *simEye) { see(e, 1, "a"); silence(e, "by x") }, func(e *simEye) { see(e, 1, "a"); silence(e, "by x") }, []string{"x"}, simSight{Events: 2}},
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
				eyes.said(simComment{id, "c-" + id, "by " + id})
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
