package eventlog_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"showrunner/live"
	"showrunner/live/eventlog"
)

// A log is opened, run, written by anyone and read by name.
func Example() {
	dir, err := os.MkdirTemp("", "log")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithCancel(context.Background())
	log, err := eventlog.Open(ctx, eventlog.Config{Dir: dir, Now: time.Now})
	if err != nil {
		panic(err)
	}
	ended := make(chan error)
	go func() { ended <- log.Run(ctx) }()

	positions, err := log.Append(ctx, []live.Event{{ID: "a", Kind: live.Followed}, {ID: "b", Kind: live.Followed}})
	if err != nil {
		panic(err)
	}
	fmt.Println("durable at", positions)

	reader, err := log.Reader(ctx, "printer", live.Position{})
	if err != nil {
		panic(err)
	}
	entries, err := reader.Next(ctx, 100, time.Second)
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		fmt.Println("read", e.Event.ID)
	}
	if err := reader.Commit(ctx, reader.Position(), nil); err != nil {
		panic(err)
	}

	cancel()
	fmt.Println(<-ended, reader.Close(), log.Close())
	// Output:
	// durable at [{1 0} {1 1}]
	// read a
	// read b
	// <nil> <nil> <nil>
}
