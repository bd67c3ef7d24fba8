package main

import (
	"context"
	"errors"
	"math"
	"time"

	"showrunner/analytics/pdf"
	"showrunner/analytics/plan"
	"showrunner/conversion/care/desk"
	"showrunner/gateway"
	"showrunner/gateway/api"
	"showrunner/gateway/auth"
	"showrunner/gateway/connector"
	"showrunner/gateway/console"
	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/moderation"
	"showrunner/live/store"
)

// openGateway builds the edge. It is started by serve, once it has a listener.
func (s *server) openGateway(ctx context.Context) error {
	var err error
	if s.auth, err = openKeys(s.cfg.Data, s.cfg.Keys, s.now); err != nil {
		return err
	}
	mappings, err := s.cfg.mappings()
	if err != nil {
		return err
	}
	proxies, err := s.cfg.proxies()
	if err != nil {
		return err
	}
	if s.tickets, err = openTickets(auth.NewTicketStore(s.now), s.cfg.Node, s.bus); err != nil {
		return err
	}
	problems := api.Problems{Status: gateway.StatusOf, Logger: s.log}
	logins, err := s.openLogin(ctx, problems)
	if err != nil {
		return err
	}
	s.socket = ws.New(ws.Deps{
		Desk: s.service, ServiceWire: ws.ServiceWire{
			Session: func(x desk.Session) any { return api.ServiceSessionOf(x) }, Message: func(x desk.Message) any { return api.ServiceMessageOf(x) },
		},
		Hub: s.hub, Store: s.store, Ingest: s.desk, History: newHistory(s.eventlog),
		Network: (&networks{store: s.store}).name,
		Brief:   s.brief,
		Online:  s.online, Authenticate: s.auth.Verify, RedeemTicket: s.tickets.Redeem, Refuse: problems.Write, Arguments: store.CommandFields,
		Origins: s.cfg.AllowOrigin, Path: ws.Path(s.cfg.ViewerPath), Plain: s.cfg.Compression == "off", Limits: s.socketLimits(), Dropped: s.dropped, Now: s.now, Logger: s.log, Registerer: s.reg,
	})
	s.life.start(part{name: "calm", run: (&calm{moves: s.socket.Moves, free: s.giveBack, thrifty: growth(), cycles: collections}).run})
	numbers := &figures{
		walk: make(chan struct{}, 1), credit: make(chan struct{}, 1), plan: plan.New(s.store), pdf: pdf.New(pdf.Config{Browser: s.cfg.Chromium}), realtime: s.realtime, db: s.db, sink: s.carriage, log: s.eventlog, store: s.store, now: s.now,
		book: s.care.complaints, guard: s.newGuard(), shared: newAnswers(s.carriage.Watermark, s.now, s.reg), wall: s.wall,
		over: s.over,
	}
	if err := s.openReports(numbers); err != nil {
		return err
	}
	var shop api.DemoShop // An interface that holds a nil shop would be an open one.
	if s.cfg.DemoShop != "off" {
		s.shop = newDemoShop(s.store, s.now)
		shop = s.shop
	}
	s.gateway, err = gateway.New(gateway.Deps{
		API: api.Config{
			Store: s.store, Ingest: s.desk, Tokens: s.auth, Tickets: s.tickets, WebhookURL: s.webhookURL, DemoShop: shop,
			Figures: numbers, Retention: retention{s.db, numbers}, Desk: s.service, Guard: s.newGuard(), Alerts: s.alerts, Care: s.db,
			Complaints: s.care.complaints, Needs: s.care.needs, Incubation: s.care.hosts, Plan: numbers.plan,
			Groups: s.groups, GroupFigures: s.db,
			Rules: s.rules.Version, Rate: s.requestRate(), Now: s.now, Logger: s.log,
		},
		Requery: connector.NewClient(s.cfg.InsecureWebhooks), Mappings: mappings,
		Websocket: s.socket.Mount, Console: console.Mount, Login: logins.Mount, TLS: s.cfg.overTLS(),
		Node: s.cfg.Node, Checks: s.checks(), Gatherer: s.reg, Registerer: s.reg, Origins: s.cfg.AllowOrigin, Proxies: proxies, Now: s.now, Logger: s.log,
	})
	return err
}

// socketLimits are the limits of one websocket; the zero value is the default.
func (s *server) socketLimits() ws.Limits {
	if s.cfg.RateLimits == "on" {
		return ws.Limits{}
	}
	return ws.Open(ws.Rate{PerSecond: math.MaxFloat32, Burst: math.MaxInt32})
}

// dropped counts what a limit of the websocket refused.
func (s *server) dropped(room live.Room, reason string) {
	s.desk.Dropped(moderation.Place{Merchant: room.Merchant, Room: room.ID}, reason, 1)
}

func (s *server) requestRate() float64 {
	if s.cfg.RateLimits == "on" {
		return 0
	}
	return -1
}

// checks are what must answer before the server is ready, by name.
func (s *server) checks() map[string]func(context.Context) error {
	checks := map[string]func(context.Context) error{
		"log":        s.eventlog.Ready,
		"store":      s.store.Ready,
		"ingest":     s.ingest.Ready,
		"clickhouse": s.db.Ready,
		"schema":     s.schemaReady,
	}
	if s.bus != nil {
		checks["bus"] = s.bus.Ready
	}
	return checks
}

// schemaReady is nil once the sink found its tables. While another server has
// the sink, that one brings them up to date.
func (s *server) schemaReady(context.Context) error {
	if (s.cfg.Node == "" || s.carriage.own() != nil) && !s.migrated.Load() {
		return errors.New("the schema of ClickHouse is not up to date yet")
	}
	return nil
}

// requestsWithin is how long a stopping server waits for requests in flight.
// Connections that never sent a request count as open for the HTTP library, and
// a browser or client pool keeps some: they must not use up the time that the
// sink and the log need.
const requestsWithin = 3 * time.Second

// stopGateway stops accepting and, at the same time, says bye to every socket;
// it waits for both.
func (s *server) stopGateway(ctx context.Context) error {
	closed := make(chan error, 1)
	go func() {
		waiting, cancel := context.WithTimeout(ctx, requestsWithin)
		defer cancel()
		closed <- s.gateway.Shutdown(waiting)
	}()
	bye := errors.Join(s.socket.ShutdownAgents(ctx), s.hub.Shutdown(ctx))
	if err := <-closed; err != nil {
		s.log.WarnContext(ctx, "connections were still open when the server stopped", "error", err)
	}
	return bye
}
