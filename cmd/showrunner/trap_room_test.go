package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"showrunner/analytics"
	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/hub"
)

// trapRoom is a room whose facts are folded as the dashboard folds them.
type trapRoom struct {
	t    *testing.T
	show live.Show
	fold *analytics.Fold
	now  time.Time
	seq  uint64
}

func newTrapRoom(t *testing.T) *trapRoom {
	t.Helper()
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	show := live.Show{ID: "s1", Room: "r1", Merchant: "m1", Currency: "CNY", TimeZone: "Asia/Shanghai", State: live.ShowStateLive, StartedAt: start}
	return &trapRoom{t: t, show: show, fold: analytics.NewFold(show), now: start}
}

func (r *trapRoom) pass(d time.Duration) { r.now = r.now.Add(d) }

// fact adds a fact at the room's time; change may make it another's.
func (r *trapRoom) fact(kind live.Kind, who live.PersonID, data string, change ...func(*live.Event)) live.Entry {
	r.t.Helper()
	r.seq++
	e := live.Event{
		ID: live.EventID(fmt.Sprint("e", r.seq)), Kind: kind, Source: "ws", Merchant: "m1", Room: "r1", Show: "s1", Person: who,
		Actor: live.Actor{ID: string(who), Role: live.RoleViewer}, OccurredAt: r.now, ReceivedAt: r.now, Data: json.RawMessage(data),
	}
	for _, c := range change {
		c(&e)
	}
	entry := live.Entry{Position: live.Position{Seq: r.seq}, Event: e}
	if err := r.fold.Add(entry); err != nil {
		r.t.Fatal(err)
	}
	return entry
}

func from(channel string) func(*live.Event) { return func(e *live.Event) { e.Channel = channel } }

func as(role live.Role) func(*live.Event) { return func(e *live.Event) { e.Actor.Role = role } }

func (r *trapRoom) want(metrics map[string]int64) {
	r.t.Helper()
	f := r.fold.Figures(r.now)
	values := analytics.Read(&f, "CNY", r.fold.OnlineNow(r.now)).Values(true)
	for key, n := range metrics {
		if v, ok := values.Get(key); !ok || v.Num != n {
			r.t.Errorf("%s = %d, %v; want %d", key, v.Num, ok, n)
		}
	}
}

const beat = `{"visible":true,"watched_ms":30000}`

func TestTrap20_PersonsAreNeverSummed(t *testing.T) {
	r := newTrapRoom(t)
	for i, channel := range []string{"search", "private/group", "search"} {
		r.fact(live.RoomEntered, "ann", `{}`, from(channel))
		r.fact(live.RoomEntered, "bob", `{}`, from("mall"))
		r.fact(live.CommentSent, "ann", fmt.Sprintf(`{"text":"%d"}`, i))
		r.pass(time.Minute)
	}
	f := r.fold.Figures(r.now)
	var minutes, channels int64
	for _, m := range f.Minutes {
		minutes += m.Online
	}
	for _, s := range f.Sources {
		channels += s.WatchUV
	}
	if minutes != 6 || channels != 2 {
		t.Errorf("persons by minute sum to %d, by channel to %d", minutes, channels)
	}
	r.want(map[string]int64{"watch_uv": 2, "comment_pv": 3, "comment_uv": 1})
}

func TestTrap21_AReconnectIsNoNewView(t *testing.T) {
	r := newTrapRoom(t)
	for range 50 { // a storm of reconnects
		r.fact(live.RoomEntered, "ann", `{"resumed":true}`)
		r.fact(live.RoomLeft, "ann", `{"reason":"left"}`)
		r.pass(time.Second)
	}
	r.want(map[string]int64{"watch_pv": 1, "watch_uv": 1})
	r.pass(29 * time.Minute)
	r.fact(live.RoomEntered, "ann", `{}`)
	r.want(map[string]int64{"watch_pv": 1})
	r.pass(30*time.Minute + time.Millisecond)
	r.fact(live.RoomEntered, "ann", `{}`)
	r.want(map[string]int64{"watch_pv": 2, "watch_uv": 1})
}

