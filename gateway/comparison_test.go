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

// TestComparisonOfPeriods holds a day against the day before it by the route: the
// money on both axes, the bridge between them, all formats and what is refused.
func TestComparisonOfPeriods(t *testing.T) {
	e := newEnv(t)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	_, show := e.stage("m1")
	e.sell(show)
	e.fingerprint("m1")
	// The stage is of noon of the second of January in UTC; the room says which day that is.
	path := "/v1/comparisons?from=2026-01-02&time_zone=UTC"
	got := e.want(200, "GET", path, owner, nil)
	var said struct {
		Complete bool
		Periods  []struct {
			Side, From, To, Zone string
			Days, Shows          int64
		}
		Items []struct {
			Axis, Currency, Key, Outcome string
			Num                          int64 `json:"numerator"`
			Against                      int64 `json:"against_numerator"`
			Difference                   struct{ Numerator, Denominator int64 }
		}
		Bridge []struct {
			Side, Key string
			Moved     int64 `json:"by_moved"`
			Started   int64 `json:"by_started"`
		}
		Shows []struct {
			Side string
			ID   string `json:"show_id"`
			In   string `json:"started_in"`
		}
	}
	if err := json.Unmarshal([]byte(got.raw), &said); err != nil {
		t.Fatal(err)
	}
	if p := said.Periods; len(p) != 2 || p[0].From != "2026-01-02" || p[0].To != "2026-01-02" || p[0].Days != 1 || p[0].Shows != 1 || p[1].Side != "against" || p[1].From != "2026-01-01" || p[1].Shows != 0 {
		t.Errorf("the periods are %+v", p)
	}
	report := e.want(200, "GET", "/v1/shows/"+show+"/report?as_of="+e.now().Format(time.RFC3339Nano), owner, nil).json["metrics"].(obj)
	paid := int64(report["gmv_paid_minor"].(float64))
	if paid == 0 {
		t.Fatal("nothing was sold: the test sees nothing")
	}
	axes := 0
	for _, x := range said.Items {
		if x.Key == "gmv_paid_minor" {
			axes++
			if x.Num != paid || x.Against != 0 || x.Difference.Numerator != paid || x.Outcome != "sample_too_small" {
				t.Errorf("the day has %+v, the report %d", x, paid)
			}
		}
		if x.Key == "watch_uv" && float64(x.Num) != report["watch_uv"].(float64) {
			t.Errorf("the day has %d viewers, the report %v", x.Num, report["watch_uv"])
		}
	}
	if axes != 2 || !said.Complete {
		t.Errorf("the money is told on %d axes, complete %v", axes, said.Complete)
	}
	for _, x := range said.Bridge {
		if x.Key == "gmv_paid_minor" && x.Side == "period" && (x.Moved != paid || x.Started != paid) {
			t.Errorf("the bridge is %+v, want %d at both ends", x, paid)
		}
	}
	if len(said.Shows) != 1 || said.Shows[0].ID != show || said.Shows[0].In != "yes" {
		t.Errorf("the shows are %+v", said.Shows)
	}
	lines, err := csv.NewReader(strings.NewReader(e.want(200, "GET", path+"&format=csv", owner, nil).raw)).ReadAll()
	if err != nil || len(lines) != 1+len(said.Items) {
		t.Errorf("%d lines, %v, want %d", len(lines), err, 1+len(said.Items))
	}
	if page := e.want(200, "GET", path+"&format=html&lang=en", owner, nil).raw; !strings.Contains(page, "sample too small") || !strings.Contains(page, show) {
		t.Error("the page does not tell of the show and of the small sample")
	}
	if book := e.want(200, "GET", path+"&format=xlsx", owner, nil).raw; !strings.HasPrefix(book, "PK") {
		t.Error("the workbook is none")
	}
	if again := e.want(200, "GET", path+"&against_from=2025-12-30&against_to=2025-12-31&as_of="+e.now().Format(time.RFC3339Nano), owner, nil).json["periods"].([]any)[1].(obj); again["days"] != 2.0 {
		t.Errorf("held against %v", again)
	}
	for name, query := range map[string]string{
		"shows and days": "shows=a,b&from=2026-01-02", "nothing": "format=json", "an end without a begin": "from=2026-01-02&against_to=2026-01-01", "backwards": "from=2026-01-02&to=2026-01-01",
		"too long": "from=2026-01-02&to=2026-04-04", "no day": "from=2026-02-30", "no zone": "from=2026-01-02&time_zone=Mars/Olympus", "the future": "from=2026-01-02&as_of=2030-01-01T00:00:00Z",
	} {
		e.problem(name, e.do("GET", "/v1/comparisons?"+query, owner, nil), 400)
	}
	e.problem("a host", e.do("GET", path, e.as(live.RoleHost, "m1", "host"), nil), 403)
	e.problem("a room of nobody", e.do("GET", path+"&room_id=none", owner, nil), 404)
}
