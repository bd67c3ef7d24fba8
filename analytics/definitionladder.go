package analytics

// ladderDefinitions are the figures of docs/people.md.
var ladderDefinitions = []Definition{
	{Key: "ladder_people", ZH: "层级人数", EN: "people on a rung", Unit: UnitPersons, Formula: "people who stood on the rung just before the end of the period", Axis: AxisLadder, Source: "F09, own", At: []string{"LadderRung.people"}},
	{Key: "ladder_entered", ZH: "层级进入人数", EN: "people of a cohort", Unit: UnitPersons, Formula: "people of the cohort who entered a rung in the period", Axis: AxisLadder, Source: "F09, own", At: []string{"LadderCohort.people"}},
	{Key: "ladder_moves", ZH: "层级变动次数", EN: "moves between rungs", Unit: UnitCount, Formula: "moves from one rung to another in the period that stand; by what came before it: those up", Axis: AxisLadder, Source: "own", At: []string{"LadderFlow.moves", "LadderHelp.moves"}},
	{Key: "ladder_moves_up", ZH: "升级次数", EN: "moves up", Unit: UnitCount, Formula: "ladder_moves that lead up", Axis: AxisLadder, Source: "own", At: []string{"Ladder.moves_up"}},
	{Key: "ladder_demotions", ZH: "降级次数", EN: "moves down", Unit: UnitCount, Formula: "ladder_moves that lead down: orders refunded or cancelled, partners suspended", Axis: AxisLadder, Source: "own", At: []string{"Ladder.demotions"}},
	{
		Key: "ladder_rate", ZH: "层级转化率", EN: "ladder rate a → b", Unit: UnitRatio,
		Numerator: "of the denominator, persons who stood on b or above within N days of entering a", Denominator: "persons who entered a in the period before anything above it",
		Axis: AxisLadder, Source: "F09, own", At: []string{"LadderStep.rate"},
	},
	{Key: "ladder_held", ZH: "层级保持人数", EN: "held on the rung", Unit: UnitPersons, Formula: "persons of the numerator of ladder_rate who stand on b or above now", Axis: AxisLadder, Source: "own", At: []string{"LadderStep.held"}},
	{Key: "ladder_open", ZH: "层级待定人数", EN: "days not over", Unit: UnitPersons, Formula: "persons of the denominator of ladder_rate and not of its numerator whose N days are not over", Axis: AxisLadder, Source: "own", At: []string{"LadderStep.open"}},
	{Key: "ladder_time_median_ms", ZH: "升级时长中位数", EN: "median time from a to b", Unit: UnitMS, Formula: "median by nearest rank of the times that the numerator of ladder_rate took from a to b", Axis: AxisLadder, Source: "own", At: []string{"LadderStep.median_ms"}},
	{Key: "ladder_time_p90_ms", ZH: "升级时长九成位", EN: "90th percentile of the time from a to b", Unit: UnitMS, Formula: "90th percentile by nearest rank of the times that the numerator of ladder_rate took", Axis: AxisLadder, Source: "own", At: []string{"LadderStep.p90_ms"}},

	{Key: "channel_touches", ZH: "渠道触点数", EN: "touches of a channel", Unit: UnitCount, Formula: "different things of a channel that touched the person, repetitions not counted", Axis: AxisPerson, Source: "own", At: []string{"PersonChannel.touches"}},
	{Key: "orders_valid", ZH: "有效订单数", EN: "valid orders", Unit: UnitCount, Formula: "orders of the person that are paid, and neither cancelled nor refunded in full", Axis: AxisPerson, Source: "Y3, own", At: []string{"Person.orders_valid"}},
	{Key: "person_orders_paid", ZH: "个人支付订单数", EN: "paid orders of a person", Unit: UnitCount, Formula: "orders the person paid, whatever became of them", Axis: AxisPerson, Source: "T15", Money: true, At: []string{"PersonMoney.orders_paid"}},
	{Key: "person_gmv_paid_minor", ZH: "个人支付金额", EN: "paid by a person", Unit: UnitMinor, Formula: "gmv_paid of the orders of the person, or of one of them", Axis: AxisPerson, Source: "T15", Money: true, At: []string{"PersonMoney.gmv_paid_minor", "JourneyOrder.gmv_paid_minor"}},
	{Key: "person_gmv_net_minor", ZH: "个人净成交金额", EN: "paid by a person, net", Unit: UnitMinor, Formula: "person_gmv_paid less refunded and cancelled", Axis: AxisPerson, Source: "own", Money: true, At: []string{"PersonMoney.gmv_net_minor", "JourneyOrder.gmv_net_minor"}},
	{Key: "person_brought", ZH: "带来人数", EN: "people brought", Unit: UnitPersons, Formula: "people who are bound to the person now", Axis: AxisPerson, Source: "F53, own", At: []string{"PersonReferral.brought"}},
}

