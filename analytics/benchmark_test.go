package analytics

import (
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"showrunner/live"
)

// TestBenchmarksAgainstCounting draws shows and finds median and percentile by
// going over them one against the other.
func TestBenchmarksAgainstCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func() Values {
			f := Figures{Traffic: Traffic{WatchUV: rapid.Int64Range(0, 5).Draw(t, "viewers"), FollowNet: rapid.Int64Range(-3, 5).Draw(t, "follows"), InteractUV: rapid.Int64Range(0, 5).Draw(t, "talked")}}
			f.Money = []Money{{Currency: "CNY", Paid: rapid.Int64Range(0, 1<<50).Draw(t, "paid"), Buyers: rapid.Int64Range(0, 3).Draw(t, "buyers")}}
			return Read(&f, "CNY", -1).Values(true)
		}
		own := draw()
		peers := Peers{Values: make([]Values, rapid.IntRange(0, 12).Draw(t, "shows"))}
		for i := range peers.Values {
			peers.Values[i] = draw()
		}
		got := Benchmarks(own, &peers, nil)
		rat := func(v Value) *big.Rat {
			if v.Metric.IsRate() {
				return big.NewRat(v.Num, v.Den)
			}
			return big.NewRat(v.Num, 1)
		}
		for _, key := range BenchmarkKeys {
			v, _ := own.Get(key)
			at := slices.IndexFunc(got, func(b Benchmark) bool { return b.Metric.Key == key })
			var had []Value
			for _, p := range peers.Values {
				if x, _ := p.Get(key); !x.Metric.IsRate() || x.Den > 0 {
					had = append(had, x)
				}
			}
			if want := len(had) >= BenchmarkEnough && (!v.Metric.IsRate() || v.Den > 0); (at >= 0) != want {
				t.Fatalf("%s of %d shows is told: %v", key, len(had), at >= 0)
			}
			if at < 0 {
				continue
			}
			var below, upTo, lower int
			for _, x := range had {
				if rat(x).Cmp(rat(got[at].Median)) < 0 {
					below++
				}
				if rat(x).Cmp(rat(got[at].Median)) <= 0 {
					upTo++
				}
				if rat(x).Cmp(rat(v)) < 0 {
					lower++
				}
			}
			// The median has fewer than half below it, and at least half up to it.
			if 2*below >= len(had) || 2*upTo < len(had) || !slices.Contains(had, got[at].Median) {
				t.Fatalf("%s: %v is no median of %v", key, got[at].Median, had)
			}
			if got[at].Shows != int64(len(had)) || got[at].Lower != int64(lower) {
				t.Fatalf("%s: %d of %d have less, want %d of %d", key, got[at].Lower, got[at].Shows, lower, len(had))
			}
		}
	})
}

