package alert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// notes is a keeper in memory that writes down when it was told what.
type notes struct {
	mu    sync.Mutex
	rules Rules
	open  []Alert
	told  []string
	start time.Time
	ids   int
	down  bool
}

func (n *notes) Rules(context.Context, live.MerchantID) (KeptRules, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return KeptRules{Rules: n.rules}, nil
}

func (n *notes) note(what string, a Alert) {
	n.told = append(n.told, fmt.Sprintf("%s %s%s %s", time.Since(n.start), a.Rule, a.Subject, what))
}

func (n *notes) Raise(_ context.Context, a Alert) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		return "", errors.New("away")
	}
	n.ids++
	a.ID = fmt.Sprint("al", n.ids)
	n.open = append(n.open, a)
	n.note("raised", a)
	return a.ID, nil
}

func (n *notes) Clear(_ context.Context, _ live.MerchantID, id, reason string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	i := slices.IndexFunc(n.open, func(a Alert) bool { return a.ID == id })
	if i < 0 {
		return errors.New("cleared twice")
	}
	n.note(reason, n.open[i])
	n.open = slices.Delete(n.open, i, i+1)
	return nil
}

func (n *notes) Open(context.Context) ([]Alert, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.open), nil
}

// script says what the show is like, as seconds since the start pass.
type script func(second int) Input

// plays runs a watcher over a script in a bubble of fake time.
func plays(t *testing.T, n *notes, seconds int, s script, want ...string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n.start = time.Now()
		w, err := New(Config{Keeper: n, Now: time.Now, OnAir: func(context.Context) ([]Input, error) {
			return []Input{s(int(time.Since(n.start) / time.Second))}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(seconds)*time.Second)
		defer cancel()
		if err := w.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(n.told, want) {
			t.Errorf("told\n%q, want\n%q", n.told, want)
		}
	})
}

// breaches is a show with so many broken promises.
func breaches(n int64) Input {
	in := onAir(30, analytics.Minute{})
	in.Figures.Minutes[29].Breaches = n
	return in
}

func rule(raise, calm, hold, rest int64) Rules {
	return Rules{Rules: []Rule{{"r", SLABreach, Critical, raise, calm, hold, rest}}}
}

// TestHold: what is bad for less than the hold is no alert, what is good for less
// than the rest clears none, and what lies between neither.
func TestHold(t *testing.T) {
	n := &notes{rules: rule(5, 2, 30, 40)}
	plays(t, n, 400, func(second int) Input {
		switch {
		case second == 10, second == 20: // bad for 10 s
			return breaches(9)
		case second >= 50 && second < 120:
			return breaches(5)
		case second >= 120 && second < 200: // between the limits
			return breaches(3)
		case second >= 200 && second < 230: // calm for 20 s
			return breaches(1)
		case second == 230:
			return breaches(3)
		case second < 300 && second > 230:
			return breaches(2)
		}
		return breaches(0)
	}, "1m20s r raised", "4m40s r recovered")
}

// TestFlapping: figures that go up and down across one limit raise one alert.
func TestFlapping(t *testing.T) {
	n := &notes{rules: rule(5, 2, 0, 60)}
	plays(t, n, 600, func(second int) Input {
		if second < 300 {
			return breaches(int64(second / 10 % 2 * 6)) // 0, 6, 0, 6 …
		}
		return breaches(0)
	}, "10s r raised", "6m0s r recovered")
}

func TestEnds(t *testing.T) {
	over := func(second int) Input {
		in := breaches(9)
		if second >= 60 {
			in.Show.State = live.ShowStateEnded
		}
		return in
	}
	plays(t, &notes{rules: rule(5, 2, 0, 600)}, 100, over, "10s r raised", "1m0s r show_ended")
	plays(t, &notes{rules: rule(5, 2, 0, 0)}, 100, func(second int) Input {
		in := breaches(9)
		in.Show.Rehearsal = true
		return in
	})
	// A rule that is taken away takes its alerts with it.
	n := &notes{rules: rule(5, 2, 0, 600)}
	plays(t, n, 100, func(second int) Input {
		if second >= 60 {
			n.mu.Lock()
			n.rules = Rules{}
			n.mu.Unlock()
		}
		return breaches(9)
	}, "10s r raised", "1m0s r rule_removed")
}

// TestTakeover: a watcher that begins while an alert is open goes on with it.
func TestTakeover(t *testing.T) {
	n := &notes{rules: rule(5, 2, 0, 20), open: []Alert{{ID: "old", Merchant: "m1", Show: "s1", Rule: "r"}}}
	plays(t, n, 100, func(second int) Input {
		if second < 30 {
			return breaches(9)
		}
		return breaches(0)
	}, "50s r recovered")
}

// TestFault: what could not be written is written when it can be.
func TestFault(t *testing.T) {
	n := &notes{rules: rule(5, 2, 20, 0), down: true}
	plays(t, n, 100, func(second int) Input {
		n.mu.Lock()
		n.down = second < 45
		n.mu.Unlock()
		return breaches(9)
	}, "1m0s r raised")
}

// TestUnknown: what cannot be known neither raises nor clears.
func TestUnknown(t *testing.T) {
	slow := analytics.Minute{Entered: 1, Online: 10}
	in := onAir(30, slow)
	for d := range 3 {
		in.earlier(d+1, 60, analytics.Minute{Entered: 50, Online: 10})
	}
	n := &notes{rules: Rules{Rules: []Rule{{"r", InflowFall, Warning, 50, 70, 0, 0}}}}
	plays(t, n, 200, func(second int) Input {
		x := in
		switch {
		case second >= 50 && second < 100:
			x.Past = nil // not known
		case second >= 100:
			fine := *in.Figures
			fine.Minutes = minutes(began, 30, analytics.Minute{Entered: 50, Online: 10})
			x.Figures = &fine
		}
		return x
	}, "10s r raised", "1m40s r recovered")
}
