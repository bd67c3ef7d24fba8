package analytics

import (
	"slices"
	"time"

	"showrunner/live"
)

// StepMinute is the step of a timeline. Persons of a minute cannot be added up
// to persons of an hour, so coarser steps are not made from these rows.
const StepMinute = "minute"

// maxFilled bounds the empty minutes a timeline shows: two days, longer than
// any show seen in the field.
const maxFilled = 2 * 24 * 60

type minuteColumn struct {
	Column
	of func(*Minute, MinuteMoney) int64
}

var minuteColumns = []minuteColumn{
	{Column{Key: "entered", ZH: "进入次数", EN: "entries", Unit: UnitCount, Formula: "room_entered facts in the minute"}, func(m *Minute, _ MinuteMoney) int64 { return m.Entered }},
	{Column{Key: "online", ZH: "在线人数", EN: "online", Unit: UnitPersons, Formula: "distinct persons with an entry or a heartbeat in the minute"}, func(m *Minute, _ MinuteMoney) int64 { return m.Online }},
	{like("comment_pv"), func(m *Minute, _ MinuteMoney) int64 { return m.Comments }},
	{like("like_count"), func(m *Minute, _ MinuteMoney) int64 { return m.Likes }},
	{like("product_click_pv"), func(m *Minute, _ MinuteMoney) int64 { return m.Clicks }},
	{like("cart_pv"), func(m *Minute, _ MinuteMoney) int64 { return m.Carts }},
	{Column{Key: "orders", ZH: "下单数", EN: "orders", Unit: UnitCount, Formula: "orders created, of every currency"}, func(m *Minute, _ MinuteMoney) int64 { return m.Orders }},
	{Column{Key: "orders_paid", ZH: "支付订单数", EN: "paid orders", Unit: UnitCount, Formula: "orders paid, of every currency"}, func(m *Minute, _ MinuteMoney) int64 { return m.Paid }},
	{Column{Key: "complaints_opened", ZH: "投诉数", EN: "complaints opened", Unit: UnitCount, Formula: "complaint_opened facts about the show in the minute"}, func(m *Minute, _ MinuteMoney) int64 { return m.Complaints }},
	{Column{Key: "sla_breaches", ZH: "服务超时数", EN: "service promises broken", Unit: UnitCount, Formula: "service_sla_breached facts of sessions of the show in the minute"}, func(m *Minute, _ MinuteMoney) int64 { return m.Breaches }},
	{like("gmv_created_minor"), func(_ *Minute, x MinuteMoney) int64 { return x.Created }},
	{like("gmv_paid_minor"), func(_ *Minute, x MinuteMoney) int64 { return x.Paid }},
	{like("gmv_net_minor"), func(_ *Minute, x MinuteMoney) int64 { return x.Net() }},
	{like("refund_minor"), func(_ *Minute, x MinuteMoney) int64 { return x.Refunded }},
	{like("cancelled_paid_minor"), func(_ *Minute, x MinuteMoney) int64 { return x.CancelledPaid }},
	{like("gmv_settled_minor"), func(_ *Minute, x MinuteMoney) int64 { return x.Settled }},
	{like("deposit_minor"), func(_ *Minute, x MinuteMoney) int64 { return x.Deposit }},
	{like("balance_minor"), func(_ *Minute, x MinuteMoney) int64 { return x.Balance }},
	{like("commission_minor"), func(_ *Minute, x MinuteMoney) int64 { return x.Commission }},
}

// TimelineKeys lists the columns a timeline can have, in their order.
func TimelineKeys() []string {
	keys := make([]string, len(minuteColumns))
	for i := range minuteColumns {
		keys[i] = minuteColumns[i].Key
	}
	return keys
}

