package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// TestServiceInTheReport plays a show in which people are served by the bot, by
// two agents or by nobody, are touched and join groups, and finds in the report of
// its thirtieth day what the test counted meanwhile. Printed again weeks later, as
// of the same instant, it is the same.
func TestServiceInTheReport(t *testing.T) {
	var shift atomic.Int64 // nanoseconds
	now := func() time.Time { return clock().Add(time.Duration(shift.Load())).Truncate(time.Millisecond) }
	later := func(d time.Duration) { shift.Add(int64(d)) }
	c := newServe()
	c.Data, c.Addr, c.LogLevel, c.now = t.TempDir(), "127.0.0.1:0", "warn", now
	url := startServer(t, c)
	s := newStageAt(t, now, url, c.Data, "m-told", "r-told", "Asia/Shanghai", good{"shirt", "sku-1", 9900, 50})
	ctx := deadline(t, 3*time.Minute)
	boss := func() string { return s.tokens.sign(live.RoleMerchant, "boss", s.merchant) }
	agent := func(id string) string { return s.tokens.sign(live.RoleAgent, id, s.merchant) }
	service := url + "/v1/service/"
	var hours []object
	for day := range strings.FieldsSeq("mon tue wed thu fri sat sun") {
		hours = append(hours, object{"day": day, "from": "00:00", "until": "24:00"})
	}
	must(t, "PUT", service+"rules", boss(), object{
		"time_zone": "UTC", "hours": hours, "holidays": []string{}, "first_response_s": 600, "resolution_s": 7200, "silence_s": 864000, "bot": true, "human_words": []string{},
	}, nil)
	must(t, "PUT", service+"answers", boss(), object{"items": []object{{"answer_id": "size", "title": "Sizes", "text": "110", "keywords": []string{"size"}}}}, nil)
	must(t, "PUT", service+"touch-rules", boss(), object{
		"quiet_hours": nil, "cool_down": nil, "caps": []object{{"per": "person", "hours": 24, "at_most": 1}}, "temperature": object{"least": 1, "least_person": 1},
	}, nil)
	must(t, "POST", service+"entries", boss(), object{"entry_id": "room", "type": "live_room", "title": "Ask us", "scope": "r-told"}, nil)

	type rate struct{ Numerator, Denominator int64 }
	type sessions struct {
		By, Key   string
		Sessions  int64 `json:"service_sessions"`
		BotOnly   rate  `json:"bot_only_rate"`
		Handover  rate  `json:"bot_handover_rate"`
		Reply     rate  `json:"reply_rate"`
		First     rate  `json:"first_response_time"`
		Late      rate  `json:"sla_breach_rate"`
		Overdue   int64 `json:"resolution_breaches"`
		Resolved  rate  `json:"resolved_rate"`
		Took      rate  `json:"resolution_time"`
		CSAT      rate  `json:"csat"`
		RatedRate rate  `json:"csat_participation"`
	}
	// What was drawn of each session.
	type one struct {
		id, agent, entry                                   string
		human, replied, late, closed, resolved, handedOver bool
		score                                              int64
	}
	r := rand.New(rand.NewPCG(44, 5))
	var drawn []*one
	for i := range 24 {
		x := &one{entry: []string{"", "room"}[r.IntN(2)]}
		who, text := fmt.Sprint("viewer-", i), "which size?"
		if x.human = r.IntN(3) > 0; x.human {
			text, x.handedOver = "转人工", true
		}
		v := s.viewer(who, "")
		in := object{"text": text}
		if x.entry != "" {
			in["entry_id"] = x.entry
		}
		ack, err := v.do(ctx, object{"type": "service_open", "data": in})
		v.close()
		if err != nil || ack["ok"] != true {
			t.Fatal(ack, err)
		}
		x.id, _ = ack["data"].(object)["session_id"].(string)
		drawn = append(drawn, x)
		at := service + "sessions/" + x.id
		if !x.human {
			if r.IntN(2) == 0 {
				must(t, "POST", at+"/close", s.tokens.sign(live.RoleViewer, who, s.merchant), object{"resolution": "resolved"}, nil)
				x.closed, x.resolved = true, true
			}
			continue
		}
		switch r.IntN(4) {
		case 0: // nobody comes until the promise is broken
			x.late = true
			later(11 * time.Minute)
			if r.IntN(2) == 0 {
				continue
			}
		case 1:
			later(time.Duration(r.IntN(400)) * time.Second)
		}
		x.agent = []string{"li", "wang"}[r.IntN(2)]
		eventually(t, time.Minute, "a broken promise is told", func() bool {
			var got struct {
				Clocks []struct {
					Breached string `json:"breached_at"`
				}
			}
			must(t, "GET", at, boss(), nil, &got)
			return !x.late || got.Clocks[0].Breached != ""
		})
		must(t, "POST", at+"/accept", agent(x.agent), nil, nil)
		x.closed = r.IntN(4) > 0
		// Who left a person waiting would lose the session; only a close needs no word.
		if x.replied = !x.closed || r.IntN(5) > 0; x.replied {
			later(time.Duration(r.IntN(100)) * time.Second)
			must(t, "POST", at+"/messages", agent(x.agent), object{"text": "here I am", "kind": "qa"}, nil)
		}
		if x.closed {
			later(time.Duration(r.IntN(50)) * time.Second)
			x.resolved = r.IntN(3) > 0
			must(t, "POST", at+"/close", agent(x.agent), object{"resolution": map[bool]string{true: "resolved", false: "unresolved"}[x.resolved]}, nil)
			if r.IntN(3) > 0 {
				x.score = int64(1 + r.IntN(5))
				must(t, "POST", at+"/rate", s.tokens.sign(live.RoleViewer, who, s.merchant), object{"score": x.score}, nil)
			}
		}
		later(time.Second)
	}
	// Touches: one each that the guard allows, and some that a CRM sends on top. Who
	// answers within the answer hours is drawn too.
	type touch struct{ above, answered bool }
	var touches []touch
	for i := range 12 {
		who := fmt.Sprint("customer-", i)
		answers := r.IntN(3) == 0
		must(t, "POST", service+"touches", agent("li"), object{"person_id": who, "channel": "contact", "kind": "care"}, nil, "Idempotency-Key", who)
		touches = append(touches, touch{false, answers})
		later(time.Second)
		if r.IntN(2) == 0 {
			var out struct{ Accepted int }
			must(t, "POST", url+"/v1/events", s.tokens.sign(live.RoleIntegration, "crm", s.merchant), []object{
				{"event_id": "on-top-" + who, "type": "touch_sent", "user_id": who, "data": object{"agent_id": "li"}},
			}, &out)
			if out.Accepted != 1 {
				t.Fatal("a touch of a CRM was not accepted")
			}
			touches = append(touches, touch{true, answers})
			later(time.Second)
		}
		if answers {
			v := s.viewer(who, "")
			if ack, err := v.do(ctx, object{"type": "comment_sent", "data": object{"text": "hello"}}); err != nil || ack["ok"] != true {
				t.Fatal(ack, err)
			}
			v.close()
		}
	}
	// People who join groups out of the show; one group goes on talking.
	group := func(id, kind, who string, data object) object {
		data["group_id"] = id
		return object{"event_id": fmt.Sprint(id, kind, who, now().UnixMilli()), "type": kind, "user_id": who, "show_id": string(s.show), "occurred_at": now().Format(time.RFC3339Nano), "data": data}
	}
	post := func(facts ...object) {
		t.Helper()
		var out struct{ Accepted int }
		must(t, "POST", url+"/v1/events", s.tokens.sign(live.RoleIntegration, "crm", s.merchant), facts, &out)
		if out.Accepted != len(facts) {
			t.Fatalf("%d of %d facts were accepted", out.Accepted, len(facts))
		}
	}
	var joins []object
	for i := range 7 {
		joins = append(joins, group([]string{"talks", "silent"}[min(i/4, 1)], "group_joined", fmt.Sprint("member-", i), object{}))
	}
	post(joins...)
	later(time.Second)
	must(t, "POST", s.path("/commands"), s.tokens.sign(live.RoleOperator, "op", s.merchant), object{"command_id": "end", "command": "end_show", "data": object{}}, nil)
	later(74 * time.Hour)
	asOf := func() string { return now().UTC().Format("2006-01-02T15:04:05.000Z") }
	eventually(t, time.Minute, "what was left open is overdue", func() bool {
		for _, x := range drawn {
			var got struct {
				Clocks []struct {
					Breached string `json:"breached_at"`
				}
			}
			must(t, "GET", service+"sessions/"+x.id, boss(), nil, &got)
			if x.human && !x.closed && got.Clocks[1].Breached == "" {
				return false
			}
		}
		return true
	})
	settled := asOf()
	later(time.Second)

	// What the test counted, by the words of docs/service.md and docs/temperature.md.
	type clock struct {
		Clock string
		Wall  int64 `json:"wall_ms"`
	}
	count := func(by, key string, is func(*one) bool) sessions {
		n := sessions{By: by, Key: key}
		for _, x := range drawn {
			if !is(x) {
				continue
			}
			var told struct{ Clocks []clock }
			must(t, "GET", service+"sessions/"+x.id, boss(), nil, &told)
			add := func(f *rate, num int64, when bool) {
				if when {
					f.Denominator++
					f.Numerator += num
				}
			}
			yes := func(b bool) int64 { return map[bool]int64{true: 1}[b] }
			n.Sessions++
			add(&n.BotOnly, yes(!x.human), true)
			add(&n.Handover, yes(x.human), true)
			add(&n.Reply, yes(x.replied), x.human)
			add(&n.First, told.Clocks[0].Wall, x.replied)
			add(&n.Late, yes(x.late), x.human)
			n.Overdue += yes(x.human && !x.closed)
			add(&n.Resolved, yes(x.resolved), x.closed)
			add(&n.Took, told.Clocks[1].Wall, x.closed)
			add(&n.CSAT, yes(x.score >= 4), x.score > 0)
			add(&n.RatedRate, yes(x.score > 0), x.closed)
		}
		return n
	}
	want := []sessions{count("", "", func(*one) bool { return true }), count("entry", "room", func(x *one) bool { return x.entry == "room" })}
	for _, id := range []string{"li", "wang"} {
		want = append(want, count("agent", id, func(x *one) bool { return x.agent == id }))
	}
	over, unmet, unanswered, above := rate{}, rate{}, rate{}, rate{}
	for _, x := range touches {
		for _, part := range []struct {
			of   *rate
			when bool
		}{{&over, x.above && !x.answered}, {&unanswered, !x.answered}, {&above, x.above}} {
			part.of.Denominator++
			if part.when {
				part.of.Numerator++
			}
		}
	}
	for _, x := range drawn {
		unmet.Denominator++
		if !x.replied { // a bot's answer meets no need
			unmet.Numerator++
		}
	}
	degrees := 37 + 10*float64(over.Numerator)/float64(over.Denominator) - 10*float64(unmet.Numerator)/float64(unmet.Denominator)
	type felt struct {
		Degrees    string `json:"temperature"`
		Over       rate   `json:"over_service_rate"`
		Unmet      rate   `json:"unmet_need_rate"`
		Unanswered rate   `json:"unanswered_rate"`
		Above      rate   `json:"above_cap_rate"`
		Late       rate   `json:"late_answer_rate"`
	}
	warm := felt{fmt.Sprintf("%.2f", min(max(degrees, 35), 39)), over, unmet, unanswered, above, rate{0, unmet.Numerator}}
	type report struct {
		Sessions []sessions `json:"service_sessions"`
		Felt     []felt     `json:"temperature"`
		Fed      []struct {
			Group  string `json:"group_id"`
			Groups int64  `json:"fed_groups"`
			Joined int64  `json:"fed_joined"`
			Alive  rate   `json:"fed_survival_30d"`
		} `json:"groups_fed"`
	}
	read := func(as string) (got report) {
		t.Helper()
		must(t, "GET", s.path("/report?format=json&as_of="+as), boss(), nil, &got)
		return got
	}
	eventually(t, time.Minute, "every fact is in", func() bool {
		got := read(settled)
		return len(got.Felt) == 1 && len(got.Fed) == 3 && got.Sessions[0].Sessions == want[0].Sessions && got.Sessions[0].Overdue == want[0].Overdue && got.Felt[0].Over.Denominator == over.Denominator
	})
	first := read(settled)
	if d := cmp.Diff(want, first.Sessions); d != "" {
		t.Errorf("sessions -counted +told\n%s", d)
	}
	if d := cmp.Diff([]felt{warm}, first.Felt); d != "" {
		t.Errorf("temperature -counted +told\n%s", d)
	}
	if over.Numerator == 0 || unmet.Numerator == 0 || want[0].Late.Numerator == 0 || want[0].Overdue == 0 {
		t.Errorf("the test sees nothing: %+v %+v %+v", over, unmet, want[0])
	}

	later(20 * 24 * time.Hour)
	post(group("talks", "group_message_sent", "member-1", object{"by_role": "member"}))
	later(10 * 24 * time.Hour)
	eventually(t, time.Minute, "the groups' thirtieth day is over", func() bool {
		got := read(asOf())
		return len(got.Fed) == 3 && got.Fed[0].Alive == rate{1, 2}
	})
	if fed := read(asOf()).Fed; fed[0].Groups != 2 || fed[0].Joined != 7 || fed[1].Group != "silent" || fed[1].Joined != 3 || fed[1].Alive != (rate{0, 1}) || fed[2].Alive != (rate{1, 1}) {
		t.Errorf("groups that the show fed: %+v", fed)
	}
	if d := cmp.Diff(first, read(settled)); d != "" {
		t.Errorf("printed again as of the same instant (-then +now):\n%s", d)
	}
}
