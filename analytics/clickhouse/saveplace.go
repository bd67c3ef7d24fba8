package clickhouse

import (
	"fmt"
	"path"
	"strings"
)

// Place is where ClickHouse keeps a copy: a folder of its own machine.
type Place struct{ path string }

// FilePlace is a folder below the one that the server allows for copies, by its name
// there or by its full path.
func FilePlace(path string) Place { return Place{path} }

// shard is where a shard of a cluster keeps its part, from 1.
func (p Place) shard(n int) Place { return Place{path.Join(p.path, fmt.Sprintf("shard-%d", n))} }

// sql is the place as a statement has it.
func (p Place) sql() string {
	return `File('` + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(p.path) + `')`
}
