package main

import (
	"context"
	"errors"
	"fmt"

	"showrunner/gateway/delivery"
	"showrunner/live"
)

// readerDelivery is the name of the log's reader that makes webhooks; it must
// never change.
const readerDelivery = "delivery"

// openDelivery starts what sends facts out: a duty that makes deliveries of the
// log, and a loop that posts them, of which every server has one: they share
// the work by claiming what is due.
func (s *server) openDelivery(ctx context.Context) error {
	sender, err := delivery.New(delivery.Config{
		Store: s.store, Now: s.now, Insecure: s.cfg.InsecureWebhooks, Logger: s.log, Registerer: s.reg,
	})
	if err != nil {
		return err
	}
	s.life.start(part{name: "sender", run: sender.Run})
	s.life.start(part{name: "follower", run: s.duty(dutyDelivery, s.follow)})
	if s.cfg.InsecureWebhooks {
		s.log.WarnContext(ctx, "webhooks may go to loopback and private addresses")
	}
	return nil
}

// follow is the duty of making deliveries.
func (s *server) follow(ctx context.Context) error {
	r, err := s.eventlog.Reader(ctx, readerDelivery, live.Position{})
	if err != nil {
		return fmt.Errorf("open the reader of webhooks: %w", err)
	}
	follower := delivery.NewFollower(delivery.FollowerConfig{Reader: r, Log: s.eventlog, Queue: s.store, Now: s.now, Logger: s.log})
	return errors.Join(follower.Run(ctx), r.Close())
}

// webhookURL is the rule for what a merchant may subscribe.
func (s *server) webhookURL(raw string) error { return delivery.CheckURL(raw, s.cfg.InsecureWebhooks) }
