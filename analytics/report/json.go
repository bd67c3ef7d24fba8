package report

import (
	"encoding/json"
	"fmt"
	"io"

	"showrunner/analytics"
	"showrunner/conversion/attribution"
	"showrunner/live"
)

type showJSON struct {
	Show      live.ShowID     `json:"show_id"`
	Room      live.RoomID     `json:"room_id"`
	Merchant  live.MerchantID `json:"merchant_id"`
	Title     string          `json:"title"`
	State     live.ShowState  `json:"state"`
	Currency  live.Currency   `json:"currency"`
	TimeZone  string          `json:"time_zone"`
	StartedAt *string         `json:"started_at"`
	EndedAt   *string         `json:"ended_at"`
	Rehearsal bool            `json:"rehearsal"`
}

type shareJSON struct {
	Key    string `json:"key"`
	Minor  int64  `json:"credit_minor"`
	Orders int64  `json:"orders"`
}

type modelJSON struct {
	Model              string        `json:"model"`
	Currency           live.Currency `json:"currency"`
	Orders             int64         `json:"orders"`
	Total              int64         `json:"total_minor"`
	Unattributed       int64         `json:"unattributed_minor"`
	UnattributedOrders int64         `json:"unattributed_orders"`
	ByChannel          []shareJSON   `json:"by_channel"`
	ByStage            []shareJSON   `json:"by_stage"`
}

type attributionJSON struct {
	WindowHours int64       `json:"window_hours"`
	Rules       []string    `json:"rule_versions"`
	Models      []modelJSON `json:"models"`
}

// lateJSON is a window; the amounts of one that has not come are null.
type lateJSON struct {
	Currency   live.Currency `json:"currency"`
	Days       int           `json:"days"`
	Paid       *int64        `json:"gmv_paid_minor"`
	Net        *int64        `json:"gmv_net_minor"`
	Refunded   *int64        `json:"refund_minor"`
	Cancelled  *int64        `json:"cancelled_paid_minor"`
	Settled    *int64        `json:"gmv_settled_minor"`
	Deposit    *int64        `json:"deposit_minor"`
	Balance    *int64        `json:"balance_minor"`
	Commission *int64        `json:"commission_minor"`
	State      string        `json:"state"`
	Complete   bool          `json:"complete"`
}

type correctionJSON struct {
	Currency   live.Currency `json:"currency"`
	Metric     string        `json:"metric"`
	Final      int64         `json:"final"`
	Now        int64         `json:"now"`
	Correction int64         `json:"correction"`
}

// Words for whether figures may still move.
const (
	statusProvisional = "provisional"
	statusFinal       = "final"
)

