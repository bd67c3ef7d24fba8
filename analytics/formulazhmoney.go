package analytics

// formulasOfMoneyZH are the formulas of attribution, of the double-entry ledger
// and of settlements in Chinese.
var formulasOfMoneyZH = map[string]string{
	"attributed_value_minor":          "订单实付减退款与取消；对单个维度值、阶段、模型或触点，为模型分给它的部分。各部分与 unattributed_minor 之和等于总额",
	"unattributed_minor":              "归因窗口内没有任何可得分触点的订单金额",
	"unattributed_orders":             "unattributed_minor 的订单数",
	"attributed_orders":               "参与归因的订单数；对单个维度值为其有份的订单数，不可相加",
	"attributed_conversions":          "订单数，按金额的分法拆分",
	"assisted":                        "该维度值触达过、但并非最终促成的订单数；不可相加",
	"removal_effect":                  "马尔可夫模型：去掉该维度值后会失去的订单占比",
	"touch_weight":                    "该触点在本单全部权重中的占比；为零则不得分",
	"cost_minor":                      "区间内触点的成本，不论是否带来订单",
	"new_customers":                   "首单在这些订单之中的人数；对单个维度值为其触达过首单的人数，不可相加",
	"roi":                             "（归因金额 attributed_value - 成本 cost） / 成本 cost",
	"cac":                             "成本 cost / 新客数 new_customers",
	"touches_costed_without_currency": "写了成本却没有币种的触点数：不计入任何成本",
	"holdout_orders":                  "实验对照组成员的订单数，不计入 attributed_orders",
	"holdout_value_minor":             "holdout_orders 的金额",
	"holdout_persons":                 "对照组或实验组的人数",
	"holdout_buyers":                  "该组中在区间内有订单的人数",
	"holdout_conversion_rate":         "实验成交人数 holdout_buyers / 实验人数 holdout_persons",

	"gmv_paid_tn_minor":             "该场在下播后N天内支付的订单的 gmv_paid",
	"gmv_net_tn_minor":              "gmv_paid_tn - refund_by_pay_date_tn - cancelled_paid_tn，即扣除退款与取消",
	"gmv_settled_tn_minor":          "gmv_paid_tn 所含订单的 gmv_settled，不论何时结算",
	"cancelled_paid_tn_minor":       "gmv_paid_tn 所含订单中支付后被取消的金额，不论何时取消",
	"commission_tn_minor":           "gmv_paid_tn 所含订单的佣金：计提减冲回",
	"refund_by_pay_date_tn_minor":   "gmv_paid_tn 中退回的金额，不论何时退款",
	"refund_by_event_date_tn_minor": "下播后N天内退回的金额，不论何时支付",
	"balance_of_account_minor":      "该科目在本场分录中的借方减贷方",

	"settlement_rows":             "平台结算文件的行数",
	"settlement_orders_differing": "金额或币种不一致、或只在结算文件与账本一方存在的订单数",
	"settlement_minor":            "结算文件中某项指标的金额，与账本并列",
}
