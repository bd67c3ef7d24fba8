package incubation

import (
	"os"
	"testing"

	"showrunner/live/store/pgtest"
)

// postgresServer is set while the tests run on PostgreSQL.
var postgresServer *pgtest.Server

// TestMain runs every test twice, on SQLite and on PostgreSQL. A machine without
// PostgreSQL says so and runs them once.
func TestMain(m *testing.M) { os.Exit(pgtest.Main(m.Run, &postgresServer)) }
