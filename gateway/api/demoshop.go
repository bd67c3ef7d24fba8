package api

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"slices"
	"strconv"
	"sync"

	"showrunner/live"
)

// DemoShop stands in for the shop platform and the payment provider of who tries
// the product and has neither. It is told what a buyer did and states it as a
// platform does: signed, through the public webhook of orders, so that nothing
// behind that door knows the difference.
type DemoShop interface {
	// Tell posts facts of orders of a merchant, as [WebhookFact]s, and returns once
	// they are stored. A [live.Error] is "demo_shop_unreachable" or the webhook's own.
	Tell(ctx context.Context, m live.MerchantID, facts []WebhookFact) error
}

// DemoShopState answers GET /v1/demo-shop.
type DemoShopState struct {
	Open bool `json:"open" doc:"Whether this server plays the shop: payments are not real then."`
}

// DemoPayment is the body of POST /v1/demo-shop/orders/{order_id}/payment.
type DemoPayment struct {
	Outcome string `json:"outcome" enum:"paid,failed" doc:"What the payment provider of the demonstration is to say."`
}

// DemoRefund is the body of POST /v1/demo-shop/orders/{order_id}/refund.
type DemoRefund struct {
	Reason string `json:"reason,omitempty" maxLength:"200"`
}

// DemoDecision is the body of PUT /v1/demo-shop/orders/{order_id}/refund.
type DemoDecision struct {
	Grant  bool   `json:"grant" doc:"true gives back all that is left of what was paid."`
	Reason string `json:"reason,omitempty" maxLength:"200"`
}

// DemoOrder answers what was done with an order.
type DemoOrder struct {
	OrderWithFacts
	Replay bool `json:"replay" doc:"It had been done before, and nothing was stated again."`
}

type demoOrderOutput struct{ Body DemoOrder }

type demoShopOutput struct{ Body DemoShopState }

// Limits of the demonstration.
const (
	// A buyer presses a button: the limit is that of orders.
	demoRate, demoBurst = 2, 4
	// maxDemoFailures and maxDemoRefunds of one order leave room for the facts of
	// its life, of which an order takes a thousand.
	maxDemoFailures, maxDemoRefunds = 20, 20
)

// demoLocks hold who asks for an order while it is looked at and stated: the
// second press of a button sees what the first one did.
type demoLocks struct {
	seed maphash.Seed
	of   [64]sync.Mutex
}

func (l *demoLocks) lock(m live.MerchantID, id string) (unlock func()) {
	at := &l.of[maphash.String(l.seed, string(m)+"\x00"+id)%uint64(len(l.of))]
	at.Lock()
	return at.Unlock
}

func (a *API) demoShops() {
	const tag, one = "Demo shop", "/v1/demo-shop/orders/{order_id}"
	buy := []live.Action{live.ActOrderPlace}
	add(a, Route{
		ID: "get-demo-shop", Method: "GET", Path: "/v1/demo-shop", Tag: tag, Summary: "Ask whether this server plays the shop",
		Text: "With `serve --demo-shop` it stands in for the shop platform and the payment provider, for trying the product. No money moves.",
	}, a.demoShopState)
	add(a, Route{
		ID: "pay-at-demo-shop", Method: "POST", Path: one + "/payment", Tag: tag, Summary: "Pay an order of one's own, or fail to",
		Text:    "Of orders that were placed in a room. The demo shop states `order_paid` or `order_payment_failed` by a signed webhook; an order is paid once, however often this is asked for. 404 `demo_shop_closed` where there is none.",
		Actions: buy, body: DemoPayment{}, example: map[string]any{"outcome": "paid"},
	}, a.demoPay)
	add(a, Route{
		ID: "ask-demo-refund", Method: "POST", Path: one + "/refund", Tag: tag, Summary: "Ask for the money of an order of one's own",
		Text: "States `refund_requested`. While one request is open, another is the same.", Actions: buy,
		body: DemoRefund{}, optional: true, example: map[string]any{"reason": "does not fit"},
	}, a.demoAskRefund)
	add(a, Route{
		ID: "decide-demo-refund", Method: "PUT", Path: one + "/refund", Tag: tag, Summary: "Grant or refuse what a buyer asked for",
		Text:    "As the merchant does in the back office of a shop: states `refund_approved` and `refund_succeeded`, or `refund_rejected`.",
		Actions: []live.Action{live.ActSettlement}, body: DemoDecision{}, example: map[string]any{"grant": true},
	}, a.demoDecide)
}

