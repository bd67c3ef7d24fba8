package need

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/conversion/care"
	"showrunner/conversion/care/desk"
	"showrunner/conversion/care/text"
	"showrunner/live"
	"showrunner/live/store"
)

// env is a loop and a desk in a store on a real database.
type env struct {
	t     testing.TB
	clock atomic.Int64
	ids   atomic.Int64
	store *store.Store
	desk  *desk.Desk
	loop  *Loop
}

func newEnv(t testing.TB) *env {
	t.Helper()
	e := &env{t: t}
	e.clock.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
	cfg := store.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: e.now}
	if postgresServer != nil {
		url, err := postgresServer.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cfg = store.Config{URL: url, Now: e.now}
	}
	s, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	e.store, e.desk = s, desk.New(desk.Config{Store: s, Now: e.now, Logger: slog.New(slog.DiscardHandler)})
	e.loop = New(Config{Store: s, Words: text.Shared, Entries: Desk{e.desk}, Now: e.now, NewID: func() string { return fmt.Sprintf("%06d", e.ids.Add(1)) }})
	if _, err := s.CreateRoom(t.Context(), live.Room{ID: "r1", Merchant: "m1", Title: "Room", Currency: "CNY", TimeZone: "Asia/Shanghai"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateShow(t.Context(), live.Show{ID: "s1", Room: "r1", Merchant: "m1", Title: "Show"}, operator); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *env) now() time.Time { return time.UnixMilli(e.clock.Load()).UTC() }

func (e *env) wait(d time.Duration) { e.clock.Add(d.Milliseconds()) }

var (
	operator = live.Principal{Subject: "op", Role: live.RoleOperator, Merchant: "m1"}
	agent    = live.Principal{Subject: "agent-1", Role: live.RoleAgent, Merchant: "m1"}
	merchant = care.Reach{Merchant: "m1"}
)

func (e *env) ask(person, words string) live.Entry {
	raw, err := json.Marshal(map[string]string{"text": words})
	if err != nil {
		e.t.Fatal(err)
	}
	return live.Entry{Event: live.Event{
		ID: live.EventID(fmt.Sprint("q-", e.ids.Add(1))), Kind: live.QuestionAsked, Source: "ws", Merchant: "m1", Room: "r1", Show: "s1",
		Actor: live.Actor{ID: person, Role: live.RoleViewer}, Person: live.PersonID(person), OccurredAt: e.now(), ReceivedAt: e.now(), Data: raw,
	}}
}

func (e *env) needs() []Need {
	e.t.Helper()
	list, _, err := e.loop.Needs(e.t.Context(), Filter{Reach: merchant, Limit: 200})
	if err != nil {
		e.t.Fatal(err)
	}
	return list
}

// refused fails unless err is a refusal with a code.
func refused(t testing.TB, err error, code string) {
	t.Helper()
	var no *live.Error
	if !errors.As(err, &no) || no.Code != code {
		t.Errorf("got %v, want a refusal %q", err, code)
	}
}

// TestLoop walks a need from a question in a room to an entry that is retired.
func TestLoop(t *testing.T) {
	e := newEnv(t)
	ctx := t.Context()
	entries := []live.Entry{
		e.ask("a", "身高160体重100穿什么尺码"), e.ask("b", "身高165体重110穿什么尺码"), e.ask("c", "身高170体重120穿什么尺码呢"),
		e.ask("d", "什么时候发货"),
	}
	staff := e.ask("host", "在吗在吗大家好")
	staff.Event.Actor.Role = live.RoleHost
	other := e.ask("e", "没有这场直播的问题")
	other.Event.Show = "not-ours"
	if err := e.loop.Take(ctx, append(entries, staff, other)); err != nil {
		t.Fatal(err)
	}
	if err := e.loop.Take(ctx, entries); err != nil { // A reader may give facts again.
		t.Fatal(err)
	}
	if n := len(e.needs()); n != 4 {
		t.Fatalf("%d needs captured, want 4", n)
	}
	if n, err := e.loop.Gather(ctx, "m1", operator); err != nil || n != 3 {
		t.Fatalf("%d moved, %v", n, err)
	}
	if n, err := e.loop.Gather(ctx, "m1", operator); err != nil || n != 0 {
		t.Errorf("gathered again: %d moved, %v", n, err)
	}
	clusters, _, err := e.loop.Clusters(ctx, "m1", "", "", 10)
	if err != nil || len(clusters) != 1 || clusters[0].Needs != 3 || clusters[0].State != Alike {
		t.Fatalf("clusters %+v, %v", clusters, err)
	}
	id := clusters[0].ID
	if !slices.ContainsFunc(clusters[0].Terms, func(w Term) bool { return w.Term == "尺码" }) {
		t.Errorf("what makes them alike is %+v", clusters[0].Terms)
	}
	promotion := Promotion{Title: "尺码助手", Type: "live_room"}
	_, err = e.loop.Promote(ctx, "m1", id, promotion, operator)
	refused(t, err, "not_validated")
	answered := 0
	for _, n := range e.needs() {
		if n.Cluster != id || answered == 2 {
			continue
		}
		answered++
		_, err := e.loop.Validate(ctx, merchant, n.ID, "kept it", operator)
		refused(t, err, "wrong_state")
		reach := care.ReachOf("m1", agent)
		if _, err := e.loop.Respond(ctx, reach, n.ID, "按身高体重选 M", agent); err != nil {
			t.Fatal(err)
		}
		if n, err = e.loop.Validate(ctx, reach, n.ID, "ordered and kept it", agent); err != nil || n.State != Validated || n.Agent != "agent-1" {
			t.Fatalf("validated %+v, %v", n, err)
		}
		_, err = e.loop.Need(ctx, care.Reach{Merchant: "m1", Agent: "agent-2"}, n.ID)
		refused(t, err, "need_not_found")
		steps, err := e.loop.History(ctx, reach, n.ID)
		if err != nil || len(steps) != 4 || steps[0].Step != "capture" || steps[1].Step != "cluster" || steps[3].Evidence != "ordered and kept it" || steps[3].Actor != "agent-1" || steps[3].At.IsZero() {
			t.Errorf("steps %+v, %v", steps, err)
		}
	}
	c, err := e.loop.Promote(ctx, "m1", id, promotion, operator)
	if err != nil || c.State != Common || c.Entry == "" {
		t.Fatalf("promoted %+v, %v", c, err)
	}
	if made, err := e.desk.Entry(ctx, "m1", operator, c.Entry); err != nil || made.Title != "尺码助手" || made.Need != id {
		t.Errorf("the desk has %+v, %v", made, err)
	}
	// Shipped again, as after a promotion that was cut off, it is the same entry.
	if again, err := (Desk{e.desk}).Ship(ctx, NewEntry{Merchant: "m1", Type: "live_room", Title: "尺码助手", FromNeed: id}, operator); err != nil || again != c.Entry {
		t.Errorf("shipped again as %q, %v", again, err)
	}
	if n, err := e.loop.Gather(ctx, "m1", operator); err != nil || n != 0 {
		t.Errorf("needs of a common need are moved: %d, %v", n, err)
	}
	e.wait(29 * 24 * time.Hour)
	if c, err = e.loop.Measure(ctx, "m1", id, operator); err != nil || c.Measured == nil || c.Measured.SuggestRetiring {
		t.Errorf("measured after 29 days: %+v, %v", c.Measured, err)
	}
	e.wait(24 * time.Hour)
	if c, err = e.loop.Measure(ctx, "m1", id, operator); err != nil || !c.Measured.SuggestRetiring {
		t.Errorf("measured after 30 days: %+v, %v", c.Measured, err)
	}
	_, err = e.loop.Retire(ctx, "m1", id, "", operator)
	refused(t, err, "invalid_field")
	if c, err = e.loop.Retire(ctx, "m1", id, "nobody opens it", operator); err != nil || c.State != Retired {
		t.Errorf("retired %+v, %v", c, err)
	}
	if made, err := e.desk.Entry(ctx, "m1", operator, c.Entry); err != nil || made.Retired.IsZero() {
		t.Errorf("the entry of the desk is in use: %+v, %v", made, err)
	}
	_, err = e.loop.Measure(ctx, "m1", id, operator)
	refused(t, err, "wrong_state")
	steps, err := e.loop.ClusterHistory(ctx, "m1", id)
	if err != nil || len(steps) != 5 {
		t.Errorf("steps of the cluster %+v, %v", steps, err)
	}
	_, err = e.loop.Cluster(ctx, "m2", id)
	refused(t, err, "cluster_not_found")
	rows, err := e.store.Outbox(ctx, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	told := map[live.Kind]int{}
	for _, r := range rows {
		told[r.Event.Kind]++
	}
	for kind, want := range map[live.Kind]int{
		live.NeedCaptured: 4, live.NeedClustered: 3, live.NeedResponded: 2, live.NeedValidated: 2, live.NeedPromoted: 1, live.NeedMeasured: 2, live.NeedRetired: 1,
	} {
		if told[kind] != want {
			t.Errorf("%s was told %d times, want %d", kind, told[kind], want)
		}
	}
}

// TestTop: what was asked most, with the newest answer.
func TestTop(t *testing.T) {
	e := newEnv(t)
	ctx := t.Context()
	var asked []live.Entry
	for i := range 5 {
		asked = append(asked, e.ask(fmt.Sprint("a", i), fmt.Sprint("什么时候发货呀", []string{"", "啊", "呢", "哦", "吗"}[i])))
	}
	for i := range 2 {
		asked = append(asked, e.ask(fmt.Sprint("b", i), "有没有运费险"))
	}
	asked = append(asked, e.ask("c", "主播衣服好看"))
	if err := e.loop.Take(ctx, asked); err != nil {
		t.Fatal(err)
	}
	for _, n := range e.needs() {
		if n.Text == "有没有运费险" {
			if _, err := e.loop.Respond(ctx, merchant, n.ID, "每单都有", operator); err != nil {
				t.Fatal(err)
			}
		}
	}
	top, err := e.loop.Top(e.store.View(ctx), "m1", []live.ShowID{"s1"}, 10)
	if err != nil || len(top) != 2 || top[0].Times != 5 || top[1].Times != 2 || top[1].Text != "有没有运费险" || top[1].Answer != "每单都有" {
		t.Errorf("top %+v, %v", top, err)
	}
	if top, err := e.loop.Top(e.store.View(ctx), "m2", []live.ShowID{"s1"}, 10); err != nil || len(top) != 0 {
		t.Errorf("another merchant reads %+v, %v", top, err)
	}
}
