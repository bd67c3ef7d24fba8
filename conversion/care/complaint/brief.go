package complaint

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"showrunner/conversion/care/need"
	"showrunner/live"
	"showrunner/live/store"
)

// ItemKind is what an item of a brief is for.
type ItemKind string

// Kinds of items, in the order of a brief.
const (
	ItemClaim    ItemKind = "avoid_claim" // what is not to be said, because it was not kept
	ItemPolicy   ItemKind = "policy"      // a rule as it is to be told
	ItemQuestion ItemKind = "question"    // what is asked again and again, with the answer
	ItemWarning  ItemKind = "warning"     // what else was complained of
)

// Valid reports whether k is a kind of items.
func (k ItemKind) Valid() bool {
	return k == ItemClaim || k == ItemPolicy || k == ItemQuestion || k == ItemWarning
}

// Item is one thing that whoever is on should know. It carries the figures it was
// made of, and travels as JSON in facts and frames.
type Item struct {
	Kind    ItemKind       `json:"kind"`
	Text    string         `json:"text"`
	Answer  string         `json:"answer,omitempty"` // what to say or do instead
	Product live.ProductID `json:"product_id,omitempty"`
	// ProductTitle is what the product was called when the item was written.
	ProductTitle string   `json:"product_title,omitempty"`
	Cause        Cause    `json:"cause,omitempty"`
	Finding      string   `json:"finding_id,omitempty"`
	Cluster      string   `json:"cluster_id,omitempty"`
	Complaints   int64    `json:"complaints,omitempty"` // behind the finding
	Asked        int64    `json:"asked,omitempty"`      // how often, in the last shows
	Terms        []string `json:"terms,omitempty"`
}

// Limits of a brief, which nobody reads beyond, and which is sent in one frame.
const (
	MaxItems     = 30
	maxItemText  = 200
	maxItemTitle = 60 // a title is beside the item, and not what it says
	maxBriefSize = 12 << 10
	// lastShows is of how many shows the questions are looked at.
	lastShows = 3
	// topQuestions is how many of them come into a draft.
	topQuestions = 10
	// adoptedFor is how long what was adopted stands in drafts.
	adoptedFor = 90 * 24 * time.Hour
)

// Questions are what viewers ask; the loop of needs keeps them.
type Questions interface {
	// Top are the questions asked most in these shows.
	Top(q store.Querier, m live.MerchantID, shows []live.ShowID, most int) ([]need.Asked, error)
}

// Brief is what a host is told before a show.
type Brief struct {
	Merchant  live.MerchantID
	Show      live.ShowID
	Items     []Item // the draft
	ChangedAt time.Time
	ChangedBy string

	Version     int64  // published last; 0: none
	Published   []Item // that version
	PublishedAt time.Time
	PublishedBy string
	Reads       []Read // of that version
}

// Read is that somebody has read a version.
type Read struct {
	Actor string
	Role  live.Role
	At    time.Time
}

// ReadByHost reports whether a host has read the version that stands.
func (b *Brief) ReadByHost() bool {
	for _, r := range b.Reads {
		if r.Role == live.RoleHost {
			return true
		}
	}
	return false
}

// Stale reports whether the draft is not what was published.
func (b *Brief) Stale() bool { return b.Version == 0 || b.ChangedAt.After(b.PublishedAt) }

func checkItems(items []Item) error {
	if len(items) > MaxItems {
		return live.Invalid("invalid_field", "items", "must be at most %d", MaxItems)
	}
	for i := range items {
		at := fmt.Sprintf("items[%d].", i)
		it := &items[i]
		if !it.Kind.Valid() {
			return live.Invalid("invalid_field", at+"kind", "must be one of avoid_claim, policy, question, warning")
		}
		if n := utf8.RuneCountInString(it.Text); n == 0 || n > maxItemText {
			return live.Invalid("invalid_field", at+"text", "must have 1 to %d characters", maxItemText)
		}
		if utf8.RuneCountInString(it.Answer) > maxNote {
			return live.Invalid("invalid_field", at+"answer", "must have at most %d characters", maxNote)
		}
		if it.Cause != "" && !it.Cause.Valid() {
			return badCause(at + "cause")
		}
	}
	raw, err := json.Marshal(items)
	if err == nil && len(raw) > maxBriefSize {
		return live.Invalid("invalid_field", "items", "have %d bytes together, at most %d are allowed", len(raw), maxBriefSize)
	}
	return err
}

// briefShow is what a brief needs to know of its show.
type briefShow struct {
	room      live.RoomID
	state     live.ShowState
	rehearsal bool
	created   int64
}

