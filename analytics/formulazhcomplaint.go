package analytics

// formulasOfComplaintsZH are the formulas of complaints, of findings and of needs
// in Chinese.
var formulasOfComplaintsZH = map[string]string{
	"complaint_orders_paid":      "所查场次、商品或时间内的订单数，按首次支付时间；彩排不计",
	"complaint_rate":             "针对分母订单的投诉数，不含待确认、驳回与撤回的，同一订单每个原因计一次 / 支付订单数 complaint_orders_paid",
	"orders_complained":          "分母中有任何原因投诉的订单数 / 支付订单数 complaint_orders_paid",
	"orders_complained_interval": "orders_complained 的95%得分区间（Wilson 1927）；没有订单时为0至1",
	"cause_share":                "该原因的投诉数，人工判定优先于机器判定 / complaint_rate 所计的投诉数",
	"cause_rate":                 "该原因的投诉数 / 支付订单数 complaint_orders_paid",
	"complaints_suggested":       "机器推测、尚无人确认或驳回的投诉数；不计入任何比率",
	"complaints_withdrawn":       "被撤回的投诉数；不计入任何比率",
	"complaints_without_order":   "有效但不属于任何订单的投诉数，按提出时间；不计入任何比率",
	"complaint_resolution_rate":  "分母中现为已解决的投诉数 / complaint_rate 所计的投诉数",
	"complaint_resolution_ms":    "从投诉提出到最后一次解决的毫秒数，对分母求和 / 现为已解决的投诉数",
	"complaint_satisfaction":     "分母中回访给出4分或5分的投诉数 / 事后回访并得到评分的投诉数",
	"complaint_evidence":         "同一订单同一原因被提出的次数",
	"cause_confidence":           "模型给出的该原因概率，以万分之一计；规则则为确定性规则作出判定时的正确率；退款代码则为全部 / 10000",
	"cause_weight":               "该词为该原因的模型得分比次高原因多加的部分；规则则均分1",

	"keyword_documents":  "有效且符合所查条件的投诉叙述数",
	"keyword_background": "该商家其余全部有效投诉的叙述数",
	"keyword_count":      "该词在 keyword_documents 中出现的次数",
	"keyword_tellings":   "含有该词的 keyword_documents 数",
	"keyword_expected":   "假设所查叙述与 keyword_background 用词一致时的 keyword_count",
	"keyword_score":      "以信息性狄利克雷先验计算的对数优势比的z值；达到1.96时，20例中有19例不能用偶然解释",

	"cause_rate_around":         "分母中支付后观察期内因该原因被投诉的订单数 / 改进采纳前或后的窗口内支付、含相关商品且观察期已满的订单数",
	"cause_difference_interval": "cause_rate_around 改进后减改进前的95%区间（Newcombe 1998 方法10）",
	"cause_drop":                "（改进后的 cause_rate_around - 改进前的） / 改进前的 cause_rate_around",
	"cause_orders_waiting":      "改进采纳后的窗口内支付、观察期尚未期满的订单数；两侧都不计",
	"feedback_adoption":         "分母中被采纳的问题数 / 区间内建立并转给该部门的问题数",
	"findings_rejected":         "转给该部门而被其驳回的问题数",
	"findings_waiting":          "转给该部门而尚无人决定的问题数",
	"findings_overdue":          "findings_waiting 中已过期限的问题数",
	"findings_late":             "该部门超过期限才采纳或驳回的问题数",
	"brief_complaints":          "起草简报时作为该问题依据的投诉数",
	"brief_asked":               "起草简报时，该直播间最近三场中同类提问的需求数",

	"need_cluster_needs":     "归入该类的需求数",
	"need_cluster_validated": "need_cluster_needs 中已确认答复有效的需求数",
	"need_cluster_cohesion":  "该类中差异最大的两条需求的词项余弦，以万分之一计 / 10000",
	"need_term_weight":       "该词平均为该类两条需求的相似度增加的部分",
}
