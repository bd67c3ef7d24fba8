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
	if serve.DemoShop == "off" {
		serve.DemoShop = "on"
		if err := serve.checkDemoShop(); err != nil { // Others reach the address: there nobody pays without money.
			serve.DemoShop = "off"
		}
	}
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
	if err := stageTry(ctx, server.url, data, sim.Merchant); err != nil {
		return errors.Join(err, server.stop())
	}
	token := func(role, sub string) string {
		return fmt.Sprintf("bin/showrunner token --data %s --role %s --sub %s --merchant %s --ttl 12h", data, role, sub, sim.Merchant)
	}
	fmt.Fprintf(stdout, "\nA show is on air to try. Open each page in a window of its own and paste what the command prints.\n")
	fmt.Fprintf(stdout, "host      %s/console/#/rooms/%s/host    %s\n", server.url, tryRoom, token("host", "ann"))
	fmt.Fprintf(stdout, "viewer    %s/console/#/rooms/%s/watch   %s\n", server.url, tryRoom, token("viewer", "vera"))
	fmt.Fprintf(stdout, "operator  %s/console/#/rooms/%s/depth   %s\n", server.url, tryRoom, token("operator", "olga"))
	if serve.DemoShop != "off" {
		fmt.Fprintf(stdout, "The demo shop is open: what the viewer buys is paid in the page, without money.\n")
	} else {
		fmt.Fprintf(stdout, "The demo shop is closed, for others reach %s: viewers order, and do not pay. With --addr 127.0.0.1:8080 it is open.\n", c.Addr)
	}
	fmt.Fprintf(stdout, "api       %s/openapi.json\nThe server keeps running; stop it with Ctrl-C.\n", server.url)
	return server.wait()
}
