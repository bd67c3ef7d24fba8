package engine

import (
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Database is the database that [Engine.URL] names. The migrator of package
// clickhouse makes it.
const Database = "showrunner"

// user is the one account that can log in over the network.
const user = "showrunner"

const (
	// defaultMemory bounds the engine on a machine that also runs the gateway.
	defaultMemory = 2 << 30
	// leastMemory is what the engine needs to start and to merge: some 400 MB
	// are resident at rest, most of it the mapped library.
	leastMemory = 768 << 20
	// startPatience is how long the first start may take: a cold page cache
	// makes loading half a gigabyte slow, and a previous engine on the same data
	// may need a few seconds to let go of it.
	startPatience = 60 * time.Second
	// closePatience is how long a clean shutdown may take before a kill.
	closePatience = 5 * time.Second
)

// Config says where the engine lives and how big it may grow.
type Config struct {
	// Dir holds data, configuration and log; it is created if needed. Only one
	// engine can run on it at a time.
	Dir string
	// LibraryPath is a libchdb.so, or a clickhouse executable; see [FindLibrary].
	// Empty: [FindLibrary] is asked.
	LibraryPath string
	// MaxMemory bounds the engine, in bytes; 0 is 2 GiB. One query may take half.
	MaxMemory int64
	// Exec is the command that runs [ChildMain]: the program and its hidden
	// sub-command, to which the child's arguments are appended.
	Exec []string
	// Patience is how long a child may live without answering before it is
	// killed and started again; 0 is a minute.
	Patience time.Duration
	// Cluster, if set, makes the engine one shard of a cluster on this machine.
	Cluster *Cluster
	// Env is added to the child's environment, "KEY=value".
	Env []string

	Now        func() time.Time // the clock
	Logger     *slog.Logger     // nil: discard
	Registerer prometheus.Registerer
}

func (c *Config) complete() error {
	if c.Dir == "" {
		return errors.New("engine: Dir is empty")
	}
	if len(c.Exec) == 0 {
		return errors.New("engine: Exec is empty: the engine needs a command to run as its child")
	}
	if c.MaxMemory == 0 {
		c.MaxMemory = defaultMemory
	}
	if c.Patience <= 0 {
		c.Patience = time.Minute
	}
	if c.MaxMemory < leastMemory {
		return errors.New("engine: MaxMemory is below 768 MiB, which the engine needs to start")
	}
	if err := c.Cluster.check(); err != nil {
		return err
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		return errors.New("engine: Now is nil")
	}
	if c.LibraryPath == "" {
		path, err := FindLibrary()
		if err != nil {
			return err
		}
		c.LibraryPath = path
	}
	if _, err := os.Stat(c.LibraryPath); err != nil {
		return errors.New("engine: no library at " + c.LibraryPath)
	}
	return nil
}
