package complaint

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"showrunner/live"
	"showrunner/live/store"
)

// Draft makes the draft of a show's brief anew, of the findings that nobody has
// rejected about what is on its shelf, of those adopted lately, and of the
// questions that were asked most in the last shows of its room. What stood in the
// draft is lost; what was published stands. Codes: "show_not_found", "wrong_state".
func (b *Book) Draft(ctx context.Context, m live.MerchantID, show live.ShowID, by live.Principal) (Brief, error) {
	var items []Item
	// Comparing what was asked takes long, and orders would wait for it in a change.
	err := b.store.Snapshot(ctx, func(q store.Querier) error {
		s, err := showOfBrief(q, m, show)
		if err != nil {
			return err
		}
		if items, err = findingItems(q, m, show, b.now()); err != nil || b.questions == nil {
			return err
		}
		shows, err := showsBefore(q, m, show, s)
		if err != nil {
			return err
		}
		asked, err := b.questions.Top(q, m, shows, topQuestions)
		if err != nil {
			return err
		}
		for _, a := range asked {
			items = append(items, Item{Kind: ItemQuestion, Text: cut(a.Text, maxItemText), Answer: cut(a.Answer, maxNote), Asked: a.Times, Cluster: a.Cluster, Terms: a.Terms})
		}
		return nil
	})
	if err != nil {
		return Brief{}, err
	}
	return b.Edit(ctx, m, show, fit(items), by)
}

// fit leaves out the last of the items until a brief can be read and sent.
func fit(items []Item) []Item {
	order := []ItemKind{ItemClaim, ItemPolicy, ItemQuestion, ItemWarning}
	slices.SortStableFunc(items, func(a, b Item) int {
		return cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind))
	})
	items = items[:min(len(items), MaxItems)]
	for checkItems(items) != nil && len(items) > 0 {
		items = items[:len(items)-1]
	}
	return items
}

func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

func findingItems(q store.Querier, m live.MerchantID, show live.ShowID, now time.Time) ([]Item, error) {
	rows, err := q.Query(`SELECT `+findingColumns+` FROM care_findings f WHERE merchant_id = ?
		AND (state IN ('open', 'routed') OR state = 'adopted' AND decided_at > ?)
		AND (product_id = '' OR EXISTS (SELECT 1 FROM items i WHERE i.show_id = ? AND i.product_id = f.product_id AND i.listed <> 0))`,
		string(m), store.Millis(now.Add(-adoptedFor)), string(show))
	findings, err := store.Collect(rows, err, scanFinding)
	if err != nil {
		return nil, fmt.Errorf("read findings for a brief: %w", err)
	}
	var items []Item
	for i := range findings {
		f := &findings[i]
		it := Item{Kind: itemKindOf(f), Text: cut(f.Title, maxItemText), Answer: f.Action, Product: f.Product, Cause: f.Cause, Finding: f.ID, Terms: f.Terms}
		if err := q.Row(`SELECT COUNT(*) FROM care_finding_evidence e JOIN care_complaints c ON c.merchant_id = e.merchant_id AND c.complaint_id = e.complaint_id
			WHERE e.merchant_id = ? AND e.finding_id = ? AND c.state NOT IN ('suggested', 'withdrawn', 'dismissed')`, string(m), f.ID).Scan(&it.Complaints); err != nil {
			return nil, fmt.Errorf("count complaints of a finding: %w", err)
		}
		items = append(items, it)
	}
	slices.SortStableFunc(items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(b.Complaints, a.Complaints), cmp.Compare(a.Finding, b.Finding))
	})
	return items, nil
}

// itemKindOf is where a finding stands in a brief: by the stage it was given to,
// else by its cause.
func itemKindOf(f *Finding) ItemKind {
	switch {
	case f.Stage == StagePromotion, f.Stage == "" && f.Cause == PromotionMismatch:
		return ItemClaim
	case f.Stage == StagePolicy, f.Stage == "" && f.Cause == UnclearPolicy:
		return ItemPolicy
	}
	return ItemWarning
}

