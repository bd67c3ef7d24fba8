package desk

import (
	"context"
	"fmt"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// FigureFilter selects the sessions that figures are of: those opened in
// [From, Until). Empty members do not restrict.
type FigureFilter struct {
	Merchant    live.MerchantID
	From, Until time.Time
	Agent       string // who served last
	Entry       string
	Show        live.ShowID
}

// Figures count sessions; those of rehearsals do not count. Sums are of whole
// milliseconds.
type Figures struct {
	Sessions   int64
	WithBot    int64 // that began with the bot
	HandedOver int64 // of them, to a human
	Opened     int64 // by a person
	BotOnly    int64 // of them, that the bot answered and no human was needed for
	Asked      int64 // by a person, that needed a human
	Replied    int64 // of them, in which a human spoke
	ReplyMS    int64 // from opening to that word, summed over Replied
	BusinessMS int64 // likewise in business hours
	Late       int64 // of Asked, with the promise of a first word broken
	Overdue    int64 // sessions with the promise of an end broken
	Closed     int64
	Resolved   int64 // of them
	ResolveMS  int64 // from opening to close, summed over Closed
	RateAsked  int64
	Rated      int64
	Good       int64 // of them, with [care.GoodScore] or more
}

// Figures counts. Codes: "invalid_field".
func (d *Desk) Figures(ctx context.Context, f FigureFilter) (n Figures, err error) {
	if !f.From.Before(f.Until) {
		return n, live.Invalid("invalid_field", "to", "must be after from")
	}
	var w store.Where
	w.Add("merchant_id = ?", string(f.Merchant))
	w.Add("opened_at >= ?", store.Millis(f.From))
	w.Add("opened_at < ?", store.Millis(f.Until))
	w.Add("rehearsal = 0")
	for _, x := range [][2]string{{"last_agent_id", f.Agent}, {"entry_id", f.Entry}, {"show_id", string(f.Show)}} {
		if x[1] != "" {
			w.Add(x[0]+" = ?", x[1])
		}
	}
	err = d.cfg.Store.View(ctx).Row(`SELECT `+figureColumns+` FROM service_sessions`+w.SQL(), w.Args()...).Scan(n.columns()...)
	if err != nil {
		return n, fmt.Errorf("count sessions: %w", err)
	}
	return n, nil
}

const (
	// askedHuman is the condition of a session that a person opened and that needed
	// a human.
	askedHuman = `initiated_by = 'viewer' AND queued_at > 0`
	closed     = `state = 'closed'`
)

// sumOf is a further column of SQL, which sums what under a condition.
func sumOf(condition, what string) string {
	return `, COALESCE(SUM(CASE WHEN ` + condition + ` THEN ` + what + ` ELSE 0 END), 0)`
}

// figureColumns are the columns of figures, in the order of [Figures.columns].
var figureColumns = `COUNT(*)` +
	sumOf(`initiated_by = 'viewer' AND (queued_at = 0 OR handed_over <> '' OR bot_given <> '[]')`, `1`) + sumOf(`handed_over <> ''`, `1`) +
	sumOf(`initiated_by = 'viewer'`, `1`) + sumOf(`initiated_by = 'viewer' AND queued_at = 0 AND bot_given <> '[]'`, `1`) + sumOf(`resolve_breached_at > 0`, `1`) +
	sumOf(askedHuman, `1`) + sumOf(askedHuman+` AND replied_at > 0`, `1`) + sumOf(askedHuman+` AND replied_at > 0`, `reply_ms`) + sumOf(askedHuman+` AND replied_at > 0`, `reply_business_ms`) +
	sumOf(askedHuman+` AND reply_breached_at > 0`, `1`) +
	sumOf(closed, `1`) + sumOf(closed+` AND resolution = 'resolved'`, `1`) + sumOf(closed, `resolve_ms`) +
	sumOf(`rating_asked_at > 0`, `1`) + sumOf(`score > 0`, `1`) + sumOf(fmt.Sprintf(`score >= %d`, care.GoodScore), `1`)

// columns are where figureColumns go.
func (n *Figures) columns() []any {
	return []any{
		&n.Sessions, &n.WithBot, &n.HandedOver, &n.Opened, &n.BotOnly, &n.Overdue, &n.Asked, &n.Replied, &n.ReplyMS, &n.BusinessMS, &n.Late, &n.Closed, &n.Resolved, &n.ResolveMS, &n.RateAsked, &n.Rated, &n.Good,
	}
}
