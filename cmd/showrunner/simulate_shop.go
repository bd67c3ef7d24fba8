package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"showrunner/live"
	"showrunner/live/sim"
)

// simShop is the shop platform: it takes the money and tells by signed webhooks,
// some of them twice and some in the wrong order.
type simShop struct {
	run    *simRun
	secret []byte

	mu     sync.Mutex
	unpaid map[live.OrderID]simPlaced // orders of the room that may expire
}

// simFact is one fact as a webhook tells it.
type simFact struct {
	Type string           `json:"type"`
	At   time.Time        `json:"timestamp"`
	Data map[string]any   `json:"data"`
	book func(*sim.Tally) // once acknowledged
}

// simSign makes the headers of Standard Webhooks: the signature covers id,
// timestamp and body.
func simSign(secret []byte, id string, at time.Time, body []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	h := http.Header{}
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", stamp)
	h.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return h
}

// expires notes an order that the server will give up if it stays unpaid.
func (s *simShop) expires(p simPlaced) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unpaid == nil {
		s.unpaid = map[live.OrderID]simPlaced{}
	}
	s.unpaid[p.ID] = p
}

// closed notes that an order was paid or cancelled.
func (s *simShop) closed(id live.OrderID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.unpaid, id)
}

// expired is how many unpaid orders had run out at an instant, and how many of
// them held a coupon.
func (s *simShop) expired(at time.Time) (n, coupons int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.unpaid {
		if p.Expires.After(at) {
			continue
		}
		if n++; p.Discount > 0 {
			coupons++
		}
	}
	return n, coupons
}

// deliver tells facts in one message until it is acknowledged, and books them.
func (s *simShop) deliver(ctx context.Context, message string, facts ...simFact) error {
	var body []byte
	var err error
	if len(facts) == 1 {
		body, err = json.Marshal(facts[0])
	} else {
		body, err = json.Marshal(facts)
	}
	if err != nil {
		return fmt.Errorf("encode webhook: %w", err)
	}
	id := "msg_" + s.run.name + "." + message
	err = s.run.api.do(ctx, simCall{
		Method: http.MethodPost, Path: "/v1/webhooks/" + simSource + "/orders", Body: body,
		Sign: func(now time.Time, body []byte) http.Header { return simSign(s.secret, id, now, body) },
	}, nil)
	if err != nil {
		return err
	}
	for _, f := range facts {
		if f.book != nil {
			f.book(s.run.tally)
		}
	}
	return nil
}

// story tells what becomes of an order. o is nil for orders made in the shop.
func (s *simShop) story(ctx context.Context, v *simViewer, a *sim.Act, o *sim.Order) {
	if err := s.tell(ctx, v, a, o); err != nil && ctx.Err() == nil {
		s.run.notes.add("the story of order %s: %v", a.Name, err)
	}
}

