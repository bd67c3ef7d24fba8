package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// botMetrics are figures that bots are left out of.
var botMetrics = []string{
	"watch_uv", "watch_pv", "pcu", "comment_pv", "comment_uv", "comments_sent", "comments_shown", "like_count", "like_uv",
	"product_click_pv", "product_click_uv", "interact_uv", "follow_net",
}

type shownFigures struct {
	Metrics map[string]json.RawMessage `json:"metrics"`
	Raw     map[string]int64           `json:"raw"`
}

func (f *shownFigures) number(t *testing.T, key string) (n int64) {
	t.Helper()
	if err := json.Unmarshal(f.Metrics[key], &n); err != nil {
		t.Fatalf("%s: %v in %s", key, err, f.Metrics[key])
	}
	return n
}

// programs enter, again and again, say of themselves that they are programs, and
// do what people do. Their last sockets stay.
func (s *stage) programs(ctx context.Context, names ...string) (stay []*socket) {
	s.t.Helper()
	for _, name := range names {
		token := s.tokens.sign(live.RoleViewer, name, s.merchant)
		for i := range 14 {
			url := "ws" + strings.TrimPrefix(s.url, "http") + "/v1/rooms/" + string(s.room) + "/ws"
			conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{
				Subprotocols: []string{"showrunner.v1", "bearer." + token}, HTTPHeader: http.Header{"User-Agent": {"Mozilla/5.0 HeadlessChrome/120.0"}},
			})
			if err != nil {
				s.t.Fatal(err)
			}
			b := &socket{conn: conn}
			if i == 0 {
				s.act(ctx, b)
			} else if _, err := b.read(ctx); err != nil { // the welcome: it has entered
				s.t.Fatal(err)
			}
			if i < 13 {
				b.close()
				continue
			}
			s.t.Cleanup(b.close)
			stay = append(stay, b)
		}
	}
	return stay
}

// act does what people do.
func (s *stage) act(ctx context.Context, b *socket) {
	s.t.Helper()
	for _, frame := range []string{
		`{"id":"x","type":"comment_sent","data":{"text":"great"}}`, `{"id":"x","type":"liked","data":{"count":50}}`,
		`{"id":"x","type":"product_clicked","data":{"product_id":"p1","surface":"card"}}`, `{"id":"x","type":"followed","data":{}}`,
		`{"id":"x","type":"watch_heartbeat","data":{"visible":true}}`,
	} {
		if ack, err := b.try(ctx, "x", []byte(frame)); err != nil || ack["ok"] != true {
			s.t.Fatalf("%s: %v, %v", frame, ack, err)
		}
	}
}

