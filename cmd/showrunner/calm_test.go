package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
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
				watch := calm{
					moves: moves.Load, free: func() { freed = append(freed, interval) },
					thrifty: func(bool) {}, cycles: func() uint64 { return 0 },
				}
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

// TestCollectingEarly: early from the end of a storm to the next, but while that
// takes many collections.
func TestCollectingEarly(t *testing.T) {
	storm := []uint64{300, 900, 800, 700, 200, 0}
	many := func(n int, each uint64) (list []uint64) {
		for range n {
			list = append(list, each)
		}
		return list
	}
	for _, c := range []struct {
		name   string
		moves  []uint64 // of each interval
		cycles []uint64 // the same, of its collections
		want   string   // intervals, positive for early, negative for usual from then on
	}{
		{"no storm", many(100, 20), many(100, 0), "[]"},
		{"a storm", storm, many(60, 0), "[6]"},
		{"two storms", slices.Concat(storm, many(50, 0), storm), many(80, 0), "[6 -58 62]"},
		{"some garbage", storm, append(many(6, 1), many(64, 0)...), "[6]"},
		{"garbage that can be borne", storm, slices.Concat(many(6, 0), many(8, 1), many(8, 0), many(60, 0)), "[6]"},
		{"much garbage", storm, slices.Concat(many(6, 0), many(100, 1)), "[6 -22]"},
		{"much garbage for a while", storm, slices.Concat(many(6, 0), many(32, 1), many(60, 0)), "[6 -22 54]"},
		{"less garbage, but not little", storm, slices.Concat(many(6, 0), many(32, 1), slices.Repeat([]uint64{1, 0, 0, 0}, 20)), "[6 -22]"},
		{"a storm amid much garbage", slices.Concat(storm, many(50, 0), storm), many(100, 1), "[6 -22 62 -78]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var moves, cycles atomic.Uint64
				var interval atomic.Int64
				turned := []int64{}
				watch := calm{moves: moves.Load, free: func() {}, cycles: cycles.Load, thrifty: func(on bool) {
					at := interval.Load()
					if !on {
						at = -at
					}
					turned = append(turned, at)
				}}
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- watch.run(ctx) }()
				synctest.Wait()
				for i := range max(len(c.moves), len(c.cycles)) {
					if i < len(c.moves) {
						moves.Add(c.moves[i])
					}
					if i < len(c.cycles) {
						cycles.Add(c.cycles[i])
					}
					interval.Add(1)
					time.Sleep(calmEvery)
					synctest.Wait()
				}
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if got := fmt.Sprint(turned); got != c.want {
					t.Errorf("turned after %s, want %s", got, c.want)
				}
			})
		})
	}
}

// TestGrowth sets what the runtime goes by, and back to what it was.
func TestGrowth(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(150))
	percent := func() uint64 {
		sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	for _, c := range []struct{ usual, thrifty int }{{150, calmGrowth}, {100, calmGrowth}, {calmGrowth, calmGrowth}, {15, 15}} {
		debug.SetGCPercent(c.usual)
		set := growth()
		set(true)
		if got := percent(); got != uint64(c.thrifty) {
			t.Errorf("%d becomes %d, want %d", c.usual, got, c.thrifty)
		}
		set(false)
		if got := percent(); got != uint64(c.usual) {
			t.Errorf("%d comes back as %d", c.usual, got)
		}
	}
	debug.SetGCPercent(-1)
	growth()(true)
	if got := debug.SetGCPercent(-1); got != -1 {
		t.Errorf("a heap that is never collected is from %d percent on", got)
	}
	runtime.GC() // ends one that has begun
	before := collections()
	runtime.GC()
	if got := collections(); got != before {
		t.Errorf("%d collections that were asked for count", got-before)
	}
}
