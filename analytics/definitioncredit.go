package analytics

// creditDefinitions are the figures of docs/attribution.md.
var creditDefinitions = []Definition{
	{
		Key: "attributed_value_minor", ZH: "归因金额", EN: "value attributed", Unit: UnitMinor, Formula: "paid less refunds and cancellations of the orders; of a key, a stage, a model or a touch the part that the model gives it. The parts and unattributed_minor sum to the whole",
		Axis: AxisAttribution, Source: "attribution", Money: true,
		At: []string{"AttributionTotal.value_minor", "AttributionStage.value_minor", "AttributionCredit.value_minor", "MerchantTotal.value_minor", "MerchantCredit.value_minor", "ModelValue.value_minor", "CreditWhy.value_minor", "CreditTouch.value_minor"},
	},
	{
		Key: "unattributed_minor", ZH: "未归因金额", EN: "unattributed value", Unit: UnitMinor, Formula: "value of orders without any touch in the window that may earn", Axis: AxisAttribution, Source: "attribution", Money: true,
		At: []string{"AttributionTotal.unattributed_minor", "MerchantTotal.unattributed_minor", "CreditWhy.unattributed_minor"},
	},
	{Key: "unattributed_orders", ZH: "未归因订单数", EN: "unattributed orders", Unit: UnitCount, Formula: "orders of unattributed_minor", Axis: AxisAttribution, Source: "attribution", At: []string{"AttributionTotal.unattributed_orders", "MerchantTotal.unattributed_orders"}},
	{
		Key: "attributed_orders", ZH: "归因订单数", EN: "orders attributed", Unit: UnitCount, Formula: "orders that are divided; of a key those in which it had a part, which does not add up", Axis: AxisAttribution, Source: "attribution",
		At: []string{"AttributionTotal.orders", "AttributionStage.orders", "AttributionCredit.orders", "MerchantTotal.orders"},
	},
	{Key: "attributed_conversions", ZH: "归因转化数", EN: "conversions attributed", Unit: UnitCount, Formula: "orders, divided as the money is", Axis: AxisAttribution, Source: "attribution", At: []string{"MerchantCredit.conversions"}},
	{Key: "assisted", ZH: "助攻订单数", EN: "orders assisted", Unit: UnitCount, Formula: "orders that the key touched without closing them; does not add up", Axis: AxisAttribution, Source: "attribution", At: []string{"MerchantCredit.assisted"}},
	{Key: "removal_effect", ZH: "移除效应", EN: "removal effect", Unit: UnitRatio, Formula: "markov: the part of the orders that would be lost without the key", Axis: AxisAttribution, Source: "attribution", At: []string{"MerchantCredit.removal_effect"}},
	{Key: "touch_weight", ZH: "触点权重", EN: "weight of a touch", Unit: UnitScore, Formula: "its part of all weights of the order; zero earns nothing", Axis: AxisAttribution, Source: "attribution", At: []string{"CreditTouch.weight"}},
	{Key: "cost_minor", ZH: "触点成本", EN: "cost of touches", Unit: UnitMinor, Formula: "what the touches of the span cost, whether they led to an order or not", Axis: AxisAttribution, Source: "F13, own", Money: true, At: []string{"MerchantTotal.cost_minor", "MerchantCredit.cost_minor"}},
	{Key: "new_customers", ZH: "新客数", EN: "new customers", Unit: UnitPersons, Formula: "persons whose first order ever is among the orders; of a key those whose first order it touched, which does not add up", Axis: AxisAttribution, Source: "W2", At: []string{"MerchantTotal.new_customers", "MerchantCredit.new_customers"}},
	{Key: "roi", ZH: "投入产出比", EN: "return on cost", Unit: UnitRatio, Numerator: "attributed_value - cost", Denominator: "cost", Axis: AxisAttribution, Source: "D1, D6", Money: true, At: []string{"MerchantTotal.roi", "MerchantCredit.roi"}},
	{Key: "cac", ZH: "获客成本", EN: "cost of a new customer", Unit: UnitMinor, Numerator: "cost", Denominator: "new_customers", Axis: AxisAttribution, Source: "F13, own", Money: true, At: []string{"MerchantTotal.cac", "MerchantCredit.cac"}},
	{Key: "touches_costed_without_currency", ZH: "无币种成本触点数", EN: "costs without a currency", Unit: UnitCount, Formula: "touches that name a cost and no currency: in no cost", Axis: AxisAttribution, Source: "own", At: []string{"MerchantAttribution.touches_costed_without_currency"}},
	{Key: "holdout_orders", ZH: "对照组订单数", EN: "orders of control groups", Unit: UnitCount, Formula: "orders of persons in the control group of an experiment, left out of attributed_orders", Axis: AxisAttribution, Source: "own", At: []string{"MerchantTotal.holdout_orders"}},
	{Key: "holdout_value_minor", ZH: "对照组金额", EN: "value of control groups", Unit: UnitMinor, Formula: "value of holdout_orders", Axis: AxisAttribution, Source: "own", Money: true, At: []string{"MerchantTotal.holdout_value_minor"}},
	{Key: "holdout_persons", ZH: "实验人数", EN: "persons of an arm", Unit: UnitPersons, Formula: "persons of the control group, or of those who are treated", Axis: AxisAttribution, Source: "own", At: []string{"HoldoutArm.persons"}},
	{Key: "holdout_buyers", ZH: "实验成交人数", EN: "buyers of an arm", Unit: UnitPersons, Formula: "persons of the arm with an order in the span", Axis: AxisAttribution, Source: "own", At: []string{"HoldoutArm.buyers"}},
	{Key: "holdout_conversion_rate", ZH: "实验转化率", EN: "conversion of an arm", Unit: UnitRatio, Numerator: "holdout_buyers", Denominator: "holdout_persons", Axis: AxisAttribution, Source: "own", At: []string{"HoldoutArm.conversion_rate"}},
}
