package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"showrunner/analytics/clickhouse"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

// BackupCmd copies everything a server keeps into one folder, while it runs.
type BackupCmd struct {
	Data        string `default:"./data" type:"path" help:"Data folder of the server; one is started for the purpose when none runs."`
	To          string `required:"" type:"path" help:"Folder of the backup on the server's machine, which must not be there yet."`
	WithoutKeys bool   `help:"Leave the signing keys out: every token is void after a restore then."`
	By          string `help:"Who does it, for the record; the user of this system when left out."`
}

// backupRequest is what the server is asked for.
type backupRequest struct {
	To          string `json:"to"`
	WithoutKeys bool   `json:"without_keys"`
	By          string `json:"by"`
}

// Execute asks the server and tells what the backup holds.
func (c *BackupCmd) Execute(ctx context.Context, stdout, stderr io.Writer) error {
	if c.By == "" {
		me, err := user.Current()
		if err != nil {
			return fmt.Errorf("%w: --by is needed: %w", errUsage, err)
		}
		c.By = me.Username
	}
	var m manifest
	in := backupRequest{To: c.To, WithoutKeys: c.WithoutKeys, By: c.By}
	err := tellServer(ctx, c.Data, "/backup", &in, &m)
	if errors.Is(err, errNoServer) {
		if err = whole(c.Data); err == nil {
			err = tellOrStart(ctx, c.Data, "/backup", &in, &m, stderr)
		}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: %d files, %d bytes; the log has %d messages from %d to %d, ClickHouse all before %d\n",
		c.To, len(m.Files), m.bytes(), m.Log.Messages, m.Log.First, m.Log.Next-1, m.Sink.Seq)
	return err
}

// errElsewhere refuses to start a server that would find nothing, and copy that.
var errElsewhere error = live.Conflict("data_elsewhere", "no server runs, and not everything is in its data folder: start it with its flags and make the backup then")

// whole refuses a data folder of a server whose database, log or ClickHouse is not
// in it: with which flags it is started is not written down there.
func whole(data string) error {
	for _, part := range []string{"showrunner.db", "log", "clickhouse"} {
		if _, err := os.Stat(filepath.Join(data, part)); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s has no %s: %w", data, part, errElsewhere)
		} else if err != nil {
			return fmt.Errorf("look into the data folder: %w", err)
		}
	}
	return nil
}

// Names of the parts of a backup.
const (
	backupStore      = "store"
	backupLog        = "log"
	backupClickHouse = "clickhouse"
	backupKeys       = "keys"
)

// auditBackup is the action in the record.
const auditBackup = "backup.make"

// backupWithin bounds a backup.
const backupWithin = 6 * time.Hour

// readerBackup keeps the log from being trimmed while it is copied.
const readerBackup = "backup"

// backup copies ClickHouse, then the database, then the log, so that each is of a
// later instant than the one before; and the log without what it took over from
// the database since that was copied. So nothing is in one that the next does not
// know: brought back, the database sends to the log what it had not sent, and the
// log to ClickHouse what that does not have. ClickHouse is copied between two
// ranges of the sink, and nobody is forgotten meanwhile.
func (s *server) backup(ctx context.Context, in *backupRequest) (_ *manifest, err error) {
	ctx, cancel := context.WithTimeout(ctx, backupWithin)
	defer cancel()
	if !s.copying.TryLock() {
		return nil, live.Conflict("backup_runs", "a backup is being made already")
	}
	defer s.copying.Unlock()
	// What is past its retention is looked for at each start, and a server is started
	// for a backup where none runs: that is no backup, and is waited for.
	s.backing.Lock()
	defer s.backing.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("wait until nobody is forgotten: %w", err)
	}
	if s.copies() == "" {
		return nil, live.Conflict("backup_external_clickhouse", "ClickHouse is not the embedded one and --clickhouse-copies names no folder that both write to: name one, or copy it by its own BACKUP and the rest as docs/runbook.md says")
	}
	sink := s.ownSink(ctx)
	if sink == nil {
		return nil, live.Conflict("no_sink", "another server writes to ClickHouse: the backup is its part")
	}
	if !filepath.IsAbs(in.To) {
		return nil, live.Invalid("invalid_field", "to", "must be an absolute path")
	}
	if err := os.Mkdir(in.To, 0o700); err != nil {
		return nil, live.Conflict("backup_exists", "the folder cannot be made: %v", err)
	}
	row := store.AuditRow{Actor: live.Actor{ID: in.By, Role: live.RoleAdmin}, Action: auditBackup}
	if err := s.store.AddAudit(ctx, row); err != nil {
		return nil, fmt.Errorf("write the record: %w", err)
	}
	m, err := s.backupInto(ctx, sink, in)
	if err != nil {
		row.Code = "not_made"
		return nil, errors.Join(err, s.store.AddAudit(context.WithoutCancel(ctx), row))
	}
	return m, nil
}

