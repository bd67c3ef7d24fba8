package gateway_test

import (
	"strings"
	"testing"

	"showrunner/live"
)

// TestServiceContext: beside a session stands who the person is over all their
// orders, with money only for those who may see it; agents see only their people,
// there and elsewhere.
func TestServiceContext(t *testing.T) {
	s := newServiceStage(t)
	_, show := s.stage("m1")
	operator := s.as(live.RoleOperator, "m1", "op")
	s.want(200, "POST", "/v1/shows/"+show+"/start", operator, nil)
	order := s.buys("ming", show, "c1")
	s.climb()
	s.want(200, "POST", s.at("/accept"), s.li, nil)

	a := s.want(200, "GET", s.at("/context"), s.li, nil)
	if dig(a.json, "orders", 0, "order_id") != order || dig(a.json, "orders", 0, "state") != "paid" || dig(a.json, "person", "rung") != "customer" || a.text("owner_id") != "li" {
		t.Errorf("beside the session: %s", a.raw)
	}
	if journey, ok := a.json["journey"].([]any); !ok || len(journey) < 3 {
		t.Errorf("the way of the person: %s", a.raw)
	}
	for _, money := range []string{"minor", "CNY\",\"gmv", "1000"} {
		if strings.Contains(a.raw, money) {
			t.Errorf("an agent reads %q: %s", money, a.raw)
		}
	}
	if b := s.want(200, "GET", s.at("/context"), operator, nil); dig(b.json, "orders", 0, "money", "paid_minor") != 1000.0 || dig(b.json, "person", "money", 0, "gmv_paid_minor") != 1000.0 {
		t.Errorf("an operator reads %s", b.raw)
	}
	for _, path := range []string{"/v1/people/ming", "/v1/people/ming/journey"} {
		s.want(200, "GET", path, s.li, nil)
		hers, nobodys := s.want(404, "GET", path, s.wang, nil), s.want(404, "GET", strings.Replace(path, "ming", "nobody", 1), s.wang, nil)
		if hers.code() != nobodys.code() {
			t.Errorf("%s: %s, of nobody %s", path, hers.raw, nobodys.raw)
		}
	}
	for _, path := range []string{"/v1/orders", "/v1/orders/" + order} {
		if a := s.want(403, "GET", path, s.li, nil); a.code() != "role_forbidden" {
			t.Errorf("an agent reads %s: %s", path, a.raw)
		}
	}
	s.want(201, "POST", "/v1/service/sessions", s.ming, obj{"text": "转人工"})
	const span = "?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z"
	if a := s.want(200, "GET", "/v1/service/figures"+span, operator, nil); a.json["sessions"] != 2.0 || dig(a.json, "figures", 8, "key") != "bot_handover_rate" || dig(a.json, "figures", 8, "value") != 1.0 {
		t.Errorf("figures: %s", a.raw)
	}
	if a := s.want(200, "GET", "/v1/service/figures"+span+"&agent_id=li", s.wang, nil); a.json["sessions"] != 0.0 || a.text("agent_id") != "wang" {
		t.Errorf("an agent reads another's figures: %s", a.raw)
	}

	left := s.want(200, "POST", "/v1/service/agents/li/leave", s.owner, obj{"to": []string{"wang"}, "by": "even"})
	if left.json["sessions"] != 1.0 || left.json["people"] != 1.0 || dig(left.json, "to", 0) != "wang" {
		t.Errorf("left: %s", left.raw)
	}
	s.want(200, "GET", "/v1/people/ming", s.wang, nil)
	if a := s.want(409, "POST", "/v1/service/agents/wang/leave", s.owner, obj{"to": []string{"li"}}); a.code() != "agent_left" {
		t.Errorf("to who has left: %s", a.raw)
	}
	if a := s.want(400, "POST", "/v1/service/agents/wang/leave", s.owner, obj{"by": "chance"}); a.code() != "invalid_field" {
		t.Errorf("by chance: %s", a.raw)
	}
}
