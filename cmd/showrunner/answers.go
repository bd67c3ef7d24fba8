package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

// answersFor is how long an answer of ClickHouse is given to others who ask the
// same, while nothing new came in.
const answersFor = time.Second

// answers lets those who ask ClickHouse the same share one answer: while it is
// on its way, and for a second after, until more of the log is in ClickHouse. So
// a thousand who look at one show cost what one costs. Answers are shared
// memory; nobody changes them.
type answers struct {
	mark func() live.Position // what ClickHouse has
	now  func() time.Time

	mu   sync.Mutex
	kept map[string]*answer

	asked  prometheus.Counter
	shared prometheus.Counter
}

// answer is one on its way, or there.
type answer struct {
	done    chan struct{}
	value   any
	err     error
	until   time.Time // zero while it is on its way
	mark    live.Position
	waiting int
	cancel  context.CancelFunc
}

func newAnswers(mark func() live.Position, now func() time.Time, reg prometheus.Registerer) *answers {
	counter := func(how, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "showrunner_answers_" + how + "_total", Help: help})
	}
	a := &answers{
		mark: mark, now: now, kept: map[string]*answer{},
		asked: counter("asked", "Questions about figures that were put to ClickHouse."), shared: counter("shared", "Questions about figures that were answered with what another had asked."),
	}
	reg.MustRegister(a.asked, a.shared)
	return a
}

// askOnce is the answer to the question of a key, as one of those who ask for
// it now, or just did, has it. An error is shared only by those who waited for it.
func askOnce[T any](ctx context.Context, a *answers, key string, ask func(context.Context) (T, error)) (T, error) {
	x := a.join(ctx, key, func(ctx context.Context) (any, error) { return ask(ctx) })
	var zero T
	select {
	case <-x.done:
	case <-ctx.Done():
		a.leave(key, x)
		return zero, fmt.Errorf("wait for an answer: %w", ctx.Err())
	}
	a.leave(key, x)
	if x.err != nil {
		return zero, x.err
	}
	return x.value.(T), nil
}

// join finds the answer, or has it asked for.
func (a *answers) join(ctx context.Context, key string, ask func(context.Context) (any, error)) *answer {
	now, mark := a.now(), a.mark()
	a.mu.Lock()
	defer a.mu.Unlock()
	for k, x := range a.kept {
		if !x.until.IsZero() && !now.Before(x.until) {
			delete(a.kept, k)
		}
	}
	if x := a.kept[key]; x != nil && x.mark == mark {
		x.waiting++
		a.shared.Inc()
		return x
	}
	// It ends when all who wait have gone, not when the first of them does.
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	x := &answer{done: make(chan struct{}), mark: mark, waiting: 1, cancel: cancel}
	a.kept[key] = x
	a.asked.Inc()
	go func() {
		value, err := ask(work)
		cancel()
		a.mu.Lock()
		defer a.mu.Unlock()
		x.value, x.err, x.until = value, err, a.now().Add(answersFor)
		if err != nil && a.kept[key] == x {
			delete(a.kept, key)
		}
		close(x.done)
	}()
	return x
}

// leave notes that one waits no more.
func (a *answers) leave(key string, x *answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	x.waiting--
	if x.waiting == 0 && x.until.IsZero() {
		x.cancel()
		if a.kept[key] == x {
			delete(a.kept, key)
		}
	}
}
