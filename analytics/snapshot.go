package analytics

import (
	"encoding/json"
	"time"

	"showrunner/live"
)

// Snapshot is what the panel shows: every metric of a show at one instant. It
// is immutable.
type Snapshot struct {
	Show     live.ShowID
	Room     live.RoomID
	Merchant live.MerchantID
	State    live.ShowState
	Currency live.Currency // of the money in Metrics
	At       time.Time
	Metrics  Values
	// Raw are the figures about viewers with flagged bots in them, see [Raw].
	Raw Values
	// Recent are the last ten minutes beside the ten before, see [RecentOf].
	Recent Recents
	// Standing is the place among the room's own last shows; nil where it is not
	// known, see [StandingOf].
	Standing Standings
	// Audience is who is there by who they were before, a minute old at most; nil
	// where it is not known, see [AudienceTable].
	Audience *Audience
	// Alerts are those that are not over, see [AlertTable].
	Alerts Table
	// Products are those that sold most, see [LiveProducts].
	Products Table
	// Hosts is what each host sold, see [HostTable].
	Hosts Table
	// Ladder are the moves the show caused, see [LadderTable], and Commission is
	// what it earned referrers, see [EarnedTable]; empty when money was left out.
	Ladder, Commission Table
	// ByCurrency has one row per currency any order of the show was in; nil
	// when money was left out.
	ByCurrency []CurrencyValues
	// Provisional is true while the show is not over, or while the figures lag
	// behind the facts by more than two seconds.
	Provisional bool
	// LagMS is how far the figures may be behind, in milliseconds.
	LagMS int64
	// Dropped is what was not taken; nil where it is not known.
	Dropped Dropped
	// Credited is who earned the money of the show's orders, by stage, one row for
	// each currency: of the orders that were attributed so far. Nil when money was
	// left out.
	Credited []live.ShowCredit
}

// snapshotRows bounds the referrers of a snapshot, which is sent every second.
const snapshotRows = 50

// SnapshotOf makes the snapshot of figures at an instant. online is negative if
// it is not known.
func SnapshotOf(show live.Show, f *Figures, online int64, at time.Time, lag time.Duration, provisional bool) Snapshot {
	return Snapshot{
		Show: show.ID, Room: show.Room, Merchant: show.Merchant, State: show.State, Currency: show.Currency, At: at,
		Metrics: Read(f, show.Currency, online).Values(true), ByCurrency: ByCurrency(f),
		Recent: RecentOf(show, f), Alerts: AlertTable(f, true), Products: LiveProducts(f, show.Currency),
		Raw: Raw(f, online), Hosts: HostTable(f, show.Currency), Ladder: LadderTable(f), Commission: EarnedTable(f).top(snapshotRows),
		Provisional: provisional, LagMS: lag.Milliseconds(),
	}
}

// WithoutMoney is the snapshot for roles that may not see money.
func (s Snapshot) WithoutMoney() Snapshot {
	s.Metrics = s.Metrics.WithoutMoney()
	s.ByCurrency, s.Credited = nil, nil
	s.Hosts = s.Hosts.WithoutMoney()
	s.Recent, s.Standing, s.Products = s.Recent.WithoutMoney(), s.Standing.WithoutMoney(), s.Products.WithoutMoney()
	s.Commission = Table{}
	if s.Audience != nil {
		s.Audience = &Audience{AsOf: s.Audience.AsOf, Rows: s.Audience.Rows, moneyless: true}
	}
	return s
}

// MarshalJSON writes the snapshot frame of the websocket, which is also the
// body of the snapshot over HTTP.
func (s Snapshot) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Type        string           `json:"type"`
		Show        live.ShowID      `json:"show_id"`
		Room        live.RoomID      `json:"room_id"`
		State       live.ShowState   `json:"state"`
		At          string           `json:"at"`
		Currency    live.Currency    `json:"currency"`
		Metrics     Values           `json:"metrics"`
		Raw         Values           `json:"raw"`
		ByCurrency  []CurrencyValues `json:"by_currency,omitempty"`
		Recent      Recents          `json:"recent"`
		Standing    Standings        `json:"standing,omitempty"`
		Audience    *Audience        `json:"audience,omitempty"`
		Alerts      Table            `json:"alerts"`
		Products    Table            `json:"products"`
		Hosts       Table            `json:"hosts"`
		Ladder      Table            `json:"ladder"`
		Commission  Table            `json:"commission,omitzero"`
		Provisional bool             `json:"provisional"`
		LagMS       int64            `json:"lag_ms"`
		Dropped     Dropped          `json:"events_dropped,omitzero"`
		Credited    []creditedJSON   `json:"credited,omitempty"`
	}{"snapshot", s.Show, s.Room, s.State, Stamp(s.At), s.Currency, s.Metrics, s.Raw, s.ByCurrency, s.Recent, s.Standing, s.Audience, s.Alerts, s.Products, s.Hosts, s.Ladder, s.Commission, s.Provisional, s.LagMS, s.Dropped, credited(s.Credited)})
}

// Stamp writes an instant as the outside sees it: RFC 3339, UTC, milliseconds;
// the zero time is the empty string.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// CurrencyValues are the order metrics of one currency.
type CurrencyValues struct {
	Currency live.Currency
	Values   Values
}

// currencyKeys are the metrics of orders alone, which make sense for each
// currency by itself.
var currencyKeys = []string{
	"orders", "orders_paid", "orders_cancelled", "orders_refunded", "sku_orders", "sku_orders_paid", "items_paid", "buyers", "order_uv",
	"gmv_created_minor", "gmv_paid_minor", "gmv_net_minor", "refund_minor", "refund_goods_minor", "refund_shipping_minor", "refund_by_pay_date_minor", "cancelled_paid_minor", "subsidy_minor",
	"aov_minor", "price_per_item_minor", "refund_rate_amount", "refund_rate_goods", "gmv_settled_minor", "settle_rate", "deposit_minor", "balance_minor",
	"commission_accrued_minor", "commission_reversed_minor", "commission_minor",
}

// ByCurrency computes the order metrics of every currency of the figures.
func ByCurrency(f *Figures) []CurrencyValues {
	rows := make([]CurrencyValues, 0, len(f.Money))
	for i := range f.Money {
		r := Read(f, f.Money[i].Currency, -1)
		row := CurrencyValues{Currency: f.Money[i].Currency, Values: make(Values, 0, len(currencyKeys))}
		for _, key := range currencyKeys {
			row.Values = append(row.Values, byKey[key].Of(r))
		}
		rows = append(rows, row)
	}
	return rows
}

// MarshalJSON writes {"currency":"CNY","orders":1,…}.
func (c CurrencyValues) MarshalJSON() ([]byte, error) {
	head, err := json.Marshal(struct {
		Currency live.Currency `json:"currency"`
	}{c.Currency})
	if err != nil || len(c.Values) == 0 {
		return head, err
	}
	rest, err := c.Values.MarshalJSON()
	if err != nil {
		return nil, err
	}
	head[len(head)-1] = ','
	return append(head, rest[1:]...), nil
}
