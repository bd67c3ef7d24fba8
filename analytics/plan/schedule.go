package plan

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"showrunner/analytics"
	"showrunner/live"
	"showrunner/live/store"
)

// What is sent.
const (
	OfShow = "show"   // the post-show report, at moments after the end
	Daily  = "daily"  // the comparison of the day that is over with the day before it
	Weekly = "weekly" // likewise of the week from Monday to Sunday
)

// Moments are when the report of a show is sent, in days of 24 hours after its end.
// That of t30 is final.
var Moments = map[string]int{"t0": 0, "t1": 1, "t7": 7, "t30": 30}

// ShowFormats are the formats in which reports of shows are sent.
var ShowFormats = []string{"json", "csv", "xlsx", "html"}

// MaxSchedules bounds those of one merchant.
const MaxSchedules = 20

// Schedule is which reports are sent to a subscription.
type Schedule struct {
	ID           string
	Merchant     live.MerchantID
	Subscription string
	Report       string   // [OfShow], [Daily] or [Weekly]
	Moments      []string // of OfShow: keys of [Moments]
	Format, Lang string
	Zone         string // whose days are meant; of Daily and Weekly
	CreatedAt    time.Time
}

// check holds a schedule against its rules.
func (s *Schedule) check() error {
	formats := analytics.ComparisonFormats
	switch s.Report {
	case OfShow:
		formats = ShowFormats
		if len(s.Moments) == 0 {
			return live.Invalid("invalid_field", "moments", "at least one of t0, t1, t7 and t30 is required")
		}
		for i, m := range s.Moments {
			if _, ok := Moments[m]; !ok || slices.Contains(s.Moments[:i], m) {
				return live.Invalid("invalid_field", fmt.Sprintf("moments[%d]", i), "must be t0, t1, t7 or t30, each once")
			}
		}
		if s.Zone != "" {
			return live.Invalid("invalid_field", "time_zone", "is of daily and weekly reports: a show has its own")
		}
	case Daily, Weekly:
		if len(s.Moments) > 0 {
			return live.Invalid("invalid_field", "moments", "are of the report of a show")
		}
		if _, err := zoneOf(s.Zone); err != nil {
			return err
		}
	default:
		return live.Invalid("invalid_field", "report", "must be %s, %s or %s", OfShow, Daily, Weekly)
	}
	if !slices.Contains(formats, s.Format) {
		return live.Invalid("format_unavailable", "format", "must be one of %s", strings.Join(formats, ", "))
	}
	if s.Lang != "zh-CN" && s.Lang != "en" {
		return live.Invalid("unknown_language", "lang", "must be zh-CN or en")
	}
	return nil
}

func zoneOf(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, live.Invalid("invalid_field", "time_zone", "must be an IANA time zone")
	}
	return zone, nil
}

const scheduleColumns = `r.schedule_id, r.merchant_id, r.subscription_id, r.report, r.moments, r.format, r.lang, r.time_zone, r.created_at`

func scanSchedule(r store.Scanner) (s Schedule, err error) {
	var moments string
	var created int64
	err = r.Scan(&s.ID, (*string)(&s.Merchant), &s.Subscription, &s.Report, &moments, &s.Format, &s.Lang, &s.Zone, &created)
	s.Moments, s.CreatedAt = strings.Fields(moments), time.UnixMilli(created).UTC()
	return s, err
}

