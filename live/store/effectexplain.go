package store

import (
	"fmt"
	"slices"

	"showrunner/live"
)

const explainColumns = `explain_id, product_id, number, started_at, ended_at`

func scanExplain(r scanner) (live.Explain, error) {
	var e live.Explain
	var started, ended int64
	err := r.Scan(&e.ID, &e.Product, &e.Count, &started, &ended)
	e.StartedAt, e.EndedAt = at(started), at(ended)
	return e, err
}

// explains is where every product of a show stands that was ever explained.
func explains(q querier, show live.ShowID) (map[live.ProductID]live.Explain, error) {
	rows, err := q.query(`SELECT `+explainColumns+` FROM explains WHERE show_id = ? ORDER BY product_id, number`, string(show))
	list, err := collect(rows, err, scanExplain)
	if err != nil {
		return nil, fmt.Errorf("read explanations: %w", err)
	}
	newest := make(map[live.ProductID]live.Explain, len(list))
	for _, e := range list {
		newest[e.Product] = e
	}
	return newest, nil
}

func explainData(e *live.Explain) map[string]any {
	return map[string]any{"explain_id": e.ID, "product_id": e.Product, "count": e.Count}
}

func readStartExplain(a *args) effect {
	product := live.ProductID(a.id("product_id", true))
	return func(t *tx, c *scene) error {
		items, err := shelf(t, c.show.ID, true)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(items, func(it live.Item) bool { return it.Product == product }) {
			return notListed(product)
		}
		all, err := explains(t, c.show.ID)
		if err != nil {
			return err
		}
		if was, ok := all[product]; ok && was.EndedAt.IsZero() {
			return live.Conflict("already_explaining", "product %s is being explained", product)
		}
		// The event of the command is the one that begins; what it ends is told first.
		if _, err := t.endExplain(c.show, c.cmd.By); err != nil {
			return err
		}
		e := live.Explain{ID: "e_" + t.w.store.ids.next(t.now), Product: product, Count: all[product].Count + 1}
		if _, err := t.exec(`INSERT INTO explains (show_id, `+explainColumns+`) VALUES (?, ?, ?, ?, ?, ?)`,
			string(c.show.ID), e.ID, string(e.Product), e.Count, ms(t.now), 0); err != nil {
			return fmt.Errorf("start to explain: %w", err)
		}
		return c.emit(t, live.ExplainStarted, explainData(&e))
	}
}

func readEndExplain(a *args) effect {
	product := live.ProductID(a.id("product_id", false))
	return func(t *tx, c *scene) error {
		all, err := explains(t, c.show.ID)
		if err != nil {
			return err
		}
		for _, e := range all {
			if e.EndedAt.IsZero() && (product == "" || product == e.Product) {
				_, err := t.endExplain(c.show, c.cmd.By)
				c.id = t.lastEvent
				return err
			}
		}
		return live.Conflict("not_explaining", "that product is not being explained")
	}
}

// endExplain ends the explanation that runs, if one does.
func (t *tx) endExplain(sh *live.Show, by live.Principal) (bool, error) {
	rows, err := t.query(`SELECT `+explainColumns+` FROM explains WHERE show_id = ? AND ended_at = 0`, string(sh.ID))
	running, err := collect(rows, err, scanExplain)
	if err != nil {
		return false, fmt.Errorf("look for what is explained: %w", err)
	}
	for i := range running {
		e := &running[i]
		if _, err := t.exec(`UPDATE explains SET ended_at = ? WHERE explain_id = ?`, ms(t.now), e.ID); err != nil {
			return false, fmt.Errorf("end to explain: %w", err)
		}
		data := explainData(e)
		data["duration_ms"] = t.now.Sub(e.StartedAt).Milliseconds()
		if _, err := t.announceChange(sh, live.ExplainEnded, by, t.now, data); err != nil {
			return false, err
		}
	}
	return len(running) > 0, nil
}

// readSortProducts gives the shelf the order of a list of products; those it
// does not name follow in the order they had.
func readSortProducts(a *args) effect {
	wanted := a.ids("product_ids", live.MaxShelf)
	return func(t *tx, c *scene) error {
		items, err := shelf(t, c.show.ID, true)
		if err != nil {
			return err
		}
		place := map[live.ProductID]int{}
		for i, id := range wanted {
			product := live.ProductID(id)
			if !slices.ContainsFunc(items, func(it live.Item) bool { return it.Product == product }) {
				return notListed(product)
			}
			place[product] = i
		}
		of := func(it live.Item) int {
			if i, ok := place[it.Product]; ok {
				return i
			}
			return len(wanted)
		}
		slices.SortStableFunc(items, func(a, b live.Item) int { return of(a) - of(b) })
		type rank struct {
			SKU     live.SKUID     `json:"sku_id"`
			Product live.ProductID `json:"product_id"`
			Rank    int            `json:"rank"`
		}
		ranks := make([]rank, 0, len(items))
		for i := range items {
			it := &items[i]
			ranks = append(ranks, rank{it.SKU, it.Product, i + 1})
			if it.Rank == i+1 {
				continue
			}
			if _, err := t.exec(`UPDATE items SET place = ? WHERE show_id = ? AND sku_id = ?`, i+1, string(c.show.ID), string(it.SKU)); err != nil {
				return fmt.Errorf("sort the shelf: %w", err)
			}
		}
		return c.emit(t, live.ProductSorted, map[string]any{"items": ranks, "version": c.show.Version + 1})
	}
}
