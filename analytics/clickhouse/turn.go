package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// turn is the right of one program to change a schema while others wait: a
// question that runs on the server under a name, which ClickHouse runs once at a
// time. No clock and no row says who has it: it ends with the connection that
// asked, so also with a program that is killed.
//
// A program that stands still may not hold it for ever, and one that has lost it
// without knowing would run a statement late. So the question ends by itself
// after turnLasts, and no statement begins in the last half of that.
type turn struct {
	db    *DB
	began time.Time
	stop  context.CancelFunc
	lost  chan struct{} // closed when the question has ended
	conn  interface{ Close() error }
	waits func() // if set, is told each time that another has the turn
}

// turnLasts is at least twice as long as a statement may take: see [DB.ddl].
const turnLasts = 10 * time.Minute

// Rows of the question: one each turnBeat. Over HTTP the server sends none before
// it has a megabyte, so they are large there. Who waits asks each turnAgain.
const (
	turnBeat    = 50 * time.Millisecond
	turnPadding = 256 << 10
	turnAgain   = 100 * time.Millisecond
)

// turnName and the database are the name of the question.
const turnName = "showrunner-migrates-"

// codeSameQuery is QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING.
const codeSameQuery = 216

// takeTurn waits until no other program changes the schema of this database on
// this server.
func (db *DB) takeTurn(ctx context.Context, waits func()) (*turn, error) {
	t := &turn{db: db, waits: waits}
	if err := t.take(ctx); err != nil {
		return nil, err
	}
	return t, nil
}

// hold takes the turn again if it was lost, as when ClickHouse was started anew, or
// lasts not long enough for one more statement. What was applied must be read
// after it.
func (t *turn) hold(ctx context.Context) error {
	select {
	case <-t.lost:
	default:
		if t.db.cfg.Now().Sub(t.began) < turnLasts/2 {
			return nil
		}
	}
	if err := t.end(); err != nil {
		t.db.cfg.Logger.WarnContext(ctx, "the turn of a clickhouse migration was lost and is taken again", "error", err)
	}
	return t.take(ctx)
}

func (t *turn) take(ctx context.Context) error {
	for told := false; ; told = true {
		err := t.try(ctx)
		if err == nil {
			return nil
		}
		if e, ok := errors.AsType[*ch.Exception](err); !ok || e.Code != codeSameQuery {
			return fmt.Errorf("migrate clickhouse: wait for the turn: %w", err)
		}
		if !told {
			t.db.cfg.Logger.InfoContext(ctx, "clickhouse is being migrated by another program", "database", t.db.database)
		}
		if t.waits != nil {
			t.waits()
		}
		if err := sleep(ctx, turnAgain); err != nil {
			return fmt.Errorf("migrate clickhouse: wait for the turn: %w", err)
		}
	}
}

// try asks the question, by a connection of its own, and returns when it runs.
func (t *turn) try(ctx context.Context) (err error) {
	options := *t.db.options
	options.Auth.Database = "default" // That of ours may not be there yet.
	options.Compression = nil
	options.ReadTimeout = 2 * turnLasts
	conn, err := ch.Open(&options)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, conn.Close())
		}
	}()
	padding := 0
	if options.Protocol == ch.HTTP {
		padding = turnPadding
	}
	asking, stop := context.WithCancel(undated{ctx})
	began := t.db.cfg.Now()
	rows, err := conn.Query(ch.Context(asking, ch.WithQueryID(turnName+t.db.database), ch.WithSettings(ch.Settings{
		"max_block_size": 1, "max_threads": 1, "max_execution_time": 0, "max_result_rows": 0, "max_result_bytes": 0,
		"max_rows_to_read": 0, "replace_running_query": 0, "cancel_http_readonly_queries_on_client_close": 1,
	})), fmt.Sprintf(`SELECT sleepEachRow(%g), randomString(%d) FROM numbers(%d)`, turnBeat.Seconds(), padding, turnLasts/turnBeat))
	if err != nil {
		stop()
		return err
	}
	// The first row says that it runs.
	if !rows.Next() {
		stop()
		return errors.Join(errors.New("the question that holds the turn has no rows"), rows.Err(), rows.Close())
	}
	t.began, t.stop, t.conn, t.lost = began, stop, conn, make(chan struct{})
	go func(lost chan struct{}) {
		defer close(lost)
		for rows.Next() {
		}
		_ = rows.Close() // Why it ended makes no difference.
	}(t.lost)
	return nil
}

// end gives the turn up.
func (t *turn) end() error {
	t.stop()
	<-t.lost
	return t.conn.Close()
}
