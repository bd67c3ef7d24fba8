package gateway_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"showrunner/gateway"
	"showrunner/live"
)

// roleFor is a role that has the right of a route, so that only the merchant
// can stand in its way.
func roleFor(actions []live.Action) live.Role {
	for _, role := range []live.Role{live.RoleMerchant, live.RoleIntegration, live.RoleViewer} {
		if slices.ContainsFunc(actions, (live.Principal{Role: role}).May) {
			return role
		}
	}
	return live.RoleMerchant
}

// goodBody is a body that the route would accept from the owner.
var goodBody = map[string]any{
	"create-room":                obj{"title": "t", "currency": "CNY"},
	"update-room":                obj{"title": "stolen"},
	"create-show":                obj{"title": "t"},
	"update-show":                obj{"title": "stolen"},
	"send-command":               obj{"command_id": "x", "command": "announce", "args": obj{"text": "stolen"}},
	"put-shelf":                  obj{"items": []any{}},
	"update-item":                obj{"title": "stolen"},
	"place-order":                obj{"client_order_id": "x", "lines": []any{obj{"sku_id": "sku1", "qty": 1}}},
	"put-integration":            obj{"connector": "standard", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
	"create-subscription":        obj{"url": "https://thief.example/hooks", "types": []string{"order_paid"}},
	"update-subscription":        obj{"active": false},
	"rotate-subscription-secret": obj{"overlap_minutes": 0},
	"replay-subscription":        obj{"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"},
	"put-room-benefit-limits":    obj{"draw_winners": 1},
	"put-settlement":             csvBody("order_id,currency,paid\no-1,CNY,1.00\n"),
	"put-ladder-rules": obj{"rungs": []any{
		obj{"rung": "passerby", "any": []any{obj{"fact": "room_entered"}}},
		obj{"rung": "fan", "any": []any{obj{"fact": "followed"}}},
		obj{"rung": "customer", "any": []any{obj{"orders": 1}}},
		obj{"rung": "member", "any": []any{obj{"orders": 2}}},
		obj{"rung": "partner", "any": []any{obj{"orders": 9}}},
	}},
	"link-identities":          obj{"identifiers": []any{obj{"kind": "login", "value": "u1"}}, "evidence": "none"},
	"merge-people":             obj{"person_id": "person-m1", "other_person_id": "xiaoming", "evidence": "none"},
	"erase-person":             obj{"reason": "none"},
	"undo-merge":               obj{"reason": "none"},
	"put-referral-rule":        obj{"who": "all", "term": "permanent"},
	"create-referral-link":     obj{"person_id": "thief"},
	"click-referral-link":      obj{"token": "nothing", "person_id": "thief"},
	"bind-referral":            obj{"token": "nothing", "person_id": "thief"},
	"end-binding":              obj{"reason": "none"},
	"apply-partner":            obj{"person_id": "thief"},
	"approve-partner":          obj{"reason": "none"},
	"reject-partner":           obj{"reason": "none"},
	"suspend-partner":          obj{"reason": "none"},
	"create-service-entry":     obj{"type": "shop", "title": "t"},
	"update-service-entry":     obj{"title": "stolen"},
	"open-service-session":     obj{"entry_id": "entry-m1", "person_id": "thief", "text": "hi"},
	"say-in-service-session":   obj{"text": "stolen"},
	"transfer-service-session": obj{"reason": "none"},
	"close-service-session":    obj{"resolution": "resolved"},
	"rate-service-session":     obj{"score": 1},
	"tag-service-session":      obj{"tags": []string{"stolen"}},
	"put-service-agent":        obj{"name": "t", "personas": []string{}, "capacity": 1},
	"leave-service":            obj{},
	"put-service-person":       obj{"agent_id": "agent-m1"},
	"put-service-rules":        obj{"time_zone": "UTC", "hours": []any{}, "holidays": []any{}, "first_response_s": 1, "resolution_s": 1, "silence_s": 1, "bot": true, "human_words": []any{}},
	"put-canned-answers":       obj{"items": []any{}},
	"put-touch-rules":          obj{"plan_minutes": 5},
	"send-touch":               obj{"person_id": "u", "channel": "contact", "kind": "care"},
	"settle-touch":             obj{"state": "failed"},
	"pause-touches":            obj{"person_id": "u", "days": 3},
	"assign-followup":          obj{"person_id": "u", "agent_id": "thief"},
	"end-followup":             obj{"state": "dropped", "result": "stolen"},
	"open-complaint":           obj{"text": "stolen"},
	"confirm-complaint":        obj{},
	"dismiss-complaint":        obj{"note": "none"},
	"correct-complaint":        obj{"cause": "other"},
	"assign-complaint":         obj{"agent_id": "thief"},
	"escalate-complaint":       obj{"note": "none"},
	"mediate-complaint":        obj{},
	"resolve-complaint":        obj{"note": "none"},
	"follow-up-complaint":      obj{"note": "none"},
	"reopen-complaint":         obj{"note": "none"},
	"withdraw-complaint":       obj{"note": "none"},
	"create-finding":           obj{"title": "t", "cause": "quality"},
	"route-finding":            obj{"stage": "policy", "owner_id": "thief", "due_at": "2027-01-01T00:00:00Z"},
	"adopt-finding":            obj{"action": "none"},
	"reject-finding":           obj{"reason": "none"},
	"verify-finding":           obj{},
	"draft-brief":              obj{"show_id": "show-m1"},
	"put-brief":                obj{"items": []any{}},
	"read-brief":               obj{"version": 1},
	"capture-need":             obj{"text": "t", "show_id": "show-m1"},
	"respond-need":             obj{"answer": "stolen"},
	"validate-need":            obj{"evidence": "none"},
	"promote-need-cluster":     obj{"title": "t", "type": "shop"},
	"retire-need-cluster":      obj{"reason": "none"},
	"put-checklist-items":      obj{"items": []any{}},
	"tick-checklist":           obj{"done": true},
	"put-incubation-skills":    obj{"items": []any{}},
	"join-incubation":          obj{"track_id": "track-m1"},
	"leave-incubation":         obj{"reason": "none"},
	"prove-skill":              obj{"evidence": "none"},
	"book-drill":               obj{"show_id": "show-m1"},
	"judge-drill":              obj{"marks": []any{}},
	"review-shadow":            obj{"note": "stolen"},
	"decide-promotion":         obj{"grant": true, "reason": "none"},
	"pay-at-demo-shop":         obj{"outcome": "paid"},
	"decide-demo-refund":       obj{"grant": true},
	"create-group":             obj{"group_id": "mine"},
	"update-group":             obj{"name": "stolen"},
	"reassign-groups":          obj{"from": "a1", "to": []string{"thief"}},
	"import-group-members":     obj{"members": []any{obj{"user_id": "thief"}}},
	"take-up-group-alarm":      obj{"state": "acknowledged"},
	"post-events": []any{
		obj{"event_id": "e1", "type": "followed", "show_id": "show-m1", "user_id": "u"},
		obj{"event_id": "e2", "type": "followed", "room_id": "room-m1", "user_id": "u"},
		obj{"event_id": "e3", "type": "followed", "merchant_id": "m1", "user_id": "u"},
	},
}

// TestOtherMerchant: what belongs to another merchant does not exist, on every
// route, and no answer has a word of it.
func TestOtherMerchant(t *testing.T) {
	e := newEnv(t, func(d *gateway.Deps) { d.API.DemoShop = &signingShop{} })
	_, show := e.stage("m1")
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, nil)
	placed := e.want(201, "POST", "/v1/shows/"+show+"/orders", e.as(live.RoleViewer, "m1", "xiaoming"), goodBody["place-order"])
	order := placed.text("order_id")
	sub, msg := e.subscribed("m1", "order_created")
	e.want(200, "PUT", "/v1/coupons/batch-m1", owner, obj{"title": "Knife off", "kind": "amount", "off_minor": 1, "currency": "CNY", "total": 1, "per_person": 1})
	e.want(200, "POST", "/v1/shows/"+show+"/commands", owner, obj{"command_id": "o", "command": "open_lucky_draw", "data": obj{"prize": "Knife", "prize_minor": 1, "winners": 1, "countdown_s": 60}})
	draw := e.want(200, "GET", "/v1/shows/"+show+"/draws", owner, nil).items()[0].(obj)["draw_id"].(string)
	e.want(200, "POST", "/v1/shows/"+show+"/commands", owner, obj{"command_id": "p", "command": "drop_red_packet", "data": obj{"total_minor": 100, "count": 3}})
	packet := e.want(200, "GET", "/v1/shows/"+show+"/red-packets", owner, nil).items()[0].(obj)["packet_id"].(string)
	e.want(201, "POST", "/v1/service/entries", owner, obj{"entry_id": "entry-m1", "type": "shop", "title": "Knife desk"})
	e.want(200, "PUT", "/v1/service/agents/agent-m1", owner, obj{"name": "Knife expert", "personas": []any{}, "capacity": 1})
	opened := e.want(201, "POST", "/v1/service/sessions", e.as(live.RoleViewer, "m1", "xiaoming"), obj{"entry_id": "entry-m1", "text": "Knife?"})
	session := dig(opened.json, "session", "session_id").(string)
	touch := e.want(201, "POST", "/v1/service/touches", owner, obj{"person_id": "xiaoming", "channel": "contact", "kind": "care", "plan": true}).text("touch_id")
	pause := e.want(201, "POST", "/v1/service/pauses", owner, obj{"person_id": "xiaoming", "days": 3, "reason": "Knife"}).text("pause_id")
	followup := e.want(201, "POST", "/v1/service/followups", owner, obj{"person_id": "xiaoming", "agent_id": "ann", "note": "Knife"}).text("followup_id")
	e.want(200, "PUT", "/v1/people/xiaoming/preferences", owner, obj{"channels": []any{obj{"channel": "phone", "opt_out": true}}})
	told := e.want(201, "POST", "/v1/service/complaints", owner, obj{"text": "Knife 坏了", "cause": "quality", "person_id": "xiaoming"}).text("complaint_id")
	finding := e.want(201, "POST", "/v1/service/feedback", owner, obj{"title": "Knife breaks", "cause": "quality"}).text("finding_id")
	wanted := e.want(201, "POST", "/v1/service/needs", owner, obj{"text": "Knife 怎么磨刀比较好", "show_id": show}).text("need_id")
	e.want(201, "POST", "/v1/service/needs", owner, obj{"text": "Knife 怎么磨刀比较好"})
	e.want(200, "POST", "/v1/service/need-clusters", owner, nil)
	cluster := e.want(200, "GET", "/v1/service/need-clusters", owner, nil).items()[0].(obj)["cluster_id"].(string)
	e.want(200, "PUT", "/v1/shows/"+show+"/brief", owner, obj{"items": []any{obj{"kind": "warning", "text": "Knife breaks"}}})
	e.want(200, "POST", "/v1/shows/"+show+"/brief/publish", owner, nil)
	ids := strings.NewReplacer("complaint-m1", told, "finding-m1", finding, "need-m1", wanted, "cluster-m1", cluster,
		"touch-m1", touch, "pause-m1", pause, "followup-m1", followup,
		"session-m1", session, "order-m1", order, "sub-m1", sub, "msg-m1", msg, "draw-m1", draw, "packet-m1", packet, "person-m1", "xiaoming")

	e.want(200, "PUT", "/v1/incubation/tracks/track-m1", owner, incubationTrack())
	e.want(200, "PUT", "/v1/incubation/candidates/agent-m1", owner, obj{"track_id": "track-m1"})
	e.want(201, "POST", "/v1/groups", owner, obj{"group_id": "group-m1", "name": "Knife lovers", "agent_id": "a1"})

	tried := map[string]bool{}
	for _, r := range e.server.API().Routes() {
		tried[r.Method+" "+r.Path] = true
		if r.Open || r.ID == "put-coupon-batch" || r.ID == "put-incubation-track" || r.ID == "put-service-agent" || r.ID == "put-preferences" { // they make something of the caller's own merchant, see TestCoupons, TestService, TestPreferences and TestIncubation
			continue
		}
		path := ids.Replace(fill(r.Path, "m1"))
		token := e.as(roleFor(r.Actions), "m2", "thief")
		a := e.do(r.Method, path, token, goodBody[r.ID])
		ours := strings.Contains(r.Path, "{") && r.ID != "put-integration"
		if ours && a.status != 404 {
			t.Errorf("%s: %d, want 404: %s", r.ID, a.status, a.raw)
		}
		// The path's own ids come back in the words of the refusal, as would a name never used;
		// a ticket or a secret made for the caller is random and may hold any two letters.
		words := strings.NewReplacer(session, "", "entry-m1", "", "agent-m1", "", "room-m1", "", "show-m1", "", "group-m1", "", "batch-m1", "", draw, "", packet, "", order, "", sub, "", msg, "", a.text("ticket"), "", a.text("secret"), "").Replace(a.raw)
		for _, secret := range []string{"m1", "Knife", "Room of", "Show of", "xiaoming", "owner"} {
			if strings.Contains(words, secret) {
				t.Errorf("%s tells %q: %s", r.ID, secret, a.raw)
			}
		}
		if !ours {
			continue
		}
		// The refusal must be the one for a name that was never used.
		never := strings.NewReplacer(told, "cp-xx", finding, "fb-xx", cluster, "nc-xx", wanted, "nd-xx", session, "ses-xx", "entry-m1", "entry-xx", "agent-m1", "agent-xx", "room-m1", "room-xx", "show-m1", "show-xx", "batch-m1", "batch-xx", draw, "draw-xx", packet, "packet-xx", order, "order-xx", sub, "sub-xx", msg, "msg-xx", "xiaoming", "nobody-xx").Replace(path)
		b := e.do(r.Method, never, token, goodBody[r.ID])
		plain := strings.NewReplacer("group-m1", "#", "group-xx", "#", "room-m1", "#", "show-m1", "#", "batch-m1", "#", draw, "#", "draw-xx", "#", packet, "#", "packet-xx", "#", order, "#", sub, "#", msg, "#", "room-xx", "#", "show-xx", "#", "batch-xx", "#", "order-xx", "#", "sub-xx", "#", "msg-xx", "#", a.text("request_id"), "", b.text("request_id"), "")
		if plain.Replace(a.raw) != plain.Replace(b.raw) {
			t.Errorf("%s: somebody else's and nobody's can be told apart:\n%s\n%s", r.ID, a.raw, b.raw)
		}
	}
	// What is in the document was tried: a new route cannot be forgotten here.
	var doc struct {
		Paths map[string]map[string]struct {
			Security []map[string][]string `json:"security"`
		} `json:"paths"`
	}
	if err := json.Unmarshal([]byte(e.want(200, "GET", "/openapi.json", "", nil).raw), &doc); err != nil {
		t.Fatal(err)
	}
	delete(doc.Paths, "/v1/rooms/{room_id}/ws") // gateway/ws tries the websocket
	for path, ops := range doc.Paths {
		for method, op := range ops {
			if name := strings.ToUpper(method) + " " + path; len(op.Security) > 0 && !tried[name] {
				t.Errorf("%s is in the document and was not tried with another merchant's token", name)
			}
		}
	}
	results := e.want(200, "POST", "/v1/events", e.as(live.RoleIntegration, "m2", "thief"), goodBody["post-events"])
	if results.json["rejected"] != 3.0 {
		t.Errorf("events into another merchant's rooms: %s", results.raw)
	}
	// On the way m2 made a room of its own; m1 does not see it, and nothing of m1 changed.
	for path, want := range map[string]int{"/v1/service/touches?state=planned": 1, "/v1/service/pauses": 1, "/v1/service/followups?state=open": 1, "/v1/rooms": 1, "/v1/shows": 1, "/v1/orders": 1, "/v1/subscriptions": 1} {
		if items := e.want(200, "GET", path, owner, nil).items(); len(items) != want {
			t.Errorf("m1 sees %d in %s, want %d: %v", len(items), path, want, items)
		}
	}
	if a := e.want(200, "GET", "/v1/shows/"+show, owner, nil); a.text("title") != "Show of m1" {
		t.Errorf("the show was changed: %s", a.raw)
	}
	if a := e.want(200, "GET", "/v1/subscriptions/"+sub, owner, nil); a.json["active"] != true || a.json["old_secret_until"] != nil {
		t.Errorf("the subscription was changed: %s", a.raw)
	}
}

