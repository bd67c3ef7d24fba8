package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// seenChunk bounds the keys of one statement and, with it, how long the keys
// of a burst of facts hold up an order.
const seenChunk = 500

// sizeFor is for how many values a statement is made that gets n; the last one
// stands for those that are missing. There are a few sizes only, so that a
// database may keep what it made of each.
func sizeFor(n int) int {
	size := 1
	for size < n {
		size *= 2
	}
	return size
}

// halves is a key as two signed integers.
func halves(k [16]byte) (hi, lo int64) {
	return int64(binary.BigEndian.Uint64(k[:8])), int64(binary.BigEndian.Uint64(k[8:]))
}

// HasSeen tells of each key whether it was added before.
func (s *Store) HasSeen(ctx context.Context, keys [][16]byte) ([]bool, error) {
	out := make([]bool, len(keys))
	places := make(map[[16]byte][]int, len(keys))
	for i, k := range keys {
		places[k] = append(places[k], i)
	}
	for start := 0; start < len(keys); start += seenChunk {
		chunk := keys[start:min(start+seenChunk, len(keys))]
		size := sizeFor(len(chunk))
		args := make([]any, 0, 2*size)
		for i := range size {
			hi, lo := halves(chunk[min(i, len(chunk)-1)])
			args = append(args, hi, lo)
		}
		rows, err := s.reader(ctx).query(`SELECT hi, lo FROM seen WHERE (hi, lo) IN (VALUES `+pairs(size, "(CAST(? AS BIGINT), CAST(? AS BIGINT))")+`)`, args...)
		found, err := collect(rows, err, func(r scanner) (k [16]byte, err error) {
			var hi, lo int64
			err = r.Scan(&hi, &lo)
			binary.BigEndian.PutUint64(k[:8], uint64(hi))
			binary.BigEndian.PutUint64(k[8:], uint64(lo))
			return k, err
		})
		if err != nil {
			return nil, fmt.Errorf("look up seen keys: %w", err)
		}
		for _, k := range found {
			for _, i := range places[k] {
				out[i] = true
			}
		}
	}
	return out, nil
}

// AddSeen remembers keys; one that is known keeps its first time. Each chunk
// of 500 is one change: when it fails half-way, adding all again is right.
func (s *Store) AddSeen(ctx context.Context, keys [][16]byte, when time.Time) error {
	for start := 0; start < len(keys); start += seenChunk {
		chunk := keys[start:min(start+seenChunk, len(keys))]
		err := s.write(ctx, func(t *tx) error {
			size := sizeFor(len(chunk))
			args := make([]any, 0, 3*size)
			for i := range size {
				hi, lo := halves(chunk[min(i, len(chunk)-1)])
				args = append(args, hi, lo, ms(when))
			}
			_, err := t.exec(`INSERT INTO seen (hi, lo, seen_at) VALUES `+pairs(size, "(?, ?, ?)")+` ON CONFLICT (hi, lo) DO NOTHING`, args...)
			return err
		})
		if err != nil {
			return fmt.Errorf("add seen keys: %w", err)
		}
	}
	return nil
}

// TrimSeen forgets the keys that were added before an instant, some thousands
// at a time so that orders are not held up.
func (s *Store) TrimSeen(ctx context.Context, before time.Time) error {
	for {
		var n int64
		err := s.write(ctx, func(t *tx) (err error) {
			n, err = t.changed(`DELETE FROM seen WHERE (hi, lo) IN (SELECT hi, lo FROM seen WHERE seen_at < ? LIMIT 2000)`, ms(before))
			return err
		})
		if err != nil {
			return fmt.Errorf("trim seen keys: %w", err)
		}
		if n == 0 {
			return nil
		}
	}
}

func pairs(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+", ", n), ", ") }
