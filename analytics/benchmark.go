package analytics

import (
	"math/big"
	"slices"
	"strconv"
	"time"

	"showrunner/live"
)

const (
	// BenchmarkShows bounds the own shows that a show is held against: those of the
	// merchant in its currency that ended last before it began.
	BenchmarkShows = 30
	// BenchmarkEnough is how many there must be: a median of fewer says nothing.
	BenchmarkEnough = 5
)

// BenchmarkKeys are the main figures, which are held against own shows.
var BenchmarkKeys = []string{
	"watch_uv", "watch_over_1m_rate", "avg_watch_time_ms", "pcu", "acu", "enter_rate_pv",
	"comment_rate_uv", "like_rate_uv", "follow_net", "follow_rate", "interact_rate",
	"product_ctr_exposure", "product_ctr_watch", "ctor", "create_per_click", "pay_per_create", "view_to_pay",
	"orders_paid", "buyers", "items_paid", "unpaid_rate", "gmv_paid_minor", "gmv_net_minor", "aov_minor", "gpm_watch_minor", "uv_value_minor",
	"refund_rate_amount", "cancel_rate_timeout", "cancel_rate_oversold",
}

// Peers are the own shows a show is held against: their metrics at its age, which
// is as long after their end as the report is made after its own. So a report of
// an hour after the show is not held against refunds of a month.
type Peers struct {
	Age    time.Duration
	Values []Values
}

// Enough reports whether there are [BenchmarkEnough].
func (p *Peers) Enough() bool { return len(p.Values) >= BenchmarkEnough }

// Age is how long after its end a show is held against others, and false before
// that. It stands still when the figures are final.
func Age(show live.Show, asOf time.Time) (time.Duration, bool) {
	if show.EndedAt.IsZero() || asOf.Before(show.EndedAt) {
		return 0, false
	}
	return min(asOf.Sub(show.EndedAt), FinalDays*24*time.Hour), true
}

// Benchmark is a main figure beside those of own shows.
type Benchmark struct {
	Value
	// Median is the figure of the show in the middle, the lower one of two: a
	// figure that a show had, with its parts.
	Median Value
	// Shows had the figure at all, and Lower had a lower one.
	Shows, Lower int64
	Target       *Target // what the merchant declared, or nil
}

// Benchmarks holds the main figures against the own shows. Figures that fewer than
// [BenchmarkEnough] shows had, and those the show itself has none of, are left out
// unless a target was declared.
func Benchmarks(values Values, peers *Peers, targets []Target) []Benchmark {
	var out []Benchmark
	for _, key := range BenchmarkKeys {
		v, ok := values.Get(key)
		if !ok || !v.told() {
			continue
		}
		b := Benchmark{Value: v}
		var had []Value
		for _, p := range peers.Values {
			if x, ok := p.Get(key); ok && x.told() {
				had = append(had, x)
				if x.compare(v) < 0 {
					b.Lower++
				}
			}
		}
		if i := slices.IndexFunc(targets, func(t Target) bool { return t.Metric == key }); i >= 0 {
			b.Target = &targets[i]
		}
		if b.Shows = int64(len(had)); b.Shows >= BenchmarkEnough {
			slices.SortStableFunc(had, Value.compare)
			b.Median = had[(len(had)-1)/2]
		} else {
			b.Shows, b.Lower = 0, 0
		}
		if b.Shows > 0 || b.Target != nil {
			out = append(out, b)
		}
	}
	return out
}

// told is false for a rate with nothing to divide by.
func (v Value) told() bool { return !v.Metric.IsRate() || v.Den > 0 }

// rat is the exact number of a value that is told.
func (v Value) rat() *big.Rat {
	if v.Metric.IsRate() {
		return big.NewRat(v.Num, v.Den)
	}
	return new(big.Rat).SetInt64(v.Num)
}

// compare orders two values of one metric.
func (v Value) compare(o Value) int { return v.rat().Cmp(o.rat()) }

