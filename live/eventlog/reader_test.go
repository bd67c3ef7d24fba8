package eventlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

func TestReaderPagesAndPositions(t *testing.T) {
	l, _ := openLog(t, Config{MaxEvents: 4})
	positions := mustAppend(t, l, events("e", 10)...) // messages of 4, 4 and 2
	r := openReader(t, l, "", live.Position{})
	if got, want := r.Position(), (live.Position{Seq: 1}); got != want {
		t.Errorf("begins at %v, want %v", got, want)
	}
	got := read(t, r, 3)
	if fmt.Sprint(ids(got)) != "[e-0 e-1 e-2]" || r.Position() != positions[3] {
		t.Errorf("read %v, next is %v, want %v", ids(got), r.Position(), positions[3])
	}
	read(t, r, 1)
	if want := (live.Position{Seq: positions[4].Seq}); r.Position() != want {
		t.Errorf("after a whole message the next is %v, want %v", r.Position(), want)
	}
	if got := read(t, r, 6); got[5].Event.ID != "e-9" {
		t.Errorf("read %v", ids(got))
	}
	if got, err := r.Next(t.Context(), 10, time.Millisecond); got != nil || err != nil {
		t.Errorf("at the end: %v, %v, want nothing", ids(got), err)
	}
	mustAppend(t, l, event("new"))
	if got := read(t, r, 1); got[0].Event.ID != "new" {
		t.Errorf("read %v", ids(got))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Next(ctx, 10, wait); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}

func TestReaderStartsInsideAMessage(t *testing.T) {
	l, _ := openLog(t, Config{})
	positions := mustAppend(t, l, events("e", 5)...)
	mustAppend(t, l, event("next"))
	for _, c := range []struct {
		start live.Position
		want  string
	}{
		{positions[3], "e-3"},
		{live.Position{Seq: positions[0].Seq, Index: 5}, "next"},
		{live.Position{Seq: positions[0].Seq + 1}, "next"},
	} {
		if got := read(t, openReader(t, l, "", c.start), 1); string(got[0].Event.ID) != c.want {
			t.Errorf("from %v: read %v, want %s", c.start, ids(got), c.want)
		}
	}
	if _, err := l.Reader(t.Context(), "", live.Position{Seq: 99}); err == nil || !strings.Contains(err.Error(), "beyond the end") {
		t.Errorf("from beyond the end: %v", err)
	}
}

func TestCommitIsKeptAndBounded(t *testing.T) {
	l, _ := openLog(t, Config{})
	positions := mustAppend(t, l, events("e", 6)...)
	r := openReader(t, l, "sink", positions[1])
	if next, note := r.Checkpoint(); next != positions[1] || note != nil {
		t.Errorf("a new checkpoint is %v %q, want %v", next, note, positions[1])
	}
	if got := read(t, r, 2); got[0].Event.ID != "e-1" {
		t.Errorf("begins with %v", ids(got))
	}
	ctx := t.Context()
	if err := r.Commit(ctx, positions[3], bytes.Repeat([]byte("n"), maxNote)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		next live.Position
		note int
	}{{"backwards", positions[2], 0}, {"beyond what was read", positions[4], 0}, {"with a huge note", positions[3], maxNote + 1}} {
		if err := r.Commit(ctx, c.next, make([]byte, c.note)); err == nil {
			t.Errorf("committed %s", c.name)
		}
	}
	if next, note := r.Checkpoint(); next != positions[3] || len(note) != maxNote {
		t.Errorf("the checkpoint is %v with %d bytes", next, len(note))
	}
	if err := openReader(t, l, "", live.Position{}).Commit(ctx, positions[1], nil); err == nil {
		t.Error("a reader without a name committed")
	}
	for _, name := range []string{"a b", ".x", "x.", "a*", strings.Repeat("x", 65)} {
		if _, err := l.Reader(ctx, name, live.Position{}); err == nil {
			t.Errorf("opened a reader named %q", name)
		}
	}
}

func TestOneOwnerOfAName(t *testing.T) {
	l, _ := openLog(t, Config{})
	mustAppend(t, l, events("e", 6)...)
	ctx := t.Context()
	old := openReader(t, l, "sink", live.Position{})
	read(t, old, 2)
	if err := old.Commit(ctx, old.Position(), []byte("mine")); err != nil {
		t.Fatal(err)
	}
	young := openReader(t, l, "sink", live.Position{})
	if next, note := young.Checkpoint(); next != old.Position() || string(note) != "mine" {
		t.Errorf("took over at %v %q, want %v", next, note, old.Position())
	}
	read(t, old, 1)
	if err := old.Commit(ctx, old.Position(), nil); !errors.Is(err, ErrReaderLost) {
		t.Errorf("the old owner's commit: %v, want ErrReaderLost", err)
	}
	read(t, young, 1)
	if err := young.Commit(ctx, young.Position(), nil); err != nil {
		t.Errorf("the owner's commit: %v", err)
	}
	if err := l.DropReader(ctx, "sink"); err != nil {
		t.Fatal(err)
	}
	read(t, young, 1)
	if err := young.Commit(ctx, young.Position(), nil); !errors.Is(err, ErrReaderLost) {
		t.Errorf("commit of a dropped reader: %v, want ErrReaderLost", err)
	}
}

// A commit whose answer was lost moves the revision behind the reader's back.
func TestCommitAfterALostAnswer(t *testing.T) {
	l, _ := openLog(t, Config{})
	mustAppend(t, l, events("e", 3)...)
	r := openReader(t, l, "sink", live.Position{})
	read(t, r, 2)
	c := checkpoint{owner: r.owner, epoch: l.epoch, next: live.Position{Seq: 1, Index: 1}}
	if _, err := l.writeCheckpoint(t.Context(), "sink", &c, r.revision); err != nil {
		t.Fatal(err)
	}
	if err := r.Commit(t.Context(), r.Position(), nil); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestCheckpointOfAnotherEpoch(t *testing.T) {
	l, _ := openLog(t, Config{})
	c := checkpoint{epoch: "another", next: live.Position{Seq: 5}}
	if _, err := l.marks.Put(t.Context(), readerPrefix+"sink", c.encode()); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Reader(t.Context(), "sink", live.Position{}); err == nil || !strings.Contains(err.Error(), "epoch") {
		t.Errorf("got %v, want it to name the epochs", err)
	}
}

func TestCorruptMessageStopsTheReader(t *testing.T) {
	l, _ := openLog(t, Config{})
	good := mustAppend(t, l, event("good"))
	if _, err := l.js.Publish(t.Context(), l.cfg.Stream+".events", []byte("SRL\x02 not ours")); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, event("behind"))
	r := openReader(t, l, "sink", live.Position{})
	if got := read(t, r, 1); got[0].Event.ID != "good" {
		t.Errorf("read %v", ids(got))
	}
	for range 2 {
		got, err := r.Next(t.Context(), 10, wait)
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) || corrupt.Position != (live.Position{Seq: good[0].Seq + 1}) {
			t.Fatalf("got %v, %v, want a CorruptError at message %d", ids(got), err, good[0].Seq+1)
		}
		if !strings.Contains(err.Error(), "version 2") {
			t.Errorf("%q does not name the version", err)
		}
	}
	if want := (live.Position{Seq: good[0].Seq + 1}); r.Position() != want {
		t.Errorf("stands at %v, want %v", r.Position(), want)
	}
	err := l.Range(t.Context(), live.Position{}, live.Position{Seq: 100}, func(live.Entry) error { return nil })
	if _, ok := errors.AsType[*CorruptError](err); !ok {
		t.Errorf("Range: %v, want a CorruptError", err)
	}
}