// Timeline is the show by the minute, by the server's clock: a column "t" and
// the wanted ones in the order of [TimelineKeys]; no keys means all. While the
// show was on every minute has a row; before and after only minutes in which
// something was counted. Money is in the show's currency. An unknown key is a
// [live.Error] with code "unknown_metric".
func Timeline(show live.Show, f *Figures, keys []string) (Table, error) {
	for _, k := range keys {
		if !slices.Contains(TimelineKeys(), k) {
			return Table{}, live.Invalid("unknown_metric", "metrics", "%q is not a metric of the timeline", k)
		}
	}
	t := Table{Columns: []Column{{Key: "t", ZH: "时间", EN: "time", Unit: UnitTime, Formula: "start of the minute, UTC"}}}
	var used []*minuteColumn
	for i := range minuteColumns {
		c := &minuteColumns[i]
		if len(keys) == 0 || slices.Contains(keys, c.Key) {
			used = append(used, c)
			t.Columns = append(t.Columns, c.Column)
		}
	}
	for _, m := range f.filledMinutes(show) {
		row := make([]Cell, 0, len(t.Columns))
		row = append(row, textCell(Stamp(m.T)))
		var cash MinuteMoney
		for _, x := range m.Money {
			if x.Currency == show.Currency {
				cash = x
			}
		}
		for _, c := range used {
			row = append(row, numCell(c.of(&m, cash)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// filledMinutes are the minutes of the figures with the empty ones of the time
// on air put in between.
func (f *Figures) filledMinutes(show live.Show) []Minute {
	on := f.OnAir(show)
	if len(on) == 0 {
		return f.Minutes
	}
	first, last := on[0].T, on[len(on)-1].T
	var before, after []Minute
	for _, m := range f.Minutes {
		switch {
		case m.T.Before(first):
			before = append(before, m)
		case m.T.After(last):
			after = append(after, m)
		}
	}
	return slices.Concat(before, on, after)
}

// OnAir are the minutes from the start of the show to its end, or to AsOf,
// without a gap. A show that was on for longer than two days, which is one that
// nobody ended, has only the minutes in which something was counted.
func (f *Figures) OnAir(show live.Show) []Minute {
	from, until := onAir(show, f.AsOf)
	if !from.Before(until) {
		return nil
	}
	at := map[int64]Minute{}
	for _, m := range f.Minutes {
		at[unixMinute(m.T)] = m
	}
	var out []Minute
	for t := from.Truncate(time.Minute); t.Before(until); t = t.Add(time.Minute) {
		m, ok := at[unixMinute(t)]
		if !ok {
			m = Minute{T: t}
		}
		if ok || until.Sub(from) <= maxFilled*time.Minute {
			out = append(out, m)
		}
	}
	return out
}

// onAir is the time from start to end as far as asOf knows it.
func onAir(show live.Show, asOf time.Time) (from, until time.Time) {
	if show.StartedAt.IsZero() || asOf.Before(show.StartedAt) {
		return time.Time{}, time.Time{}
	}
	until = asOf
	if !show.EndedAt.IsZero() && show.EndedAt.Before(asOf) {
		until = show.EndedAt
	}
	return show.StartedAt, until
}

// MinutesOnAir counts the minutes a show was on as of an instant, pauses
// included; a begun minute counts.
func MinutesOnAir(show live.Show, asOf time.Time) int64 {
	from, until := onAir(show, asOf)
	return int64((until.Sub(from) + time.Minute - 1) / time.Minute)
}

// ClockOnAir are the clock minutes that a show was on air in as of an instant, the
// last not among them, as numbers of minutes since 1970. A show from 20:00:30 to
// 20:10:30 is ten minutes long and was on in eleven: who was there is counted by the
// clock, so an average over minutes is one over these. They are those of
// [Figures.OnAir].
func ClockOnAir(show live.Show, asOf time.Time) (first, end int64) {
	from, until := onAir(show, asOf)
	if !from.Before(until) {
		return 0, 0
	}
	return unixMinute(from), unixMinute(until.Add(time.Minute - time.Nanosecond))
}

// PaidOnShow reports whether an order paid at an instant was paid while the
// show was on, the pay-date axis of refunds. A show that has not ended is on.
func PaidOnShow(show live.Show, paidAt time.Time) bool {
	if show.StartedAt.IsZero() || paidAt.IsZero() || paidAt.Before(show.StartedAt) {
		return false
	}
	return show.EndedAt.IsZero() || !paidAt.After(show.EndedAt)
}

// MarkKinds are the host commands that stand on the time axis.
var MarkKinds = []live.Kind{
	live.ShowStarted, live.ShowPaused, live.ShowResumed, live.ShowEnded,
	live.ProductListed, live.ProductDelisted, live.ProductPinned, live.ProductUnpinned,
	live.PriceChanged, live.StockReleased, live.AnnouncementPublished,
	live.ExplainStarted, live.ExplainEnded, live.HostShiftStarted, live.HostShiftEnded,
	live.FlashSaleScheduled, live.FlashSaleStarted, live.FlashSaleEnded, live.CouponDropped, live.CouponDropEnded,
	live.RedPacketDropped, live.RedPacketClosed, live.LuckyDrawOpened, live.LuckyDrawDrawn, live.LuckyDrawCancelled,
}

// Marks whose text is the title of a coupon, and those whose is a prize.
var (
	MarkTitles = []live.Kind{live.CouponDropped, live.CouponDropEnded}
	MarkPrizes = []live.Kind{live.LuckyDrawOpened, live.LuckyDrawDrawn, live.LuckyDrawCancelled}
)

// CommandsTable shows the marks of the host's commands.
func CommandsTable(f *Figures) Table {
	t := Table{Columns: []Column{
		{Key: "t", ZH: "时间", EN: "time", Unit: UnitTime},
		{Key: "type", ZH: "指令", EN: "command", Unit: UnitText},
		{Key: "product_id", ZH: "商品", EN: "product", Unit: UnitText},
		{Key: "text", ZH: "内容", EN: "text", Unit: UnitText},
		{Key: "actor_id", ZH: "操作人", EN: "by", Unit: UnitText},
		{Key: "actor_role", ZH: "操作人角色", EN: "role", Unit: UnitText},
	}}
	for _, m := range f.Commands {
		t.Rows = append(t.Rows, []Cell{
			textCell(Stamp(m.At)), textCell(string(m.Kind)), textCell(string(m.Product)), textCell(m.Text), textCell(m.Actor), textCell(string(m.Role)),
		})
	}
	return t
}
