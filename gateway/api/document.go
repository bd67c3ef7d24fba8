package api

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"showrunner/live"
)

// register lists every resource; each adds its own routes.
func (a *API) register() {
	a.rooms()
	a.shows()
	a.commands()
	a.shelves()
	a.orders()
	a.waitlists()
	a.bots()
	a.coupons()
	a.draws()
	a.redPackets()
	a.benefitLimits()
	a.moderation()
	a.events()
	a.webhooks()
	a.imports()
	a.demoShops()
	a.integrations()
	a.subscriptions()
	a.deliveries()
	a.figures()
	a.walls()
	a.reports()
	a.targets()
	a.schedules()
	a.comparisons()
	a.attributions()
	a.ledger()
	a.reconciliations()
	a.settlements()
	a.retentions()
	a.assists()
	a.funnels()
	a.people()
	a.ladder()
	a.identities()
	a.erasures()
	a.referrals()
	a.groups()
	a.services()
	a.touchRules()
	a.alerts()
	a.touches()
	a.preferences()
	a.pauses()
	a.followups()
	a.complaints()
	a.feedbacks()
	a.briefs()
	a.checklists()
	a.needs()
	a.temperatures()
	a.silences()
	a.values()
	a.scorecards()
	a.incubations()
	a.metrics()
	a.audits()
	a.me()
}

const about = `The operations backend of livestream commerce.

Money is in integer minor units beside its ISO 4217 currency. Times are RFC 3339 in UTC with milliseconds. A rate is
given as numerator, denominator and value. Errors are RFC 9457 problems with a stable ` + "`code`" + `. Lists page by an
opaque cursor. Every write of a token's bearer accepts ` + "`Idempotency-Key`" + `. What belongs to another merchant does not exist: it is 404.`

// document is the head of the OpenAPI document.
func (a *API) document() huma.Config {
	cfg := huma.DefaultConfig("Showrunner", a.cfg.Version)
	cfg.CreateHooks = nil // no $schema members in our answers
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.RejectUnknownQueryParameters = true
	cfg.Transformers = []huma.Transformer{a.transform}
	cfg.Info.Description = about
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "A token signed by Showrunner; see `showrunner token`."},
		"ticket": {Type: "apiKey", In: "query", Name: "ticket", Description: "A single-use ticket of POST /v1/tickets; websocket only."},
	}
	cfg.Tags = []*huma.Tag{
		{Name: "Alerts", Description: "What needs a hand while a show is on air: docs/alerts.md."},
		{Name: "Rooms", Description: "The lasting places hosts broadcast from."},
		{Name: "Shows", Description: "Broadcasts, from schedule to settlement."},
		{Name: "Commands", Description: "What the panel orders; each is audited and idempotent."},
		{Name: "Complaints", Description: "What customers complain of, what it teaches, and the brief of the next show."},
		{Name: "Needs", Description: "What single people need, on its way to a fixed entry of service."},
		{Name: "Incubation", Description: "How agents become hosts: docs/incubation.md."},
		{Name: "Shelf", Description: "What a show sells."},
		{Name: "Groups", Description: "Groups of the private domain: whose they are, how they do and how long they live."},
		{Name: "Coupons", Description: "Batches of coupons; a show gives them out by the command drop_coupon."},
		{Name: "Draws", Description: "Lucky draws and how to check them."},
		{Name: "Orders", Description: "Reservations and the order book."},
		{Name: "Events", Description: "Facts from other systems."},
		{Name: "Webhooks", Description: "Signed facts of orders from shop platforms."},
		{Name: "Subscriptions", Description: "Signed webhooks that leave: who is sent which facts, and what became of each."},
		{Name: "Demo shop", Description: "A shop that the server plays itself, for trying the product; closed unless it was started with --demo-shop."},
		{Name: "Figures", Description: "Live figures, tables and the post-show report."},
		{Name: "Retention", Description: "Who comes back: cohorts, RFM, expected orders, and funnels over all shows."},
		{Name: "People", Description: "Who somebody is over all channels, and where people stand on the ladder."},
		{Name: "Service", Description: "The service desk: entries, sessions, who serves, and by which rules."},
		{Name: "Referral", Description: "Who brought whom, what they earned, and partners."},
		{Name: "Guard", Description: "Who may be touched, when and how often, and what was kept back."},
		{Name: "Temperature", Description: "Whether service is too much or too little, and what to do about it."},
		{Name: "Audit", Description: "Who did what."},
		{Name: "Tokens", Description: "Who is calling."},
		{Name: "Live", Description: "The websocket."},
	}
	return cfg
}

