package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Files right under migrations are what both databases understand; those in a
// folder of a database's name are what only that one does.
//
//go:embed migrations
var migrations embed.FS

// migrate brings the schema up to date. Of stores that share a database and
// start together, one does it and the others wait.
func (s *Store) migrate(ctx context.Context) error {
	files, err := migrationFiles(s.dialect)
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithAllowOutofOrder(true)}
	if s.dialect.schema == goose.DialectPostgres {
		l, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return fmt.Errorf("lock migrations: %w", err)
		}
		options = append(options, goose.WithSessionLocker(l))
	}
	p, err := goose.NewProvider(s.dialect.schema, s.writes, files, options...)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// migrationFiles are those of a database.
func migrationFiles(d dialect) (files union, err error) {
	for _, dir := range []string{"migrations", d.own} {
		sub, err := fs.Sub(migrations, dir)
		if err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
		files = append(files, sub)
	}
	return files, nil
}

// union is folders seen as one.
type union []fs.FS

// Open opens a file of the first folder that has it.
func (u union) Open(name string) (fs.File, error) {
	for _, dir := range u {
		f, err := dir.Open(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// Glob lists the matching names of all folders.
func (u union) Glob(pattern string) ([]string, error) {
	var all []string
	for _, dir := range u {
		names, err := fs.Glob(dir, pattern)
		if err != nil {
			return nil, err
		}
		all = append(all, names...)
	}
	slices.Sort(all)
	return all, nil
}
