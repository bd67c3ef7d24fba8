package analytics

import (
	"cmp"
	"slices"

	"showrunner/live"
)

// ProductTable shows the products of a show in the show's currency, with the
// other currencies beside it. The order is that of the figures: by product id.
func ProductTable(f *Figures, currency live.Currency) Table {
	t := Table{Columns: []Column{
		{Key: "product_id", ZH: "商品编号", EN: "product id", Unit: UnitText},
		{Key: "title", ZH: "商品", EN: "product", Unit: UnitText},
		like("product_exposure_pv"), like("product_exposure_uv"), like("product_click_pv"), like("product_click_uv"),
		like("product_ctr_exposure"), like("cart_pv"),
		{Key: "pins", ZH: "讲解卡弹出次数", EN: "pins", Unit: UnitCount, Formula: "times the product was pinned"},
		{Key: "explains", ZH: "讲解次数", EN: "times explained", Unit: UnitCount, Formula: "times an explanation of the product began (explain_started)"},
		like("sku_orders"), like("sku_orders_paid"), like("items_paid"), like("ctor"),
		like("gmv_created_minor"), like("gmv_paid_minor"), like("refund_minor"), like("cancelled_paid_minor"), like("gmv_net_minor"),
		explainGMV, explainSKUs,
		{Key: "gpm_product_exposure_minor", ZH: "千次商品曝光成交金额", EN: "GPM by product impressions", Unit: UnitMinor, Rate: true, Money: true, Formula: "gmv_paid of the product x 1000 / product_exposure_pv; the numerator carries the 1000"},
		{Key: "by_currency", ZH: "分币种", EN: "by currency", Unit: UnitList, Money: true},
	}}
	for i := range f.Products {
		p := &f.Products[i]
		var x ProductMoney
		list := &Table{Columns: productMoneyColumns}
		for _, pm := range p.Money {
			if pm.Currency == currency {
				x = pm
			}
			list.Rows = append(list.Rows, append([]Cell{textCell(string(pm.Currency))}, productMoney(pm)...))
		}
		row := []Cell{
			textCell(string(p.Product)), textCell(p.Title),
			numCell(p.ExposurePV), numCell(p.ExposureUV), numCell(p.ClickPV), numCell(p.ClickUV),
			rateCell(p.ClickPV, p.ExposurePV), numCell(p.CartPV), numCell(p.Pins), numCell(p.Explains),
			numCell(x.SKUOrders), numCell(x.SKUOrdersPaid), numCell(x.ItemsPaid), rateCell(x.SKUOrdersPaid, p.ClickPV),
			numCell(x.Created), numCell(x.Paid), numCell(x.Refunded), numCell(x.CancelledPaid),
			numCell(x.Paid - x.Refunded - x.CancelledPaid), numCell(x.Explained), numCell(x.ExplainedSKUs), rateCell(x.Paid*1000, p.ExposurePV),
			{List: list},
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// liveProducts bounds the products of a snapshot, which is sent every second.
const liveProducts = 20

// LiveProducts are the products that sold most, by what was paid, with what a
// host decides by: how often each was explained, what that sold, and how many of
// those who saw it clicked and paid.
func LiveProducts(f *Figures, currency live.Currency) Table {
	all := ProductTable(f, currency)
	keys := []string{"product_id", "title", "explains", "product_ctr_exposure", "ctor", "gpm_product_exposure_minor", "gmv_paid_minor", "explain_gmv_minor", "explain_sku_orders_paid"}
	paid := all.Column("gmv_paid_minor")
	rows := slices.Clone(all.Rows)
	slices.SortStableFunc(rows, func(a, b []Cell) int { return cmp.Compare(b[paid].Num, a[paid].Num) })
	rows = rows[:min(liveProducts, len(rows))]
	out := Table{Rows: make([][]Cell, len(rows))}
	for _, key := range keys {
		at := all.Column(key)
		out.Columns = append(out.Columns, all.Columns[at])
		for i := range rows {
			out.Rows[i] = append(out.Rows[i], rows[i][at])
		}
	}
	return out
}

// The columns of what was sold while a product was explained.
var (
	explainGMV  = Column{Key: "explain_gmv_minor", ZH: "讲解期间成交金额", EN: "GMV while explained", Unit: UnitMinor, Money: true, Formula: "gmv_paid of the product that came while it was explained, or within 60 s after the end"}
	explainSKUs = Column{Key: "explain_sku_orders_paid", ZH: "讲解期间SKU订单数", EN: "paid SKU orders while explained", Unit: UnitCount, Formula: "sku_orders_paid of the product that came while it was explained, or within 60 s after the end"}
)

var productMoneyColumns = []Column{
	{Key: "currency", ZH: "币种", EN: "currency", Unit: UnitText},
	like("sku_orders"), like("sku_orders_paid"), like("items_paid"),
	like("gmv_created_minor"), like("gmv_paid_minor"), like("refund_minor"), like("cancelled_paid_minor"), like("gmv_net_minor"),
	explainGMV, explainSKUs,
}

func productMoney(x ProductMoney) []Cell {
	return []Cell{
		numCell(x.SKUOrders), numCell(x.SKUOrdersPaid), numCell(x.ItemsPaid),
		numCell(x.Created), numCell(x.Paid), numCell(x.Refunded), numCell(x.CancelledPaid),
		numCell(x.Paid - x.Refunded - x.CancelledPaid), numCell(x.Explained), numCell(x.ExplainedSKUs),
	}
}
