// Package clickhouse keeps the facts of the log in ClickHouse and answers
// questions about them exactly.
//
// There are two tables of facts: events, one row for each event of the log, and
// order_deltas, one row for each signed change of an order line. All other
// tables are rollups that views fill from these two; nothing is ever updated.
//
//   - [DB] is the connection, [DB.Migrate] brings the schema up to date.
//   - [Sink] follows the log and inserts every event exactly once, in the facts
//     and in every rollup, whatever fails on the way.
//   - [DB.Figures] counts a show as of any instant, from the facts.
//   - [DB.Audit] compares facts and rollups; it must find nothing.
//
// Exactly once works like this. The sink cuts the log into ranges and writes
// each range down before it first sends it, so that after a crash it sends the
// same range and no other. Every insert carries a token made of the range, and
// every table a row can reach, through views too, remembers the last 100,000
// tokens: what arrived before is dropped, what did not is taken. So sending
// again until it succeeds is always right, and giving up never is.
//
// On a cluster ([Config].Cluster) every merchant is on one shard with all there is
// about them, in tables and views that are those of a server on its own. A DB of
// the cluster has one for each shard: a question goes to that of its merchant, an
// insert is divided over them under one token, and what is about everything is done
// on each.
package clickhouse
