package gateway_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// sell starts the show of m1, sells one order of 2100 and refunds 500 of it.
func (e *env) sell(show string) {
	e.t.Helper()
	t := e.t.(*testing.T)
	e.integrate("m1", secret1)
	e.want(200, "POST", "/v1/shows/"+show+"/start", e.as(live.RoleMerchant, "m1", "owner"), nil)
	e.want(200, "POST", "/v1/events", e.as(live.RoleIntegration, "m1", "crm"), []any{
		obj{"event_id": "e1", "type": "room_entered", "show_id": show, "user_id": "u1", "channel": "private/group"},
		obj{"event_id": "e2", "type": "product_clicked", "show_id": show, "user_id": "u1", "data": obj{"product_id": "p1", "surface": "pin_card"}},
	})
	body := text(t, []any{created("o1", show), paid("o1", 2100), fact("refund_succeeded", obj{
		"refund_id": "r1", "order_id": "o1", "currency": "CNY", "reason": "broken", "lines": []any{obj{"sku_id": "sku1", "goods_minor": 500}},
	})})
	e.want(200, "POST", hook, "", body, sign(t, secret1, "d1", e.now(), body)...)
	e.fingerprint("m1") // waits until the outbox is in the log
}

func TestFigures(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	e.sell(show)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	get := func(what string) answer { return e.want(200, "GET", "/v1/shows/"+show+"/"+what, owner, nil) }

	m := get("snapshot").json["metrics"].(obj)
	for key, want := range map[string]any{"gmv_paid_minor": 2100.0, "gmv_net_minor": 1600.0, "orders_paid": 1.0, "watch_uv": 1.0} {
		if m[key] != want {
			t.Errorf("snapshot: %s is %v, want %v", key, m[key], want)
		}
	}
	if rate, _ := m["aov_minor"].(obj); rate["numerator"] != 2100.0 || rate["denominator"] != 1.0 || rate["value"] != 2100.0 {
		t.Errorf("aov_minor is %v, want its parts and its value", m["aov_minor"])
	}
	points := get("timeline?metrics=gmv_paid_minor,product_click_pv").json["points"].([]any)
	var sum float64
	for _, p := range points {
		row := p.(obj)
		sum += row["gmv_paid_minor"].(float64)
		if len(row) != 3 {
			t.Errorf("timeline row has %v, want t and the two metrics", row)
		}
	}
	if sum != 2100 {
		t.Errorf("the timeline's money sums to %v, want 2100", sum)
	}
	steps := get("funnel").json["steps"].([]any)
	if last := steps[len(steps)-1].(obj); last["key"] != "order_paid" || last["uv"] != 1.0 {
		t.Errorf("the funnel ends with %v", last)
	}
	if row := get("products").items()[0].(obj); row["product_click_pv"] != 1.0 {
		t.Errorf("product row: %v", row)
	}
	if row := get("sources").items()[0].(obj); row["channel"] != "private/group" || row["gmv_paid_minor"] != 2100.0 {
		t.Errorf("source row: %v", row)
	}
	rec := get("reconciliation")
	if rec.json["agree"] != true {
		t.Errorf("reconciliation: %s", rec.raw)
	}
}

// TestMoneyIsHidden: roles without the right to money get no amount anywhere.
func TestMoneyIsHidden(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	e.sell(show)
	for _, role := range live.Roles {
		p := live.Principal{Role: role}
		if !p.May(live.ActFigures) {
			continue
		}
		for _, what := range []string{"snapshot", "timeline", "funnel", "products", "sources"} {
			a := e.want(200, "GET", "/v1/shows/"+show+"/"+what, e.as(role, "m1", "someone"), nil)
			has := strings.Contains(a.raw, "_minor") || strings.Contains(a.raw, "2100") || strings.Contains(a.raw, "1600") || strings.Contains(a.raw, "share_amount")
			if may := p.May(live.ActMoney); has && !may || !has && may && what != "funnel" {
				t.Errorf("%s as %s: money shown %v, allowed %v: %s", what, role, has, may, a.raw)
			}
		}
	}
}

