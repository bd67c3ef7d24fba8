package engine

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// Cluster is engines of this machine that know each other, each of which is a
// shard of one replica: its configuration then has them as remote servers, with
// the macros shard and replica. What the library leaves out stays out of reach,
// so there are no replicas and there is no ON CLUSTER.
//
// Ports and password must be known before the first of them starts, and stay the
// same when one is started again.
type Cluster struct {
	Name     string // letters, digits and _
	Password string // of the one account, the same on every shard
	Shards   []Shard
	Self     int // which of Shards the engine is
	// Copies, if set, is a folder that every shard may BACKUP to and RESTORE from, by
	// its full path, besides the one of its own.
	Copies string
}

// Shard is where an engine of a cluster listens, on loopback.
type Shard struct {
	TCPPort  int
	HTTPPort int
}

var clusterName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

// NewCluster picks free ports and a password for so many shards.
func NewCluster(name string, shards int) (Cluster, error) {
	c := Cluster{Name: name, Password: newPassword()}
	taken := map[int]bool{}
	for range shards {
		var two [2]int
		for i := range two {
			port, err := freePort(taken)
			if err != nil {
				return Cluster{}, err
			}
			two[i] = port
		}
		c.Shards = append(c.Shards, Shard{TCPPort: two[0], HTTPPort: two[1]})
	}
	return c, c.check()
}

// The ports of clusters lie below those that systems give to outgoing
// connections: one of those must not be in the way when an engine comes back.
const (
	firstPort = 20_000
	manyPorts = 12_000
)

func freePort(taken map[int]bool) (int, error) {
	for range 100 {
		n, err := rand.Int(rand.Reader, big.NewInt(manyPorts))
		if err != nil {
			return 0, fmt.Errorf("engine: draw a port: %w", err)
		}
		port := firstPort + int(n.Int64())
		if taken[port] {
			continue
		}
		l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue // Somebody has it.
		}
		if err := l.Close(); err != nil {
			return 0, fmt.Errorf("engine: give a port back: %w", err)
		}
		taken[port] = true
		return port, nil
	}
	return 0, errors.New("engine: no port is free for a cluster")
}

// At is the cluster as one of its shards has it.
func (c Cluster) At(self int) *Cluster {
	c.Self = self
	return &c
}

func (c *Cluster) check() error {
	switch {
	case c == nil:
		return nil
	case !clusterName.MatchString(c.Name):
		return fmt.Errorf("engine: %q is no name of a cluster", c.Name)
	case c.Password == "":
		return errors.New("engine: the cluster has no password")
	case c.Self < 0 || c.Self >= len(c.Shards):
		return fmt.Errorf("engine: the cluster of %d has no shard %d", len(c.Shards), c.Self)
	}
	return nil
}

// copies is the folder for copies that all shards have, if there is one.
func (c *Cluster) copies() string {
	if c == nil {
		return ""
	}
	return c.Copies
}

// xml is what the cluster adds to the configuration.
func (c *Cluster) xml() string {
	if c == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  <remote_servers><%s>\n", c.Name)
	for _, s := range c.Shards {
		fmt.Fprintf(&b, "    <shard><replica><host>127.0.0.1</host><port>%d</port><user>%s</user><password>%s</password></replica></shard>\n", s.TCPPort, user, escape(c.Password))
	}
	fmt.Fprintf(&b, "  </%s></remote_servers>\n  <macros><shard>%d</shard><replica>1</replica></macros>\n", c.Name, c.Self+1)
	return b.String()
}
