package guard

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"showrunner/live"
)

// TestCapsHold plays people who are written to, planned and sent at random, over
// changes of the clocks, and counts by hand: a touch is allowed exactly when no
// window that ends now is full, and no window of any length that a cap names ever
// has more than it, by when touches really went out.
func TestCapsHold(t *testing.T) {
	e := newEnv(t)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		m := live.MerchantID(fmt.Sprint("m", n))
		r := TouchRules{TimeZone: "UTC", PlanMinutes: rapid.IntRange(1, 300).Draw(t, "plan minutes"), Temperature: DefaultRules().Temperature}
		for range rapid.IntRange(1, 3).Draw(t, "caps") {
			k := Cap{Per: rapid.SampledFrom([]string{PerPerson, PerPersonChannel}).Draw(t, "per"), Hours: rapid.IntRange(1, 30).Draw(t, "hours"), AtMost: rapid.IntRange(0, 4).Draw(t, "at most")}
			if k.Per == PerPersonChannel && rapid.Bool().Draw(t, "one channel") {
				k.Channel = "sms"
			}
			r.Caps = append(r.Caps, k)
		}
		if rapid.Bool().Draw(t, "cools down") {
			r.CoolDown = &CoolDown{After: rapid.IntRange(1, 4).Draw(t, "after"), Hours: rapid.IntRange(1, 60).Draw(t, "hours")}
		}
		if _, err := e.guard.SetRules(e.t.Context(), m, r, owner); err != nil {
			t.Fatal(err)
		}
		type gone struct {
			id, channel string
			planned     bool
			until, at   time.Time // until is the latest it may go out, at when it did
		}
		var sent []gone
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			e.wait(time.Duration(rapid.IntRange(0, 6*60).Draw(t, "minutes")) * time.Minute)
			now := e.now()
			if i := rapid.IntRange(0, 3*len(sent)+3).Draw(t, "settle"); i < len(sent) && sent[i].planned && now.Before(sent[i].until) {
				s := &sent[i]
				s.planned = false
				to := Failed
				if rapid.Bool().Draw(t, "goes out") {
					to, s.at, s.until = Sent, now, now
				}
				if _, err := e.other.Settle(e.t.Context(), m, s.id, to, "", owner, ""); err != nil {
					t.Fatal(err)
				}
				if to == Failed {
					sent = append(sent[:i:i], sent[i+1:]...)
				}
				continue
			}
			channel := rapid.SampledFrom([]string{"sms", "contact"}).Draw(t, "channel")
			want := true
			var newest time.Time
			standing := 0
			for _, s := range sent {
				if s.planned && !now.Before(s.until) {
					continue
				}
				standing++
				if s.until.After(newest) {
					newest = s.until
				}
			}
			for _, k := range r.Caps {
				in := 0
				for _, s := range sent {
					if (!s.planned || now.Before(s.until)) && (k.Per == PerPerson || s.channel == channel) && now.Sub(s.until) < time.Duration(k.Hours)*time.Hour {
						in++
					}
				}
				if (k.Channel == "" || k.Channel == channel) && in >= k.AtMost {
					want = false
				}
			}
			if d := r.CoolDown; d != nil && standing >= d.After && now.Sub(newest) < time.Duration(d.Hours)*time.Hour {
				want = false
			}
			touch := to("p1")
			touch.Merchant, touch.Channel = m, channel
			plan := rapid.Bool().Draw(t, "plan")
			got, err := e.guard.Send(e.t.Context(), touch, plan)
			if err != nil {
				t.Fatal(err)
			}
			if allowed := got.State != Suppressed; allowed != want {
				t.Fatalf("at %s over %s: %s, want it allowed: %v; %+v; sent so far %+v", now, channel, said(got), want, r, sent)
			}
			if got.State == Suppressed {
				continue
			}
			s := gone{id: got.ID, channel: channel, planned: plan, until: now, at: now}
			if plan {
				s.until, s.at = got.ExpiresAt, time.Time{}
			}
			sent = append(sent, s)
		}
		for _, k := range r.Caps {
			for _, channel := range []string{"sms", "contact"} {
				if k.Channel != "" && k.Channel != channel {
					continue
				}
				for _, last := range sent {
					in := 0
					for _, s := range sent {
						if d := last.at.Sub(s.at); !s.at.IsZero() && (k.Per == PerPerson || s.channel == channel) && d >= 0 && d < time.Duration(k.Hours)*time.Hour {
							in++
						}
					}
					if !last.at.IsZero() && in > k.AtMost {
						t.Fatalf("%d within %d hours before %s, at most %d: %+v", in, k.Hours, last.at, k.AtMost, sent)
					}
				}
			}
		}
	})
}