// BenchmarkTable shows the main figures beside the own shows: a rate by its two
// parts, a count with the denominator 0.
func BenchmarkTable(list []Benchmark) Table {
	t := Table{Columns: []Column{
		{Key: "key", ZH: "指标", EN: "key", Unit: UnitText},
		{Key: "name_zh", ZH: "名称", EN: "name (zh)", Unit: UnitText},
		{Key: "name_en", ZH: "英文名", EN: "name (en)", Unit: UnitText},
		{Key: "unit", ZH: "单位", EN: "unit", Unit: UnitText},
		{Key: "numerator", ZH: "分子", EN: "value or numerator", Unit: UnitCount},
		{Key: "denominator", ZH: "分母", EN: "denominator", Unit: UnitCount},
		{Key: "median_numerator", ZH: "中位数(分子)", EN: "median, value or numerator", Unit: UnitCount, Formula: "of the own show in the middle, the lower one of two"},
		{Key: "median_denominator", ZH: "中位数(分母)", EN: "median, denominator", Unit: UnitCount, Formula: "of the own show in the middle, the lower one of two"},
		{Key: "percentile", ZH: "百分位", EN: "percentile", Unit: UnitRatio, Rate: true, Formula: "own shows with a lower figure / own shows that have it"},
		{Key: "target_numerator", ZH: "目标(分子)", EN: "target, value or numerator", Unit: UnitCount, Formula: "as the merchant declared it; both parts 0 where none was"},
		{Key: "target_denominator", ZH: "目标(分母)", EN: "target, denominator", Unit: UnitCount, Formula: "as the merchant declared it; both parts 0 where none was"},
	}}
	for i := range list {
		b := &list[i]
		m := b.Metric
		var target Target
		if b.Target != nil {
			target = *b.Target
		}
		t.Rows = append(t.Rows, []Cell{
			textCell(m.Key), textCell(m.ZH), textCell(m.EN), textCell(string(m.Unit)), numCell(b.Num), numCell(b.Den),
			numCell(b.Median.Num), numCell(b.Median.Den), rateCell(b.Lower, b.Shows), numCell(target.Num), numCell(target.Den),
		})
	}
	return t
}

// BasisTable says in one row what the benchmarks rest on, and plainly so where it
// is too little.
func BasisTable(peers *Peers, over bool) Table {
	n := strconv.Itoa(len(peers.Values))
	zh := "与自己最近 " + n + " 场直播在下播后相同时长时的数据相比"
	en := "held against the last " + n + " own shows, each as long after its end as this report"
	switch {
	case !over:
		zh, en = "直播尚未结束，暂无对比", "the show is not over: it is held against nothing yet"
	case !peers.Enough():
		zh = "场次太少：此前只有 " + n + " 场直播，至少需要 " + strconv.Itoa(BenchmarkEnough) + " 场才有中位数与百分位"
		shows := " own shows"
		if len(peers.Values) == 1 {
			shows = " own show"
		}
		en = "too few shows: " + n + shows + " before this one, a median and a percentile need at least " + strconv.Itoa(BenchmarkEnough)
	}
	return Table{
		Columns: []Column{
			{Key: "shows", ZH: "对比场次", EN: "own shows", Unit: UnitCount, Formula: "shows of the merchant in the currency that ended before this one began, at most 30, the last ones"},
			{Key: "needed", ZH: "至少", EN: "needed", Unit: UnitCount},
			{Key: "age_ms", ZH: "下播后时长", EN: "time since the end", Unit: UnitMS, Formula: "as of - end, at most 30 x 24 h; every own show is read as long after its own end"},
			{Key: "note_zh", ZH: "说明", EN: "note (zh)", Unit: UnitText},
			{Key: "note_en", ZH: "英文说明", EN: "note (en)", Unit: UnitText},
		},
		Rows: [][]Cell{{numCell(int64(len(peers.Values))), numCell(BenchmarkEnough), numCell(peers.Age.Milliseconds()), textCell(zh), textCell(en)}},
	}
}
