package analytics

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"showrunner/live"
)

func mustZone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// TestStartOfDay: days begin where the calendar says, also where clocks change at
// midnight, and a day ends where the next begins.
func TestStartOfDay(t *testing.T) {
	for _, tc := range []struct{ zone, noon, want string }{
		{"Asia/Shanghai", "2026-03-08T12:00:00", "2026-03-07T16:00:00Z"},
		{"America/New_York", "2026-03-08T12:00:00", "2026-03-08T05:00:00Z"}, // of 23 hours
		{"America/New_York", "2026-03-09T12:00:00", "2026-03-09T04:00:00Z"},
		{"America/New_York", "2026-11-01T12:00:00", "2026-11-01T04:00:00Z"}, // of 25 hours
		{"America/New_York", "2026-11-02T12:00:00", "2026-11-02T05:00:00Z"},
		{"America/Santiago", "2026-09-06T12:00:00", "2026-09-06T04:00:00Z"}, // begins at 1:00
		{"America/Havana", "2026-11-01T12:00:00", "2026-11-01T04:00:00Z"},   // has 0:00 twice
	} {
		zone := mustZone(t, tc.zone)
		noon, err := time.ParseInLocation("2006-01-02T15:04:05", tc.noon, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := StartOfDay(noon, 0, zone).UTC().Format(time.RFC3339); got != tc.want {
			t.Errorf("%s in %s begins at %s, want %s", tc.noon, tc.zone, got, tc.want)
		}
	}
	zones := []string{"Asia/Shanghai", "America/New_York", "America/Santiago", "America/Havana", "Africa/Cairo", "Asia/Kathmandu", "Europe/Berlin", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(1_600_000_000, 1_900_000_000).Draw(t, "at"), 0)
		first, next := StartOfDay(at, 0, zone), StartOfDay(at, 1, zone)
		if at.Before(first) || !at.Before(next) {
			t.Fatalf("%s is not of its day, which is of %s to %s", at.In(zone), first.In(zone), next.In(zone))
		}
		day := first.In(zone).Format(time.DateOnly)
		if at.In(zone).Format(time.DateOnly) != day || first.Add(-time.Second).In(zone).Format(time.DateOnly) == day || next.In(zone).Format(time.DateOnly) == day {
			t.Fatalf("%s begins at %s and ends at %s", day, first.In(zone), next.In(zone))
		}
		p := Period{Zone: zone, From: first, Until: StartOfDay(at, rapid.IntRange(1, 92).Draw(t, "days"), zone)}
		if before := p.Before(); before.Days() != p.Days() || !before.Until.Equal(p.From) || before.Holds(p.From) || !before.Holds(before.From) || p.First() != day {
			t.Fatalf("%s to %s of %d days is held against %s to %s of %d days", p.First(), p.Last(), p.Days(), before.First(), before.Last(), before.Days())
		}
	})
}

// TestPersonsAreNotSummed: every count of persons is one of those that are asked
// of all shows together.
func TestPersonsAreNotSummed(t *testing.T) {
	var traffic Traffic
	persons := traffic.Persons()
	v := reflect.ValueOf(&traffic).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		field, ok := reflect.TypeAssert[*int64](v.Field(i).Addr())
		if want := strings.HasSuffix(name, "UV") || name == "WatchUV60s" || name == "FollowNet"; ok && want != slices.Contains(persons, field) {
			t.Errorf("%s is among the persons: %v, want %v", name, !want, want)
		}
	}
}

// TestOfBook: what is told by when money moved is of the order book alone.
func TestOfBook(t *testing.T) {
	for key, want := range map[string]bool{
		"orders": true, "buyers": true, "gmv_paid_minor": true, "gmv_net_minor": true, "refund_minor": true, "aov_minor": true, "pay_per_create": true, "commission_minor": true,
		"settle_rate": true, "cancel_rate_timeout": true, "pre_ship_refund_rate": true,
		"refund_by_pay_date_minor": false, "refund_rate_amount": false, "refund_rate_goods": false, "watch_uv": false, "view_to_pay": false, "gpm_watch_minor": false,
		"revenue_per_minute_minor": false, "coupon_gmv_minor": false, "gift_value_minor": false, "bots_flagged": false, "ctor": false, "draw_winners": false,
	} {
		if ofBook[key] != want {
			t.Errorf("%s is told by when the money moved: %v, want %v", key, ofBook[key], want)
		}
	}
}

// drawSide draws the parts of a period, and what its own shows made as the sum of
// theirs.
func drawSide(t *rapid.T, name string, shows []live.Show) PeriodSide {
	n := rapid.Int64Range(-1<<30, 1<<30)
	s := PeriodSide{Period: Period{Zone: time.UTC}, Shows: shows}
	for _, id := range []live.ShowID{"", "a", "b", "other"} {
		for _, c := range []live.Currency{"CNY", "USD"} {
			for _, inside := range []bool{true, false} {
				if !rapid.Bool().Draw(t, fmt.Sprint(name, id, c, inside)) || !inside && (id == "" || id == "other") {
					continue
				}
				part := PeriodPart{Show: id, Inside: inside, Money: Money{Currency: c, Orders: n.Draw(t, "orders"), OrdersPaid: n.Draw(t, "paid orders"), Paid: n.Draw(t, "paid"), RefundGoods: n.Draw(t, "refund"), CancelledPaid: n.Draw(t, "cancelled")}}
				s.Parts = append(s.Parts, part)
				if id != "" && id != "other" {
					s.Add(live.Show{ID: id, Currency: c}, &Figures{Money: []Money{part.Money}})
				}
			}
		}
	}
	s.Move(nil, nil)
	return s
}

