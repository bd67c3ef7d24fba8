package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"showrunner/analytics/engine"
)

// ShardsCmd runs a ClickHouse cluster on this machine, each shard an embedded
// engine, to try --clickhouse-cluster against.
type ShardsCmd struct {
	Data   string `required:"" type:"path" help:"Folder of the shards' data; the same folder again brings the same shards back."`
	Shards int    `default:"2" help:"How many shards, 1 to 8; a folder keeps the number it began with."`
	Memory int64  `default:"2147483648" help:"Memory bound of each shard in bytes, at least 768 MiB."`
}

// localCluster is the name of the cluster in remote_servers.
const localCluster = "local"

// dir is where a shard has its files; the first is 1.
func (c *ShardsCmd) dir(shard int) string {
	return filepath.Join(c.Data, fmt.Sprintf("shard-%d", shard))
}

// Execute starts the shards, tells how a server is pointed at them, and runs
// until ctx ends.
func (c *ShardsCmd) Execute(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if c.Shards < 1 || c.Shards > 8 {
		return fmt.Errorf("%w: --shards must be 1 to 8", errUsage)
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	cluster, err := engine.NewCluster(localCluster, c.Shards)
	if err != nil {
		return err
	}
	if cluster.Copies, err = filepath.Abs(filepath.Join(c.Data, "copies")); err != nil {
		return fmt.Errorf("place of the copies: %w", err)
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	running, runs := errgroup.WithContext(ctx)
	var started []*engine.Engine
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		for _, e := range started {
			err = errors.Join(err, e.Close(closing))
		}
	}()
	for i := range cluster.Shards {
		e, err := engine.Start(ctx, engine.Config{
			Dir: c.dir(i + 1), MaxMemory: c.Memory, Exec: []string{exe, engineChild},
			Now: clock, Logger: log.With("shard", i+1), Cluster: cluster.At(i),
		})
		if err != nil {
			return fmt.Errorf("start shard %d: %w", i+1, err)
		}
		started = append(started, e)
		running.Go(func() error { return e.Run(runs) })
	}
	at, err := url.Parse(started[0].URL())
	if err != nil {
		return fmt.Errorf("read the address of a shard: %w", err)
	}
	var others []string
	for _, s := range cluster.Shards[1:] {
		others = append(others, fmt.Sprintf("127.0.0.1:%d", s.TCPPort))
	}
	if len(others) > 0 {
		at.RawQuery = "alt_hosts=" + strings.Join(others, ",")
	}
	if _, err := fmt.Fprintf(stdout, "--clickhouse '%s' --clickhouse-cluster %s --clickhouse-copies '%s'\n", at, localCluster, cluster.Copies); err != nil {
		return fmt.Errorf("tell the address: %w", err)
	}
	return running.Wait()
}
