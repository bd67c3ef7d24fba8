package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/live"
)

// KeptFigures are figures of a show that were counted, in bytes of whoever counted
// them. They lie beside the facts that they were counted from: are copied with them,
// and are where the merchant is.
type KeptFigures struct {
	Show live.ShowID
	// Of names all that they come from: other facts, another name.
	Of string
	// Erased is how many people of the merchant were forgotten before.
	Erased int64
	// Metrics is one part of them by itself; Everything is empty if no more was counted.
	Metrics, Everything []byte
}

// KeepFigures keeps figures of shows of a merchant, in the place of those of the same
// shows that were kept before.
func (db *DB) KeepFigures(ctx context.Context, m live.MerchantID, list []KeptFigures) (err error) {
	if db.cfg.Cluster != "" {
		on, err := db.home(ctx, m)
		if err != nil {
			return fmt.Errorf("keep figures: %w", err)
		}
		return on.away(ctx, on.KeepFigures(ctx, m, list))
	}
	if err := db.sure(ctx); err != nil {
		return fmt.Errorf("keep figures: %w", err)
	}
	// What is kept once more after it was deleted is no repetition.
	ctx = ch.Context(undated{ctx}, ch.WithSettings(ch.Settings{"async_insert": 0, "insert_deduplicate": 0, "max_execution_time": readSeconds}))
	batch, err := db.conn.PrepareBatch(ctx, `INSERT INTO figures_kept (merchant_id, show_id, counted_of, erased, kept_at, whole, metrics, everything)`)
	if err != nil {
		return fmt.Errorf("keep figures: %w", err)
	}
	defer func() { err = errors.Join(err, batch.Close()) }()
	at := db.cfg.Now().UTC()
	for _, f := range list {
		if err := batch.Append(string(m), string(f.Show), f.Of, f.Erased, at, uint8(min(1, len(f.Everything))), string(f.Metrics), string(f.Everything)); err != nil {
			return fmt.Errorf("keep figures: %w", err)
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("keep figures: %w", err)
	}
	return nil
}

// KeptFigures are the figures that are kept of shows of a merchant under one of the
// names, or under any where none is given: everything or the metrics alone, of shows of
// which it is there. Of a show that was kept again lately there may be several.
func (db *DB) KeptFigures(ctx context.Context, m live.MerchantID, shows []live.ShowID, names []string, everything bool) (out []KeptFigures, err error) {
	column, class, under := "metrics", ClassMerchant, ""
	if everything {
		column = "everything"
	}
	if len(shows) == 1 {
		class = ClassShow
	}
	parameters := ch.Parameters{"merchant": string(m), "shows": array(shows)}
	if len(names) > 0 {
		under, parameters["names"] = ` AND counted_of IN {names:Array(String)}`, array(names)
	}
	err = db.within(ctx, class, "kept figures", parameters,
		`SELECT show_id, counted_of, erased, `+column+` FROM figures_kept WHERE merchant_id = {merchant:String} AND show_id IN {shows:Array(String)}`+under,
		func(scan scanner) error {
			var f KeptFigures
			var body string
			if err := scan((*string)(&f.Show), &f.Of, &f.Erased, &body); err != nil || body == "" {
				return err
			}
			if everything {
				f.Everything = []byte(body)
			} else {
				f.Metrics = []byte(body)
			}
			out = append(out, f)
			return nil
		})
	if unmade(err) {
		return nil, nil
	}
	return out, err
}

// KeptOf tells, without the figures, of which shows of a merchant everything is kept.
func (db *DB) KeptOf(ctx context.Context, m live.MerchantID) (out []KeptFigures, err error) {
	err = db.within(ctx, ClassMerchant, "kept figures", ch.Parameters{"merchant": string(m)},
		`SELECT show_id, counted_of, erased FROM figures_kept WHERE merchant_id = {merchant:String} AND whole = 1`,
		func(scan scanner) error {
			var f KeptFigures
			err := scan((*string)(&f.Show), &f.Of, &f.Erased)
			out = append(out, f)
			return err
		})
	return out, err
}

// DropFigures deletes the figures that were kept of a merchant before so many people
// were forgotten: they may name them.
func (db *DB) DropFigures(ctx context.Context, m live.MerchantID, erased int64) error {
	if db.cfg.Cluster != "" {
		on, err := db.home(ctx, m)
		if err != nil {
			return fmt.Errorf("drop kept figures: %w", err)
		}
		return on.away(ctx, on.DropFigures(ctx, m, erased))
	}
	if !live.ValidID(string(m)) {
		return fmt.Errorf("drop kept figures: %q is not an identifier", m)
	}
	if err := db.sure(ctx); err != nil {
		return fmt.Errorf("drop kept figures: %w", err)
	}
	ctx = ch.Context(ctx, ch.WithSettings(ch.Settings{"mutations_sync": 2, "max_execution_time": 0}))
	err := db.patient.Exec(ctx, `ALTER TABLE figures_kept DELETE WHERE merchant_id = '`+string(m)+`' AND erased < `+strconv.FormatInt(erased, 10))
	if err != nil && !unmade(err) {
		return fmt.Errorf("drop kept figures: %w", err)
	}
	return nil
}

// unmade reports whether a table is asked for that a migration is about to make:
// another server runs it, or this one just began to.
func unmade(err error) bool {
	e, ok := errors.AsType[*ch.Exception](err)
	return ok && e.Code == unknownTable
}