// TestRoomScope: a token limited to rooms gets 403 for the others of its own
// merchant, and lists without them.
func TestRoomScope(t *testing.T) {
	e := newEnv(t)
	e.stage("m1")
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.want(201, "POST", "/v1/rooms", owner, obj{"room_id": "mine", "title": "Mine", "currency": "CNY"})
	e.want(201, "POST", "/v1/rooms/mine/shows", owner, obj{"show_id": "mine-1", "title": "Mine"})
	for _, r := range e.server.API().Routes() {
		if r.Open || !strings.Contains(r.Path, "{room_id}") && !strings.Contains(r.Path, "{show_id}") {
			continue
		}
		a := e.do(r.Method, fill(r.Path, "m1"), e.as(roleFor(r.Actions), "m1", "scoped", "mine"), goodBody[r.ID])
		if a.status != 403 || a.code() != "room_forbidden" {
			t.Errorf("%s: %d %q, want 403 room_forbidden", r.ID, a.status, a.code())
		}
	}
	scoped := e.as(live.RoleOperator, "m1", "scoped", "mine")
	for path, key := range map[string]string{"/v1/rooms": "room_id", "/v1/shows": "room_id"} {
		items := e.want(200, "GET", path, scoped, nil).items()
		if len(items) != 1 || items[0].(obj)[key] != "mine" {
			t.Errorf("%s lists %v, want only what is in the room mine", path, items)
		}
	}
	for _, path := range []string{"/v1/orders", "/v1/orders?show_id=show-m1"} {
		if a := e.do("GET", path, scoped, nil); a.status < 400 {
			t.Errorf("%s with a token limited to rooms: %d %s", path, a.status, a.raw)
		}
	}
	if a := e.do("POST", "/v1/rooms", scoped, obj{"room_id": "another", "title": "t", "currency": "CNY"}); a.code() != "room_forbidden" {
		t.Errorf("a room outside the token's scope is made: %s", a.raw)
	}
	if items := e.want(200, "GET", "/v1/rooms", e.as(live.RoleOperator, "m1", "none", []live.RoomID{}...), nil).items(); len(items) != 0 {
		t.Errorf("an empty list of rooms is no room, got %v", items)
	}
	if items := e.want(200, "GET", "/v1/rooms", e.as(live.RoleOperator, "m1", "all"), nil).items(); len(items) != 2 {
		t.Errorf("no list of rooms is every room, got %v", items)
	}
}

