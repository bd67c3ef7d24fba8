package eventlog

import (
	"errors"
	"testing"
	"time"

	"showrunner/live"
)

// TestStanding: readers are told with what is kept for them; one that is used
// after it was looked at is not dropped, and one that is dropped holds nothing
// back and begins anew.
func TestStanding(t *testing.T) {
	l, _ := openLog(t, Config{MaxEvents: 2, Window: time.Millisecond, KeepBytes: 1, Now: time.Now})
	if got, err := l.Readers(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("readers of a new log: %v, %v", got, err)
	}
	p := mustAppend(t, l, events("e", 20)...)
	end := p[19].Seq + 1
	quick, slow := openReader(t, l, "quick", live.Position{}), openReader(t, l, "slow", live.Position{})
	read(t, quick, 20)
	if err := quick.Commit(t.Context(), quick.Position(), nil); err != nil {
		t.Fatal(err)
	}
	read(t, slow, 3) // It stands inside a message, which is kept for it.
	if err := slow.Commit(t.Context(), slow.Position(), nil); err != nil {
		t.Fatal(err)
	}
	got, err := l.Readers(t.Context())
	if err != nil || len(got) != 2 || got[0].Name != "quick" || got[1].Name != "slow" {
		t.Fatalf("readers: %+v, %v", got, err)
	}
	if got[0].Behind != 0 || got[0].Next.Seq != end || got[1].Next != p[3] || got[1].Behind != end-p[3].Seq {
		t.Errorf("readers stand at %+v, the log ends at %d", got, end)
	}
	if age := time.Since(got[1].Used); age < -time.Minute || age > time.Minute {
		t.Errorf("slow was used %s ago", age)
	}
	read(t, slow, 1)
	if err := slow.Commit(t.Context(), slow.Position(), nil); err != nil {
		t.Fatal(err)
	}
	if err := l.DropStanding(t.Context(), got[1]); !errors.Is(err, ErrReaderMoved) {
		t.Errorf("dropping a reader that was used meanwhile: %v", err)
	}
	if err := slow.Commit(t.Context(), slow.Position(), nil); err != nil {
		t.Errorf("the reader that was not dropped: %v", err)
	}
	if got, err = l.Readers(t.Context()); err != nil || len(got) != 2 {
		t.Fatalf("readers: %+v, %v", got, err)
	}
	if err := l.DropStanding(t.Context(), got[1]); err != nil {
		t.Fatal(err)
	}
	if left, err := l.Readers(t.Context()); err != nil || len(left) != 1 || left[0].Name != "quick" {
		t.Errorf("readers that are left: %+v, %v", left, err)
	}
	if err := l.DropStanding(t.Context(), got[1]); !errors.Is(err, ErrReaderMoved) {
		t.Errorf("dropping it again: %v", err)
	}
	mustTrim(t, l)
	if first := firstSeq(t, l); first < p[10].Seq {
		t.Errorf("the log still begins at %d", first)
	}
}
