package analytics

// deskDefinitions are the figures of docs/service.md: of sessions, of the places
// where people find service, of who serves, and of what the guard let through.
var deskDefinitions = []Definition{
	{Key: "service_sessions", ZH: "服务会话数", EN: "sessions of service", Unit: UnitCount, Formula: "sessions opened in the range, rehearsals not among them", Axis: AxisSession, Source: "own", At: []string{"ServiceFigures.sessions"}},
	{Key: "first_response_time", ZH: "首次响应时长", EN: "first response time", Unit: UnitMS, Numerator: "ms from the opening to the first word of a human, summed over the denominator", Denominator: "sessions that needed a human, that a person opened and in which a human spoke", Axis: AxisSession, Source: "H1, C4", At: []string{"ServiceRate.first_response_time"}},
	{Key: "first_response_time_business", ZH: "首次响应时长(工作时间)", EN: "first response time, business hours", Unit: UnitMS, Numerator: "ms of first_response_time within the merchant's business hours", Denominator: "sessions that needed a human, that a person opened and in which a human spoke", Axis: AxisSession, Source: "H1", At: []string{"ServiceRate.first_response_time_business"}},
	{Key: "reply_rate", ZH: "回复率", EN: "reply rate", Unit: UnitRatio, Numerator: "of the denominator, sessions in which a human spoke", Denominator: "sessions that needed a human and that a person opened", Axis: AxisSession, Source: "C1, X1", At: []string{"ServiceRate.reply_rate"}},
	{Key: "sla_breach_rate", ZH: "首响超时率", EN: "broken promises of a first word", Unit: UnitRatio, Numerator: "of the denominator, sessions whose promise of a first word was broken", Denominator: "sessions that needed a human and that a person opened", Axis: AxisSession, Source: "own", At: []string{"ServiceRate.sla_breach_rate"}},
	{Key: "resolution_time", ZH: "解决时长", EN: "resolution time", Unit: UnitMS, Numerator: "ms from the opening to the close, summed over the denominator", Denominator: "closed sessions", Axis: AxisSession, Source: "H1", At: []string{"ServiceRate.resolution_time"}},
	{Key: "resolved_rate", ZH: "解决率", EN: "resolved rate", Unit: UnitRatio, Numerator: "sessions closed as resolved", Denominator: "closed sessions", Axis: AxisSession, Source: "own", At: []string{"ServiceRate.resolved_rate"}},
	{Key: "csat", ZH: "满意度", EN: "satisfaction", Unit: UnitRatio, Numerator: "sessions rated 4 or 5", Denominator: "rated sessions", Axis: AxisSession, Source: "C3, X1", At: []string{"ServiceRate.csat"}},
	{Key: "csat_participation", ZH: "参评率", EN: "participation in ratings", Unit: UnitRatio, Numerator: "rated sessions", Denominator: "sessions whose person was asked for a rating", Axis: AxisSession, Source: "C3, X1", At: []string{"ServiceRate.csat_participation"}},
	{Key: "bot_handover_rate", ZH: "转人工率", EN: "handover to humans", Unit: UnitRatio, Numerator: "sessions that the bot handed to a human", Denominator: "sessions that began with the bot", Axis: AxisSession, Source: "C3", At: []string{"ServiceRate.bot_handover_rate"}},

	{Key: "service_clock_wall_ms", ZH: "会话时长(自然时间)", EN: "a session's clock on the wall", Unit: UnitMS, Formula: "from the opening of the session to the first word of a human, or to the close, with the bot's part in it", Axis: AxisSession, Source: "H1, own", At: []string{"ServicePromise.wall_ms"}},
	{Key: "service_clock_business_ms", ZH: "会话时长(工作时间)", EN: "a session's clock in business hours", Unit: UnitMS, Formula: "service_clock_wall_ms within the merchant's business hours", Axis: AxisSession, Source: "H1, own", At: []string{"ServicePromise.business_ms"}},
	{Key: "service_session_messages", ZH: "会话消息数", EN: "messages of a session", Unit: UnitCount, Formula: "what the person, the bot and agents said in the session", Axis: AxisSession, Source: "own", At: []string{"ServiceSession.messages"}},
	{Key: "service_session_reopened", ZH: "会话重开次数", EN: "times a session was reopened", Unit: UnitCount, Formula: "times the session was taken up again after a close", Axis: AxisSession, Source: "own", At: []string{"ServiceSession.reopened"}},

	{Key: "service_entry_exposed", ZH: "入口曝光次数", EN: "times an entry was shown", Unit: UnitCount, Formula: "facts service_entry_exposed of the entry, each once, rehearsals and staff not among them; of a common need: until it was measured", Axis: AxisEntry, Source: "F32, own", At: []string{"EntryFigures.exposed", "NeedMeasure.exposed"}},
	{Key: "service_entry_opened", ZH: "入口打开次数", EN: "times an entry was opened", Unit: UnitCount, Formula: "facts service_entry_opened of the entry, likewise", Axis: AxisEntry, Source: "F32, own", At: []string{"EntryFigures.opened", "NeedMeasure.opened"}},
	{Key: "service_entry_sessions", ZH: "入口会话数", EN: "sessions of an entry", Unit: UnitCount, Formula: "sessions that began at the entry, rehearsals not among them", Axis: AxisEntry, Source: "F32, own", At: []string{"EntryFigures.sessions"}},
	{Key: "service_entry_resolved", ZH: "入口解决数", EN: "resolved sessions of an entry", Unit: UnitCount, Formula: "service_entry_sessions that stand closed as resolved", Axis: AxisEntry, Source: "F32, own", At: []string{"EntryFigures.resolved", "NeedMeasure.resolved"}},
	{Key: "service_open_rate", ZH: "入口使用率", EN: "open rate of an entry", Unit: UnitRatio, Numerator: "service_entry_opened", Denominator: "service_entry_exposed", Axis: AxisEntry, Source: "F32, own", At: []string{"EntryFigure.service_open_rate"}},
	{Key: "entry_resolved_rate", ZH: "入口解决率", EN: "resolved rate of an entry", Unit: UnitRatio, Numerator: "service_entry_resolved", Denominator: "service_entry_sessions", Axis: AxisEntry, Source: "F32, own", At: []string{"EntryFigure.entry_resolved_rate"}},

	{Key: "service_agent_open", ZH: "客服进行中会话数", EN: "open sessions of an agent", Unit: UnitCount, Formula: "sessions that the agent has now", Axis: AxisSession, Source: "own", At: []string{"ServiceAgent.open"}},
	{Key: "service_agent_people", ZH: "客服名下人数", EN: "people of an agent", Unit: UnitPersons, Formula: "people who are the agent's now", Axis: AxisPerson, Source: "own", At: []string{"ServiceAgent.people"}},

	{Key: "touches_allowed", ZH: "放行触达数", EN: "touches let through", Unit: UnitCount, Formula: "proactive touches asked for in the range that the guard let through, whether sent, planned, failed or rejected since", Axis: AxisService, Source: "F36, own", At: []string{"TouchCounts.allowed"}},
	{Key: "touches_suppressed", ZH: "拦截触达数", EN: "touches kept back", Unit: UnitCount, Formula: "proactive touches asked for in the range that a rule of the guard kept back", Axis: AxisService, Source: "F36, own", At: []string{"TouchCounts.suppressed"}},
	{Key: "touches_transactional", ZH: "交易类触达数", EN: "transactional touches", Unit: UnitCount, Formula: "touches of the kinds that the rules declare transactional, which no rule keeps back; in no other count", Axis: AxisService, Source: "F36, own", At: []string{"TouchCounts.transactional"}},
	{Key: "touches_outside", ZH: "未经许可触达数", EN: "touches that nobody asked for", Unit: UnitCount, Formula: "touches_allowed that were sent by somebody who had not asked the guard before", Axis: AxisService, Source: "own", At: []string{"TouchCounts.outside"}},

	{Key: "order_qty", ZH: "购买件数", EN: "pieces of an order", Unit: UnitCount, Formula: "pieces of the SKU that were ordered", Axis: AxisPerson, Source: "own", At: []string{"ServiceOrderLine.qty"}},
	{Key: "order_paid_minor", ZH: "订单支付金额", EN: "paid for an order", Unit: UnitMinor, Formula: "gmv_paid of one order: goods and shipping paid, over its lines", Axis: AxisPerson, Source: "own", Money: true, At: []string{"ServiceOrderMoney.paid_minor"}},
	{Key: "order_refund_minor", ZH: "订单退款金额", EN: "refunded of an order", Unit: UnitMinor, Formula: "goods and shipping refunded, over the lines of one order", Axis: AxisPerson, Source: "own", Money: true, At: []string{"ServiceOrderMoney.refund_minor"}},
	{Key: "order_net_minor", ZH: "订单净额", EN: "net of an order", Unit: UnitMinor, Formula: "gmv_net of one order: paid less refunded and cancelled", Axis: AxisPerson, Source: "own", Money: true, At: []string{"ServiceOrderMoney.net_minor"}},
}
