package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/conversion/credit"
	"showrunner/live"
)

// readerCredit is the name of the log's reader that attributes orders; it must
// never change.
const readerCredit = "credit"

// Bounds of the window of live credit, as of the API.
const (
	leastCreditWindow = time.Minute
	mostCreditWindow  = 90 * 24 * time.Hour
)

// openCredit starts what says of every order who earned it, as it is paid.
func (s *server) openCredit(context.Context) error {
	s.life.start(part{name: "credit", run: s.duty(dutyCredit, s.credit)})
	return nil
}

// credit is the duty of attributing orders.
func (s *server) credit(ctx context.Context) (err error) {
	model, err := attribution.Named(s.cfg.CreditModel)
	if err != nil {
		return err
	}
	r, err := s.eventlog.Reader(ctx, readerCredit, live.Position{})
	if err != nil {
		return fmt.Errorf("open the reader of credit: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	t, err := credit.New(credit.Config{
		Reader: r, Name: readerCredit, Epoch: s.eventlog.Epoch(), Book: s.store, History: s.db, Watermark: s.carriage.Watermark,
		Rules: s.rules, Model: &attribution.Plan{Model: model, Policy: conversion.Policy{Window: s.cfg.CreditWindow}},
		ModelName: model.Name(), ModelVersion: attribution.Version, Window: s.cfg.CreditWindow,
		Now: s.now, Logger: s.log, Registerer: s.reg,
	})
	if err != nil {
		return err
	}
	defer t.Close()
	return t.Run(ctx)
}
