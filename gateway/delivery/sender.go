package delivery

import (
	"context"
	"net/http"
	"sync"
	"time"

	"showrunner/live/store"
)

const (
	// maxUnderWay bounds the attempts of all subscriptions at a time. Healthy
	// endpoints are claimed first, so that hanging ones cannot take it all for
	// longer than a timeout.
	maxUnderWay = 256
	// leaseBeyond is how much longer than an attempt a claim holds: time to
	// record what came of it, on a slow disk too.
	leaseBeyond = 15 * time.Second
	// look bounds the wait between two looks: another node may have made work.
	look = time.Minute
	// breathe is the least wait when nothing could be claimed; an attempt that
	// ends is heard of at once.
	breathe = 500 * time.Millisecond
	// grace is how long attempts go on when the sender is told to end: most
	// endpoints answer well within it, and need not be asked again.
	grace = 2 * time.Second
	// recordWithin bounds the recording of an attempt while stopping.
	recordWithin = 3 * time.Second
	statsEvery   = 10 * time.Second
	trimEvery    = 10 * time.Minute
)

// Sender posts what is due. Make it with [New].
type Sender struct {
	cfg     Config
	metrics *metrics
	client  *http.Client
	guard   *byScheme
}

// New checks the configuration and starts nothing.
func New(cfg Config) (*Sender, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Each == 0 {
		cfg.Each = 8
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 15 * time.Second
	}
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, err
	}
	guard := newByScheme(cfg.Insecure)
	return &Sender{cfg: cfg, metrics: m, guard: guard, client: &http.Client{
		Transport: guard,
		// A redirect could lead anywhere, and a moved endpoint is to be told by its owner.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Run sends until ctx ends, then ends what is under way and returns nil. An
// attempt that was cut off is given back and counts as none.
func (s *Sender) Run(ctx context.Context) error {
	attempts, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var running sync.WaitGroup
	defer s.guard.close()
	defer running.Wait()
	context.AfterFunc(ctx, func() {
		wait(attempts, grace)
		cut()
	})
	free := make(chan struct{}, maxUnderWay)
	stats, trim := time.NewTicker(statsEvery), time.NewTicker(trimEvery)
	defer stats.Stop()
	defer trim.Stop()
	s.watch(ctx)
	for ctx.Err() == nil {
		claims, err := s.cfg.Store.ClaimWebhooks(ctx, store.ClaimRule{
			Lease: s.cfg.Timeout + leaseBeyond, Each: s.cfg.Each, All: maxUnderWay - len(free), Probing: breakAfter,
		})
		pause := time.Duration(0)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			s.cfg.Logger.WarnContext(ctx, "outgoing webhooks wait for the store", "error", err)
			pause = time.Second
		case len(claims) == 0:
			pause = s.idle(ctx)
		}
		for i := range claims {
			free <- struct{}{}
			running.Go(func() {
				s.deliver(attempts, &claims[i])
				<-free
			})
		}
		if pause > 0 {
			s.rest(ctx, pause, stats.C, trim.C)
		}
	}
	return nil
}

// idle is how long there is nothing to claim.
func (s *Sender) idle(ctx context.Context) time.Duration {
	next, ok, err := s.cfg.Store.NextWebhook(ctx)
	if err != nil || !ok {
		if err != nil && ctx.Err() == nil {
			s.cfg.Logger.WarnContext(ctx, "outgoing webhooks wait for the store", "error", err)
		}
		return look
	}
	return min(max(next.Sub(s.cfg.Now()), breathe), look)
}

// rest waits for work, doing what is to be done from time to time.
func (s *Sender) rest(ctx context.Context, d time.Duration, stats, trim <-chan time.Time) {
	t := time.NewTimer(d)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			return
		case <-s.cfg.Store.WebhookWake():
			return
		case <-stats:
			s.watch(ctx)
		case <-trim:
			if err := s.cfg.Store.TrimWebhooks(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Logger.WarnContext(ctx, "old webhooks are kept for now", "error", err)
			}
		}
	}
}

// deliver makes one attempt and records it.
func (s *Sender) deliver(ctx context.Context, c *store.Claim) {
	began := s.cfg.Now()
	a := s.post(ctx, c)
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
	defer cancel()
	if a.fail != "" && a.status == 0 && ctx.Err() != nil {
		// It was cut off by our own end. Whether it was taken is not known; its
		// webhook-id lets the receiver tell.
		if err := s.cfg.Store.ReleaseWebhook(recording, c); err != nil {
			s.cfg.Logger.WarnContext(ctx, "a webhook waits for its lease to end", "delivery_id", c.ID, "error", err)
		}
		return
	}
	s.metrics.seconds.Observe(s.cfg.Now().Sub(began).Seconds())
	o := s.outcome(c, a)
	result := a.fail
	if result == "" {
		result = string(store.WebhookDelivered)
	}
	s.metrics.attempts.WithLabelValues(result).Inc()
	if err := s.cfg.Store.FinishWebhook(recording, c, o); err != nil {
		s.cfg.Logger.ErrorContext(ctx, "what came of a webhook is not recorded; it is sent again", "delivery_id", c.ID, "error", err)
		return
	}
	if o.State == store.WebhookDead {
		s.cfg.Logger.WarnContext(ctx, "a webhook is given up", "delivery_id", c.ID, "subscription_id", c.Subscription,
			"status", a.status, "reason", a.fail, "attempts", c.Attempts+1)
	}
}

// watch tells the metrics what waits.
func (s *Sender) watch(ctx context.Context) {
	st, err := s.cfg.Store.WebhookStats(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.cfg.Logger.WarnContext(ctx, "waiting webhooks are not counted", "error", err)
		}
		return
	}
	s.metrics.pending.Set(float64(st.Pending))
	s.metrics.dead.Set(float64(st.Dead))
	age := 0.0
	if !st.OldestPending.IsZero() {
		age = max(s.cfg.Now().Sub(st.OldestPending).Seconds(), 0)
	}
	s.metrics.oldest.Set(age)
}

// wait waits, or returns when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
