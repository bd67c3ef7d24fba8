package analytics

// NewFunnel makes the funnel of a show. Views stand for entries, so that a
// reconnect is no second one; orders and payments are those of all currencies,
// with the distinct persons behind them.
func NewFunnel(t *Traffic, orders, orderUV, paid, buyers int64) Funnel {
	return Funnel{Steps: []FunnelStep{
		{"room_exposed", t.RoomExposurePV, t.RoomExposureUV},
		{"room_entered", t.WatchPV, t.WatchUV},
		{"product_clicked", t.ProductClickPV, t.ProductClickUV},
		{"cart_item_added", t.CartPV, t.CartUV},
		{"checkout_started", t.CheckoutPV, t.CheckoutUV},
		{"order_created", orders, orderUV},
		{"order_paid", paid, buyers},
	}}
}

// funnelNames are the rungs as people call them.
var funnelNames = map[string][2]string{
	"room_exposed":     {"直播间曝光", "room shown"},
	"room_entered":     {"观看", "watched"},
	"product_clicked":  {"商品点击", "product clicked"},
	"cart_item_added":  {"加购", "added to cart"},
	"checkout_started": {"去结算", "checked out"},
	"order_created":    {"下单", "ordered"},
	"order_paid":       {"支付", "paid"},
}

// FunnelTable shows the funnel with the rate of each step over the one before
// it. The first step has a zero denominator: there is nothing before it. A step
// can exceed the one before: nobody has to use the cart to order.
func FunnelTable(f *Figures) Table {
	t := Table{Columns: []Column{
		{Key: "key", ZH: "环节", EN: "step", Unit: UnitText},
		{Key: "name_zh", ZH: "名称", EN: "name (zh)", Unit: UnitText},
		{Key: "name_en", ZH: "英文名", EN: "name (en)", Unit: UnitText},
		{Key: "pv", ZH: "次数", EN: "times", Unit: UnitCount, Formula: "facts of the step"},
		{Key: "uv", ZH: "人数", EN: "persons", Unit: UnitPersons, Formula: "distinct persons who did the step at all within the show"},
		{Key: "pv_rate", ZH: "次数转化率", EN: "rate of times", Unit: UnitRatio, Rate: true, Formula: "pv / pv of the step before"},
		{Key: "uv_rate", ZH: "人数转化率", EN: "rate of persons", Unit: UnitRatio, Rate: true, Formula: "uv / uv of the step before"},
	}}
	var before FunnelStep
	for _, s := range f.Funnel.Steps {
		name := funnelNames[s.Key]
		t.Rows = append(t.Rows, []Cell{
			textCell(s.Key), textCell(name[0]), textCell(name[1]), numCell(s.PV), numCell(s.UV),
			rateCell(s.PV, before.PV), rateCell(s.UV, before.UV),
		})
		before = s
	}
	return t
}
