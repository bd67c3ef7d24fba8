package main

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// TestComplaintsTeachTheNextShow plays the whole story over sockets and HTTP: a
// viewer asks in the room, orders, wants the money back since it is not what was
// said, complains at the desk; that becomes a keyword, a finding, and the brief
// of the next show, which its host reads before it begins and no viewer sees;
// and the rate falls. Who complains is drawn by the test, which counts beside.
func TestComplaintsTeachTheNextShow(t *testing.T) {
	var shift atomic.Int64 // nanoseconds
	now := func() time.Time { return clock().Add(time.Duration(shift.Load())).Truncate(time.Millisecond) }
	c := newServe()
	c.Data, c.Addr, c.LogLevel, c.now = t.TempDir(), "127.0.0.1:0", "warn", now
	url := startServer(t, c)
	s := newStageAt(t, now, url, c.Data, "m-care", "r-care", "Asia/Shanghai", good{"shirt", "sku-1", 9900, 200})
	ctx := deadline(t, 4*time.Minute)
	service := url + "/v1/service"
	r := rand.New(rand.NewPCG(11, 5))
	operator := func() string { return s.tokens.sign(live.RoleOperator, "op", s.merchant) }

	// sell has so many buy over sockets and tells of those drawn to have complained.
	sold := 0
	sell := func(buyers, complain int) (unhappy []string) {
		t.Helper()
		drawn := r.Perm(buyers)
		for i := range buyers {
			who := fmt.Sprint("buyer-", sold)
			sold++
			v := s.viewer(who, "")
			ack, err := v.do(ctx, object{"type": "place_order", "data": object{"client_order_id": "c1", "lines": []object{{"sku_id": "sku-1", "qty": 1}}}})
			if err != nil || ack["ok"] != true {
				t.Fatalf("%s: %v %v", who, ack, err)
			}
			if i == 0 {
				for _, q := range []string{"什么时候发货", "什么时候发货呀"} {
					if ack, err := v.do(ctx, object{"type": "question_asked", "data": object{"text": q}}); err != nil || ack["ok"] != true {
						t.Fatalf("ask: %v %v", ack, err)
					}
				}
			}
			v.close()
			order := ack["data"].(object)["order_id"].(string)
			s.hook("paid-"+order, s.paidFact(order, "pay-"+order, 9900))
			fact := s.refundFact(order, "refund-"+order, "sku-1", 9900)
			switch {
			case drawn[i] < complain:
				fact["data"].(object)["reason"] = "NOT_MATCH_PRODUCT_DESC"
				unhappy = append(unhappy, order)
			case drawn[i] < complain+3: // Who only changed their mind complains of nothing.
			default:
				continue
			}
			s.hook("refund-"+order, fact)
		}
		return unhappy
	}
	type rate struct{ Numerator, Denominator int64 }
	type figures struct {
		Paid   int64 `json:"orders_paid"`
		Rate   rate  `json:"complaint_rate"`
		Causes []struct {
			Cause string
			Share rate `json:"cause_share"`
		}
	}
	read := func() (f figures) {
		must(t, "GET", service+"/complaint-rate?show_id="+string(s.show), operator(), nil, &f)
		return f
	}
	unhappy := sell(40, 14)
	eventually(t, time.Minute, "the refunds are heard", func() bool { return read().Rate.Numerator == 14 })
	if f := read(); f.Paid != 40 || f.Rate != (rate{14, 40}) || f.Causes[0].Cause != "promotion_mismatch" || f.Causes[0].Share != (rate{14, 14}) {
		t.Errorf("after the first show: %+v", f)
	}

	// One of them tells the desk, in the room, and the same is not counted twice.
	v := s.viewer("buyer-0", "")
	defer v.close()
	ack, err := v.do(ctx, object{"type": "service_open", "data": object{"text": "收到的衣服根本不是纯棉"}})
	if err != nil || ack["ok"] != true {
		t.Fatalf("open a session: %v %v", ack, err)
	}
	session := ack["data"].(object)["session_id"].(string)
	var told struct {
		ID       string `json:"complaint_id"`
		Evidence int64
		Machine  struct{ By string }
	}
	for i, order := range unhappy {
		body := object{"order_id": order, "text": fmt.Sprint("主播说是纯棉，收到不是纯棉，第", i, "次投诉"), "cause": "promotion_mismatch"}
		if i == 0 {
			body["session_id"] = session
		}
		must(t, "POST", service+"/complaints", operator(), body, &told)
		if told.Evidence != 2 {
			t.Errorf("told by the refund and at the desk it has %d tellings", told.Evidence)
		}
	}
	if f := read(); f.Rate != (rate{14, 40}) {
		t.Errorf("told again they are counted again: %+v", f)
	}
	var keywords struct {
		Items []struct {
			Term      string
			Documents int
		}
	}
	must(t, "GET", service+"/keywords?product_id=shirt", operator(), nil, &keywords)
	found := false
	for _, k := range keywords.Items {
		found = found || k.Term == "纯棉" && k.Documents == 14
	}
	if !found {
		t.Errorf("纯棉 is no keyword: %+v", keywords.Items)
	}

	// The finding, its owner, and what is done.
	var finding struct {
		ID       string `json:"finding_id"`
		State    string
		Evidence []string `json:"complaint_ids"`
		Verified struct {
			Before, After rate
			Outcome       string
		}
	}
	must(t, "POST", service+"/feedback", operator(), object{"title": "不要说「纯棉」", "cause": "promotion_mismatch", "product_id": "shirt", "terms": []string{"纯棉"}}, &finding)
	if len(finding.Evidence) != 14 {
		t.Errorf("the finding stands on %d complaints", len(finding.Evidence))
	}
	at := service + "/feedback/" + finding.ID
	must(t, "POST", at+"/route", operator(), object{"stage": "promotion", "owner_id": "lin", "due_at": now().Add(time.Hour).Format(time.RFC3339)}, nil)
	s.command("end_show", object{})
	shift.Add(int64(2 * time.Hour))
	must(t, "POST", at+"/adopt", operator(), object{"action": "说「含棉 60%」"}, nil)

	// The brief of the next show.
	s.operator, s.merch = operator(), s.tokens.sign(live.RoleMerchant, "boss", s.merchant)
	var next struct {
		ID live.ShowID `json:"show_id"`
	}
	must(t, "POST", fmt.Sprintf("%s/v1/rooms/%s/shows", url, s.room), s.operator, object{"title": "Next"}, &next)
	first := s.show
	s.show = next.ID
	must(t, "PUT", s.path("/shelf"), s.operator, object{"items": []object{{"product_id": "shirt", "sku_id": "sku-1", "title": "Shirt", "price_minor": 9900, "currency": "CNY", "stock": 200, "rank": 1}}}, nil)
	host := s.tokens.sign(live.RoleHost, "host-1", s.merchant)
	panel, viewer := newSocket(url, s.room, host, "panel=1"), s.viewer("passer-by", "")
	defer panel.close()
	defer viewer.close()
	for _, socket := range []*socket{panel, viewer} {
		if err := socket.connect(ctx); err != nil {
			t.Fatal(err)
		}
		if w, err := socket.read(ctx); err != nil || w["type"] != "welcome" || w["brief"] != nil {
			t.Fatalf("before it is published: %v %v", w, err)
		}
	}
	var brief struct {
		Version    int64
		Warnings   []object
		Draft      []object
		ReadByHost bool `json:"read_by_host"`
	}
	must(t, "POST", service+"/briefs", s.operator, object{"show_id": s.show}, &brief)
	if len(brief.Draft) != 2 || brief.Draft[0]["kind"] != "avoid_claim" || brief.Draft[0]["answer"] != "说「含棉 60%」" || brief.Draft[0]["complaints"] != 14.0 ||
		brief.Draft[1]["kind"] != "question" || brief.Draft[1]["asked"] != 2.0 {
		t.Fatalf("drafted %+v", brief.Draft)
	}
	must(t, "POST", s.path("/brief/publish"), s.operator, nil, &brief)
	event := until(t, ctx, panel, live.ShowBriefPublished)
	if warnings := event["data"].(object)["warnings"].([]any); len(warnings) != 2 {
		t.Errorf("the panel is told %v", event)
	}
	again := newSocket(url, s.room, host, "panel=1")
	defer again.close()
	if err := again.connect(ctx); err != nil {
		t.Fatal(err)
	}
	if w, err := again.read(ctx); err != nil || len(w["brief"].(object)["warnings"].([]any)) != 2 || w["brief"].(object)["read_by_host"] != false {
		t.Errorf("the welcome of a panel: %v %v", w, err)
	}
	must(t, "POST", s.path("/brief/read"), host, object{"version": 1}, nil)
	if must(t, "GET", s.path("/brief"), s.operator, nil, &brief); !brief.ReadByHost {
		t.Errorf("nobody knows that the host has read it: %+v", brief)
	}
	s.command("start_show", object{})
	for started := false; !started; {
		frame, err := viewer.read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		events, _ := frame["events"].([]any)
		for _, e := range events {
			kind := e.(object)["type"]
			started = started || kind == string(live.ShowStarted)
			if kind == string(live.ShowBriefPublished) || kind == string(live.ShowBriefRead) {
				t.Errorf("a viewer is told of the brief: %v", e)
			}
		}
	}

	// The next show, and what became of the rate.
	sell(40, 1)
	eventually(t, time.Minute, "the refund is heard", func() bool { return read().Rate.Numerator == 1 })
	verify := func() {
		t.Helper()
		must(t, "POST", at+"/verify", operator(), object{"window_hours": 24, "horizon_hours": 1}, &finding)
	}
	if verify(); finding.Verified.Outcome != "sample_too_small" {
		t.Errorf("before anybody has had time to complain: %+v", finding.Verified)
	}
	shift.Add(int64(3 * time.Hour))
	if verify(); finding.Verified.Outcome != "fell" || finding.Verified.Before != (rate{14, 40}) || finding.Verified.After != (rate{1, 40}) {
		t.Errorf("the proof: %+v", finding.Verified)
	}

	// The report of the first show says what the endpoints say.
	var printed struct {
		Complaints []struct {
			Cause string
			Share rate `json:"cause_share"`
			Rate  rate `json:"cause_rate"`
		}
		Keywords []struct {
			Term  string
			Count int64  `json:"keyword_count"`
			Docs  int64  `json:"keyword_tellings"`
			Score string `json:"keyword_score"`
		}
		Brief []struct {
			Show       live.ShowID `json:"show_id"`
			Kind, Text string
			Product    string `json:"product_id"`
			Title      string
			Complaints int64 `json:"brief_complaints"`
			Asked      int64 `json:"brief_asked"`
		} `json:"next_brief"`
	}
	var answered struct {
		Rate   rate `json:"complaint_rate"`
		Causes []struct {
			Cause string
			Share rate `json:"cause_share"`
			Rate  rate `json:"cause_rate"`
		}
	}
	var words struct {
		Items []struct {
			Term      string
			Count     int64
			Documents int64
			Score     float64
		}
	}
	must(t, "GET", fmt.Sprintf("%s/v1/shows/%s/report", url, first), operator(), nil, &printed)
	must(t, "GET", service+"/complaint-rate?show_id="+string(first), operator(), nil, &answered)
	must(t, "GET", service+"/keywords?show_id="+string(first), operator(), nil, &words)
	if len(printed.Complaints) != len(answered.Causes)+1 || printed.Complaints[0].Rate != answered.Rate || answered.Rate != (rate{14, 40}) {
		t.Fatalf("the report tells complaints %+v, the endpoint %+v", printed.Complaints, answered)
	}
	for i, c := range answered.Causes {
		if p := printed.Complaints[i+1]; p.Cause != c.Cause || p.Share != c.Share || p.Rate != c.Rate {
			t.Errorf("the report tells %+v, the endpoint %+v", p, c)
		}
	}
	if len(printed.Keywords) != len(words.Items) || len(words.Items) == 0 {
		t.Fatalf("the report has %d keywords, the endpoint %d", len(printed.Keywords), len(words.Items))
	}
	for i, k := range words.Items {
		if p := printed.Keywords[i]; p.Term != k.Term || p.Count != k.Count || p.Docs != k.Documents || p.Score != fmt.Sprintf("%.2f", k.Score) {
			t.Errorf("the report tells %+v, the endpoint %+v", p, k)
		}
	}
	if len(printed.Brief) != 2 || printed.Brief[0].Show != s.show || printed.Brief[0].Kind != "avoid_claim" || printed.Brief[0].Complaints != 14 || printed.Brief[1].Asked != 2 ||
		printed.Brief[0].Product == "" || printed.Brief[0].Title == "" || printed.Brief[1].Product != "" || printed.Brief[1].Title != "" {
		t.Errorf("the report tells the next brief %+v", printed.Brief)
	}
}
