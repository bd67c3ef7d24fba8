package wall

import (
	"encoding/json"
	"fmt"
	"slices"

	"showrunner/analytics"
	"showrunner/live"
)

// Keys are the metrics of a card: what says at a glance how a room does. All
// others are in the snapshot of its show.
var Keys = []string{"online_now", "watch_uv", "orders", "orders_paid", "view_to_pay", "gpm_watch_minor", "gmv_paid_minor"}

// alertKeys are the columns of an alert on a card.
var alertKeys = []string{"alert_id", "kind", "severity", "subject", "raised_at", "acknowledged_at"}

// card is one room on air, but for the instant and the age of its figures.
type card struct {
	Room        live.RoomID       `json:"room_id"`
	Show        live.ShowID       `json:"show_id"`
	Title       string            `json:"title"`
	State       live.ShowState    `json:"state"`
	StartedAt   string            `json:"started_at"`
	Currency    live.Currency     `json:"currency"`
	Provisional bool              `json:"provisional"`
	Metrics     analytics.Values  `json:"metrics"`
	Recent      analytics.Recents `json:"recent"`
	Alerts      analytics.Table   `json:"alerts"`
}

// card encodes a room, with amounts or without.
func (w *Wall) card(s *analytics.Snapshot, money bool) ([]byte, error) {
	x := card{
		Room: s.Room, Show: s.Show, State: s.State, Currency: s.Currency, Provisional: s.Provisional,
		Recent: analytics.Recents{}, Alerts: columns(s.Alerts, alertKeys),
	}
	if show, ok := w.onAir(s.Room); ok && show.ID == s.Show {
		x.Title, x.StartedAt = show.Title, analytics.Stamp(show.StartedAt)
	}
	for _, key := range Keys {
		if v, ok := s.Metrics.Get(key); ok && (money || !v.Metric.Money) {
			x.Metrics = append(x.Metrics, v)
		}
	}
	for _, r := range s.Recent {
		if r.Enough && (money || !r.Figure.Money) {
			x.Recent = append(x.Recent, r)
		}
	}
	body, err := json.Marshal(x)
	if err != nil {
		return nil, fmt.Errorf("encode the card of %s: %w", s.Show, err)
	}
	return body, nil
}

// columns is a table with some of its columns.
func columns(t analytics.Table, keys []string) analytics.Table {
	var at []int
	out := analytics.Table{Columns: []analytics.Column{}}
	for i, c := range t.Columns {
		if slices.Contains(keys, c.Key) {
			at, out.Columns = append(at, i), append(out.Columns, c)
		}
	}
	for _, row := range t.Rows {
		kept := make([]analytics.Cell, len(at))
		for k, i := range at {
			kept[k] = row[i]
		}
		out.Rows = append(out.Rows, kept)
	}
	return out
}
