package main

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// TestGrowthPagesInBrowser plays incubation and webhooks on the console's pages,
// by a merchant, the candidate, an operator and a viewer who may see neither. The
// endpoint of the webhooks is gone until the play has it mended.
func TestGrowthPagesInBrowser(t *testing.T) {
	needBrowser(t)
	var mended, taken atomic.Int64
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if mended.Load() == 0 {
			w.WriteHeader(http.StatusGone)
			return
		}
		taken.Add(1)
	}))
	t.Cleanup(hook.Close)
	data := t.TempDir()
	p := startProgram(t, data, freeAddr(t), "--insecure-webhooks")
	s := newStage(t, p.url, data, "m-grow", "r-grow", "Asia/Shanghai", good{"knife", "knife-20", 19900, 50})
	put := func(path string, body object) {
		t.Helper()
		must(t, "PUT", p.url+path, s.merch, body, nil)
	}
	put("/v1/service/agents/ann", object{"name": "Ann", "capacity": 5, "personas": []string{"expert"}})
	put("/v1/incubation/skills", object{"items": []object{{"skill": "explain", "label_zh": "商品讲解", "label_en": "Explaining a product", "proof": "讲解三件商品，卖点与禁语无误"}}})
	put("/v1/incubation/tracks/host", object{
		"label_zh": "客服成长为主播", "label_en": "From agent to host",
		"stages": []object{
			{"stage": "agent", "label_zh": "客服", "label_en": "Agent", "role": "agent", "needs": []object{}},
			{"stage": "drill", "label_zh": "演练", "label_en": "Drills", "role": "trainee", "needs": []object{{"kind": "skill", "skill": "explain"}}},
			{"stage": "host", "label_zh": "主播", "label_en": "Host", "role": "host", "needs": []object{
				{"kind": "score", "figure": "csat", "at_least": 9000, "least_sample": 20, "days": 30}, {"kind": "drills", "count": 2}, {"kind": "shadows", "count": 3, "minutes": 30},
			}},
		},
		"drill": object{"rubric": []object{{"criterion": "clear", "label_zh": "讲解清楚", "label_en": "Explains clearly", "points": 10}}, "pass_points": 7, "least_minutes": 20},
	})
	tokens := object{"merchant": s.merch, "operator": s.operator}
	for name, role := range map[string]live.Role{"ann": live.RoleAgent, "viewer": live.RoleViewer} {
		tokens[name] = s.tokens.sign(role, name, s.merchant)
	}
	playBrowser(t, "growth.mjs", object{"url": p.url, "hook": hook.URL + "/hooks", "tokens": tokens}, map[string]func(){
		"order": func() {
			s.hook("sale", object{"type": "order_created", "timestamp": s.now().Format(time.RFC3339Nano), "data": object{
				"order_id": "o1", "person_id": "buyer", "show_id": s.show, "currency": "CNY",
				"lines": []object{{"line_id": "1", "product_id": "knife", "sku_id": "knife-20", "qty": 1, "goods_minor": 19900}},
			}})
		},
		"mend":  func() { mended.Store(1) },
		"taken": func() { eventually(t, time.Minute, "the webhook is taken", func() bool { return taken.Load() > 0 }) },
	})
}
