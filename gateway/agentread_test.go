package gateway_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"showrunner/live"
)

// TestAgentsReadTheirPeople walks every route that agents may read, as one whose
// people are others and as one of another merchant: by path, by query and in every
// list, a person who is not theirs does not exist, and their own are there.
func TestAgentsReadTheirPeople(t *testing.T) {
	s := newServiceStage(t)
	_, show := s.stage("m1")
	s.stage("m2")
	const wei = "wei-zhao"
	viewer, operator := s.as(live.RoleViewer, "m1", wei), s.as(live.RoleOperator, "m1", "op")
	s.want(200, "POST", s.at("/accept"), s.li, nil)
	s.want(200, "PUT", "/v1/people/ming/preferences", s.li, obj{"time_zone": "Asia/Tokyo"})
	// Everything that can be known of a person is known of Wei, who is Wang's.
	s.want(200, "POST", "/v1/shows/"+show+"/start", operator, nil)
	s.buys(wei, show, "c1")
	opened := s.want(201, "POST", "/v1/service/sessions", viewer, obj{"entry_id": "shop", "text": "转人工 " + wei})
	session := dig(opened.json, "session", "session_id").(string)
	s.want(200, "POST", "/v1/service/sessions/"+session+"/accept", s.wang, nil)
	s.want(201, "POST", "/v1/service/sessions/"+session+"/messages", s.wang, obj{"text": "hello " + wei})
	s.want(201, "POST", "/v1/service/entries", s.wang, obj{"entry_id": "own", "type": "personal", "title": "For " + wei, "person_id": wei})
	s.want(200, "PUT", "/v1/people/"+wei+"/preferences", viewer, obj{"channels": []any{obj{"channel": "phone", "opt_out": true}}})
	touch := s.want(201, "POST", "/v1/service/touches", s.wang, obj{"person_id": wei, "channel": "contact", "kind": "care", "plan": true}).text("touch_id")
	s.want(201, "POST", "/v1/service/pauses", operator, obj{"person_id": wei, "days": 3, "reason": "asked"})
	followup := s.want(201, "POST", "/v1/service/followups", operator, obj{"person_id": wei, "agent_id": "wang"}).text("followup_id")
	complaint := s.want(201, "POST", "/v1/service/complaints", s.wang, obj{"text": "坏了 " + wei, "cause": "quality", "person_id": wei, "session_id": session}).text("complaint_id")
	need := s.want(201, "POST", "/v1/service/needs", s.wang, obj{"text": "怎么磨刀 " + wei, "person_id": wei, "session_id": session}).text("need_id")
	s.want(200, "POST", "/v1/identity/links", operator, obj{"identifiers": []any{obj{"kind": "login", "value": wei}, obj{"kind": "anonymous", "value": "wei-device"}}, "evidence": "told"})
	s.want(201, "POST", "/v1/groups", operator, obj{"group_id": "g-wang", "name": "Of " + wei, "agent_id": "wang"})
	s.climb()

	ids := strings.NewReplacer("session-m1", session, "entry-m1", "own", "person-m1", wei, "agent-m1", "wang", "touch-m1", touch, "followup-m1", followup,
		"complaint-m1", complaint, "need-m1", need, "group-m1", "g-wang")
	agent := live.Principal{Role: live.RoleAgent}
	byPath, read := []string{}, 0
	for _, r := range s.server.API().Routes() {
		if r.Method != "GET" || r.Open || len(r.Actions) == 0 || !slices.ContainsFunc(r.Actions, agent.May) {
			continue
		}
		path := ids.Replace(fill(r.Path, "m1"))
		span := "?from=2026-01-01&to=2026-01-31"
		if r.ID == "get-service-figures" {
			span = "?from=2026-01-01T00:00:00Z&to=2026-01-31T00:00:00Z"
		}
		for name, token := range map[string]string{"another agent": s.li, "an agent of another merchant": s.as(live.RoleAgent, "m2", "wang")} {
			for _, query := range []string{"", span, "?person_id=" + wei, "?agent_id=wang", span + "&agent_id=wang", span + "&by=person&key=" + wei, "?show_id=" + show} {
				a := s.do("GET", path+query, token, nil)
				if a.status == 200 {
					read++
				}
				if strings.Contains(a.raw, wei) || strings.Contains(a.raw, "wei-device") {
					t.Errorf("%s as %s with %q: %d %s", r.ID, name, query, a.status, a.raw)
				}
				if query == "" && strings.Contains(r.Path, "{person_id}") && a.status != 404 {
					t.Errorf("%s as %s: %d %s", r.ID, name, a.status, a.raw)
				}
			}
		}
		if strings.Contains(r.Path, "{person_id}") {
			byPath = append(byPath, r.ID)
			s.want(200, "GET", path, s.wang, nil)
			s.want(200, "GET", strings.Replace(path, wei, "ming", 1), s.li, nil)
		}
	}
	if slices.Sort(byPath); strings.Join(byPath, " ") != "get-journey get-person get-preferences get-value" || read < 40 {
		t.Errorf("%d answers read, of a person by %v", read, byPath)
	}
	for name, token := range map[string]string{"another agent": s.li, "an agent of another merchant": s.as(live.RoleAgent, "m2", "wang")} {
		if a := s.do("PUT", "/v1/people/"+wei+"/preferences", token, obj{"opt_out": false}); a.status != 404 {
			t.Errorf("%s lifts an opt-out: %d %s", name, a.status, a.raw)
		}
	}
	if a := s.want(200, "GET", "/v1/people/"+wei+"/preferences", s.wang, nil); dig(a.json, "channels", 0, "opt_out") != true {
		t.Errorf("the opt-out is gone: %s", a.raw)
	}
}

// TestOwnWordMakesNobodyTheirs: an agent who touches somebody, or states facts that
// name them as who served somebody, does not read that person for it.
func TestOwnWordMakesNobodyTheirs(t *testing.T) {
	s := newServiceStage(t)
	_, show := s.stage("m1")
	const wei = "wei-zhao"
	s.want(200, "POST", "/v1/shows/"+show+"/start", s.as(live.RoleOperator, "m1", "op"), nil)
	s.fact("room_entered", wei, show, nil)
	s.want(201, "POST", "/v1/service/touches", s.li, obj{"person_id": wei, "channel": "contact", "kind": "care"})
	for i, actor := range []obj{nil, {"id": "li", "role": "agent"}, {"id": "crm", "role": "integration"}} {
		fact := obj{"event_id": fmt.Sprint("own-", i), "type": "service_session_started", "user_id": wei, "show_id": show, "data": obj{"session_id": fmt.Sprint("x", i), "agent_id": "li"}}
		if actor != nil {
			fact["actor"] = actor
		}
		if a := s.want(200, "POST", "/v1/events", s.li, []any{fact}); a.json["accepted"] != 1.0 {
			t.Fatal(a.raw)
		}
	}
	s.climb()
	paths := []string{"", "/journey", "/preferences", "/value"}
	for _, path := range paths {
		if a := s.do("GET", "/v1/people/"+wei+path, s.li, nil); a.status != 404 {
			t.Errorf("%q: %d %s", path, a.status, a.raw)
		}
	}
	if a := s.do("PUT", "/v1/people/"+wei+"/preferences", s.li, obj{"opt_out": false}); a.status != 404 {
		t.Errorf("an opt-out is lifted: %d %s", a.status, a.raw)
	}
	// What another system states does.
	s.fact("service_session_started", wei, show, obj{"session_id": "y1", "agent_id": "li"})
	s.climb()
	for _, path := range paths {
		s.want(200, "GET", "/v1/people/"+wei+path, s.li, nil)
	}
}
