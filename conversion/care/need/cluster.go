package need

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"showrunner/conversion/care"
	"showrunner/conversion/care/text"
	"showrunner/live"
	"showrunner/live/store"
)

// ClusterState is how far a cluster is.
type ClusterState string

// The states of a cluster.
const (
	Alike   ClusterState = "alike"  // found, nothing more
	Common  ClusterState = "common" // promoted, and shipped as an entry
	Retired ClusterState = "retired"
)

// Cluster is needs that are alike.
type Cluster struct {
	Merchant   live.MerchantID
	ID         string
	Title      string // the need most like the others, or what a person made of it
	Terms      []Term // what makes them alike
	Cohesion   int64  // basis points: how alike the two most different are
	State      ClusterState
	Entry      string
	Measured   *Measure // the newest; nil: never
	CreatedAt  time.Time
	PromotedAt time.Time
	Needs      int64
	Validated  int64 // of Needs
}

// Measure is what became of the entry of a common need.
type Measure struct {
	At time.Time `json:"at"`
	Usage
	// SuggestRetiring is that nobody has opened it for so long.
	SuggestRetiring bool `json:"suggest_retiring"`
	// UnusedSince is since when its count of opens has not grown.
	UnusedSince time.Time `json:"unused_since"`
}

// Rules of the loop.
const (
	// MinValidated is how many validated needs make a need common.
	MinValidated = 2
	// UnusedDays is after how many days without an open an entry is suggested to
	// be retired.
	UnusedDays = 30
	// maxClustered bounds the needs that are compared, newest first.
	maxClustered = 3000
	clusteredFor = 180 * 24 * time.Hour
)

// Term is a term and what it adds to how alike needs are, as it is kept.
type Term struct {
	Term   string  `json:"term"`
	Weight float64 `json:"weight"`
}

func termsOf(g *text.Group, most int) []Term {
	out := []Term{}
	for _, w := range g.Terms[:min(len(g.Terms), most)] {
		out = append(out, Term{w.Term, w.Weight})
	}
	return out
}

const clusterColumns = `c.merchant_id, c.cluster_id, c.title, c.terms, c.cohesion, c.state, c.entry_id, c.measured, c.created_at, c.promoted_at,
	(SELECT COUNT(*) FROM care_needs n WHERE n.merchant_id = c.merchant_id AND n.cluster_id = c.cluster_id),
	(SELECT COUNT(*) FROM care_needs n WHERE n.merchant_id = c.merchant_id AND n.cluster_id = c.cluster_id AND n.state = 'validated')`

func scanCluster(r store.Scanner) (c Cluster, err error) {
	var terms, measured string
	var created, promoted int64
	if err := r.Scan(&c.Merchant, &c.ID, &c.Title, &terms, &c.Cohesion, &c.State, &c.Entry, &measured, &created, &promoted, &c.Needs, &c.Validated); err != nil {
		return c, err
	}
	c.CreatedAt, c.PromotedAt = store.Time(created), store.Time(promoted)
	if err := json.Unmarshal([]byte(terms), &c.Terms); err != nil {
		return c, fmt.Errorf("read terms of cluster %s: %w", c.ID, err)
	}
	if measured != "" {
		c.Measured = &Measure{}
		if err := json.Unmarshal([]byte(measured), c.Measured); err != nil {
			return c, fmt.Errorf("read measure of cluster %s: %w", c.ID, err)
		}
	}
	return c, nil
}

func findCluster(q store.Querier, m live.MerchantID, id string) (Cluster, error) {
	c, err := scanCluster(q.Row(`SELECT `+clusterColumns+` FROM care_need_clusters c WHERE c.merchant_id = ? AND c.cluster_id = ?`, string(m), id))
	if errors.Is(err, sql.ErrNoRows) {
		return c, live.NotFound("cluster_not_found", "there is no such cluster")
	}
	if err != nil {
		return c, fmt.Errorf("read cluster: %w", err)
	}
	return c, nil
}

// Cluster reads one. Code: "cluster_not_found".
func (l *Loop) Cluster(ctx context.Context, m live.MerchantID, id string) (Cluster, error) {
	return findCluster(l.store.View(ctx), m, id)
}

// ClusterHistory is every step of a cluster, the first first.
func (l *Loop) ClusterHistory(ctx context.Context, m live.MerchantID, id string) ([]Entry, error) {
	return history(l.store.View(ctx), m, id)
}

// Clusters lists clusters, the newest first; an empty state is every one.
func (l *Loop) Clusters(ctx context.Context, m live.MerchantID, state ClusterState, cursor string, size int) ([]Cluster, string, error) {
	page, err := store.OpenPage(cursor, size)
	if err != nil {
		return nil, "", err
	}
	var w store.Where
	w.Add("c.merchant_id = ?", string(m))
	if state != "" {
		w.Add("c.state = ?", string(state))
	}
	page.After(&w, "c.created_at", "c.cluster_id")
	rows, err := l.store.View(ctx).Query(`SELECT `+clusterColumns+` FROM care_need_clusters c`+w.SQL()+` ORDER BY c.created_at DESC, c.cluster_id DESC LIMIT ?`, w.Args(page.Limit())...)
	list, err := store.Collect(rows, err, scanCluster)
	if err != nil {
		return nil, "", fmt.Errorf("list clusters: %w", err)
	}
	list, next := store.Cut(page, list, func(c Cluster) (time.Time, string) { return c.CreatedAt, c.ID })
	return list, next, nil
}

