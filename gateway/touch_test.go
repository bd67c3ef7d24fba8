package gateway_test

import (
	"testing"
	"time"

	"showrunner/live"
)

// TestTouches: asked, allowed, kept back with the rule and until when, planned,
// settled, listed and counted, over HTTP.
func TestTouches(t *testing.T) {
	e := newEnv(t)
	owner, ann, ben := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleAgent, "m1", "ann"), e.as(live.RoleAgent, "m1", "ben")
	crm := e.as(live.RoleIntegration, "m1", "crm")
	const touches = "/v1/service/touches"
	if got := e.want(200, "GET", "/v1/service/touch-rules", owner, nil); got.json["rule_version"] != 0.0 || dig(got.json, "rules", "quiet_hours", "from") != "21:00" {
		t.Errorf("the default: %s", got.raw)
	}
	if got := e.want(400, "PUT", "/v1/service/touch-rules", owner, obj{"caps": []any{obj{"per": "person", "hours": 0, "at_most": 1}}}); got.code() != "invalid_rules" || got.text("field") != "caps[0].hours" {
		t.Errorf("bad rules: %s", got.raw)
	}
	e.want(403, "PUT", "/v1/service/touch-rules", ann, obj{})
	e.want(200, "PUT", "/v1/service/touch-rules", owner, obj{"caps": []any{obj{"per": "person", "hours": 24, "at_most": 1}}, "consent_channels": []string{"sms"}})

	body := obj{"person_id": "u1", "channel": "contact", "kind": "care", "template": "after-show", "text": "how is the knife?"}
	if got := e.want(201, "POST", touches+"?check=true", ann, body); got.text("decision") != "allowed" || got.json["touch_id"] != nil {
		t.Errorf("checked: %s", got.raw)
	}
	first := e.want(201, "POST", touches, ann, body, "Idempotency-Key", "k1")
	if first.text("decision") != "allowed" || first.text("state") != "sent" || first.text("agent_id") != "ann" || first.json["rule_version"] != 1.0 {
		t.Errorf("sent: %s", first.raw)
	}
	if again := e.want(201, "POST", touches, ann, body, "Idempotency-Key", "k1"); again.text("touch_id") != first.text("touch_id") {
		t.Errorf("the same key again: %s", again.raw)
	}
	second := e.want(201, "POST", touches, ben, body)
	if second.text("decision") != "suppressed" || second.text("rule") != "cap_person" || second.text("until") != epoch.Add(24*time.Hour).Format("2006-01-02T15:04:05.000Z") ||
		dig(second.json, "rules", 0, "at_most") != 1.0 || dig(second.json, "rules", 0, "window_hours") != 24.0 {
		t.Errorf("the second of a day: %s", second.raw)
	}
	notice := obj{"person_id": "u1", "channel": "sms", "kind": "order_shipped", "transactional": true}
	e.want(201, "POST", touches, crm, notice)
	notice["kind"] = "promotion"
	if got := e.want(400, "POST", touches, crm, notice); got.text("field") != "transactional" {
		t.Errorf("an advertisement: %s", got.raw)
	}
	e.problem("in another's name", e.do("POST", touches, ann, obj{"person_id": "u2", "channel": "contact", "kind": "care", "agent_id": "ben"}), 403)

	plan := e.want(201, "POST", touches, ann, obj{"person_id": "u2", "channel": "contact", "kind": "care", "plan": true})
	if plan.text("state") != "planned" || plan.text("expires_at") == "" {
		t.Errorf("planned: %s", plan.raw)
	}
	path := touches + "/" + plan.text("touch_id")
	e.problem("another agent's", e.do("POST", path, ben, obj{"state": "sent"}), 404)
	if got := e.want(200, "POST", path, ann, obj{"state": "rejected", "reason": "not a friend"}); got.text("state") != "rejected" {
		t.Errorf("rejected: %s", got.raw)
	}
	if got := e.want(409, "POST", path, ann, obj{"state": "sent"}); got.code() != "touch_settled" {
		t.Errorf("settled again: %s", got.raw)
	}
	if got := e.want(200, "GET", "/v1/people/u2/preferences", owner, nil); dig(got.json, "channels", 0, "why") != "rejected" {
		t.Errorf("after a rejected message: %s", got.raw)
	}
	if items := e.want(200, "GET", touches, ann, nil).items(); len(items) != 2 {
		t.Errorf("ann sees %v", items)
	}
	if items := e.want(200, "GET", touches+"?state=suppressed&person_id=u1", owner, nil).items(); len(items) != 1 || items[0].(obj)["rule"] != "cap_person" {
		t.Errorf("suppressed are %v", items)
	}
	got := e.want(200, "GET", touches+"/counts", owner, nil).json
	if got["allowed"] != 2.0 || got["suppressed"] != 1.0 || got["transactional"] != 1.0 || dig(got, "by_rule", "cap_person") != 1.0 || dig(got, "by_state", "rejected") != 1.0 {
		t.Errorf("counts: %v", got)
	}
	e.problem("with a token of a room", e.do("POST", touches, e.as(live.RoleOperator, "m1", "op", "mine"), body), 403)
}

