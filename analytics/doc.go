// Package analytics holds the figures of a show: what is counted, how it is
// put together, and what each figure means.
//
// It is pure. Facts become [Figures] in one of two ways, and a test holds them
// equal: [Fold] adds them up one by one as the log is read, and the clickhouse
// package asks the database. From there on there is one arithmetic:
// [Reading.Values] computes every figure of the dictionary [Metrics], and the
// snapshot of the panel, the timeline, the funnel, the tables and the report
// all show those values.
//
// The sub-packages are engines around this:
//
//   - engine      runs ClickHouse as a supervised child process
//   - clickhouse  schema, sink and queries
//   - realtime    follows the log and publishes one snapshot per show per second
//   - report      prints the post-show report
package analytics
