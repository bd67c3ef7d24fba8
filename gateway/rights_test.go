package gateway_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showrunner/gateway/api"
	"showrunner/live"
)

// fill puts the ids of a merchant's stage into a route's path.
func fill(path, merchant string) string {
	return strings.NewReplacer(
		"{room_id}", "room-"+merchant, "{show_id}", "show-"+merchant, "{sku_id}", "sku1", "{order_id}", "order-"+merchant, "{source}", "shop",
		"{batch_id}", "batch-"+merchant, "{draw_id}", "draw-"+merchant, "{packet_id}", "packet-"+merchant, "{subscription_id}", "sub-"+merchant, "{delivery_id}", "msg-"+merchant,
		"{person_id}", "person-"+merchant, "{entry_id}", "entry-"+merchant, "{session_id}", "session-"+merchant, "{agent_id}", "agent-"+merchant, "{merge}", "7", "{group_id}", "group-"+merchant,
		"{touch_id}", "touch-"+merchant, "{pause_id}", "pause-"+merchant, "{followup_id}", "followup-"+merchant,
		"{complaint_id}", "complaint-"+merchant, "{finding_id}", "finding-"+merchant, "{need_id}", "need-"+merchant, "{cluster_id}", "cluster-"+merchant, "{item_id}", "item-"+merchant, "{track_id}", "track-"+merchant, "{skill}", "skill-"+merchant,
	).Replace(path)
}

// bodyOf is a body that gets past decoding on no route, so that a request that
// passes the guard changes nothing.
func bodyOf(r api.Route) any {
	if r.Method == "GET" || r.ID == "create-ticket" || r.ID == "cancel-order" || r.ID == "publish-brief" || r.ID == "gather-needs" || r.ID == "measure-need-cluster" {
		return nil
	}
	return `{"no_such_member":1}`
}

// golden holds lines against a file of testdata, so that whatever changes there
// is seen by who reads the change.
func golden(t *testing.T, name string, lines []string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(string(want)), "\n"), lines); diff != "" {
		t.Errorf("%s: who may do what changed; if that is meant, run the test with -update (-golden +now):\n%s", name, diff)
	}
}

// toldRoles is what the committed document says of who may call each operation.
func toldRoles(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "openapi.golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			ID   string `json:"operationId"`
			Text string `json:"description"`
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, methods := range doc.Paths {
		for _, op := range methods {
			told[op.ID] = op.Text[strings.LastIndex(op.Text, "\n")+1:]
		}
	}
	return told
}

// TestRights walks every route with every role: the answer is role_forbidden
// exactly when the table of rights says so, and who really got past the guard is
// whom the committed document names, so that a change of rights is seen there.
func TestRights(t *testing.T) {
	e := newEnv(t)
	e.stage("m1")
	told := toldRoles(t)
	for _, r := range e.server.API().Routes() {
		path := fill(r.Path, "m1")
		if r.Open {
			if got := e.do(r.Method, path, "", bodyOf(r)); got.status != 401 {
				t.Errorf("%s without a signature: %d %s", r.ID, got.status, got.raw)
			}
			continue
		}
		e.problem(r.ID+" without a token", e.do(r.Method, path, "", bodyOf(r)), 401)
		if got := e.do(r.Method, path, "", bodyOf(r)).code(); got != "token_missing" {
			t.Errorf("%s without a token: code %q, want token_missing", r.ID, got)
		}
		var admitted []string
		for _, role := range live.Roles {
			a := e.do(r.Method, path, e.as(role, "m1", "sub-"+string(role)), bodyOf(r))
			may := len(r.Actions) == 0 || slices.ContainsFunc(r.Actions, func(act live.Action) bool { return slices.Contains(live.Rights[act], role) })
			if refused := a.code() == "role_forbidden"; refused == may {
				t.Errorf("%s as %s: %d %q, but the table says may = %v", r.ID, role, a.status, a.code(), may)
			}
			if a.status == 401 || a.status >= 500 {
				t.Errorf("%s as %s: %d %s", r.ID, role, a.status, a.raw)
			}
			if a.code() != "role_forbidden" {
				admitted = append(admitted, string(role))
			}
		}
		want := "Roles: " + strings.Join(admitted, ", ") + "."
		if len(r.Actions) == 0 {
			want = "Any valid token."
		}
		if got := told[r.ID]; got != want {
			t.Errorf("%s: the document tells %q, and the server let in %q", r.ID, got, want)
		}
	}
}

// TestEveryRouteNamesItsRights keeps a new route from being open by oversight.
func TestEveryRouteNamesItsRights(t *testing.T) {
	e := newEnv(t)
	var open, any []string
	for _, r := range e.server.API().Routes() {
		for _, act := range r.Actions {
			if len(live.Rights[act]) == 0 {
				t.Errorf("%s asks for %q, which is not in the table of rights", r.ID, act)
			}
		}
		switch {
		case r.Open:
			open = append(open, r.ID)
		case len(r.Actions) == 0:
			any = append(any, r.ID)
		}
	}
	if want := []string{"post-order-facts", "verify-webhook-address"}; !slices.Equal(open, want) {
		t.Errorf("routes without a token: %v, want %v", open, want)
	}
	if want := []string{"get-demo-shop", "list-metrics", "get-me"}; !slices.Equal(any, want) {
		t.Errorf("routes for any token: %v, want %v", any, want)
	}
}

// TestCommandRights walks every command with every role.
func TestCommandRights(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	var table []string
	for _, c := range live.Commands {
		var admitted []string
		for _, role := range live.Roles {
			// The version is never right, so that what is allowed is not done.
			a := e.do("POST", "/v1/shows/"+show+"/commands", e.as(role, "m1", "sub-"+string(role)), obj{
				"command_id": fmt.Sprintf("c-%s-%s", c, role), "command": c, "expected_version": 999999, "args": obj{},
			})
			may := slices.Contains(live.Rights[c.Action()], role)
			if refused := a.code() == "role_forbidden"; refused == may {
				t.Errorf("%s as %s: %d %q, but the table says may = %v", c, role, a.status, a.code(), may)
			}
			if a.status >= 500 || a.status < 300 {
				t.Errorf("%s as %s: %d %s", c, role, a.status, a.raw)
			}
			if a.code() != "role_forbidden" {
				admitted = append(admitted, string(role))
			}
		}
		table = append(table, string(c)+": "+strings.Join(admitted, " "))
	}
	slices.Sort(table)
	golden(t, "commandrights.golden", table)
}

// TestPriceByPatch: a host arranges the shelf but does not set prices.
func TestPriceByPatch(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	host := e.as(live.RoleHost, "m1", "host-m1")
	e.want(200, "PATCH", "/v1/shows/"+show+"/shelf/sku1", host, obj{"rank": 5})
	if a := e.want(403, "PATCH", "/v1/shows/"+show+"/shelf/sku1", host, obj{"price_minor": 1}); a.code() != "role_forbidden" {
		t.Errorf("host sets a price: %s", a.raw)
	}
	if a := e.want(200, "PATCH", "/v1/shows/"+show+"/shelf/sku1", e.as(live.RoleOperator, "m1", "op"), obj{"price_minor": 900}); a.json["price_minor"] != 900.0 {
		t.Errorf("operator sets a price: %s", a.raw)
	}
}
