package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/go-faster/city"

	"showrunner/live"
)

// cluster is the servers of ClickHouse over which the merchants are spread. A
// merchant is on one shard with everything there is about them, so a question
// about a merchant is one to that shard alone, in the same words as to a server
// on its own: no join, no count of persons and no deduplication ever spans two.
type cluster struct {
	name   string
	hosts  []host
	slots  []int // of the remainder of a merchant's hash: the place in shards
	shards []*DB
	// front has the tables of all shards as one, for the few questions that are
	// about no merchant.
	front *DB
}

// host is one server of a cluster.
type host struct {
	shard, replica, weight uint32
	address                string
}

// shard says which part of a cluster a DB is: the tables of one of them, or, with
// number 0, those of all.
type shard struct {
	number, of uint32
	layout     string // as it is noted on the shard
	replicated bool
	replica    uint32 // of a connection that is to one server, from 1

	mu    sync.Mutex
	known bool // that the shard is the one it should be
}

// shardSuffix is put behind the name of the database for the tables of a shard.
const shardSuffix = "_shard"

// slotOf is where ClickHouse itself would put rows of a merchant in a Distributed
// table with the sharding key cityHash64(merchant_id).
func slotOf(m live.MerchantID, slots int) int {
	return int(city.CH64([]byte(m)) % uint64(slots))
}

// home is the shard of a merchant.
func (c *cluster) home(m live.MerchantID) *DB { return c.shards[c.slots[slotOf(m, len(c.slots))]] }

// home is the database in which a merchant is: db itself unless it is a cluster.
func (db *DB) home(ctx context.Context, m live.MerchantID) (*DB, error) {
	if db.cfg.Cluster == "" {
		return db, nil
	}
	c, err := db.topology(ctx)
	if err != nil {
		return nil, err
	}
	return c.home(m), nil
}

// shards are the databases that have rows of their own: db itself unless it is a
// cluster.
func (db *DB) shards(ctx context.Context) ([]*DB, error) {
	if db.cfg.Cluster == "" {
		return []*DB{db}, nil
	}
	c, err := db.topology(ctx)
	if err != nil {
		return nil, err
	}
	return c.shards, nil
}

// topology is the cluster as the server that the URL names has it. It is asked for
// once: a cluster that changes is another one.
func (db *DB) topology(ctx context.Context) (*cluster, error) {
	db.finding.Lock()
	defer db.finding.Unlock()
	if db.found != nil {
		return db.found, nil
	}
	hosts, err := db.hosts(ctx)
	if err != nil {
		return nil, err
	}
	c, err := db.lay(hosts)
	if err != nil {
		return nil, err
	}
	db.found = c
	return c, nil
}

