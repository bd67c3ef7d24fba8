package plan

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"showrunner/live/store/pgtest"
)

// postgresServer is set while the tests run on PostgreSQL.
var postgresServer *pgtest.Server

// TestMain runs every test twice, on SQLite and on PostgreSQL. A machine without
// PostgreSQL says so and runs them once.
func TestMain(m *testing.M) {
	fmt.Println("on SQLite:")
	code := max(m.Run(), pgtest.RunOn(&postgresServer, m.Run, false))
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Println("FAIL:", err)
		code = 1
	}
	os.Exit(code)
}
