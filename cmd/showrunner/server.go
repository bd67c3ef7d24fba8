package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics"
	"showrunner/analytics/alert"
	"showrunner/analytics/clickhouse"
	"showrunner/analytics/engine"
	"showrunner/analytics/past"
	"showrunner/analytics/realtime"
	"showrunner/analytics/wall"
	"showrunner/conversion"
	"showrunner/conversion/care/desk"
	"showrunner/conversion/care/group"
	"showrunner/gateway"
	"showrunner/gateway/auth"
	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/bus"
	"showrunner/live/eventlog"
	"showrunner/live/hub"
	"showrunner/live/ingest"
	"showrunner/live/moderation"
	"showrunner/live/store"
)

// server is every part of a running Showrunner, built by hand in the order of
// their dependencies.
type server struct {
	cfg  *ServeCmd
	now  func() time.Time
	log  *slog.Logger
	reg  *prometheus.Registry
	life *life

	rules    *conversion.RuleSet
	engine   *engine.Engine // nil with an external ClickHouse
	db       *clickhouse.DB
	eventlog *eventlog.Log
	store    *store.Store
	groups   *group.Registry
	carriage *carriage
	audit    *auditor // nil with --audit-every 0
	upkeep   *upkeep  // nil with --sink off
	over     *counted // figures of shows that are over
	ahead    *ahead   // nil with --sink off or --count-ahead-days 0
	kept     *kept    // how long raw behaviour is, where this server may write
	duties   *prometheus.GaugeVec
	realtime *realtime.Realtime
	wall     *wall.Wall
	past     *past.Keeper
	alerts   *alert.Book
	ingest   *ingest.Ingest
	desk     *moderation.Desk // stands before ingest
	relay    *store.Relay
	care     careBook
	hub      *hub.Hub
	fed      live.Position // where the rooms begin
	auth     *auth.Auth
	tickets  *tickets
	bus      *bus.Bus // nil when alone
	rooms    *follow  // nil when alone
	service  *desk.Desk
	socket   *ws.Server
	gateway  *gateway.Server
	shop     *demoShop // nil without --demo-shop

	sketches sketches    // of large rooms
	migrated atomic.Bool // the schema of ClickHouse is up to date
	copying  sync.Mutex  // one backup at a time
	backing  sync.Mutex  // nobody is forgotten while a backup is made
}

// Names of the log's readers. Each keeps its checkpoint under its name, so
// they must never change.
const (
	readerSink     = "clickhouse"
	readerRealtime = "realtime"
	readerIngest   = "ingest"
)

// readerName is the name of a reader that every node has for itself. The sink's
// is one for all of them: who opens it last has it.
func (s *server) readerName(name string) string {
	if s.cfg.Node == "" {
		return name
	}
	return name + "-" + s.cfg.Node
}

// build opens every part and starts it, lowest first: stopping in reverse then
// drains each before what it writes to goes away.
func (s *server) build(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		s.openEngine, s.openLog, s.openStore, s.openSink, s.openHub, s.openPast, s.openRealtime, s.openRelay, s.openIngest, s.openService, s.openModeration, s.openBots, s.openDelivery, s.openLadder, s.openGuard, s.openGroups, s.openAlerts, s.openCredit, s.openCare, s.openGateway, s.openControl,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) openEngine(ctx context.Context) error {
	url := s.cfg.ClickHouse
	if url == "" {
		lib := s.cfg.EngineLibrary
		if lib == "" {
			found, err := engine.FindLibrary()
			if err != nil {
				return err
			}
			lib = found
		}
		exe, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find this program: %w", err)
		}
		s.engine, err = engine.Start(ctx, engine.Config{
			Dir: filepath.Join(s.cfg.Data, "clickhouse"), LibraryPath: lib, MaxMemory: s.cfg.EngineMemory,
			Exec: []string{exe, engineChild}, Now: s.now, Logger: s.log, Registerer: s.reg,
		})
		if err != nil {
			return fmt.Errorf("start ClickHouse: %w", err)
		}
		s.life.start(part{name: "engine", run: s.runEngine})
		url = s.engine.URL()
		if err := s.saveEngineURL(url); err != nil {
			return err
		}
	}
	names := func(ctx context.Context, m live.MerchantID, persons []live.PersonID, asOf time.Time) (map[live.PersonID][]live.PersonID, error) {
		if persons == nil { // The store is opened after this.
			return s.store.EveryNameAsOf(ctx, m, asOf)
		}
		return s.store.NamesAsOf(ctx, m, persons, asOf)
	}
	db, err := clickhouse.Open(ctx, clickhouse.Config{URL: url, Cluster: s.cfg.ClickHouseCluster, Names: names, Limits: s.cfg.limits(), Now: s.now, Logger: s.log, Registerer: s.reg})
	if err != nil {
		return fmt.Errorf("open ClickHouse: %w", err)
	}
	s.db = db
	s.life.start(part{name: "clickhouse", run: hold(db.Close)})
	return nil
}

