package analytics

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

// causedFacts are moves and commissions of shows, in random order, some of them
// taken back, with what they come to for show s1.
func causedFacts(t *rapid.T, tell func(live.Event)) (flows map[string]int64, due map[string]int64) {
	flows, due = map[string]int64{}, map[string]int64{}
	rung := rapid.SampledFrom(append([]live.Rung{""}, live.Rungs...))
	for range rapid.IntRange(0, 40).Draw(t, "facts") {
		show := rapid.SampledFrom([]live.ShowID{"s1", "s1", "s2", ""}).Draw(t, "show")
		e := live.Event{Merchant: "m1", Show: show, Person: "p", Source: live.SourceSystem, Actor: live.Actor{Role: live.RoleSystem}}
		if rapid.Bool().Draw(t, "move") {
			from, to, back := rung.Draw(t, "from"), rung.Draw(t, "to"), rapid.IntRange(0, 3).Draw(t, "withdrawn") == 0
			e.Kind, e.Data = live.LadderChanged, json.RawMessage(fmt.Sprintf(`{"from":%q,"to":%q,"withdrawn":%v}`, from, to, back))
			if show == "s1" {
				flows[string(from)+">"+string(to)]++
				if back {
					flows[string(from)+">"+string(to)] -= 2
				}
			}
		} else {
			referrer := rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "referrer")
			cur := rapid.SampledFrom([]string{"CNY", "USD"}).Draw(t, "currency")
			minor, sign := rapid.Int64Range(1, 900).Draw(t, "minor"), int64(1)
			e.Kind = live.CommissionAccrued
			if rapid.Bool().Draw(t, "reversed") {
				e.Kind, sign = live.CommissionReversed, -1
			}
			e.Data = json.RawMessage(fmt.Sprintf(`{"order_id":"o%d","referrer":%q,"currency":%q,"commission_minor":%d}`, rapid.IntRange(1, 5).Draw(t, "order"), referrer, cur, minor))
			if show == "s1" {
				due[referrer+" "+cur] += sign * minor
			}
		}
		tell(e)
	}
	return flows, due
}

func TestCausedAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := NewFold(testShow())
		flows, due := causedFacts(t, func(e live.Event) {
			e.Merchant, e.ReceivedAt = testShow().Merchant, t0
			if err := f.Add(live.Entry{Event: e}); err != nil {
				t.Fatal(err)
			}
		})
		got := f.Figures(t0)
		told, owed := map[string]int64{}, map[string]int64{}
		for _, x := range got.Ladder {
			told[string(x.From)+">"+string(x.To)] = x.Moves
		}
		for i := range got.Earned {
			x := &got.Earned[i]
			owed[string(x.Referrer)+" "+string(x.Currency)] = x.Due()
		}
		for key, moves := range flows {
			if moves == 0 {
				delete(flows, key)
			}
		}
		if d := cmp.Diff(flows, told); d != "" {
			t.Fatalf("moves (-want +got):\n%s", d)
		}
		if d := cmp.Diff(due, owed); d != "" {
			t.Fatalf("commission (-want +got):\n%s", d)
		}
		// The table of commissions sums to the commission of each currency.
		got.Money = []Money{{Currency: "CNY", MoneyLife: MoneyLife{CommissionAccrued: 7_000, CommissionReversed: 40}}, {Currency: "USD"}}
		sums := map[string]int64{}
		for _, row := range EarnedTable(&got).Rows {
			sums[row[1].Text] += row[5].Num
		}
		if sums["CNY"] != 6_960 || sums["USD"] != 0 {
			t.Fatalf("the table sums to %v", sums)
		}
	})
}
