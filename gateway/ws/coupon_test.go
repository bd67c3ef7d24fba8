package ws_test

import (
	"testing"
	"time"

	"showrunner/live"
)

func TestCouponsOnTheSocket(t *testing.T) {
	r := newRig(t, wide)
	r.store.mu.Lock()
	r.store.coupon = &live.CouponDrop{
		ID: "d1", Task: live.TaskWatch, TaskTime: 3 * time.Minute, PerPerson: 2, Window: live.WindowMinutes, EndsAt: time.Date(2026, 3, 6, 13, 0, 0, 0, time.UTC),
		Batch: live.CouponBatch{ID: "b1", Title: "20 off", Kind: live.CouponAmount, Off: 2000, Threshold: 9900, Currency: "CNY", Total: 10, Claimed: 4},
	}
	r.store.mu.Unlock()
	p, welcome := r.enter(t, "viewer", "")
	staff, _ := r.enter(t, "operator", "panel=1")
	coupon := welcome.Room.Coupon
	for k, want := range map[string]any{
		"batch_id": "b1", "off_minor": 2000.0, "threshold_minor": 9900.0, "left": 6.0, "per_person": 2.0, "task": "watch_n", "task_minutes": 3.0,
		"ends_at": "2026-03-06T13:00:00.000Z",
	} {
		if coupon[k] != want {
			t.Errorf("the welcome's coupon has %s = %v, want %v", k, coupon[k], want)
		}
	}
	if a := p.ask("1", `"type":"coupon_claimed","event_id":"again","data":{"batch_id":"b1"}`); !a.OK || a.Data["coupon_id"] != "c1" || a.Data["replay"] != true || a.Data["expires_at"] != "2026-03-07T00:00:00.000Z" {
		t.Errorf("ack: %+v %+v", a.Data, a.Error)
	}
	if got := r.store.claims[0]; got.By.Subject != tokens["viewer"].Subject || got.Room != "r1" || got.Claim != "again" {
		t.Errorf("claim = %+v", got)
	}
	for body, code := range map[string]string{
		`{"batch_id":"gone"}`:            "coupon_not_dropped",
		`{"batch_id":"b 1"}`:             "invalid_field",
		`{}`:                             "invalid_field",
		`{"batch_id":"b1","colour":"r"}`: "invalid_field",
	} {
		if a := p.ask("2", `"type":"coupon_claimed","data":`+body); a.OK || a.Error.Code != code {
			t.Errorf("%s: %+v", body, a.Error)
		}
	}
	if a := staff.ask("1", `"type":"coupon_claimed","data":{"batch_id":"b1"}`); a.OK || a.Error.Code != "forbidden" {
		t.Errorf("staff claims: %+v", a.Error)
	}
	if n := len(r.log.all(live.CouponClaimed)); n != 0 {
		t.Errorf("%d claims went to the log past the store", n)
	}
}

// What tasks ask for reaches the store: time with the page visible.
func TestTasksOnTheSocket(t *testing.T) {
	r := newRig(t, wide)
	p, _ := r.enter(t, "viewer", "")
	for i, tc := range []struct {
		body string
		pass time.Duration
		want time.Duration // more that was watched
	}{
		{`"type":"watch_heartbeat","data":{"visible":true}`, 20 * time.Second, 20 * time.Second},
		{`"type":"watch_heartbeat","data":{"visible":false}`, 20 * time.Second, 0},
		{`"type":"watch_heartbeat","data":{"visible":true}`, 10 * time.Second, 10 * time.Second},
		{`"type":"watch_heartbeat","data":{"visible":true}`, time.Hour, time.Minute},
	} {
		r.mu.Lock()
		r.skew += tc.pass
		r.mu.Unlock()
		before := len(r.store.watches)
		if a := p.ask("1", tc.body); !a.OK {
			t.Fatal(a.Error)
		}
		var got time.Duration
		for _, w := range r.store.watches[before:] {
			got += w.Until.Sub(w.From)
		}
		if (got - tc.want).Abs() > 2*time.Second { // the clock goes on meanwhile
			t.Errorf("%d: %v were watched, want %v", i, got, tc.want)
		}
	}
}