// showsBefore are the last shows of the room that were on air before this one.
func showsBefore(q store.Querier, m live.MerchantID, show live.ShowID, s briefShow) ([]live.ShowID, error) {
	rows, err := q.Query(`SELECT show_id FROM shows WHERE merchant_id = ? AND room_id = ? AND show_id <> ? AND rehearsal = 0 AND started_at > 0
		ORDER BY started_at DESC, show_id LIMIT ?`, string(m), string(s.room), string(show), lastShows)
	list, err := store.Collect(rows, err, func(r store.Scanner) (id live.ShowID, err error) { return id, r.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("read the last shows: %w", err)
	}
	return list, nil
}

// Edit puts a person's words in place of a draft. Codes: "invalid_field",
// "show_not_found", "wrong_state".
func (b *Book) Edit(ctx context.Context, m live.MerchantID, show live.ShowID, items []Item, by live.Principal) (out Brief, err error) {
	items = append([]Item{}, items...)
	for i := range items {
		items[i].ProductTitle = "" // The shelf says it, and not who writes.
	}
	if err := checkItems(items); err != nil {
		return Brief{}, err
	}
	err = b.store.Change(ctx, func(t *store.Tx) error {
		s, err := showOfBrief(t.Querier, m, show)
		if err != nil {
			return err
		}
		if s.state.Over() {
			return overAlready(s)
		}
		if err := nameItems(t.Querier, m, items); err != nil {
			return err
		}
		body, err := json.Marshal(items)
		if err != nil {
			return fmt.Errorf("encode brief: %w", err)
		}
		if _, err := t.Exec(`INSERT INTO care_briefs (merchant_id, show_id, body, version, changed_at, changed_by) VALUES (?, ?, ?, 0, ?, ?)
			ON CONFLICT (merchant_id, show_id) DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
			string(m), string(show), string(body), store.Millis(t.Now()), by.Subject); err != nil {
			return fmt.Errorf("write brief: %w", err)
		}
		out, err = findBrief(t.Querier, m, show)
		return err
	})
	return out, err
}

func overAlready(s briefShow) error {
	no := live.Conflict("wrong_state", "the show is over")
	no.Data = map[string]any{"state": string(s.state)}
	return no
}

// Publish makes the draft what the host is told. It is told to the panels of the
// room at once. Codes: "show_not_found", "brief_not_found", "brief_empty",
// "wrong_state".
func (b *Book) Publish(ctx context.Context, m live.MerchantID, show live.ShowID, by live.Principal) (out Brief, err error) {
	err = b.store.Change(ctx, func(t *store.Tx) error {
		s, err := showOfBrief(t.Querier, m, show)
		if err != nil {
			return err
		}
		if s.state.Over() {
			return overAlready(s)
		}
		if out, err = findBrief(t.Querier, m, show); err != nil {
			return err
		}
		if len(out.Items) == 0 {
			return live.Conflict("brief_empty", "there is nothing in the draft")
		}
		body, err := json.Marshal(out.Items)
		if err != nil {
			return fmt.Errorf("encode brief: %w", err)
		}
		version := out.Version + 1
		if _, err := t.Exec(`INSERT INTO care_brief_versions (merchant_id, show_id, version, body, published_at, published_by) VALUES (?, ?, ?, ?, ?, ?)`,
			string(m), string(show), version, string(body), store.Millis(t.Now()), by.Subject); err != nil {
			return fmt.Errorf("write version of a brief: %w", err)
		}
		if _, err := t.Exec(`UPDATE care_briefs SET version = ? WHERE merchant_id = ? AND show_id = ?`, version, string(m), string(show)); err != nil {
			return fmt.Errorf("write brief: %w", err)
		}
		if err := tellBrief(t, m, show, s, live.ShowBriefPublished, by, map[string]any{"show_id": show, "version": version, "warnings": out.Items}); err != nil {
			return err
		}
		out, err = findBrief(t.Querier, m, show)
		return err
	})
	return out, err
}

// Acknowledge notes that somebody has read the version that stands; once is
// enough. Codes: "show_not_found", "brief_not_found", "version_mismatch" (data:
// version) when another has been published since.
func (b *Book) Acknowledge(ctx context.Context, m live.MerchantID, show live.ShowID, version int64, by live.Principal) (out Brief, err error) {
	err = b.store.Change(ctx, func(t *store.Tx) error {
		s, err := showOfBrief(t.Querier, m, show)
		if err != nil {
			return err
		}
		if out, err = findBrief(t.Querier, m, show); err != nil {
			return err
		}
		if out.Version == 0 {
			return live.NotFound("brief_not_found", "the show has no brief")
		}
		if version != out.Version {
			no := live.Conflict("version_mismatch", "version %d stands", out.Version)
			no.Data = map[string]any{"version": out.Version}
			return no
		}
		n, err := t.Exec(`INSERT INTO care_brief_reads (merchant_id, show_id, version, actor_id, actor_role, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			string(m), string(show), version, by.Subject, string(by.Role), store.Millis(t.Now()))
		if err != nil {
			return fmt.Errorf("write who read a brief: %w", err)
		}
		if n > 0 {
			if err := tellBrief(t, m, show, s, live.ShowBriefRead, by, map[string]any{"show_id": show, "version": version}); err != nil {
				return err
			}
		}
		out, err = findBrief(t.Querier, m, show)
		return err
	})
	return out, err
}

func tellBrief(t *store.Tx, m live.MerchantID, show live.ShowID, s briefShow, kind live.Kind, by live.Principal, data map[string]any) error {
	if _, err := t.Emit(live.Event{Kind: kind, Merchant: m, Room: s.room, Show: show, Actor: by.Actor(), Rehearsal: s.rehearsal, OccurredAt: t.Now()}, data); err != nil {
		return err
	}
	detail, err := json.Marshal(map[string]any{"version": data["version"]})
	if err != nil {
		return fmt.Errorf("encode brief: %w", err)
	}
	return t.Audit(store.AuditRow{Merchant: m, Room: s.room, Show: show, Actor: by.Actor(), Action: string(kind), Detail: string(detail)})
}
