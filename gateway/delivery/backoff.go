package delivery

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// schedule is how long to wait after each failed attempt: quick at first, for
// a restart, then for an outage somebody has to notice and mend. After the
// attempt that follows the last wait, a day and a half in all, a delivery is dead.
var schedule = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 6 * time.Hour, 24 * time.Hour,
}

// maxRetryAfter bounds what an endpoint may ask for.
const maxRetryAfter = 24 * time.Hour

// nextTry is how long to wait after the attempt of a number, from 1; ok is
// false after the last. A tenth of jitter, only ever later, keeps the
// deliveries of an outage from coming back all at once.
func nextTry(attempt int64, retryAfter time.Duration) (_ time.Duration, ok bool) {
	if attempt < 1 || attempt > int64(len(schedule)) {
		return 0, false
	}
	d := max(schedule[attempt-1], retryAfter)
	return d + rand.N(d/10+1), true
}

// The circuit breaker: an endpoint that failed breakAfter times in a row is
// left alone for a while, then tried with one delivery at a time, so that a
// long backlog does not use up its tries against a wall.
const (
	breakAfter = 5
	firstBreak = 30 * time.Second
	mostBreak  = 10 * time.Minute
)

// breakFor is how long to leave an endpoint alone that now failed so many
// times in a row; 0 while it is trusted.
func breakFor(failures int64) time.Duration {
	if failures < breakAfter {
		return 0
	}
	return min(firstBreak<<min(failures-breakAfter, 10), mostBreak)
}

// retryAfter reads the header in either of its forms; 0 means that it does not
// ask for anything.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0
	}
	var d time.Duration
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		d = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}
