package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

func TestBenefitProgress(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 5)
	want := func(want live.BenefitProgress) {
		t.Helper()
		got, err := s.BenefitProgress(t.Context(), "s1")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	want(live.BenefitProgress{})
	putBatch(t, s, tenOff("b"))
	do(t, s, live.DropCoupon, "d", `{"batch_id":"b"}`)
	packet := dropPacket(t, s, "p", `{"total_minor":100,"count":5,"countdown_s":0}`)
	draw := openDraw(t, s, "o", `{"prize":"P","prize_minor":1,"winners":1,"countdown_s":60}`)
	_ = mustClaim(t, s, "v1", "b")
	for _, who := range []string{"v1", "v2"} {
		if _, err := grab(s, t, who, packet, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, who := range []string{"v1", "v2", "v3"} {
		if _, err := enter(s, t, who, draw, ""); err != nil {
			t.Fatal(err)
		}
	}
	want(live.BenefitProgress{
		Coupon: &live.CouponProgress{Batch: "b", Claimed: 1, Total: 10}, Packet: &live.PacketProgress{Packet: packet, Claimed: 2, Count: 5},
		Draw: &live.DrawProgress{Draw: draw, State: live.DrawOpen, Entries: 3},
	})
	do(t, s, live.EndShow, "end", ``)
	want(live.BenefitProgress{})
}
