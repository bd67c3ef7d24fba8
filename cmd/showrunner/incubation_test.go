package main

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// TestAgentBecomesHost plays the whole way over HTTP and sockets: an agent serves
// well at the desk, hosts a rehearsal that is judged by its own facts, watches a
// real show on a panel that takes no command, is promoted stage by stage, and hosts
// a show with the token of the last.
func TestAgentBecomesHost(t *testing.T) {
	var shift atomic.Int64 // nanoseconds
	now := func() time.Time { return clock().Add(time.Duration(shift.Load())).Truncate(time.Millisecond) }
	wait := func(d time.Duration) { shift.Add(int64(d)) }
	c := newServe()
	c.Data, c.Addr, c.LogLevel, c.now = t.TempDir(), "127.0.0.1:0", "warn", now
	url := startServer(t, c)
	s := newStageAt(t, now, url, c.Data, "m-inc", "r-inc", "Asia/Shanghai", good{"shirt", "sku-1", 9900, 20})
	ctx := deadline(t, 4*time.Minute)
	coach, ann := s.tokens.sign(live.RoleHost, "lin", s.merchant), s.tokens.sign(live.RoleAgent, "ann", s.merchant)
	at := url + "/v1/incubation/candidates/ann"
	stage := func(key, role string, needs ...object) object {
		return object{"stage": key, "label_zh": "阶段", "label_en": "Stage", "role": role, "needs": append([]object{}, needs...)}
	}
	must(t, "PUT", url+"/v1/incubation/tracks/host", s.operator, object{
		"label_zh": "成长", "label_en": "Growing", "stages": []object{
			stage("agent", "agent"),
			stage("drill", "trainee", object{"kind": "score", "figure": "csat", "at_least": 9000, "least_sample": 2, "days": 30}),
			stage("shadow", "trainee", object{"kind": "drills", "count": 1}),
			stage("host", "host", object{"kind": "shadows", "count": 1, "minutes": 2}),
		},
		"drill": object{
			"rubric": []object{{"criterion": "clear", "label_zh": "清楚", "label_en": "Clear", "points": 10}}, "pass_points": 7, "least_minutes": 5,
			"most_mistakes": 1, "most_prompt_ms": 60_000, "least_answered_bps": 5000,
		},
	}, nil)
	must(t, "PATCH", url+"/v1/rooms/r-inc", s.merch, object{"host_ids": []string{"lin", "ann"}}, nil)
	must(t, "PUT", at, s.operator, object{"track_id": "host", "coach_id": "lin"}, nil)
	promote := func(token, to string) {
		t.Helper()
		must(t, "POST", at+"/promotion", token, nil, nil)
		var got struct{ Stage string }
		must(t, "PUT", at+"/promotion", s.operator, object{"grant": true, "reason": "earned"}, &got)
		if got.Stage != to {
			t.Fatalf("promoted to %q, want %s", got.Stage, to)
		}
	}
	refusedWith := func(code, method, path, token string, body any) {
		t.Helper()
		status, raw, err := call(ctx, method, path, token, body)
		var got struct{ Code string }
		if err != nil || json.Unmarshal(raw, &got) != nil || got.Code != code || status < 400 {
			t.Fatalf("%s %s: %d %s %v, want %s", method, path, status, raw, err, code)
		}
	}

	// At the desk.
	must(t, "POST", url+"/v1/service/entries", s.merch, object{"entry_id": "en", "type": "live_room", "title": "Desk"}, nil)
	must(t, "PUT", url+"/v1/service/agents/ann", s.merch, object{"name": "Ann", "personas": []any{}, "capacity": 5}, nil)
	refusedWith("not_ready", "POST", at+"/promotion", ann, nil)
	for i := range 2 {
		viewer := s.tokens.sign(live.RoleViewer, fmt.Sprint("v", i), s.merchant)
		var opened struct {
			Session struct {
				ID string `json:"session_id"`
			}
		}
		must(t, "POST", url+"/v1/service/sessions", viewer, object{"entry_id": "en", "text": "转人工"}, &opened)
		one := url + "/v1/service/sessions/" + opened.Session.ID
		must(t, "POST", one+"/accept", ann, nil, nil)
		must(t, "POST", one+"/messages", ann, object{"text": "您好"}, nil)
		must(t, "POST", one+"/close", ann, object{"resolution": "resolved"}, nil)
		must(t, "POST", one+"/rate", viewer, object{"score": 5}, nil)
	}
	promote(ann, "drill")
	token := func() (text string) {
		t.Helper()
		var got struct{ Token string }
		must(t, "POST", at+"/token", ann, nil, &got)
		return got.Token
	}
	trainee := token()

	// Of a show on air a trainee only sees that it is, and that they watched.
	panel := newSocket(url, s.room, trainee, "panel=1")
	defer panel.close()
	say := func(frame object) object {
		t.Helper()
		ack, err := panel.do(ctx, frame)
		if err != nil {
			t.Fatal(err)
		}
		return ack
	}
	for _, frame := range []object{
		{"type": "comment_sent", "data": object{"text": "hi"}},
		{"type": "pin_product", "data": object{"command_id": "t1", "product_id": "shirt"}},
	} {
		if ack := say(frame); ack["ok"] == true || ack["error"].(object)["code"] != "rehearsal_only" {
			t.Fatalf("%v in a real show: %v", frame, ack)
		}
	}
	for range 3 {
		wait(50 * time.Second)
		if ack := say(object{"type": "watch_heartbeat", "data": object{"visible": true}}); ack["ok"] != true {
			t.Fatalf("a heartbeat: %v", ack)
		}
	}
	wait(50 * time.Second)
	if ack := say(object{"type": "watch_heartbeat", "data": object{"visible": false}}); ack["ok"] != true {
		t.Fatalf("a hidden heartbeat: %v", ack)
	}
	type record struct {
		Drills []struct {
			State    string
			Evidence map[string]int64
			Misses   []string
		}
		Shadows []struct {
			Show     live.ShowID `json:"show_id"`
			Attended int64       `json:"attended_ms"`
		}
	}
	read := func() (r record) {
		t.Helper()
		must(t, "GET", at, ann, nil, &r)
		return r
	}
	eventually(t, time.Minute, "attendance is heard", func() bool {
		r := read()
		return len(r.Shadows) == 1 && r.Shadows[0].Attended >= 150_000
	})
	// Real milliseconds pass as well, but the minute with the page hidden does not count.
	if r := read(); r.Shadows[0].Show != s.show || r.Shadows[0].Attended > 195_000 {
		t.Errorf("attended %+v", r.Shadows)
	}
	s.command("end_show", object{})

	// The drill.
	var planned struct {
		ID live.ShowID `json:"show_id"`
	}
	must(t, "POST", url+"/v1/rooms/r-inc/shows", s.merch, object{"title": "Next"}, &planned)
	must(t, "PUT", fmt.Sprintf("%s/v1/shows/%s/shelf", url, planned.ID), s.merch, object{"items": []object{{"product_id": "shirt", "sku_id": "sku-1", "title": "Shirt", "price_minor": 9900, "stock": 5}}}, nil)
	var rehearsed struct {
		Show live.ShowID `json:"show_id"`
	}
	must(t, "POST", fmt.Sprintf("%s/v1/shows/%s/commands", url, planned.ID), coach, object{"command_id": "re", "command": "rehearse"}, &rehearsed)
	rehearsal := fmt.Sprintf("%s/v1/shows/%s", url, rehearsed.Show)
	wait(time.Second)
	must(t, "POST", rehearsal+"/commands", coach, object{"command_id": "over", "command": "handover_host", "data": object{"host_id": "ann"}}, nil)
	wait(time.Second)
	must(t, "POST", rehearsal+"/commands", s.operator, object{"command_id": "prompt", "command": "send_prompt", "data": object{"text": "讲尺码"}}, nil)
	wait(10 * time.Second)
	eventually(t, 30*time.Second, "the panel knows of the rehearsal", func() bool {
		return say(object{"type": "pin_product", "data": object{"command_id": fmt.Sprint("t2-", panel.seq), "product_id": "shirt"}})["ok"] == true
	})
	crew := newSocket(url, s.room, s.tokens.sign(live.RoleModerator, "kim", s.merchant), "")
	defer crew.close()
	for i, text := range []string{"多大码", "包邮吗"} {
		ack, err := crew.do(ctx, object{"type": "comment_sent", "data": object{"text": text}})
		if err != nil || ack["ok"] != true {
			t.Fatalf("comment: %v %v", ack, err)
		}
		if i == 0 {
			if ack := say(object{"type": "comment_sent", "data": object{"text": "M 码", "reply_to": ack["data"].(object)["comment_id"]}}); ack["ok"] != true {
				t.Fatalf("reply: %v", ack)
			}
		}
	}
	must(t, "POST", at+"/drills", coach, object{"show_id": rehearsed.Show}, nil)
	wait(5 * time.Minute)
	if ack := say(object{"type": "end_show", "data": object{"command_id": "t9"}}); ack["ok"] != true {
		t.Fatalf("end of the rehearsal: %v", ack)
	}
	refusedWith("not_ready", "POST", at+"/promotion", trainee, nil)
	verdict := object{"marks": []object{{"criterion": "clear", "points": 8}}, "note": "节奏好"}
	must(t, "PUT", fmt.Sprintf("%s/drills/%s", at, rehearsed.Show), coach, verdict, nil) // 503 until the log's reader has come so far.
	d := read().Drills[0]
	if e := d.Evidence; d.State != "passed" || e["comments"] != 2 || e["comments_answered"] != 1 || e["prompts_followed"] != 1 || e["mistakes"] != 0 || e["prompt_median_ms"] < 10_000 {
		t.Fatalf("the drill: %+v", d)
	}
	promote(trainee, "shadow")
	refusedWith("not_ready", "POST", at+"/promotion", trainee, nil)
	must(t, "PUT", fmt.Sprintf("%s/shadows/%s", at, s.show), coach, object{"note": "看懂了节奏"}, nil)
	promote(trainee, "host")

	// On air.
	host := token()
	must(t, "POST", fmt.Sprintf("%s/v1/shows/%s/start", url, planned.ID), host, nil, nil)
	stand := newSocket(url, s.room, host, "panel=1")
	defer stand.close()
	if ack, err := stand.do(ctx, object{"type": "pin_product", "data": object{"command_id": "h1", "product_id": "shirt"}}); err != nil || ack["ok"] != true {
		t.Fatalf("the new host pins: %v %v", ack, err)
	}
}