// TestWorst: what falls shortest of target or median comes first, one of a topic,
// and each is advised by what the show has.
func TestWorst(t *testing.T) {
	show := testShow()
	f := Figures{
		Traffic: Traffic{WatchUV: 100, WatchPV: 100, FollowNet: 2, InteractUV: 50, CommentUV: 1, ProductExposurePV: 1000, ProductClickPV: 10, WatchMS: 100 * 60_000},
		Products: []Product{
			{Product: "p1", Title: "nuts", ExposurePV: 100, ClickPV: 9},
			{Product: "p2", Title: "bread", ExposurePV: 900, ClickPV: 1, Money: []ProductMoney{{Currency: "CNY", Paid: 1000, Refunded: 950}}},
		},
		Money: []Money{{Currency: "CNY", Orders: 10, OrdersPaid: 10, Buyers: 10, OrderUV: 10, Paid: 1000, OrdersRefunded: 1, RefundsOfPayDate: 950}},
		Minutes: []Minute{
			{T: show.StartedAt.Truncate(time.Minute), Online: 90},
			{T: show.StartedAt.Truncate(time.Minute).Add(5 * time.Minute), Online: 20},
		},
		Commands: []Mark{{At: show.StartedAt.Truncate(time.Minute), Kind: live.ProductPinned, Product: "p2"}},
	}
	r := Read(&f, "CNY", -1)
	value := func(key string, num, den int64) Value { return Value{byKey[key], num, den} }
	held := func(key string, num, den int64) Benchmark {
		v, ok := r.Values(true).Get(key)
		if !ok {
			t.Fatalf("no figure %s", key)
		}
		return Benchmark{Value: v, Median: value(key, num, den), Shows: 9}
	}
	list := []Benchmark{
		held("follow_rate", 1, 50),           // as much as usual
		held("interact_rate", 60, 100),       // 50 of 60: a sixth is missing
		held("comment_rate_uv", 10, 100),     // nine tenths are, and it is of the same topic
		held("product_ctr_exposure", 2, 100), // half is
		held("avg_watch_time_ms", 80_000, 1), // a quarter is
		held("refund_rate_amount", 5, 100),   // eighteen times as much
	}
	target := Target{"interact_rate", 40, 100} // reached: the target stands before the median
	list[1].Target = &target
	var got []string
	for _, x := range Worst(&f, r, list) {
		got = append(got, x.Metric.Key+" "+x.Against)
	}
	if want := "[refund_rate_amount median comment_rate_uv median product_ctr_exposure median]"; fmt.Sprint(got) != want {
		t.Errorf("worst %v, want %s", got, want)
	}
	told := WorstTable(Worst(&f, r, list))
	en, zh := told.Column("evidence_en"), told.Column("evidence_zh")
	for i, want := range []string{
		"p2 bread: CNY 9.50 went back of CNY 10.00 paid; 1 orders of the show had a refund",
		"of 100 viewers 1 commented and 50 interacted; coupons, red packets and draws were given 0 times",
		"p2 bread was shown 900 times, clicked 1 times and pinned 0 times; all products were shown 1000 times and clicked 10 times",
	} {
		if got := told.Rows[i][en].Text; got != want || told.Rows[i][zh].Text == "" {
			t.Errorf("evidence %q, want %q", got, want)
		}
	}
	if _, evidence := adviseWatching(&f, r); evidence.EN != fmt.Sprintf("from %s on 70 people left within 5 minutes; the last command before was product_pinned p2", Stamp(f.Minutes[0].T)) {
		t.Errorf("evidence of leaving: %q", evidence.EN)
	}
	if none := Worst(&f, r, list[:1]); len(none) != 0 {
		t.Errorf("fell short of nothing: %v", none)
	}
}

// TestAdviceIsWhole: every figure that is judged is a main figure, and its advice
// holds for a show in which nothing happened.
func TestAdviceIsWhole(t *testing.T) {
	var f Figures
	for _, j := range judgements {
		if !slices.Contains(BenchmarkKeys, j.key) {
			t.Errorf("%s is judged and not held against anything", j.key)
		}
		suggestion, evidence := j.advise(&f, Read(&f, "CNY", -1))
		for _, s := range []string{suggestion.ZH, suggestion.EN, evidence.ZH, evidence.EN} {
			if s == "" || slices.Contains([]byte(s), '%') {
				t.Errorf("%s advises %q", j.key, s)
			}
		}
	}
	for _, key := range BenchmarkKeys {
		if _, ok := Lookup(key); !ok {
			t.Errorf("%s is no metric", key)
		}
	}
}

func TestAmount(t *testing.T) {
	for _, tc := range []struct {
		minor int64
		c     live.Currency
		want  string
	}{{0, "CNY", "0.00"}, {-5, "CNY", "-0.05"}, {123456, "CNY", "1234.56"}, {1234, "JPY", "1234"}, {-1234, "KWD", "-1.234"}} {
		if got := amount(tc.minor, tc.c); got != tc.want {
			t.Errorf("%d %s is %s, want %s", tc.minor, tc.c, got, tc.want)
		}
	}
}

func TestBasis(t *testing.T) {
	four := Peers{Values: make([]Values, 4)}
	for _, tc := range []struct {
		peers Peers
		over  bool
		want  string
	}{
		{Peers{}, false, "the show is not over: it is held against nothing yet"},
		{Peers{Values: make([]Values, 1)}, true, "too few shows: 1 own show before this one, a median and a percentile need at least 5"},
		{four, true, "too few shows: 4 own shows before this one, a median and a percentile need at least 5"},
		{Peers{Values: make([]Values, 5)}, true, "held against the last 5 own shows, each as long after its end as this report"},
	} {
		table := BasisTable(&tc.peers, tc.over)
		if got := table.Rows[0][table.Column("note_en")].Text; got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
	show := testShow()
	if age, ok := Age(show, show.EndedAt.Add(90*24*time.Hour)); !ok || age != FinalDays*24*time.Hour {
		t.Errorf("the age after 90 days is %v", age)
	}
	if _, ok := Age(show, show.EndedAt.Add(-time.Second)); ok {
		t.Error("a show on air has an age")
	}
}