// TestBridge: from what moved in a period the bridge leads to what its shows made,
// and both ends are those of the comparison itself.
func TestBridge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shows := []live.Show{{ID: "a", Currency: "CNY"}, {ID: "b", Currency: "USD"}}
		c := PeriodComparison{Period: drawSide(t, "period", shows), Against: drawSide(t, "against", shows)}
		items, bridge := c.Table(), c.Bridge()
		numbers := map[string]int64{}
		for _, row := range items.Rows {
			id := row[0].Text + row[1].Text + row[2].Text
			if _, twice := numbers["period"+id]; twice {
				t.Fatalf("%s stands twice", id)
			}
			numbers["period"+id], numbers["against"+id] = row[6].Num, row[8].Num
		}
		for _, row := range bridge.Rows {
			side, currency, key := row[0].Text, row[1].Text, row[2].Text
			moved, others, none, outside, started := row[3].Num, row[4].Num, row[5].Num, row[6].Num, row[7].Num
			if moved-others-none+outside != started {
				t.Fatalf("%s %s %s: %d - %d - %d + %d is not %d", side, currency, key, moved, others, none, outside, started)
			}
			if got := numbers[side+AxisMoved+currency+key]; got != moved {
				t.Fatalf("%s of %s moved %d, and the comparison says %d", key, side, moved, got)
			}
			if got := numbers[side+AxisStarted+currency+key]; got != started {
				t.Fatalf("%s of the shows of %s is %d, and the comparison says %d", key, side, started, got)
			}
		}
	})
}

// TestChange: a share has an interval and a verdict, and what is of too few says
// so.
func TestChange(t *testing.T) {
	side := func(watch, buyers, orders, paid int64) PeriodSide {
		s := PeriodSide{Period: Period{Zone: time.UTC}, Shows: []live.Show{{ID: "a", Currency: "CNY"}}}
		s.Started = Figures{Traffic: Traffic{WatchUV: watch}, Money: []Money{{Currency: "CNY", Buyers: buyers, OrdersPaid: orders, Paid: paid}}}
		return s
	}
	for _, tc := range []struct {
		name                       string
		now, then                  PeriodSide
		views, gmv, change, difner string
	}{
		{"rose", side(1000, 100, 100, 200_00), side(1000, 50, 50, 100_00), ChangeRose, ChangeNoRange, "1/1", "1/20"},
		{"fell", side(1000, 50, 50, 100_00), side(1000, 100, 100, 200_00), ChangeFell, ChangeNoRange, "-1/2", "-1/20"},
		{"chance", side(1000, 51, 51, 100_00), side(1000, 50, 50, 100_00), ChangeNotShown, ChangeNoRange, "0/1", "1/1000"},
		{"few cases", side(29, 10, 20, 100_00), side(1000, 50, 20, 100_00), ChangeTooSmall, ChangeNoRange, "0/1", "171/580"},
		{"few of them", side(1000, 2, 20, 100_00), side(1000, 2, 15, 0), ChangeTooSmall, ChangeTooSmall, "0/0", "0/1"},
		{"nobody", side(0, 0, 0, 0), side(1000, 50, 50, 100_00), ChangeTooSmall, ChangeNoRange, "-1/1", "0/0"},
	} {
		c := PeriodComparison{Period: tc.now, Against: tc.then}
		items := c.Table()
		for _, row := range items.Rows {
			if row[0].Text != AxisStarted {
				continue
			}
			switch row[2].Text {
			case "view_to_pay":
				if got := fmt.Sprintf("%d/%d", row[10].Num, row[10].Den); row[15].Text != tc.views || got != tc.difner {
					t.Errorf("%s: view_to_pay differs by %s and %s, want %s and %s", tc.name, got, row[15].Text, tc.difner, tc.views)
				}
				low, high := float64(row[12].Num)/1e6, float64(row[13].Num)/1e6
				if row[12].Den != 0 && (low > high || tc.views == ChangeRose && low <= 0 || tc.views == ChangeFell && high >= 0) {
					t.Errorf("%s: the interval is %v to %v", tc.name, low, high)
				}
			case "gmv_paid_minor":
				if got := fmt.Sprintf("%d/%d", row[11].Num, row[11].Den); row[15].Text != tc.gmv || got != tc.change {
					t.Errorf("%s: gmv_paid changes by %s and %s, want %s and %s", tc.name, got, row[15].Text, tc.change, tc.gmv)
				}
			}
		}
	}
	for _, key := range shares {
		if m, ok := Lookup(key); !ok || !m.IsRate() || m.Money || m.Unit != UnitRatio {
			t.Errorf("%s is no share", key)
		}
	}
}
