package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"showrunner/analytics/clickhouse"
	"showrunner/analytics/engine"
)

// suitsFacts refuses flags and an external ClickHouse that the backup cannot be
// brought back to, before anything is made.
func (c *RestoreCmd) suitsFacts(ctx context.Context, m *manifest) (err error) {
	if c.ClickHouse == "" {
		if len(m.ClickHouse.Shards) > 0 {
			return fmt.Errorf("%w: the backup is of a cluster of ClickHouse, %s: --clickhouse and --clickhouse-cluster are needed", errUsage, m.ClickHouse.Shards[0].Layout)
		}
		if c.ClickHouseCluster != "" || c.ClickHouseCopies != "" {
			return fmt.Errorf("%w: --clickhouse-cluster and --clickhouse-copies are for --clickhouse", errUsage)
		}
		return nil
	}
	if !filepath.IsAbs(c.ClickHouseCopies) {
		return fmt.Errorf("%w: --clickhouse needs --clickhouse-copies, the full path of a folder that its servers read", errUsage)
	}
	db, err := c.openFacts(ctx, c.ClickHouse)
	if err != nil {
		return err
	}
	return errors.Join(db.Fits(ctx, m.ClickHouse), db.Close())
}

func (c *RestoreCmd) openFacts(ctx context.Context, url string) (*clickhouse.DB, error) {
	db, err := clickhouse.Open(ctx, clickhouse.Config{URL: url, Cluster: c.ClickHouseCluster, Now: clock})
	if err != nil {
		return nil, fmt.Errorf("open ClickHouse: %w", err)
	}
	return db, nil
}

// restoreFacts brings ClickHouse back: the embedded one, which runs on the new
// folder for as long as it takes, or one that was started apart.
func (c *RestoreCmd) restoreFacts(ctx context.Context, m *manifest, data string) (err error) {
	url, copies := c.ClickHouse, c.ClickHouseCopies
	if url == "" {
		var e *engine.Engine
		if e, err = c.startEngine(ctx, filepath.Join(data, "clickhouse")); err != nil {
			return err
		}
		defer func() {
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
			defer cancel()
			err = errors.Join(err, e.Close(closing))
		}()
		url, copies = e.URL(), e.Copies()
	}
	copied := filepath.Join(copies, backupCopy)
	if err := os.RemoveAll(copied); err != nil {
		return fmt.Errorf("remove what an earlier restore left: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(copied)) }()
	if err := copyTree(copied, filepath.Join(c.From, backupClickHouse)); err != nil {
		return fmt.Errorf("restore ClickHouse: %w", err)
	}
	db, err := c.openFacts(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(db.Restore(ctx, clickhouse.FilePlace(copied), m.ClickHouse), db.Close())
}

func (c *RestoreCmd) startEngine(ctx context.Context, dir string) (*engine.Engine, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	e, err := engine.Start(ctx, engine.Config{
		Dir: dir, LibraryPath: c.EngineLibrary, MaxMemory: c.EngineMemory, Exec: []string{exe, engineChild}, Now: clock, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, fmt.Errorf("start ClickHouse: %w", err)
	}
	return e, nil
}
