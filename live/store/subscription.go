package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"showrunner/live"
)

// Subscription says which facts of a merchant are sent to a URL as signed
// webhooks.
type Subscription struct {
	ID          string
	Merchant    live.MerchantID
	URL         string
	Types       []live.Kind // sorted, without repetition
	Description string
	Active      bool
	Stopped     string // why Showrunner itself made it inactive, or empty
	Secret      string // whsec_…; never logged
	OldSecret   string // signs too until OldUntil
	OldUntil    time.Time
	Failures    int64     // attempts in a row that failed
	PausedUntil time.Time // the endpoint is left alone until then
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// StoppedGone is why a subscription is inactive whose endpoint answered 410.
const StoppedGone = "gone"

// String leaves the secrets and the URL's query out.
func (s Subscription) String() string { return fmt.Sprintf("%s/%s", s.Merchant, s.ID) }

// GoString leaves them out of %#v too.
func (s Subscription) GoString() string { return "Subscription(" + s.String() + ")" }

// LogValue leaves them out.
func (s Subscription) LogValue() slog.Value { return slog.StringValue(s.String()) }

// SubscriptionPatch changes a subscription; nil members stay as they are.
type SubscriptionPatch struct {
	URL         *string
	Types       []live.Kind
	Description *string
	Active      *bool
}

// SubscriptionFilter selects subscriptions. Zero members do not restrict.
type SubscriptionFilter struct {
	Merchant live.MerchantID
	Cursor   string
	Limit    int // 0 means 50, at most 500
}

// Limits of subscriptions.
const (
	// MaxSubscriptions bounds those of one merchant: every fact that leaves is
	// one row for each.
	MaxSubscriptions = 20
	maxWebhookURL    = 2048
	maxDescription   = 200 // characters
	secretBytes      = 32
)

const subscriptionColumns = `subscription_id, merchant_id, url, types, description, active, stopped, secret, old_secret, old_until, failures, paused_until, created_at, updated_at`

func scanSubscription(r scanner) (Subscription, error) {
	var s Subscription
	var types string
	var active, oldUntil, paused, created, updated int64
	err := r.Scan(&s.ID, &s.Merchant, &s.URL, &types, &s.Description, &active, &s.Stopped, &s.Secret, &s.OldSecret, &oldUntil,
		&s.Failures, &paused, &created, &updated)
	for k := range strings.FieldsSeq(types) {
		s.Types = append(s.Types, live.Kind(k))
	}
	s.Active = active != 0
	s.OldUntil, s.PausedUntil, s.CreatedAt, s.UpdatedAt = at(oldUntil), at(paused), at(created), at(updated)
	return s, err
}

func subscriptionNotFound() error {
	return live.NotFound("subscription_not_found", "there is no such subscription")
}

func findSubscription(q querier, id string) (Subscription, error) {
	s, err := scanSubscription(q.row(`SELECT `+subscriptionColumns+` FROM subscriptions WHERE subscription_id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Subscription{}, subscriptionNotFound()
	}
	if err != nil {
		return Subscription{}, fmt.Errorf("read subscription: %w", err)
	}
	return s, nil
}

// check holds a subscription against its rules and puts its types in order.
func (s *Subscription) check(by live.Principal) error {
	if s.URL == "" || len(s.URL) > maxWebhookURL {
		return live.Invalid("invalid_field", "url", "must be 1 to %d bytes", maxWebhookURL)
	}
	if n := utf8.RuneCountInString(s.Description); n > maxDescription || !utf8.ValidString(s.Description) {
		return live.Invalid("invalid_field", "description", "must be at most %d characters", maxDescription)
	}
	if len(s.Types) == 0 {
		return live.Invalid("invalid_field", "types", "at least one type is required")
	}
	for i, k := range s.Types {
		field := fmt.Sprintf("types[%d]", i)
		if !k.MayLeave() && k != ReportDue {
			return live.Invalid("unknown_type", field, "is not a type that webhooks carry")
		}
		if (k.TellsMoney() || k == ReportDue) && !by.May(live.ActMoney) {
			return live.Forbidden("role_forbidden", "the type %s tells money, which the role %s may not read", k, by.Role)
		}
	}
	s.Types = slices.Clone(s.Types)
	slices.Sort(s.Types)
	s.Types = slices.Compact(s.Types)
	return nil
}

func (s *Subscription) typesText() string {
	words := make([]string, len(s.Types))
	for i, k := range s.Types {
		words[i] = string(k)
	}
	return strings.Join(words, " ")
}

// newSecret is a fresh secret of Standard Webhooks.
func newSecret() string {
	var b [secretBytes]byte
	// Never fails; it ends the process when the system has no randomness.
	_, _ = rand.Read(b[:])
	return "whsec_" + base64.StdEncoding.EncodeToString(b[:])
}

// auditSubscription records who did what to a subscription, without its URL,
// whose query may be a secret.
func (t *tx) auditSubscription(s *Subscription, by live.Actor, action, detail string) error {
	return t.audited(AuditRow{Merchant: s.Merchant, Actor: by, Action: action, Detail: `{"subscription_id":"` + s.ID + `"` + detail + `}`})
}

// CreateSubscription makes a subscription with a secret of the store's own.
// More than [MaxSubscriptions] are refused as "too_many_subscriptions".
func (s *Store) CreateSubscription(ctx context.Context, sub Subscription, by live.Principal) (Subscription, error) {
	if !live.ValidID(string(sub.Merchant)) {
		return Subscription{}, badID("merchant_id")
	}
	if err := mayWrite(by, live.ActSubscriptionWrite, sub.Merchant, ""); err != nil {
		return Subscription{}, err
	}
	if err := sub.check(by); err != nil {
		return Subscription{}, err
	}
	err := s.write(ctx, func(t *tx) error {
		var n int
		if err := t.row(`SELECT COUNT(*) FROM subscriptions WHERE merchant_id = ?`, string(sub.Merchant)).Scan(&n); err != nil {
			return fmt.Errorf("count subscriptions: %w", err)
		}
		if n >= MaxSubscriptions {
			return live.Conflict("too_many_subscriptions", "the merchant has %d subscriptions, more are not taken", n)
		}
		sub = Subscription{
			ID: "sub_" + s.ids.next(t.now), Merchant: sub.Merchant, URL: sub.URL, Types: sub.Types, Description: sub.Description,
			Active: sub.Active, Secret: newSecret(), CreatedAt: t.now, UpdatedAt: t.now,
		}
		if _, err := t.exec(`INSERT INTO subscriptions (`+subscriptionColumns+`) VALUES (?, ?, ?, ?, ?, ?, '', ?, '', 0, 0, 0, ?, ?)`,
			sub.ID, string(sub.Merchant), sub.URL, sub.typesText(), sub.Description, bit(sub.Active), sub.Secret, ms(t.now), ms(t.now)); err != nil {
			return fmt.Errorf("create subscription: %w", err)
		}
		return t.auditSubscription(&sub, by.Actor(), "subscription.create", `,"types":"`+sub.typesText()+`"`)
	})
	if err != nil {
		return Subscription{}, err
	}
	return sub, nil
}

// Subscription finds a subscription; "subscription_not_found" if there is none.
func (s *Store) Subscription(ctx context.Context, id string) (Subscription, error) {
	return findSubscription(s.reader(ctx), id)
}

// Subscriptions lists subscriptions, newest first, with the cursor of the next page.
func (s *Store) Subscriptions(ctx context.Context, f SubscriptionFilter) ([]Subscription, string, error) {
	c, err := decodeCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	var w where
	if f.Merchant != "" {
		w.add("merchant_id = ?", string(f.Merchant))
	}
	w.after(c, "created_at", "subscription_id")
	most := limit(f.Limit)
	rows, err := s.reader(ctx).query(`SELECT `+subscriptionColumns+` FROM subscriptions`+w.sql()+` ORDER BY created_at DESC, subscription_id DESC LIMIT ?`, append(w.args, most+1)...)
	list, err := collect(rows, err, scanSubscription)
	if err != nil {
		return nil, "", fmt.Errorf("list subscriptions: %w", err)
	}
	list, next := page(list, most, func(s Subscription) cursor { return cursor{ms(s.CreatedAt), s.ID} })
	return list, next, nil
}

// changeSubscription opens a subscription and lets fn work on it.
func (s *Store) changeSubscription(ctx context.Context, id string, by live.Principal, fn func(*tx, *Subscription) error) (Subscription, error) {
	var sub Subscription
	err := s.write(ctx, func(t *tx) (err error) {
		if sub, err = findSubscription(t, id); err != nil {
			return err
		}
		if err := mayWrite(by, live.ActSubscriptionWrite, sub.Merchant, ""); err != nil {
			return err
		}
		return fn(t, &sub)
	})
	if err != nil {
		return Subscription{}, err
	}
	return sub, nil
}

// UpdateSubscription changes a subscription. Making it active again, or giving
// it another URL, ends every pause: the next try is now.
func (s *Store) UpdateSubscription(ctx context.Context, id string, p SubscriptionPatch, by live.Principal) (Subscription, error) {
	sub, err := s.changeSubscription(ctx, id, by, func(t *tx, sub *Subscription) error {
		anew := p.URL != nil && *p.URL != sub.URL || p.Active != nil && *p.Active && !sub.Active
		if p.URL != nil {
			sub.URL = *p.URL
		}
		if p.Types != nil {
			sub.Types = p.Types
		}
		if p.Description != nil {
			sub.Description = *p.Description
		}
		if p.Active != nil {
			sub.Active = *p.Active
		}
		if sub.Active {
			sub.Stopped = ""
		}
		if anew {
			sub.Failures, sub.PausedUntil = 0, time.Time{}
		}
		if err := sub.check(by); err != nil {
			return err
		}
		sub.UpdatedAt = t.now
		if _, err := t.exec(`UPDATE subscriptions SET url = ?, types = ?, description = ?, active = ?, stopped = ?, failures = ?, paused_until = ?, updated_at = ?
			WHERE subscription_id = ?`,
			sub.URL, sub.typesText(), sub.Description, bit(sub.Active), sub.Stopped, sub.Failures, ms(sub.PausedUntil), ms(t.now), id); err != nil {
			return fmt.Errorf("update subscription: %w", err)
		}
		t.onCommit(s.wakeSender)
		return t.auditSubscription(sub, by.Actor(), "subscription.update",
			fmt.Sprintf(`,"types":"%s","active":%t,"url_changed":%t`, sub.typesText(), sub.Active, p.URL != nil))
	})
	return sub, err
}

// RotateSecret gives a subscription a new secret. Until the overlap is over
// webhooks are signed with both.
func (s *Store) RotateSecret(ctx context.Context, id string, overlap time.Duration, by live.Principal) (Subscription, error) {
	return s.changeSubscription(ctx, id, by, func(t *tx, sub *Subscription) error {
		sub.OldSecret, sub.OldUntil, sub.Secret, sub.UpdatedAt = sub.Secret, t.now.Add(overlap), newSecret(), t.now
		if overlap <= 0 {
			sub.OldSecret, sub.OldUntil = "", time.Time{}
		}
		if _, err := t.exec(`UPDATE subscriptions SET secret = ?, old_secret = ?, old_until = ?, updated_at = ? WHERE subscription_id = ?`,
			sub.Secret, sub.OldSecret, ms(sub.OldUntil), ms(t.now), id); err != nil {
			return fmt.Errorf("rotate secret: %w", err)
		}
		return t.auditSubscription(sub, by.Actor(), "subscription.rotate", fmt.Sprintf(`,"overlap_s":%d`, int64(overlap.Seconds())))
	})
}

// DeleteSubscription removes a subscription, its deliveries and the schedules of its
// reports; what is on its way at this moment may still arrive.
func (s *Store) DeleteSubscription(ctx context.Context, id string, by live.Principal) error {
	_, err := s.changeSubscription(ctx, id, by, func(t *tx, sub *Subscription) error {
		for _, q := range []string{
			`DELETE FROM report_runs WHERE schedule_id IN (SELECT schedule_id FROM report_schedules WHERE subscription_id = ?)`,
			`DELETE FROM report_schedules WHERE subscription_id = ?`,
			`DELETE FROM deliveries WHERE subscription_id = ?`, `DELETE FROM subscriptions WHERE subscription_id = ?`,
		} {
			if _, err := t.exec(q, id); err != nil {
				return fmt.Errorf("delete subscription: %w", err)
			}
		}
		return t.auditSubscription(sub, by.Actor(), "subscription.delete", "")
	})
	return err
}