// finish completes what huma cannot learn from types.
func (a *API) finish() {
	doc := a.huma.OpenAPI()
	schemas := doc.Components.Schemas
	// Our refusals are problems; huma's own error model is never sent.
	delete(schemas.Map(), "ErrorModel")
	delete(schemas.Map(), "ErrorDetail")
	for _, t := range []reflect.Type{
		reflect.TypeFor[OrderCreated](), reflect.TypeFor[OrderPaid](), reflect.TypeFor[OrderCancelled](), reflect.TypeFor[RefundSucceeded](),
		reflect.TypeFor[PresalePaid](), reflect.TypeFor[RefundRequested](), reflect.TypeFor[PriceChanged](), reflect.TypeFor[ExchangeCreated](),
		reflect.TypeFor[OrderSettled](), reflect.TypeFor[OrderStep](),
	} {
		schemas.Schema(t, true, "")
	}
	hook := doc.Paths["/v1/webhooks/{source}/orders"].Post
	hook.Responses["200"].Content["application/json"].Schema = schemas.Schema(reflect.TypeFor[FactResults](), true, "")
	fact := hook.RequestBody.Content["application/json"]
	fact.Schema = &huma.Schema{OneOf: []*huma.Schema{fact.Schema, {Type: huma.TypeArray, Items: fact.Schema}}}
	for _, s := range schemas.Map() {
		plainArrays(s)
	}
	doc.AddOperation(a.websocket())
}

// plainArrays says what is true of every array here: it may be empty and is
// never null.
func plainArrays(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Type == huma.TypeArray {
		s.Nullable = false
		plainArrays(s.Items)
	}
	for _, m := range s.Properties {
		plainArrays(m)
	}
}

// websocket is the one operation that is documented by hand: the protocol is
// no matter of request and answer.
func (a *API) websocket() *huma.Operation {
	text := func(name, what string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: what, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	room := &huma.Param{Name: "room_id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}
	r := Route{Path: "/v1/rooms/{room_id}/ws", Method: "GET", Actions: []live.Action{live.ActWatch}, Text: "Upgrades to a websocket of JSON text frames. " +
		"The token comes in the Authorization header, as the sub-protocol pair `showrunner.v1, bearer.<JWT>`, or as a single-use `ticket`. " +
		"The server sends `welcome`, `events`, `ack`, `snapshot`, `prompt`, `gap` and `bye`; the client sends facts and commands as `{\"id\", \"type\", \"data\"}`. " +
		"Close codes 4000 to 4499 mean that a reconnect may help, 4500 to 4999 that it will not."}
	op := a.operation(&r)
	op.OperationID, op.Method, op.Path, op.Tags, op.Summary = "watch-room", r.Method, r.Path, []string{"Live"}, "Open the websocket of a room"
	op.Security = []map[string][]string{{"bearer": {}}, {"ticket": {}}}
	op.Parameters = []*huma.Param{
		room, text("ticket", "A single-use ticket in place of a token."), text("since", "Where the client was: `<epoch>:<offset>`; what it missed is sent again."),
		text("panel", "1 for panels: `snapshot` and `prompt` frames too, for roles other than viewer."), text("channel", "Where the viewer came from."), text("campaign", "Campaign of the arrival."),
	}
	op.Responses["101"] = &huma.Response{Description: "Switching Protocols"}
	op.Middlewares = nil
	return &op
}

// serveDocument answers with the document, which is complete once and for all.
func (a *API) serveDocument() fiber.Handler {
	body, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		panic("BUG: the OpenAPI document does not encode: " + err.Error())
	}
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "application/json")
		return c.Send(body)
	}
}
