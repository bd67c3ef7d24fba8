package analytics

import (
	"cmp"
	"slices"
	"time"

	"showrunner/live"
)

// Shift is the time one host was on, and what was sold in it. A payment belongs
// to the shift in which the server learned of it, by the order of the log, so
// that the shifts and what was paid outside of them add up to gmv_paid exactly.
// The one without an ID is what was paid outside any shift.
type Shift struct {
	ID, Host    string
	From, Until time.Time    // Until is zero while it lasts
	Money       []ShiftMoney // sorted by currency
}

// ShiftMoney is the money of one shift in one currency.
type ShiftMoney struct {
	Currency         live.Currency
	OrdersPaid, Paid int64
}

// shift gathers one.
type shift struct {
	Shift
	money map[live.Currency]*ShiftMoney
}

// addShift follows who is on.
func (f *Fold) addShift(e *live.Event) {
	d := read(e.Data)
	if d.Shift == "" {
		return
	}
	s := f.shift(d.Shift)
	s.Host = d.Host
	switch e.Kind {
	case live.HostShiftStarted:
		s.From, f.on = e.ReceivedAt, d.Shift
	case live.HostShiftEnded:
		s.Until, f.on = e.ReceivedAt, ""
	}
}

func (f *Fold) shift(id string) *shift {
	s := f.shifts[id]
	if s == nil {
		s = &shift{Shift: Shift{ID: id}, money: map[live.Currency]*ShiftMoney{}}
		f.shifts[id] = s
	}
	return s
}

func (s *shift) cash(c live.Currency) *ShiftMoney {
	m := s.money[c]
	if m == nil {
		m = &ShiftMoney{Currency: c}
		s.money[c] = m
	}
	return m
}

// tidyShifts is the part of [Figures.Tidy] for shifts: in the order of their
// starts, what was paid outside of them last.
func (f *Figures) tidyShifts() {
	for i := range f.Shifts {
		f.Shifts[i].Money = kept(f.Shifts[i].Money, func(m *ShiftMoney) bool { return *m != ShiftMoney{Currency: m.Currency} },
			func(a, b ShiftMoney) int { return cmp.Compare(a.Currency, b.Currency) })
	}
	f.Shifts = kept(f.Shifts, func(s *Shift) bool { return s.ID != "" || len(s.Money) > 0 }, func(a, b Shift) int {
		if (a.ID == "") != (b.ID == "") {
			return cmp.Compare(b.ID, a.ID)
		}
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID))
	})
}

// HostTable shows what each host sold, shift by shift, in the show's currency,
// with the other currencies beside it. The sum of its rows is gmv_paid.
func HostTable(f *Figures, currency live.Currency) Table {
	t := Table{Columns: []Column{
		{Key: "shift_id", ZH: "班次", EN: "shift", Unit: UnitText, Formula: "empty: paid outside any shift"},
		{Key: "host_id", ZH: "主播", EN: "host", Unit: UnitText},
		{Key: "started_at", ZH: "上播时间", EN: "from", Unit: UnitTime},
		{Key: "ended_at", ZH: "下播时间", EN: "until", Unit: UnitTime},
		like("orders_paid"), like("gmv_paid_minor"),
		{Key: "by_currency", ZH: "分币种", EN: "by currency", Unit: UnitList, Money: true},
	}}
	for i := range f.Shifts {
		s := &f.Shifts[i]
		list := &Table{Columns: []Column{{Key: "currency", ZH: "币种", EN: "currency", Unit: UnitText}, like("orders_paid"), like("gmv_paid_minor")}}
		for _, m := range s.Money {
			list.Rows = append(list.Rows, []Cell{textCell(string(m.Currency)), numCell(m.OrdersPaid), numCell(m.Paid)})
		}
		j := slices.IndexFunc(s.Money, func(m ShiftMoney) bool { return m.Currency == currency })
		var cash ShiftMoney
		if j >= 0 {
			cash = s.Money[j]
		}
		t.Rows = append(t.Rows, []Cell{
			textCell(s.ID), textCell(s.Host), textCell(Stamp(s.From)), textCell(Stamp(s.Until)), numCell(cash.OrdersPaid), numCell(cash.Paid), {List: list},
		})
	}
	return t
}