// TestViewersSeeTheirOwnOrders.
func TestViewersSeeTheirOwnOrders(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, nil)
	ids := map[string]string{}
	for _, who := range []string{"v1", "v2"} {
		ids[who] = e.want(201, "POST", "/v1/shows/"+show+"/orders", e.as(live.RoleViewer, "m1", who), goodBody["place-order"]).text("order_id")
	}
	v1 := e.as(live.RoleViewer, "m1", "v1")
	if items := e.want(200, "GET", "/v1/orders", v1, nil).items(); len(items) != 1 || items[0].(obj)["order_id"] != ids["v1"] {
		t.Errorf("v1 lists %v", items)
	}
	e.want(200, "GET", "/v1/orders/"+ids["v1"], v1, nil)
	e.problem("v1 reads the order of v2", e.do("GET", "/v1/orders/"+ids["v2"], v1, nil), 404)
	e.problem("v1 cancels the order of v2", e.do("POST", "/v1/orders/"+ids["v2"]+"/cancel", v1, nil), 404)
	e.problem("v1 lists those of v2", e.do("GET", "/v1/orders?person_id=v2", v1, nil), 403)
	if items := e.want(200, "GET", "/v1/orders", owner, nil).items(); len(items) != 2 {
		t.Errorf("the merchant lists %v, want both", items)
	}
	if a := e.want(200, "POST", "/v1/orders/"+ids["v1"]+"/cancel", v1, nil); a.text("state") != "cancelled" {
		t.Errorf("cancelled: %s", a.raw)
	}
	shelf := e.want(200, "GET", "/v1/shows/"+show+"/shelf", v1, nil).items()
	if got := shelf[0].(obj)["left"]; got != 9.0 {
		t.Errorf("%v left after two orders and one cancellation of 10, want 9", got)
	}
}
