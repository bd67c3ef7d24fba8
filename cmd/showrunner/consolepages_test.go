package main

import (
	"testing"
	"time"

	"showrunner/live"
)

// TestConsolePagesInBrowser reads a show on the pages of merchants and operators
// in a real browser: every page in both languages and themes and at three
// widths, its figures held against the API's; and what is said when the code of a
// page does not come. With SHOWRUNNER_SCREENSHOTS it keeps pictures.
func TestConsolePagesInBrowser(t *testing.T) {
	needBrowser(t)
	data, addr := t.TempDir(), freeAddr(t)
	p := startProgram(t, data, addr)
	p.ready(200, 2*time.Minute)
	s := newStage(t, p.url, data, "m1", "r1", "Asia/Shanghai", good{"p1", "sku-1", 1001, 50}, good{"p2", "sku-2", 2500, 50})
	s.events(s.tokens.sign(live.RoleAgent, "li", "m1"), object{
		"type": "group_joined", "user_id": "ann", "actor": object{"id": "li", "name": "Li", "role": "agent"}, "channel": "private/group", "data": object{"group_id": "g3", "group_name": "育儿群 3"},
	})
	ctx := deadline(t, 8*time.Minute)
	ann := s.viewer("ann", "channel=search")
	defer ann.close()
	s.command("pin_product", object{"product_id": "p1"})
	if ack, err := ann.do(ctx, object{"type": "product_clicked", "data": object{"product_id": "p1", "surface": "list"}}); err != nil || ack["ok"] != true {
		t.Fatalf("click: %v %v", ack, err)
	}
	ack, err := ann.do(ctx, object{"type": "place_order", "data": object{"client_order_id": "c1", "lines": []object{{"sku_id": "sku-1", "qty": 1}}}})
	if err != nil || ack["ok"] != true {
		t.Fatalf("order: %v %v", ack, err)
	}
	order := ack["data"].(object)["order_id"].(string)
	s.hook("w1", s.paidFact(order, "pay", 1001))
	s.credited(time.Minute, 1, 1001)
	tokens := object{}
	for _, role := range []live.Role{live.RoleMerchant, live.RoleOperator, live.RoleModerator, live.RoleAgent, live.RoleAdmin} {
		merchant := s.merchant
		if role == live.RoleAdmin {
			merchant = ""
		}
		tokens[string(role)] = s.tokens.sign(role, "the-"+string(role), merchant)
	}
	playBrowser(t, "pages.mjs", object{"url": p.url, "room": s.room, "show": s.show, "order": order, "tokens": tokens}, nil)
}
