package analytics

import "showrunner/live"

// ProductTable shows the products of a show in the show's currency, with the
// other currencies beside it. The order is that of the figures: by product id.
func ProductTable(f *Figures, currency live.Currency) Table {
	t := Table{Columns: []Column{
		{Key: "product_id", ZH: "商品编号", EN: "product id", Unit: UnitText},
		{Key: "title", ZH: "商品", EN: "product", Unit: UnitText},
		like("product_exposure_pv"), like("product_exposure_uv"), like("product_click_pv"), like("product_click_uv"),
		like("product_ctr_exposure"), like("cart_pv"),
		{Key: "pins", ZH: "讲解次数", EN: "pins", Unit: UnitCount, Formula: "times the product was pinned"},
		like("sku_orders"), like("sku_orders_paid"), like("items_paid"), like("ctor"),
		like("gmv_created_minor"), like("gmv_paid_minor"), like("refund_minor"), like("cancelled_paid_minor"), like("gmv_net_minor"),
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
			rateCell(p.ClickPV, p.ExposurePV), numCell(p.CartPV), numCell(p.Pins),
			numCell(x.SKUOrders), numCell(x.SKUOrdersPaid), numCell(x.ItemsPaid), rateCell(x.SKUOrdersPaid, p.ClickPV),
			numCell(x.Created), numCell(x.Paid), numCell(x.Refunded), numCell(x.CancelledPaid),
			numCell(x.Paid - x.Refunded - x.CancelledPaid),
			{List: list},
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

var productMoneyColumns = []Column{
	{Key: "currency", ZH: "币种", EN: "currency", Unit: UnitText},
	like("sku_orders"), like("sku_orders_paid"), like("items_paid"),
	like("gmv_created_minor"), like("gmv_paid_minor"), like("refund_minor"), like("cancelled_paid_minor"), like("gmv_net_minor"),
}

func productMoney(x ProductMoney) []Cell {
	return []Cell{
		numCell(x.SKUOrders), numCell(x.SKUOrdersPaid), numCell(x.ItemsPaid),
		numCell(x.Created), numCell(x.Paid), numCell(x.Refunded), numCell(x.CancelledPaid),
		numCell(x.Paid - x.Refunded - x.CancelledPaid),
	}
}
