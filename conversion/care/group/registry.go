package group

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Store runs the changes of a [Registry]; live/store is it.
type Store interface {
	Change(ctx context.Context, fn func(*store.Tx) error) error
	Snapshot(ctx context.Context, fn func(store.Querier) error) error
}

// Registry keeps the groups of all merchants.
type Registry struct{ store Store }

// NewRegistry keeps groups in a store.
func NewRegistry(s Store) *Registry { return &Registry{s} }

// notFound is the answer for what is not there and for what is another's.
func notFound(id string) error {
	return live.NotFound("group_not_found", "there is no group %q", id[:min(len(id), live.MaxIDLen)])
}

const columns = `merchant_id, group_id, title, platform, agent_id, host_id, personas, tags, found, created_at, archived_at, changed_at`

func scan(r store.Scanner) (g Group, err error) {
	var personas, tags string
	var found, created, archived, changed int64
	if err = r.Scan(&g.Merchant, &g.ID, &g.Name, &g.Platform, &g.Agent, &g.Host, &personas, &tags, &found, &created, &archived, &changed); err != nil {
		return g, err
	}
	g.Found, g.Created, g.Archived, g.Changed = found != 0, store.Time(created), store.Time(archived), store.Time(changed)
	return g, errors.Join(json.Unmarshal([]byte(personas), &g.Personas), json.Unmarshal([]byte(tags), &g.Tags))
}

func find(q store.Querier, m live.MerchantID, id string) (Group, error) {
	g, err := scan(q.Row(`SELECT `+columns+` FROM care_groups WHERE merchant_id = ? AND group_id = ?`, string(m), id))
	if errors.Is(err, sql.ErrNoRows) {
		return g, notFound(id)
	}
	if err != nil {
		return g, fmt.Errorf("read group: %w", err)
	}
	return g, nil
}

// Create registers a group. A group that facts told of before is taken over, and
// keeps its beginning unless another is given. The zero Created is now. Codes:
// "invalid_field", "group_exists".
func (r *Registry) Create(ctx context.Context, g Group, by live.Principal) (Group, error) {
	g.Tags = tidy(g.Tags)
	if err := g.Check(); err != nil {
		return Group{}, err
	}
	given := g
	err := r.store.Change(ctx, func(tx *store.Tx) error {
		g = given
		had, err := find(tx.Querier, g.Merchant, g.ID)
		switch {
		case err == nil && !had.Found:
			return live.Conflict("group_exists", "the group %q is registered", g.ID)
		case err == nil && g.Created.IsZero():
			g.Created = had.Created
		case err != nil && !errors.Is(err, notFound(g.ID)):
			return err
		}
		if g.Created.IsZero() {
			g.Created = tx.Now()
		}
		if g.Created.After(tx.Now()) {
			return live.Invalid("invalid_field", "created_at", "is in the future")
		}
		g.Found, g.Archived = false, time.Time{}
		if err := save(tx, &g); err != nil {
			return err
		}
		if err := own(tx, &g, g.Created, "", by.Subject); err != nil {
			return err
		}
		if err := audit(tx, &g, by, "group.create", ""); err != nil {
			return err
		}
		_, err = tx.Emit(live.Event{Kind: live.GroupCreated, Merchant: g.Merchant, Actor: by.Actor(), OccurredAt: tx.Now()},
			map[string]any{"group_id": g.ID, "name": g.Name, "platform": g.Platform, "began_at": g.Created.UTC().Format(time.RFC3339)})
		return err
	})
	return g, err
}

// Patch changes a group; nil members are left as they are.
type Patch struct {
	Name, Platform, Agent, Host *string
	Personas                    *[]Persona
	Tags                        *[]string
	Created                     *time.Time
	Archived                    *bool
	Reason                      string // of a change of owner
}

