package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"
	"github.com/lmittmann/tint"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// stopWithin is how long a stopping server takes at most.
const stopWithin = 9 * time.Second

// newServe is the command with every flag at its default, or at what its
// environment variable says.
func newServe() *ServeCmd {
	var c ServeCmd
	parser, err := kong.New(&c, kong.DefaultEnvars("SHOWRUNNER"), kong.Configuration(readConfigFile))
	if err != nil {
		panic("BUG: serve's flags: " + err.Error())
	}
	if _, err := parser.Parse(nil); err != nil {
		panic("BUG: serve's defaults: " + err.Error())
	}
	return &c
}

// Execute runs the server until ctx ends, then stops it in order.
func (c *ServeCmd) Execute(ctx context.Context, stdout, stderr io.Writer) error {
	if err := c.validate(); err != nil {
		return fmt.Errorf("%w:\n%w", errUsage, err)
	}
	if c.Check {
		_, err := fmt.Fprintln(stdout, "the configuration is valid")
		return err
	}
	if c.now == nil {
		c.now = clock
	}
	log := slog.New(newLogHandler(stderr, c.level()))
	rules, err := c.touchRules()
	if err != nil {
		return err
	}
	release, err := lockData(c.Data)
	if err != nil {
		return err
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s := &server{cfg: c, rules: rules, now: c.now, log: log, reg: reg, life: newLife(log, c.now), duties: newDuties(reg)}

	err = s.serve(ctx, stdout)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return errors.Join(err, s.life.stop(stopping), release())
}

// newLogHandler writes for a person at a terminal and JSON for a machine.
func newLogHandler(w io.Writer, level slog.Level) slog.Handler {
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return tint.NewTextHandler(w, &tint.Options{Level: level, TimeFormat: time.TimeOnly})
		}
	}
	return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
}

// serve builds the server, announces its address and waits for the end.
func (s *server) serve(ctx context.Context, stdout io.Writer) error {
	if err := s.build(ctx); err != nil {
		return err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	url := "http://" + listener.Addr().String()
	s.openDemoShop(ctx, url)
	s.life.start(part{name: "gateway", run: func(context.Context) error { return s.gateway.Listen(listener) }, drain: s.stopGateway})
	s.awaitReady(ctx)
	if _, err := fmt.Fprintf(stdout, "listening on %s\n", url); err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	if s.cfg.listening != nil {
		s.cfg.listening(url)
	}
	select {
	case <-ctx.Done():
		s.log.InfoContext(ctx, "stopping")
		return nil
	case err := <-s.life.failed:
		return err
	}
}

// readyWithin bounds the wait for the engines before the address is announced.
// Without ClickHouse the rooms work all the same, so the server opens late
// rather than never, and /readyz keeps saying what is missing.
const readyWithin = 30 * time.Second

func (s *server) awaitReady(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		err := s.notReady(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			s.log.WarnContext(ctx, "opening before every engine is ready", "error", err)
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// notReady asks every engine; nil is ready.
func (s *server) notReady(ctx context.Context) error {
	for name, ask := range s.checks() {
		if err := ask(ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// saveEngineURL leaves the address of ClickHouse, with its password, where the
// owner of the data folder, and nobody else, can read it: for their own client.
func (s *server) saveEngineURL(url string) error {
	path := filepath.Join(s.cfg.Data, "clickhouse.url")
	if err := os.WriteFile(path, []byte(url+"\n"), 0o600); err != nil {
		return fmt.Errorf("write clickhouse.url: %w", err)
	}
	return nil
}
