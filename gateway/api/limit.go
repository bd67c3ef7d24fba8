package api

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiter holds one token bucket per caller. It is safe for concurrent use.
type limiter struct {
	rate  rate.Limit
	burst int

	mu      sync.Mutex
	buckets map[string]*bucket
	swept   time.Time
}

type bucket struct {
	tokens *rate.Limiter
	used   time.Time
}

// idle is when a bucket is full again whatever the rate, and can be forgotten.
const idle = 5 * time.Minute

func newLimiter(perSecond float64, burst int) *limiter {
	if perSecond < 0 {
		return &limiter{rate: rate.Inf}
	}
	if perSecond == 0 {
		perSecond = DefaultRate
	}
	if burst == 0 {
		burst = max(1, int(2*perSecond))
	}
	return &limiter{rate: rate.Limit(perSecond), burst: burst, buckets: map[string]*bucket{}}
}

// NewLimit is a limit for doors beside the API: each caller may make perSecond
// requests on average and burst at once. It tells how long a caller has to wait;
// zero means that the request was counted and may go on.
func NewLimit(perSecond float64, burst int) func(caller string, now time.Time) time.Duration {
	return newLimiter(perSecond, burst).take
}

// take uses one token of the caller's bucket and returns zero, or returns how
// long the caller has to wait for one.
func (l *limiter) take(caller string, now time.Time) time.Duration {
	if l.rate == rate.Inf {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	b := l.buckets[caller]
	if b == nil {
		b = &bucket{tokens: rate.NewLimiter(l.rate, l.burst)}
		l.buckets[caller] = b
	}
	b.used = now
	r := b.tokens.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < idle {
		return
	}
	l.swept = now
	for caller, b := range l.buckets {
		if now.Sub(b.used) >= idle {
			delete(l.buckets, caller)
		}
	}
}
