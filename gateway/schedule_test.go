package gateway_test

import (
	"strings"
	"testing"

	"showrunner/live"
)

// TestReportSchedules makes a schedule by the routes, and tells who may and what is
// refused.
func TestReportSchedules(t *testing.T) {
	e := newEnv(t)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.stage("m1")
	subscribe := func(kind string) string {
		t.Helper()
		return e.want(201, "POST", "/v1/subscriptions", owner, obj{"url": "https://erp.example/reports", "types": []string{kind}}).json["subscription_id"].(string)
	}
	reports, facts := subscribe("report_due"), subscribe("order_paid")
	show := obj{"subscription_id": reports, "report": "show", "moments": []string{"t0", "t30"}}
	made := e.want(201, "POST", "/v1/report-schedules", owner, show).json
	if made["format"] != "json" || made["lang"] != "zh-CN" || made["merchant_id"] != "m1" || made["time_zone"] != nil {
		t.Errorf("made %v", made)
	}
	daily := e.want(201, "POST", "/v1/report-schedules", owner, obj{"subscription_id": reports, "report": "daily", "format": "csv", "lang": "en"}).json
	if zone, ok := daily["time_zone"].(string); !ok || !strings.Contains(zone, "/") {
		t.Errorf("a daily report without a zone is of %v", daily["time_zone"])
	}
	if list := e.want(200, "GET", "/v1/report-schedules", owner, nil).json["items"].([]any); len(list) != 2 {
		t.Errorf("%d schedules", len(list))
	}
	path := "/v1/report-schedules/" + made["schedule_id"].(string)
	if list := e.want(200, "GET", path+"/runs", owner, nil).json["items"].([]any); len(list) != 0 {
		t.Errorf("%d reports were due", len(list))
	}
	thief := e.as(live.RoleMerchant, "m2", "thief")
	for name, a := range map[string]struct {
		status                    int
		method, path, token, code string
		body                      any
	}{
		"a subscription of facts":      {400, "POST", "/v1/report-schedules", owner, "invalid_field", obj{"subscription_id": facts, "report": "show", "moments": []string{"t0"}}},
		"a moment of none":             {400, "POST", "/v1/report-schedules", owner, "invalid_field", obj{"subscription_id": reports, "report": "show", "moments": []string{"t2"}}},
		"a format of none":             {400, "POST", "/v1/report-schedules", owner, "format_unavailable", obj{"subscription_id": reports, "report": "daily", "format": "pdf"}},
		"another's subscription":       {404, "POST", "/v1/report-schedules", thief, "subscription_not_found", show},
		"another's schedule":           {404, "GET", path + "/runs", thief, "schedule_not_found", nil},
		"another's schedule, to end":   {404, "DELETE", path, thief, "schedule_not_found", nil},
		"an operator makes none":       {403, "POST", "/v1/report-schedules", e.as(live.RoleOperator, "m1", "op"), "role_forbidden", show},
		"a host reads none":            {403, "GET", "/v1/report-schedules", e.as(live.RoleHost, "m1", "host"), "role_forbidden", nil},
		"a webhook that is no type":    {400, "POST", "/v1/subscriptions", owner, "unknown_type", obj{"url": "https://erp.example/reports", "types": []string{"report_made"}}},
		"a report over plain http":     {400, "POST", "/v1/subscriptions", owner, "invalid_field", obj{"url": "http://erp.example/reports", "types": []string{"report_due"}}},
		"a report to a private host":   {400, "POST", "/v1/subscriptions", owner, "invalid_field", obj{"url": "https://10.0.0.8/reports", "types": []string{"report_due"}}},
		"a report to the cloud's keys": {400, "POST", "/v1/subscriptions", owner, "invalid_field", obj{"url": "https://169.254.169.254/reports", "types": []string{"report_due"}}},
	} {
		got := e.do(a.method, a.path, a.token, a.body)
		if got.status != a.status || got.json["code"] != a.code {
			t.Errorf("%s: %d %s, want %d %s", name, got.status, got.raw, a.status, a.code)
		}
	}
	e.want(204, "DELETE", path, owner, nil)
	if list := e.want(200, "GET", "/v1/report-schedules", owner, nil).json["items"].([]any); len(list) != 1 {
		t.Errorf("%d schedules are left", len(list))
	}
}
