package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"

	"go.uber.org/goleak"
)

// Main is the TestMain of a package whose tests run on SQLite and then on a
// PostgreSQL of their own, if the machine has one; no goroutine may be left. It
// returns the exit code.
func Main(run func() int, server **Server) int {
	fmt.Fprintln(os.Stdout, "on SQLite:")
	code := max(run(), RunOn(server, run, false))
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stdout, "FAIL:", err)
		code = 1
	}
	return code
}

// RunOn runs the tests of a package on a PostgreSQL of its own, which stands in
// *server while they run, and returns the exit code. On a machine without one it
// says so and runs nothing, unless it is required.
func RunOn(server **Server, run func() int, required bool) (code int) {
	s, err := Start(context.Background())
	if errors.Is(err, ErrMissing) && !required {
		fmt.Fprintln(os.Stdout, "SKIPPED on PostgreSQL:", err)
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stdout, "FAIL: PostgreSQL does not start:", err)
		return 1
	}
	*server = s
	fmt.Fprintln(os.Stdout, "on PostgreSQL:")
	code = run()
	if err := s.Stop(); err != nil {
		fmt.Fprintln(os.Stdout, "FAIL: PostgreSQL does not stop:", err)
		code = 1
	}
	return code
}
