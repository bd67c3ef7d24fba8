package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// rowLockShop takes orders in PostgreSQL, one transaction each.
type rowLockShop struct{ conns []*pgx.Conn }

const rowLockSchema = `
DROP TABLE IF EXISTS order_lines, orders, stock;
CREATE TABLE stock (sku_id TEXT PRIMARY KEY, units BIGINT NOT NULL CHECK (units >= 0), price BIGINT NOT NULL);
CREATE TABLE orders (order_id BIGSERIAL PRIMARY KEY, buyer_id TEXT NOT NULL, client_id BIGINT NOT NULL, total BIGINT NOT NULL, UNIQUE (buyer_id, client_id));
CREATE TABLE order_lines (order_id BIGINT NOT NULL REFERENCES orders, n BIGINT NOT NULL, sku_id TEXT NOT NULL, qty BIGINT NOT NULL, PRIMARY KEY (order_id, n));
INSERT INTO stock VALUES ('a', 1000000000, 1900);`

func openRowLockShop(ctx context.Context, address string, clients int) (_ *rowLockShop, err error) {
	s := &rowLockShop{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(ctx))
		}
	}()
	for range clients {
		conn, err := pgx.Connect(ctx, address)
		if err != nil {
			return nil, fmt.Errorf("connect: %w", err)
		}
		s.conns = append(s.conns, conn)
	}
	if _, err := s.conns[0].Exec(ctx, rowLockSchema); err != nil {
		return nil, fmt.Errorf("make tables: %w", err)
	}
	return s, nil
}

func (s *rowLockShop) order(ctx context.Context, client int, n int64) error {
	return pgx.BeginFunc(ctx, s.conns[client], func(t pgx.Tx) error {
		var units, price, id int64
		if err := t.QueryRow(ctx, `SELECT units, price FROM stock WHERE sku_id = $1 FOR UPDATE`, "a").Scan(&units, &price); err != nil {
			return err
		}
		if units < 1 {
			return errors.New("sold out")
		}
		if _, err := t.Exec(ctx, `UPDATE stock SET units = units - 1 WHERE sku_id = $1`, "a"); err != nil {
			return err
		}
		if err := t.QueryRow(ctx, `INSERT INTO orders (buyer_id, client_id, total) VALUES ($1, $2, $3) RETURNING order_id`, "v1", n, price).Scan(&id); err != nil {
			return err
		}
		_, err := t.Exec(ctx, `INSERT INTO order_lines (order_id, n, sku_id, qty) VALUES ($1, 1, $2, 1)`, id, "a")
		return err
	})
}

func (s *rowLockShop) close(ctx context.Context) error {
	var errs []error
	for _, c := range s.conns {
		errs = append(errs, c.Close(ctx))
	}
	return errors.Join(errs...)
}
