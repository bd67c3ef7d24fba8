package gateway_test

import (
	"reflect"
	"testing"

	"showrunner/live"
)

// What the commands of moderation set is read back by who may set it.
func TestModerationByHTTP(t *testing.T) {
	e := newEnv(t)
	room, show := e.stage("m1")
	moderator := e.as(live.RoleModerator, "m1", "mod")
	for i, c := range []struct {
		name string
		data obj
	}{
		{"mute_all", obj{"on": true}},
		{"set_slow_mode", obj{"seconds": 7}},
		{"block_keyword", obj{"word": " Fake "}},
		{"block_keyword", obj{"word": "假货"}},
		{"block_keyword", obj{"word": "gone"}},
		{"unblock_keyword", obj{"word": "gone"}},
	} {
		e.want(200, "POST", "/v1/shows/"+show+"/commands", moderator, obj{"command": c.name, "command_id": string(rune('a' + i)), "data": c.data})
	}
	e.want(200, "POST", "/v1/shows/"+show+"/commands", e.as(live.RoleHost, "m1", "host-m1"), obj{"command": "set_autoreply", "command_id": "z", "data": obj{"keyword": "size", "text": "M and L"}})
	a := e.want(200, "GET", "/v1/rooms/"+room+"/moderation", moderator, nil)
	want := obj{
		"room_id": room, "modes": obj{"mute_all": true, "comments_off": false, "followers_only": false, "slow_mode_s": 7.0},
		"keywords": []any{"fake", "假货"}, "autoreplies": []any{obj{"keyword": "size", "text": "M and L"}},
	}
	if !reflect.DeepEqual(a.json, want) {
		t.Errorf("moderation: %s", a.raw)
	}
}