// AddSchedule keeps a schedule from now on: what was due before is not sent. The
// subscription must be of the merchant and have the type report_due. Codes:
// "invalid_field", "format_unavailable", "unknown_language", "subscription_not_found",
// "too_many_schedules".
func (b *Book) AddSchedule(ctx context.Context, s Schedule, by live.Actor) (Schedule, error) {
	if err := s.check(); err != nil {
		return s, err
	}
	var id [12]byte
	_, _ = rand.Read(id[:]) // Never fails; it ends the process when the system has no randomness.
	s.ID = "rs_" + hex.EncodeToString(id[:])
	err := b.store.Change(ctx, func(tx *store.Tx) error {
		s.CreatedAt = tx.Now()
		var of, types string
		if err := tx.Row(`SELECT COALESCE(MAX(merchant_id), ''), COALESCE(MAX(types), '') FROM subscriptions WHERE subscription_id = ?`, s.Subscription).Scan(&of, &types); err != nil {
			return fmt.Errorf("find a subscription: %w", err)
		}
		if of != string(s.Merchant) {
			return live.NotFound("subscription_not_found", "there is no such subscription")
		}
		if !slices.Contains(strings.Fields(types), string(store.ReportDue)) {
			return live.Invalid("invalid_field", "subscription_id", "must be of a subscription with the type %s", store.ReportDue)
		}
		var n int
		if err := tx.Row(`SELECT COUNT(*) FROM report_schedules WHERE merchant_id = ?`, string(s.Merchant)).Scan(&n); err != nil {
			return fmt.Errorf("count schedules: %w", err)
		}
		if n >= MaxSchedules {
			return live.Conflict("too_many_schedules", "the merchant has %d schedules of reports, more are not taken", n)
		}
		if _, err := tx.Exec(`INSERT INTO report_schedules (schedule_id, merchant_id, subscription_id, report, moments, format, lang, time_zone, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			s.ID, string(s.Merchant), s.Subscription, s.Report, strings.Join(s.Moments, " "), s.Format, s.Lang, s.Zone, store.Millis(s.CreatedAt)); err != nil {
			return fmt.Errorf("keep a schedule: %w", err)
		}
		return tx.Audit(store.AuditRow{Merchant: s.Merchant, Actor: by, Action: "report.schedule", Detail: fmt.Sprintf(`{"schedule_id":%q,"subscription_id":%q,"report":%q}`, s.ID, s.Subscription, s.Report)})
	})
	return s, err
}

// Schedules are those of a merchant, the newest first.
func (b *Book) Schedules(ctx context.Context, m live.MerchantID) ([]Schedule, error) {
	rows, err := b.store.View(ctx).Query(`SELECT `+scheduleColumns+` FROM report_schedules r WHERE r.merchant_id = ? ORDER BY r.created_at DESC, r.schedule_id DESC`, string(m))
	list, err := store.Collect(rows, err, scanSchedule)
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	return list, nil
}

// active are the schedules of all merchants whose subscriptions are active.
func (b *Book) active(ctx context.Context) ([]Schedule, error) {
	rows, err := b.store.View(ctx).Query(`SELECT ` + scheduleColumns + ` FROM report_schedules r JOIN subscriptions s ON s.subscription_id = r.subscription_id
		WHERE s.active = 1 ORDER BY r.schedule_id`)
	list, err := store.Collect(rows, err, scanSchedule)
	if err != nil {
		return nil, fmt.Errorf("list active schedules: %w", err)
	}
	return list, nil
}

// DropSchedule ends a schedule; what is on its way stays. Codes: "schedule_not_found".
func (b *Book) DropSchedule(ctx context.Context, m live.MerchantID, id string, by live.Actor) error {
	return b.store.Change(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM report_runs WHERE schedule_id = ? AND merchant_id = ?`, id, string(m)); err != nil {
			return fmt.Errorf("drop a schedule: %w", err)
		}
		n, err := tx.Exec(`DELETE FROM report_schedules WHERE schedule_id = ? AND merchant_id = ?`, id, string(m))
		if err != nil {
			return fmt.Errorf("drop a schedule: %w", err)
		}
		if n == 0 {
			return live.NotFound("schedule_not_found", "there is no such schedule")
		}
		return tx.Audit(store.AuditRow{Merchant: m, Actor: by, Action: "report.unschedule", Detail: fmt.Sprintf(`{"schedule_id":%q}`, id)})
	})
}