// Programs are found by what the log says of them and left out of every figure
// about viewers, back to their first second; the raw figures keep them, orders
// and money count all the same, an operator has the last word, also after the
// show, and what the dashboard says at the end is what the report says.
func TestTrap24_BotsAreInNoPublishedFigure(t *testing.T) {
	c := newServe()
	c.Data, c.Addr, c.LogLevel = t.TempDir(), "127.0.0.1:0", "warn"
	url := startServer(t, c)
	s := newStage(t, url, c.Data, "m-24", "r-24", "UTC", good{"p1", "sku-1", 100, 10})
	ctx := deadline(t, 90*time.Second)
	panel := newSocket(url, s.room, s.operator, "panel=1")
	defer panel.close()
	if err := panel.connect(ctx); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ann", "bob"} {
		v := s.viewer(name, "")
		defer v.close()
		for _, frame := range []object{
			{"type": "comment_sent", "data": object{"text": "how large is it?"}},
			{"type": "liked", "data": object{"count": 3}},
			{"type": "product_clicked", "data": object{"product_id": "p1", "surface": "card"}},
		} {
			if ack, err := v.do(ctx, frame); err != nil || ack["ok"] != true {
				t.Fatalf("%v: %v, %v", frame, ack, err)
			}
		}
	}
	programs := s.programs(ctx, "bot-1", "bot-2", "bot-3")
	buyer := s.viewer("bot-1", "")
	defer buyer.close()
	ack, err := buyer.do(ctx, object{"type": "place_order", "data": object{"client_order_id": "o1", "lines": []object{{"sku_id": "sku-1", "qty": 2}}}})
	if err != nil || ack["ok"] != true {
		t.Fatalf("order: %v, %v", ack, err)
	}
	s.hook("pay", s.paidFact(ack["data"].(object)["order_id"].(string), "p-1", 200))

	snapshot := func() (f shownFigures) {
		must(t, "GET", s.path("/snapshot"), s.operator, nil, &f)
		return f
	}
	wait := func(why string, done func(*shownFigures) bool) shownFigures {
		t.Helper()
		for {
			f := snapshot()
			if done(&f) {
				return f
			}
			select {
			case <-ctx.Done():
				raw, _ := json.Marshal(f)
				t.Fatalf("%s did not come to pass: %s", why, raw)
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	bots := func(n int64) func(*shownFigures) bool {
		return func(f *shownFigures) bool { return f.number(t, "bots_flagged") == n && f.number(t, "orders_paid") == 1 }
	}
	want := func(f shownFigures, persons, bots int64) {
		t.Helper()
		for key, n := range map[string][2]int64{
			// Of a person, and of a bot, which does everything twice.
			"watch_uv": {1, 1}, "comment_pv": {1, 2}, "comment_uv": {1, 1}, "comments_shown": {1, 2}, "like_count": {3, 100}, "like_uv": {1, 1},
			"product_click_pv": {1, 2}, "product_click_uv": {1, 1}, "interact_uv": {1, 1}, "follow_net": {0, 1}, "follow_gross": {0, 2},
		} {
			if got, want := f.number(t, key), 2*n[0]+(persons-2)*n[1]; got != want {
				t.Errorf("%s = %d, want %d", key, got, want)
			}
			if got, want := f.Raw[key], 2*n[0]+3*n[1]; got != want {
				t.Errorf("raw %s = %d, want %d", key, got, want)
			}
		}
		if paid := f.number(t, "gmv_paid_minor"); paid != 200 || f.number(t, "buyers") != 1 {
			t.Errorf("paid %d by %d: money is everybody's", paid, f.number(t, "buyers"))
		}
		if got := f.number(t, "bots_flagged"); got != bots {
			t.Errorf("%d bots, want %d", got, bots)
		}
	}
	wait("that three bots are flagged", bots(3))
	for _, b := range programs { // They go on, and nobody counts it.
		s.act(ctx, b)
	}
	live24 := wait("that they went on", func(f *shownFigures) bool {
		return f.Raw["comment_pv"] == 8 && f.Raw["follow_gross"] == 6 && f.Raw["online_now"] == 5
	})
	want(live24, 2, 3)
	if n := live24.number(t, "online_now"); n != 2 {
		t.Errorf("online %d, want 2 of 5", n)
	}
	var list struct {
		Items []struct {
			Person string `json:"person_id"`
			By     string `json:"by"`
			Score  int    `json:"score"`
			Rules  []object
		} `json:"items"`
	}
	must(t, "GET", s.path("/bots"), s.operator, nil, &list)
	if len(list.Items) != 3 || list.Items[0].By != "rules" || list.Items[0].Score != 110 || len(list.Items[0].Rules) != 2 {
		t.Errorf("bots %+v", list.Items)
	}
	if code, _, err := call(ctx, "GET", s.path("/bots"), s.tokens.sign(live.RoleModerator, "mod", s.merchant), nil); err != nil || code != http.StatusForbidden {
		t.Errorf("a moderator reads bots: %d, %v", code, err)
	}

	// An operator knows better, of one in the show and of one after it.
	s.command("unflag_bot", object{"viewer_id": "bot-2", "reason": "our own tester"})
	want(wait("that the operator's word counts", bots(2)), 3, 2)
	if data := until(t, ctx, panel, live.MetricCorrected)["data"].(object); data["reason"] == nil || data["metric"] == nil || data["old"] == data["new"] {
		t.Errorf("corrected: %v", data)
	}
	s.command("end_show", object{})
	s.reconciled(20 * time.Second)
	same := func(persons, bots int64) {
		t.Helper()
		var report shownFigures
		must(t, "GET", s.path("/report?format=json&as_of="+time.Now().UTC().Format("2006-01-02T15:04:05.000Z")), s.operator, nil, &report)
		end := snapshot()
		want(end, persons, bots)
		for _, key := range append([]string{"bots_flagged", "total_watch_time_ms", "gmv_paid_minor", "orders_paid"}, botMetrics...) {
			if string(end.Metrics[key]) != string(report.Metrics[key]) {
				t.Errorf("%s: snapshot %s, report %s", key, end.Metrics[key], report.Metrics[key])
			}
		}
		if d := cmp.Diff(end.Raw, report.Raw); d != "" {
			t.Errorf("raw: -snapshot +report\n%s", d)
		}
	}
	same(3, 2)
	s.command("flag_bot", object{"viewer_id": "bot-2"})
	wait("that a flag after the show counts", bots(3))
	same(2, 3)
	var audit struct {
		Items []struct {
			Action string `json:"action"`
		} `json:"items"`
	}
	must(t, "GET", url+"/v1/audit?show_id="+string(s.show), s.merch, nil, &audit)
	said := fmt.Sprint(audit.Items)
	if !strings.Contains(said, "command.flag_bot") || !strings.Contains(said, "command.unflag_bot") {
		t.Errorf("audit: %s", said)
	}
}
