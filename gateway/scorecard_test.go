package gateway_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// TestScorecards: how agents serve over HTTP, each figure as the answer that has it
// by itself tells it, money to the cent; agents read their own alone, without money.
func TestScorecards(t *testing.T) {
	s := newServiceStage(t)
	_, show := s.stage("m1")
	s.want(200, "POST", s.at("/accept"), s.li, nil)
	s.advance(2 * time.Minute)
	s.want(201, "POST", s.at("/messages"), s.li, obj{"text": "fits", "kind": "qa"})
	s.want(201, "POST", s.at("/messages"), s.li, obj{"text": "take two", "kind": "recommend"})
	s.want(201, "POST", s.at("/messages"), s.li, obj{"text": "warm enough?", "kind": "care"})
	s.want(200, "POST", "/v1/shows/"+show+"/start", s.owner, nil)
	s.buys("ming", show, "c1")
	s.want(200, "POST", s.at("/transfer"), s.li, obj{"persona": "after_sale", "reason": "theirs"})
	s.want(200, "POST", s.at("/accept"), s.wang, nil)
	s.want(200, "POST", s.at("/close"), s.wang, obj{"resolution": "resolved"})
	s.want(200, "POST", s.at("/rate"), s.ming, obj{"score": 5})
	s.drained()
	s.advance(73 * time.Hour) // touches and needs are judged
	owner, li := s.as(live.RoleMerchant, "m1", "owner"), s.as(live.RoleAgent, "m1", "li")

	const span = "?from=2026-01-01&to=2026-01-31&time_zone=UTC"
	all := s.want(200, "GET", "/v1/agents/scorecards"+span, owner, nil)
	if len(all.items()) != 2 || dig(all.items()[0], "agent_id") != "li" || dig(all.items()[1], "agent_id") != "wang" || dig(all.items()[1], "name") != "Wang" {
		t.Fatalf("cards: %s", all.raw)
	}
	rates := func(card any) map[string][2]float64 {
		out := map[string][2]float64{}
		for _, r := range dig(card, "rates").([]any) {
			out[dig(r, "key").(string)] = [2]float64{dig(r, "numerator").(float64), dig(r, "denominator").(float64)}
		}
		return out
	}
	want := map[string][2]float64{ // Li passed it on: she is not the last, but it was given to her, and the words are hers.
		"first_response_time": {0, 0}, "first_response_kept": {0, 0}, "reply_rate": {0, 0}, "resolution_time": {0, 0}, "resolved_rate": {0, 0},
		"csat": {0, 0}, "csat_participation": {0, 0}, "reopen_rate": {0, 0}, "transfer_rate": {1, 1}, "agent_care_to_sell": {2, 1},
	}
	if d := cmp.Diff(want, rates(all.items()[0])); d != "" {
		t.Errorf("li (-want +got):\n%s", d)
	}
	want = map[string][2]float64{
		"first_response_time": {120_000, 1}, "first_response_kept": {1, 1}, "reply_rate": {1, 1}, "resolution_time": {120_000, 1}, "resolved_rate": {1, 1},
		"csat": {1, 1}, "csat_participation": {1, 1}, "reopen_rate": {0, 1}, "transfer_rate": {0, 1}, "agent_care_to_sell": {0, 0},
	}
	wang := all.items()[1]
	if d := cmp.Diff(want, rates(wang)); d != "" || dig(wang, "sessions") != 1.0 || dig(wang, "first_response_median_ms") != 120000.0 || dig(wang, "first_response_p95_ms") != 120000.0 ||
		dig(wang, "personas", 0, "persona") != "after_sale" || dig(wang, "personas", 0, "sessions") != 1.0 {
		t.Errorf("wang: %v (-want +got):\n%s", wang, d)
	}
	if dig(all.items()[0], "first_response_median_ms") != nil {
		t.Errorf("of no answer: %s", all.raw)
	}

	// Money and temperature are those of the answers that have them by themselves.
	total := s.want(200, "GET", "/v1/service/assisted"+span, owner, nil).json["totals"].([]any)[0]
	row, card := dig(total, "agents", 0), dig(all.items()[0], "assisted", 0)
	if dig(row, "key") != "li" || dig(card, "currency") != "CNY" || dig(card, "service_assisted_gmv_minor") != 1000.0 {
		t.Errorf("assisted: %v, %v", row, card)
	}
	for _, figure := range []string{"service_assisted_orders", "service_assisted_gmv_minor", "service_assisted_share"} {
		if d := cmp.Diff(dig(row, figure), dig(card, figure)); d != "" {
			t.Errorf("%s (-assisted +card):\n%s", figure, d)
		}
	}
	board := s.want(200, "GET", "/v1/temperature"+span+"&by=agent", owner, nil).json["items"].([]any)
	for _, felt := range board {
		for _, c := range all.items() {
			if dig(felt, "key") == dig(c, "agent_id") {
				if d := cmp.Diff(felt, dig(c, "felt")); d != "" {
					t.Errorf("the temperature of %v (-board +card):\n%s", dig(c, "agent_id"), d)
				}
			}
		}
	}
	if len(board) == 0 || dig(all.items()[0], "felt", "unmet_need_rate", "denominator") != 1.0 {
		t.Errorf("the need of Ming is nobody's: %s", all.raw)
	}

	one := s.want(200, "GET", "/v1/agents/wang/scorecard"+span, owner, nil)
	if d := cmp.Diff(wang, one.json["card"]); d != "" {
		t.Errorf("of one (-list +one):\n%s", d)
	}
	if own := s.want(200, "GET", "/v1/agents/scorecards"+span, li, nil); len(own.items()) != 1 || strings.Contains(own.raw, "wang") || strings.Contains(own.raw, "minor") || strings.Contains(own.raw, "assisted_share") ||
		dig(own.items()[0], "assisted", 0, "service_assisted_orders") != 1.0 {
		t.Errorf("li reads %s", own.raw)
	}
	s.want(200, "GET", "/v1/agents/li/scorecard"+span, li, nil)
	for path, token := range map[string]string{"/v1/agents/wang/scorecard": li, "/v1/agents/nobody/scorecard": owner, "/v1/agents/li/scorecard": s.as(live.RoleMerchant, "m2", "other")} {
		if a := s.want(404, "GET", path+"?time_zone=UTC", token, nil); a.code() != "agent_not_found" {
			t.Errorf("%s: %s", path, a.raw)
		}
	}
	s.problem("a host", s.do("GET", "/v1/agents/scorecards"+span, s.as(live.RoleHost, "m1", "h"), nil), 403)
	s.problem("a token of a room", s.do("GET", "/v1/agents/scorecards"+span, s.as(live.RoleOperator, "m1", "op", "room-m1"), nil), 403)
}
