// Package realtime keeps the figures of running shows in memory and publishes
// one snapshot per show per second.
//
// [Realtime.Run] is one goroutine: it follows the log with its own named reader,
// folds every show that is not over, or ended less than an hour ago, with
// [analytics.Fold], and hands a snapshot of each to Config.Publish. Nothing is
// stored: the reader's checkpoint is the earliest fact a held show still needs,
// so a restart reads from there and arrives at the same figures.
//
// The dashboard is only as good as it is fresh: every snapshot says how far it
// may lag behind the facts, and whether it is provisional.
package realtime
