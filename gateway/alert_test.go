package gateway_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"

	"showrunner/analytics/alert"
	"showrunner/live"
)

// TestAlerts: rules are read, set and refused by field; alerts are read and taken
// up by who may, in their own merchant.
func TestAlerts(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	boss, ann, mod := e.as(live.RoleMerchant, "m1", "boss"), e.as(live.RoleOperator, "m1", "ann"), e.as(live.RoleModerator, "m1", "mo")
	analyst, viewer, other := e.as(live.RoleAnalyst, "m1", "al"), e.as(live.RoleViewer, "m1", "v"), e.as(live.RoleOperator, "m2", "eve")

	rules := e.want(200, "GET", "/v1/alert-rules", analyst, nil).json
	if rules["rule_version"] != 0.0 || len(rules["rules"].([]any)) != len(alert.DefaultRules().Rules) {
		t.Errorf("the default is %v", rules)
	}
	doc := obj{"rules": []any{obj{"rule": "mine", "kind": "sla_breach", "severity": "critical", "raise": 3, "clear": 1, "hold_s": 10, "rest_s": 20}}}
	e.want(403, "PUT", "/v1/alert-rules", mod, doc)
	e.want(403, "PUT", "/v1/alert-rules", analyst, doc)
	if got := e.want(200, "PUT", "/v1/alert-rules", ann, doc).json; got["rule_version"] != 1.0 || got["set_by"] != "ann" {
		t.Errorf("set as %v", got)
	}
	if a := e.want(400, "PUT", "/v1/alert-rules", boss, obj{"rules": []any{obj{"rule": "mine", "kind": "sla_breach", "severity": "critical", "raise": 3, "clear": 3, "hold_s": 0, "rest_s": 0}}}); a.code() != "invalid_rules" || a.json["field"] != "rules[0].clear" {
		t.Errorf("a rule that would flap: %s", a.raw)
	}
	if got := e.want(200, "GET", "/v1/alert-rules", boss, nil).json; got["rule_version"] != 1.0 {
		t.Errorf("after a refusal: %v", got)
	}
	if got := e.want(200, "GET", "/v1/alert-rules", other, nil).json; got["rule_version"] != 0.0 {
		t.Errorf("another merchant has %v", got)
	}

	e.want(200, "POST", "/v1/shows/"+show+"/start", ann, nil)
	book := alert.NewBook(e.store, func() string { return uuid.Must(uuid.NewV7()).String() })
	on, err := e.store.Show(t.Context(), live.ShowID(show))
	if err != nil {
		t.Fatal(err)
	}
	id, err := book.Raise(t.Context(), alert.Alert{
		Merchant: on.Merchant, Show: on.ID, Room: on.Room, Rule: "mine", Kind: alert.SLABreach, Severity: alert.Critical, Rules: 1, Evidence: json.RawMessage(`{"breaches":4,"minutes":10}`),
	})
	if err != nil || id == "" {
		t.Fatalf("raised %q: %v", id, err)
	}
	list := "/v1/shows/" + show + "/alerts"
	e.want(403, "GET", list, viewer, nil)
	e.want(404, "GET", list, other, nil)
	first := e.want(200, "GET", list, analyst, nil).json["items"].([]any)[0].(obj)
	if first["alert_id"] != id || first["severity"] != "critical" || dig(first, "evidence", "breaches") != 4.0 || first["cleared_at"] != nil || first["acknowledged_by"] != nil {
		t.Errorf("listed as %v", first)
	}
	e.want(403, "POST", list+"/"+id+"/acknowledge", analyst, nil)
	e.want(404, "POST", list+"/"+id+"/acknowledge", other, nil)
	if a := e.want(404, "POST", list+"/none/acknowledge", ann, nil); a.code() != "alert_not_found" {
		t.Errorf("an alert that is not there: %s", a.raw)
	}
	for _, who := range []string{mod, ann} {
		if got := e.want(200, "POST", list+"/"+id+"/acknowledge", who, nil).json; got["acknowledged_by"] != "mo" {
			t.Errorf("taken up by %v", got["acknowledged_by"])
		}
	}
	if err := book.Clear(t.Context(), on.Merchant, id, alert.Recovered); err != nil {
		t.Fatal(err)
	}
	if open := e.want(200, "GET", list+"?open=true", ann, nil).json["items"].([]any); len(open) != 0 {
		t.Errorf("open: %v", open)
	}
	if all := e.want(200, "GET", list, ann, nil).json["items"].([]any); len(all) != 1 || all[0].(obj)["reason"] != "recovered" {
		t.Errorf("all: %v", all)
	}
}
