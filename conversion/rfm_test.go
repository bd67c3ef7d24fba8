package conversion

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"showrunner/live"
)

func TestScores(t *testing.T) {
	// Ten buyers that differ in everything make classes of two.
	var buyers []Spender
	for i := range 10 {
		buyers = append(buyers, Spender{Person: live.PersonID(fmt.Sprint(i)), Recency: 90 - i, Frequency: i + 1, Monetary: int64(100 * i)})
	}
	for i, s := range Scores(buyers) {
		if want := i/2 + 1; s != (Score{want, want, want}) {
			t.Errorf("buyer %d has %v, want three times %d", i, s, want)
		}
	}
	// Seven of ten ordered once: they are one class, and the next is not lifted by it.
	for i := range buyers {
		buyers[i].Frequency = max(1, i-5)
	}
	var got []int
	for _, s := range Scores(buyers) {
		got = append(got, s.F)
	}
	if want := []int{1, 1, 1, 1, 1, 1, 1, 4, 5, 5}; !slices.Equal(got, want) {
		t.Errorf("frequencies score %v, want %v", got, want)
	}
	if Scores(nil) == nil || len(Scores(nil)) != 0 {
		t.Error("nobody has scores")
	}
}

func TestScoresAreOfTheSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		buyers := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Spender {
			return Spender{
				Recency: rapid.IntRange(0, 8).Draw(t, "recency"), Frequency: rapid.IntRange(1, 5).Draw(t, "frequency"),
				Monetary: rapid.Int64Range(-3, 9).Draw(t, "monetary"),
			}
		}), 1, 40).Draw(t, "buyers")
		scores := Scores(buyers)
		for i, a := range scores {
			if a.R < 1 || a.R > Quintiles || a.F < 1 || a.F > Quintiles || a.M < 1 || a.M > Quintiles {
				t.Fatalf("score %v", a)
			}
			if !slices.Contains(Segments, a.Segment()) {
				t.Fatalf("score %v is in the segment %q", a, a.Segment())
			}
			for j, b := range scores {
				x, y := buyers[i], buyers[j]
				if x.Recency < y.Recency && a.R < b.R || x.Frequency > y.Frequency && a.F < b.F || x.Monetary > y.Monetary && a.M < b.M {
					t.Fatalf("%+v scores %v, %+v scores %v", x, a, y, b)
				}
				if x.Recency == y.Recency && a.R != b.R || x.Frequency == y.Frequency && a.F != b.F || x.Monetary == y.Monetary && a.M != b.M {
					t.Fatalf("equal buyers %+v and %+v score %v and %v", x, y, a, b)
				}
			}
		}
		slices.Reverse(buyers)
		again := Scores(buyers)
		slices.Reverse(again)
		if !slices.Equal(again, scores) {
			t.Fatalf("backwards they score %v, want %v", again, scores)
		}
	})
}

func TestSegmentGrid(t *testing.T) {
	named := map[Segment]bool{}
	for r := range Quintiles {
		for f := range Quintiles {
			named[Score{r + 1, f + 1, 1}.Segment()] = true
		}
	}
	if len(named) != len(Segments) {
		t.Errorf("the grid names %d segments, the list %d", len(named), len(Segments))
	}
	for s, want := range map[Score]Segment{{5, 5, 1}: SegmentChampions, {1, 5, 5}: SegmentCannotLose, {5, 1, 5}: SegmentNew, {1, 1, 5}: SegmentHibernating, {3, 3, 3}: SegmentNeedAttention} {
		if got := s.Segment(); got != want {
			t.Errorf("%v is %q, want %q", s, got, want)
		}
	}
}
