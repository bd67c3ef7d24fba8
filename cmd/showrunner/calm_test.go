package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Memory is given back three times after each storm, and never while one lasts or for
// those who come one by one.
func TestMemoryIsGivenBackAfterAStorm(t *testing.T) {
	storm := []uint64{300, 900, 800, 700, 200}
	quiet := make([]uint64, 60)
	trickle := make([]uint64, 1000)
	for i := range trickle {
		trickle[i] = 20
	}
	steady := make([]uint64, 100)
	for i := range steady {
		steady[i] = 500
	}
	for _, c := range []struct {
		name  string
		moves [][]uint64 // of each interval
		want  string     // intervals after which memory was given back
	}{
		{"nothing", [][]uint64{quiet}, "[]"},
		{"one by one", [][]uint64{trickle, quiet}, "[]"},
		{"a storm", [][]uint64{storm, quiet}, "[6 12 36]"},
		{"a storm that ebbs", [][]uint64{storm, {100, 95, 90, 60}, quiet}, "[8 14 38]"},
		{"a storm soon after another", [][]uint64{storm, quiet[:20], storm, quiet}, "[6 12 31 37 61]"},
		{"two storms", [][]uint64{storm, quiet, storm, quiet}, "[6 12 36 71 77 101]"},
		{"one that lasts", [][]uint64{steady, quiet}, "[101 107 131]"},
		{"everybody at once", [][]uint64{{5000}, quiet}, "[2 8 32]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var moves atomic.Uint64
				interval, freed := 0, []int{}
				watch := calm{moves: moves.Load, free: func() { freed = append(freed, interval) }}
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- watch.run(ctx) }()
				synctest.Wait()
				for _, part := range c.moves {
					for _, n := range part {
						interval++
						moves.Add(n)
						time.Sleep(calmEvery)
						synctest.Wait()
					}
				}
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if got := fmt.Sprint(freed); got != c.want {
					t.Errorf("given back after %s, want %s", got, c.want)
				}
			})
		})
	}
}
