package group

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// own adds to who owned a group since when. Nobody is told only after somebody.
func own(tx *store.Tx, g *Group, from time.Time, reason, by string) error {
	var n int64
	if err := tx.Row(`SELECT COALESCE(MAX(n), 0) FROM care_group_owners WHERE merchant_id = ? AND group_id = ?`, string(g.Merchant), g.ID).Scan(&n); err != nil {
		return fmt.Errorf("read owners: %w", err)
	}
	if n == 0 && g.Agent == "" {
		return nil
	}
	if _, err := tx.Exec(`INSERT INTO care_group_owners (merchant_id, group_id, n, agent_id, from_at, reason, decided_by) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(g.Merchant), g.ID, n+1, g.Agent, store.Millis(from), reason, by); err != nil {
		return fmt.Errorf("write owner: %w", err)
	}
	return nil
}

// Handed is a group that changed hands.
type Handed struct {
	Group string
	To    string
}

// Reassign hands the groups of an agent who leaves to others, evenly: in the
// order of the groups' ids, each next group goes to whoever of them has got the
// fewest so far, the one named first among equals. Archived groups go along, so
// that nothing stays with nobody. It is one transaction with one entry of the
// audit log, and each group keeps who had it until when. Code: "invalid_field".
func (r *Registry) Reassign(ctx context.Context, m live.MerchantID, from string, to []string, reason string, by live.Principal) (handed []Handed, err error) {
	if !live.ValidID(from) {
		return nil, live.Invalid("invalid_field", "from", "must be an identifier")
	}
	for i, agent := range to {
		if !live.ValidID(agent) || agent == from || slices.Contains(to[:i], agent) {
			return nil, live.Invalid("invalid_field", "to", "must be other agents, each once")
		}
	}
	if len(to) == 0 || len(to) > 1000 {
		return nil, live.Invalid("invalid_field", "to", "must be 1 to 1000 agents")
	}
	if len(reason) > maxReason {
		return nil, live.Invalid("invalid_field", "reason", "must be at most %d bytes", maxReason)
	}
	err = r.store.Change(ctx, func(tx *store.Tx) error {
		handed = []Handed{}
		rows, err := tx.Query(`SELECT `+columns+` FROM care_groups WHERE merchant_id = ? AND agent_id = ? ORDER BY group_id`, string(m), from)
		groups, err := store.Collect(rows, err, scan)
		if err != nil {
			return fmt.Errorf("read groups to hand over: %w", err)
		}
		for i := range groups {
			g := &groups[i]
			g.Agent = to[i%len(to)]
			if _, err := tx.Exec(`UPDATE care_groups SET agent_id = ?, changed_at = ? WHERE merchant_id = ? AND group_id = ?`,
				g.Agent, store.Millis(tx.Now()), string(m), g.ID); err != nil {
				return fmt.Errorf("hand a group over: %w", err)
			}
			if err := own(tx, g, tx.Now(), reason, by.Subject); err != nil {
				return err
			}
			handed = append(handed, Handed{g.ID, g.Agent})
		}
		detail, err := json.Marshal(map[string]any{"from": from, "to": to[:min(len(to), 20)], "agents": len(to), "groups": len(groups), "reason": reason})
		if err != nil {
			return fmt.Errorf("encode audit: %w", err)
		}
		return tx.Audit(store.AuditRow{At: tx.Now(), Merchant: m, Actor: by.Actor(), Action: "group.reassign", Detail: string(detail)})
	})
	return handed, err
}

// Sighting is a group that facts told of.
type Sighting struct {
	Merchant live.MerchantID
	ID       string
	Name     string
	Platform string
	Agent    string
	Host     string
	First    time.Time // its first fact, or its group_created
	Archived time.Time // its group_archived; zero: none
}

// Adopt registers groups that facts told of and nobody registered, and archives
// those that facts say are. It returns how many are new. What a person
// registered or changed is never overwritten.
func (r *Registry) Adopt(ctx context.Context, seen []Sighting) (n int, err error) {
	const piece = 200 // orders wait for a transaction of this size some milliseconds
	for part := range slices.Chunk(seen, piece) {
		var added int
		err := r.store.Change(ctx, func(tx *store.Tx) error {
			added = 0
			for _, s := range part {
				is, err := adopt(tx, &s)
				if err != nil {
					return err
				}
				if is {
					added++
				}
			}
			return nil
		})
		if err != nil {
			return n, fmt.Errorf("adopt groups: %w", err)
		}
		n += added
	}
	return n, nil
}

func adopt(tx *store.Tx, s *Sighting) (bool, error) {
	g := Group{Merchant: s.Merchant, ID: s.ID, Name: s.Name, Platform: s.Platform, Agent: s.Agent, Host: s.Host, Found: true, Created: s.First}
	if g.Check() != nil { // Of a fact that could not be registered only the name is believed.
		g = Group{Merchant: s.Merchant, ID: s.ID, Found: true, Created: s.First}
	}
	var found, archived, created int64
	rows, err := tx.Query(`SELECT found, archived_at, created_at FROM care_groups WHERE merchant_id = ? AND group_id = ?`, string(s.Merchant), s.ID)
	had, err := store.Collect(rows, err, func(r store.Scanner) (struct{}, error) { return struct{}{}, r.Scan(&found, &archived, &created) })
	switch {
	case err != nil:
		return false, err
	case len(had) > 0:
		// A late fact may move the beginning of a group that nobody registered.
		if found != 0 && store.Millis(s.First) < created {
			if _, err := tx.Exec(`UPDATE care_groups SET created_at = ? WHERE merchant_id = ? AND group_id = ?`, store.Millis(s.First), string(s.Merchant), s.ID); err != nil {
				return false, err
			}
		}
		if archived == 0 && found != 0 && !s.Archived.IsZero() {
			_, err = tx.Exec(`UPDATE care_groups SET archived_at = ? WHERE merchant_id = ? AND group_id = ?`, store.Millis(s.Archived), string(s.Merchant), s.ID)
		}
		return false, err
	}
	g.Archived = s.Archived
	if !g.Archived.IsZero() && g.Archived.Before(g.Created) {
		g.Archived = g.Created
	}
	if err := save(tx, &g); err != nil {
		return false, err
	}
	return true, own(tx, &g, g.Created, "", store.SourceSystem)
}
