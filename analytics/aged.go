package analytics

import (
	"slices"
	"time"

	"showrunner/live"
)

// BehaviourKinds are the facts that leave ClickHouse when they are as old as the
// policy says: raw behaviour that is counted, many to each viewer. What somebody
// said, ordered, paid, commanded or moderated is not among them, nor who came into
// a room, from which cohorts count.
var BehaviourKinds = []live.Kind{
	live.RoomExposed, live.RoomLeft, live.WatchHeartbeat, live.Liked, live.RoomShared,
	live.ProductExposed, live.ProductClicked, live.CartItemAdded, live.CheckoutStarted,
}

// Aged says what of a report cannot be computed any more, because raw behaviour
// of the show is older than the policy keeps it: what is left of these figures is
// the least they were.
type Aged struct {
	// Before is the instant before which raw behaviour may be gone.
	Before  time.Time
	Metrics []string // keys of the dictionary
	Tables  []string // parts of the report that have columns of the kind
}

// agedTables are the parts of a report that count raw behaviour.
var agedTables = []string{"funnel", "timeline", "days", "products", "sources", "hosts", "benchmarks", "worst"}

// agedMetrics are the figures of a show that count raw behaviour.
var agedMetrics = []string{
	"acu", "avg_watch_time_ms", "cart_pv", "cart_uv", "checkout_pv", "checkout_uv", "create_per_click", "ctor", "enter_rate_pv", "like_count",
	"like_rate_uv", "like_uv", "pcu", "product_click_pv", "product_click_uv", "product_ctr_exposure", "product_ctr_watch", "product_exposure_pv",
	"product_exposure_uv", "room_exposure_pv", "room_exposure_uv", "share_pv", "share_uv", "total_watch_time_ms", "watch_over_1m_rate",
	"watch_uv_60s",
}

// AgedOf is nil while all raw behaviour of the show is there. Before is zero when
// all is kept for ever.
func AgedOf(show live.Show, before time.Time) *Aged {
	if before.IsZero() || show.StartedAt.IsZero() || !show.StartedAt.Before(before) {
		return nil
	}
	return &Aged{Before: before.UTC(), Metrics: slices.Clone(agedMetrics), Tables: slices.Clone(agedTables)}
}

// AgedTable is what stands in the printed report; without rows when nothing is gone.
func AgedTable(a *Aged) Table {
	t := Table{Columns: []Column{
		{Key: "behaviour_before", ZH: "此前的原始行为已过保留期", EN: "raw behaviour before is past its retention", Unit: UnitTime},
		{Key: "of", ZH: "类别", EN: "of", Unit: UnitText},
		{Key: "key", ZH: "不能重算的指标或表", EN: "cannot be computed again; what stands is the least it was", Unit: UnitText},
	}}
	if a == nil {
		return t
	}
	for _, m := range a.Metrics {
		t.Rows = append(t.Rows, []Cell{{Text: Stamp(a.Before)}, {Text: "metric"}, {Text: m}})
	}
	for _, name := range a.Tables {
		t.Rows = append(t.Rows, []Cell{{Text: Stamp(a.Before)}, {Text: "table"}, {Text: name}})
	}
	return t
}
