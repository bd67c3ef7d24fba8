package main

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"showrunner/live"
)

// TestIntakeKilled ends the server with SIGKILL in the middle of taking in
// refunds, reviews and questions, several times, and finds every complaint and
// every need once, with as much evidence as was told.
func TestIntakeKilled(t *testing.T) {
	const orders, rounds = 160, 2
	data, addr := t.TempDir(), freeAddr(t)
	p := startProgram(t, data, addr)
	s := newStage(t, p.url, data, "m-intake", "r-intake", "Asia/Shanghai", good{"shirt", "sku-1", 9900, 10})
	integration := s.tokens.sign(live.RoleIntegration, "crm", s.merchant)

	// Every order is refunded for a reason that is a complaint; every third buyer
	// says the same in a review, which is more evidence of it; every second asks.
	var sales, said []object
	questions, evidence := 0, map[string]int64{}
	at := s.now().Format(time.RFC3339Nano)
	for i := range orders {
		order, who := fmt.Sprintf("o-%03d", i), fmt.Sprint("buyer-", i)
		refund := s.refundFact(order, "refund-"+order, "sku-1", 9900)
		refund["data"].(object)["reason"] = "NOT_MATCH_PRODUCT_DESC"
		sales = append(sales,
			object{"type": "order_created", "timestamp": at, "data": object{
				"order_id": order, "person_id": who, "show_id": s.show, "currency": "CNY",
				"lines": []object{{"line_id": "1", "product_id": "shirt", "sku_id": "sku-1", "qty": 1, "goods_minor": 9900}},
			}},
			s.paidFact(order, "pay-"+order, 9900), refund)
		evidence[order] = 1
		say := func(kind string, data object) {
			said = append(said, object{
				"event_id": kind + "-" + order, "type": kind, "occurred_at": at, "source": "crm",
				"merchant_id": s.merchant, "room_id": string(s.room), "user_id": who, "data": data,
			})
		}
		if i%3 == 0 {
			say("review_posted", object{"order_id": order, "score": 1, "text": "主播说是纯棉，收到不是纯棉，虚假宣传"})
			evidence[order]++
		}
		if i%2 == 0 {
			say("question_asked", object{"text": "什么时候发货"})
			questions++
		}
	}
	type complaint struct {
		ID       string `json:"complaint_id"`
		Order    string `json:"order_id"`
		Cause    string
		Evidence int64
	}
	operator := s.tokens.sign(live.RoleOperator, "op", s.merchant)
	complaints := func() []complaint { return allItems[complaint](t, p.url+"/v1/service/complaints?limit=200", operator) }
	type need struct {
		ID     string `json:"need_id"`
		Person string `json:"person_id"`
	}
	needs := func() []need { return allItems[need](t, p.url+"/v1/service/needs?limit=200", operator) }
	// killed waits until some of what was just told is heard.
	killed := func(what string, stood, all int, heard func() int) {
		t.Helper()
		eventually(t, time.Minute, what+" are heard", func() bool { return heard() > stood })
		p.kill()
		p = startProgram(t, data, addr)
		t.Logf("killed with at most %d %s of %d heard", heard(), what, all)
	}
	for n := range rounds {
		share := func(list []object) []object { return list[n*len(list)/rounds : (n+1)*len(list)/rounds] }
		stood := len(complaints())
		s.hook(fmt.Sprint("sales-", n), share(sales)...)
		killed("complaints", stood, (n+1)*orders/rounds, func() int { return len(complaints()) })
		stood = len(needs())
		var got struct{ Rejected int64 }
		must(t, "POST", p.url+"/v1/events", integration, share(said), &got)
		if got.Rejected > 0 {
			t.Fatalf("%d facts were rejected", got.Rejected)
		}
		killed("needs", stood, (n+1)*questions/rounds, func() int { return len(needs()) })
	}

	told := func() (sum int64) {
		for _, c := range complaints() {
			sum += c.Evidence
		}
		return sum
	}
	want := int64(0)
	for _, n := range evidence {
		want += n
	}
	eventually(t, time.Minute, "all is heard", func() bool { return told() >= want && len(needs()) >= questions })
	if got := complaints(); len(got) != orders {
		t.Errorf("%d complaints of %d orders", len(got), orders)
	}
	for _, c := range complaints() {
		if n := evidence[c.Order]; c.Evidence != n || c.Cause != "promotion_mismatch" {
			t.Errorf("%s of order %q is %s and has %d tellings, want %d", c.ID, c.Order, c.Cause, c.Evidence, n)
		}
		delete(evidence, c.Order)
	}
	if len(evidence) > 0 {
		t.Errorf("without a complaint: %v", evidence)
	}
	asked := map[string]int{}
	for _, n := range needs() {
		asked[n.Person]++
	}
	for i := 0; i < orders; i += 2 {
		if who := fmt.Sprint("buyer-", i); asked[who] != 1 {
			t.Errorf("%s asked once and has %d needs", who, asked[who])
		}
	}
	if len(asked) != questions {
		t.Errorf("%d people asked, want %d", len(asked), questions)
	}
	p.stop(20 * time.Second)
}

// allItems reads a list to its end.
func allItems[T any](t *testing.T, address, token string) (all []T) {
	t.Helper()
	for cursor := ""; ; {
		var page struct {
			Items []T
			Next  string `json:"next_cursor"`
		}
		must(t, "GET", address+"&cursor="+url.QueryEscape(cursor), token, nil, &page)
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}
