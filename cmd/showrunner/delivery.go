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

// openDelivery starts what sends facts out: one loop that makes deliveries of
// the log, and one that posts them.
func (s *server) openDelivery(ctx context.Context) error {
	r, err := s.eventlog.Reader(ctx, readerDelivery, live.Position{})
	if err != nil {
		return fmt.Errorf("open the reader of webhooks: %w", err)
	}
	sender, err := delivery.New(delivery.Config{
		Store: s.store, Now: s.now, Insecure: s.cfg.InsecureWebhooks, Logger: s.log, Registerer: s.reg,
	})
	if err != nil {
		return errors.Join(err, r.Close())
	}
	follower := delivery.NewFollower(delivery.FollowerConfig{Reader: r, Log: s.eventlog, Queue: s.store, Now: s.now, Logger: s.log})
	s.life.start(part{name: "sender", run: sender.Run})
	s.life.start(part{name: "follower", run: func(ctx context.Context) error {
		return errors.Join(follower.Run(ctx), r.Close())
	}})
	if s.cfg.InsecureWebhooks {
		s.log.WarnContext(ctx, "webhooks may go to loopback and private addresses")
	}
	return nil
}

// webhookURL is the rule for what a merchant may subscribe.
func (s *server) webhookURL(raw string) error { return delivery.CheckURL(raw, s.cfg.InsecureWebhooks) }
