//go:build unix

package engine

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/ebitengine/purego"
)

// ChildMain is the child's whole program: it loads the library named by args[0]
// and runs clickhouse-local with the rest of args until its standard input ends.
// It returns the exit code. An args[0] that is an executable is run in its place.
// Call it from main, before anything else has started.
func ChildMain(args []string) int {
	if len(args) < 2 {
		fmt.Fprintln(os.Stderr, "engine child: wants a library and the arguments of clickhouse-local")
		return 2
	}
	path, args := args[0], args[1:]
	if !isLibrary(path) {
		argv := append([]string{path, "local"}, args...)
		err := syscall.Exec(path, argv, os.Environ())
		fmt.Fprintf(os.Stderr, "engine child: run %s: %v\n", path, err)
		return 1
	}
	// Signals go to the parent, which closes our input; a terminal's Ctrl-C
	// reaches the whole process group and must not cut a shutdown short.
	go outlive(os.Getppid())

	// ClickHouse keeps thread-local state and expects to own its main thread.
	runtime.LockOSThread()
	lib, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		fmt.Fprintf(os.Stderr, "engine child: load library: %v\n", err)
		return 1
	}
	var query func(argc int32, argv **byte) uintptr
	purego.RegisterLibFunc(&query, lib, "chdb_query_cmdline")

	// The library keeps pointers into argv: pin it for the life of the process.
	var pin runtime.Pinner
	defer pin.Unpin()
	argv := make([]*byte, 0, len(args)+2)
	for _, a := range append([]string{"clickhouse-local"}, args...) {
		b := append([]byte(a), 0)
		pin.Pin(&b[0])
		argv = append(argv, &b[0])
	}
	argv = append(argv, nil)
	pin.Pin(&argv[0])
	result := query(int32(len(argv)-1), &argv[0])
	runtime.KeepAlive(argv)
	if result == 0 {
		fmt.Fprintln(os.Stderr, "engine child: clickhouse-local gave no result")
		return 1
	}
	return 0
}

// outlive ends the process some seconds after its parent has gone or has asked
// for the end, should the engine not have ended by itself on end of input.
func outlive(parent int) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for os.Getppid() == parent {
		select {
		case s := <-stop:
			if s == syscall.SIGTERM {
				time.Sleep(closePatience)
				os.Exit(128 + int(syscall.SIGTERM))
			}
		case <-tick.C:
		}
	}
	time.Sleep(closePatience)
	os.Exit(128 + int(syscall.SIGTERM))
}
