package ws

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/time/rate"
)

func TestLimiterIsASmallValue(t *testing.T) {
	if size := unsafe.Sizeof(limiter{}); size > 64 {
		t.Errorf("a limiter takes %d bytes", size)
	}
	limits := Limits{}.withDefaults()
	paces := limits.paces()
	if allocs := testing.AllocsPerRun(100, func() {
		var l limiter
		_, _ = l.take(paces, classLikes, time.Unix(1, 0))
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// A bucket in one number does what the library's bucket of tokens does.
func TestBucketIsATokenBucket(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, r := range []Rate{{1, 1}, {2, 5}, {50, 100}, {10, 20}, {1000, 3}} {
		want := rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst)
		var got bucket
		p := paceOf(r)
		now := time.Unix(1_700_000_000, 0)
		taken := 0
		for range 5000 {
			now = now.Add(time.Duration(random.Int64N(int64(2 * float64(time.Second) / r.PerSecond))))
			ok, wait := got.take(p, now.UnixNano())
			res := want.ReserveN(now, 1)
			d := res.DelayFrom(now)
			if ok != (d == 0) && d > time.Microsecond {
				t.Fatalf("%+v after %d: ok = %v, the library waits %v", r, taken, ok, d)
			}
			if !ok {
				if diff := wait - d; diff < -time.Microsecond || diff > time.Microsecond {
					t.Fatalf("%+v: wait %v, the library %v", r, wait, d)
				}
				res.CancelAt(now)
				if ok, _ := got.take(p, now.Add(wait).UnixNano()); !ok {
					t.Fatalf("%+v: refused after the wait it asked for", r)
				}
				want.ReserveN(now.Add(d+time.Nanosecond), 1)
				now = now.Add(d + time.Nanosecond)
				continue
			}
			taken++
		}
	}
}

func TestOpenRateNeverRefuses(t *testing.T) {
	var b bucket
	p := paceOf(Rate{PerSecond: math.MaxFloat32, Burst: math.MaxInt32})
	for range 100_000 {
		if ok, _ := b.take(p, 5); !ok {
			t.Fatal("refused")
		}
	}
}