// Gather finds which needs of the last time are alike and writes that down.
// Needs of a cluster that was promoted stay in it; the others are grouped anew. A
// cluster keeps its name while its centre stays. It returns how many needs were
// put into another cluster than before.
func (l *Loop) Gather(ctx context.Context, m live.MerchantID, by live.Principal) (moved int, err error) {
	// Comparing thousands of texts takes long, so it is done outside the transaction,
	// which then moves only needs that still stand where they stood.
	rows, err := l.store.View(ctx).Query(`SELECT need_id, terms, text, cluster_id FROM care_needs n WHERE merchant_id = ? AND captured_at >= ?
		AND NOT EXISTS (SELECT 1 FROM care_need_clusters c WHERE c.merchant_id = n.merchant_id AND c.cluster_id = n.cluster_id AND c.state <> 'alike')
		ORDER BY captured_at DESC, need_id DESC LIMIT ?`, string(m), store.Millis(l.now().Add(-clusteredFor)), maxClustered)
	type lone struct {
		doc           text.Doc
		text, cluster string
	}
	list, err := store.Collect(rows, err, func(r store.Scanner) (n lone, err error) {
		var terms string
		if err := r.Scan(&n.doc.ID, &terms, &n.text, &n.cluster); err != nil {
			return n, err
		}
		return n, json.Unmarshal([]byte(terms), &n.doc.Terms)
	})
	if err != nil {
		return 0, fmt.Errorf("read needs to compare: %w", err)
	}
	was, docs := map[string]lone{}, make([]text.Doc, 0, len(list))
	for _, n := range list {
		was[n.doc.ID] = n
		if len(n.doc.Terms) > 0 {
			docs = append(docs, n.doc)
		}
	}
	groups := text.Cluster(docs, nil, alikeFrom)
	err = l.store.Change(ctx, func(t *store.Tx) error {
		moved = 0
		in := map[string]bool{}
		for _, g := range groups {
			if len(g.IDs) < 2 {
				continue
			}
			id := "nc-" + g.Centre
			if err := writeCluster(t, m, id, was[g.Centre].text, &g, by.Actor()); err != nil {
				return err
			}
			for _, need := range g.IDs {
				in[need] = true
				n, err := assign(t, m, need, was[need].cluster, id, g.Terms, by.Actor())
				if err != nil {
					return err
				}
				moved += n
			}
		}
		for id, n := range was {
			if n.cluster != "" && !in[id] {
				if _, err := assign(t, m, id, n.cluster, "", nil, by.Actor()); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return moved, err
}

func writeCluster(t *store.Tx, m live.MerchantID, id, title string, g *text.Group, by live.Actor) error {
	terms, err := json.Marshal(termsOf(g, 10))
	if err != nil {
		return fmt.Errorf("encode terms: %w", err)
	}
	n, err := t.Exec(`UPDATE care_need_clusters SET terms = ?, cohesion = ? WHERE merchant_id = ? AND cluster_id = ? AND state = 'alike'`,
		string(terms), int64(math.Round(g.Cohesion*10_000)), string(m), id)
	if err != nil {
		return fmt.Errorf("write cluster: %w", err)
	}
	if n > 0 {
		return nil
	}
	n, err = t.Exec(`INSERT INTO care_need_clusters (merchant_id, cluster_id, title, terms, cohesion, state, entry_id, measured, created_at, promoted_at, steps)
		VALUES (?, ?, ?, ?, ?, 'alike', '', '', ?, 0, 1) ON CONFLICT DO NOTHING`, string(m), id, title, string(terms), int64(math.Round(g.Cohesion*10_000)), store.Millis(t.Now()))
	if err != nil || n == 0 {
		return err
	}
	return note(t, m, id, 1, "gather", string(Alike), fmt.Sprintf("%d needs are alike", len(g.IDs)), by)
}

// assign moves a need between clusters, unless it has been moved since.
func assign(t *store.Tx, m live.MerchantID, need, from, to string, terms []text.Weight, by live.Actor) (moved int, err error) {
	if from == to {
		return 0, nil
	}
	n, err := t.Exec(`UPDATE care_needs SET cluster_id = ?, steps = steps + 1 WHERE merchant_id = ? AND need_id = ? AND cluster_id = ?`, to, string(m), need, from)
	if err != nil || n == 0 {
		return 0, err
	}
	found, err := find(t.Querier, care.Reach{Merchant: m}, need)
	if err != nil {
		return 0, err
	}
	var steps int64
	if err := t.Row(`SELECT steps FROM care_needs WHERE merchant_id = ? AND need_id = ?`, string(m), need).Scan(&steps); err != nil {
		return 0, fmt.Errorf("count steps of a need: %w", err)
	}
	words := make([]string, 0, len(terms))
	for _, x := range terms[:min(len(terms), 5)] {
		words = append(words, x.Term)
	}
	evidence, err := json.Marshal(map[string]any{"cluster_id": to, "terms": words})
	if err != nil {
		return 0, fmt.Errorf("encode cluster: %w", err)
	}
	if err := note(t, m, need, steps, "cluster", string(found.State), string(evidence), by); err != nil {
		return 0, err
	}
	_, err = t.Emit(live.Event{Kind: live.NeedClustered, Merchant: m, Person: found.Person, Actor: by, OccurredAt: t.Now()},
		map[string]any{"need_id": need, "cluster_id": to, "terms": words})
	return 1, err
}
