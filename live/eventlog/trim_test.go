package eventlog

import (
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

// firstSeq is the oldest message of the log.
func firstSeq(t testing.TB, l *Log) uint64 {
	t.Helper()
	info, err := l.stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return info.State.FirstSeq
}

func mustTrim(t testing.TB, l *Log) {
	t.Helper()
	if err := l.trim(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestTrimmingNeverPassesAReader(t *testing.T) {
	reg := prometheus.NewRegistry()
	later := func() time.Time { return time.Now().Add(time.Hour) }
	l, _ := openLog(t, Config{MaxEvents: 2, MaxAge: time.Minute, KeepBytes: 1, Now: later, Registerer: reg})
	p := mustAppend(t, l, events("e", 20)...) // ten messages, all of them old
	mustTrim(t, l)
	if got := firstSeq(t, l); got != 1 {
		t.Fatalf("without a reader the log begins at %d, want 1", got)
	}
	fast, slow := openReader(t, l, "fast", live.Position{}), openReader(t, l, "slow", live.Position{})
	idle := openReader(t, l, "", live.Position{})
	commit := func(r *Reader, next live.Position) {
		t.Helper()
		read(t, r, 1)
		for r.Position().Less(next) {
			read(t, r, 1)
		}
		if err := r.Commit(t.Context(), next, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		reader *Reader
		next   live.Position
		want   uint64
	}{
		{fast, p[19], 1},         // slow has nothing yet
		{slow, p[5], p[4].Seq},   // inside the third message: it stays
		{slow, p[12], p[12].Seq}, // slow still lags behind fast
	} {
		commit(c.reader, c.next)
		mustTrim(t, l)
		if got := firstSeq(t, l); got != c.want {
			t.Errorf("after a commit of %s at %v the log begins at %d, want %d", c.reader.name, c.next, got, c.want)
		}
	}
	if got, want := metric(t, reg, "trimmed_messages_total"), float64(p[12].Seq-1); got != want {
		t.Errorf("the metric counts %v trimmed messages, want %v", got, want)
	}
	if got, want := metric(t, reg, "oldest_reader_lag_messages"), float64(p[19].Seq+1-p[12].Seq); got != want {
		t.Errorf("the slowest reader lags by %v, want %v", got, want)
	}
	// The others read on without noticing; whoever comes too late is told.
	if got := read(t, slow, 1); got[0].Event.ID != "e-12" {
		t.Errorf("slow reads %v", ids(got))
	}
	var trimmed *TrimmedError
	if _, err := l.Reader(t.Context(), "", p[2]); !errors.As(err, &trimmed) || trimmed.First.Seq != p[12].Seq {
		t.Errorf("a reader from %v: %v, want a TrimmedError", p[2], err)
	}
	if err := l.Range(t.Context(), p[2], p[19], func(live.Entry) error { return nil }); !errors.As(err, &trimmed) {
		t.Errorf("a range from %v: %v, want a TrimmedError", p[2], err)
	}
	if got := read(t, openReader(t, l, "", live.Position{}), 1); got[0].Event.ID != "e-12" {
		t.Errorf("the oldest event is %v, want e-12", ids(got))
	}
	_ = read(t, idle, 1) // it had read ahead before the cut

	if err := l.DropReader(t.Context(), "slow"); err != nil {
		t.Fatal(err)
	}
	mustTrim(t, l)
	if got := firstSeq(t, l); got != p[19].Seq {
		t.Errorf("without slow the log begins at %d, want %d", got, p[19].Seq)
	}
}

func TestTrimmingKeepsWhatIsYoungAndWanted(t *testing.T) {
	now := time.Now
	for _, c := range []struct {
		name string
		cfg  Config
		want func(before uint64, p []live.Position) bool
	}{
		{"nothing is asked for", Config{}, func(first uint64, _ []live.Position) bool { return first == 1 }},
		{"all is young", Config{MaxAge: time.Hour}, func(first uint64, _ []live.Position) bool { return first == 1 }},
		{"all fits", Config{KeepBytes: 1 << 30}, func(first uint64, _ []live.Position) bool { return first == 1 }},
		{"half fits", Config{KeepBytes: 20_000}, func(first uint64, p []live.Position) bool { return first > 5 && first < 30 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.Now, c.cfg.MaxEvents = now, 2
			l, _ := openLog(t, c.cfg)
			evs := events("e", 80)
			for i := range evs {
				evs[i].Data = make([]byte, 250)
			}
			p := mustAppend(t, l, evs...)
			r := openReader(t, l, "sink", live.Position{})
			read(t, r, 80)
			if err := r.Commit(t.Context(), r.Position(), nil); err != nil {
				t.Fatal(err)
			}
			mustTrim(t, l)
			info, err := l.stream.Info(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !c.want(info.State.FirstSeq, p) {
				t.Errorf("the log begins at %d of %d", info.State.FirstSeq, p[79].Seq)
			}
			if info.State.Bytes < uint64(c.cfg.KeepBytes) && info.State.FirstSeq > 1 {
				t.Errorf("%d bytes are left, %d should be kept", info.State.Bytes, c.cfg.KeepBytes)
			}
		})
	}
}

// The mark must outlive the message that carried it, or the outbox comes twice.
func TestTrimmingKeepsTheOutboxMark(t *testing.T) {
	dir := t.TempDir()
	later := func() time.Time { return time.Now().Add(time.Hour) }
	l, stop := openLog(t, Config{Dir: dir, MaxAge: time.Minute, Now: later})
	idle := second(l)
	mustMark(t, idle)
	trimAll := func() {
		t.Helper()
		r := openReader(t, l, "sink", live.Position{})
		defer r.Close()
		head, err := l.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for r.Position().Less(head) {
			read(t, r, 1)
		}
		if err := r.Commit(t.Context(), head, nil); err != nil {
			t.Fatal(err)
		}
		mustTrim(t, l)
		if got := firstSeq(t, l); got != head.Seq {
			t.Fatalf("the log begins at %d, want %d", got, head.Seq)
		}
	}
	if _, err := l.AppendOutbox(t.Context(), 5, events("order", 5)); err != nil {
		t.Fatal(err)
	}
	trimAll()
	if got := mustMark(t, l); got != 5 {
		t.Errorf("the mark is %d after trimming, want 5", got)
	}
	if p, err := l.AppendOutbox(t.Context(), 5, events("order", 5)); p != nil || err != nil {
		t.Errorf("the trimmed batch again: %v, %v, want nothing", p, err)
	}
	// A relay that saw neither the batch nor the trimming.
	if p, err := idle.AppendOutbox(t.Context(), 6, events("order", 6)); !errors.Is(err, ErrOutboxMoved) {
		t.Errorf("the idle relay: %v, %v, want ErrOutboxMoved", p, err)
	}
	if p, err := l.AppendOutbox(t.Context(), 6, events("next", 1)); len(p) != 1 || err != nil {
		t.Errorf("the next batch: %v, %v, want it stored", p, err)
	}
	trimAll()
	stop()
	l, _ = openLog(t, Config{Dir: dir})
	if got := mustMark(t, l); got != 6 {
		t.Errorf("the mark is %d after a restart, want 6", got)
	}
}
