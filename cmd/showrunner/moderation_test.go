package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/coder/websocket"

	"showrunner/live"
)

// refusedWith sends a frame and gives the code of its refusal, or "ok".
func refusedWith(t *testing.T, ctx context.Context, s *socket, kind string, data object) string {
	t.Helper()
	ack, err := s.do(ctx, object{"type": kind, "data": data})
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	if e, ok := ack["error"].(object); ok {
		return fmt.Sprint(e["code"])
	}
	return "ok"
}

// until reads frames until one of the room's events fits.
func until(t *testing.T, ctx context.Context, s *socket, kind live.Kind) object {
	t.Helper()
	for {
		frame, err := s.read(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v", kind, err)
		}
		list, _ := frame["events"].([]any)
		for _, e := range list {
			if e, ok := e.(object); ok && e["type"] == string(kind) {
				return e
			}
		}
	}
}

// TestModeration plays a room in which viewers are muted, kicked and blocked,
// on a whole server: over the websocket, over HTTP, and through the log.
func TestModeration(t *testing.T) {
	c := newServe()
	c.Data, c.Addr, c.LogLevel = t.TempDir(), "127.0.0.1:0", "warn"
	url := startServer(t, c)
	s := newStage(t, url, c.Data, "m-mod", "r-mod", "UTC", good{"p1", "sku-1", 100, 10})
	ctx := deadline(t, 2*time.Minute)
	ann, bob := s.viewer("ann", ""), s.viewer("bob", "")
	defer ann.close()
	defer bob.close()
	mod := newSocket(url, s.room, s.tokens.sign(live.RoleModerator, "mod", s.merchant), "panel=1")
	defer mod.close()
	order := func(name string, args object) {
		t.Helper()
		args["command_id"] = fmt.Sprint(name, time.Now().UnixNano())
		if code := refusedWith(t, ctx, mod, name, args); code != "ok" {
			t.Fatalf("%s: %s", name, code)
		}
	}
	says := func(who *socket, text, want string) {
		t.Helper()
		if got := refusedWith(t, ctx, who, "comment_sent", object{"text": text}); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	says(ann, "hello", "ok")
	says(bob, "hello", "ok")

	// Keywords, in disguise too, and the answer of the room.
	order("block_keyword", object{"word": "加微信"})
	says(ann, "请加 微 信", "blocked_keyword")
	if got := refusedWith(t, ctx, mod, "set_autoreply", object{"command_id": "ar", "keyword": "size", "text": "S to XL"}); got != "forbidden" {
		t.Errorf("a moderator sets answers: %s", got)
	}
	s.command("set_autoreply", object{"keyword": "size", "text": "S to XL"})
	says(bob, "what SIZE is it?", "ok")
	if e := until(t, ctx, ann, live.AutoReplied); e["data"].(object)["text"] != "S to XL" || e["actor"].(object)["role"] != "system" {
		t.Errorf("answer: %v", e)
	}

	// A mute by the moderator meets the viewer on both doors, and nobody else.
	order("mute_viewer", object{"viewer_id": "ann"})
	says(ann, "still here", "muted")
	says(bob, "hi", "ok")
	says(mod, "be kind", "ok")
	var posted struct {
		Results []struct {
			Status string `json:"status"`
			Error  struct {
				Code string `json:"code"`
			} `json:"error"`
		} `json:"results"`
	}
	must(t, "POST", url+"/v1/events", s.operator, []object{
		{"event_id": "e1", "type": "comment_sent", "source": "crm", "room_id": s.room, "user_id": "ann", "data": object{"text": "by the back door"}},
		{"event_id": "e2", "type": "comment_sent", "source": "crm", "room_id": s.room, "user_id": "eve", "data": object{"text": "by the front door"}},
	}, &posted)
	if posted.Results[0].Error.Code != "muted" || posted.Results[1].Status != "accepted" {
		t.Errorf("posted: %+v", posted)
	}
	order("unmute_viewer", object{"viewer_id": "ann"})
	says(ann, "thanks", "ok")

	// Modes, and what a newcomer is told of them.
	order("mute_all", object{})
	order("pin_comment", object{"comment_id": "k1", "text": "welcome"})
	says(bob, "anybody?", "mute_all")
	says(mod, "quiet please", "ok")
	late := s.viewer("late", "")
	defer late.close()
	if err := late.connect(ctx); err != nil {
		t.Fatal(err)
	}
	welcome, err := late.read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	room := welcome["room"].(object)
	if modes := room["modes"].(object); modes["mute_all"] != true || modes["slow_mode_s"] != 0.0 || room["pinned_comment"].(object)["text"] != "welcome" {
		t.Errorf("a newcomer is told %v", room)
	}
	order("mute_all", object{"on": false})
	order("followers_only", object{})
	says(bob, "me?", "followers_only")
	if got := refusedWith(t, ctx, bob, "followed", object{}); got != "ok" {
		t.Fatal(got)
	}
	for end := time.Now().Add(20 * time.Second); ; pause(ctx) {
		if got := refusedWith(t, ctx, bob, "comment_sent", object{"text": "a follower"}); got == "ok" {
			break
		} else if got != "followers_only" || time.Now().After(end) {
			t.Fatalf("a follower: %s", got)
		}
	}
	order("followers_only", object{"on": false})
	order("set_slow_mode", object{"seconds": 600})
	says(bob, "one", "ok")
	says(bob, "two", "slow_mode")

	// What was left out is told to the panel.
	told := until(t, ctx, mod, live.EventsDropped)["data"].(object)
	if reasons := told["reasons"].(object); reasons["muted"] == nil && reasons["mute_all"] == nil && reasons["followers_only"] == nil && reasons["blocked_keyword"] == nil {
		t.Errorf("the panel is told %v", told)
	}

	// Out, for the show and for good.
	for name, who := range map[string]*socket{"kick_viewer": ann, "block_viewer": bob} {
		code := map[string]int{"kick_viewer": 4505, "block_viewer": 4506}[name]
		id := map[string]string{"kick_viewer": "ann", "block_viewer": "bob"}[name]
		order(name, object{"viewer_id": id})
		for {
			if _, err := who.read(ctx); err != nil {
				if got := websocket.CloseStatus(err); int(got) != code {
					t.Errorf("%s closes with %d (%v), want %d", name, got, err, code)
				}
				break
			}
		}
		if err := who.connect(ctx); !errors.As(err, new(*refused)) {
			t.Errorf("after %s: connects with %v", name, err)
		}
	}
	s.command("end_show", object{})
	if err := ann.connect(ctx); err != nil {
		t.Errorf("after the show: %v", err)
	}
	if err := bob.connect(ctx); !errors.As(err, new(*refused)) {
		t.Errorf("blocked, after the show: connects with %v", err)
	}
}
