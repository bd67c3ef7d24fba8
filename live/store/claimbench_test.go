package store

import (
	"fmt"
	"sync/atomic"
	"testing"

	"showrunner/live"
)

// Claims of coupons by many at once: go test ./live/store -run - -bench Claim -database sqlite.
func BenchmarkClaimCoupon(b *testing.B) {
	s, _ := fresh(b)
	stage(b, s, 5)
	offer := tenOff("b")
	offer.Total = live.MaxCoupons
	putBatch(b, s, offer)
	do(b, s, live.DropCoupon, "d", `{"batch_id":"b"}`)
	var n atomic.Int64
	b.SetParallelism(64)
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, err := claim(s, b, fmt.Sprint("v", n.Add(1)), "b", ""); err != nil {
				b.Error(err)
			}
		}
	})
}
