package analytics

// ledgerDefinitions are the figures of the double-entry ledger, and of a
// platform's settlement file beside it.
var ledgerDefinitions = []Definition{
	{Key: "gmv_paid_tn_minor", ZH: "N日支付金额", EN: "GMV paid within N days", Unit: UnitMinor, Formula: "gmv_paid of orders of the show that were paid until N days after its end", Axis: AxisLedger, Source: "U1", Money: true, At: []string{"LedgerWindow.gmv_paid_minor"}},
	{Key: "gmv_net_tn_minor", ZH: "N日净成交金额", EN: "GMV net of N days", Unit: UnitMinor, Formula: "gmv_paid_tn - refund_by_pay_date_tn - cancelled_paid_tn", Axis: AxisLedger, Source: "U1, own", Money: true, At: []string{"LedgerWindow.gmv_net_minor"}},
	{Key: "gmv_settled_tn_minor", ZH: "N日结算金额", EN: "GMV settled of N days", Unit: UnitMinor, Formula: "gmv_settled of the orders of gmv_paid_tn, whenever it was settled", Axis: AxisLedger, Source: "D1", Money: true, At: []string{"LedgerWindow.gmv_settled_minor"}},
	{Key: "cancelled_paid_tn_minor", ZH: "N日支付后取消金额", EN: "cancelled of N days", Unit: UnitMinor, Formula: "paid money of orders of gmv_paid_tn that were cancelled, whenever", Axis: AxisLedger, Source: "W2, own", Money: true, At: []string{"LedgerWindow.cancelled_paid_minor"}},
	{Key: "commission_tn_minor", ZH: "N日佣金", EN: "commission of N days", Unit: UnitMinor, Formula: "commission accrued less reversed of the orders of gmv_paid_tn", Axis: AxisLedger, Source: "own", Money: true, At: []string{"LedgerWindow.commission_minor"}},
	{Key: "refund_by_pay_date_tn_minor", ZH: "N日退款金额(按支付时间)", EN: "refunds of orders of N days", Unit: UnitMinor, Formula: "given back of gmv_paid_tn, whenever", Axis: AxisLedger, Source: "D4", Money: true, At: []string{"LedgerWindow.refund_by_pay_date_minor"}},
	{Key: "refund_by_event_date_tn_minor", ZH: "N日退款金额(按退款时间)", EN: "refunds within N days", Unit: UnitMinor, Formula: "given back until N days after the end of the show, whenever it was paid", Axis: AxisLedger, Source: "T15", Money: true, At: []string{"LedgerWindow.refund_by_event_date_minor"}},
	{Key: "balance_of_account_minor", ZH: "科目余额", EN: "balance of an account", Unit: UnitMinor, Formula: "debits less credits of the account in the entries of the show", Axis: AxisLedger, Source: "own", Money: true, At: []string{"Balance.balance_minor"}},

	{Key: "settlement_rows", ZH: "结算文件行数", EN: "rows of the settlement file", Unit: UnitCount, Formula: "rows of the platform's file", Axis: AxisSettlement, Source: "own", Money: true, At: []string{"Settlement.rows"}},
	{
		Key: "settlement_orders_differing", ZH: "结算差异订单数", EN: "orders that differ", Unit: UnitCount, Formula: "orders whose amount or currency differs, or which only one of the file and the ledger has", Axis: AxisSettlement, Source: "own", Money: true,
		At: []string{"SettlementCounts.amount_differs", "SettlementCounts.currency_differs", "SettlementCounts.missing_here", "SettlementCounts.missing_there"},
	},
	{
		Key: "settlement_minor", ZH: "结算文件金额", EN: "amount of the settlement file", Unit: UnitMinor, Formula: "what the file says of a figure, beside what the ledger says", Axis: AxisSettlement, Source: "own", Money: true,
		At: []string{"SettlementSum.settlement", "SettlementSum.ledger", "SettlementDifference.settlement_minor", "SettlementDifference.ledger_minor"},
	},
}
