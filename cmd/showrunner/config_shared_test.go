package main

import (
	"strings"
	"testing"
)

// TestSharedFlags holds the flags of servers that share their engines.
func TestSharedFlags(t *testing.T) {
	const nats, clickhouse, database = "nats://u:secret@h:4222", "clickhouse://u:secret@h:9000/d", "postgres://u:secret@h:5432/d"
	for name, tc := range map[string]struct {
		change func(*ServeCmd)
		fault  string // flag; empty: none
	}{
		"alone":                              {func(*ServeCmd) {}, ""},
		"PostgreSQL alone":                   {func(c *ServeCmd) { c.Database = database }, ""},
		"PostgreSQL by a socket":             {func(c *ServeCmd) { c.Database = "postgresql:///d?host=/run/postgresql" }, ""},
		"another database":                   {func(c *ServeCmd) { c.Database = "mysql://u:secret@h/d" }, "--database"},
		"one of two":                         {func(c *ServeCmd) { c.Database, c.NATS, c.ClickHouse, c.Node = database, nats, clickhouse, "a" }, ""},
		"one of two with figures of its own": {func(c *ServeCmd) { c.Database, c.NATS, c.Node = database, nats, "a" }, "--node"},
		"the other": {func(c *ServeCmd) {
			c.Database, c.NATS, c.ClickHouse, c.Node, c.Sink = database, nats, clickhouse, "b", "off"
		}, ""},
		"a name for nothing":       {func(c *ServeCmd) { c.Database, c.Node = database, "a" }, "--node"},
		"a name of another kind":   {func(c *ServeCmd) { c.Database, c.NATS, c.Node = database, nats, "a.b" }, "--node"},
		"nobody writes ClickHouse": {func(c *ServeCmd) { c.Sink = "off" }, "--sink"},
		"over shards":              {func(c *ServeCmd) { c.ClickHouse, c.ClickHouseCluster = clickhouse, "main-2" }, ""},
		"over shards of nothing":   {func(c *ServeCmd) { c.ClickHouseCluster = "main" }, "--clickhouse-cluster"},
		"over shards of no name":   {func(c *ServeCmd) { c.ClickHouse, c.ClickHouseCluster = clickhouse, "a'b" }, "--clickhouse-cluster"},
		"copied apart": {func(c *ServeCmd) {
			c.ClickHouse, c.ClickHouseCluster, c.ClickHouseCopies = clickhouse, "main", "/mnt/copies"
		}, ""},
		"copied to somewhere":   {func(c *ServeCmd) { c.ClickHouse, c.ClickHouseCopies = clickhouse, "copies" }, "--clickhouse-copies"},
		"copied by nobody":      {func(c *ServeCmd) { c.ClickHouseCopies = "/mnt/copies" }, "--clickhouse-copies"},
		"behind proxies":        {func(c *ServeCmd) { c.TrustedProxy = []string{"10.0.0.0/8", "::1"} }, ""},
		"behind everybody":      {func(c *ServeCmd) { c.TrustedProxy = []string{"10.0.0.0/8", "0.0.0.0/0"} }, "--trusted-proxy"},
		"behind a proxy's name": {func(c *ServeCmd) { c.TrustedProxy = []string{"proxy.example"} }, "--trusted-proxy"},
	} {
		c := newServe()
		tc.change(c)
		err := c.validate()
		switch {
		case tc.fault == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tc.fault != "" && (err == nil || !strings.Contains(err.Error(), tc.fault+":") || strings.Contains(err.Error(), "secret")):
			t.Errorf("%s: error = %v, want a fault of %s without the password", name, err, tc.fault)
		}
	}
}

// TestReaderNames holds names that must never change, and those of one of
// several servers.
func TestReaderNames(t *testing.T) {
	s := &server{cfg: newServe()}
	if got := s.readerName(readerIngest); got != "ingest" {
		t.Errorf("alone: %s", got)
	}
	s.cfg.Node = "b"
	if got := s.readerName(readerRealtime); got != "realtime-b" {
		t.Errorf("one of several: %s", got)
	}
}