// TestPreferences: a viewer sets their own and nobody else's; what they say is
// enforced.
func TestPreferences(t *testing.T) {
	e := newEnv(t)
	owner, viewer := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleViewer, "m1", "u1")
	e.problem("nobody known", e.do("GET", "/v1/people/u1/preferences", owner, nil), 404)
	e.want(200, "GET", "/v1/people/u1/preferences", viewer, nil)
	e.problem("somebody else's", e.do("PUT", "/v1/people/u2/preferences", viewer, obj{"opt_out": true}), 404)
	if got := e.want(400, "PUT", "/v1/people/u1/preferences", viewer, obj{"time_zone": "Mars/Base"}); got.text("field") != "time_zone" {
		t.Errorf("no such zone: %s", got.raw)
	}
	e.want(200, "PUT", "/v1/people/u1/preferences", viewer, obj{"time_zone": "Asia/Tokyo", "quiet_hours": obj{"from": "20:00", "to": "10:00"}, "channels": []any{obj{"channel": "sms", "consent": "given"}, obj{"channel": "phone", "opt_out": true}}})
	got := e.want(200, "GET", "/v1/people/u1/preferences", owner, nil)
	if got.text("time_zone") != "Asia/Tokyo" || got.text("set_by") != "u1" || dig(got.json, "channels", 1, "consent") != "given" || dig(got.json, "channels", 0, "why") != "said" {
		t.Errorf("preferences: %s", got.raw)
	}
	// It is nine in the evening in Tokyo.
	if got := e.want(201, "POST", "/v1/service/touches", owner, obj{"person_id": "u1", "channel": "contact", "kind": "care"}); got.text("rule") != "quiet_hours" || got.text("until") != "2026-01-03T01:00:00.000Z" {
		t.Errorf("in the evening: %s", got.raw)
	}
	if got := e.want(201, "POST", "/v1/service/touches", owner, obj{"person_id": "u1", "channel": "phone", "kind": "care"}); got.text("rule") != "opt_out_channel" {
		t.Errorf("by phone: %s", got.raw)
	}
}

// TestPausesAndFollowups: the actions of the lists work over HTTP.
func TestPausesAndFollowups(t *testing.T) {
	e := newEnv(t)
	operator, ann, ben := e.as(live.RoleOperator, "m1", "op"), e.as(live.RoleAgent, "m1", "ann"), e.as(live.RoleAgent, "m1", "ben")
	e.problem("an agent pauses", e.do("POST", "/v1/service/pauses", ann, obj{"person_id": "u1", "days": 2}), 403)
	if got := e.want(400, "POST", "/v1/service/pauses", operator, obj{"person_id": "u1", "days": 0}); got.text("field") != "days" {
		t.Errorf("no days: %s", got.raw)
	}
	pause := e.want(201, "POST", "/v1/service/pauses", operator, obj{"person_id": "u1", "days": 2, "reason": "over-served"})
	if got := e.want(201, "POST", "/v1/service/touches", ann, obj{"person_id": "u1", "channel": "contact", "kind": "care"}); got.text("rule") != "paused" {
		t.Errorf("while paused: %s", got.raw)
	}
	e.want(200, "POST", "/v1/service/pauses/"+pause.text("pause_id")+"/end", operator, nil)
	if got := e.want(201, "POST", "/v1/service/touches", ann, obj{"person_id": "u1", "channel": "contact", "kind": "care"}); got.text("decision") != "allowed" {
		t.Errorf("after the pause: %s", got.raw)
	}
	f := e.want(201, "POST", "/v1/service/followups", operator, obj{"person_id": "u1", "agent_id": "ann", "session_id": "s1", "note": "asked twice"})
	path := "/v1/service/followups/" + f.text("followup_id")
	e.problem("another agent's", e.do("POST", path, ben, obj{"state": "done", "result": "answered"}), 404)
	if items := e.want(200, "GET", "/v1/service/followups", ben, nil).items(); len(items) != 0 {
		t.Errorf("ben sees %v", items)
	}
	e.want(200, "POST", path, ann, obj{"state": "done", "result": "answered"})
	if items := e.want(200, "GET", "/v1/service/followups?state=done", ann, nil).items(); len(items) != 1 || items[0].(obj)["result"] != "answered" {
		t.Errorf("ann sees %v", items)
	}
	e.drained()
}