func (s *server) backupInto(ctx context.Context, sink *clickhouse.Sink, in *backupRequest) (*manifest, error) {
	m := &manifest{Format: backupFormat, Version: backupVersion, Program: version(), MadeAt: s.now(), Keys: !in.WithoutKeys}
	if err := s.backupFacts(ctx, sink, in.To, m); err != nil {
		return nil, err
	}
	var err error
	if m.Store, err = s.store.Save(ctx, filepath.Join(in.To, backupStore)); err != nil {
		return nil, err
	}
	if err := s.backupLog(ctx, in.To, m); err != nil {
		return nil, err
	}
	if m.Keys {
		from := s.cfg.Keys
		if from == "" {
			from = filepath.Join(s.cfg.Data, backupKeys)
		}
		if err := copyTree(filepath.Join(in.To, backupKeys), from); err != nil {
			return nil, fmt.Errorf("copy the keys: %w", err)
		}
	}
	if err := m.write(in.To); err != nil {
		return nil, err
	}
	return m, nil
}

// copies is the folder that ClickHouse copies to and this program reads.
func (s *server) copies() string {
	if s.engine != nil {
		return s.engine.Copies()
	}
	return s.cfg.ClickHouseCopies
}

// backupCopy is the name of a copy of ClickHouse in the folder for them, while it is
// carried to the backup or from one.
const backupCopy = "backup"

// backupFacts copies ClickHouse while the sink rests. Erasing holds still until
// the database was copied as well: it changes both.
func (s *server) backupFacts(ctx context.Context, sink *clickhouse.Sink, to string, m *manifest) error {
	made := filepath.Join(s.copies(), backupCopy)
	if err := os.RemoveAll(made); err != nil {
		return fmt.Errorf("remove what an earlier backup left: %w", err)
	}
	defer func() { _ = os.RemoveAll(made) }() // The next one removes it as well.
	err := sink.AtRest(ctx, func(ctx context.Context, at live.Position) (err error) {
		m.Sink = at
		m.ClickHouse, err = s.db.Save(ctx, clickhouse.FilePlace(made))
		return err
	})
	if err != nil {
		return err
	}
	if err := copyTree(filepath.Join(to, backupClickHouse), made); err != nil {
		return fmt.Errorf("copy ClickHouse: %w", err)
	}
	return nil
}

func (s *server) backupLog(ctx context.Context, to string, m *manifest) (err error) {
	f, err := os.OpenFile(filepath.Join(to, backupLog), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("copy the log: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	m.Log, err = s.eventlog.Export(ctx, f, eventlog.ExportPlan{
		Reader: s.readerName(readerBackup), Through: m.Store.Outbox, Set: map[string]live.Position{readerSink: m.Sink},
	})
	if err != nil {
		return err
	}
	if m.Log.Next < m.Sink.Seq {
		return fmt.Errorf("copy the log: it ends at %d, and ClickHouse has all before %d", m.Log.Next, m.Sink.Seq)
	}
	return f.Sync()
}
