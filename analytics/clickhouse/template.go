package clickhouse

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/template"
)

//go:embed migrations/*.sql
var migrations embed.FS

// statement is one statement of one migration, ready to run. Its sum is of the
// template, so that the same release has the same sums with replicas and without.
type statement struct {
	version string // file name without .sql
	number  uint32 // from 1
	sql     string
	sum     string
}

// window is how many inserts every table remembers. At eight inserts a second
// it lasts three and a half hours: a range in flight ages only by other inserts.
const window = 100_000

// render fills in what differs between shards of one replica, such as a server on
// its own, and of several. The files are read in the order of their names; sections
// of a file are parted by ";;".
func render(files fs.FS, replicated bool) ([]statement, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	slices.Sort(names)
	var out []statement
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		version := strings.TrimSuffix(strings.TrimPrefix(name, "migrations/"), ".sql")
		for i, section := range strings.Split(string(text), "\n;;\n") {
			sql, err := renderOne(section, replicated)
			if err != nil {
				return nil, fmt.Errorf("migration %s: %w", version, err)
			}
			sum := sha256.Sum256([]byte(strings.TrimSpace(section)))
			out = append(out, statement{
				version: version, number: uint32(i + 1), sql: sql, sum: hex.EncodeToString(sum[:]),
			})
		}
	}
	return out, nil
}

// renderOne fills in one statement.
func renderOne(section string, replicated bool) (string, error) {
	funcs := template.FuncMap{
		"engine": func(name string) string {
			if !replicated {
				return name
			}
			return "Replicated" + name + "('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')"
		},
		// The sums of applied statements are of the templates, which have it: every
		// server is migrated by a connection of its own.
		"onCluster": func() string { return "" },
		"dedup": func() string {
			if !replicated {
				return fmt.Sprintf("non_replicated_deduplication_window = %d", window)
			}
			return fmt.Sprintf("replicated_deduplication_window = %d, replicated_deduplication_window_seconds = 604800", window)
		},
	}
	t, err := template.New("statement").Funcs(funcs).Parse(section)
	if err != nil {
		return "", fmt.Errorf("parse: %w", err)
	}
	var sql bytes.Buffer
	if err := t.Execute(&sql, nil); err != nil {
		return "", fmt.Errorf("render: %w", err)
	}
	return strings.TrimSpace(sql.String()), nil
}
