package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"showrunner/analytics/engine"
)

// clustered, if set, is where open makes its databases: the tests of figures are
// run on it a second time.
var clustered *duo

const clusterOfTests = "shards_of_tests"

// duo is two engines that are the two shards of a cluster, one replica each.
type duo struct {
	t       *testing.T
	dir     string
	exe     string
	cluster engine.Cluster
	shards  [2]*engine.Engine
	ended   [2]chan error
	stop    [2]context.CancelFunc
}

func startDuo(t *testing.T) *duo {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d := &duo{t: t, dir: t.TempDir(), exe: exe}
	if d.cluster, err = engine.NewCluster(clusterOfTests, len(d.shards)); err != nil {
		t.Fatal(err)
	}
	d.cluster.Copies = filepath.Join(d.dir, "copies")
	for i := range d.shards {
		d.start(i)
	}
	t.Cleanup(func() {
		for i := range d.shards {
			if d.shards[i] != nil {
				d.away(i)
			}
		}
	})
	return d
}

// start starts a shard, or brings it back with what it had.
func (d *duo) start(i int) {
	d.t.Helper()
	e, err := engine.Start(context.WithoutCancel(d.t.Context()), engine.Config{
		Dir: filepath.Join(d.dir, fmt.Sprint("shard", i+1)), Exec: []string{d.exe, childFlag}, Now: time.Now, Cluster: d.cluster.At(i),
	})
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(d.t.Context()))
	d.shards[i], d.stop[i], d.ended[i] = e, stop, make(chan error, 1)
	go func() { d.ended[i] <- e.Run(ctx) }()
}

// away stops a shard.
func (d *duo) away(i int) {
	d.t.Helper()
	d.stop[i]()
	if err := <-d.ended[i]; err != nil {
		d.t.Error(err)
	}
	if err := d.shards[i].Close(context.WithoutCancel(d.t.Context())); err != nil {
		d.t.Error(err)
	}
	d.shards[i] = nil
}

// kill ends a shard as kill -9 does; it is started again at once.
func (d *duo) kill(i int) error { return syscall.Kill(d.shards[i].Pid(), syscall.SIGKILL) }

// killed kills shards and waits until others run in their place.
func (d *duo) killed(t *testing.T, which ...int) {
	t.Helper()
	before := map[int]int{}
	for _, i := range which {
		before[i] = d.shards[i].Pid()
		if err := d.kill(i); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
	for i, pid := range before {
		for end := time.Now().Add(time.Minute); d.shards[i].Pid() == pid; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("a shard that was killed is not started again")
			}
		}
	}
}

// ready waits until both answer.
func (d *duo) ready(t *testing.T) {
	t.Helper()
	for _, e := range d.shards {
		for end := time.Now().Add(time.Minute); e.Ready(t.Context()) != nil; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("a shard does not come back")
			}
		}
	}
}

// address names a database, by the shard first with the other in its place.
func (d *duo) address(first int, database string) string {
	ports := [2]int{d.cluster.Shards[0].TCPPort, d.cluster.Shards[1].TCPPort}
	u := url.URL{
		Scheme: "clickhouse", User: url.UserPassword("showrunner", d.cluster.Password), Host: fmt.Sprint("127.0.0.1:", ports[first]),
		Path: "/" + database, RawQuery: fmt.Sprint("alt_hosts=127.0.0.1:", ports[1-first]),
	}
	return u.String()
}

// connect is a DB of the cluster.
func (d *duo) connect(t *testing.T, database string) *DB {
	t.Helper()
	return connectTo(t, Config{URL: d.address(0, database), Cluster: clusterOfTests, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
}

// migrated is a database of its own on the cluster.
func (d *duo) migrated(t *testing.T) *DB {
	t.Helper()
	db := d.connect(t, fmt.Sprintf("t%d", databases.Add(1)))
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// parts are the connections to the shards of a DB.
func (d *duo) parts(t *testing.T, db *DB) []*DB {
	t.Helper()
	shards, err := db.shards(t.Context())
	if err != nil || len(shards) != len(d.shards) {
		t.Fatalf("%d shards, %v", len(shards), err)
	}
	return shards
}

func plainOf(t *testing.T, e *engine.Engine, database string) *DB {
	t.Helper()
	return connect(t, strings.TrimSuffix(e.URL(), engine.Database)+database)
}