func (s *simShop) tell(ctx context.Context, v *simViewer, a *sim.Act, o *sim.Order) error {
	r, buy := s.run, a.Buy
	var early []simFact
	if o == nil {
		made := sim.Order{ID: live.OrderID(r.name + "." + a.Name), Person: v.id, Currency: buy.Currency}
		for i, l := range buy.Lines {
			l.ID = "line-" + strconv.Itoa(i+1)
			made.Lines = append(made.Lines, l)
		}
		o = &made
		created := s.created(v, o)
		if buy.PayFirst && buy.PayAfter > 0 {
			early = append(early, created) // told after the payment
		} else if err := s.deliver(ctx, a.Name+".created", created); err != nil {
			return err
		}
	}
	send := func(name string, facts ...simFact) error {
		if err := s.deliver(ctx, a.Name+"."+name, facts...); err != nil {
			return err
		}
		if !buy.Twice {
			return nil
		}
		for i := range facts {
			facts[i].book = nil
		}
		// The same message again, and the same facts in another message.
		if err := s.deliver(ctx, a.Name+"."+name, facts...); err != nil {
			return err
		}
		return s.deliver(ctx, a.Name+"."+name+".again", facts...)
	}
	if buy.PayAfter > 0 {
		if err := sleepFor(ctx, r.real(buy.PayAfter)); err != nil {
			return err
		}
		s.closed(o.ID)
		paid := s.paid(a, o)
		if buy.RefundFirst && len(buy.Refunds) > 0 {
			if err := send("refund1", s.refunded(a, o, 0)); err != nil {
				return err
			}
		}
		if err := send("paid", paid); err != nil {
			return err
		}
		for _, f := range early {
			if err := s.deliver(ctx, a.Name+".created", f); err != nil {
				return err
			}
		}
	}
	paidAt := time.Now()
	for i := range buy.Refunds {
		if buy.RefundFirst && i == 0 {
			continue
		}
		if err := sleepUntil(ctx, paidAt.Add(r.real(buy.Refunds[i].After))); err != nil {
			return err
		}
		if err := send("refund"+strconv.Itoa(i+1), s.refunded(a, o, i)); err != nil {
			return err
		}
	}
	if buy.Cancel == "" {
		return nil
	}
	if err := sleepUntil(ctx, paidAt.Add(r.real(buy.CancelAfter))); err != nil {
		return err
	}
	s.closed(o.ID)
	return send("cancelled", simFact{
		Type: string(live.OrderCancelled), At: webhookNow(), Data: map[string]any{"order_id": o.ID, "cancel_type": buy.Cancel},
		book: func(t *sim.Tally) { t.Cancelled(o.ID) },
	})
}

func webhookNow() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func (s *simShop) created(v *simViewer, o *sim.Order) simFact {
	lines := make([]map[string]any, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = map[string]any{
			"line_id": l.ID, "product_id": l.Product, "sku_id": l.SKU, "qty": l.Qty, "goods_minor": l.Goods, "discount_minor": l.Discount,
			"subsidy_minor": l.Subsidy, "shipping_minor": l.Shipping, "tax_minor": l.Tax,
		}
	}
	return simFact{
		Type: string(live.OrderCreated), At: webhookNow(),
		Data: map[string]any{
			"order_id": o.ID, "show_id": s.run.show, "user_id": v.id, "currency": o.Currency, "lines": lines,
			"channel": v.person.Channel, "campaign": v.person.Campaign,
		},
		book: func(t *sim.Tally) { t.Ordered(*o) },
	}
}

func (s *simShop) paid(a *sim.Act, o *sim.Order) simFact {
	due, at := o.Due(), webhookNow()
	return simFact{
		Type: string(live.OrderPaid), At: at,
		Data: map[string]any{"order_id": o.ID, "payment_id": "pay-" + a.Name, "paid_minor": due, "currency": o.Currency},
		book: func(t *sim.Tally) { t.Paid(o.ID, due, at) },
	}
}

// refunded names the line by its SKU for orders of the room, whose line ids are
// the server's own, and by its line id for orders of the shop.
func (s *simShop) refunded(a *sim.Act, o *sim.Order, i int) simFact {
	refund := a.Buy.Refunds[i]
	l := o.Lines[refund.Line]
	goods, shipping := refund.Amounts(l.Payable(), l.Shipping)
	back := live.RefundLine{Line: l.ID, Goods: goods, Shipping: shipping}
	line := map[string]any{"goods_minor": goods, "shipping_minor": shipping}
	if l.ID != "" {
		line["line_id"] = l.ID
	} else {
		back.SKU = l.SKU
		line["sku_id"] = l.SKU
	}
	id := "refund-" + a.Name + "-" + strconv.Itoa(i+1)
	return simFact{
		Type: string(live.RefundSucceeded), At: webhookNow(),
		Data: map[string]any{"refund_id": id, "order_id": o.ID, "currency": o.Currency, "reason": refund.Reason, "lines": []any{line}},
		book: func(t *sim.Tally) { t.Refunded(o.ID, id, back) },
	}
}
