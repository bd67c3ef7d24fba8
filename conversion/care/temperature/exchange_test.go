package temperature

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// TestExchange counts by hand what one person received and gave.
func TestExchange(t *testing.T) {
	start := time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)
	deed := func(hours int, kind live.Kind, data string) Deed {
		return Deed{Kind: kind, At: start.Add(time.Duration(hours) * time.Hour), Role: live.RoleIntegration, Data: json.RawMessage(data)}
	}
	heartbeat := deed(1, live.WatchHeartbeat, `{}`)
	heartbeat.Num = 30_000
	deeds := []Deed{
		deed(0, live.TouchSent, `{}`),                       // answered by the click below
		deed(1, live.TouchSent, `{"transactional":true}`),   // none
		deed(2, live.ProductClicked, ``),                    // an answer
		deed(10, live.TouchSent, `{}`),                      // unanswered, and an order followed in time to nobody's credit
		deed(3, live.ServiceMessageSent, `{"by":"viewer"}`), // no answer of ours
		deed(3, live.ServiceMessageSent, `{"by":"bot"}`),
		deed(3, live.ServiceMessageSent, `{"by":"agent"}`),
		deed(3, live.CouponRedeemed, `{"discount_minor":500,"currency":"CNY"}`),
		deed(4, live.CouponRedeemed, `{"discount_minor":300,"currency":"CNY"}`),
		deed(5, live.CouponReturned, `{"discount_minor":300,"currency":"CNY","redeemed":true}`),
		deed(5, live.CouponReturned, `{"discount_minor":900,"currency":"CNY","redeemed":false}`),
		deed(5, live.RedPacketClaimed, `{"amount_minor":88,"currency":"EUR"}`),
		deed(5, live.LuckyDrawWon, `{}`),
		deed(6, live.FollowupDone, `{"result":"answered"}`),
		deed(6, live.ValueGiven, `{"kind":"sample","amount_minor":100,"currency":"CNY"}`),
		deed(6, live.ValueGiven, `{"kind":"advice"}`),
		deed(6, live.ValueReceived, `{"kind":"survey"}`),
		heartbeat,
		deed(7, live.ReviewPosted, `{"score":5}`),
		deed(100, live.OrderPaid, ``),
		deed(200, live.TouchSent, `{}`), // an excess
		deed(290, live.TouchSent, `{}`), // its hours are not over
	}
	got := ExchangeOf(deeds, 72*time.Hour, start.Add(300*time.Hour))
	want := Exchange{
		Answers: 1, Benefits: 3, Care: 1, Given: 2, Received: []Worth{{"CNY", 600}, {"EUR", 88}}, WatchedMS: 30_000, Told: 1, Back: 1,
		Touches: 4, Excess: 1, LastPaid: start.Add(100 * time.Hour),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestDegrees(t *testing.T) {
	for _, c := range []struct {
		row  Row
		want float64
		ok   bool
	}{
		{Row{}, 0, false},
		{Row{Touches: 12, Needs: 7}, 0, false},
		{Row{Touches: 12, Needs: 8}, 37, true},
		{Row{Touches: 20}, 37, true},
		{Row{Touches: 20, Over: 1}, 37.5, true},
		{Row{Needs: 20, Unmet: 1}, 36.5, true},
		{Row{Touches: 20, Over: 20}, 39, true},
		{Row{Needs: 20, Unmet: 20}, 35, true},
		{Row{Touches: 10, Over: 5, Needs: 10, Unmet: 5}, 37, true},
	} {
		if got, ok := c.row.Degrees(10, 10, 20); got != c.want || ok != c.ok {
			t.Errorf("%+v: %v, %v; want %v, %v", c.row, got, ok, c.want, c.ok)
		}
	}
}
