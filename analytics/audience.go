package analytics

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"showrunner/live"
)

// The ways an audience is split. Who somebody is goes by what was known before
// the show began, so that nobody changes sides while it runs.
const (
	AudienceFan   = "fan"   // fan, other: their last word about following any room of the merchant
	AudienceBuyer = "buyer" // old, new: whether an order of theirs was paid before and holds
	AudienceRung  = "rung"  // the rung of the ladder they stood on
)

// AudienceUnknown is the key of what nobody is known to have done.
const AudienceUnknown = "unknown"

// Audience is the people of a show split by who they were before it, as of an
// instant. In each dimension the rows sum to watch_uv, buyers of any currency and
// gmv_paid of the show.
type Audience struct {
	AsOf time.Time
	Rows []AudienceRow

	moneyless bool // it is shown to who may not see money
}

// MarshalJSON writes the instant and the rows as a snapshot shows them.
func (a *Audience) MarshalJSON() ([]byte, error) {
	t := AudienceTable(a)
	if a.moneyless {
		t = t.WithoutMoney()
	}
	return json.Marshal(struct {
		AsOf  string `json:"as_of"`
		Items Table  `json:"items"`
	}{Stamp(a.AsOf), t})
}

// AudienceRow is one side of a split.
type AudienceRow struct {
	Dimension, Key string
	WatchUV        int64
	Buyers         int64
	Paid           int64 // in the show's currency
}

// audienceNames are the sides of a split as people call them.
var audienceNames = map[string][2]string{
	"fan fan": {"粉丝", "fans"}, "fan other": {"非粉丝", "not fans"}, "buyer old": {"老客", "bought before"}, "buyer new": {"新客", "first time"},
}

// audienceOrder is the order of the rows within the dimensions.
var audienceOrder = []string{"fan", "other", "old", "new", string(live.RungPasserby), string(live.RungFan), string(live.RungCustomer), string(live.RungMember), string(live.RungPartner)}

// Tidy brings the rows into their order and leaves out empty ones.
func (a *Audience) Tidy() {
	a.Rows = kept(a.Rows, func(r *AudienceRow) bool { return r.WatchUV != 0 || r.Buyers != 0 || r.Paid != 0 }, func(x, y AudienceRow) int {
		place := func(r *AudienceRow) int {
			if i := slices.Index(audienceOrder, r.Key); i >= 0 {
				return i
			}
			return len(audienceOrder)
		}
		return cmp.Or(cmp.Compare(x.Dimension, y.Dimension), cmp.Compare(place(&x), place(&y)), cmp.Compare(x.Key, y.Key))
	})
}

// AudienceTable shows an audience with the share of each side in its dimension.
func AudienceTable(a *Audience) Table {
	t := Table{Columns: []Column{
		{Key: "dimension", ZH: "维度", EN: "split by", Unit: UnitText},
		{Key: "key", ZH: "人群", EN: "who", Unit: UnitText},
		{Key: "name_zh", ZH: "名称", EN: "name (zh)", Unit: UnitText},
		{Key: "name_en", ZH: "英文名", EN: "name (en)", Unit: UnitText},
		like("watch_uv"),
		{Key: "audience_watch_share", ZH: "人群观看占比", EN: "share of viewers by who they were", Unit: UnitRatio, Rate: true, Formula: "watch_uv of those who were this before the show / watch_uv of the dimension"},
		like("buyers"), like("view_to_pay"), like("gmv_paid_minor"),
		{Key: "audience_gmv_share", ZH: "人群成交占比", EN: "share of GMV by who they were", Unit: UnitRatio, Rate: true, Money: true, Formula: "gmv_paid of those who were this before the show / gmv_paid of the dimension"},
	}}
	watched, paid := map[string]int64{}, map[string]int64{}
	for _, r := range a.Rows {
		watched[r.Dimension] += r.WatchUV
		paid[r.Dimension] += r.Paid
	}
	for _, r := range a.Rows {
		name, ok := audienceNames[r.Dimension+" "+r.Key]
		if rung, isRung := RungNames[live.Rung(r.Key)]; !ok && isRung {
			name, ok = rung, true
		}
		if !ok {
			name = [2]string{"未知", "unknown"}
		}
		t.Rows = append(t.Rows, []Cell{
			textCell(r.Dimension), textCell(r.Key), textCell(name[0]), textCell(name[1]), numCell(r.WatchUV), rateCell(r.WatchUV, watched[r.Dimension]),
			numCell(r.Buyers), rateCell(r.Buyers, r.WatchUV), numCell(r.Paid), rateCell(r.Paid, paid[r.Dimension]),
		})
	}
	return t
}