// runEngine supervises the child and ends it when ctx ends.
func (s *server) runEngine(ctx context.Context) error {
	err := s.engine.Run(ctx)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, s.engine.Close(closing))
}

// hold is the run of a part that has nothing to do but to be closed at its turn.
func hold(closed func() error) func(context.Context) error {
	return func(ctx context.Context) error {
		<-ctx.Done()
		return closed()
	}
}

func (s *server) openLog(ctx context.Context) error {
	l, err := eventlog.Open(ctx, eventlog.Config{
		Dir: filepath.Join(s.cfg.Data, "log"), URL: s.cfg.NATS, Replicas: s.cfg.Replicas, Window: s.cfg.LogWindow,
		MaxAge: s.cfg.LogMaxAge, KeepBytes: s.cfg.LogKeepBytes, Now: s.now, Logger: s.log, Registerer: s.reg,
	})
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	s.eventlog = l
	s.life.start(part{name: "log", run: func(ctx context.Context) error { return errors.Join(l.Run(ctx), l.Close()) }})
	return nil
}

func (s *server) openStore(ctx context.Context) error {
	st, err := store.Open(ctx, store.Config{
		Path: filepath.Join(s.cfg.Data, "showrunner.db"), URL: s.cfg.Database, Now: s.now, OrderTTL: s.cfg.OrderTTL, OfferTTL: s.cfg.OfferTTL,
		Logger: s.log, Registerer: s.reg,
	})
	if err != nil {
		return err
	}
	s.store = st
	s.life.start(part{name: "store", run: func(ctx context.Context) error { return errors.Join(st.Run(ctx), st.Close()) }})
	return nil
}

// openSink starts what carries the log into ClickHouse. The schema is brought
// up to date by the sink's own loop, so that the rooms open even while
// ClickHouse does not answer.
func (s *server) openSink(context.Context) error {
	s.carriage = &carriage{other: &otherSink{log: s.eventlog, now: s.now, logger: s.log}}
	if s.cfg.Node != "" {
		s.life.start(part{name: "other sink", run: s.carriage.other.run})
	}
	build := sync.OnceValues(buildOf)
	go func() { _, _ = build() }() // Takes a moment, which need not be that of who looks at a page first.
	s.over = newCounted(s.db, s.store.ErasuresInFacts, build, s.now, s.log, s.reg)
	s.life.start(part{name: "figures of past shows", run: s.over.run})
	if s.cfg.Sink == "off" {
		return nil
	}
	if s.cfg.CountAheadDays > 0 {
		s.ahead = newAhead(s.over, s.store.ShowsOver, s.carriage.Lag, s.cfg.CountAheadDays, s.now, s.log, s.reg)
	}
	s.kept = newKept(s.cfg.BehaviourDays, s.reg)
	if s.cfg.AuditEvery > 0 {
		s.audit = newAuditor(s.db.Audit, s.cfg.AuditEvery, s.now, s.log, s.reg)
	}
	s.upkeep = newUpkeep(s.db.Tables, s.log, s.reg)
	s.life.start(part{name: "sink", drain: s.drainSink, run: s.duty(dutySink, s.carry)})
	return nil
}

