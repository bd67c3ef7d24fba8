package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// TestPrizesWithin48Hours plays a draw on a whole server over websockets and
// HTTP: each winner is told alone, one claims at the last moment, one comes a
// moment too late, and draw, report and the winner's own word say the same.
func TestPrizesWithin48Hours(t *testing.T) {
	var shift atomic.Int64 // nanoseconds
	now := func() time.Time { return clock().Add(time.Duration(shift.Load())).Truncate(time.Millisecond) }
	c := newServe()
	c.Data, c.Addr, c.LogLevel, c.now = t.TempDir(), "127.0.0.1:0", "warn", now
	url := startServer(t, c)
	s := newStageAt(t, now, url, c.Data, "m-prize", "r-prize", "UTC", good{"p1", "sku-1", 100, 10})
	ctx := deadline(t, 3*time.Minute)

	people := map[string]*socket{}
	for _, who := range []string{"ann", "bob", "cat"} {
		people[who] = s.viewer(who, "")
		defer people[who].close()
	}
	s.command("open_lucky_draw", object{"prize": "Pot", "prize_minor": 9900, "winners": 2, "countdown_s": 60})
	type drawn struct {
		ID      string   `json:"draw_id"`
		State   string   `json:"state"`
		Winners []string `json:"winners"`
	}
	theDraw := func() drawn {
		t.Helper()
		var list struct {
			Items []drawn `json:"items"`
		}
		must(t, "GET", s.path("/draws"), s.tokens.sign(live.RoleOperator, "op", s.merchant), nil, &list)
		if len(list.Items) != 1 {
			t.Fatalf("draws: %+v", list)
		}
		return list.Items[0]
	}
	id := theDraw().ID
	entries := map[string]string{} // to whose they are
	for who, socket := range people {
		ack, err := socket.do(ctx, object{"type": "lucky_draw_entered", "data": object{"draw_id": id}})
		if err != nil || ack["ok"] != true {
			t.Fatalf("%s enters: %v, %v", who, ack, err)
		}
		entries[ack["data"].(object)["entry"].(string)] = who
	}
	shift.Add(int64(time.Minute))
	eventually(t, 30*time.Second, "the entries are closed", func() bool { return theDraw().State == "closed" })
	s.command("draw", object{"draw_id": id})
	d := theDraw()
	if len(d.Winners) != 2 {
		t.Fatalf("winners: %+v", d)
	}
	first, second := entries[d.Winners[0]], entries[d.Winners[1]]
	loser := slices.DeleteFunc([]string{"ann", "bob", "cat"}, func(who string) bool { return who == first || who == second })[0]
	for _, who := range []string{first, second} {
		won := until(t, ctx, people[who], live.LuckyDrawWon)["data"].(object)
		by, err := time.Parse(time.RFC3339, fmt.Sprint(won["claim_by"]))
		if err != nil || won["entry"] != d.Winners[map[string]int{first: 0, second: 1}[who]] || by.Sub(now()) > live.ClaimWithin || by.Sub(now()) < live.ClaimWithin-time.Minute {
			t.Errorf("%s is told %v: %v", who, won, err)
		}
	}
	s.command("end_show", object{})

	claim := func(who string, status int, code string) {
		t.Helper()
		got, body, err := call(ctx, http.MethodPost, url+"/v1/draws/"+id+"/claim", s.tokens.sign(live.RoleViewer, who, s.merchant), nil)
		var answer struct {
			Code  string `json:"code"`
			State string `json:"state"`
		}
		if err != nil || got != status || json.Unmarshal(body, &answer) != nil || answer.Code+answer.State != code {
			t.Errorf("%s claims: %d %s, %v; want %d %s", who, got, body, err, status, code)
		}
	}
	claim(loser, http.StatusConflict, "not_won")
	shift.Add(int64(live.ClaimWithin - time.Minute))
	claim(first, http.StatusOK, "claimed")
	claim(first, http.StatusOK, "claimed") // again: nothing more
	shift.Add(int64(time.Minute))
	claim(second, http.StatusConflict, "prize_forfeited")

	// The server forfeits it by itself, and the report of the show tells all of it.
	s.operator = s.tokens.sign(live.RoleOperator, "op-"+s.merchant, s.merchant)
	want := map[string]int64{"draw_entries": 3, "draw_entry_uv": 3, "draw_winners": 2, "prize_claimed": 1, "prize_forfeited": 1}
	eventually(t, time.Minute, "the report tells of the prizes", func() bool { return s.count("prize_forfeited") == 1 })
	for key, n := range want {
		if got := s.count(key); got != n {
			t.Errorf("%s is %d, want %d", key, got, n)
		}
	}
	if got := string(s.metrics()["prize_claim_rate"]); got != `{"numerator":1,"denominator":2,"value":0.5}` {
		t.Errorf("prize_claim_rate is %s", got)
	}
	claim(second, http.StatusConflict, "prize_forfeited") // nor after it
	claim(first, http.StatusOK, "claimed")
}
