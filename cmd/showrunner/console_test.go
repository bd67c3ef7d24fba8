package main

import (
	"fmt"
	"testing"
	"time"

	"showrunner/live"
)

// TestShowThroughTheConsole plays one show in each language through the pages of
// the console in a real browser, with everybody who works with it: the host pins
// and drops a coupon, the viewer claims, buys and pays, the operator sees who earned it,
// the agent answers, the host ends it and the merchant has the report. In the
// middle the network is cut for 20 seconds. The steps are in
// gateway/console/app/e2e/show.mjs.
func TestShowThroughTheConsole(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: shows of a minute in a browser are left out")
	}
	needBrowser(t)
	data := t.TempDir()
	p := startProgram(t, data, freeAddr(t), "--demo-shop", "on")
	for _, language := range []string{"en", "zh"} {
		t.Run(language, func(t *testing.T) {
			const others, price = 3, 19900
			s := newStage(t, p.url, data, "m-"+language, "r-"+language, "Asia/Shanghai", good{"knife", "knife-20", price, 50}, good{"pot", "pot-24", 29900, 50})
			plan := object{
				"url": p.url, "language": language, "room": s.room, "show": s.show, "sku": "knife-20", "batch": "b-" + language,
				"paid": others, "paid_minor": others * price, "cut_ms": 20_000, "question": "How large is the knife?", "canned": "size", "answer": "The blade is 20 cm.", "refused": "sms",
			}
			tokens := map[string]string{"operator": s.operator, "merchant": s.merch}
			for name, role := range map[string]live.Role{"host": live.RoleHost, "agent": live.RoleAgent, "viewer": live.RoleViewer} {
				tokens[name] = s.tokens.sign(role, name+"-1", s.merchant)
			}
			plan["tokens"] = tokens
			put := func(path string, body object) {
				t.Helper()
				must(t, "PUT", p.url+path, s.merch, body, nil, "Idempotency-Key", path)
			}
			put("/v1/coupons/b-"+language, object{"title": "10 off", "kind": "amount", "off_minor": 1000, "threshold_minor": 9900, "currency": "CNY", "total": 50, "per_person": 1})
			put("/v1/service/agents/agent-1", object{"name": "Li", "capacity": 5, "personas": []string{"expert", "account_manager", "product", "after_sale"}})
			put("/v1/service/answers", object{"items": []object{{"title": plan["canned"], "text": plan["answer"], "kind": "qa"}}})
			put("/v1/people/viewer-1/preferences", object{"channels": []object{{"channel": plan["refused"], "opt_out": true}}})

			// Others buy before, so that what is on the screen is no lonely figure.
			var sales []object
			for i := range others {
				order := fmt.Sprintf("%s-%d", language, i)
				sales = append(sales, object{"type": "order_created", "timestamp": s.now().Format(time.RFC3339Nano), "data": object{
					"order_id": order, "person_id": "other-" + order, "show_id": s.show, "currency": "CNY",
					"lines": []object{{"line_id": "1", "product_id": "knife", "sku_id": "knife-20", "qty": 1, "goods_minor": price}},
				}}, s.paidFact(order, "pay-"+order, price))
			}
			s.hook("sales-"+language, sales...)

			playBrowser(t, "show.mjs", plan, nil)
		})
	}
}
