package delivery

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"showrunner/live/store/pgtest"
)

// TestMain runs every test twice, on SQLite and on PostgreSQL: the queue is
// SQL. A machine without PostgreSQL says so and runs them once.
func TestMain(m *testing.M) {
	if url := os.Getenv(childDatabase); url != "" {
		fmt.Fprintln(os.Stderr, sendForEver(url))
		os.Exit(1)
	}
	fmt.Println("on SQLite:")
	code := max(m.Run(), pgtest.RunOn(&postgresServer, m.Run, false))
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Println("FAIL:", err)
		code = 1
	}
	os.Exit(code)
}
