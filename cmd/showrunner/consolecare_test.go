package main

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// TestCarePagesInBrowser reads what customers feel, climb and complain of on the
// console's pages, and does something about it from there: the server's clock
// ran ten days, in which buyers complained, somebody was touched too much and
// somebody waited in vain. The figures are held against the API's. An alert of
// the second show is taken up in the page and nowhere else.
func TestCarePagesInBrowser(t *testing.T) {
	needBrowser(t)
	var shift atomic.Int64 // nanoseconds
	shift.Store(-int64(10 * 24 * time.Hour))
	now := func() time.Time { return clock().Add(time.Duration(shift.Load())).Truncate(time.Millisecond) }
	c := newServe()
	c.Data, c.Addr, c.LogLevel, c.AlertEvery, c.now = t.TempDir(), "127.0.0.1:0", "warn", 200*time.Millisecond, now
	url := startServer(t, c)
	s := newStageAt(t, now, url, c.Data, "m-care", "r-care", "Asia/Shanghai", good{"shirt", "sku-1", 9900, 200})
	ctx := deadline(t, 9*time.Minute)
	must(t, "PUT", url+"/v1/service/touch-rules", s.merch, object{
		"quiet_hours": nil, "cool_down": nil, "caps": []object{{"per": "person", "hours": 24, "at_most": 1}}, "temperature": object{"least": 1, "least_person": 1},
	}, nil)
	must(t, "PUT", url+"/v1/service/agents/ann", s.merch, object{"name": "Ann", "capacity": 5, "personas": []string{"expert"}}, nil)
	do := func(s *stage, who string, frame object) object {
		t.Helper()
		v := s.viewer(who, "channel=search")
		defer v.close()
		ack, err := v.do(ctx, frame)
		if err != nil || ack["ok"] != true {
			t.Fatalf("%s: %v %v", who, ack, err)
		}
		data, _ := ack["data"].(object)
		return data
	}
	for i := range 8 {
		who := fmt.Sprint("buyer-", i)
		order := do(s, who, object{"type": "place_order", "data": object{"client_order_id": "c1", "lines": []object{{"sku_id": "sku-1", "qty": 1}}}})["order_id"].(string)
		s.hook("paid-"+order, s.paidFact(order, "pay-"+order, 9900))
		switch {
		case i < 3:
			fact := s.refundFact(order, "refund-"+order, "sku-1", 9900)
			fact["data"].(object)["reason"] = "NOT_MATCH_PRODUCT_DESC"
			s.hook("refund-"+order, fact)
		case i == 3:
			do(s, who, object{"type": "comment_sent", "data": object{"text": "主播说是纯棉，收到根本不是纯棉，质量太差了，要投诉"}})
		}
	}
	for i := range 4 {
		s.events(s.tokens.sign(live.RoleIntegration, "crm", s.merchant), object{"event_id": fmt.Sprint("touch-", i), "type": "touch_sent", "user_id": "pestered", "data": object{"agent_id": "ann"}})
	}
	do(s, "needy", object{"type": "service_open", "data": object{"text": "转人工"}})
	s.command("end_show", object{})
	shift.Store(0)

	first := s.show
	s.operator, s.merch = s.tokens.sign(live.RoleOperator, "op", s.merchant), s.tokens.sign(live.RoleMerchant, "boss", s.merchant)
	var next struct {
		ID string `json:"show_id"`
	}
	must(t, "POST", url+"/v1/rooms/r-care/shows", s.operator, object{"title": "Next", "planned_start_at": now().Add(24 * time.Hour).Format(time.RFC3339)}, &next)
	must(t, "PUT", url+"/v1/shows/"+next.ID+"/shelf", s.operator, object{"items": []object{{"product_id": "shirt", "sku_id": "sku-1", "title": "Shirt", "price_minor": 9900, "currency": "CNY", "stock": 200, "rank": 1}}}, nil)
	second := newStageAt(t, now, url, c.Data, s.merchant, "r-care-2", "Asia/Shanghai", good{"hat", "hat-1", 5000, 40})
	must(t, "PUT", url+"/v1/alert-rules", s.operator, object{"rules": []object{
		{"rule": "soon_gone", "kind": "stock_out_ahead", "severity": "critical", "raise": 10, "clear": 15, "hold_s": 0, "rest_s": 0},
	}}, nil)
	do(second, "buyer-0", object{"type": "place_order", "data": object{"client_order_id": "c2", "lines": []object{{"sku_id": "hat-1", "qty": 25}}}})
	eventually(t, time.Minute, "everything is told", func() bool {
		var rate struct {
			Paid int64                   `json:"orders_paid"`
			Rate struct{ Numerator int } `json:"complaint_rate"`
		}
		must(t, "GET", url+"/v1/service/complaint-rate", s.merch, nil, &rate)
		var board struct {
			Complete bool
			All      struct {
				Over  struct{ Denominator int } `json:"over_service_rate"`
				Unmet struct{ Denominator int } `json:"unmet_need_rate"`
			}
		}
		must(t, "GET", url+"/v1/temperature", s.merch, nil, &board)
		var ladder struct {
			Rungs []struct {
				Rung   string
				People int
			}
		}
		must(t, "GET", url+"/v1/ladder", s.merch, nil, &ladder)
		return rate.Paid == 8 && rate.Rate.Numerator == 3 && board.Complete && board.All.Over.Denominator == 4 && board.All.Unmet.Denominator == 1 && ladder.Rungs[2].People == 5
	})
	tokens := object{"merchant": s.merch, "operator": s.operator}
	for name, role := range map[string]live.Role{"ann": live.RoleAgent, "host": live.RoleHost} {
		tokens[name] = s.tokens.sign(role, name, s.merchant)
	}
	playBrowser(t, "care.mjs", object{"url": url, "shows": []live.ShowID{second.show, first}, "room": second.room, "tokens": tokens}, nil)
}
