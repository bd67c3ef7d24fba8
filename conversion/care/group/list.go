package group

import (
	"context"
	"fmt"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Filter selects groups. Zero members do not restrict.
type Filter struct {
	Merchant live.MerchantID // always restricts
	Agent    *string         // whose; empty: nobody's
	Tag      string
	Host     string
	Platform string
	// Archived includes groups that are archived.
	Archived bool
	// Born restricts to groups that began in [From, Until); zero is open.
	From, Until time.Time
	Cursor      string
	Limit       int
}

func (f *Filter) where() store.Where {
	var w store.Where
	w.Add("merchant_id = ?", string(f.Merchant))
	if f.Agent != nil {
		w.Add("agent_id = ?", *f.Agent)
	}
	if f.Tag != "" {
		w.Add("group_id IN (SELECT group_id FROM care_group_tags WHERE merchant_id = ? AND tag = ?)", string(f.Merchant), f.Tag)
	}
	if f.Host != "" {
		w.Add("host_id = ?", f.Host)
	}
	if f.Platform != "" {
		w.Add("platform = ?", f.Platform)
	}
	if !f.Archived {
		w.Add("archived_at = 0")
	}
	if !f.From.IsZero() {
		w.Add("created_at >= ?", store.Millis(f.From))
	}
	if !f.Until.IsZero() {
		w.Add("created_at < ?", store.Millis(f.Until))
	}
	return w
}

// List is a page of groups, the youngest first. Code: "invalid_cursor".
func (r *Registry) List(ctx context.Context, f Filter) (list []Group, next string, err error) {
	p, err := store.OpenPage(f.Cursor, f.Limit)
	if err != nil {
		return nil, "", err
	}
	w := f.where()
	p.After(&w, "created_at", "group_id")
	err = r.store.Snapshot(ctx, func(q store.Querier) error {
		rows, err := q.Query(`SELECT `+columns+` FROM care_groups`+w.SQL()+` ORDER BY created_at DESC, group_id DESC LIMIT ?`, w.Args(p.Limit())...)
		list, err = store.Collect(rows, err, scan)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list groups: %w", err)
	}
	list, next = store.Cut(p, list, func(g Group) (time.Time, string) { return g.Created, g.ID })
	return list, next, nil
}

// MaxGroups bounds the groups of one question about all of them.
const MaxGroups = 20_000

// All are the groups of a filter, by id, for figures over them. Code:
// "too_many_groups".
func (r *Registry) All(ctx context.Context, f Filter) (list []Group, err error) {
	w := f.where()
	err = r.store.Snapshot(ctx, func(q store.Querier) error {
		rows, err := q.Query(`SELECT `+columns+` FROM care_groups`+w.SQL()+` ORDER BY group_id LIMIT ?`, w.Args(MaxGroups+1)...)
		list, err = store.Collect(rows, err, scan)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read groups: %w", err)
	}
	if len(list) > MaxGroups {
		return nil, live.Conflict("too_many_groups", "more than %d groups match: name an agent or a tag", MaxGroups)
	}
	return list, nil
}

// Group is one group with who owned it since when. Code: "group_not_found".
func (r *Registry) Group(ctx context.Context, m live.MerchantID, id string) (g Group, owners []Owner, err error) {
	err = r.store.Snapshot(ctx, func(q store.Querier) error {
		if g, err = find(q, m, id); err != nil {
			return err
		}
		rows, err := q.Query(`SELECT agent_id, from_at, reason, decided_by FROM care_group_owners WHERE merchant_id = ? AND group_id = ? ORDER BY n`, string(m), id)
		owners, err = store.Collect(rows, err, func(r store.Scanner) (o Owner, err error) {
			var from int64
			err = r.Scan(&o.Agent, &from, &o.Reason, &o.By)
			o.From = store.Time(from)
			return o, err
		})
		return err
	})
	return g, owners, err
}

// Merchants are those who have groups, by name.
func (r *Registry) Merchants(ctx context.Context) (list []live.MerchantID, err error) {
	err = r.store.Snapshot(ctx, func(q store.Querier) error {
		rows, err := q.Query(`SELECT DISTINCT merchant_id FROM care_groups ORDER BY merchant_id`)
		list, err = store.Collect(rows, err, func(r store.Scanner) (m live.MerchantID, err error) { return m, r.Scan(&m) })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list merchants with groups: %w", err)
	}
	return list, nil
}

// Zone is whose calendar days a merchant's groups are counted by: the time zone
// of most of its rooms, the first by name among equals; UTC without any.
func (r *Registry) Zone(ctx context.Context, m live.MerchantID) (*time.Location, error) {
	var name string
	err := r.store.Snapshot(ctx, func(q store.Querier) (err error) {
		name, err = store.RoomZone(q, m)
		return err
	})
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("find the time zone of a merchant: %w", err)
	}
	return zone, nil
}
