package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// DemoCmd is the first minute of a newcomer: a server and a show in one.
type DemoCmd struct {
	Addr    string  `default:"127.0.0.1:8080" help:"Address to listen on; port 0 picks one."`
	Data    string  `type:"path" help:"Data folder; a temporary one, removed at the end, without it."`
	Keep    bool    `help:"Leave the server running after the show."`
	Viewers int     `default:"320" help:"Viewers of the show."`
	Minutes int     `default:"30" help:"Length of the show in its own minutes."`
	Speed   float64 `default:"60" help:"How many show minutes pass in one real minute."`
	Seed    uint64  `default:"1" help:"Seed of the show; the same seed plays the same show."`
}

// Execute starts the server, plays the show against its public API and compares
// every figure. It fails if any two differ.
func (c *DemoCmd) Execute(ctx context.Context, stdout, stderr io.Writer) (err error) {
	data := c.Data
	if data == "" {
		dir, err := os.MkdirTemp("", "showrunner-demo-")
		if err != nil {
			return fmt.Errorf("make data folder: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		data = dir
	}
	serve := newServe()
	serve.Addr, serve.Data, serve.LogLevel = c.Addr, data, "warn"
	server, err := serve.background(ctx, stdout, stderr)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	if err != nil {
		return err
	}
	sim := SimulateCmd{URL: server.url, Data: data, Viewers: c.Viewers, Minutes: c.Minutes, Speed: c.Speed, Seed: c.Seed}
	verdict := sim.Execute(ctx, stdout, stderr)
	if !c.Keep || verdict != nil {
		return errors.Join(verdict, server.stop())
	}
	fmt.Fprintf(stdout, "\nconsole  %s/console/\n", server.url)
	fmt.Fprintf(stdout, "token    bin/showrunner token --data %s --role operator --sub you --merchant %s\n", data, sim.Merchant)
	fmt.Fprintf(stdout, "api      %s/openapi.json\nThe server keeps running; stop it with Ctrl-C.\n", server.url)
	return server.wait()
}
