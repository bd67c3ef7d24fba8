package gateway_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// A draw over HTTP: nothing of the seed before its time, and the list of entries
// is what entries_hash is of.
func TestDrawByHTTP(t *testing.T) {
	e := newEnv(t)
	room, show := e.stage("m1")
	owner, viewer := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleViewer, "m1", "v1")
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, nil)
	command := func(id, name string, data obj) {
		t.Helper()
		e.want(200, "POST", "/v1/shows/"+show+"/commands", owner, obj{"command_id": id, "command": name, "data": data})
	}
	command("o", "open_lucky_draw", obj{"prize": "Pot", "prize_minor": 100, "winners": 1, "countdown_s": 60})
	list := func(token string) []any {
		t.Helper()
		return e.want(200, "GET", "/v1/shows/"+show+"/draws", token, nil).items()
	}
	id := list(viewer)[0].(obj)["draw_id"].(string)
	path := "/v1/draws/" + id
	if _, err := e.store.EnterDraw(t.Context(), live.EnterDraw{Room: live.RoomID(room), Draw: id, By: live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m1"}}); err != nil {
		t.Fatal(err)
	}
	open := e.want(200, "GET", path, viewer, nil)
	if open.json["seed"] != nil || open.json["state"] != "open" || open.json["entries"] != 1.0 || open.text("seed_commit") == "" {
		t.Errorf("open: %s", open.raw)
	}
	if a := e.want(409, "GET", path+"/entries", viewer, nil); a.code() != "draw_open" {
		t.Errorf("entries of an open draw: %s", a.raw)
	}
	e.want(409, "POST", path+"/claim", viewer, nil)
	command("c", "cancel_lucky_draw", obj{"reason": "a mistake"})
	over := e.want(200, "GET", path, viewer, nil)
	entries := e.want(200, "GET", path+"/entries", viewer, nil)
	sum := sha256.Sum256([]byte(entries.raw))
	if hex.EncodeToString(sum[:]) != over.text("entries_hash") || strings.Count(entries.raw, "\n") != 1 || !strings.HasPrefix(entries.header.Get("Content-Type"), "text/plain") {
		t.Errorf("entries %q of %s", entries.raw, over.raw)
	}
	if seed, err := hex.DecodeString(over.text("seed")); err != nil || live.SeedCommit(seed) != open.text("seed_commit") || over.text("reason") != "a mistake" {
		t.Errorf("cancelled: %s", over.raw)
	}

	command("o2", "open_lucky_draw", obj{"prize": "Pot", "prize_minor": 100, "winners": 1, "countdown_s": 60})
	id = list(viewer)[1].(obj)["draw_id"].(string)
	if _, err := e.store.EnterDraw(t.Context(), live.EnterDraw{Room: live.RoomID(room), Draw: id, By: live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m1"}}); err != nil {
		t.Fatal(err)
	}
	e.advance(time.Minute)
	command("d", "draw", obj{"draw_id": id})
	if a := e.want(200, "POST", "/v1/draws/"+id+"/claim", viewer, nil); a.json["state"] != "claimed" || a.json["replay"] != false {
		t.Errorf("claim: %s", a.raw)
	}
	e.want(404, "GET", "/v1/draws/"+id, e.as(live.RoleViewer, "m2", "x"), nil)
	e.want(404, "GET", "/v1/draws/"+id, e.as(live.RoleViewer, "m1", "x", "other-room"), nil)
	e.want(404, "GET", "/v1/draws/nope", viewer, nil)
}