// hosts are the servers of the cluster, by shard and replica.
func (db *DB) hosts(ctx context.Context) (out []host, err error) {
	rows, err := db.conn.Query(ctx, `SELECT shard_num, replica_num, shard_weight, host_name, port FROM system.clusters WHERE cluster = ? ORDER BY shard_num, replica_num`, db.cfg.Cluster)
	if err != nil {
		return nil, away(ctx, fmt.Errorf("ask for the cluster %s: %w", db.cfg.Cluster, err), "no server that the address names answers")
	}
	defer func() { _ = rows.Close() }() // Err below tells what went wrong.
	for rows.Next() {
		var h host
		var name string
		var port uint16
		if err := rows.Scan(&h.shard, &h.replica, &h.weight, &name, &port); err != nil {
			return nil, fmt.Errorf("ask for the cluster %s: %w", db.cfg.Cluster, err)
		}
		h.address = net.JoinHostPort(name, strconv.Itoa(int(port)))
		out = append(out, h)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("ask for the cluster %s: %w", db.cfg.Cluster, err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: the server knows none of the name %q", ErrNoCluster, db.cfg.Cluster)
	}
	return out, nil
}

// ErrNoCluster says that no server has a cluster of that name in its
// remote_servers.
var ErrNoCluster error = live.Conflict("no_cluster", "there is no such cluster of ClickHouse")

// lay opens the connections of a cluster.
func (db *DB) lay(hosts []host) (*cluster, error) {
	c := &cluster{name: db.cfg.Cluster, hosts: hosts}
	var addresses [][]string
	var weights []string
	replicated := false
	for _, h := range hosts {
		if h.replica > 1 {
			replicated = true
			addresses[len(addresses)-1] = append(addresses[len(addresses)-1], h.address)
			continue
		}
		for range h.weight {
			c.slots = append(c.slots, len(addresses))
		}
		addresses = append(addresses, []string{h.address})
		weights = append(weights, strconv.Itoa(int(h.weight)))
	}
	if len(c.slots) == 0 {
		return nil, fmt.Errorf("%w: all shards of %q have the weight 0", ErrNoCluster, db.cfg.Cluster)
	}
	for i, at := range addresses {
		s := &shard{number: uint32(i + 1), of: uint32(len(addresses)), replicated: replicated}
		s.layout = fmt.Sprintf("shard %d of %d, weights %s", s.number, s.of, strings.Join(weights, " "))
		on, err := db.member(at, db.database+shardSuffix, s)
		if err != nil {
			return nil, err
		}
		c.shards = append(c.shards, on)
	}
	// Whichever server answers puts the answers of all together.
	front, err := db.member(slices.Concat(addresses...), db.database, &shard{of: uint32(len(addresses)), known: true})
	c.front = front
	return c, err
}

// member is a DB of servers of the cluster, the first of them that answers, with
// the account of the address.
func (db *DB) member(addresses []string, database string, s *shard) (*DB, error) {
	options := *db.options
	options.Protocol, options.Addr, options.ConnOpenStrategy = ch.Native, addresses, ch.ConnOpenInOrder
	options.Auth.Database = database
	conn, patient, err := pools(&options)
	if err != nil {
		return nil, err
	}
	cfg := db.cfg
	cfg.Cluster = ""
	return &DB{cfg: cfg, database: database, options: &options, conn: conn, patient: patient, near: near(addresses), native: &native{options: &options, near: near(addresses)}, queries: db.queries, refused: db.refused, shard: s}, nil
}

// close ends the connections of a cluster.
func (c *cluster) close() error {
	err := c.front.Close()
	for _, s := range c.shards {
		err = errors.Join(err, s.Close())
	}
	return err
}

// Codes of exceptions by which a server says that it does not reach another one:
// SOCKET_TIMEOUT, NETWORK_ERROR and ALL_CONNECTION_TRIES_FAILED.
var codesAway = []int32{209, 210, 279}

// away says of an error of the network that a part of the cluster does not answer.
// No figure is ever made of what is left.
func away(ctx context.Context, err error, what string) error {
	if err == nil {
		return nil
	}
	var network net.Error
	isNetwork := errors.As(err, &network)
	// Who gives up closes connections. Of several questions at once the first that
	// fails ends the others, which may have met the same shard then.
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, net.ErrClosed) || isNetwork && network.Timeout()) {
		return err
	}
	var told *live.Error
	var ex *ch.Exception
	switch {
	case errors.As(err, &told):
		return err
	case errors.As(err, &ex):
		if !slices.Contains(codesAway, ex.Code) {
			return err
		}
	case !isNetwork && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	}
	return fmt.Errorf("%w: %w", live.Unavailable("shard_unavailable", time.Second, "%s; merchants whose shard answers have their figures", what), err)
}

// away is [away] for a part of a cluster, and the error itself for a server on
// its own.
func (db *DB) away(ctx context.Context, err error) error {
	switch {
	case db.shard == nil:
		return err
	case db.shard.number == 0:
		return away(ctx, err, "a shard of ClickHouse does not answer, and this is about all of them")
	}
	return away(ctx, err, fmt.Sprintf("shard %d of %d of ClickHouse, which has this merchant, does not answer", db.shard.number, db.shard.of))
}
