// Package conversion follows a person along the chain 引流 lead → 蓄客 nurture →
// 转化 convert → 留存 retain and says which link earned an order.
//
// It is pure: no driver, no file, no clock. Start with [TouchOf], the one table
// that says which facts are touches and of which stage and channel, then
// [Journey], the touches of a buyer before an order, and [Policy], which says
// which of them may earn. [Cycles] cuts the touches of a person at their
// orders. A [Credit] is the part of the order's money that one touch earned; the
// attribution package divides the money by a model, to the cent.
//
// [Ladder] is the rules by which people stand on a rung, 路人 passerby, 粉丝 fan,
// 客户 customer, 会员 member or 合伙人 partner, and [Ladder.Stand] the fold of what
// one person did, as [FactOf] and live.OrderSteps tell it.
package conversion
