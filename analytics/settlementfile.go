package analytics

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"showrunner/live"
)

// maxBadRows is how many bad rows of a settlement file are told.
const maxBadRows = 100

// settlementColumns are the amounts of a file; each stands in minor units under
// its name with _minor, or as a decimal under the name alone.
var settlementColumns = []string{"paid", "refunded", "settled", "fee"}

// ReadSettlement reads a platform's settlement file row by row. A file that
// cannot be used, or has a bad row, ends with a live.Error "settlement_invalid"
// that tells up to a hundred bad lines and how many there are; no row is told
// after the first bad one.
func ReadSettlement(r io.Reader) iter.Seq2[live.SettlementRow, error] {
	return func(yield func(live.SettlementRow, error) bool) {
		file := csv.NewReader(r)
		file.ReuseRecord = true
		file.FieldsPerRecord = -1
		at, err := settlementHeader(file)
		if err != nil {
			yield(live.SettlementRow{}, err)
			return
		}
		var bad []map[string]any
		count, rows := 0, 0
		reject := func(line int, reason string) {
			if count++; len(bad) < maxBadRows {
				bad = append(bad, map[string]any{"line": line, "reason": reason})
			}
		}
		for {
			cells, err := file.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if e, ok := errors.AsType[*csv.ParseError](err); ok {
				reject(e.StartLine, e.Err.Error())
				continue
			}
			if err != nil {
				yield(live.SettlementRow{}, fmt.Errorf("read settlement file: %w", err))
				return
			}
			line, _ := file.FieldPos(0)
			row, reason := settlementRow(at, cells)
			if reason != "" {
				reject(line, reason)
				continue
			}
			row.Line = int64(line)
			if rows++; count == 0 && !yield(row, nil) {
				return
			}
		}
		if count == 0 && rows == 0 {
			reject(1, "there is no order in the file")
		}
		if count > 0 {
			e := live.Invalid("settlement_invalid", "", "%d rows are bad; the first is line %v: %v", count, bad[0]["line"], bad[0]["reason"])
			e.Data = map[string]any{"errors": bad, "count": count}
			yield(live.SettlementRow{}, e)
		}
	}
}

// settlementHeader finds the columns.
func settlementHeader(file *csv.Reader) (map[string]int, error) {
	header, err := file.Read()
	if err != nil {
		return nil, live.Invalid("settlement_invalid", "", "the file must be CSV with a header")
	}
	at := map[string]int{"": len(header)} // the empty name holds how many there are
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		if _, twice := at[name]; twice && name != "" {
			return nil, live.Invalid("settlement_invalid", name, "stands in the header twice")
		}
		if name != "" {
			at[name] = i
		}
	}
	for _, name := range []string{"order_id", "currency"} {
		if _, ok := at[name]; !ok {
			return nil, live.Invalid("settlement_invalid", name, "is not in the header")
		}
	}
	for _, name := range settlementColumns {
		_, minor := at[name+"_minor"]
		_, decimal := at[name]
		if minor && decimal || name == "paid" && !minor && !decimal {
			return nil, live.Invalid("settlement_invalid", name, "one of %s_minor and %s must be in the header", name, name)
		}
	}
	return at, nil
}

// settlementRow reads one row, or says what is wrong with it.
func settlementRow(at map[string]int, cells []string) (row live.SettlementRow, reason string) {
	if len(cells) != at[""] {
		return row, fmt.Sprintf("the row has %d cells, the header %d", len(cells), at[""])
	}
	cell := func(name string) string { return strings.TrimSpace(cells[at[name]]) }
	row.Order, row.Currency = live.OrderID(strings.Clone(cell("order_id"))), live.Currency(strings.Clone(strings.ToUpper(cell("currency"))))
	if !live.ValidID(string(row.Order)) {
		return row, "order_id is no identifier"
	}
	if !row.Currency.Valid() {
		return row, "currency is not an ISO 4217 code we know"
	}
	for i, name := range settlementColumns {
		n, reason := settlementAmount(at, cell, name, row.Currency)
		switch {
		case reason != "":
			return row, reason
		case i == 0 && n == nil:
			return row, "paid is required"
		case i == 0:
			row.Paid = *n
		default:
			*[]**int64{&row.Refunded, &row.Settled, &row.Fee}[i-1] = n
		}
	}
	return row, ""
}

func settlementAmount(at map[string]int, cell func(string) string, name string, c live.Currency) (*int64, string) {
	var n int64
	var err error
	text := ""
	if _, ok := at[name+"_minor"]; ok {
		name += "_minor"
		if text = cell(name); text != "" {
			n, err = strconv.ParseInt(text, 10, 64)
		}
	} else if _, ok := at[name]; ok {
		if text = cell(name); text != "" {
			n, err = live.ParseMinor(text, c)
		}
	}
	if text == "" {
		return nil, ""
	}
	if err != nil || n < 0 || n > live.MaxMinor {
		if slices.Contains(settlementColumns, name) {
			return nil, fmt.Sprintf("%s must be a decimal of %s, not negative", name, c)
		}
		return nil, name + " must be an integer, not negative"
	}
	return &n, ""
}
