package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// budgetRate is the comments a second of a busy show.
const budgetRate = 50

// budgetSize is how much of a show the budget is measured over; the environment
// says when it is to be more than a test has time for.
func budgetSize(t *testing.T, name string, otherwise int) int {
	t.Helper()
	given := os.Getenv(name)
	if given == "" {
		return otherwise
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s is no number above 0", name, given)
	}
	return n
}

// TestConsoleKeepsItsBudget holds the console to what it may cost: script, layout
// shifts under a busy show, memory over a show of hours. The steps and the limits
// are in gateway/console/app/e2e/budget.mjs. With SHOWRUNNER_BUDGET_COMMENTS=900000
// (five hours of 50 a second) and SHOWRUNNER_BUDGET_SECONDS=60 it is the whole.
//
// The server's clock goes on by as much as the comments take at their rate, so
// the figures of the pages are those of as many minutes.
func TestConsoleKeepsItsBudget(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a show of minutes in a browser is left out")
	}
	needBrowser(t)
	var shift atomic.Int64 // nanoseconds
	now := func() time.Time { return clock().Add(time.Duration(shift.Load())) }
	c := newServe()
	c.Data, c.Addr, c.LogLevel, c.RateLimits, c.Bots, c.now = t.TempDir(), "127.0.0.1:0", "warn", "off", "off", now
	url := startServer(t, c)
	var goods []good
	for i := range 12 {
		goods = append(goods, good{fmt.Sprint("p", i), fmt.Sprint("k", i), int64(990 + 100*i), 100_000})
	}
	auth, err := openAuth(c.Data, now)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(role live.Role, who string) string {
		t.Helper()
		token, err := auth.Issue(live.Principal{Subject: who, Name: who, Role: role, Merchant: "m-budget"}, 48*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	b := &budget{t: t, integration: sign(live.RoleIntegration, "crm"), random: rand.New(rand.NewPCG(7, 11))}
	for i := range 6 {
		s := newStageAt(t, now, url, c.Data, "m-budget", fmt.Sprint("r-", i), "Asia/Shanghai", goods...)
		s.merch, s.operator = sign(live.RoleMerchant, "boss"), sign(live.RoleOperator, "op")
		b.stages = append(b.stages, s)
	}
	s := b.stages[0]
	must(t, "PUT", url+"/v1/service/agents/ann", s.merch, object{"name": "Ann", "capacity": 5, "personas": []string{"expert", "account_manager", "product", "after_sale"}}, nil)
	b.needy = newSocket(url, s.room, sign(live.RoleViewer, "needy"), "channel=search")
	defer b.needy.close()
	b.session = b.ask(object{"type": "service_open", "data": object{"text": "转人工"}})["session_id"]
	b.beat()

	comments := budgetSize(t, "SHOWRUNNER_BUDGET_COMMENTS", 20_000)
	const chunk = 1000
	var stop func()
	playBrowserFor(t, time.Duration(comments)*5*time.Millisecond+20*time.Minute, "budget.mjs", object{
		"url": url, "room": s.room, "session": b.session, "comments": comments, "chunk": chunk, "warm": 10 * chunk, "rounds": budgetSize(t, "SHOWRUNNER_BUDGET_LOADS", 1),
		"seconds": budgetSize(t, "SHOWRUNNER_BUDGET_SECONDS", 6), "walks": 20,
		"tokens": object{
			"host": sign(live.RoleHost, "host"), "operator": s.operator, "merchant": s.merch, "viewer": sign(live.RoleViewer, "eye"), "agent": sign(live.RoleAgent, "ann"),
		},
	}, map[string]func(){
		"busy": func() {
			ctx, cancel := context.WithCancel(t.Context())
			var going sync.WaitGroup
			going.Go(func() {
				tenth := time.NewTicker(time.Second / 10)
				defer tenth.Stop()
				for ctx.Err() == nil {
					b.beat()
					<-tenth.C
				}
			})
			stop = func() { cancel(); going.Wait() }
		},
		"calm": func() { stop() },
		"comments": func() {
			shift.Add(int64(chunk * time.Second / budgetRate))
			s.events(b.integration, b.comments(chunk)...)
		},
	})
}

// budget is a busy show of several rooms.
type budget struct {
	t           *testing.T
	stages      []*stage
	integration string  // token
	needy       *socket // of the person whom an agent serves
	session     any
	random      *rand.Rand
	n           int
}

var budgetWords = []string{"这件有大一码的吗？", "does it run true to size?", "已下单，什么时候发货", "主播讲一下面料", "❤❤❤", "is the blue one coming back? I missed it last week and would like two of them", "多少钱", "1"}

// comments are said in the first room by some of two thousand people.
func (b *budget) comments(n int) []object {
	var list []object
	for range n {
		b.n++
		who := fmt.Sprint("fan-", b.random.IntN(2000))
		list = append(list, object{
			"type": "comment_sent", "show_id": b.stages[0].show, "user_id": who, "actor": object{"id": who, "name": who, "role": "viewer"},
			"data": object{"text": fmt.Sprintf("%s %d", budgetWords[b.random.IntN(len(budgetWords))], b.n)},
		})
	}
	return list
}

// ask sends a frame of the person whom an agent serves.
func (b *budget) ask(frame object) object {
	b.t.Helper()
	ack, err := b.needy.do(deadline(b.t, time.Minute), frame)
	if err != nil || ack["ok"] != true {
		b.t.Fatalf("%v: %v %v", frame, ack, err)
	}
	data, _ := ack["data"].(object)
	return data
}

// beat is a tenth of a second of the show: comments, people who come and like,
// an order that is paid and a word to the desk now and then.
func (b *budget) beat() {
	list := b.comments(budgetRate / 10)
	for i, s := range b.stages {
		who := fmt.Sprint("guest-", b.n, "-", i)
		list = append(list, object{"type": "room_entered", "room_id": s.room, "user_id": who, "channel": "search"}, object{"type": "liked", "show_id": s.show, "user_id": who, "data": object{"count": 3}})
	}
	b.stages[0].events(b.integration, list...)
	if b.n%budgetRate == 0 {
		b.ask(object{"type": "service_say", "data": object{"session_id": b.session, "text": fmt.Sprint("还在吗？ ", b.n)}})
	}
	if n := b.n / (budgetRate / 10); n%5 == 1 {
		s := b.stages[n/5%len(b.stages)]
		order := fmt.Sprint("order-", b.n)
		s.hook(order, object{"type": "order_created", "timestamp": s.now().Format(time.RFC3339Nano), "data": object{
			"order_id": order, "person_id": "fan-1", "show_id": s.show, "currency": "CNY", "lines": []object{{"line_id": "1", "product_id": "p1", "sku_id": "k1", "qty": 1, "goods_minor": 1090}},
		}}, s.paidFact(order, "pay-"+order, 1090))
	}
}