func TestTrap22_TheGaugeReachesZero(t *testing.T) {
	r := newTrapRoom(t)
	r.pass(time.Second) // as of the instant of its start a show has had no minute to have a peak in
	for i := range 5 {
		r.fact(live.RoomEntered, live.PersonID(fmt.Sprint("v", i)), `{}`)
	}
	r.fact(live.RoomEntered, "v0", `{}`) // a second tab is no second person
	r.want(map[string]int64{"online_now": 5, "pcu": 5})
	r.fact(live.RoomLeft, "v1", `{}`)
	r.pass(30 * time.Second)
	r.fact(live.WatchHeartbeat, "v2", beat)
	r.want(map[string]int64{"online_now": 4})
	r.pass(31 * time.Second) // the others' sockets died without a word
	r.want(map[string]int64{"online_now": 1, "pcu": 5})
	r.fact(live.ShowEnded, "", `{}`, as(live.RoleOperator))
	r.want(map[string]int64{"online_now": 0, "pcu": 5}) // v2 is still there; the show is not
}

func TestTrap23_OnlyVisibleTimeCounts(t *testing.T) {
	r := newTrapRoom(t)
	r.fact(live.RoomEntered, "ann", `{}`)
	for _, data := range []string{beat, `{"visible":false,"watched_ms":30000}`, beat, `{"visible":true,"watched_ms":0}`, `{"visible":false}`} {
		r.pass(30 * time.Second)
		r.fact(live.WatchHeartbeat, "ann", data)
	}
	r.want(map[string]int64{"watch_uv_60s": 1, "watch_pv": 1})
	if ms := r.fold.Figures(r.now).Traffic.WatchMS; ms != 60_000 {
		t.Errorf("watched %d ms, want 60000", ms)
	}
	// A tab that idles for hours states what nobody may state at once.
	if err := live.CheckData(live.WatchHeartbeat, json.RawMessage(`{"visible":true,"watched_ms":7200000}`)); err == nil {
		t.Error("two hours in one heartbeat are taken")
	}
}

