package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"showrunner/live"
)

// TestConsolePagesInBrowser reads a show on the pages of merchants and operators
// in a real browser: every page in both languages and themes and at three
// widths, its figures held against the API's. With SHOWRUNNER_SCREENSHOTS it
// keeps pictures.
func TestConsolePagesInBrowser(t *testing.T) {
	const app = "../../gateway/console"
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no Node on the PATH: the pages are not looked at in a browser")
	}
	if _, err := os.Stat(filepath.Join(app, "node_modules/playwright-core")); err != nil {
		t.Skip("Playwright is not installed (npm ci in gateway/console): the pages are not looked at in a browser")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no Chromium on the PATH: the pages are not looked at in a browser")
	}
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
	for _, role := range []live.Role{live.RoleMerchant, live.RoleOperator, live.RoleModerator, live.RoleAdmin} {
		merchant := s.merchant
		if role == live.RoleAdmin {
			merchant = ""
		}
		tokens[string(role)] = s.tokens.sign(role, "the-"+string(role), merchant)
	}
	given, err := json.Marshal(object{
		"url": p.url, "room": s.room, "show": s.show, "order": order, "chromium": chromium, "shots": os.Getenv("SHOWRUNNER_SCREENSHOTS"), "tokens": tokens,
	})
	if err != nil {
		t.Fatal(err)
	}
	play := exec.CommandContext(ctx, node, "app/e2e/pages.mjs")
	play.Dir = app
	play.Env = append(os.Environ(), "STAGE="+string(given))
	play.WaitDelay = 10 * time.Second
	if out, err := play.CombinedOutput(); err != nil {
		t.Fatalf("the pages in the browser: %v\n%s\nserver: %s", err, out, p.stderr)
	}
}
