package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"showrunner/live"
)

// orderConverter makes facts of orders. A line of NDJSON is a fact as the order
// webhook takes it. A row of CSV is one line of a fact: following rows of the
// same type, order and refund belong to the same fact.
type orderConverter struct {
	open  *csvFact
	place importRecord // first row of open
}

// csvFact is a fact being put together out of rows.
type csvFact struct {
	kind, order, refund string
	at                  string
	data                map[string]any
	lines               []map[string]any
	bad                 error
}

func (c *orderConverter) settled(offset, lines int64) (int64, int64, bool) {
	if c.open != nil {
		return c.place.start, c.place.startLines, true
	}
	return offset, lines, true
}

func (c *orderConverter) add(rec importRecord) ([]importItem, error) {
	if !rec.parsedAsCSV {
		if !json.Valid(rec.raw) {
			return nil, bad(&rec, "is not a JSON object")
		}
		return []importItem{{rec.line, rec.raw}}, nil
	}
	next := factOf(&rec)
	if c.open != nil && c.open.joins(next) {
		c.open.lines = append(c.open.lines, next.lines...)
		if c.open.bad == nil {
			c.open.bad = next.bad
		}
		return nil, nil
	}
	items, err := c.finish()
	c.open, c.place = next, rec
	return items, err
}

func (c *orderConverter) finish() ([]importItem, error) {
	f := c.open
	c.open = nil
	if f == nil {
		return nil, nil
	}
	if f.bad != nil {
		return nil, f.bad
	}
	if len(f.lines) > 0 {
		f.data["lines"] = f.lines
	}
	raw, err := json.Marshal(map[string]any{"type": f.kind, "timestamp": f.at, "data": f.data})
	if err != nil {
		return nil, fmt.Errorf("encode fact: %w", err)
	}
	return []importItem{{c.place.line, raw}}, nil
}

// joins reports whether the rows of next are lines of the same fact. A line
// that is there already begins the same fact once more.
func (f *csvFact) joins(next *csvFact) bool {
	if len(f.lines) == 0 || len(next.lines) == 0 || f.kind != next.kind || f.order != next.order || f.refund != next.refund {
		return false
	}
	first := next.lines[0]
	return !slices.ContainsFunc(f.lines, func(l map[string]any) bool {
		return l["line_id"] == first["line_id"] && l["sku_id"] == first["sku_id"]
	})
}

// factOf reads one row. A row that is bad makes the whole fact bad: half an
// order is none.
func factOf(rec *importRecord) *csvFact {
	row := rec.row
	f := &csvFact{kind: row["type"], order: row["order_id"], refund: row["refund_id"], at: row["timestamp"], data: map[string]any{}}
	if f.at == "" {
		f.at = row["at"]
	}
	line := map[string]any{}
	for _, name := range []string{"order_id", "payment_id", "refund_id", "currency", "cancel_type", "reason", "show_id", "person_id", "user_id", "anonymous_id", "channel", "campaign"} {
		if v := row[name]; v != "" {
			f.data[name] = v
		}
	}
	for _, name := range []string{"line_id", "product_id", "sku_id"} {
		if v := row[name]; v != "" {
			line[name] = v
		}
	}
	c := live.Currency(row["currency"])
	for _, name := range []string{"goods", "discount", "subsidy", "shipping", "tax"} {
		n, there, err := minor(row, name, c)
		if err != nil {
			f.bad = bad(rec, "%v", err)
		}
		if there {
			line[name+"_minor"] = n
		}
	}
	switch live.Kind(f.kind) {
	case live.OrderPaid:
		n, there, err := minor(row, "paid", c)
		if err != nil {
			f.bad = bad(rec, "%v", err)
		}
		if there {
			f.data["paid_minor"] = n
		}
	case live.OrderCreated:
		qty, there, err := minor(map[string]string{"qty_minor": row["qty"]}, "qty", c)
		if err != nil || !there {
			f.bad = bad(rec, "qty must be an integer")
		}
		line["qty"] = qty
		f.lines = append(f.lines, line)
	case live.RefundSucceeded:
		f.lines = append(f.lines, line)
	}
	return f
}
