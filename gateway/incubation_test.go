package gateway_test

import (
	"fmt"
	"testing"
	"time"

	"showrunner/conversion/care/incubation"
	"showrunner/live"
)

// incubationTrack is a short way: agent, then trainee by a figure of the desk,
// then host by one drill.
func incubationTrack() obj {
	stage := func(key, role string, needs ...any) obj {
		return obj{"stage": key, "label_zh": "阶段", "label_en": "Stage", "role": role, "needs": append([]any{}, needs...)}
	}
	return obj{
		"label_zh": "成长", "label_en": "Growing",
		"stages": []any{
			stage("agent", "agent"),
			stage("drill", "trainee", obj{"kind": "score", "figure": "csat", "at_least": 9000, "least_sample": 2, "days": 30}),
			stage("host", "host", obj{"kind": "drills", "count": 1}),
		},
		"drill": obj{"rubric": []any{obj{"criterion": "clear", "label_zh": "清楚", "label_en": "Clear", "points": 10}}, "pass_points": 7, "least_minutes": 5, "most_mistakes": 1},
	}
}

// heard gives what the log has to the book of incubation, as its reader does.
func (e *env) heard() {
	e.t.Helper()
	head, err := e.log.Head(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	var entries []live.Entry
	if err := e.log.Range(e.t.Context(), live.Position{}, head, func(en live.Entry) error {
		entries = append(entries, en)
		return nil
	}); err != nil {
		e.t.Fatal(err)
	}
	if err := incubation.New(e.store, func() string { return "" }).Take(e.t.Context(), entries); err != nil {
		e.t.Fatal(err)
	}
}

// TestIncubation: who declares, who sees whom, who may judge, and that a token of
// a stage opens what its role may and no more.
func TestIncubation(t *testing.T) {
	e := newEnv(t)
	owner, operator, coach := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleOperator, "m1", "op"), e.as(live.RoleHost, "m1", "lin")
	ann, bob := e.as(live.RoleAgent, "m1", "ann"), e.as(live.RoleAgent, "m1", "bob")
	const at = "/v1/incubation/candidates/ann"
	e.want(201, "POST", "/v1/rooms", owner, obj{"room_id": "r", "title": "R", "currency": "CNY", "time_zone": "UTC", "host_ids": []string{"lin", "ann"}})
	e.want(200, "PUT", "/v1/incubation/skills", owner, obj{"items": []any{obj{"skill": "explain", "label_zh": "讲解", "label_en": "Explaining", "proof": "three"}}})
	if a := e.want(400, "PUT", "/v1/incubation/tracks/host", operator, obj{"label_zh": "x", "label_en": "x", "stages": []any{}, "drill": obj{"rubric": []any{}, "pass_points": 1, "least_minutes": 1}}); a.text("field") != "stages" {
		t.Errorf("a way without stages: %s", a.raw)
	}
	e.want(200, "PUT", "/v1/incubation/tracks/host", operator, incubationTrack())
	if got := e.want(200, "GET", "/v1/incubation/tracks", ann, nil).items(); len(got) != 1 || dig(got[0], "stages", 1, "needs", 0, "figure") != "csat" {
		t.Errorf("tracks are %v", got)
	}
	e.want(200, "PUT", "/v1/incubation/tracks/spare", operator, incubationTrack())
	e.problem("an agent withdraws a track", e.do("DELETE", "/v1/incubation/tracks/spare", ann, nil), 403)
	e.problem("another merchant withdraws it", e.do("DELETE", "/v1/incubation/tracks/spare", e.as(live.RoleOperator, "m2", "op"), nil), 404)
	e.want(204, "DELETE", "/v1/incubation/tracks/spare", operator, nil)
	e.problem("an agent joins by themselves", e.do("PUT", at, ann, obj{"track_id": "host"}), 403)
	e.want(200, "PUT", at, operator, obj{"track_id": "host", "coach_id": "lin"})
	e.want(200, "PUT", "/v1/incubation/candidates/bob", operator, obj{"track_id": "host"})
	if a := e.want(409, "DELETE", "/v1/incubation/tracks/host", owner, nil); a.code() != "track_in_use" {
		t.Errorf("a track that somebody is on: %s", a.raw)
	}

	// Who sees whom.
	for who, want := range map[string]string{ann: "[ann]", bob: "[bob]", coach: "[ann]", e.as(live.RoleHost, "m1", "wu"): "[]", operator: "[bob ann]", e.as(live.RoleOperator, "m2", "op"): "[]"} {
		got := []any{}
		for _, c := range e.want(200, "GET", "/v1/incubation", who, nil).items() {
			got = append(got, dig(c, "agent_id"))
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%v are seen, want %s", got, want)
		}
	}
	if a := e.want(404, "GET", at, bob, nil); a.code() != "candidate_not_found" {
		t.Errorf("another agent reads it: %s", a.raw)
	}

	// A figure that stands on too little says so.
	if a := e.want(409, "POST", at+"/promotion", ann, nil); a.code() != "not_ready" || dig(a.json, "missing", 0, "verdict") != "sample_too_small" {
		t.Errorf("asked with no sessions: %s", a.raw)
	}
	e.want(201, "POST", "/v1/service/entries", owner, obj{"entry_id": "en", "type": "shop", "title": "Desk"})
	e.want(200, "PUT", "/v1/service/agents/ann", owner, obj{"name": "Ann", "personas": []any{}, "capacity": 5})
	for _, v := range []string{"v1", "v2"} {
		viewer := e.as(live.RoleViewer, "m1", v)
		e.advance(time.Second)
		session := dig(e.want(201, "POST", "/v1/service/sessions", viewer, obj{"entry_id": "en", "text": "转人工"}).json, "session", "session_id").(string)
		e.want(200, "POST", "/v1/service/sessions/"+session+"/accept", ann, nil)
		e.want(201, "POST", "/v1/service/sessions/"+session+"/messages", ann, obj{"text": "您好"})
		e.want(200, "POST", "/v1/service/sessions/"+session+"/close", ann, obj{"resolution": "resolved"})
		e.want(200, "POST", "/v1/service/sessions/"+session+"/rate", viewer, obj{"score": 5})
	}
	if a := e.want(409, "POST", at+"/token", ann, nil); a.code() != "not_promoted" {
		t.Errorf("a token before: %s", a.raw)
	}
	if a := e.want(404, "POST", at+"/promotion", coach, nil); a.code() != "candidate_not_found" {
		t.Errorf("the coach asks in their place: %s", a.raw)
	}
	asked := e.want(201, "POST", at+"/promotion", ann, nil)
	if dig(asked.json, "pending", "evidence", 0, "have") != 2.0 || dig(asked.json, "pending", "evidence", 0, "of") != 2.0 || asked.json["ready"] != true {
		t.Errorf("asked: %s", asked.raw)
	}
	e.problem("a coach decides", e.do("PUT", at+"/promotion", coach, obj{"grant": true, "reason": "x"}), 403)
	if a := e.want(200, "PUT", at+"/promotion", operator, obj{"grant": true, "reason": "earned"}); a.text("stage") != "drill" || a.text("role") != "trainee" {
		t.Errorf("granted: %s", a.raw)
	}

	// A trainee commands rehearsals alone.
	issued := e.want(201, "POST", at+"/token", ann, nil)
	trainee := issued.text("token")
	if me := e.want(200, "GET", "/v1/me", trainee, nil); me.text("sub") != "ann" || me.text("role") != "trainee" || me.text("merchant_id") != "m1" || issued.text("role") != "trainee" {
		t.Errorf("the token says %s", me.raw)
	}
	e.want(201, "POST", "/v1/rooms/r/shows", owner, obj{"show_id": "s", "title": "S"})
	e.want(200, "PUT", "/v1/shows/s/shelf", owner, obj{"items": []any{obj{"product_id": "p", "sku_id": "k", "title": "Knife", "price_minor": 100, "stock": 3}}})
	e.problem("a trainee starts a show", e.do("POST", "/v1/shows/s/start", trainee, nil), 403)
	pin := func(id string) obj {
		return obj{"command_id": id, "command": "pin_product", "data": obj{"product_id": "p"}}
	}
	if a := e.want(403, "POST", "/v1/shows/s/commands", trainee, pin("a")); a.code() != "rehearsal_only" {
		t.Errorf("a trainee pins in a real show: %s", a.raw)
	}
	e.want(200, "POST", "/v1/shows/s/commands", coach, obj{"command_id": "b", "command": "rehearse"})
	rehearsal := dig(e.want(200, "GET", "/v1/shows?room_id=r&state=live", owner, nil).items()[0], "show_id").(string)
	e.advance(time.Second)
	e.want(200, "POST", "/v1/shows/"+rehearsal+"/commands", coach, obj{"command_id": "c", "command": "handover_host", "data": obj{"host_id": "ann"}})
	e.advance(time.Second)
	e.want(200, "POST", "/v1/shows/"+rehearsal+"/commands", trainee, pin("d"))
	e.advance(5 * time.Minute)
	e.want(201, "POST", at+"/drills", coach, obj{"show_id": rehearsal})
	verdict := obj{"marks": []any{obj{"criterion": "clear", "points": 8}}, "note": "看稿少"}
	if a := e.want(409, "PUT", at+"/drills/"+rehearsal, coach, verdict); a.code() != "rehearsal_running" {
		t.Errorf("judged while it runs: %s", a.raw)
	}
	e.want(200, "POST", "/v1/shows/"+rehearsal+"/commands", trainee, obj{"command_id": "e", "command": "end_show"})
	if a := e.want(503, "PUT", at+"/drills/"+rehearsal, coach, verdict); a.code() != "evidence_behind" {
		t.Errorf("judged before the log has come so far: %s", a.raw)
	}
	e.drained()
	e.heard()
	if a := e.want(200, "PUT", at+"/drills/"+rehearsal, coach, verdict); a.text("state") != "passed" || dig(a.json, "evidence", "commands") != 1.0 || dig(a.json, "evidence", "on_ms") != 301_000.0 {
		t.Errorf("judged: %s", a.raw)
	}
	e.want(201, "POST", at+"/promotion", trainee, nil)
	e.want(200, "PUT", at+"/promotion", operator, obj{"grant": true, "reason": "earned"})
	host := e.want(201, "POST", at+"/token", trainee, nil).text("token")
	e.want(200, "POST", "/v1/shows/s/start", host, nil)
	e.want(200, "POST", "/v1/shows/s/commands", host, pin("f"))
	one := e.want(200, "GET", at, ann, nil)
	if one.text("next_stage") != "" || len(one.json["promotions"].([]any)) != 2 || len(one.json["drills"].([]any)) != 1 {
		t.Errorf("at the end: %s", one.raw)
	}
	// Who left gets no token.
	e.want(200, "POST", at+"/leave", operator, obj{"reason": "moved away"})
	if a := e.want(409, "POST", at+"/token", host, nil); a.code() != "candidate_left" {
		t.Errorf("a token after: %s", a.raw)
	}
	if got := len(e.audited("m1", "incubation.promotion_granted")); got != 2 {
		t.Errorf("%d promotions are in the audit log", got)
	}
}