func TestRange(t *testing.T) {
	l, _ := openLog(t, Config{MaxEvents: 3})
	p := mustAppend(t, l, events("e", 8)...)
	stop := errors.New("stop")
	for _, c := range []struct {
		from, until live.Position
		want        string
	}{
		{live.Position{}, p[2], "[e-0 e-1]"},
		{p[1], p[7], "[e-1 e-2 e-3 e-4 e-5 e-6]"},
		{p[4], p[4], "[]"},
		{p[5], p[4], "[]"},
		{p[6], live.Position{Seq: 1 << 40}, "[e-6 e-7]"},
		{live.Position{Seq: 1 << 39}, live.Position{Seq: 1 << 40}, "[]"},
	} {
		var got []live.Entry
		err := l.Range(t.Context(), c.from, c.until, func(e live.Entry) error { got = append(got, e); return nil })
		if err != nil || fmt.Sprint(ids(got)) != c.want {
			t.Errorf("[%v, %v): %v, %v, want %s", c.from, c.until, ids(got), err, c.want)
		}
	}
	n := 0
	err := l.Range(t.Context(), live.Position{}, p[7], func(live.Entry) error {
		if n++; n == 2 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || n != 2 {
		t.Errorf("stopped with %v after %d", err, n)
	}
}

func TestReaderEndsWithTheLog(t *testing.T) {
	l, stop := openLog(t, Config{})
	r := openReader(t, l, "", live.Position{})
	stop()
	if _, err := r.Next(t.Context(), 1, wait); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}
