package analytics

import (
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"showrunner/live"
)

// TestCompareAgainstReadings draws shows and finds every figure of the comparison
// in the reading of its own show, and difference and ratio by other arithmetic.
func TestCompareAgainstReadings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1<<30)
		draw := func(id live.ShowID, own live.Currency) Compared {
			f := Figures{Show: id, Traffic: Traffic{WatchPV: n.Draw(t, "views"), WatchUV: n.Draw(t, "viewers"), ProductClickPV: n.Draw(t, "clicks"), GiftValue: n.Draw(t, "gifts")}}
			for _, c := range []live.Currency{"CNY", "USD"} {
				if rapid.Bool().Draw(t, "sold") {
					f.Money = append(f.Money, Money{Currency: c, Orders: n.Draw(t, "orders"), OrdersPaid: n.Draw(t, "paid orders"), Buyers: n.Draw(t, "buyers"), Paid: n.Draw(t, "paid"), RefundGoods: n.Draw(t, "refunded"), SKUOrdersPaid: n.Draw(t, "lines")})
				}
			}
			return Compared{Show: live.Show{ID: id, Currency: own}, Figures: f}
		}
		sides := []Compared{draw("a", "CNY"), draw("b", "CNY"), draw("c", "USD")}
		table := Compare(time.Time{}, true, sides).Table
		rows := map[[3]string][]Cell{}
		for _, row := range table.Rows {
			key := [3]string{row[0].Text, row[1].Text, row[5].Text}
			if rows[key] != nil {
				t.Fatalf("%v stands twice", key)
			}
			rows[key] = row
		}
		for _, s := range sides {
			for i := range Metrics {
				m := &Metrics[i]
				if m.Key == "online_now" {
					continue
				}
				currencies := []live.Currency{"CNY", "USD"}
				if rows[[3]string{"", m.Key, "a"}] != nil {
					currencies = []live.Currency{""}
				}
				for _, c := range currencies {
					row := rows[[3]string{string(c), m.Key, string(s.Show.ID)}]
					if row == nil { // A currency that no show has.
						continue
					}
					want := m.Of(Read(&s.Figures, c, -1))
					if m.Key == "gift_value_minor" && c != s.Show.Currency {
						want = Value{Metric: m}
					}
					if row[6].Num != want.Num || row[7].Num != want.Den {
						t.Fatalf("%s of %s in %q is %d/%d, want %d/%d", m.Key, s.Show.ID, c, row[6].Num, row[7].Num, want.Num, want.Den)
					}
					first := rows[[3]string{string(c), m.Key, "a"}]
					fraction := func(cells []Cell) *big.Rat {
						if m.IsRate() {
							return big.NewRat(cells[6].Num, cells[7].Num)
						}
						return big.NewRat(cells[6].Num, 1)
					}
					if m.IsRate() && (row[7].Num == 0 || first[7].Num == 0) {
						if row[8].Den != 0 || row[9].Den != 0 {
							t.Fatalf("%s over nothing has a difference", m.Key)
						}
						continue
					}
					a, b := fraction(row), fraction(first)
					if d := row[8]; d.Den != 0 && new(big.Rat).Add(b, big.NewRat(d.Num, d.Den)).Cmp(a) != 0 {
						t.Fatalf("%s: %v + %d/%d is not %v", m.Key, b, d.Num, d.Den, a)
					}
					if q := row[9]; q.Den != 0 && new(big.Rat).Mul(b, big.NewRat(q.Num, q.Den)).Cmp(a) != 0 {
						t.Fatalf("%s: %v x %d/%d is not %v", m.Key, b, q.Num, q.Den, a)
					} else if q.Den == 0 && b.Sign() != 0 && !m.IsRate() {
						t.Fatalf("%s has no ratio", m.Key)
					}
				}
			}
		}
	})
}

// TestOfMoney: what reads orders stands by currency, what reads behaviour does not.
func TestOfMoney(t *testing.T) {
	for key, want := range map[string]bool{
		"orders": true, "buyers": true, "view_to_pay": true, "unpaid_rate": true, "refund_rate_amount": true, "cancel_rate_timeout": true, "coupon_gmv_minor": true,
		"watch_uv": false, "comment_pv": false, "gift_value_minor": false, "coupon_claim_rate": false, "draw_winners": false,
	} {
		if ofMoney[key] != want {
			t.Errorf("%s is of one currency: %v, want %v", key, ofMoney[key], want)
		}
	}
}