func TestTrap25_NumbersCannotBeMadeUp(t *testing.T) {
	h := hub.New(hub.Config{Epoch: "e", Framer: ws.Framer{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	for _, person := range []live.PersonID{"ann", "ann", "ann", "bob", ""} {
		if _, _, err := h.Join("r1", hub.JoinOptions{Person: person, Wake: func() {}}); err != nil {
			t.Fatal(err)
		}
	}
	if n := h.Online("r1"); n != 2 {
		t.Errorf("three tabs of one and one of another are %d persons; staff are none", n)
	}
	for _, c := range live.Commands {
		for _, word := range []string{"boost", "inflate", "likes", "online", "popularity", "robot", "fake"} {
			if strings.Contains(string(c), word) {
				t.Errorf("there is a command %s", c)
			}
		}
	}
	if err := live.CheckData(live.Liked, json.RawMessage(`{"count":1001}`)); err == nil {
		t.Error("1001 likes in one fact are taken")
	}
}

func TestTrap26_LikesCarryCounts(t *testing.T) {
	r := newTrapRoom(t)
	r.fact(live.Liked, "ann", `{"count":37}`)
	r.fact(live.Liked, "ann", `{"count":5}`)
	r.fact(live.Liked, "bob", `{"count":1}`)
	r.want(map[string]int64{"like_count": 43})
	if uv := r.fold.Figures(r.now).Traffic.LikeUV; uv != 2 {
		t.Errorf("%d persons liked, want 2", uv)
	}
}

func TestTrap27_FollowsGrossAndNet(t *testing.T) {
	r := newTrapRoom(t)
	for range 3 {
		r.fact(live.Followed, "ann", `{}`)
		r.fact(live.Unfollowed, "ann", `{}`)
	}
	r.fact(live.Followed, "bob", `{}`)
	r.fact(live.Unfollowed, "eve", `{}`) // followed before the show
	tr := r.fold.Figures(r.now).Traffic
	if tr.FollowGross != 4 || tr.FollowNet != 1 {
		t.Errorf("gross %d net %d, want 4 and 1", tr.FollowGross, tr.FollowNet)
	}
}

func TestTrap28_StaffAndRehearsalsCountNothing(t *testing.T) {
	r := newTrapRoom(t)
	rehearsal := func(e *live.Event) { e.Rehearsal = true }
	for _, role := range slices.DeleteFunc(slices.Clone(live.Roles), func(r live.Role) bool { return r == live.RoleViewer }) {
		r.fact(live.RoomEntered, live.PersonID(role), `{}`, as(role))
		r.fact(live.CommentSent, live.PersonID(role), `{"text":"x"}`, as(role))
		r.fact(live.Liked, live.PersonID(role), `{"count":9}`, as(role))
	}
	r.fact(live.RoomEntered, "ann", `{}`, rehearsal)
	r.fact(live.CommentSent, "ann", `{"text":"x"}`, rehearsal)
	r.want(map[string]int64{"watch_uv": 0, "watch_pv": 0, "comment_pv": 0, "like_count": 0, "online_now": 0})

	// The whole of a rehearsal, orders too, on a real store.
	w := newTrapShop(t, 10)
	w.do(live.EndShow)
	if _, err := w.s.CreateShow(t.Context(), live.Show{ID: "s2", Room: "r1"}, trapOwner); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.PutShelf(t.Context(), "s2", []live.Item{{Product: "pa", SKU: "a", Title: "A", Price: 1000, Released: 5}}, trapOwner, w.clock()); err != nil {
		t.Fatal(err)
	}
	w.do(live.Rehearse)
	on, _ := w.s.OnAir("r1")
	o := w.ordered("ann", live.WantedLine{SKU: "a", Qty: 2})
	w.do(live.EndShow)
	w.said(o, trapPaid("p1", 2000)) // long after
	for _, show := range []live.ShowID{on.ID, "s2"} {
		f := w.figures(show, w.clock().Add(time.Millisecond))
		w.wantIn(&f, "CNY", map[string]int64{"orders": 0, "orders_paid": 0, "gmv_paid_minor": 0})
	}
	if o := w.order(o); o.State != live.OrderStatePaid {
		t.Errorf("the raw order is %s: it is not kept", o.State)
	}
}

func TestTrap29_AShowAcrossMidnight(t *testing.T) {
	r := newTrapRoom(t)
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	r.now = time.Date(2026, 11, 21, 23, 59, 30, 0, shanghai).UTC()
	for range 2 {
		r.fact(live.RoomEntered, "ann", `{}`)
		r.fact(live.CommentSent, "ann", `{"text":"x"}`)
		r.pass(time.Minute)
	}
	f := r.fold.Figures(r.now)
	table := analytics.DayTable(r.show, &f, shanghai)
	if len(table.Rows) != 2 {
		t.Errorf("%d days, want 2", len(table.Rows))
	}
	if utc := analytics.DayTable(r.show, &f, time.UTC); len(utc.Rows) != 1 {
		t.Errorf("%d days in UTC, want 1: it is not midnight there", len(utc.Rows))
	}
	r.want(map[string]int64{"comment_pv": 2, "watch_uv": 1})
}

func TestTrap30_DaysAreTheMerchants(t *testing.T) {
	// The night the clocks go back in Berlin: 02:30 comes twice, one hour apart.
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	r := newTrapRoom(t)
	r.now = time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
	r.fact(live.RoomEntered, "ann", `{}`)
	r.pass(time.Hour)
	r.fact(live.RoomEntered, "ann", `{}`)
	if first, second := r.now.Add(-time.Hour).In(berlin).Format("15:04"), r.now.In(berlin).Format("15:04"); first != second {
		t.Fatalf("%s and %s", first, second)
	}
	f := r.fold.Figures(r.now)
	if days := analytics.DayTable(r.show, &f, berlin); len(days.Rows) != 1 {
		t.Errorf("%d days, want 1", len(days.Rows))
	}
	r.want(map[string]int64{"watch_pv": 2}) // an hour's silence, whatever the wall clock says
}

func TestTrap31_EqualTimesHaveAnOrder(t *testing.T) {
	r := newTrapRoom(t)
	r.fact(live.Followed, "ann", `{}`)
	r.fact(live.Unfollowed, "ann", `{}`) // the same millisecond, later in the log
	r.fact(live.Unfollowed, "bob", `{}`)
	r.fact(live.Followed, "bob", `{}`)
	if net := r.fold.Figures(r.now).Traffic.FollowNet; net != 1 {
		t.Errorf("net follows %d, want 1", net)
	}
	w := newTrapShop(t, 5) // a producer's clock that runs ahead is not believed
	o := w.ordered("ann", live.WantedLine{SKU: "a", Qty: 1})
	ahead := trapPaid("p1", 1000)
	ahead.At = w.clock().Add(time.Hour)
	w.said(o, ahead)
	rows, err := w.s.Outbox(t.Context(), 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Event.OccurredAt.After(row.Event.ReceivedAt) {
			t.Errorf("%s occurred after it was received", row.Event.Kind)
		}
	}
}

func TestTrap32_ReplayedFactsCountOnce(t *testing.T) {
	w := newTrapShop(t, 5)
	o := w.ordered("ann", live.WantedLine{SKU: "a", Qty: 1})
	for range 5 {
		w.said(o, trapPaid("p1", 1000))
		w.pass(time.Minute)
	}
	w.want(map[string]int64{"orders_paid": 1, "gmv_paid_minor": 1000})
}

func TestTrap33_RetriesChangeNothing(t *testing.T) {
	w := newTrapShop(t, 5)
	cmd := live.Command{ID: "once", Name: live.StartExplain, Merchant: "m1", Room: "r1", By: trapOwner, Args: json.RawMessage(`{"product_id":"pa"}`)}
	first, err := w.s.Execute(t.Context(), cmd)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if again, err := w.s.Execute(t.Context(), cmd); err != nil || !again.Replay || again.Event != first.Event {
			t.Errorf("again: %+v, %v", again, err)
		}
	}
	state, err := w.s.RoomState(t.Context(), "r1")
	if err != nil || state.Explains["pa"].Count != 1 {
		t.Errorf("explained %d times, %v", state.Explains["pa"].Count, err)
	}
	a, errA := w.buy("ann", "c1", live.WantedLine{SKU: "a", Qty: 1})
	b, errB := w.buy("ann", "c1", live.WantedLine{SKU: "a", Qty: 1})
	if errA != nil || errB != nil || a.ID != b.ID || !b.Replay {
		t.Errorf("the same order twice: %v %v", errA, errB)
	}
	w.want(map[string]int64{"orders": 1})
}

func TestTrap34_WhatMayChangeSaysSo(t *testing.T) {
	r := newTrapRoom(t)
	f := r.fold.Figures(r.now)
	raw, err := json.Marshal(analytics.SnapshotOf(r.show, &f, 0, r.now, 3*time.Second, true))
	if err != nil || !strings.Contains(string(raw), `"provisional":true`) || !strings.Contains(string(raw), `"lag_ms":3000`) {
		t.Errorf("a snapshot that lags says %s, %v", raw, err)
	}
}

func TestTrap35_StepRatesAreOverTheStepBefore(t *testing.T) {
	r := newTrapRoom(t)
	for i := range 8 {
		who := live.PersonID(fmt.Sprint("v", i))
		r.fact(live.RoomEntered, who, `{}`)
		if i < 4 {
			r.fact(live.ProductClicked, who, `{"product_id":"p1","surface":"card"}`)
		}
		if i < 1 {
			r.fact(live.CartItemAdded, who, `{"product_id":"p1","sku_id":"k1","qty":1}`)
		}
	}
	f := r.fold.Figures(r.now)
	table := analytics.FunnelTable(&f)
	rate := slices.IndexFunc(table.Columns, func(c analytics.Column) bool { return c.Key == "uv_rate" })
	for _, row := range table.Rows {
		want, ok := map[string][2]int64{"product_clicked": {4, 8}, "cart_item_added": {1, 4}}[row[0].Text]
		if got := row[rate]; ok && (got.Num != want[0] || got.Den != want[1]) {
			t.Errorf("%s: %d of %d, want %d of %d", row[0].Text, got.Num, got.Den, want[0], want[1])
		}
	}
}

func TestTrap39_OrdersAreNotShedWithLikes(t *testing.T) {
	c := newServe()
	c.Data, c.Addr, c.LogLevel = t.TempDir(), "127.0.0.1:0", "warn"
	url := startServer(t, c)
	s := newStage(t, url, c.Data, "m-39", "r-39", "UTC", good{"p1", "sku-1", 100, 10})
	ctx := deadline(t, time.Minute)
	ann := s.viewer("ann", "")
	defer ann.close()
	shed := 0
	for range 150 {
		ack, err := ann.try(ctx, "l", []byte(`{"id":"l","type":"liked","data":{"count":1}}`))
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := ack["error"].(object); ok && e["code"] == "rate_limited" {
			shed++
		}
	}
	if shed == 0 {
		t.Error("no like was shed")
	}
	raw := `{"id":"o","type":"place_order","data":{"client_order_id":"c1","lines":[{"sku_id":"sku-1","qty":1}]}}`
	if ack, err := ann.try(ctx, "o", []byte(raw)); err != nil || ack["ok"] != true {
		t.Errorf("the order in the middle of it: %v %v", ack, err)
	}
	// Who is to calm the storm is not held back by it.
	mod := newSocket(url, s.room, s.tokens.sign(live.RoleModerator, "mod", s.merchant), "panel=1")
	defer mod.close()
	for i := range 150 {
		raw := fmt.Sprintf(`{"id":"m","type":"hide_comment","data":{"command_id":"h%d","comment_id":"k%d"}}`, i, i)
		if ack, err := mod.try(ctx, "m", []byte(raw)); err != nil || ack["ok"] != true {
			t.Fatalf("command %d of a moderator: %v %v", i, ack, err)
		}
	}
	// What is dropped is told once, to who is there: the storm goes on while the
	// panel listens.
	storm, calm := context.WithCancel(ctx)
	var blowing sync.WaitGroup
	blowing.Go(func() {
		for storm.Err() == nil {
			if _, err := ann.try(storm, "l", []byte(`{"id":"l","type":"liked","data":{"count":1}}`)); err != nil {
				return
			}
		}
	})
	defer blowing.Wait()
	defer calm()
	if told := until(t, ctx, mod, live.EventsDropped)["data"].(object)["reasons"].(object); told["likes_by_connection"] == nil && told["likes_by_person"] == nil {
		t.Errorf("the panel is told %v", told)
	}
	// The snapshot holds the sum since the show began, and /metrics that of the
	// server.
	reasons := []string{"frames_by_connection", "likes_by_connection", "likes_by_person"}
	eventually(t, 30*time.Second, "the snapshot tells what was dropped", func() bool {
		var snap struct {
			Dropped map[string]int `json:"events_dropped"`
		}
		must(t, "GET", s.path("/snapshot"), s.operator, nil, &snap)
		sum := 0
		for _, r := range reasons {
			sum += snap.Dropped[r]
		}
		return sum >= shed
	})
	counted, p := 0.0, &program{t: t, url: url}
	for _, r := range reasons {
		counted += p.metric("showrunner_dropped_total", fmt.Sprintf("{reason=%q}", r))
	}
	if counted < float64(shed) {
		t.Errorf("/metrics counts %v that were dropped, %d were before the panel came", counted, shed)
	}
}

func TestTrap40_MutedCommentsCountAsSentAndAreNotShown(t *testing.T) {
	r := newTrapRoom(t)
	var log []live.Entry
	for i := range 3 {
		log = append(log, r.fact(live.CommentSent, "ann", fmt.Sprintf(`{"comment_id":"a%d","text":"x"}`, i)))
	}
	log = append(log,
		r.fact(live.CommentSent, "bob", `{"comment_id":"b","text":"hi"}`),
		r.fact(live.ViewerMuted, "ann", `{"viewer_id":"ann"}`, as(live.RoleModerator)),
		r.fact(live.CommentHidden, "", `{"comment_id":"b"}`, as(live.RoleModerator)),
		r.fact(live.CommentRestored, "", `{"comment_id":"b"}`, as(live.RoleModerator)),
	)
	r.want(map[string]int64{"comment_pv": 4, "comment_uv": 2})
	h := hub.New(hub.Config{Epoch: "e", Framer: ws.Framer{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	var msgs []hub.Message
	for _, e := range log {
		if m, ok := ws.MessageOf(e); ok {
			msgs = append(msgs, m)
		}
	}
	shown := fmt.Sprintf("%s", h.Encode(hub.ClassViewer, "eve", msgs, 1<<30))
	if strings.Contains(shown, `"comment_id":"a`) || strings.Count(shown, `"text":"hi"`) != 1 || !strings.Contains(shown, "viewer_muted") {
		t.Errorf("who returns is shown %s", shown)
	}
}

func TestTrap41_ModeratorsSeeNoMoney(t *testing.T) {
	r := newTrapRoom(t)
	f := r.fold.Figures(r.now)
	raw, err := json.Marshal(analytics.SnapshotOf(r.show, &f, 1, r.now, 0, true).WithoutMoney())
	if err != nil || strings.Contains(string(raw), "_minor") {
		t.Errorf("a moderator's snapshot: %s, %v", raw, err)
	}
	for _, kind := range live.OrderKinds {
		m, ok := ws.MessageOf(live.Entry{Position: live.Position{Seq: 1}, Event: live.Event{
			Kind: kind, Room: "r1", Show: "s1", Data: json.RawMessage(`{"order_id":"o1","order_state":"paid","currency":"CNY","total_minor":100,"paid_minor":100,"refund_minor":1,"settled_minor":5}`),
		}})
		if !ok || strings.Contains(string(m.JSON), "_minor") || strings.Contains(string(m.JSON), "currency") || m.Money == nil {
			t.Errorf("%s: without money %s, with it %s", kind, m.JSON, m.Money)
		}
	}
	for _, role := range []live.Role{live.RoleModerator, live.RoleAgent, live.RoleViewer} {
		p := live.Principal{Role: role}
		if p.May(live.ActMoney) || p.May(live.ActReport) || p.May(live.ActReconcile) {
			t.Errorf("%s may see money", role)
		}
	}
}
