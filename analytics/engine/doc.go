// Package engine runs ClickHouse beside the program without a server to
// install: a child process, which is our own binary started again with a hidden
// sub-command, loads libchdb (the whole of ClickHouse as a library) and listens
// on two loopback ports, one for the native protocol and one for HTTP. The rest
// of the program talks to it over the wire, exactly as it would to a cluster.
//
// It is a child process so that a crash of the engine never takes the gateway
// with it. [Engine.Run] starts it again on the same data, ports and password.
// The parent holds the write end of the child's standard input; when it closes
// that pipe, or dies, the child reads end of file and shuts down cleanly.
//
// Several engines of one machine can be the shards of a cluster, see [Cluster].
//
// Start with [Start]; the child's side is [ChildMain], which the program's main
// function must call for the sub-command named in [Config.Exec].
package engine