// referralDefinitions are the figures of word of mouth.
var referralDefinitions = []Definition{
	{Key: "active_persons", ZH: "活跃人数", EN: "active persons", Unit: UnitPersons, Formula: "people of whom something new was learned in the period", Axis: AxisReferral, Source: "Y4, own", At: []string{"WordOfMouth.active"}},
	{Key: "sharers", ZH: "分享有效人数", EN: "sharers", Unit: UnitPersons, Formula: "people whose links were followed in the period", Axis: AxisReferral, Source: "Y4, own", At: []string{"WordOfMouth.sharers"}},
	{Key: "invites", ZH: "邀请人次", EN: "invitations", Unit: UnitCount, Formula: "people who followed a link in the period, each once for each referrer", Axis: AxisReferral, Source: "Y4", At: []string{"WordOfMouth.invites"}},
	{Key: "bound", ZH: "绑定数", EN: "bindings", Unit: UnitCount, Formula: "bindings that were made in the period", Axis: AxisReferral, Source: "own", At: []string{"WordOfMouth.bound"}},
	{Key: "invites_per_active", ZH: "人均邀请数", EN: "invitations for each active person", Unit: UnitRatio, Numerator: "invites", Denominator: "active_persons", Axis: AxisReferral, Source: "Y4", At: []string{"WordOfMouth.invites_per_active"}},
	{Key: "invite_conversion", ZH: "邀请转化率", EN: "conversion of invitations", Unit: UnitRatio, Numerator: "bound", Denominator: "invites", Axis: AxisReferral, Source: "Y4", At: []string{"WordOfMouth.invite_conversion"}},
	{Key: "k_factor", ZH: "裂变系数", EN: "k-factor", Unit: UnitRatio, Formula: "invites_per_active x invite_conversion", Numerator: "bound", Denominator: "active_persons", Axis: AxisReferral, Source: "Y4", At: []string{"WordOfMouth.k_factor"}},
	{Key: "referral_gmv_minor", ZH: "口碑成交金额", EN: "referral GMV", Unit: UnitMinor, Formula: "gmv_paid of orders made in the period while their buyer was bound to somebody", Axis: AxisReferral, Source: "F53, own", Money: true, At: []string{"WordTotal.referral_gmv_minor", "ReferrerRow.referral_gmv_minor"}},
	{Key: "referral_net_minor", ZH: "口碑净成交金额", EN: "referral GMV, net", Unit: UnitMinor, Formula: "referral_gmv less refunded and cancelled", Axis: AxisReferral, Source: "F53, own", Money: true, At: []string{"WordTotal.referral_net_minor", "ReferrerRow.referral_net_minor"}},
	{Key: "referral_new", ZH: "口碑拉新人数", EN: "new customers by referral", Unit: UnitPersons, Formula: "buyers of referral_gmv whose first order with the merchant it was", Axis: AxisReferral, Source: "F53, own", At: []string{"WordTotal.referral_new", "ReferrerRow.referral_new"}},
	{Key: "referral_orders", ZH: "口碑订单数", EN: "orders by referral", Unit: UnitCount, Formula: "paid orders of referral_gmv", Axis: AxisReferral, Source: "F53, own", At: []string{"WordTotal.orders", "ReferrerRow.orders"}},
	{Key: "referral_buyers", ZH: "口碑成交人数", EN: "buyers by referral", Unit: UnitPersons, Formula: "buyers of referral_gmv", Axis: AxisReferral, Source: "F53, own", At: []string{"ReferrerRow.people"}},
	{Key: "referral_commission_accrued_minor", ZH: "口碑佣金(计提)", EN: "commission accrued to referrers", Unit: UnitMinor, Formula: "sum of commission_accrued: booked in the period, of orders of people who were bound", Axis: AxisReferral, Source: "own", Money: true, At: []string{"WordTotal.commission_accrued_minor", "ReferrerRow.commission_accrued_minor"}},
	{Key: "referral_commission_reversed_minor", ZH: "口碑佣金(冲回)", EN: "commission reversed", Unit: UnitMinor, Formula: "sum of commission_reversed: booked in the period, for refunds and cancellations", Axis: AxisReferral, Source: "own", Money: true, At: []string{"WordTotal.commission_reversed_minor", "ReferrerRow.commission_reversed_minor"}},
	{Key: "referral_commission_due_minor", ZH: "应付佣金", EN: "commission due", Unit: UnitMinor, Formula: "referral_commission_accrued - referral_commission_reversed; of one entry of the ledger: what it added or took back", Axis: AxisReferral, Source: "own", Money: true, At: []string{"ReferrerRow.commission_due_minor", "Commission.commission_minor"}},
	{Key: "commission_unassigned_minor", ZH: "无归属佣金", EN: "commission of nobody", Unit: UnitMinor, Formula: "accrued less reversed of orders of people who were bound to nobody", Axis: AxisReferral, Source: "own", Money: true, At: []string{"WordTotal.commission_unassigned_minor"}},
}
