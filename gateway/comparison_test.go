package gateway_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// TestComparison puts two shows side by side and finds the numbers of their own
// reports in it, in every format.
func TestComparison(t *testing.T) {
	e := newEnv(t)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	_, first := e.stage("m1")
	e.sell(first)
	ids := []string{first, "show-b"}
	e.want(201, "POST", "/v1/rooms", owner, obj{"room_id": "room-b", "title": "Another room", "currency": "CNY", "time_zone": "Asia/Shanghai"})
	e.want(201, "POST", "/v1/rooms/room-b/shows", owner, obj{"show_id": "show-b", "title": "Another show"})
	e.want(200, "POST", "/v1/shows/show-b/start", owner, nil)
	for _, user := range []string{"u1", "u2", "u3", "u4", "u5"} {
		e.want(200, "POST", "/v1/events", e.as(live.RoleIntegration, "m1", "crm"), []any{obj{"event_id": "b-" + user, "type": "room_entered", "show_id": "show-b", "user_id": user, "channel": "feed"}})
	}
	e.fingerprint("m1")
	path := "/v1/comparisons?shows=" + strings.Join(ids, ",")
	got := e.want(200, "GET", path, owner, nil)
	var said struct {
		Items []struct {
			Key        string `json:"key"`
			Show       string `json:"show_id"`
			Num        int64  `json:"numerator"`
			Difference struct {
				Num int64 `json:"numerator"`
				Den int64 `json:"denominator"`
			} `json:"difference"`
			Ratio struct{ Value *float64 } `json:"ratio"`
		} `json:"items"`
	}
	if err := json.Unmarshal([]byte(got.raw), &said); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, x := range said.Items {
		if x.Key != "watch_pv" {
			continue
		}
		found++
		report := e.want(200, "GET", "/v1/shows/"+x.Show+"/report?as_of="+e.now().Format(time.RFC3339Nano), owner, nil).json["metrics"].(obj)["watch_pv"].(float64)
		if float64(x.Num) != report {
			t.Errorf("%s has %d views beside the other and %v alone", x.Show, x.Num, report)
		}
		if x.Show == ids[1] && (x.Num != 5 || x.Difference.Num != 4 || x.Difference.Den != 1 || x.Ratio.Value == nil || *x.Ratio.Value != 5) {
			t.Errorf("the second show is told as %+v", x)
		}
	}
	if found != 2 {
		t.Errorf("%d views, want one for each show", found)
	}
	lines, err := csv.NewReader(strings.NewReader(e.want(200, "GET", path+"&format=csv", owner, nil).raw)).ReadAll()
	if err != nil || len(lines) != 1+len(said.Items) {
		t.Errorf("%d lines, %v, want %d", len(lines), err, 1+len(said.Items))
	}
	if page := e.want(200, "GET", path+"&format=html&lang=en", owner, nil).raw; !strings.Contains(page, "&#43;4 · ×5.00") {
		t.Error("the page does not tell how many more views there were")
	}
	if book := e.want(200, "GET", path+"&format=xlsx", owner, nil).raw; !bytes.HasPrefix([]byte(book), []byte("PK")) {
		t.Error("the workbook is none")
	}
	e.problem("one show", e.do("GET", "/v1/comparisons?shows="+ids[0], owner, nil), 400)
	e.problem("a show twice", e.do("GET", "/v1/comparisons?shows="+ids[0]+","+ids[0], owner, nil), 400)
	e.problem("a show of nobody", e.do("GET", path+",none", owner, nil), 404)
	e.problem("another merchant", e.do("GET", path, e.as(live.RoleMerchant, "m2", "thief"), nil), 404)
	e.problem("a host", e.do("GET", path, e.as(live.RoleHost, "m1", "host"), nil), 403)
}