func (a *API) demoShopState(context.Context, live.Principal, *struct{}) (*demoShopOutput, error) {
	return &demoShopOutput{DemoShopState{Open: a.cfg.DemoShop != nil}}, nil
}

// demoTurn is one order in the hands of who asks for it.
type demoTurn struct {
	api   *API
	by    live.Principal
	in    *orderQuery
	order live.Order
	paid  string // name of the payment that the demo shop has taken; empty: none
}

// demoTurn finds an order that was placed in a room of the caller's, and keeps
// others from it until done is called.
func (a *API) demoTurn(ctx context.Context, p live.Principal, in *orderQuery) (t *demoTurn, done func(), err error) {
	if a.cfg.DemoShop == nil {
		return nil, nil, live.NotFound("demo_shop_closed", "this server plays no shop: orders are paid where they were made")
	}
	now := a.cfg.Now()
	if wait := a.demoLimit.take(string(p.Merchant)+" "+p.Subject, now); wait > 0 {
		return nil, nil, live.RateLimited(wait, "too many payments and refunds; wait %s", wait)
	}
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, nil, err
	}
	t = &demoTurn{api: a, by: p, in: in}
	unlock := a.demoLocks.lock(m, in.OrderID)
	if err := t.look(ctx); err != nil {
		unlock()
		return nil, nil, err
	}
	return t, unlock, nil
}

func (t *demoTurn) look(ctx context.Context) error {
	o, facts, err := t.api.order(ctx, t.by, t.in)
	if err != nil {
		return err
	}
	if !t.by.Sees(o.Merchant, o.Room) {
		return notFound("order", t.in.OrderID)
	}
	own := false
	t.paid = ""
	for _, f := range facts {
		own = own || f.Kind == live.OrderCreated && f.Source == live.SourceOwn
		if f.Kind == live.OrderPaid {
			t.paid = f.ID
		}
	}
	if !own {
		return live.Conflict("not_of_this_shop", "the order was not placed in a room: the shop that has it takes its money")
	}
	t.order = o
	return nil
}

// wrongState refuses what an order in its state does not allow.
func (t *demoTurn) wrongState(what string) error {
	e := live.Conflict("wrong_state", "%s is not possible while the order is %s", what, t.order.State)
	e.Data = map[string]any{"state": t.order.State}
	return e
}

// fact is one that the demo shop states now of this order.
func (t *demoTurn) fact(kind live.Kind, data map[string]any) (WebhookFact, error) {
	data["order_id"] = t.order.ID
	raw, err := json.Marshal(data)
	return WebhookFact{Type: string(kind), Timestamp: Time{t.api.cfg.Now()}, Data: raw}, err
}

// tell has the demo shop state facts, notes who asked for it and answers with
// the order as it is then.
func (t *demoTurn) tell(ctx context.Context, action string, detail map[string]any, facts ...WebhookFact) (*demoOrderOutput, error) {
	a := t.api
	if err := a.cfg.DemoShop.Tell(ctx, t.order.Merchant, facts); err != nil {
		return nil, err
	}
	detail["order_id"] = t.order.ID
	if err := a.audit(ctx, t.by, t.order.Merchant, t.order.Show, action, detail); err != nil {
		return nil, err
	}
	return t.answer(ctx, false)
}

func (t *demoTurn) answer(ctx context.Context, replay bool) (*demoOrderOutput, error) {
	out, err := t.api.getOrder(ctx, t.by, t.in)
	if err != nil {
		return nil, err
	}
	return &demoOrderOutput{DemoOrder{OrderWithFacts: out.Body, Replay: replay}}, nil
}

type demoInput struct {
	OrderID    string `path:"order_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token: order ids are unique within a merchant."`
	rawBody
}

func (in *demoInput) query() *orderQuery { return &orderQuery{in.OrderID, in.MerchantID} }

