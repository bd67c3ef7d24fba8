package tracker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"showrunner/live/store/pgtest"
)

// postgresServer is set while the tests run on PostgreSQL.
var postgresServer *pgtest.Server

// TestMain runs every test twice, on SQLite and on PostgreSQL: the ladder is
// SQL. A machine without PostgreSQL says so and runs them once.
func TestMain(m *testing.M) {
	fmt.Println("on SQLite:")
	code := max(m.Run(), runOnPostgres(m))
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Println("FAIL:", err)
		code = 1
	}
	os.Exit(code)
}

func runOnPostgres(m *testing.M) (code int) {
	var err error
	postgresServer, err = pgtest.Start(context.Background())
	if errors.Is(err, pgtest.ErrMissing) {
		fmt.Println("SKIPPED on PostgreSQL:", err)
		return 0
	}
	if err != nil {
		fmt.Println("FAIL: PostgreSQL does not start:", err)
		return 1
	}
	fmt.Println("on PostgreSQL:")
	code = m.Run()
	if err := postgresServer.Stop(); err != nil {
		fmt.Println("FAIL: PostgreSQL does not stop:", err)
		code = 1
	}
	return code
}
