package api

import (
	"context"

	"showrunner/conversion/care/desk"
	"showrunner/live"
	"showrunner/live/store"
)

// ServiceContext is what stands beside a session: who the person is, what they
// bought, and the way they came.
type ServiceContext struct {
	Session  ServiceSession   `json:"session"`
	OwnerIs  string           `json:"owner_id,omitempty" doc:"Whose person they are."`
	Person   *Person          `json:"person,omitempty" doc:"Where they stand on the ladder, with the cause; left out of who is known by nothing but this session."`
	Orders   []ServiceOrder   `json:"orders" doc:"Last first, at most 20."`
	Journey  []JourneyItem    `json:"journey" doc:"Last first, at most 50; more by /v1/people/{person_id}/journey."`
	Sessions []ServiceSession `json:"sessions" doc:"Those before that the caller may see, last first, at most 20."`
}

// ServiceOrder is an order as an agent needs it.
type ServiceOrder struct {
	OrderID    string             `json:"order_id"`
	ShowID     string             `json:"show_id,omitempty"`
	State      string             `json:"state"`
	Fulfilment string             `json:"fulfilment,omitempty"`
	CreatedAt  Time               `json:"created_at"`
	PaidAt     *Time              `json:"paid_at,omitempty"`
	ShippedAt  *Time              `json:"shipped_at,omitempty"`
	ReceivedAt *Time              `json:"received_at,omitempty"`
	Lines      []ServiceOrderLine `json:"lines"`
	Money      *ServiceOrderMoney `json:"money,omitempty" doc:"Only for roles that may see money."`
}

// ServiceOrderLine is one SKU of an order.
type ServiceOrderLine struct {
	ProductID string `json:"product_id,omitempty"`
	SKUID     string `json:"sku_id"`
	Qty       int64  `json:"qty"`
}

// ServiceOrderMoney is what an order comes to.
type ServiceOrderMoney struct {
	Currency    string `json:"currency"`
	PaidMinor   int64  `json:"paid_minor"`
	RefundMinor int64  `json:"refund_minor"`
	NetMinor    int64  `json:"net_minor"`
}

type serviceContextOutput struct{ Body ServiceContext }

// Bounds of what stands beside a session.
const (
	contextOrders   = 20
	contextJourney  = 50
	contextSessions = 20
)

func (a *API) serviceContexts() {
	add(a, Route{
		ID: "get-service-context", Method: "GET", Path: "/v1/service/sessions/{session_id}/context", Tag: serviceTag, Summary: "Read what stands beside a session",
		Text: "The person over all their names: their rung with its cause, their orders, their way, and the sessions before.", Actions: []live.Action{live.ActServe},
	}, a.getServiceContext)
}

func (a *API) getServiceContext(ctx context.Context, p live.Principal, in *ServiceSessionPath) (*serviceContextOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	s, err := a.cfg.Desk.Session(ctx, m, p, in.SessionID)
	if err != nil {
		return nil, err
	}
	out := ServiceContext{Session: ServiceSessionOf(s), Orders: []ServiceOrder{}, Journey: []JourneyItem{}, Sessions: []ServiceSession{}}
	money := p.May(live.ActMoney)
	profile, err := a.cfg.Store.Profile(ctx, m, s.Person, a.cfg.Now())
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	if err == nil {
		person := profileOf(&profile, money)
		out.Person = &person
		_, items, _, err := a.cfg.Store.Journey(ctx, m, s.Person, "", contextJourney)
		if err != nil && !isNotFound(err) {
			return nil, err
		}
		for i := range items {
			out.Journey = append(out.Journey, journeyItemOf(&items[i], money))
		}
	}
	orders, _, err := a.cfg.Store.Orders(ctx, store.OrderFilter{Merchant: m, Person: s.Person, Limit: contextOrders})
	if err != nil {
		return nil, err
	}
	for i := range orders {
		out.Orders = append(out.Orders, serviceOrderOf(&orders[i], money))
	}
	before, _, err := a.cfg.Desk.Sessions(ctx, p, desk.SessionFilter{Merchant: m, Person: s.Person, Limit: contextSessions + 1})
	if err != nil {
		return nil, err
	}
	for _, b := range before {
		if b.ID != s.ID && len(out.Sessions) < contextSessions {
			out.Sessions = append(out.Sessions, ServiceSessionOf(b))
		}
	}
	out.OwnerIs, err = a.cfg.Desk.Owner(ctx, m, s.Person)
	return &serviceContextOutput{out}, err
}

func serviceOrderOf(o *live.Order, money bool) ServiceOrder {
	out := ServiceOrder{
		OrderID: string(o.ID), ShowID: string(o.Show), State: string(o.State), Fulfilment: string(o.Fulfilment), CreatedAt: Time{o.CreatedAt}, PaidAt: timeOf(o.PaidAt),
		ShippedAt: timeOf(o.ShippedAt), ReceivedAt: timeOf(o.ReceivedAt), Lines: make([]ServiceOrderLine, len(o.Lines)),
	}
	sum := ServiceOrderMoney{Currency: string(o.Currency)}
	for i := range o.Lines {
		l := &o.Lines[i]
		out.Lines[i] = ServiceOrderLine{string(l.Product), string(l.SKU), l.Qty}
		sum.PaidMinor += l.Paid
		sum.RefundMinor += l.RefundGoods + l.RefundShip
		sum.NetMinor += l.Net()
	}
	if money {
		out.Money = &sum
	}
	return out
}

// ServiceLeave is the body of POST /v1/service/agents/{agent_id}/leave.
type ServiceLeave struct {
	To         []string `json:"to,omitempty" doc:"Who takes over; everybody who has not left when left out."`
	By         string   `json:"by,omitempty" enum:"even" doc:"How people and groups are split."`
	MerchantID string   `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// ServiceLeft is what an agent who left handed over.
type ServiceLeft struct {
	AgentID  string   `json:"agent_id"`
	To       []string `json:"to"`
	Sessions int64    `json:"sessions" doc:"That were open."`
	Queued   int64    `json:"queued" doc:"Of them, waiting for somebody who plays their persona."`
	People   int64    `json:"people"`
	Groups   int64    `json:"groups"`
}

type serviceLeftOutput struct{ Body ServiceLeft }

func (a *API) serviceLeaves() {
	add(a, Route{
		ID: "leave-service", Method: "POST", Path: "/v1/service/agents/{agent_id}/leave", Tag: serviceTag, Summary: "Take an agent off the desk and hand over what was theirs",
		Text: "Open sessions go to who plays their persona, people and groups evenly to all who take over. Said again it hands over what is left.", Actions: []live.Action{live.ActServiceWrite},
		body: ServiceLeave{}, example: map[string]any{"to": []string{"wang", "zhao"}, "by": "even"},
	}, a.leaveService)
}

func (a *API) leaveService(ctx context.Context, p live.Principal, in *struct {
	ServiceAgentPath
	rawBody
},
) (*serviceLeftOutput, error) {
	b, err := decode[ServiceLeave](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	if b.By != "" && b.By != "even" {
		return nil, live.Invalid("invalid_field", "by", "must be even")
	}
	l, err := a.cfg.Desk.Leave(ctx, m, p, in.AgentID, b.To)
	if err != nil {
		return nil, err
	}
	return &serviceLeftOutput{ServiceLeft{l.Agent, append([]string{}, l.To...), l.Sessions, l.Queued, l.People, l.Groups}}, nil
}