// carry is the duty of the sink.
func (s *server) carry(ctx context.Context) (err error) {
	r, err := s.eventlog.Reader(ctx, readerSink, live.Position{})
	if err != nil {
		return fmt.Errorf("open the sink's reader: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	sink := clickhouse.NewSink(clickhouse.SinkConfig{
		DB: s.db, Epoch: s.eventlog.Epoch(), Reader: r, Now: s.now,
		MaxRows: s.cfg.SinkRows, MaxAge: s.cfg.SinkAge, Rules: s.rules, Logger: s.log, Registerer: s.reg,
	})
	defer sink.Close()
	s.carriage.set(sink)
	defer s.carriage.set(nil)
	if err := s.migrate(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	auditing, stop := context.WithCancel(ctx)
	var audits sync.WaitGroup
	defer audits.Wait()
	defer stop()
	if s.audit != nil {
		audits.Go(func() { s.audit.run(auditing) })
	}
	audits.Go(func() { s.upkeep.run(auditing) })
	audits.Go(func() { s.retain(auditing) })
	if s.ahead != nil {
		audits.Go(func() { s.ahead.run(auditing) })
	}
	return sink.Run(ctx)
}

// migrate brings the schema of ClickHouse up to date, trying until it answers.
func (s *server) migrate(ctx context.Context) error {
	for {
		err := s.db.Migrate(ctx)
		if err == nil {
			err = s.db.Retain(ctx, s.cfg.BehaviourDays)
		}
		if err == nil || ctx.Err() != nil {
			s.migrated.Store(err == nil)
			return nil
		}
		if clickhouse.Unfit(err) {
			return fmt.Errorf("migrate ClickHouse: %w", err)
		}
		s.log.WarnContext(ctx, "ClickHouse could not be migrated, trying again", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

// drainSink gives ClickHouse a moment to take what the log still holds, if it
// is this server that writes there. What it does not take in time is not lost:
// the checkpoint knows.
func (s *server) drainSink(ctx context.Context) error {
	sink := s.carriage.own()
	if sink == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	head, err := s.eventlog.Head(ctx)
	if err != nil {
		return fmt.Errorf("find the head of the log: %w", err)
	}
	for sink.Watermark().Less(head) && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	return nil
}

func (s *server) openRealtime(ctx context.Context) error {
	r, err := s.eventlog.Reader(ctx, s.readerName(readerRealtime), live.Position{})
	if err != nil {
		return fmt.Errorf("open the realtime reader: %w", err)
	}
	s.wall = wall.New(wall.Config{OnAir: s.store.OnAir, Registerer: s.reg})
	s.realtime, err = realtime.New(realtime.Config{
		Reader: r, Shows: s.store, Now: s.now, Publish: s.publishSnapshot, Tick: s.wall.Tick, Change: s.wall.Change, Watched: s.wall.Watched, Past: s.past.Of, Audience: s.past.AudienceOf,
		StoreLag: func() time.Duration { return s.carriage.Lag(s.now()) }, Logger: s.log, Registerer: s.reg,
	})
	if err != nil {
		return err
	}
	s.life.start(part{name: "realtime", run: func(ctx context.Context) error {
		return errors.Join(s.realtime.Run(ctx), r.Close())
	}})
	return nil
}

// publishSnapshot shows the figures to the panels, with and without money, and
// the totals to everybody in the room.
func (s *server) publishSnapshot(snap analytics.Snapshot) {
	full, err := json.Marshal(snap)
	if err != nil {
		panic("BUG: a snapshot cannot be encoded: " + err.Error())
	}
	plain, err := json.Marshal(snap.WithoutMoney())
	if err != nil {
		panic("BUG: a snapshot cannot be encoded: " + err.Error())
	}
	s.hub.Panel(snap.Room, hub.ClassMoney, full)
	s.hub.Panel(snap.Room, hub.ClassPanel, plain)
	total := func(key string) int64 {
		v, ok := snap.Metrics.Get(key)
		if !ok {
			panic("BUG: no metric " + key)
		}
		return v.Num
	}
	totals := ws.Stats{
		Online: s.online(snap.Room), WatchUV: total("watch_uv"), Likes: total("like_count"), Comments: total("comment_pv"),
		LeftOut: s.hub.LeftOut(snap.Room),
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if progress, err := s.store.BenefitProgress(ctx, snap.Show); err == nil {
		totals.Progress(progress)
	} else {
		s.log.Warn("the progress of benefits is not told", "error", err)
	}
	s.hub.Stats(snap.Room, ws.EncodeStats(totals))
}

func (s *server) openRelay(context.Context) error {
	s.relay = store.NewRelay(store.RelayConfig{Store: s.store, Log: s.eventlog, Logger: s.log})
	s.life.start(part{name: "relay", drain: s.drainRelay, run: s.relay.Run})
	return nil
}

// drainRelay waits until every committed event of the store is in the log.
func (s *server) drainRelay(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	for {
		rows, err := s.store.Outbox(ctx, 0, 1)
		switch {
		case ctx.Err() != nil:
			return nil // The rows stay in the store and go out at the next start.
		case err != nil:
			return err
		case len(rows) == 0:
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (s *server) openIngest(ctx context.Context) error {
	r, err := s.eventlog.Reader(ctx, s.readerName(readerIngest), live.Position{})
	if err != nil {
		return fmt.Errorf("open the ingest reader: %w", err)
	}
	s.ingest = ingest.New(ingest.Config{
		Log: s.eventlog, Seen: s.store, Reader: r, Shared: s.cfg.Node != "", Now: s.now, Logger: s.log, Registerer: s.reg,
	})
	s.life.start(part{name: "ingest", run: func(ctx context.Context) error {
		return errors.Join(s.ingest.Run(ctx), r.Close())
	}})
	return nil
}

func (s *server) openHub(ctx context.Context) error {
	head, err := s.eventlog.Head(ctx)
	if err != nil {
		return fmt.Errorf("find the head of the log: %w", err)
	}
	cfg := hub.Config{
		Epoch: s.eventlog.Epoch(), Start: head.Offset(), Framer: ws.Framer{}, Now: s.now, Logger: s.log, Registerer: s.reg,
	}
	if s.cfg.Node != "" {
		s.rooms = newFollow(head, s.now, s.log, s.reg)
		cfg.Forward, cfg.Largest = s.rooms.forward, s.rooms.largest
	}
	s.hub = hub.New(cfg)
	s.fed = head
	if err := s.openBus(); err != nil {
		return err
	}
	s.life.start(part{name: "hub", run: s.hub.Run})
	return nil
}