func showOfBrief(q store.Querier, m live.MerchantID, show live.ShowID) (s briefShow, err error) {
	var rehearsal int64
	err = q.Row(`SELECT room_id, state, rehearsal, created_at FROM shows WHERE merchant_id = ? AND show_id = ?`, string(m), string(show)).Scan(&s.room, &s.state, &rehearsal, &s.created)
	s.rehearsal = rehearsal != 0
	if errors.Is(err, sql.ErrNoRows) {
		return s, live.NotFound("show_not_found", "there is no such show")
	}
	if err != nil {
		return s, fmt.Errorf("read show of a brief: %w", err)
	}
	return s, nil
}

func findBrief(q store.Querier, m live.MerchantID, show live.ShowID) (b Brief, err error) {
	b = Brief{Merchant: m, Show: show}
	var body string
	var changed int64
	err = q.Row(`SELECT body, version, changed_at, changed_by FROM care_briefs WHERE merchant_id = ? AND show_id = ?`, string(m), string(show)).
		Scan(&body, &b.Version, &changed, &b.ChangedBy)
	if errors.Is(err, sql.ErrNoRows) {
		return b, live.NotFound("brief_not_found", "the show has no brief")
	}
	if err != nil {
		return b, fmt.Errorf("read brief: %w", err)
	}
	if err := json.Unmarshal([]byte(body), &b.Items); err != nil {
		return b, fmt.Errorf("decode brief: %w", err)
	}
	b.ChangedAt = store.Time(changed)
	if b.Version == 0 {
		return b, nil
	}
	var published int64
	if err := q.Row(`SELECT body, published_at, published_by FROM care_brief_versions WHERE merchant_id = ? AND show_id = ? AND version = ?`, string(m), string(show), b.Version).
		Scan(&body, &published, &b.PublishedBy); err != nil {
		return b, fmt.Errorf("read version of a brief: %w", err)
	}
	if err := json.Unmarshal([]byte(body), &b.Published); err != nil {
		return b, fmt.Errorf("decode version of a brief: %w", err)
	}
	b.PublishedAt = store.Time(published)
	rows, err := q.Query(`SELECT actor_id, actor_role, at FROM care_brief_reads WHERE merchant_id = ? AND show_id = ? AND version = ? ORDER BY at, actor_id`, string(m), string(show), b.Version)
	b.Reads, err = store.Collect(rows, err, func(r store.Scanner) (x Read, err error) {
		var at int64
		err = r.Scan(&x.Actor, &x.Role, &at)
		x.At = store.Time(at)
		return x, err
	})
	if err != nil {
		return b, fmt.Errorf("read who read a brief: %w", err)
	}
	return b, nil
}

// Brief reads the brief of a show. Code: "brief_not_found".
func (b *Book) Brief(ctx context.Context, m live.MerchantID, show live.ShowID) (found Brief, err error) {
	err = b.store.Snapshot(ctx, func(q store.Querier) error {
		found, err = findBrief(q, m, show)
		return err
	})
	return found, err
}

// Briefs lists the briefs of a merchant, those changed last first.
func (b *Book) Briefs(ctx context.Context, m live.MerchantID, cursor string, size int) ([]Brief, string, error) {
	page, err := store.OpenPage(cursor, size)
	if err != nil {
		return nil, "", err
	}
	var list []Brief
	next := ""
	err = b.store.Snapshot(ctx, func(q store.Querier) error {
		var w store.Where
		w.Add("merchant_id = ?", string(m))
		page.After(&w, "changed_at", "show_id")
		rows, err := q.Query(`SELECT show_id, changed_at FROM care_briefs`+w.SQL()+` ORDER BY changed_at DESC, show_id DESC LIMIT ?`, w.Args(page.Limit())...)
		list, err = store.Collect(rows, err, func(r store.Scanner) (x Brief, err error) {
			var at int64
			err = r.Scan(&x.Show, &at)
			x.ChangedAt = store.Time(at)
			return x, err
		})
		if err != nil {
			return fmt.Errorf("list briefs: %w", err)
		}
		list, next = store.Cut(page, list, func(x Brief) (time.Time, string) { return x.ChangedAt, string(x.Show) })
		for i := range list {
			if list[i], err = findBrief(q, m, list[i].Show); err != nil {
				return err
			}
		}
		return nil
	})
	return list, next, err
}

// BriefBefore is the version of a show's brief that stood at an instant; ok is
// false for none.
func (b *Book) BriefBefore(ctx context.Context, m live.MerchantID, show live.ShowID, at time.Time) (items []Item, version int64, ok bool, err error) {
	var body string
	err = b.store.View(ctx).Row(`SELECT body, version FROM care_brief_versions WHERE merchant_id = ? AND show_id = ? AND published_at <= ? ORDER BY version DESC LIMIT 1`,
		string(m), string(show), store.Millis(at)).Scan(&body, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, false, nil
	}
	if err != nil {
		return nil, 0, false, fmt.Errorf("read version of a brief: %w", err)
	}
	if err := json.Unmarshal([]byte(body), &items); err != nil {
		return nil, 0, false, fmt.Errorf("decode version of a brief: %w", err)
	}
	return items, version, true, nil
}
