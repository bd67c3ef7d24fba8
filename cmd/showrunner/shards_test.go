package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/url"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"showrunner/analytics/clickhouse"
)

// shardFlags is what ShardsCmd prints.
var shardFlags = regexp.MustCompile(`^--clickhouse '([^']+)' --clickhouse-cluster (\S+) --clickhouse-copies '([^']+)'\n$`)

// startShards runs two shards until the test ends, and tells what a server is
// pointed at them with.
func startShards(t *testing.T) (cfg clickhouse.Config, copies string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	told, tell := io.Pipe()
	data := t.TempDir()
	ended := make(chan error, 1)
	go func() {
		err := (&ShardsCmd{Data: data, Shards: 2, Memory: 2 << 30}).Execute(ctx, tell, t.Output())
		tell.CloseWithError(errors.Join(err, io.EOF))
		ended <- err
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(told).ReadString('\n')
	got := shardFlags.FindStringSubmatch(line)
	if err != nil || got == nil {
		t.Fatalf("the shards told %q: %v", line, err)
	}
	return clickhouse.Config{URL: got[1], Cluster: got[2], Now: clock}, got[3]
}

// TestBackupRestoreShards is TestBackupRestore with ClickHouse as two shards: each
// copies its part, and both come back under another name beside what was.
func TestBackupRestoreShards(t *testing.T) {
	was, copies := startShards(t)
	is := was
	u, err := url.Parse(was.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/back"
	is.URL = u.String()
	to := func(c clickhouse.Config) []string {
		return []string{"--clickhouse", c.URL, "--clickhouse-cluster", c.Cluster, "--clickhouse-copies", copies}
	}
	backupRestore(t, backupPlaces{
		flags: to(was), restored: to(is), facts: is,
		restore: func(c *RestoreCmd) {
			ctx := deadline(t, time.Minute)
			shards := ShardsCmd{Data: filepath.Dir(copies)}
			beginAgain(t, was, shards.dir(1), shards.dir(2))
			// Nothing of it can be in an embedded one, nor at a server on its own.
			if err := c.Execute(ctx, t.Output(), t.Output()); !errors.Is(err, errUsage) {
				t.Errorf("restored to the embedded ClickHouse: %v", err)
			}
			c.ClickHouse, c.ClickHouseCopies = is.URL, copies
			if err := c.Execute(ctx, t.Output(), t.Output()); !errors.Is(err, clickhouse.ErrSaveShape) {
				t.Errorf("restored to a server on its own: %v", err)
			}
			c.ClickHouseCluster = is.Cluster
		},
	})
}