// WriteJSON prints the report as one JSON object and a line feed. Members
// always stand in the same order.
func WriteJSON(w io.Writer, r analytics.Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	err := enc.Encode(struct {
		Show        showJSON                   `json:"show"`
		AsOf        string                     `json:"as_of"`
		Provisional bool                       `json:"provisional"`
		Status      string                     `json:"status"`
		FinalAt     *string                    `json:"final_at"`
		Complete    bool                       `json:"complete"`
		Through     string                     `json:"corrections_as_of"`
		AfterFinal  []correctionJSON           `json:"after_final"`
		Metrics     analytics.Values           `json:"metrics"`
		Raw         analytics.Values           `json:"raw"`
		ByCurrency  []analytics.CurrencyValues `json:"by_currency"`
		Funnel      analytics.Table            `json:"funnel"`
		Timeline    analytics.Table            `json:"timeline"`
		Days        analytics.Table            `json:"days"`
		Products    analytics.Table            `json:"products"`
		Sources     analytics.Table            `json:"sources"`
		Hosts       analytics.Table            `json:"hosts"`
		Ladder      analytics.Table            `json:"ladder"`
		Commission  analytics.Table            `json:"commission"`
		Fed         analytics.Table            `json:"groups_fed"`
		Service     analytics.Table            `json:"service_assisted"`
		Served      analytics.Table            `json:"service_sessions"`
		Felt        analytics.Table            `json:"temperature"`
		Commands    analytics.Table            `json:"commands"`
		Alerts      analytics.Table            `json:"alerts"`
		Complaints  analytics.Table            `json:"complaints"`
		Keywords    analytics.Table            `json:"keywords"`
		NextBrief   analytics.Table            `json:"next_brief"`
		Benchmarks  analytics.Table            `json:"benchmarks"`
		Basis       analytics.Table            `json:"benchmark_basis"`
		Worst       analytics.Table            `json:"worst"`
		Attribution attributionJSON            `json:"attribution"`
		Late        []lateJSON                 `json:"late,omitempty"`
		AllLate     []lateJSON                 `json:"late_by_currency,omitempty"`
		Aged        *agedJSON                  `json:"retention,omitempty"`
	}{
		Show: showJSON{
			Show: r.Show.ID, Room: r.Show.Room, Merchant: r.Show.Merchant, Title: r.Show.Title, State: r.Show.State,
			Currency: r.Show.Currency, TimeZone: r.Show.TimeZone, Rehearsal: r.Show.Rehearsal,
			StartedAt: stamp(analytics.Stamp(r.Show.StartedAt)), EndedAt: stamp(analytics.Stamp(r.Show.EndedAt)),
		},
		AsOf: analytics.Stamp(r.AsOf), Provisional: r.Provisional,
		Status: status(r), FinalAt: stamp(analytics.Stamp(r.FinalAt)), Complete: r.Complete, Through: analytics.Stamp(r.Through), AfterFinal: corrections(r),
		Metrics: r.Metrics, Raw: r.Raw, ByCurrency: r.ByCurrency,
		Funnel: r.Funnel, Timeline: r.Timeline, Days: r.Days, Products: r.Products, Sources: r.Sources, Hosts: r.Hosts, Ladder: r.Ladder, Commission: r.Commission, Fed: r.Fed, Service: r.Service, Served: r.Served, Felt: r.Felt, Commands: r.Commands, Alerts: r.Alerts,
		Complaints: r.Complaints, Keywords: r.Keywords, NextBrief: r.Brief,
		Benchmarks: r.Benchmarks, Basis: r.Basis, Worst: r.Worst,
		Attribution: creditJSON(r), Late: late(r.Late), AllLate: late(r.AllLate), Aged: agedOf(r.Aged),
	})
	if err != nil {
		return fmt.Errorf("write report as json: %w", err)
	}
	return nil
}

// agedJSON says what is no longer computed of all facts.
type agedJSON struct {
	Before  string   `json:"behaviour_before"`
	Metrics []string `json:"metrics"`
	Tables  []string `json:"tables"`
}

func agedOf(a *analytics.Aged) *agedJSON {
	if a == nil {
		return nil
	}
	return &agedJSON{Before: analytics.Stamp(a.Before), Metrics: a.Metrics, Tables: a.Tables}
}

// stamp makes "not yet" a null.
func stamp(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func creditJSON(r analytics.Report) attributionJSON {
	out := attributionJSON{WindowHours: int64(r.Window.Hours()), Rules: []string{}, Models: []modelJSON{}}
	if len(r.Attribution) > 0 { // They are of the same touches.
		out.Rules = append(out.Rules, r.Attribution[0].Rules...)
	}
	for _, result := range r.Attribution {
		for _, t := range result.Totals {
			out.Models = append(out.Models, modelJSON{
				Model: result.Model, Currency: t.Currency, Orders: t.Orders, Total: t.Value,
				Unattributed: t.Unattributed, UnattributedOrders: t.UnattributedOrders,
				ByChannel: shares(t.ByChannel), ByStage: shares(t.ByStage),
			})
		}
	}
	return out
}

func shares(in []attribution.Share) []shareJSON {
	out := make([]shareJSON, 0, len(in))
	for _, s := range in {
		out = append(out, shareJSON(s))
	}
	return out
}

func late(rows []analytics.LateSales) []lateJSON {
	var out []lateJSON
	for i := range rows {
		l := &rows[i]
		x := lateJSON{Currency: l.Currency, Days: l.Days, State: l.State(), Complete: l.Complete}
		if l.Begun {
			x.Paid, x.Net, x.Refunded, x.Cancelled, x.Settled, x.Deposit, x.Balance, x.Commission = &l.Paid, &l.Net, &l.Refunded, &l.CancelledPaid, &l.Settled, &l.Deposit, &l.Balance, &l.Commission
		}
		out = append(out, x)
	}
	return out
}

func status(r analytics.Report) string {
	if r.Provisional {
		return statusProvisional
	}
	return statusFinal
}

func corrections(r analytics.Report) []correctionJSON {
	out := make([]correctionJSON, 0, len(r.AfterFinal))
	for _, c := range r.AfterFinal {
		out = append(out, correctionJSON{c.Currency, c.Metric.Key, c.Final, c.Now, c.Now - c.Final})
	}
	return out
}
