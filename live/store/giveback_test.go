package store

import (
	"encoding/binary"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// resident is the resident memory of this process in bytes, after what Go can
// give back was given back.
func resident(t *testing.T) int64 {
	t.Helper()
	debug.FreeOSMemory()
	body, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("needs /proc: ", err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(body))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// seenKeys are keys in no order, so that each lies on a page of its own.
func seenKeys(from, n int) [][16]byte {
	keys := make([][16]byte, n)
	for i := range keys {
		binary.BigEndian.PutUint64(keys[i][:], uint64(from+i+1)*0x9e3779b97f4a7c15)
	}
	return keys
}

// TestGiveBack: what the connections have kept is given back, and whoever reads
// and writes meanwhile notices nothing.
func TestGiveBack(t *testing.T) {
	s, c := fresh(t)
	ctx := t.Context()
	if s.dialect.shrink == "" {
		if err := s.GiveBack(ctx); err != nil {
			t.Fatal(err)
		}
		return
	}
	const many = 100_000
	if err := s.AddSeen(ctx, seenKeys(0, many), c.now()); err != nil {
		t.Fatal(err)
	}
	if found, err := s.HasSeen(ctx, seenKeys(0, many)); err != nil || !found[many-1] {
		t.Fatal(found[many-1], err)
	}
	before := resident(t)
	if err := s.GiveBack(ctx); err != nil {
		t.Fatal(err)
	}
	if n := s.reads.Stats().OpenConnections; n != 0 {
		t.Errorf("%d connections for reading are open that nobody uses", n)
	}
	got := before - resident(t)
	t.Logf("%d KB", got>>10)
	if got < 4<<20 {
		t.Errorf("%d KB were given back, want more than 4096", got>>10)
	}

	var busy sync.WaitGroup
	for i := range 4 {
		busy.Go(func() {
			for n := range 20 {
				keys := seenKeys(many+1000*(20*i+n), 20)
				if err := s.AddSeen(ctx, keys, c.now()); err != nil {
					t.Error(err)
				}
				if found, err := s.HasSeen(ctx, keys); err != nil || !found[0] || !found[19] {
					t.Error(found, err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { busy.Wait(); close(done) }()
	for over := false; !over; {
		select {
		case <-done:
			over = true
		case <-time.After(time.Millisecond):
			if err := s.GiveBack(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := s.reads.Stats().Idle; n > readers {
		t.Errorf("%d idle connections", n)
	}
}