func TestReport(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	e.sell(show)
	e.advance(time.Minute)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	path := "/v1/shows/" + show + "/report?as_of=" + e.now().Format(time.RFC3339)
	first := e.want(200, "GET", path, owner, nil)
	if m := first.json["metrics"].(obj); m["gmv_paid_minor"] != 2100.0 {
		t.Errorf("report: %s", first.raw)
	}
	e.advance(time.Hour)
	e.want(200, "POST", "/v1/events", e.as(live.RoleIntegration, "m1", "crm"), []any{obj{"type": "room_entered", "show_id": show, "user_id": "late"}})
	if again := e.want(200, "GET", path, e.as(live.RoleMerchant, "m1", "owner"), nil); again.raw != first.raw {
		t.Error("the same as_of printed other bytes after a later fact")
	}
	page := e.want(200, "GET", path+"&format=html&lang=en", e.as(live.RoleMerchant, "m1", "owner"), nil)
	if !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || !strings.Contains(page.header.Get("Content-Security-Policy"), "sandbox") ||
		!strings.Contains(page.raw, "<html") {
		t.Errorf("html: %v", page.header)
	}
	e.problem("another language", e.do("GET", path+"&format=html&lang=fr", e.as(live.RoleMerchant, "m1", "owner"), nil), 400)
	for format, begins := range map[string]string{"csv": "part,row,column", "windows": "show_id,room_id,title", "xlsx": "PK"} {
		a := e.want(200, "GET", path+"&format="+format, e.as(live.RoleMerchant, "m1", "owner"), nil)
		if !strings.HasPrefix(a.raw, begins) || !strings.HasSuffix(a.header.Get("Content-Disposition"), map[string]string{"windows": `-windows.csv"`}[format]) ||
			format != "windows" && !strings.HasSuffix(a.header.Get("Content-Disposition"), `.`+format+`"`) {
			t.Errorf("%s: %v %.40q", format, a.header, a.raw)
		}
	}
	a := e.do("GET", path+"&format=docx", e.as(live.RoleMerchant, "m1", "owner"), nil)
	if formats, _ := a.json["formats"].([]any); a.code() != "format_unavailable" || fmt.Sprint(formats) != "[json html csv windows xlsx pdf]" {
		t.Errorf("docx: %s", a.raw)
	}
	// Printing money leaves a trace.
	var printed int
	for _, row := range e.want(200, "GET", "/v1/audit?show_id="+show, e.as(live.RoleAuditor, "m1", "auditor"), nil).items() {
		if row.(obj)["action"] == "report.read" {
			printed++
		}
	}
	if printed != 6 {
		t.Errorf("%d prints in the audit log, want 6", printed)
	}
}

func TestAuditNeverHasTheSecret(t *testing.T) {
	e := newEnv(t)
	e.stage("m1")
	e.integrate("m1", secret1)
	a := e.want(200, "GET", "/v1/audit", e.as(live.RoleAuditor, "m1", "auditor"), nil)
	if !strings.Contains(a.raw, `"integration.write"`) || strings.Contains(a.raw, strings.TrimPrefix(secret1, "whsec_")) {
		t.Errorf("audit of an integration: %s", a.raw)
	}
}

func TestPages(t *testing.T) {
	e := newEnv(t)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	for i := range 7 {
		e.want(201, "POST", "/v1/rooms", owner, obj{"room_id": fmt.Sprintf("r%d", i), "title": "a", "currency": "CNY"})
	}
	seen := map[string]bool{}
	path, pages := "/v1/rooms?limit=3", 0
	for {
		a := e.want(200, "GET", path, owner, nil)
		pages++
		for _, item := range a.items() {
			id := item.(obj)["room_id"].(string)
			if seen[id] {
				t.Errorf("%s is on two pages", id)
			}
			seen[id] = true
		}
		next := a.text("next_cursor")
		if next == "" {
			break
		}
		path = "/v1/rooms?limit=3&cursor=" + next
	}
	if len(seen) != 7 || pages != 3 {
		t.Errorf("%d rooms on %d pages, want 7 on 3", len(seen), pages)
	}
}

// TestCommandsAreIdempotent: a repeat of a command_id returns the first answer.
func TestCommandsAreIdempotent(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	owner := e.as(live.RoleMerchant, "m1", "owner")
	first := e.want(200, "POST", "/v1/shows/"+show+"/start", owner, obj{"command_id": "c1"})
	again := e.want(200, "POST", "/v1/shows/"+show+"/start", owner, obj{"command_id": "c1"})
	if first.json["replay"] != false || again.json["replay"] != true || first.text("event_id") != again.text("event_id") || first.json["version"] != again.json["version"] {
		t.Errorf("first %s again %s", first.raw, again.raw)
	}
	a := e.want(409, "POST", "/v1/shows/"+show+"/start", owner, nil)
	if a.text("state") != "live" {
		t.Errorf("a wrong transition names the state: %s", a.raw)
	}
	for _, verb := range []string{"pause", "resume", "end"} {
		e.want(200, "POST", "/v1/shows/"+show+"/"+verb, owner, nil)
	}
	if a := e.want(200, "GET", "/v1/shows/"+show, owner, nil); a.text("state") != "ended" || a.text("ended_at") == "" {
		t.Errorf("after the end: %s", a.raw)
	}
}
