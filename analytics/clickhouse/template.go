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
// template, so that the same release has the same sums on one node and on a cluster.
type statement struct {
	version string // file name without .sql
	number  uint32 // from 1
	sql     string
	sum     string
}

// window is how many inserts every table remembers. At eight inserts a second
// it lasts three and a half hours: a range in flight ages only by other inserts.
const window = 100_000

// render fills in what differs between one node and a cluster. The files are
// read in the order of their names; sections of a file are parted by ";;".
func render(files fs.FS, cluster string) ([]statement, error) {
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
			sql, err := renderOne(section, cluster)
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
func renderOne(section, cluster string) (string, error) {
	funcs := template.FuncMap{
		"engine": func(name string) string {
			if cluster == "" {
				return name
			}
			return "Replicated" + name + "('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')"
		},
		"onCluster": func() string {
			if cluster == "" {
				return ""
			}
			return "ON CLUSTER '" + cluster + "'"
		},
		"dedup": func() string {
			if cluster == "" {
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