func (a *API) demoPay(ctx context.Context, p live.Principal, in *demoInput) (*demoOrderOutput, error) {
	t, done, err := a.demoTurn(ctx, p, in.query())
	if err != nil {
		return nil, err
	}
	defer done()
	b, err := decode[DemoPayment](in.RawBody)
	if err != nil {
		return nil, err
	}
	if b.Outcome != "paid" && b.Outcome != "failed" {
		return nil, live.Invalid("invalid_field", "outcome", "must be paid or failed")
	}
	if t.paid != "" && b.Outcome == "paid" {
		return t.answer(ctx, true)
	}
	if t.order.State != live.OrderUnpaid {
		return nil, t.wrongState("a payment")
	}
	if b.Outcome == "failed" {
		if t.order.Failures >= maxDemoFailures {
			return nil, live.Conflict("too_many_attempts", "at most %d payments of an order may fail", maxDemoFailures)
		}
		payment := "demo-failed-" + strconv.Itoa(t.order.Failures+1)
		f, err := t.fact(live.OrderPaymentFailed, map[string]any{"payment_id": payment, "reason": "declined by the demo shop"})
		if err != nil {
			return nil, err
		}
		return t.tell(ctx, "demo_shop.payment_failed", map[string]any{"payment_id": payment}, f)
	}
	const payment = "demo-payment"
	f, err := t.fact(live.OrderPaid, map[string]any{"payment_id": payment, "paid_minor": t.order.Due(), "currency": t.order.Currency})
	if err != nil {
		return nil, err
	}
	return t.tell(ctx, "demo_shop.paid", map[string]any{"payment_id": payment}, f)
}

// openRefund is the request nobody has decided on; empty: none.
func (t *demoTurn) openRefund() string {
	for _, r := range t.order.Aftersales {
		if r.State == live.RefundRequested || r.State == live.RefundApproved {
			return r.ID
		}
	}
	return ""
}

func (a *API) demoAskRefund(ctx context.Context, p live.Principal, in *demoInput) (*demoOrderOutput, error) {
	t, done, err := a.demoTurn(ctx, p, in.query())
	if err != nil {
		return nil, err
	}
	defer done()
	var b DemoRefund
	if len(in.RawBody) > 0 {
		if b, err = decode[DemoRefund](in.RawBody); err != nil {
			return nil, err
		}
	}
	if err := reason(b.Reason); err != nil {
		return nil, err
	}
	if t.openRefund() != "" {
		return t.answer(ctx, true)
	}
	if !slices.Contains([]live.OrderState{live.OrderStatePaid, live.OrderPartRefunded}, t.order.State) {
		return nil, t.wrongState("a refund")
	}
	if len(t.order.Aftersales) >= maxDemoRefunds {
		return nil, live.Conflict("too_many_attempts", "a refund of an order may be asked for %d times at most", maxDemoRefunds)
	}
	refund := "demo-refund-" + strconv.Itoa(len(t.order.Aftersales)+1)
	f, err := t.fact(live.RefundRequested, map[string]any{"refund_id": refund, "refund_type": live.RefundOnly, "reason": b.Reason})
	if err != nil {
		return nil, err
	}
	return t.tell(ctx, "demo_shop.refund_asked", map[string]any{"refund_id": refund}, f)
}

func (a *API) demoDecide(ctx context.Context, p live.Principal, in *demoInput) (*demoOrderOutput, error) {
	t, done, err := a.demoTurn(ctx, p, in.query())
	if err != nil {
		return nil, err
	}
	defer done()
	b, err := decode[DemoDecision](in.RawBody)
	if err != nil {
		return nil, err
	}
	if err := reason(b.Reason); err != nil {
		return nil, err
	}
	refund := t.openRefund()
	if refund == "" {
		return nil, live.Conflict("nothing_asked_for", "nobody asks for the money of this order")
	}
	step := map[string]any{"refund_id": refund, "reason": b.Reason}
	left := t.left()
	if b.Grant && len(left) == 0 {
		return nil, t.wrongState("a refund")
	}
	if !b.Grant {
		f, err := t.fact(live.RefundRejected, step)
		if err != nil {
			return nil, err
		}
		return t.tell(ctx, "demo_shop.refund_refused", map[string]any{"refund_id": refund}, f)
	}
	agreed, err := t.fact(live.RefundApproved, step)
	if err != nil {
		return nil, err
	}
	back, err := t.fact(live.RefundSucceeded, map[string]any{"refund_id": refund, "currency": t.order.Currency, "reason": b.Reason, "lines": left})
	if err != nil {
		return nil, err
	}
	return t.tell(ctx, "demo_shop.refunded", map[string]any{"refund_id": refund}, agreed, back)
}

// left is what was paid for each line and not given back so far, shipping apart.
func (t *demoTurn) left() []RefundedLine {
	var out []RefundedLine
	for i := range t.order.Lines {
		l := &t.order.Lines[i]
		net := l.Net()
		shipping := min(net, max(0, l.Shipping-l.RefundShip))
		if net > 0 {
			out = append(out, RefundedLine{LineID: l.ID, GoodsMinor: net - shipping, ShippingMinor: shipping})
		}
	}
	return out
}
