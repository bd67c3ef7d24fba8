package analytics

// serviceDefinitions are what service earns.
var serviceDefinitions = []Definition{
	{
		Key: "service_assisted_gmv_minor", ZH: "服务助攻成交金额", EN: "GMV assisted by service", Unit: UnitMinor,
		Formula: "gmv_net of orders that hold and whose buyer an agent served within the window before the payment, in a session, by a touch that is not transactional or a follow-up, or by a message in a group the buyer was in; each order once. Of an agent, a group or an entry: theirs, which do not add up",
		Axis:    AxisService, Source: "F25, own", Money: true, At: []string{"ServiceAssistedOf.service_assisted_gmv_minor", "ServiceRow.service_assisted_gmv_minor", "ScoreAssisted.service_assisted_gmv_minor"},
	},
	{Key: "service_assisted_orders", ZH: "服务助攻订单数", EN: "orders assisted by service", Unit: UnitCount, Formula: "orders of service_assisted_gmv", Axis: AxisService, Source: "F25, own", At: []string{"ServiceAssistedOf.service_assisted_orders", "ServiceRow.service_assisted_orders", "ScoreAssisted.service_assisted_orders"}},
	{Key: "service_assisted_share", ZH: "服务助攻占比", EN: "share assisted by service", Unit: UnitRatio, Numerator: "service_assisted_gmv", Denominator: "gmv_net of all orders that hold and were paid in the range", Axis: AxisService, Source: "F25, own", Money: true, At: []string{"ServiceAssistedOf.service_assisted_share", "ServiceRow.service_assisted_share", "ScoreAssisted.service_assisted_share"}},
	{Key: "orders_holding", ZH: "有效订单数(区间)", EN: "orders that hold", Unit: UnitCount, Formula: "orders paid in the range, neither cancelled nor refunded in full", Axis: AxisService, Source: "Y3, own", At: []string{"ServiceAssistedOf.orders"}},
	{Key: "gmv_net_holding_minor", ZH: "净成交金额(区间)", EN: "GMV net of orders that hold", Unit: UnitMinor, Formula: "gmv_net of orders_holding", Axis: AxisService, Source: "own", Money: true, At: []string{"ServiceAssistedOf.gmv_net_minor"}},
}
