package gateway_test

import (
	"encoding/json"
	"testing"

	"showrunner/live"
)

// TestTargets: what is declared is read back and replaces what was; who may not
// declare is told so, and what no show can be held against is refused.
func TestTargets(t *testing.T) {
	e := newEnv(t)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	read := func() string {
		t.Helper()
		raw, err := json.Marshal(e.want(200, "GET", "/v1/targets", e.as(live.RoleAnalyst, "m1", "analyst"), nil).json["targets"])
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	if got := read(); got != "[]" {
		t.Errorf("targets of who declared none: %s", got)
	}
	put := func(status int, targets ...obj) answer {
		t.Helper()
		return e.want(status, "PUT", "/v1/targets", owner, obj{"targets": append([]obj{}, targets...)})
	}
	put(200, obj{"metric": "view_to_pay", "numerator": 5, "denominator": 100}, obj{"metric": "orders_paid", "numerator": 200})
	if got, want := read(), `[{"metric":"orders_paid","numerator":200},{"denominator":100,"metric":"view_to_pay","numerator":5}]`; got != want {
		t.Errorf("targets %s, want %s", got, want)
	}
	for code, target := range map[string]obj{
		"unknown_metric": {"metric": "gmv", "numerator": 1},
		"invalid_field":  {"metric": "view_to_pay", "numerator": 1},
	} {
		if a := put(400, target); a.code() != code {
			t.Errorf("%v: %s, want %s", target, a.raw, code)
		}
	}
	put(400, obj{"metric": "orders_paid", "numerator": 1, "denominator": 2})
	if a := put(400, obj{"metric": "orders_paid", "numerator": 1}, obj{"metric": "orders_paid", "numerator": 2}); a.code() != "duplicate_target" {
		t.Errorf("two targets of one figure: %s", a.raw)
	}
	put(200)
	if got := read(); got != "[]" {
		t.Errorf("targets after none were declared: %s", got)
	}
	e.problem("an operator", e.do("PUT", "/v1/targets", e.as(live.RoleOperator, "m1", "op"), obj{"targets": []obj{}}), 403)
	if got := read(); got != "[]" {
		t.Errorf("targets of another merchant: %s", got)
	}
}