// Update changes a group. Codes: "group_not_found", "invalid_field".
func (r *Registry) Update(ctx context.Context, m live.MerchantID, id string, p Patch, by live.Principal) (out Group, err error) {
	if len(p.Reason) > maxReason {
		return out, live.Invalid("invalid_field", "reason", "must be at most %d bytes", maxReason)
	}
	err = r.store.Change(ctx, func(tx *store.Tx) error {
		had, err := find(tx.Querier, m, id)
		if err != nil {
			return err
		}
		if out, err = p.apply(had, tx.Now()); err != nil {
			return err
		}
		if err := save(tx, &out); err != nil {
			return err
		}
		if out.Agent != had.Agent {
			if err := own(tx, &out, tx.Now(), p.Reason, by.Subject); err != nil {
				return err
			}
		}
		if err := audit(tx, &out, by, "group.update", p.Reason); err != nil {
			return err
		}
		if had.Archived.IsZero() == out.Archived.IsZero() || out.Archived.IsZero() {
			return nil
		}
		_, err = tx.Emit(live.Event{Kind: live.GroupArchived, Merchant: m, Actor: by.Actor(), OccurredAt: tx.Now()}, map[string]any{"group_id": id})
		return err
	})
	return out, err
}

// apply is the group as the patch leaves it.
func (p *Patch) apply(g Group, now time.Time) (Group, error) {
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&g.Name, p.Name)
	set(&g.Platform, p.Platform)
	set(&g.Agent, p.Agent)
	set(&g.Host, p.Host)
	if p.Personas != nil {
		g.Personas = *p.Personas
	}
	if p.Tags != nil {
		g.Tags = tidy(*p.Tags)
	}
	if p.Created != nil {
		g.Created = *p.Created
		if g.Created.After(now) {
			return g, live.Invalid("invalid_field", "created_at", "is in the future")
		}
	}
	switch {
	case p.Archived == nil:
	case !*p.Archived:
		g.Archived = time.Time{}
	case g.Archived.IsZero():
		g.Archived = now
	}
	g.Found = false
	return g, g.Check()
}

// tidy sorts tags, each once.
func tidy(tags []string) []string {
	out := slices.Clone(tags)
	slices.Sort(out)
	return slices.Compact(out)
}

func save(tx *store.Tx, g *Group) error {
	if g.Personas == nil {
		g.Personas = []Persona{}
	}
	if g.Tags == nil {
		g.Tags = []string{}
	}
	personas, err := json.Marshal(g.Personas)
	if err != nil {
		return fmt.Errorf("encode personas: %w", err)
	}
	tags, err := json.Marshal(g.Tags)
	if err != nil {
		return fmt.Errorf("encode tags: %w", err)
	}
	g.Changed = tx.Now()
	found := 0
	if g.Found {
		found = 1
	}
	if _, err := tx.Exec(`INSERT INTO care_groups (`+columns+`, registered_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (merchant_id, group_id) DO UPDATE SET title = excluded.title, platform = excluded.platform, agent_id = excluded.agent_id,
			host_id = excluded.host_id, personas = excluded.personas, tags = excluded.tags, found = excluded.found,
			created_at = excluded.created_at, archived_at = excluded.archived_at, changed_at = excluded.changed_at`,
		string(g.Merchant), g.ID, g.Name, g.Platform, g.Agent, g.Host, string(personas), string(tags), found,
		store.Millis(g.Created), store.Millis(g.Archived), store.Millis(g.Changed), store.Millis(tx.Now())); err != nil {
		return fmt.Errorf("write group: %w", err)
	}
	if _, err := tx.Exec(`DELETE FROM care_group_tags WHERE merchant_id = ? AND group_id = ?`, string(g.Merchant), g.ID); err != nil {
		return fmt.Errorf("write tags: %w", err)
	}
	for _, t := range g.Tags {
		if _, err := tx.Exec(`INSERT INTO care_group_tags (merchant_id, tag, group_id) VALUES (?, ?, ?)`, string(g.Merchant), t, g.ID); err != nil {
			return fmt.Errorf("write tags: %w", err)
		}
	}
	return nil
}

// audit adds to the log of who did what.
func audit(tx *store.Tx, g *Group, by live.Principal, action, reason string) error {
	detail, err := json.Marshal(struct {
		Group  string `json:"group_id"`
		Agent  string `json:"agent_id,omitempty"`
		Reason string `json:"reason,omitempty"`
	}{g.ID, g.Agent, reason})
	if err != nil {
		return fmt.Errorf("encode audit: %w", err)
	}
	return tx.Audit(store.AuditRow{At: tx.Now(), Merchant: g.Merchant, Actor: by.Actor(), Action: action, Detail: string(detail)})
}
