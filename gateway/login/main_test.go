package login

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"showrunner/live/store/pgtest"
)

// postgresServer is set while the tests run on PostgreSQL.
var postgresServer *pgtest.Server

// TestMain runs every test twice, on SQLite and on PostgreSQL: what is known of a
// login is SQL. A machine without PostgreSQL says so and runs them once. No
// goroutine may be left but the clock of the HTTP library, which it never stops.
func TestMain(m *testing.M) {
	fmt.Println("on SQLite:")
	code := max(m.Run(), pgtest.RunOn(&postgresServer, m.Run, false))
	if err := goleak.Find(goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1")); code == 0 && err != nil {
		fmt.Println("FAIL:", err)
		code = 1
	}
	os.Exit(code)
}
