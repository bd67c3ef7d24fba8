package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"showrunner/analytics/clickhouse"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

// RestoreCmd makes a data folder from a backup.
type RestoreCmd struct {
	From     string `required:"" type:"path" help:"Folder of the backup."`
	Data     string `required:"" type:"path" help:"Data folder to make, which must not be there or be empty."`
	Database string `placeholder:"URL" help:"Empty PostgreSQL database, for a backup of one."`

	ClickHouse        string `name:"clickhouse" placeholder:"URL" help:"External ClickHouse, for a backup of one, in a database that has no tables; the embedded one without it."`
	ClickHouseCluster string `name:"clickhouse-cluster" placeholder:"NAME" help:"Cluster of the external ClickHouse, of as many shards and the same weights as the one that was copied."`
	ClickHouseCopies  string `name:"clickhouse-copies" placeholder:"DIR" help:"Folder that every server of the external ClickHouse may read copies from and this program writes to, by the same full path."`

	NATS          string `name:"nats" placeholder:"URL" help:"External NATS that has no log yet; the embedded one without it."`
	Replicas      int    `default:"0" help:"Replicas of the log there."`
	EngineMemory  int64  `default:"2147483648" help:"Memory bound of the embedded ClickHouse in bytes."`
	EngineLibrary string `type:"path" help:"Path of libchdb; found under node_modules without it."`
	Check         bool   `help:"Only check that the backup is whole and can be restored by this program."`
}

// errNotEmpty refuses to restore over something.
var errNotEmpty error = live.Conflict("data_not_empty", "there is something in the data folder already")

// Execute checks the backup, makes everything in a folder beside the data folder
// and puts it in place when it is whole: what fails leaves no server that starts.
func (c *RestoreCmd) Execute(ctx context.Context, stdout, _ io.Writer) error {
	m, err := readManifest(c.From)
	if err != nil {
		return err
	}
	if err := c.suits(ctx, m); err != nil {
		return err
	}
	if c.Check {
		_, err := fmt.Fprintf(stdout, "the backup of %s is whole: %d files, %d bytes\n", m.MadeAt.Format(time.RFC3339), len(m.Files), m.bytes())
		return err
	}
	if found, err := os.ReadDir(c.Data); err == nil && len(found) > 0 {
		return fmt.Errorf("%s: %w", c.Data, errNotEmpty)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look into the data folder: %w", err)
	}
	if err := c.vacant(ctx, m); err != nil {
		return err
	}
	making := c.Data + ".restoring"
	if err := os.Mkdir(making, 0o700); err != nil {
		return fmt.Errorf("make a folder beside the data folder: %w; remove what an earlier restore left there", err)
	}
	if err := c.restore(ctx, m, making); err != nil {
		return errors.Join(err, os.RemoveAll(making))
	}
	if err := os.Remove(c.Data); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("all is brought back, in %s: rename it: %w", making, err)
	}
	if err := os.Rename(making, c.Data); err != nil {
		return fmt.Errorf("all is brought back, in %s: rename it: %w", making, err)
	}
	_, err = fmt.Fprintf(stdout, "%s holds what was there at %s: %d messages of the log up to %d, ClickHouse all before %d\n",
		c.Data, m.MadeAt.Format(time.RFC3339), m.Log.Messages, m.Log.Next-1, m.Sink.Seq)
	return err
}

// suits refuses what the flags or this program cannot take, before anything is made.
func (c *RestoreCmd) suits(ctx context.Context, m *manifest) error {
	if err := clickhouse.KnownVersions(m.ClickHouse.Versions); err != nil {
		return fmt.Errorf("%s: %w", c.From, err)
	}
	if (m.Store.Database == store.SavedPostgres) != (c.Database != "") {
		return fmt.Errorf("%w: the backup is of %s: --database is for one of PostgreSQL, and needed there", errUsage, m.Store.Database)
	}
	return c.suitsFacts(ctx, m)
}

// vacant refuses places outside of the data folder that hold something or do not
// answer, before anything is written to any of them.
func (c *RestoreCmd) vacant(ctx context.Context, m *manifest) error {
	if c.Database != "" {
		if err := store.Vacant(ctx, store.Config{URL: c.Database}); err != nil {
			return fmt.Errorf("restore the store: %w", err)
		}
	}
	if c.NATS != "" {
		if err := eventlog.Vacant(ctx, c.log(c.Data)); err != nil {
			return err
		}
	}
	if c.ClickHouse == "" {
		return nil
	}
	db, err := c.openFacts(ctx, c.ClickHouse)
	if err != nil {
		return err
	}
	return errors.Join(db.Vacant(ctx, m.ClickHouse), db.Close())
}

func (c *RestoreCmd) restore(ctx context.Context, m *manifest, data string) (err error) {
	var undo []func(context.Context) error
	defer func() {
		if err != nil {
			err = undone(ctx, err, undo)
		}
	}()
	if err := os.MkdirAll(filepath.Join(data, "clickhouse", "copies"), 0o700); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if m.Keys {
		if err := copyTree(filepath.Join(data, backupKeys), filepath.Join(c.From, backupKeys)); err != nil {
			return fmt.Errorf("restore the keys: %w", err)
		}
	}
	unstore, err := store.Restore(ctx, store.Config{Path: filepath.Join(data, "showrunner.db"), URL: c.Database}, filepath.Join(c.From, backupStore), m.Store)
	if err != nil {
		return err
	}
	undo = append(undo, unstore)
	unlog, err := c.restoreLog(ctx, m, data)
	if unlog != nil {
		undo = append(undo, unlog)
	}
	if err != nil {
		return err
	}
	// Last, since it takes back itself what it has made.
	return c.restoreFacts(ctx, m, data)
}

// undoWithin bounds the taking back of what a restore that failed has made.
const undoWithin = 5 * time.Minute

// undone takes back what a restore has made outside of the data folder, also when it
// was given up, and says what is left.
func undone(ctx context.Context, failed error, undo []func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
	defer cancel()
	for _, do := range slices.Backward(undo) {
		if err := do(ctx); err != nil {
			failed = errors.Join(failed, fmt.Errorf("what was brought back is left, empty it before the next try: %w", err))
		}
	}
	return failed
}

// log is where the log is brought back to.
func (c *RestoreCmd) log(data string) eventlog.Config {
	return eventlog.Config{Dir: filepath.Join(data, "log"), URL: c.NATS, Replicas: c.Replicas, Now: clock}
}

// restoreLog also returns what takes the log back, if it is outside of the folder.
func (c *RestoreCmd) restoreLog(ctx context.Context, m *manifest, data string) (undo func(context.Context) error, err error) {
	f, err := os.Open(filepath.Join(c.From, backupLog))
	if err != nil {
		return nil, fmt.Errorf("restore the log: %w", err)
	}
	defer func() { _ = f.Close() }() // Only read.
	to := c.log(data)
	got, err := eventlog.Import(ctx, to, f)
	if err != nil {
		return nil, err
	}
	if to.URL != "" {
		undo = func(ctx context.Context) error { return eventlog.Unimport(ctx, to, got.Epoch) }
	}
	if got != m.Log {
		return undo, fmt.Errorf("restore the log: it holds %+v, the manifest says %+v", got, m.Log)
	}
	return undo, nil
}
