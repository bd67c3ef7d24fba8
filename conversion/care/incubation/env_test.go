package incubation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// ctx ends with the process.
var ctx = context.Background()

// env is a book in a store on a real database, whose clock a test moves.
type env struct {
	clock atomic.Int64
	ids   atomic.Int64
	store *store.Store
	book  *Book
}

func newEnv(t testing.TB) *env {
	t.Helper()
	e := &env{}
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
	e.store, e.book = s, New(s, func() string { return fmt.Sprintf("%06d", e.ids.Add(1)) })
	return e
}

func (e *env) now() time.Time { return time.UnixMilli(e.clock.Load()).UTC() }

func (e *env) wait(d time.Duration) { e.clock.Add(d.Milliseconds()) }

func (e *env) id(prefix string) string { return fmt.Sprint(prefix, e.ids.Add(1)) }

// fataler is a test, or one draw of a property.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// studio is a merchant with a room, an operator and a coach.
type studio struct {
	*env
	t        fataler
	m        live.MerchantID
	room     live.RoomID
	operator live.Principal
	coach    live.Principal
}

func (e *env) studio(t fataler) *studio {
	t.Helper()
	m := live.MerchantID(e.id("m"))
	s := &studio{
		env: e, t: t, m: m, room: live.RoomID("room-" + m),
		operator: live.Principal{Subject: "op", Role: live.RoleOperator, Merchant: m}, coach: live.Principal{Subject: "lin", Role: live.RoleHost, Merchant: m},
	}
	if _, err := e.store.CreateRoom(ctx, live.Room{ID: s.room, Merchant: m, Title: "Room", Currency: "CNY", TimeZone: "Asia/Shanghai"}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *studio) as(role live.Role) live.Principal {
	return live.Principal{Subject: "ann", Role: role, Merchant: s.m}
}

func (s *studio) all() Reach { return Reach{Merchant: s.m} }

// show makes a scheduled show with one thing to sell.
func (s *studio) show() live.ShowID {
	s.t.Helper()
	id := live.ShowID(s.id("s"))
	if _, err := s.store.CreateShow(ctx, live.Show{ID: id, Room: s.room, Merchant: s.m, Title: "Show"}, s.operator); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.store.PutShelf(ctx, id, []live.Item{{SKU: "k", Product: "p", Title: "Knife", Price: 100, Currency: "CNY", Released: 5}}, s.operator, s.now()); err != nil {
		s.t.Fatal(err)
	}
	return id
}

// command gives a command and tells the show it was for.
func (s *studio) command(by live.Principal, name live.CommandName, show live.ShowID, args string) (live.ShowID, error) {
	if args == "" {
		args = "{}"
	}
	res, err := s.store.Execute(ctx, live.Command{ID: s.id("c"), Name: name, Merchant: s.m, Room: s.room, Show: show, By: by, Args: json.RawMessage(args), At: s.now()})
	return res.Show, err
}

func (s *studio) must(by live.Principal, name live.CommandName, show live.ShowID, args string) live.ShowID {
	s.t.Helper()
	id, err := s.command(by, name, show, args)
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	return id
}

// fact is an entry of the log about a show.
func (s *studio) fact(kind live.Kind, show live.ShowID, rehearsal bool, by live.Principal, data string) live.Entry {
	return live.Entry{Event: live.Event{
		ID: live.EventID(s.id("e")), Kind: kind, Source: "ws", Merchant: s.m, Room: s.room, Show: show, Rehearsal: rehearsal,
		Actor: by.Actor(), OccurredAt: s.now(), ReceivedAt: s.now(), Data: json.RawMessage(data),
	}}
}

func (s *studio) take(entries ...live.Entry) {
	s.t.Helper()
	if err := s.book.Take(ctx, entries); err != nil {
		s.t.Fatal(err)
	}
}

// drill plays a rehearsal that ann hosts for so many minutes, well or badly.
func (s *studio) drill(minutes int, well bool) live.ShowID {
	s.t.Helper()
	planned := s.show()
	show := s.must(s.coach, live.Rehearse, planned, "")
	s.wait(time.Second)
	s.must(s.coach, live.HandoverHost, show, `{"host_id":"ann"}`)
	s.wait(time.Second)
	ann, viewer := s.as(live.RoleTrainee), live.Principal{Subject: "kim", Role: live.RoleModerator, Merchant: s.m}
	if !well {
		for range 3 {
			if _, err := s.command(ann, live.PinProduct, show, `{"product_id":"nothing"}`); err == nil {
				s.t.Fatal("what is not on the shelf was pinned")
			}
		}
	}
	s.must(s.operator, live.SendPrompt, show, `{"text":"讲刀"}`)
	s.wait(2 * time.Second)
	s.must(ann, live.PinProduct, show, `{"product_id":"p"}`)
	s.take(
		s.fact(live.CommentSent, show, true, viewer, `{"text":"多少钱","comment_id":"c1"}`),
		s.fact(live.CommentSent, show, true, viewer, `{"text":"包邮吗","comment_id":"c2"}`),
		s.fact(live.CommentSent, show, true, ann, `{"text":"一块钱","comment_id":"c3","reply_to":"c1"}`),
	)
	s.wait(time.Duration(minutes) * time.Minute)
	s.must(ann, live.EndShow, show, "")
	s.take(s.fact(live.RehearsalEnded, show, true, ann, "{}"))
	return show
}

// onAir plays a real show for so many minutes that a host is on for all of.
func (s *studio) onAir(by live.Principal, minutes int) live.ShowID {
	s.t.Helper()
	show := s.show()
	s.must(by, live.StartShow, show, "")
	s.wait(time.Duration(minutes) * time.Minute)
	s.must(by, live.EndShow, show, "")
	return show
}

// watched is that ann watched a show until now.
func (s *studio) watched(show live.ShowID, d time.Duration) live.Entry {
	return s.fact(live.WatchHeartbeat, show, false, s.as(live.RoleTrainee), fmt.Sprintf(`{"visible":true,"watched_ms":%d}`, d.Milliseconds()))
}

func refused(t fataler, err error, code string) {
	t.Helper()
	var no *live.Error
	if !errors.As(err, &no) || no.Code != code {
		t.Fatalf("%v, want a refusal with %s", err, code)
	}
}

// way is a track with a stage for each kind of evidence but the scorecard's.
func way() Track {
	return Track{
		ID: "host", ZH: "客服成长为主播", EN: "From agent to host",
		Stages: []Stage{
			{Key: "agent", ZH: "客服", EN: "Agent", Role: live.RoleAgent},
			{Key: "drill", ZH: "演练", EN: "Drills", Role: live.RoleTrainee, Needs: []Requirement{{Kind: NeedSkill, Skill: "explain"}}},
			{Key: "shadow", ZH: "跟播", EN: "Shadow shows", Role: live.RoleTrainee, Needs: []Requirement{{Kind: NeedDrills, Count: 2}}},
			{Key: "cohost", ZH: "助播", EN: "Co-host", Role: live.RoleHost, Needs: []Requirement{{Kind: NeedShadows, Count: 1, Minutes: 10}}},
			{Key: "host", ZH: "主播", EN: "Host", Role: live.RoleHost, Needs: []Requirement{{Kind: NeedShows, Count: 1, Minutes: 20}, {Kind: NeedSkill, Skill: "close"}}},
		},
		Drill: Drilled{
			Rubric: []Criterion{{Key: "clear", ZH: "清楚", EN: "Clear", Points: 10}, {Key: "pace", ZH: "节奏", EN: "Pace", Points: 5}},
			Pass:   9, Minutes: 10, Mistakes: new(int64(2)), PromptMS: new(int64(5000)), Answered: new(int64(5000)),
		},
	}
}

func skills() []Skill {
	return []Skill{{Key: "explain", ZH: "讲解", EN: "Explaining", Proof: "three products"}, {Key: "close", ZH: "促单", EN: "Closing", Proof: "two offers"}}
}

// joined declares everything and puts ann on the way.
func (s *studio) joined() {
	s.t.Helper()
	if err := s.book.SetSkills(ctx, s.m, skills(), s.operator); err != nil {
		s.t.Fatal(err)
	}
	if err := s.book.SetTrack(ctx, s.m, way(), s.operator); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.book.Join(ctx, s.m, "ann", "host", "lin", s.operator); err != nil {
		s.t.Fatal(err)
	}
}
